"""MESSAGELIMIT (RFC 9738): a command works on so many messages, from the highest UID down,
and tells how far it came."""
import re

import pytest

from support.capability import proves
from support.imap import open_tls
from support.messages import plain
from support.server import Server

LIMIT, COUNT = 1000, 1200
LOWEST = COUNT - LIMIT + 1
CUT = b"MESSAGELIMIT %d %d" % (LIMIT, LOWEST)


def multiappend(imap, mailbox, count):
    message = plain()
    return imap.command(f"APPEND {mailbox}".encode() + b" {%d+}\r\n%s" % (len(message), message) * count)


@pytest.fixture(scope="module")
def limited():
    """A server that works on 1,000 messages at a time."""
    it = Server({"imap": {"message_limit": str(LIMIT)}})
    try:
        yield it.start()
    finally:
        it.destroy()


@pytest.fixture(scope="module")
def filled(limited):
    """An account with 1,200 messages in INBOX, of UIDs 1 to 1200; no test of its own changes them."""
    account = limited.account()
    it = open_tls(limited)
    it.login(*account)
    assert multiappend(it, "INBOX", LIMIT).status == b"OK"
    assert multiappend(it, "INBOX", COUNT - LIMIT).status == b"OK"
    it.ok("SELECT INBOX")  # takes \\Recent
    it.close()
    return account


@pytest.fixture
def imap(limited, filled):
    """INBOX is those; Copy is a mailbox of the same, of UIDs 1 to 1200, to be changed."""
    it = open_tls(limited)
    it.login(*filled)
    it.ok("SELECT INBOX")
    yield it
    it.command("UNSELECT")
    for name in ("Copy", "Target"):
        it.command(f"DELETE {name}")
    it.close()


@pytest.fixture
def copy(imap):
    """The same session with a copy of INBOX selected, and an empty mailbox to put things into."""
    for name in ("Copy", "Target"):
        imap.ok(f"CREATE {name}")
    imap.ok(f"COPY 1:{LIMIT} Copy")
    imap.ok(f"COPY {LIMIT + 1}:* Copy")
    for _ in range(2):
        imap.ok("SELECT Copy")
    return imap


def numbers(reply, word):
    return [int(line.split()[1]) for line in reply.untagged if re.match(rb"\* \d+ " + word + rb"\b", line)]


@proves("MESSAGELIMIT=")
def test_the_limit_is_announced_and_keeps_to_the_setting(imap):
    words = imap.ok("CAPABILITY").untagged[0].split()
    assert b"MESSAGELIMIT=%d" % LIMIT in words
    assert not [word for word in words if word.startswith(b"SAVELIMIT")]


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("command", ["FETCH 1:* (UID)", "UID FETCH 1:* (FLAGS)"])
def test_fetch_tells_the_highest_and_then_the_rest(imap, command):
    reply = imap.ok(command)
    assert sorted(numbers(reply, b"FETCH")) == list(range(LOWEST, COUNT + 1)) and reply.code() == CUT
    reply = imap.ok(command.replace("1:*", f"1:{LOWEST - 1}"))
    assert sorted(numbers(reply, b"FETCH")) == list(range(1, LOWEST)) and reply.code() is None


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("command", ["FETCH 201:*", "FETCH 1:500,701:1200", "UID FETCH 201:1200"])
def test_as_many_as_the_limit_are_no_more_than_it(imap, command):
    reply = imap.ok(f"{command} (UID)")
    assert len(numbers(reply, b"FETCH")) == LIMIT and reply.code() is None


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("window, status", [("1:1000", b"OK"), ("-1:-1000", b"OK"), ("1:1001", b"NO"), ("-100:-1100", b"NO")])
def test_a_window_wider_than_the_limit_is_refused(imap, window, status):
    reply = imap.command(f"UID FETCH 1:* (UID) (PARTIAL {window})")
    assert reply.status == status
    assert len(numbers(reply, b"FETCH")) == (LIMIT if status == b"OK" else 0)
    assert reply.code() == (None if status == b"OK" else b"MESSAGELIMIT 1000")


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("prefix", ["", "UID "])
def test_store_changes_the_highest_alone(copy, prefix):
    reply = copy.ok(f"{prefix}STORE 1:* +FLAGS (\\Flagged)")
    assert reply.code() == CUT and numbers(reply, b"FETCH") == list(range(LOWEST, COUNT + 1))
    assert copy.ok(f"SEARCH 1:{LOWEST} FLAGGED").untagged == [b"* SEARCH %d" % LOWEST]
    # The tagged reply has room for one code.
    reply = copy.ok(f"{prefix}STORE 1:* (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)")
    assert reply.code().startswith(b"MODIFIED %d" % LOWEST)
    assert reply.having(b"* NO [" + CUT + b"]")


