"""An account that many sessions share, and a client that is strict about all it is told of it
(imap_view.py): its wire, and its mailboxes, to which it comes back with QRESYNC."""
import collections
import select
import subprocess
import threading

from .imap import Deflated, Imap, Transport
from .imap_view import KEEPS_NUMBERS, View, compact, expand, require

MAILBOXES = ["INBOX", "Work", "Größe"]
WIRE = {"Größe": "Gr&APYA3w-e"}


class World:
    """What all clients share: the server, and what is known of mailboxes by anybody."""

    def __init__(self, server):
        self.server, self.lock = server, threading.Lock()
        self.owner, self.password = server.account()
        self.guest, self.guest_password = server.account()
        self.uidnext = collections.Counter()
        self.ids = {}  # (mailbox, uid): Message-ID
        self.done = collections.Counter()

    def note(self, mailbox, uid, message_id, not_below):
        """A message was found there; its UID never means another one."""
        with self.lock:
            require(uid >= not_below, "new UID", uid, "in", mailbox, "where UIDNEXT was", not_below)
            self.uidnext[mailbox] = max(self.uidnext[mailbox], uid + 1)
            if message_id is not None:
                known = self.ids.setdefault((mailbox, uid), message_id)
                require(known == message_id, "UID", uid, "of", mailbox, "was", known, "and is", message_id)

    def query(self, text):
        """The rows of the server's database, as lists of columns."""
        lines = subprocess.run(["psql", "-X", "-A", "-t", "-F", "\t", self.server.database, "-c", text], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
        return [line.split("\t") for line in lines]

    def miscounted(self):
        """The mailboxes whose row counts other than what is there."""
        return self.query(
            "select name, b.messages, n, unseen, u, deleted, d, b.size, s from mailbox b join (select b.account_id,"
            " b.mailbox_id, count(m.uid) n, count(m.uid) filter (where m.flags & 8 = 0) u,"
            " count(m.uid) filter (where m.flags & 4 <> 0) d, coalesce(sum(m.size), 0) s from mailbox b"
            " left join message m using (account_id, mailbox_id) group by 1, 2) c using (account_id, mailbox_id)"
            " where (b.messages, unseen, deleted, b.size) is distinct from (n, u, d, s)")

    def truth(self):
        """{mailbox: {uid: (flags, modseq)}} as the tables have it."""
        rows = self.query(
            "select b.name, m.uid, m.flags, m.modseq, array_to_string(b.keywords, ' ') from message m"
            " join mailbox b using (account_id, mailbox_id) join account a using (account_id)"
            f" where a.address = '{self.owner}'")
        found = {name: {} for name in MAILBOXES}
        system = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"]
        for name, uid, word, modseq, keywords in rows:
            names = system + [None] * 3 + keywords.split()
            flags = frozenset(names[bit].encode() for bit in range(len(names)) if int(word) >> bit & 1)
            found[name][int(uid)] = (flags, int(modseq))
        return found


class StrictClient:
    """random: whose choices it makes; way: "tls", "starttls" or "plain"; enable: what it ENABLEs; notify: the
    filter of its NOTIFY for the selected mailbox; guest: another account that was given all rights."""

    def __init__(self, world, random, way="tls", deflate=False, guest=False, enable="", notify=None):
        self.world, self.random, self.way, self.deflate, self.guest = world, random, way, deflate, guest
        self.enable, self.notify = enable.split(), notify
        self.condstore = "QRESYNC" in self.enable or "CONDSTORE" in self.enable
        self.uidonly = "UIDONLY" in self.enable
        # NOTIFY (selected ...) brings expunges at any moment: message numbers are not to be used (RFC 5465 5.2).
        self.by_uid_alone = self.uidonly or notify == "selected"
        self.mailbox, self.view, self.next_view, self.imap, self.notified = None, None, None, None, False
        self.transcript, self.lines = collections.deque(maxlen=120), []
        self.left = {name: [] for name in MAILBOXES}  # states to come back from: (uidvalidity, modseq, {uid: ...})

    # The wire.

    def connect(self):
        if self.imap is not None:
            self.imap.close()
        server, self.mailbox, self.view, self.notified = self.world.server, None, None, False
        self.imap = Imap(Transport(server.connect_tls("imaps") if self.way == "tls" else server.connect("imap")))
        if self.way == "starttls":
            self.starttls()
        self.sock = self.imap.transport.sock
        self.imap.login(*((self.world.guest, self.world.guest_password) if self.guest
                          else (self.world.owner, self.world.password)))
        for word in self.enable:
            self.imap.ok("ENABLE " + word)
        if self.deflate:
            self.imap.ok("COMPRESS DEFLATE")
            self.imap.transport = Deflated(self.imap.transport)

    def starttls(self):
        self.imap.ok("STARTTLS")
        self.imap.transport.sock = self.world.server.tls_context().wrap_socket(self.imap.transport.sock,
                                                                             server_hostname="localhost")

    def hear(self, line, may_expunge):
        self.transcript.append(line[:300])
        require(not line.startswith(b"* BYE"), "the server says", line)
        if line.startswith(b"* OK [CLOSED]"):
            self.view = self.next_view
        elif self.view is not None:
            self.view.hear(line, may_expunge)

    def news_between_commands(self):
        """What was told unasked: no expunges, unless NOTIFY asked for them."""
        while self.is_ready(0):
            self.hear(self.imap.response(), self.notify == "selected")

    def is_ready(self, seconds):
        if b"\r\n" in self.imap.buffer or (hasattr(self.sock, "pending") and self.sock.pending()):
            return True
        return bool(select.select([self.sock], [], [], seconds)[0])

    def command(self, text, status=("OK",)):
        """Runs it and hears all that is said meanwhile; the reply."""
        if self.view is not None and "SELECT" not in text:
            self.news_between_commands()
        self.transcript.append(text[:300])
        tag = self.imap.send(text)
        return self.answer(tag, text, status)

    def answer(self, tag, text, status=("OK",)):
        may_expunge = self.notify == "selected" or not KEEPS_NUMBERS.match(text)
        while not (line := self.imap.response()).startswith(tag + b" "):
            self.hear(line, may_expunge)
            self.lines.append(line)  # kept by say()
        self.transcript.append(line[:300])
        self.world.done[text.removeprefix("UID ").split()[0]] += 1
        word = line.split(b" ")[1].decode()
        require(word in status, text[:200], "was answered", line)
        return line

    def say(self, text, status=("OK",)):
        """The same: (untagged lines, tagged line)."""
        self.lines = []
        tagged = self.command(text, status)
        return self.lines, tagged

    # Mailboxes.

    def wire(self, mailbox):
        name = mailbox if "IMAP4rev2" in self.enable else WIRE.get(mailbox, mailbox)
        return f'"Shared/{self.world.owner}/{name}"' if self.guest else f'"{name}"'

    def open(self, mailbox, old=None):
        """SELECT, from an old state with QRESYNC; then all is known."""
        self.next_view = View(self.uidonly, "QRESYNC" in self.enable, self.condstore)
        with self.world.lock:
            uidnext = self.world.uidnext[mailbox]
        known = self.random.random() < 0.3
        if self.view is None:
            self.view = self.next_view
        was = self.highest(mailbox)
        if old is not None:
            self.resume(mailbox, old, known)
        else:
            self.command(f"SELECT {self.wire(mailbox)}")
        self.mailbox = mailbox
        require(self.view.codes["UIDNEXT"] >= uidnext, "UIDNEXT went down to", self.view.codes["UIDNEXT"], "from", uidnext)
        require(self.view.codes["HIGHESTMODSEQ"] >= was, "HIGHESTMODSEQ went down to", self.view.codes["HIGHESTMODSEQ"],
                "from", was)
        self.learn()

    def highest(self, mailbox):
        return max([modseq for _, modseq, _ in self.left[mailbox]], default=0)

    def resume(self, mailbox, old, known):
        """What the client had is brought up to date by VANISHED (EARLIER) and FETCH."""
        validity, modseq, state = old
        more = f" {compact(state)}" if known and state else ""
        lines, _ = self.say(f"SELECT {self.wire(mailbox)} (QRESYNC ({validity} {modseq}{more}))")
        gone = {uid for line in lines if line.startswith(b"* VANISHED (EARLIER) ") for uid in expand(line.split()[-1])}
        told = {it.uid: (it.flags, it.modseq) for it in self.view.messages if it.uid is not None}
        kept = {uid: it for uid, it in state.items() if uid not in gone}
        require(not gone & set(told), "vanished and told:", gone & set(told))
        require(not more or set(told) <= set(state), "told of UIDs that were not asked for")
        kept.update(told)
        new = len(self.view.messages) - len(kept)
        require(new >= 0 and (more or new == 0), "after QRESYNC", len(kept), "messages are known of", len(self.view.messages))
        if self.uidonly:
            self.view.sort(kept)
        for message, uid in zip(self.view.messages, sorted(kept)):
            require(message.uid in (None, uid), "QRESYNC tells", message.uid, "where", uid, "must be")
            message.uid, (message.flags, message.modseq) = uid, kept[uid]

    def learn(self):
        """Asks for what is not known yet; while others work there may be new ones each time."""
        items = "(FLAGS MODSEQ)" if self.condstore else "(FLAGS)"
        asked = collections.Counter()
        while unknown := self.view.unknown():
            asked.update(unknown)
            again = [message for message in unknown if asked[message] > 20]
            require(not again, len(again), "messages are there and can't be fetched")
            self.command(f"UID FETCH {self.view.first_unknown_uid()}:* {items}")

    def leave(self):
        """Keeps what is known, to come back from."""
        self.command("NOOP")
        self.learn()
        if "QRESYNC" in self.enable:
            self.left[self.mailbox].append((self.view.codes["UIDVALIDITY"], self.view.highest, self.view.state()))
            del self.left[self.mailbox][:-6]
