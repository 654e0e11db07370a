"""REPLACE (RFC 8508) and CATENATE (RFC 4469)."""
import random
import re

import pytest

from support.capability import proves
from support.imap import fetch_literals, open_tls
from support.messages import plain

PARTS = (b"From: a@example.test\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
         b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
         b"--b\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n"
         b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n"
         b"--b--\r\n")


def put(imap, mailbox, message):
    """(UIDVALIDITY, UID) of an appended message."""
    reply = imap.append(mailbox, message)
    assert reply.status == b"OK", reply
    return tuple(int(x) for x in re.match(rb"APPENDUID (\d+) (\d+)", reply.code()).groups())


def octets(imap, mailbox, uid):
    imap.ok(f"EXAMINE {mailbox}")
    return fetch_literals(imap.ok(f"UID FETCH {uid} BODY.PEEK[]").having(b"BODY[]")[0])[b"BODY[]"]


def text(data):
    return b"TEXT {%d+}\r\n%s" % (len(data), data)


def url(name):
    return b'URL "%s"' % name.encode()


def catenate(imap, mailbox, *parts, options=b""):
    return imap.command(b"APPEND %s %sCATENATE (%s)" % (mailbox.encode(), options, b" ".join(parts)))


@proves("CATENATE")
@pytest.mark.parametrize("section, expected", [
    ("", PARTS),
    ("/;section=HEADER", PARTS[:PARTS.index(b"\r\n\r\n") + 4]),
    ("/;SECTION=TEXT", PARTS[PARTS.index(b"\r\n\r\n") + 4:]),
    ("/;SECTION=1", b"first part"),
    ("/;SECTION=1.MIME", b"Content-Type: text/plain\r\n\r\n"),
    ("/;SECTION=2", b"AAECAwQ="),
    ("/;SECTION=HEADER.FIELDS%20(Subject)", b"Subject: parts\r\n\r\n"),
    ("/;PARTIAL=0.10", PARTS[:10]),
    ("/;PARTIAL=5", PARTS[5:]),
    ("/;SECTION=1/;PARTIAL=2.3", b"rst"),
    ("/;SECTION=1/;PARTIAL=2.300", b"rst part"),
])
def test_a_part_is_catenated_as_fetch_gives_it(imap, section, expected):
    imap.ok("CREATE Work")
    validity, uid = put(imap, "Work", PARTS)
    for name in (f"/Work;UIDVALIDITY={validity}/;UID={uid}{section}", f"/Work/;uid={uid}{section}",
                 f"/Work/;UID={uid}{section}"):
        reply = catenate(imap, "INBOX", text(b"Subject: new\r\n\r\n<"), url(name), text(b">\r\n"))
        assert reply.status == b"OK", reply
        new = int(reply.code().split()[2])
        assert octets(imap, "INBOX", new) == b"Subject: new\r\n\r\n<" + expected + b">\r\n"
    assert not imap.ok("STATUS Work (UNSEEN)").having(b"UNSEEN 0"), "the source is not seen by this"


def test_urls_are_relative_to_the_selected_mailbox(imap):
    imap.ok("CREATE Work/Deep")
    imap.ok('CREATE "Work/a b&AOQ-"')
    _, uid = put(imap, "Work/Deep", PARTS)
    _, umlaut = put(imap, '"Work/a b&AOQ-"', b"Subject: u\r\n\r\n")
    bare = catenate(imap, "INBOX", url(f";UID={uid}"))
    assert bare.status == b"NO" and bare.code() == b"BADURL ;UID=%d" % uid
    imap.ok("SELECT Work/Deep")
    for name in (f";UID={uid}", f"/;UID={uid}", f"Deep/;UID={uid}", f"/Work/Deep/;UID={uid}"):
        assert catenate(imap, "INBOX", url(name)).status == b"OK", name
    for name in (f"a%20b%C3%A4/;UID={umlaut}", f"/Work/a%20b%c3%a4;UIDVALIDITY=1/;UID={umlaut}"):
        reply = catenate(imap, "INBOX", url(name))
        assert (reply.status == b"OK") == ("UIDVALIDITY" not in name), (name, reply)


