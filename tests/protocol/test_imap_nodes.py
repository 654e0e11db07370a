"""Two nodes on one database: what is done on one is told to the sessions of the other, unasked.

They come by a notice or not at all, for a session that asks nothing reads nothing; the socket's time
limit is the only clock here."""
import pytest

from support.imap import open_tls
from support.messages import plain

MESSAGE = b"From: ann@example.test\r\nSubject: one\r\n\r\ntext\r\n"


@pytest.fixture(scope="module")
def nodes():
    from support.server import Server
    made = [Server()]
    try:
        made[0].start()
        made.append(Server(database=made[0].database))
        yield made[0], made[1].start()
    finally:
        for it in reversed(made):
            it.destroy()


@pytest.fixture
def here(nodes):
    """(address, session on the first node, session on the second) of a new account."""
    address, password = nodes[0].account()
    sessions = [open_tls(node) for node in nodes]
    for it in sessions:
        it.login(address, password)
    yield address, *sessions
    for it in sessions:
        it.close()


def told_until(imap, word):
    lines = []
    while not lines or word not in lines[-1]:
        lines.append(imap.response())
    return lines


def test_idle_hears_of_the_other_node(nodes, here):
    address, doer, hearer = here
    hearer.ok("SELECT INBOX")
    doer.ok("SELECT INBOX")
    tag = hearer.send("IDLE")
    assert hearer.response().startswith(b"+")
    assert doer.append("INBOX", MESSAGE).status == b"OK"
    told_until(hearer, b"* 1 EXISTS")
    assert nodes[0].deliver(plain("delivered"), [address]) == {}
    told_until(hearer, b"* 2 EXISTS")
    doer.ok("STORE 1 +FLAGS (\\Flagged)")
    assert b"\\Flagged" in told_until(hearer, b"* 1 FETCH")[-1]
    doer.ok("STORE 1 +FLAGS (\\Deleted)")
    doer.ok("EXPUNGE")
    told_until(hearer, b"* 1 EXPUNGE")
    hearer.transport.send(b"DONE\r\n")
    assert hearer.until(tag).status == b"OK"
    # And the other way round.
    hearer.ok("STORE 1 +FLAGS (\\Answered)")
    tag = doer.send("IDLE")
    assert b"\\Answered" in told_until(doer, b"* 1 FETCH")[-1]
    doer.transport.send(b"DONE\r\n")
    assert doer.until(tag).status == b"OK"


def test_notify_hears_of_the_other_node(nodes, here):
    address, doer, hearer = here
    hearer.ok("SELECT INBOX")
    hearer.ok("NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))"
              " (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange))")
    doer.ok("CREATE Box")
    assert hearer.response() == b'* LIST (\\HasNoChildren) "/" Box'
    doer.ok("SUBSCRIBE Box")
    assert hearer.response() == b'* LIST (\\HasNoChildren \\Subscribed) "/" Box'
    doer.append("Box", MESSAGE)
    assert hearer.response().startswith(b"* STATUS Box (MESSAGES 1 ")
    doer.ok("SETMETADATA Box (/shared/comment {1+}\r\nx)")
    assert hearer.response() == b"* METADATA Box /shared/comment"
    doer.append("INBOX", MESSAGE)
    assert told_until(hearer, b"FETCH")[-1] == b"* 1 FETCH (UID 1)"
    doer.ok("SELECT INBOX")
    doer.ok("STORE 1 +FLAGS (\\Deleted)")
    assert b"\\Deleted" in told_until(hearer, b"FETCH")[-1]
    doer.ok("EXPUNGE")
    told_until(hearer, b"* 0 RECENT")
    doer.ok("RENAME Box Chest")
    assert hearer.response() == b'* LIST (\\HasNoChildren) "/" Chest ("OLDNAME" (Box))'


@pytest.mark.parametrize("who", ["anyone", "reader"])
def test_rights_given_on_the_other_node_are_told(nodes, here, who):
    address, _, hearer = here
    owner_address, password = nodes[0].account()
    owner = open_tls(nodes[0])
    owner.login(owner_address, password)
    owner.ok("CREATE Open")
    hearer.ok(f"NOTIFY SET (subtree Shared/{owner_address} (MessageNew MessageExpunge MailboxName))")
    who = address if who == "reader" else who
    owner.ok(f"SETACL Open {who} lr")
    assert hearer.response() == f'* LIST (\\HasNoChildren) "/" Shared/{owner_address}/Open'.encode()
    owner.append("Open", MESSAGE)
    assert hearer.response().startswith(f"* STATUS Shared/{owner_address}/Open (MESSAGES 1".encode())
    owner.ok(f"DELETEACL Open {who}")
    assert hearer.response() == f'* LIST (\\NonExistent) "/" Shared/{owner_address}/Open'.encode()
    owner.close()
