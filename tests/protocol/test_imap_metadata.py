"""METADATA (RFC 5464), LIST-METADATA (RFC 9590), special use as an annotation (RFC 6154)."""
import os

import pytest

from support import cost
from support.capability import proves
from support.imap import open_plain, open_tls


def get(imap, mailbox, entries, options=""):
    return imap.ok(f"GETMETADATA {options}{mailbox} {entries}").having(b"* METADATA")


@proves("METADATA")
def test_annotations_are_set_read_and_removed(imap):
    imap.ok('SETMETADATA INBOX (/shared/comment "Shared comment" /Private/Comment "My own \\"comment\\"")')
    assert get(imap, "INBOX", "/shared/comment") == [b'* METADATA INBOX (/shared/comment "Shared comment")']
    both = get(imap, "INBOX", "(/shared/COMMENT /private/comment)")
    assert both == [b'* METADATA INBOX (/shared/comment "Shared comment" /private/comment "My own \\"comment\\"")']
    imap.ok("SETMETADATA INBOX (/shared/comment NIL)")
    assert get(imap, "INBOX", "/shared/comment") == [b"* METADATA INBOX (/shared/comment NIL)"]
    assert get(imap, "INBOX", "/private/comment")
    imap.ok('SETMETADATA INBOX (/private/comment "")')
    assert get(imap, "INBOX", "/private/comment") == [b'* METADATA INBOX (/private/comment "")']


def test_values_are_any_octets(imap):
    for value, sent in ((b"two\r\nlines", b"{10+}\r\ntwo\r\nlines"), (b"\x00\xff", b"~{2+}\r\n\x00\xff"),
                        ("ü".encode(), b"{2+}\r\n\xc3\xbc"), (b"NIL", b'"NIL"')):
        assert imap.command(b"SETMETADATA INBOX (/private/vendor/x/y " + sent + b")").status == b"OK"
        line = get(imap, "INBOX", "/private/vendor/x/y")[0]
        assert line.endswith((b"\r\n" + value + b")", b'"' + value + b'")')), line
        assert (b"~{" in line) == (b"\0" in value)


def test_depth(imap):
    imap.ok('SETMETADATA INBOX (/private/filters "0" /private/filters/values/small "1" /private/filters/values/boss "2" '
            '/private/filters/values/boss/deep "3" /private/filtersx "no")')

    def names(options):
        return [word.decode() for line in get(imap, "INBOX", "/private/filters/values", options)
                for word in line.split() if word.lstrip(b"(").startswith(b"/")]

    base = "/private/filters/values"
    assert names("(DEPTH 0) ") == ["(" + base]
    assert names("(DEPTH 1) ") == [f"({base}/boss", f"{base}/small"]
    assert names("(DEPTH infinity) ") == [f"({base}/boss", f"{base}/boss/deep", f"{base}/small"]
    assert len(imap.ok("GETMETADATA INBOX (DEPTH infinity) /private").untagged[0].split(b" /private")) == 5
    assert get(imap, "INBOX", "/private/none", "(DEPTH 1) ") == []


@pytest.mark.parametrize("before", [True, False])
def test_maxsize_leaves_long_values_out_and_says_so(imap, before):
    imap.ok(f'SETMETADATA INBOX (/shared/comment "{"x" * 2199}" /private/comment "short")')
    command = "(MAXSIZE 1024) INBOX" if before else "INBOX (MAXSIZE 1024)"
    reply = imap.ok(f"GETMETADATA {command} (/shared/comment /private/comment)")
    assert reply.code() == b"METADATA LONGENTRIES 2199"
    assert reply.untagged == [b'* METADATA INBOX (/private/comment "short")']
    assert imap.ok("GETMETADATA (MAXSIZE 2199) INBOX /shared/comment").code() is None
    reply = imap.ok("GETMETADATA (MAXSIZE 0 DEPTH 1) INBOX /shared")
    assert reply.untagged == [] and reply.code() == b"METADATA LONGENTRIES 2199"


def test_limits_are_told_and_nothing_changes_then(imap):
    imap.ok('SETMETADATA INBOX (/private/comment "before")')
    for literal in (b"{65537+}", b"{3000000+}"):
        size = int(literal[1:-2])
        reply = imap.command(b'SETMETADATA INBOX (/private/comment "after" /private/x ' + literal + b"\r\n" + b"x" * size + b")")
        assert reply.status == b"NO" and reply.code() == b"METADATA MAXSIZE 65536", reply
    assert get(imap, "INBOX", "/private/comment")[0].endswith(b'"before")')
    imap.command(b"SETMETADATA INBOX (/private/x {65536+}\r\n" + b"x" * 65536 + b")")
    for chunk in range(11):
        entries = " ".join(f'/private/many/{chunk}-{i} "v"' for i in range(100))
        reply = imap.command(f"SETMETADATA INBOX ({entries})")
        if reply.status != b"OK":
            break
    assert chunk >= 1 and reply.code() == b"METADATA TOOMANY"
    assert get(imap, "INBOX", f"/private/many/{chunk}-0")[0].endswith(b"NIL)")


