"""Twenty clients of every kind do random things to the same mailboxes while mail comes in.
Each knows its mailbox from untagged responses alone, checks every response against the rules
(support/imap_strict.py), comes back with QRESYNC from old states, and has in the end exactly
what the database has.

CONVOKE_STRESS_SECONDS is how long (10), CONVOKE_STRESS_SEED what to repeat: the same choices,
though not the same timing."""
import os
import random
import re
import secrets
import threading
import time

import pytest

from support.imap import Closed
from support.imap_strict import MAILBOXES, StrictClient, World
from support.imap_view import Broken, compact, expand, require
from support.messages import plain

SECONDS = float(os.environ.get("CONVOKE_STRESS_SECONDS", "10"))
SEED = os.environ.get("CONVOKE_STRESS_SEED") or secrets.token_hex(4)
KEYWORDS = ["$k1", "$k2", "Later"]
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "\\Deleted", *KEYWORDS]
ENOUGH = 150  # messages in one mailbox; from there on clients rather delete

# What a client enables and how it comes.  Half of them are plain IMAP4rev1.
KINDS = [dict(), dict(way="plain"), dict(guest=True), dict(deflate=True), dict(notify="selected"),
         dict(notify="selected-delayed"), dict(enable="CONDSTORE"), dict(enable="CONDSTORE", guest=True), dict(),
         dict(way="starttls"), dict(enable="QRESYNC"), dict(enable="QRESYNC", way="plain"),
         dict(enable="QRESYNC", deflate=True), dict(enable="QRESYNC UIDONLY"), dict(enable="UIDONLY"),
         dict(enable="IMAP4rev2", way="plain"), dict(enable="IMAP4rev2 QRESYNC", way="starttls"),
         dict(enable="IMAP4rev2 QRESYNC", guest=True), dict(enable="IMAP4rev2 UIDONLY"),
         dict(enable="QRESYNC", notify="selected")]


