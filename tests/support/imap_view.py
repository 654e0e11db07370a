"""A selected mailbox as a strict client sees it: built from untagged responses alone,
and every one of them is checked against what the RFCs allow at that moment."""
import re

NUMBERED = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE|RECENT|FETCH|UIDFETCH)(.*)", re.S)
VANISHED = re.compile(rb"\* VANISHED (\(EARLIER\) )?([\d:,]+)$")
FLAGS = re.compile(rb"[( ]FLAGS \(([^)]*)\)")
ANNOUNCED = re.compile(rb"\* FLAGS \((.*)\)$")
CODE = re.compile(rb"\* OK \[(HIGHESTMODSEQ|UIDNEXT|UIDVALIDITY) (\d+)\]")
# Not during these (RFC 9051 7.5.1, RFC 5256 5): their message numbers would be doubtful.
KEEPS_NUMBERS = re.compile(r"(FETCH|STORE|SEARCH|SORT|THREAD)\b", re.I)


class Broken(Exception):
    """The server broke a rule; the text says which."""


def require(truth, *rule):
    if not truth:
        raise Broken(" ".join(map(str, rule)))


def expand(text):
    """The numbers of a set like 1:3,5, as the server writes it."""
    numbers = []
    for piece in text.decode().split(","):
        first, _, last = piece.partition(":")
        require(int(first) <= int(last or first), "a range goes down:", text)
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def compact(numbers):
    """A set of these numbers."""
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)


class Message:
    """What is known of one; None: not told yet."""

    def __init__(self, uid=None):
        self.uid, self.flags, self.modseq = uid, None, None