@pytest.mark.parametrize("bad", [
    "imap://localhost/INBOX/;UID=1", "//localhost/INBOX/;UID=1", "/INBOX/;UID=0", "/INBOX/;UID=", "/INBOX", "", "/",
    "/INBOX/;UID=99999", "/Nowhere/;UID=1", "/INBOX;UIDVALIDITY=1/;UID=1", "/INBOX/;UID=1/;SECTION=",
    "/INBOX/;UID=1/;SECTION=9", "/INBOX/;UID=1/;SECTION=FLAGS", "/INBOX/;UID=1/;SECTION=]%20FLAGS%20BODY[",
    "/INBOX/;UID=1/;SECTION=TEXT]<0.5>", "/INBOX/;UID=1/;SECTION=%0d%0a", "/INBOX/;UID=1/;PARTIAL=x",
    "/INBOX/;UID=1/;PARTIAL=0.0", "/INBOX/;UID=1;URLAUTH=anonymous", "/INBOX/;UID=1%00", "/INBOX/;UID=1/;SECTION=%zz",
    "/INBOX/;UID=1:2", "/INBOX/;UID=*", "/%FF/;UID=1", "/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(%7b1%7d",
])
def test_a_bad_url_is_named_and_nothing_is_stored(imap, bad):
    put(imap, "INBOX", PARTS)
    reply = catenate(imap, "INBOX", text(b"Subject: x\r\n\r\n"), url(bad))
    assert reply.status == b"NO", reply
    assert reply.text.startswith(b"NO [BADURL ")
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 1")


@pytest.mark.parametrize("bad", [
    b"CATENATE", b"CATENATE ()", b"CATENATE (URL)", b"CATENATE (TEXT)", b'CATENATE (TEXT "x")', b"CATENATE (FILE x)",
    b"CATENATE URL x", b"CATENATE (URL x) extra",
])
def test_catenate_with_bad_syntax_is_bad(imap, bad):
    assert imap.command(b"APPEND INBOX " + bad).status == b"BAD"


def test_catenate_goes_with_flags_dates_several_messages_and_literal8(imap):
    _, uid = put(imap, "INBOX", PARTS)
    imap.ok("SELECT INBOX")
    reply = imap.command(b'APPEND INBOX (\\Flagged $x) "17-Jul-1996 02:44:25 -0700" CATENATE (%s) {5+}\r\nA: b\r '
                         b'CATENATE (TEXT ~{6+}\r\nB: \x00\r\n URL "/INBOX/;UID=%d/;SECTION=1")'
                         % (text(b"C: d\r\n"), uid))
    assert reply.status == b"OK", reply
    assert reply.code().endswith(b" %d:%d" % (uid + 1, uid + 3))
    answer = imap.ok(f"UID FETCH {uid + 1} (FLAGS INTERNALDATE)").untagged[-1]
    assert b"\\Flagged" in answer and b"$x" in answer and b"17-Jul-1996 02:44:25 -0700" in answer
    assert octets(imap, "INBOX", uid + 1) == b"C: d\r\n"
    assert octets(imap, "INBOX", uid + 3) in (b"B: \x00\r\nfirst part", b"B: \x80\r\nfirst part")


def test_a_catenated_message_may_not_be_larger_than_the_limit(make_server):
    server = make_server({"imap": {"max_message_size": "100K"}})
    imap = open_tls(server)
    imap.login(*server.account())
    _, uid = put(imap, "INBOX", plain(text="x" * 60_000))
    source = url(f"/INBOX/;UID={uid}")
    assert catenate(imap, "INBOX", source).status == b"OK"
    for parts in ((source, source), (source, text(b"y" * 50_000))):
        reply = catenate(imap, "INBOX", *parts)
        assert reply.status == b"NO" and reply.code() == b"TOOBIG"
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 2")
    imap.close()


def test_catenate_of_large_parts_is_exact(imap):
    large = plain(text=bytes(random.Random(4469).choices(b"abcd \r\n", k=1_200_000)).decode())
    _, uid = put(imap, "INBOX", large)
    reply = catenate(imap, "INBOX", text(b"Subject: x\r\n\r\n"), url(f"/INBOX/;UID={uid}"),
                     url(f"/INBOX/;UID={uid}/;PARTIAL=262100.262200"), text(b"end"))
    assert reply.status == b"OK"
    assert octets(imap, "INBOX", int(reply.code().split()[2])) == \
        b"Subject: x\r\n\r\n" + large + large[262100:262100 + 262200] + b"end"


def test_the_number_of_literals_is_limited(imap):
    assert catenate(imap, "INBOX", *[text(b"a: b\r\n")] * 1000).status == b"OK"
    reply = catenate(imap, "INBOX", *[text(b"a: b\r\n")] * 1001)
    assert reply.status == b"NO" and reply.code() == b"LIMIT"
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 1")