class Client(StrictClient, threading.Thread):
    """One that does random things."""

    def __init__(self, world, number, **kind):
        threading.Thread.__init__(self, name=f"client {number} {kind}")
        StrictClient.__init__(self, world, random.Random(f"{SEED} {number}"), **kind)
        self.error = None

    def run(self):
        try:
            self.connect()
            self.reopen()
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                self.step()
        except (Broken, AssertionError, OSError, Closed, IndexError, KeyError, ValueError) as error:
            self.error = f"{self.name} in {self.mailbox}: {type(error).__name__}: {error}"

    def step(self):
        if len(self.view.messages) > ENOUGH and self.random.random() < 0.5:
            self.delete_some()
        else:
            name, = self.random.choices(list(self.ACTIONS), self.ACTIONS.values())
            getattr(self, name)()

    ACTIONS = {"append": 8, "store": 14, "store_if_unchanged": 5, "expunge": 4, "uid_expunge": 4, "copy": 4, "move": 5,
               "fetch": 8, "fetch_identity": 6, "search": 6, "idle": 5, "reopen": 4, "noop": 4, "pipeline": 4, "close": 1,
               "status": 2, "reconnect": 1, "check_highest": 2}

    def choose(self):
        """A prefix (UID or none) and a set: mostly a few, now and then many."""
        by_uid = self.by_uid_alone or self.random.random() < 0.5
        numbers = self.view.uids() if by_uid else list(range(1, len(self.view.messages) + 1))
        if not numbers:
            return ("UID ", "1:*") if by_uid else (None, None)
        some = self.random.sample(numbers, min(len(numbers), self.random.choice([1, 1, 1, 2, 3, 8, 40])))
        if self.random.random() < 0.15:
            return "UID " if by_uid else "", f"{some[0]}:*"
        return "UID " if by_uid else "", compact(some)

    def elsewhere(self):
        return self.random.choice(MAILBOXES)

    def append(self):
        mailbox, count = self.elsewhere(), self.random.choice([1, 1, 1, 3])
        messages = [plain(f"by {self.name}") for _ in range(count)]
        with self.world.lock:
            before = self.world.uidnext[mailbox]
        flags = f" ({self.random.choice(FLAGS)})"
        literals = b"".join(b"%s {%d+}\r\n%s" % (flags.encode(), len(it), it) for it in messages)
        self.transcript.append(f"APPEND {mailbox} x {count}")
        tag = self.imap.send(f"APPEND {self.wire(mailbox)}".encode() + literals)
        tagged = self.answer(tag, "APPEND")
        uids = expand(re.search(rb"APPENDUID \d+ ([\d:,]+)", tagged).group(1))
        require(len(uids) == count, "APPENDUID of", count, "messages:", tagged)
        for uid, message in zip(uids, messages):
            self.world.note(mailbox, uid, re.search(rb"Message-ID: (\S+)", message).group(1), before)

    def store(self):
        prefix, numbers = self.choose()
        if numbers is None:
            return
        sign, silent = self.random.choice(["+", "+", "-", ""]), self.random.choice(["", ".SILENT"])
        flags = " ".join(self.random.sample(FLAGS, self.random.choice([1, 1, 2])))
        meant = self.meant(prefix, numbers)
        self.command(f"{prefix}STORE {numbers} {sign}FLAGS{silent} ({flags})", ("OK", "NO"))
        if silent:  # what came of it was not told
            for message in meant:
                message.flags = None
            self.learn()

    def meant(self, prefix, numbers):
        """The messages that a set names."""
        wanted = set(expand(numbers.encode())) if "*" not in numbers else None
        return [message for number, message in enumerate(self.view.messages, 1)
                if wanted is None or (message.uid if prefix else number) in wanted]


    def store_if_unchanged(self):
        if not self.condstore or not self.view.messages:
            return
        uids = self.random.sample(self.view.uids(), min(5, len(self.view.uids())))
        if not uids:
            return
        known = {it.uid: it.modseq for it in self.view.messages}
        since = max(0, max(known[uid] for uid in uids) - self.random.choice([0, 0, 3]))
        word = self.random.choice(KEYWORDS)
        lines, tagged = self.say(f"UID STORE {compact(uids)} (UNCHANGEDSINCE {since}) +FLAGS ({word})", ("OK", "NO"))
        modified = re.search(rb"\[MODIFIED ([\d:,]+)\]", tagged)
        refused = set(expand(modified.group(1))) if modified else set()
        require(refused <= set(uids), "MODIFIED tells", refused, "of", uids)
        told = {int(uid) for line in lines for uid in re.findall(rb"^\* (\d+) UIDFETCH|FETCH .*UID (\d+)", line)[0:1] for uid in uid if uid}
        self.command("NOOP")
        left = set(uids) & set(self.view.uids())
        require(left <= told | refused, "neither stored nor MODIFIED:", left - told - refused)

    def delete_some(self):
        prefix, numbers = self.choose()
        if numbers is not None:
            self.command(f"{prefix}STORE {numbers} +FLAGS (\\Deleted)", ("OK", "NO"))
            self.expunge()

    def expunge(self):
        highest = self.view.highest
        code = re.search(rb"\[HIGHESTMODSEQ (\d+)\]", self.command("EXPUNGE"))
        if code:
            require(int(code.group(1)) > highest, "EXPUNGE tells HIGHESTMODSEQ", code.group(1), "after", highest)
            self.view.highest = max(self.view.highest, int(code.group(1)))

    def uid_expunge(self):
        uids = self.view.uids()
        if uids:
            some = self.random.sample(uids, min(6, len(uids)))
            self.command(f"UID STORE {compact(some)} +FLAGS (\\Deleted)", ("OK", "NO"))
            self.command(f"UID EXPUNGE {compact(some)}")

    def copy(self):
        self.transfer("COPY")

    def move(self):
        self.transfer("MOVE")

    def transfer(self, verb):
        prefix, numbers = self.choose()
        if numbers is None:
            return
        source, target = self.mailbox, self.elsewhere()
        with self.world.lock:
            before = self.world.uidnext[target]
        lines, tagged = self.say(f"{prefix}{verb} {numbers} {self.wire(target)}", ("OK", "NO"))
        for line in lines + [tagged]:
            code = re.search(rb"\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]", line)
            if code:
                from_, to = expand(code.group(1)), expand(code.group(2))
                require(len(from_) == len(to), "COPYUID of different lengths", line)
                for old, new in zip(from_, to):
                    with self.world.lock:
                        message_id = self.world.ids.get((source, old))
                    self.world.note(target, new, message_id, before)

    def fetch(self):
        prefix, numbers = self.choose()
        if numbers is not None:
            items = "UID FLAGS MODSEQ" if self.condstore else "UID FLAGS"
            self.command(f"{prefix}FETCH {numbers} ({items}{self.random.choice(['', ' ENVELOPE', ' RFC822.SIZE'])})", ("OK", "NO"))

    def fetch_identity(self):
        uids = self.view.uids()
        if not uids:
            return
        some = self.random.sample(uids, min(4, len(uids)))
        lines, _ = self.say(f"UID FETCH {compact(some)} (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", ("OK", "NO"))
        for line in lines:
            found = re.search(rb"UID (\d+).*Message-ID: (\S+)", line, re.S)
            if found:
                self.world.note(self.mailbox, int(found.group(1)), found.group(2), 0)

    def search(self):
        keys = self.random.choice(["ALL", "UNSEEN", "DELETED", "KEYWORD $k1", "NOT FLAGGED", "SUBJECT client"])
        prefix = "UID " if self.by_uid_alone or self.random.random() < 0.5 else ""
        lines, _ = self.say(f"{prefix}SEARCH {keys}")
        for line in lines:
            if line.startswith(b"* SEARCH") and not prefix:
                require(all(int(it) <= len(self.view.messages) for it in line.split()[2:]), "no such message:", line)

    def idle(self):
        self.news_between_commands()
        self.transcript.append("IDLE")
        tag = self.imap.send("IDLE")
        while not (line := self.imap.response()).startswith(b"+"):
            self.hear(line, True)
        while self.is_ready(self.random.random() * 0.3):
            self.hear(self.imap.response(), True)
            if self.random.random() < 0.1:
                break
        self.imap.transport.send(b"DONE\r\n")
        self.answer(tag, "IDLE")

    def noop(self):
        self.command("NOOP")
        self.learn()

    def pipeline(self):
        """Several at once; UID commands, so that expunges in between hurt nobody."""
        self.news_between_commands()
        uids = self.view.uids() or [1]
        items = "(FLAGS MODSEQ)" if self.condstore else "(FLAGS)"
        texts = [f"UID FETCH {self.random.choice(uids)}:* {items}", "NOOP",
                 f"UID STORE {self.random.choice(uids)} +FLAGS ({self.random.choice(FLAGS)})", "UID SEARCH ALL"]
        self.random.shuffle(texts)
        self.transcript.append(" / ".join(texts))
        tags = [self.imap.send(text) for text in texts]
        for tag, text in zip(tags, texts):
            self.answer(tag, text, ("OK", "NO"))

    def reopen(self):
        mailbox = self.elsewhere()
        if self.view is not None:
            self.leave()
        states = self.left[mailbox]
        self.open(mailbox, self.random.choice(states) if states and self.random.random() < 0.8 else None)
        if self.notify and (not self.notified or self.random.random() < 0.3):
            items = "FLAGS MODSEQ" if self.condstore else "FLAGS"
            self.command(f"NOTIFY SET ({self.notify} (MessageNew (UID {items}) MessageExpunge FlagChange))")
            self.notified = True

    def close(self):
        self.command(self.random.choice(["CLOSE", "UNSELECT"]))
        self.view = None
        self.reopen()

    def status(self):
        mailbox = self.elsewhere()
        with self.world.lock:
            uidnext = self.world.uidnext[mailbox]
        lines, _ = self.say(f"STATUS {self.wire(mailbox)} (UIDNEXT MESSAGES UNSEEN)")
        found = [re.search(rb"UIDNEXT (\d+)", line) for line in lines if line.startswith(b"* STATUS")]
        require(found and int(found[0].group(1)) >= uidnext, "STATUS tells an old UIDNEXT:", lines, uidnext)

    def reconnect(self):
        """Gone without a word."""
        self.connect()
        self.reopen()

    def check_highest(self):
        """What STATUS tells is never behind what was told before."""
        if self.condstore:
            highest = self.view.highest
            lines, _ = self.say(f"STATUS {self.wire(self.mailbox)} (HIGHESTMODSEQ)")
            found = [re.search(rb"HIGHESTMODSEQ (\d+)", line) for line in lines if line.startswith(b"* STATUS")]
            require(found and int(found[0].group(1)) >= highest, "HIGHESTMODSEQ", lines, "after", highest)


