"""MULTISEARCH (RFC 7377): one ESEARCH over many mailboxes."""
import re

import pytest

from support.capability import proves
from support.imap import open_tls

FOLDERS = {"INBOX": ["plan", "lunch"], "Top": ["plan"], "Top/Sub": ["other", "plan"], "Top/Sub/Deep": ["plan"], "Topless": ["plan"],
           "Empty": []}


def message(subject):
    return f"From: ann@example.test\r\nSubject: {subject}\r\n\r\n{subject} text\r\n".encode()


@pytest.fixture(scope="module")
def filled(server):
    address, password = server.account()
    imap = open_tls(server)
    imap.login(address, password)
    for name, subjects in FOLDERS.items():
        if name != "INBOX":
            imap.ok(f"CREATE {name}")
        for subject in subjects:
            imap.append(name, message(subject))
    imap.ok("SUBSCRIBE Topless")
    imap.close()
    return address, password


@pytest.fixture
def imap(server, filled):
    it = open_tls(server)
    it.login(*filled)
    yield it
    it.close()


def results(reply):
    found = {}
    for line in reply.having(b"* ESEARCH"):
        name, rest = re.fullmatch(r'\* ESEARCH \(TAG "t\d+" MAILBOX (\S+) UIDVALIDITY \d+\) UID (.*)', line.decode()).groups()
        found[name] = rest
    assert len(found) == len(reply.untagged)
    return found


@proves("MULTISEARCH")
@pytest.mark.parametrize("source, expected", [
    ("inboxes", {"INBOX": "ALL 1", "Top": "ALL 1", "Top/Sub": "ALL 2", "Top/Sub/Deep": "ALL 1", "Topless": "ALL 1"}),
    ("mailboxes Top", {"Top": "ALL 1"}),
    ("mailboxes (Top Topless Nowhere Empty)", {"Top": "ALL 1", "Topless": "ALL 1"}),
    ("subtree Top", {"Top": "ALL 1", "Top/Sub": "ALL 2", "Top/Sub/Deep": "ALL 1"}),
    ("subtree-one Top", {"Top": "ALL 1", "Top/Sub": "ALL 2"}),
    ("subtree-one (Top Topless)", {"Top": "ALL 1", "Top/Sub": "ALL 2", "Topless": "ALL 1"}),
    ("subscribed", {"INBOX": "ALL 1", "Topless": "ALL 1"}),
    ("mailboxes Top mailboxes (INBOX Top) subtree Top/Sub", {"INBOX": "ALL 1", "Top": "ALL 1", "Top/Sub": "ALL 2", "Top/Sub/Deep": "ALL 1"}),
    ("personal", {"INBOX": "ALL 1", "Top": "ALL 1", "Top/Sub": "ALL 2", "Top/Sub/Deep": "ALL 1", "Topless": "ALL 1"}),
])
def test_scopes_choose_mailboxes(imap, source, expected):
    assert results(imap.ok(f"ESEARCH IN ({source}) SUBJECT plan")) == expected


@proves("MULTISEARCH")
def test_return_options_hold_for_each_mailbox(imap):
    assert results(imap.ok("ESEARCH IN (mailboxes INBOX subtree Top/Sub) RETURN (MIN MAX COUNT) ALL")) == {
        "INBOX": "MIN 1 MAX 2 COUNT 2", "Top/Sub": "MIN 1 MAX 2 COUNT 2", "Top/Sub/Deep": "MIN 1 MAX 1 COUNT 1"}
    assert results(imap.ok("ESEARCH IN (mailboxes INBOX) RETURN (PARTIAL -1:-1) ALL")) == {"INBOX": "PARTIAL (-1:-1 2)"}
    assert results(imap.ok("ESEARCH IN (personal) UID 2:*")) == {
        "INBOX": "ALL 2", "Top": "ALL 1", "Top/Sub": "ALL 2", "Top/Sub/Deep": "ALL 1", "Topless": "ALL 1"}
    assert results(imap.ok("ESEARCH IN (personal) BODY \"lunch text\"")) == {"INBOX": "ALL 2"}
    assert results(imap.ok("ESEARCH IN (personal) UID 2")) == {"INBOX": "ALL 2", "Top/Sub": "ALL 2"}


@proves("MULTISEARCH")
def test_without_a_source_it_is_the_selected_mailbox(imap):
    assert imap.command("ESEARCH ALL").status == b"BAD"
    assert imap.command("ESEARCH IN (selected) ALL").status == b"BAD"
    imap.ok("EXAMINE Top/Sub")
    assert results(imap.ok("ESEARCH ALL")) == {"Top/Sub": "ALL 1:2"}
    assert results(imap.ok("ESEARCH 2")) == {"Top/Sub": "ALL 2"}
    assert results(imap.ok("ESEARCH IN (selected mailboxes (Top Top/Sub)) SUBJECT plan")) == {"Top/Sub": "ALL 2", "Top": "ALL 1"}