class View:
    """by_uid: there are no message numbers (UIDONLY).  vanishes: VANISHED in place of EXPUNGE."""

    def __init__(self, by_uid, vanishes, condstore):
        self.by_uid, self.vanishes, self.condstore = by_uid, vanishes or by_uid, condstore
        self.messages = []       # by message number; with UIDONLY by UID, unknown ones at the end
        self.announced = set()   # the flags that FLAGS has named
        self.codes = {}          # HIGHESTMODSEQ, UIDNEXT, UIDVALIDITY of the SELECT
        self.highest = 0         # the highest MODSEQ of all that was told

    # What the server says.

    def hear(self, line, may_expunge):
        """One untagged response; False when it is not about a mailbox."""
        numbered, vanished, code = NUMBERED.match(line), VANISHED.match(line), CODE.match(line)
        announced = ANNOUNCED.match(line)
        if numbered:
            number, word, rest = int(numbered.group(1)), numbered.group(2), numbered.group(3)
            getattr(self, "_" + word.decode().lower())(number, rest, may_expunge)
        elif vanished:
            self._vanished(expand(vanished.group(2)), vanished.group(1) is not None, may_expunge)
        elif announced:
            self.announced = set(announced.group(1).split())
        elif code:
            self.codes[code.group(1).decode()] = int(code.group(2))
            if code.group(1) == b"HIGHESTMODSEQ":
                self.highest = max(self.highest, int(code.group(2)))
        return bool(numbered or vanished or announced or code)

    def _recent(self, number, _rest, _may_expunge):
        require(number <= len(self.messages), number, "RECENT of", len(self.messages))

    def _exists(self, number, _rest, _may_expunge):
        require(number >= len(self.messages), number, "EXISTS where", len(self.messages), "were told")
        self.messages += [Message() for _ in range(number - len(self.messages))]

    def _expunge(self, number, _rest, may_expunge):
        require(may_expunge, "EXPUNGE where message numbers must stay")
        require(not self.vanishes, "EXPUNGE in place of VANISHED")
        require(1 <= number <= len(self.messages), "EXPUNGE", number, "of", len(self.messages))
        del self.messages[number - 1]

    def _vanished(self, uids, earlier, may_expunge):
        require(self.vanishes or earlier, "VANISHED in place of EXPUNGE")
        require(earlier or may_expunge, "VANISHED where message numbers must stay")
        for uid in uids:
            if earlier:
                self.messages = [it for it in self.messages if it.uid != uid]
            else:
                self._forget(uid)

    def _forget(self, uid):
        """A message that was there has vanished; one not yet known of that UID must fit between its neighbours."""
        below = -1
        for index, message in enumerate(self.messages):
            if message.uid == uid:
                del self.messages[index]
                return
            if message.uid is not None and message.uid < uid:
                below = index
        at = len(self.messages) - 1 if self.by_uid else below + 1  # unknown ones are at the end there
        require(0 <= at < len(self.messages) and self.messages[at].uid is None, "VANISHED", uid,
                "which is not in the mailbox")
        del self.messages[at]

    def _fetch(self, number, rest, _may_expunge):
        require(not self.by_uid, "FETCH after ENABLE UIDONLY")
        require(1 <= number <= len(self.messages), "FETCH", number, "of", len(self.messages))
        uid = re.search(rb"[( ]UID (\d+)", rest)
        require(uid or not self.vanishes, "FETCH without UID after ENABLE QRESYNC")
        message = self.messages[number - 1]
        if uid:
            self._name(number - 1, int(uid.group(1)))
        self._learn(message, rest)

    def _uidfetch(self, uid, rest, _may_expunge):
        require(self.by_uid, "UIDFETCH without ENABLE UIDONLY")
        found = [it for it in self.messages if it.uid == uid]
        if not found:
            known = [it for it in self.messages if it.uid is not None]
            require(len(known) < len(self.messages), "UIDFETCH", uid, "of one more than there are")
            found = [Message(uid)]
            self.messages.remove(next(it for it in self.messages if it.uid is None))
            at = sum(1 for it in known if it.uid < uid)
            self.messages.insert(at, found[0])
        self._learn(found[0], rest)

    def _name(self, index, uid):
        message = self.messages[index]
        require(message.uid in (None, uid), "message", index + 1, "has UID", message.uid, "and then", uid)
        message.uid = uid
        for neighbour, rises in ((index - 1, True), (index + 1, False)):
            if 0 <= neighbour < len(self.messages) and self.messages[neighbour].uid is not None:
                require((self.messages[neighbour].uid < uid) == rises, "UIDs do not rise at message", index + 1)

    def _learn(self, message, rest):
        flags, modseq = FLAGS.search(rest), re.search(rb"[( ]MODSEQ \((\d+)\)", rest)
        require(not modseq or self.condstore, "MODSEQ to a client that does not know of it")
        if flags:
            message.flags = frozenset(flags.group(1).split()) - {b"\\Recent"}
            require(message.flags <= self.announced, "flags", sorted(message.flags - self.announced), "are not announced")
            require(modseq or not self.condstore, "FLAGS without MODSEQ to a client that knows of it")
        if modseq:
            value = int(modseq.group(1))
            require(message.modseq is None or value >= message.modseq, "MODSEQ of UID", message.uid, "went from",
                    message.modseq, "to", value)
            message.modseq, self.highest = value, max(self.highest, value)

    # What the client makes of it.

    def unknown(self):
        return [it for it in self.messages if it.uid is None or it.flags is None or
                (self.condstore and it.modseq is None)]

    def first_unknown_uid(self):
        """From here on there are messages of which not all is known."""
        last = 0
        if self.by_uid and any(it.uid is None for it in self.messages):
            return 1
        for message in self.messages:
            if message.uid is None or message.flags is None or (self.condstore and message.modseq is None):
                break
            last = message.uid
        return last + 1

    def uids(self):
        return [it.uid for it in self.messages if it.uid is not None]

    def state(self):
        """{uid: (flags, modseq)} of a view that is wholly known."""
        return {it.uid: (it.flags, it.modseq) for it in self.messages}

    def sort(self, uids):
        """Without message numbers the client knows by itself which there are: these, and what is new."""
        told = {it.uid: it for it in self.messages if it.uid is not None}
        new = len(self.messages) - len(uids)
        self.messages = [told.get(uid) or Message(uid) for uid in sorted(uids)] + [Message() for _ in range(new)]

    def compare(self, truth):
        """With {uid: (flags, modseq)}: what is known must be so, and nothing more or less be there."""
        uids = sorted(truth)
        require(len(uids) == len(self.messages), "the client sees", len(self.messages), "messages, there are", len(uids))
        if self.by_uid:
            uids = self.uids()
            require(set(uids) <= set(truth), "the client still has", set(uids) - set(truth))
        for uid, message in zip(uids, self.messages):
            flags, modseq = truth[uid]
            require(message.uid in (None, uid), "the client has UID", message.uid, "where", uid, "is")
            require(message.flags in (None, flags), "flags of", uid, "are", sorted(flags), "the client has",
                    sorted(message.flags or ()))
            require(message.modseq in (None, modseq), "MODSEQ of", uid, "is", modseq, "the client has", message.modseq)