def deliver(world, end, errors):
    """Mail comes in."""
    while time.monotonic() < end:
        try:
            assert world.server.deliver(plain("delivered"), [world.owner]) == {}
        except (OSError, AssertionError) as error:
            errors.append(f"delivery: {error}")
            return
        time.sleep(0.05)  # the pace of the mail, nothing is awaited


def told(client):
    """Its last words, for whoever has to find out."""
    return client.error + "\n  " + "\n  ".join(str(line) for line in client.transcript)


@pytest.fixture
def world(make_server):
    """A server with workers enough, the owner's mailboxes, and a guest with all rights."""
    it = World(make_server({"server": {"workers": "8"}}))
    owner = StrictClient(it, random)
    owner.connect()
    for name in MAILBOXES[1:]:
        owner.command(f"CREATE {owner.wire(name)}")
    for name in MAILBOXES:
        owner.command(f"SETACL {owner.wire(name)} {it.guest} lrswipkxtecda")
    owner.imap.close()
    return it


def settle(client, truth):
    """The end: NOOP, then what it knows is what there is; likewise in every mailbox it can come back to."""
    try:
        client.command("NOOP")
        client.view.compare(truth[client.mailbox])
        client.learn()
        client.view.compare(truth[client.mailbox])
        for mailbox in MAILBOXES:
            for old in client.left[mailbox] or [None]:
                client.open(mailbox, old)
                client.view.compare(truth[mailbox])
    except (Broken, AssertionError, OSError, Closed) as error:
        client.error = f"{client.name} in {client.mailbox} at the end: {type(error).__name__}: {error}"


def test_twenty_clients_see_in_the_end_what_the_database_has(world):
    clients = [Client(world, number, **kind) for number, kind in enumerate(KINDS)]
    errors = []
    mail = threading.Thread(target=deliver, args=(world, time.monotonic() + SECONDS, errors))
    for thread in [*clients, mail]:
        thread.start()
    for thread in [*clients, mail]:
        thread.join()
    if not any(client.error for client in clients):
        truth = world.truth()
        for client in clients:
            settle(client, truth)
    for client in clients:
        client.imap.close()
    broken = [told(client) for client in clients if client.error]
    assert not broken and not errors, f"seed {SEED}\n" + "\n".join(errors + broken)
    assert world.miscounted() == []
    assert min(world.done[verb] for verb in ("FETCH", "STORE", "SELECT")) > 0