@proves("MESSAGELIMIT=")
def test_search_looks_at_the_highest_of_what_it_names(copy):
    copy.ok("UID STORE 7,150,600,1200 +FLAGS.SILENT (\\Flagged)")
    for command in ("SEARCH", "UID SEARCH"):
        reply = copy.ok(f"{command} FLAGGED")
        assert reply.untagged == [b"* SEARCH 600 1200"] and reply.code() == CUT
        reply = copy.ok(f"{command} UIDBEFORE {LOWEST} FLAGGED")
        assert reply.untagged == [b"* SEARCH 7 150"] and reply.code() is None
    reply = copy.ok("UID SEARCH UID 1:1100 FLAGGED")
    assert reply.untagged == [b"* SEARCH 150 600"] and reply.code() == b"MESSAGELIMIT 1000 101"
    assert copy.ok("UID SEARCH OR UID 1:100 FLAGGED").code() == CUT
    reply = copy.ok("SEARCH RETURN (COUNT SAVE) ALL")
    assert b"COUNT 1000" in reply.untagged[0] and reply.code() == CUT
    assert len(numbers(copy.ok("FETCH $ (UID)"), b"FETCH")) == LIMIT
    assert copy.ok("SEARCH (UIDAFTER 500 FLAGGED)").untagged == [b"* SEARCH 600 1200"]


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("command", ["SORT (REVERSE ARRIVAL)", "UID SORT (DATE)", "THREAD REFERENCES", "UID THREAD ORDEREDSUBJECT"])
def test_sort_and_thread_do_all_or_nothing(imap, command):
    reply = imap.command(f"{command} UTF-8 ALL")
    assert (reply.status, reply.code(), reply.untagged) == (b"NO", b"MESSAGELIMIT 1000", [])
    assert len(re.findall(rb"\d+", imap.ok(f"{command} UTF-8 UIDAFTER 200").untagged[0])) == LIMIT


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("key, found", [
    ("UIDAFTER 1197", [1198, 1199, 1200]), ("UIDAFTER 1200", []), ("UIDAFTER 4294967295", []), ("UIDBEFORE 3", [1, 2]),
    ("UIDBEFORE 1", []), ("UIDAFTER 5 UIDBEFORE 8", [6, 7]), ("UIDBEFORE 4 NOT UIDBEFORE 3", [3]),
])
def test_uidafter_and_uidbefore_are_of_what_lies_beyond(imap, key, found):
    assert [int(uid) for uid in imap.ok(f"UID SEARCH {key}").untagged[0].split()[2:]] == found


@pytest.mark.parametrize("key", ["UIDAFTER", "UIDAFTER 0", "UIDBEFORE *", "UIDBEFORE 1:2", "UIDAFTER 4294967296"])
def test_uidafter_and_uidbefore_take_one_uid(imap, key):
    assert imap.command(f"UID SEARCH {key}").status == b"BAD"


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("prefix", ["", "UID "])
def test_copy_copies_all_or_nothing(imap, prefix):
    reply = imap.command(f"{prefix}COPY 1:* Drafts")
    assert (reply.status, reply.code()) == (b"NO", CUT)
    assert imap.ok("STATUS Drafts (MESSAGES)").having(b"MESSAGES 0")
    assert imap.ok(f"{prefix}COPY 1:1000 Sent").code().startswith(b"COPYUID")


@proves("MESSAGELIMIT=")
@pytest.mark.parametrize("prefix, qresync", [("", False), ("UID ", True)])
def test_move_takes_the_highest(copy, prefix, qresync):
    if qresync:
        copy.ok("ENABLE QRESYNC")
    reply = copy.ok(f"{prefix}MOVE 1:* Target")
    assert reply.having(b"COPYUID")
    if qresync:  # whose HIGHESTMODSEQ has the tagged reply
        assert reply.code().startswith(b"HIGHESTMODSEQ") and reply.having(b"* NO [" + CUT + b"]")
    else:
        assert reply.code() == CUT
    assert [int(uid) for uid in copy.ok("UID SEARCH ALL").untagged[0].split()[2:]] == list(range(1, LOWEST))
    assert copy.ok(f"{prefix}MOVE 1:* Target").having(b"COPYUID")
    assert copy.ok("STATUS Target (MESSAGES)").having(b"MESSAGES %d" % COUNT)


@proves("MESSAGELIMIT=")
def test_uid_expunge_takes_the_highest_that_are_deleted_and_expunge_all(copy):
    copy.ok("UID STORE 1:600 +FLAGS.SILENT (\\Deleted)")
    copy.ok("UID STORE 701:1200 +FLAGS.SILENT (\\Deleted)")
    reply = copy.ok("UID EXPUNGE 1:*")
    assert len(reply.having(b"EXPUNGE")) == LIMIT and reply.code() == b"MESSAGELIMIT 1000 101"
    assert copy.ok("UID SEARCH NOT DELETED").untagged == [b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(601, 701))]
    assert len(copy.ok("EXPUNGE").having(b"EXPUNGE")) == 100


@proves("MESSAGELIMIT=")
def test_append_appends_all_or_nothing(imap):
    reply = multiappend(imap, "Drafts", LIMIT + 1)
    assert (reply.status, reply.code()) == (b"NO", b"MESSAGELIMIT %d" % LIMIT)
    assert imap.ok("STATUS Drafts (MESSAGES)").having(b"MESSAGES 0")