@pytest.mark.parametrize("command, status", [
    ('SETMETADATA INBOX (/private/vendor/example "x")', b"BAD"), ('SETMETADATA INBOX (/shared/vendor "x")', b"BAD"),
    ('SETMETADATA INBOX (/private/vendor/example/x "x")', b"OK"), ("GETMETADATA (DEPTH infinity) INBOX /private/vendor", b"OK"),
    ("GETMETADATA INBOX", b"BAD"), ("GETMETADATA INBOX /comment", b"BAD"), ("GETMETADATA INBOX /shared/*", b"BAD"),
    ("GETMETADATA INBOX /shared/co%nt", b"BAD"), ("GETMETADATA INBOX /shared//x", b"BAD"),
    ("GETMETADATA INBOX /shared/x/", b"BAD"), ("GETMETADATA INBOX shared/x", b"BAD"), ("GETMETADATA INBOX /sharedx/x", b"BAD"),
    ("GETMETADATA INBOX ()", b"BAD"), ("GETMETADATA (DEPTH 2) INBOX /shared/x", b"BAD"),
    ("GETMETADATA (SIZE 2) INBOX /shared/x", b"BAD"), ("GETMETADATA (MAXSIZE) INBOX /shared/x", b"BAD"),
    ("GETMETADATA INBOX /shared/x /shared/y", b"BAD"), ("GETMETADATA Nowhere /shared/x", b"NO"),
    ("SETMETADATA INBOX ()", b"BAD"), ("SETMETADATA INBOX (/shared/x)", b"BAD"), ("SETMETADATA INBOX /shared/x y", b"BAD"),
    ("SETMETADATA INBOX (/shared/x y)", b"BAD"), ('SETMETADATA INBOX (/shared "y")', b"BAD"),
    ('SETMETADATA INBOX (/shared/x* "y")', b"BAD"), ('SETMETADATA Nowhere (/shared/x "y")', b"NO"),
    ('SETMETADATA "" (/shared/comment "y")', b"NO"), ('SETMETADATA "" (/private/specialuse "\\\\Sent")', b"NO"),
])
def test_bad_metadata_commands(imap, command, status):
    assert imap.command(command).status == status
    assert imap.ok("NOOP").status == b"OK"


def test_annotations_of_the_server(imap, server):
    other = open_tls(server)
    other.login(*server.account())
    imap.ok('SETMETADATA "" (/private/comment "mine")')
    assert get(imap, '""', "/private/comment") == [b'* METADATA "" (/private/comment "mine")']
    assert get(other, '""', "/private/comment") == [b'* METADATA "" (/private/comment NIL)']
    assert imap.command('SETMETADATA "" (/private/comment "x" /shared/comment "y")').code() == b"NOPERM"
    assert get(imap, '""', "/private/comment") == [b'* METADATA "" (/private/comment "mine")']
    other.close()


def test_private_ones_are_the_readers_and_shared_ones_everybodys(imap, server, account):
    other, other_account = open_tls(server), server.account()
    other.login(*other_account)
    imap.ok("CREATE Team")
    imap.ok(f"SETACL Team {other_account[0]} lrw")
    name = f"Shared/{account[0]}/Team"
    imap.ok('SETMETADATA Team (/shared/comment "ours" /private/comment "owner")')
    other.ok(f'SETMETADATA {name} (/private/comment "reader")')
    line = get(other, name, "(/shared/comment /private/comment)")[0]
    assert line == b'* METADATA %s (/shared/comment "ours" /private/comment "reader")' % name.encode()
    assert get(imap, "Team", "/private/comment")[0].endswith(b'"owner")')
    other.ok(f'SETMETADATA {name} (/shared/comment "changed")')
    assert get(imap, "Team", "/shared/comment")[0].endswith(b'"changed")')
    assert other.command(f'SETMETADATA {name} (/private/specialuse "\\\\Sent")').code() == b"NOPERM"
    other.close()


def test_annotations_follow_a_rename_and_go_with_the_mailbox(imap):
    imap.ok("CREATE Old")
    imap.ok('SETMETADATA Old (/private/comment "kept")')
    imap.ok("RENAME Old New")
    assert get(imap, "New", "/private/comment")[0].endswith(b'"kept")')
    imap.ok("DELETE New")
    imap.ok("CREATE New")
    assert get(imap, "New", "/private/comment")[0].endswith(b"NIL)")