@proves("MULTISEARCH")
def test_numbers_beyond_the_end_are_no_error(imap):
    imap.ok("SELECT Top/Sub")
    for keys, expected in (("1:100", {"Top/Sub": "ALL 1:2"}), ("2:100", {"Top/Sub": "ALL 2"}), ("101:200", {}), ("3", {}), ("7:*", {"Top/Sub": "ALL 2"})):
        assert results(imap.ok(f"ESEARCH {keys}")) == expected, keys
    assert imap.ok("SEARCH 101:200").untagged == [b"* SEARCH"]
    assert imap.ok("SEARCH NOT 2:200").untagged == [b"* SEARCH 1"]
    imap.ok("SELECT Empty")
    for keys in ("*", "1:*", "UID *", "1"):
        assert imap.ok(f"SEARCH {keys}").untagged == [b"* SEARCH"], keys


@proves("MULTISEARCH", "SEARCHRES", "CONTEXT=SEARCH")
def test_save_and_update_belong_to_the_selected_mailbox(server, imap):
    imap.ok("SELECT Top/Sub")
    assert imap.ok("ESEARCH IN (selected) RETURN (SAVE) SUBJECT plan").untagged == []
    assert imap.ok("FETCH $ UID").untagged == [b"* 2 FETCH (UID 2)"]
    assert results(imap.ok("ESEARCH RETURN (SAVE MIN COUNT) ALL")) == {"Top/Sub": "MIN 1 COUNT 2"}
    assert len(imap.ok("FETCH $ UID").untagged) == 2
    imap.ok("ESEARCH RETURN (SAVE) KEYWORD none")
    assert imap.ok("FETCH $ UID").untagged == []
    tag = imap.send("ESEARCH RETURN (UPDATE COUNT) FLAGGED").decode()
    assert imap.until(tag.encode()).untagged == []
    told = imap.ok("STORE 2 +FLAGS (\\Flagged)").having(b"ESEARCH")
    assert re.fullmatch(rf'\* ESEARCH \(TAG "{tag}" MAILBOX Top/Sub UIDVALIDITY \d+\) UID ADDTO \(0 2\)', told[0].decode())
    imap.ok("STORE 2 -FLAGS.SILENT (\\Flagged)")


@proves("MULTISEARCH", "SEARCH=FUZZY")
def test_relevancy_is_told_for_each_mailbox(imap):
    found = results(imap.ok("ESEARCH IN (mailboxes (INBOX Top)) RETURN (ALL RELEVANCY) FUZZY SUBJECT plan"))
    assert set(found) == {"INBOX", "Top"} and all(re.fullmatch(r"ALL 1 RELEVANCY \(\d+\)", one) for one in found.values())
    assert imap.command("ESEARCH IN (mailboxes INBOX) RETURN (RELEVANCY) SUBJECT plan").status == b"BAD"


@proves("MULTISEARCH")
@pytest.mark.parametrize("command", [
    "ESEARCH", "ESEARCH IN", "ESEARCH IN () ALL", "ESEARCH IN (elsewhere) ALL", "ESEARCH IN (mailboxes) ALL", "ESEARCH IN (mailboxes ()) ALL",
    "ESEARCH IN (personal)", "ESEARCH IN (personal) 1:2", "ESEARCH IN (personal) $", "ESEARCH IN (personal) RECENT",
    "ESEARCH IN (selected-delayed) ALL", "ESEARCH IN (personal) RETURN (SAVE) ALL", "ESEARCH IN (personal) RETURN (UPDATE) ALL",
    "ESEARCH IN (personal) RETURN ALL ALL", "ESEARCH IN personal ALL", "ESEARCH IN (personal (x)) ALL",
])
def test_what_is_asked_for_is_checked(imap, command):
    assert imap.command(command).status == b"BAD"
    imap.ok("NOOP")


@proves("MULTISEARCH")
def test_other_peoples_mailboxes_need_the_right_to_read(server, imap, filled):
    owner_address, owner_password = server.account()
    owner = open_tls(server)
    owner.login(owner_address, owner_password)
    for name in ("Open", "Closed", "Hidden"):
        owner.ok(f"CREATE {name}")
        owner.append(name, message("plan"))
    owner.ok(f"SETACL Open {filled[0]} lr")
    owner.ok(f"SETACL Closed {filled[0]} l")
    owner.ok(f"SETACL Hidden {filled[0]} r")
    found = results(imap.ok(f"ESEARCH IN (subtree Shared/{owner_address}) SUBJECT plan"))
    assert found == {f"Shared/{owner_address}/Open": "ALL 1"}
    names = " ".join(f"Shared/{owner_address}/{name}" for name in ("Closed", "Hidden", "Open", "Hidden", "Nowhere"))
    found = results(imap.ok(f"ESEARCH IN (mailboxes ({names})) SUBJECT plan"))
    assert found == {f"Shared/{owner_address}/Open": "ALL 1", f"Shared/{owner_address}/Hidden": "ALL 1"}
    owner.close()
