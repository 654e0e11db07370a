"""convokectl db verify: nothing to say of a database in use, and a line for every kind of damage."""
import hashlib
import subprocess

import pytest

from support.imap import open_tls
from support.messages import Meeting, plain

NOWHERE = r"'\xdeadbeef'"

# What is done to a message's rows, and what verify must say of it; {hash} is its content's,
# {other} that of a message of the same length with another structure.
DAMAGE = {
    "octets": ("UPDATE content SET octets = overlay(octets PLACING '\\x58'::bytea FROM 20) WHERE hash = {hash}",
               "content {hex}: the octets have another hash"),
    "size": ("UPDATE content SET size = size + 1 WHERE hash = {hash}", "content {hex}: {size} octets stored"),
    "a lost chunk": ("DELETE FROM content_chunk WHERE hash = {hash} AND number = 1", "content {hex}: 262144 octets stored"),
    "a changed chunk": ("UPDATE content_chunk SET octets = overlay(octets PLACING '\\x58'::bytea FROM 9)"
                        " WHERE hash = {hash} AND number = 2", "content {hex}: the octets have another hash"),
    "chunks in another order": ("UPDATE content_chunk SET number = -number WHERE hash = {hash};"
                                " UPDATE content_chunk SET number = 3 + number WHERE hash = {hash}",
                                "content {hex}: the octets have another hash"),
    "a chunk too many": ("INSERT INTO content_chunk (hash, number, octets) VALUES ({hash}, 9, 'x')",
                         "chunk 9 stands behind the end of content {hex}"),
    "another's index": ("UPDATE content SET facts = (SELECT facts FROM content WHERE hash = {other}) WHERE hash = {hash}",
                        "content {hex}: its part index is not what its octets give"),
    "search text": ("UPDATE content SET search_body = '\\x58' WHERE hash = {hash}",
                    "content {hex}: its search text is not what its octets give"),
    "signature": ("UPDATE content SET signature = '\\x5858' WHERE hash = {hash}",
                  "content {hex}: its signature is not what its octets give"),
    "unreadable facts": ("UPDATE content SET facts = '\\x00' WHERE hash = {hash}", "content {hex}: damaged"),
    "no content": ("DELETE FROM content WHERE hash = {hash}", "has no content {hex}"),
    "chunks of nobody": ("DELETE FROM content_candidate WHERE hash = {hash}; DELETE FROM content WHERE hash = {hash}",
                         "chunk 1 belongs to no content {hex}"),
    "no original": (f"UPDATE message SET original_hash = {NOWHERE} WHERE content_hash = {{hash}}", "has no original deadbeef"),
    "a message's size": ("UPDATE message SET size = size + 1 WHERE content_hash = {hash}", "its content and prefix have {size}"),
    "no mailbox": ("UPDATE message SET mailbox_id = 777777 WHERE content_hash = {hash}", "belongs to no mailbox 777777"),
    "counts": ("UPDATE mailbox SET unseen = unseen + 5 WHERE (account_id, mailbox_id) IN (SELECT account_id, mailbox_id"
               " FROM message WHERE content_hash = {hash})", "unseen, "),
    "never collected": ("DELETE FROM content_candidate WHERE hash = {hash}; DELETE FROM message WHERE content_hash = {hash}",
                        "content {hex} belongs to nobody and is never collected"),
    "an expunged one's content": (f"UPDATE expunged SET content_hash = {NOWHERE}", "has no content deadbeef"),
    "a trail's content": (f"UPDATE trail SET content_hash = {NOWHERE}", "trail entry"),
    "no account": ("UPDATE mailbox SET account_id = 888888 WHERE name = 'Archive'", "belongs to no account 888888"),
}


def make_message(number, lines, structure="multipart/mixed"):
    """As long with every structure of that length; 50,000 lines are three chunks."""
    head = f"Subject: message {number:04}\r\nContent-Type: {structure}; boundary=b\r\n\r\n--b\r\n\r\n"
    return (head + "".join(f"line {i}\r\n" for i in range(lines)) + "--b--\r\n").encode()


def literal(octets):
    return "'\\x" + hashlib.sha256(octets).hexdigest() + "'"


def run_sql(server, text):
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", server.database, "-c", text], check=True)


@pytest.fixture
def in_use(make_server):
    """A server on which this and that has been done: (server, session)."""
    server = make_server()
    address, password = server.account()
    gone, _ = server.account()
    meeting = Meeting("organizer@example.test", address)
    assert server.deliver(meeting.mail(), [address], sender=meeting.organizer) == {}
    both = plain("both")
    for recipient in (address, gone):
        assert server.deliver(both, [recipient]) == {}
    session = open_tls(server)
    session.login(address, password)
    for name in ("INBOX", "Archive"):
        assert session.append(name, plain(name)).status == b"OK"
    session.ok("CREATE Gone")
    session.ok("SELECT INBOX")
    session.ok("COPY 1:* Gone")
    session.ok("COPY 1:* Archive")
    session.ok("DELETE Gone")
    session.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    session.ok("EXPUNGE")
    server.ctl("account", "remove", gone, "--yes", check=False)
    yield server, session
    session.close()


def test_verify_is_content_with_a_database_in_use_and_names_every_damage(in_use):
    server, session = in_use
    known = server.ctl("db", "verify").stdout
    assert "0 damaged, 0 rows that point nowhere" in known
    for number, (name, (damage, wanted)) in enumerate(DAMAGE.items()):
        lines = 50000 if "chunk" in name else 50  # each is read again for every later damage
        octets, other = make_message(number, lines), make_message(number, lines, "multipart/notes")
        other = other.replace(b"multipart/notes", b"text/plain;y=zz")
        for one in (octets, other):
            assert session.append("INBOX", one).status == b"OK"
        words = {"hash": literal(octets), "other": literal(other), "hex": literal(octets)[3:-1], "size": len(octets)}
        run_sql(server, damage.format(**words))
        done = server.ctl("db", "verify", check=False)
        found = [line for line in done.stdout.splitlines() if line not in known.splitlines()]
        assert done.returncode == 1, name
        assert any(wanted.format(**words) in line for line in found), (name, found)
        known = done.stdout
