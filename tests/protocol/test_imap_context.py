"""CONTEXT=SEARCH (RFC 5267): a search whose result is kept up to date."""
import re
import threading

import pytest

from support.capability import proves
from support.imap import open_tls


def message(subject):
    return f"From: ann@example.test\r\nSubject: {subject}\r\n\r\ntext\r\n".encode()


@pytest.fixture
def pair(server, account):
    sessions = [open_tls(server), open_tls(server)]
    for it in sessions:
        it.login(*account)
    for subject in ("plan", "lunch", "plan b"):
        sessions[1].append("INBOX", message(subject))
    for it in sessions:
        it.ok("SELECT INBOX")
    yield sessions
    for it in sessions:
        it.close()


def updates(reply):
    return [line.decode() for line in reply.having(b"ESEARCH")]


@proves("CONTEXT=SEARCH")
@pytest.mark.parametrize("uid, word", [("", ""), ("UID ", " UID")])
def test_what_comes_changes_and_goes_is_told(pair, uid, word):
    imap, other = pair
    tag = imap.send(f"{uid}SEARCH RETURN (ALL UPDATE) SUBJECT plan UNSEEN").decode()
    assert updates(imap.until(tag.encode())) == [f'* ESEARCH (TAG "{tag}"){word} ALL 1,3']
    other.append("INBOX", message("new plan"))
    other.append("INBOX", message("dinner"))
    assert updates(imap.ok("NOOP")) == [f'* ESEARCH (TAG "{tag}"){word} ADDTO (0 4)']
    other.ok("STORE 1 +FLAGS (\\Seen)")
    other.ok("STORE 2 +FLAGS (\\Flagged)")
    assert updates(imap.ok("NOOP")) == [f'* ESEARCH (TAG "{tag}"){word} REMOVEFROM (0 1)']
    imap.ok("STORE 1 -FLAGS (\\Seen)")
    assert updates(imap.ok("NOOP")) in ([], [f'* ESEARCH (TAG "{tag}"){word} ADDTO (0 1)'])
    other.ok("STORE 2:3 +FLAGS.SILENT (\\Deleted)")
    imap.ok("NOOP")
    other.ok("EXPUNGE")
    told = imap.ok("NOOP").untagged
    assert told.index(f'* ESEARCH (TAG "{tag}"){word} REMOVEFROM (0 3)'.encode()) < told.index(b"* 2 EXPUNGE")


@proves("CONTEXT=SEARCH")
def test_update_alone_tells_changes_only_and_comes_in_idle(pair):
    imap, other = pair
    tag = imap.send("UID SEARCH RETURN (UPDATE) TEXT plan").decode()
    assert updates(imap.until(tag.encode())) == [f'* ESEARCH (TAG "{tag}") UID']
    idle = imap.send("IDLE")
    assert imap.response().startswith(b"+")
    other.append("INBOX", message("plan c"))
    told = []
    while not any(b"ADDTO" in line for line in told):
        told.append(imap.response())
    assert told[-1] == f'* ESEARCH (TAG "{tag}") UID ADDTO (0 4)'.encode() and b"* 4 EXISTS" in told
    imap.transport.send(b"DONE\r\n")
    imap.until(idle)


@proves("CONTEXT=SEARCH")
def test_cancelupdate_ends_it_and_another_mailbox_does_too(pair):
    imap, other = pair
    first, second = (imap.send("SEARCH RETURN (UPDATE COUNT) SUBJECT plan").decode() for _ in range(2))
    imap.until(first.encode())
    imap.until(second.encode())
    imap.ok(f'CANCELUPDATE "{first}"')
    other.append("INBOX", message("plan d"))
    assert updates(imap.ok("NOOP")) == [f'* ESEARCH (TAG "{second}") ADDTO (0 4)']
    for bad in ("CANCELUPDATE", f'CANCELUPDATE "{first}"', f"CANCELUPDATE {second}", f'CANCELUPDATE "{second}" "nothing"'):
        assert imap.command(bad).status == b"BAD", bad
    imap.ok("SELECT INBOX")
    other.append("INBOX", message("plan e"))
    assert updates(imap.ok("NOOP")) == []


@proves("CONTEXT=SEARCH")
def test_what_cannot_be_kept_up_to_date_is_said(pair):
    imap, other = pair
    for search in ("RECENT", "NOT (SUBJECT plan OLD)", "NEW"):
        reply = imap.ok(f"SEARCH RETURN (UPDATE COUNT) {search}")
        assert reply.having(b"* NO [NOUPDATE \"") and reply.having(b"COUNT"), search
    assert imap.ok("SORT RETURN (UPDATE COUNT) (DATE) UTF-8 ALL").having(b"* NO [NOUPDATE \"")
    replies = [imap.ok("SEARCH RETURN (UPDATE) ALL") for _ in range(40)]
    assert [bool(reply.having(b"NOUPDATE")) for reply in replies] == [False] * 32 + [True] * 8
    other.append("INBOX", message("x"))
    assert len(updates(imap.ok("NOOP"))) == 32


@proves("CONTEXT=SEARCH")
def test_message_numbers_are_those_of_the_moment_of_the_command(pair):
    imap, other = pair
    imap.ok("SEARCH RETURN (SAVE) 3")
    tags = [imap.send(f"SEARCH RETURN (UPDATE) {keys} UNFLAGGED").decode() for keys in ("2:3", "2:*", "$")]
    for tag in tags:
        assert imap.until(tag.encode()).untagged == [f'* ESEARCH (TAG "{tag}")'.encode()]
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.ok("EXPUNGE")
    other.append("INBOX", message("fourth"))
    assert updates(imap.ok("NOOP")) == []
    other.ok("STORE 2:3 +FLAGS.SILENT (\\Flagged)")
    assert updates(imap.ok("NOOP")) == [f'* ESEARCH (TAG "{tag}") REMOVEFROM (0 2)' for tag in tags]


