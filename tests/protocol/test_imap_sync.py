"""IMAP between sessions: IDLE, untagged news, CONDSTORE, QRESYNC, concurrency."""
import re

import pytest

from support.capability import proves
from support.imap import open_tls
from support.messages import plain


@pytest.fixture
def two(server, account):
    first, second = open_tls(server), open_tls(server)
    first.login(*account)
    second.login(*account)
    yield first, second
    first.close()
    second.close()


def fill(imap, count, mailbox="INBOX"):
    for number in range(count):
        assert imap.append(mailbox, plain(f"m{number}")).status == b"OK"


def modseq(reply, number=1):
    line = [one for one in reply.untagged if one.startswith(b"* %d FETCH" % number)][-1]
    return int(re.search(rb"MODSEQ \((\d+)\)", line).group(1))


@proves("IDLE")
def test_idle_tells_at_once(two):
    first, second = two
    fill(first, 1)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    tag = first.send("IDLE")
    assert first.response().startswith(b"+")
    for number in range(2, 12):
        second.append("INBOX", plain())
        assert first.response() == b"* %d EXISTS" % number
        assert first.response().endswith(b"RECENT")
    second.ok("STORE 1 +FLAGS (\\Flagged)")
    assert b"\\Flagged" in first.response()
    second.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
    assert b"\\Deleted" in first.response()
    second.ok("EXPUNGE")
    assert first.response() == b"* 2 EXPUNGE"
    first.transport.send(b"DONE\r\n")
    assert first.until(tag).status == b"OK"


def test_idle_ends_only_with_done(two):
    first, _ = two
    tag = first.send("IDLE")
    assert first.response().startswith(b"+")
    first.transport.send(b"NOOP\r\n")
    assert first.until(tag).status == b"BAD"
    tag = first.send("IDLE")
    assert first.response().startswith(b"+")
    first.transport.send(b"done\r\n")
    assert first.until(tag).status == b"OK"


def test_delivery_reaches_an_idle_session(server, account):
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("SELECT INBOX")
    imap.send("IDLE")
    assert imap.response().startswith(b"+")
    assert not server.deliver(plain(), [account[0]])
    assert imap.response() == b"* 1 EXISTS"
    imap.close()


def test_expunge_is_never_told_during_fetch_store_search(two):
    first, second = two
    fill(first, 4)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    for command in ("FETCH 2 FLAGS", "STORE 2 +FLAGS (\\Flagged)", "SEARCH ALL", "FETCH 4 UID"):
        reply = first.ok(command)
        assert reply.having(b"EXPUNGE") == []
    assert first.ok("FETCH 4 UID").untagged == [b"* 4 FETCH (UID 4)"]
    assert first.ok("FETCH 1 UID").untagged == [b"* 1 FETCH (UID 1)"]
    reply = first.ok("NOOP")
    assert reply.having(b"EXPUNGE") == [b"* 1 EXPUNGE"]
    assert first.ok("FETCH 3 UID").untagged == [b"* 3 FETCH (UID 4)"]


def test_uid_commands_may_tell_expunges(two):
    first, second = two
    fill(first, 2)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    assert b"* 1 EXPUNGE" in first.ok("UID FETCH 2 UID").untagged


def test_recent_is_counted_down_with_the_messages_that_go(two):
    first, second = two
    fill(first, 3)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
    assert second.ok("EXPUNGE").untagged == [b"* 2 EXPUNGE"]
    assert first.ok("NOOP").untagged == [b"* 2 EXPUNGE", b"* 2 RECENT"]
    assert first.ok("NOOP").untagged == []


def test_flag_changes_of_others_are_told_and_own_silent_ones_are_not(two):
    first, second = two
    fill(first, 2)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    assert first.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").untagged == []
    assert first.ok("NOOP").untagged == []
    reply = second.ok("NOOP")
    assert len(reply.untagged) == 1 and b"* 1 FETCH (FLAGS (\\Flagged" in reply.untagged[0]


