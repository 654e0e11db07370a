"""UIDONLY (RFC 9586): after ENABLE nothing is known by its message number."""
import pytest

from support.capability import proves
from support.imap import open_tls

MESSAGE = b"From: ann@example.test\r\nSubject: one\r\n\r\ntext\r\n"


@pytest.fixture
def imap(server, account):
    it = open_tls(server)
    it.login(*account)
    for _ in range(3):
        it.append("INBOX", MESSAGE)
    assert it.ok("ENABLE UIDONLY").untagged == [b"* ENABLED UIDONLY"]
    it.ok("SELECT INBOX")  # the first takes \\Recent
    it.ok("SELECT INBOX")
    yield it
    it.close()


@proves("UIDONLY")
@pytest.mark.parametrize("command", [
    "FETCH 1 FLAGS", "STORE 1 +FLAGS (\\Seen)", "SEARCH ALL", "SORT (DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
    "COPY 1 Trash", "MOVE 1 Trash", "UID SEARCH 1:2", "UID SEARCH NOT (SEEN 1)", "UID SORT (DATE) UTF-8 1",
])
def test_message_numbers_are_refused(imap, command):
    reply = imap.command(command)
    assert (reply.status, reply.code()) == (b"BAD", b"UIDREQUIRED")


@proves("UIDONLY")
def test_replies_go_by_uid(imap):
    imap.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert imap.ok("UID EXPUNGE 1").untagged == [b"* VANISHED 1"]
    assert imap.ok("UID FETCH 1:* (FLAGS)").untagged == [b"* 2 UIDFETCH (FLAGS ())", b"* 3 UIDFETCH (FLAGS ())"]
    assert imap.ok("UID FETCH 3 (UID)").untagged == [b"* 3 UIDFETCH (UID 3)"]
    assert imap.ok("UID STORE 3 +FLAGS (\\Seen)").untagged == [b"* 3 UIDFETCH (FLAGS (\\Seen))"]
    assert imap.ok("UID SEARCH SEEN").untagged == [b"* SEARCH 3"]
    assert imap.ok("UID SEARCH UID 2:3").untagged == [b"* SEARCH 2 3"]
    imap.ok("UID SEARCH RETURN (SAVE) SEEN")
    assert imap.ok("UID FETCH $ (FLAGS)").untagged == [b"* 3 UIDFETCH (FLAGS (\\Seen))"]
    assert imap.ok("UID MOVE 2 Trash").having(b"VANISHED") == [b"* VANISHED 2"]


@proves("UIDONLY")
def test_news_of_others_go_by_uid(server, imap, account):
    other = open_tls(server)
    other.login(*account)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS (\\Flagged)")
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.ok("EXPUNGE")
    told = imap.ok("NOOP").untagged
    assert b"* VANISHED 1" in told and any(line.startswith(b"* 2 UIDFETCH (FLAGS (\\Flagged") for line in told)
    assert not [line for line in told if b"EXPUNGE" in line or b" FETCH" in line]
    other.close()


@proves("UIDONLY")
def test_select_tells_no_message_number_and_takes_none(imap):
    assert not imap.ok("SELECT INBOX").having(b"[UNSEEN")
    imap.ok("ENABLE QRESYNC")
    reply = imap.command("SELECT INBOX (QRESYNC (1 1 1:3 (1:2 1:2)))")
    assert (reply.status, reply.code()) == (b"BAD", b"UIDREQUIRED")