@proves("CONTEXT=SEARCH")
def test_a_tag_that_is_in_use_is_refused_and_the_first_search_goes_on(pair):
    imap, other = pair
    imap.transport.send(b"u SEARCH RETURN (UPDATE COUNT) SUBJECT plan\r\n")
    assert imap.until(b"u").status == b"OK"
    for again in (b"u SEARCH RETURN (UPDATE) ALL", b"u UID SEARCH RETURN (UPDATE COUNT) ALL", b"u SORT RETURN (UPDATE) (DATE) UTF-8 ALL",
                  b"u ESEARCH RETURN (UPDATE) ALL"):
        imap.transport.send(again + b"\r\n")
        reply = imap.until(b"u")
        assert reply.status == b"BAD" and not reply.untagged, again
    other.append("INBOX", message("plan c"))
    assert updates(imap.ok("NOOP")) == ['* ESEARCH (TAG "u") ADDTO (0 4)']
    imap.ok('CANCELUPDATE "u"')
    imap.transport.send(b"u SEARCH RETURN (UPDATE COUNT) ALL\r\n")
    assert imap.until(b"u").status == b"OK"


@proves("CONTEXT=SEARCH", "NOTIFY")
def test_items_of_messages_that_arrive_in_the_result_are_told(pair):
    imap, other = pair
    tag = imap.send("UID SEARCH RETURN (UPDATE (UID FLAGS BODY[HEADER.FIELDS (SUBJECT)]) COUNT) SUBJECT plan UNFLAGGED").decode()
    assert updates(imap.until(tag.encode())) == [f'* ESEARCH (TAG "{tag}") UID COUNT 2']
    for subject in ("plan c", "dinner", "plan d"):
        other.append("INBOX", message(subject))
    told = imap.ok("NOOP").untagged
    assert f'* ESEARCH (TAG "{tag}") UID ADDTO (0 4,6)'.encode() in told and b"* 6 EXISTS" in told
    fetched = [imap.response() for _ in range(2)]
    assert [line.split()[1] for line in fetched] == [b"4", b"6"]
    assert b"UID 4" in fetched[0] and b"Subject: plan c" in fetched[0] and b"\\Seen" not in fetched[0]
    # What comes in by its flags alone is known to the client.
    other.ok("STORE 4 +FLAGS.SILENT (\\Flagged)")
    imap.ok("NOOP")
    other.ok("STORE 4 -FLAGS.SILENT (\\Flagged)")
    assert updates(imap.ok("NOOP")) == [f'* ESEARCH (TAG "{tag}") UID ADDTO (0 4)']
    assert imap.ok("NOOP").untagged == []
    imap.send("IDLE")
    assert imap.response().startswith(b"+")
    other.append("INBOX", message("plan e") + b"x" * 1000000)
    other.append("INBOX", message("plan f"))
    told = []
    while sum(b"BODY[" in line for line in told) < 2:
        told.append(imap.response())
    assert b"Subject: plan e" in b"".join(told) and b"Subject: plan f" in told[-1]


@proves("CONTEXT=SEARCH")
@pytest.mark.parametrize("command, status", [
    ("SEARCH RETURN (UPDATE ()) ALL", b"BAD"), ("SEARCH RETURN (UPDATE (NONSENSE)) ALL", b"BAD"), ("SEARCH RETURN (UPDATE (UID) UPDATE (UID)) ALL", b"OK"),
    ("SEARCH RETURN ((UID)) ALL", b"BAD"), ("SORT RETURN (UPDATE (UID) COUNT) (DATE) UTF-8 ALL", b"OK"), ("ESEARCH RETURN (UPDATE (UID)) ALL", b"OK"),
])
def test_items_are_checked(pair, command, status):
    assert pair[0].command(command).status == status


@proves("CONTEXT=SEARCH")
def test_context_is_a_hint(pair):
    imap, _ = pair
    assert updates(imap.ok("SEARCH RETURN (CONTEXT) SUBJECT plan"))[0].endswith("ALL 1,3")
    assert updates(imap.ok("SEARCH RETURN (CONTEXT PARTIAL 1:1) SUBJECT plan"))[0].endswith("PARTIAL (1:1 1)")


def test_messages_that_arrive_at_any_moment_leave_the_search_up_to_date(pair):
    """Also one whose snapshot is in memory before its notice has come."""
    imap, other = pair
    tag = imap.send("SEARCH RETURN (UPDATE) TEXT needle")
    imap.until(tag)
    arriving = threading.Thread(target=lambda: [other.append("INBOX", message("needle")) for _ in range(40)])
    arriving.start()
    told = []
    while arriving.is_alive():
        told += imap.ok("FETCH 1 UID").untagged
    told += imap.ok("NOOP").untagged
    assert not [line for line in told if b"NOUPDATE" in line]
    added = [range(int(first), int(last or first) + 1) for line in told
             for first, last in re.findall(rb"(\d+)(?::(\d+))?", b"".join(re.findall(rb"ADDTO \(0 (.*)\)", line)))]
    assert sorted(number for numbers in added for number in numbers) == list(range(4, 44))