@pytest.mark.parametrize("keyword", ["\\Flagged", "$Work"])
@pytest.mark.parametrize("condstore", [True, False])
def test_a_silent_store_tells_what_another_session_has_changed_meanwhile(two, keyword, condstore):
    first, second = two
    fill(first, 2)
    first.ok("SELECT INBOX (CONDSTORE)" if condstore else "SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok(f"STORE 1 +FLAGS.SILENT ({keyword})")
    told = first.ok("STORE 1:2 +FLAGS.SILENT (\\Seen $Own)").untagged + first.ok("NOOP").untagged
    flags = [one for one in told if b"FLAGS (" in one and b"FETCH" in one]
    assert len(flags) == 1 and flags[0].startswith(b"* 1 FETCH") and keyword.encode() in flags[0]
    second.ok(f"STORE 1 -FLAGS.SILENT ({keyword})")
    told = first.ok("STORE 1 FLAGS.SILENT (\\Seen)").untagged + first.ok("NOOP").untagged
    assert not [one for one in told if b"FLAGS (" in one and b"FETCH" in one]


@pytest.mark.parametrize("command, status", [
    ("STORE 2 +FLAGS (\\Seen)", b"NO"), ("STORE 2 +FLAGS.SILENT (\\Seen)", b"OK"), ("STORE 1:2 +FLAGS (\\Seen)", b"OK"),
    ("UID STORE 2 +FLAGS (\\Seen)", b"OK"), ("COPY 2 Archive", b"NO"), ("MOVE 2 Archive", b"NO"),
    ("COPY 1:2 Archive", b"OK"), ("COPY $ Archive", b"OK"), ("STORE $ +FLAGS (\\Seen)", b"OK"), ("UID COPY 2 Archive", b"OK"), ("UID MOVE 2 Archive", b"OK"),
])
def test_messages_that_are_gone_but_still_counted_are_not_changed_in_silence(two, command, status):
    """RFC 2180 4.2, 4.4."""
    first, second = two
    fill(first, 3)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    reply = first.command(command)
    assert (reply.status, reply.code()) == ((b"NO", b"EXPUNGEISSUED") if status == b"NO" else (b"OK", reply.code()))


def test_a_deleted_mailbox_ends_its_sessions(two):
    first, second = two
    first.ok("CREATE gone")
    first.ok("SELECT gone")
    second.ok("DELETE gone")
    tag = first.send("NOOP")
    answers = [first.response()]
    while not answers[-1].startswith(b"* BYE"):
        answers.append(first.response())
    assert tag


@proves("CONDSTORE")
def test_condstore_counts_and_guards(two):
    first, second = two
    fill(first, 3)
    reply = first.ok("SELECT INBOX (CONDSTORE)")
    highest = int(re.search(rb"HIGHESTMODSEQ (\d+)", reply.having(b"HIGHESTMODSEQ")[0]).group(1))
    second.ok("SELECT INBOX")
    second.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    reply = first.ok("NOOP")
    assert modseq(reply, 2) > highest
    assert [one.split()[1] for one in first.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {highest})").untagged] == [b"2"]
    reply = first.ok(f"STORE 1:3 (UNCHANGEDSINCE {highest}) +FLAGS.SILENT (\\Seen)")
    assert reply.code() == b"MODIFIED 2"
    assert {one.split()[1] for one in reply.having(b"MODSEQ")} == {b"1", b"3"}
    reply = first.ok(f"UID STORE 1:3 (UNCHANGEDSINCE 0) +FLAGS (\\Draft)")
    assert reply.code() == b"MODIFIED 1:3"
    newest = modseq(first.ok("FETCH 3 (MODSEQ)"), 3)
    reply = first.ok(f"SEARCH MODSEQ {newest}")
    assert reply.having(b"(MODSEQ %d)" % newest)
    assert first.ok('SEARCH MODSEQ "/flags/\\\\draft" all %d' % (newest + 1000)).untagged == [b"* SEARCH"]
    assert first.ok("STATUS INBOX (HIGHESTMODSEQ)").having(b"HIGHESTMODSEQ %d" % newest)
    assert first.command("FETCH 1 FLAGS (CHANGEDSINCE 0)").status == b"BAD"


@proves("QRESYNC")
def test_qresync_tells_what_was_missed(two):
    first, second = two
    fill(first, 6)
    first.ok("ENABLE QRESYNC")
    reply = first.ok("SELECT INBOX")
    validity = re.search(rb"UIDVALIDITY (\d+)", reply.having(b"UIDVALIDITY")[0]).group(1).decode()
    highest = re.search(rb"HIGHESTMODSEQ (\d+)", reply.having(b"HIGHESTMODSEQ")[0]).group(1).decode()
    first.ok("UNSELECT")
    second.ok("SELECT INBOX")
    second.ok("STORE 2,4:5 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    second.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
    reply = first.ok(f"SELECT INBOX (QRESYNC ({validity} {highest}))")
    assert reply.having(b"VANISHED") == [b"* VANISHED (EARLIER) 2,4:5"]
    assert len(reply.having(b"FETCH")) == 1 and b"* 1 FETCH (UID 1 FLAGS (\\Flagged" in reply.having(b"FETCH")[0]
    reply = first.ok(f"SELECT INBOX (QRESYNC ({validity} {highest} 1:4))")
    assert reply.having(b"[CLOSED]")
    assert reply.having(b"VANISHED") == [b"* VANISHED (EARLIER) 2,4"]
    reply = first.ok(f"SELECT INBOX (QRESYNC ({validity} {highest} 1:6 (1 1)))")
    assert reply.having(b"VANISHED") == [b"* VANISHED (EARLIER) 2,4:5"]
    other = str(int(validity) + 1)
    assert not first.ok(f"SELECT INBOX (QRESYNC ({other} {highest}))").having(b"VANISHED")
    reply = first.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {highest} VANISHED)")
    assert reply.untagged[0] == b"* VANISHED (EARLIER) 2,4:5"
    second.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    assert first.ok("NOOP").having(b"VANISHED") == [b"* VANISHED 1"]
    first.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    reply = first.ok("EXPUNGE")
    assert reply.having(b"VANISHED") == [b"* VANISHED 3"] and reply.code().startswith(b"HIGHESTMODSEQ")
    assert second.command(f"SELECT INBOX (QRESYNC ({validity} 1))").status == b"BAD"


@proves("QRESYNC")
@pytest.mark.parametrize("match", ["(1:* 1:3)", "(1:3 1:*)", "($ 1)", "(1 1:2)", "(1:3 5,7)", "(1:2 4,4)", "(1:3)", "()"])
def test_match_data_that_pair_no_number_with_no_uid_are_refused(two, match):
    first, _ = two
    fill(first, 3)
    first.ok("ENABLE QRESYNC")
    validity = re.search(rb"UIDVALIDITY (\d+)", first.ok("STATUS INBOX (UIDVALIDITY)").untagged[0]).group(1).decode()
    for uidvalidity in (validity, "1"):
        assert first.command(f"SELECT INBOX (QRESYNC ({uidvalidity} 1 1:9 {match}))").status == b"BAD"
    assert first.ok(f"SELECT INBOX (QRESYNC ({validity} 1 1:9 (1:3 1,2:3)))").having(b"3 EXISTS")


def test_the_last_message_is_the_star_beside_vanished_too(two):
    first, _ = two
    fill(first, 3)
    first.ok("ENABLE QRESYNC")
    first.ok("SELECT INBOX")
    first.ok("STORE 3 +FLAGS.SILENT (\\Deleted)")
    first.ok("EXPUNGE")
    for given in "*", "7:*":
        reply = first.ok(f"UID FETCH {given} (FLAGS) (CHANGEDSINCE 1 VANISHED)")
        assert reply.untagged[0] == b"* VANISHED (EARLIER) 3"
        assert [one.split()[1] for one in reply.untagged[1:]] == [b"2"]


@pytest.mark.parametrize("enabling", ["ENABLE CONDSTORE", "ENABLE QRESYNC", "ENABLE IMAP4rev2"])
def test_news_of_flags_name_the_uid(two, enabling):
    """RFC 7162 3.2.4, RFC 9051 7.5.2: whatever changed them."""
    first, second = two
    fill(first, 3)
    first.ok(enabling)
    first.ok("SELECT INBOX")
    second.ok("SELECT INBOX")
    second.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    first.ok("NOOP")
    assert b" UID 2 " in first.ok("FETCH 1 BODY[TEXT]<0.3>").untagged[0].replace(b"(", b" ")
    assert b" UID 2 " in first.ok("STORE 1 +FLAGS (\\Draft)").untagged[0].replace(b"(", b" ")
    second.ok("STORE 1 +FLAGS (\\Flagged)")
    assert b" UID 2 " in first.ok("NOOP").untagged[0].replace(b"(", b" ")
    assert first.ok("FETCH 1 FLAGS").untagged[0].startswith(b"* 1 FETCH (FLAGS (")


def test_vanished_earlier_never_tells_what_the_client_still_counts(two):
    first, second = two
    fill(first, 4)
    first.ok("ENABLE QRESYNC")
    reply = first.ok("SELECT INBOX")
    highest = re.search(rb"HIGHESTMODSEQ (\d+)", reply.having(b"HIGHESTMODSEQ")[0]).group(1).decode()
    second.ok("SELECT INBOX")
    second.ok("STORE 3 +FLAGS.SILENT (\\Deleted)")
    second.ok("EXPUNGE")
    reply = first.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {highest} VANISHED)")
    assert reply.having(b"VANISHED") == [b"* VANISHED 3"]
    reply = first.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {highest} VANISHED)")
    assert reply.having(b"VANISHED") == [b"* VANISHED (EARLIER) 3"]