def test_special_use_is_an_annotation_of_own_mailboxes(imap):
    imap.ok("CREATE Mine")
    assert get(imap, "Sent", "/private/specialuse") == [b'* METADATA Sent (/private/specialuse "\\\\Sent")']
    assert get(imap, "Mine", "/private/specialuse") == [b"* METADATA Mine (/private/specialuse NIL)"]
    assert imap.command('SETMETADATA Mine (/private/specialuse "\\\\Sent")').code() == b"USEATTR"
    assert imap.command('SETMETADATA Mine (/private/specialuse "\\\\Nonsense")').code() == b"USEATTR"
    imap.ok("SETMETADATA Sent (/private/specialuse NIL)")
    imap.ok('SETMETADATA Mine (/private/specialuse "\\\\sent")')
    assert imap.ok('LIST (SPECIAL-USE) "" *').having(b"\\Sent) \"/\" Mine")
    assert get(imap, "Mine", "/private", "(DEPTH infinity) ")[0].count(b"specialuse") == 1


@proves("LIST-METADATA")
def test_list_returns_annotations(imap):
    imap.ok("CREATE A")
    imap.ok("CREATE A/B")
    imap.ok('SETMETADATA A (/shared/comment "a" /private/comment "p")')
    answer = imap.ok('LIST "" A* RETURN (METADATA (/shared/comment /private/comment) CHILDREN)').untagged
    assert [line for line in answer if b" A" in line and b"Archive" not in line] == [
        b'* LIST (\\HasChildren) "/" A', b'* METADATA A (/shared/comment "a" /private/comment "p")',
        b'* LIST (\\HasNoChildren) "/" A/B', b"* METADATA A/B (/shared/comment NIL /private/comment NIL)"]
    assert imap.ok('LIST "" A RETURN (METADATA (/shared/comment))').having(b'(/shared/comment "a")')
    for bad in ("METADATA", "METADATA ()", "METADATA (/nonsense)", "METADATA (/shared/x*)"):
        assert imap.command(f'LIST "" A RETURN ({bad})').status == b"BAD", bad


@proves("LIST-METADATA")
def test_a_long_list_waits_for_the_client(server, account):
    """What it answers is of any length, what it holds is not."""
    imap, names = open_plain(server), [f"Some/{number:03}" for number in range(400)]
    imap.login(*account)
    for name in names:
        imap.send(f"CREATE {name}")
    imap.until(b"t%d" % imap.number)
    imap.ok('SETMETADATA Some/123 (/shared/comment "here")')
    entries = [f"/shared/{number:03}-{'x' * 1000}" for number in range(100)]
    before = cost.memory(server.process.pid, "VmRSS")
    cost.reset_peak(server.process.pid)
    tag = imap.send(f'LIST "" Some/* RETURN (METADATA ({" ".join(entries[:60])} /shared/comment))')
    reply = imap.until(tag)
    assert reply.status == b"OK"
    assert [line.split()[-1].decode() for line in reply.having(b"* LIST")] == names
    told = reply.having(b"* METADATA")
    assert [line.split()[2].decode() for line in told] == names
    assert all(line.count(b" NIL") == 61 - (b"Some/123" in line) for line in told)
    if "CONVOKE_SANITIZED" not in os.environ:  # a sanitizer keeps what is freed
        assert cost.memory(server.process.pid, "VmHWM") - before < 16, "megabytes, of 24 that were told"
    imap.close()


@proves("METADATA", "ENABLE")
def test_enable_metadata_tells_what_others_change_and_nothing_else(server, account):
    imap, other = open_tls(server), open_tls(server)
    for it in (imap, other):
        it.login(*account)
    assert imap.ok("ENABLE METADATA").untagged == [b"* ENABLED METADATA"]
    imap.ok("SELECT INBOX")
    other.ok('SETMETADATA INBOX (/private/comment "x" /shared/comment "y")')
    assert {imap.response(), imap.response()} == {b"* METADATA INBOX /private/comment", b"* METADATA INBOX /shared/comment"}
    other.ok('SETMETADATA "" (/private/comment "x")')
    assert imap.response() == b'* METADATA "" /private/comment'
    other.ok('SETMETADATA INBOX ("/private/a(b" "x")')
    assert imap.response() == b'* METADATA INBOX "/private/a(b"'
    imap.ok('SETMETADATA Sent (/private/comment "own")')
    other.ok("CREATE Elsewhere")
    other.append("Sent", b"A: b\r\n\r\nc\r\n")
    assert imap.ok("NOOP").untagged == []
    # The selected mailbox is told as ever.
    other.append("INBOX", b"A: b\r\n\r\nc\r\n")
    assert b"* 1 EXISTS" in imap.ok("NOOP").untagged
    imap.ok("NOTIFY SET (personal (MailboxName))")
    other.ok("SETMETADATA INBOX (/private/comment NIL)")
    assert imap.response() == b"* METADATA INBOX /private/comment"
    for ends in ("NOTIFY NONE", "UNAUTHENTICATE"):
        imap.ok(ends)
        other.ok('SETMETADATA INBOX (/private/comment "x")')
        assert imap.ok("NOOP").untagged == []
    for it in (imap, other):
        it.close()