@proves("REPLACE")
@pytest.mark.parametrize("uid_form", [False, True])
def test_replace_exchanges_one_message_for_another(imap, uid_form):
    for i in range(3):
        put(imap, "Drafts", plain(subject=f"draft {i}"))
    imap.ok("SELECT Drafts")
    uid = int(re.search(rb"UID (\d+)", imap.ok("FETCH 2 UID").untagged[0]).group(1))
    message = plain(subject="better")
    reply = imap.command(b"%s Drafts (\\Draft) {%d+}\r\n%s"
                         % (b"UID REPLACE %d" % uid if uid_form else b"REPLACE 2", len(message), message))
    assert reply.status == b"OK", reply
    new = re.search(rb"\[APPENDUID \d+ (\d+)\]", reply.having(b"APPENDUID")[0]).group(1)
    words = [line.split()[2] if line.split()[1].isdigit() else line.split()[1] for line in reply.untagged]
    assert words.index(b"OK") < words.index(b"EXPUNGE")
    assert reply.having(b"2 EXPUNGE") and reply.having(b"3 EXISTS")
    assert imap.ok("UID SEARCH SUBJECT better").untagged[0] == b"* SEARCH " + new
    assert b"\\Draft" in imap.ok(b"UID FETCH " + new + b" FLAGS").untagged[0]
    assert imap.ok("SEARCH ALL").untagged[0] == b"* SEARCH 1 2 3"


def test_replace_may_put_the_new_message_elsewhere(imap):
    put(imap, "Drafts", plain())
    imap.ok("ENABLE QRESYNC")
    imap.ok("SELECT Drafts")
    message = plain(subject="sent")
    reply = imap.command(b"REPLACE * Sent (\\Seen) {%d+}\r\n%s" % (len(message), message))
    assert reply.status == b"OK" and reply.code().startswith(b"HIGHESTMODSEQ "), reply
    assert reply.having(b"VANISHED") and not reply.having(b"EXISTS")
    assert imap.ok("STATUS Sent (MESSAGES UNSEEN)").having(b"MESSAGES 1 UNSEEN 0")
    assert int(reply.code().split()[1]) == int(re.search(rb"HIGHESTMODSEQ (\d+)", imap.ok(
        "STATUS Drafts (HIGHESTMODSEQ)").untagged[0]).group(1))


def test_replace_that_fails_changes_nothing(imap):
    _, uid = put(imap, "INBOX", plain())
    message = plain()
    literal = b"{%d+}\r\n%s" % (len(message), message)
    imap.ok("SELECT INBOX")
    for command, status, code in (
            (b"REPLACE 1 Nowhere " + literal, b"NO", b"TRYCREATE"),
            (b"UID REPLACE %d INBOX %s" % (uid + 5, literal), b"NO", b"NONEXISTENT"),
            (b"REPLACE 7 INBOX " + literal, b"BAD", None),
            (b"REPLACE 1:2 INBOX " + literal, b"BAD", None),
            (b"REPLACE $ INBOX " + literal, b"BAD", None),
            (b"REPLACE 1 INBOX {0+}\r\n", b"NO", None),
            (b"REPLACE 1 INBOX " + literal + b" " + literal, b"BAD", None),
            (b"REPLACE 1 INBOX", b"BAD", None),
            (b"REPLACE 1 INBOX (\\Recent) " + literal, b"NO", b"CANNOT"),
            (b'REPLACE 1 INBOX CATENATE (URL "/INBOX/;UID=77")', b"NO", b"BADURL /INBOX/;UID=77")):
        reply = imap.command(command)
        assert (reply.status, reply.code()) == (status, code), (command[:40], reply)
        assert not reply.having(b"EXPUNGE")
    assert imap.ok("UID SEARCH ALL").untagged[0] == b"* SEARCH %d" % uid
    imap.ok("EXAMINE INBOX")
    assert imap.command(b"REPLACE 1 INBOX " + literal).status == b"NO"
    imap.ok("UNSELECT")
    assert imap.command(b"REPLACE 1 INBOX " + literal).status == b"BAD"


def test_replace_takes_catenate(imap):
    _, uid = put(imap, "Drafts", PARTS)
    imap.ok("SELECT Drafts")
    reply = imap.command(b"UID REPLACE %d Drafts CATENATE (%s URL \"/Drafts/;UID=%d\")"
                         % (uid, text(b"To: b@example.test\r\n"), uid))
    assert reply.status == b"OK", reply
    assert octets(imap, "Drafts", uid + 1) == b"To: b@example.test\r\n" + PARTS


def test_another_session_sees_a_replacement_at_once_as_one(imap, server, account):
    put(imap, "INBOX", plain())
    other = open_tls(server)
    other.login(*account)
    other.ok("SELECT INBOX")
    imap.ok("SELECT INBOX")
    message = plain(subject="new")
    assert imap.command(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(message), message)).status == b"OK"
    news = other.ok("NOOP")
    assert news.having(b"1 EXPUNGE") and news.having(b"1 EXISTS")
    other.close()
