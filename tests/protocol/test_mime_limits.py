"""Messages past every limit: headers of 1 MB, 100,000 headers, 100,000 parts, depth 1,000.  They
degrade (the rest is one opaque part), in bounded time; no octet is lost and nobody is cut off."""
import pytest

from support.cost import seconds
from support.imap import open_tls
from support.whole import check_parts, fetch, sections_of
from test_delivery import deliver_exact, lmtp_lines

MOST_PARTS, MOST_LEVELS = 10000, 100  # mime/part_index.h
SECONDS = 20  # of the daemon's CPU, for one command; each takes well under one without a sanitizer


def many_parts(count):
    parts = b"".join(b"--b\r\n\r\nneedle%d.\r\n" % i for i in range(count))
    return b"Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"


def nested_multiparts(depth, inside=b"\r\nbottom\r\n"):
    return b"Subject: deep\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(depth)) + inside


def nested_messages(depth):
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: bottom\r\n\r\ntext\r\n"


def large_inner_headers(count):
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: " + b"x" * 1000000 + b"\r\n\r\ninner\r\n"
    return b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + inner * count + b"--b--\r\n"


FOLDED = b"Subject: " + b"word\r\n folded " * 80000 + b"subjectend\r\nX-End: endword\r\n\r\nbody\r\n"
ONE_LINE = b"X-Long: " + b"x" * (1 << 20) + b" endword\r\nSubject: behind\r\n\r\nbody\r\n"
FIELDS = b"".join(b"X-%d: y%d.\r\n" % (i, i) for i in range(100000)) + b"Subject: behind\r\n\r\nbody\r\n"
RECIPIENTS = b"".join(b"To: y%d@example.test\r\n" % i for i in range(100000)) + b"Subject: behind\r\n\r\nbody\r\n"
CANDIDATES = nested_multiparts(99, b"\r\n" + b"--b\r\n" * 40000)

# message, how many parts are seen, subject in the ENVELOPE, searches that find it, that do not
ROWS = {
    "a header of 1 MB": (FOLDED, 1, b"subjectend", ["SUBJECT subjectend", "TEXT subjectend", "HEADER X-End endword",
                                                    "HEADER X-End \"\""], ["BODY endword", "FROM endword"]),
    "a header line of 1 MB": (ONE_LINE, 1, b"behind", ["SUBJECT behind", "TEXT endword", "BODY body"], ["BODY endword"]),
    "100,000 headers": (FIELDS, 1, b"behind", ["HEADER X-99999 y99999.", "TEXT y99999.", "SUBJECT behind", "BODY body"],
                        ["HEADER X-99999 y99998.", "TEXT y100000.", "BODY y1."]),
    "100,000 recipients": (RECIPIENTS, 1, b"behind", ["TO y99999@", "SUBJECT behind"], ["TO y100000@"]),
    "100,000 parts": (many_parts(100000), MOST_PARTS + 1, b"parts", ["BODY needle0.", "BODY needle9997."],
                      ["BODY needle99999."]),
    "depth 1,000": (nested_multiparts(1000), MOST_LEVELS + 1, b"deep", ["SUBJECT deep"], ["SUBJECT bottom"]),
    "depth 1,000 of messages": (nested_messages(1000), MOST_LEVELS + 1, None, ["HEADER Content-Type rfc822"],
                                ["SUBJECT bottom"]),
    "lines like boundaries": (CANDIDATES, 100, b"deep", ["BODY --b"], ["BODY --c"]),
    "inner headers of 8 MB": (large_inner_headers(8), 17, b"inner", ["BODY inner", "BODY xxxxxxxx"], ["BODY outer"]),
}


@pytest.fixture(scope="module")
def session(server):
    it = open_tls(server)
    it.address = server.account()
    it.login(*it.address)
    it.ok("SELECT INBOX")
    yield it
    it.close()


def timely(server, ask, *arguments):
    before = seconds(server.process.pid)
    answer = ask(*arguments)
    assert seconds(server.process.pid) - before < SECONDS, arguments
    return answer


def by_append(server, session, octets):
    tag = session.send(b"APPEND INBOX {%d+}\r\n%s" % (len(octets), octets))
    return int(timely(server, session.until, tag).code().split()[-1])


def by_lmtp(server, session, octets):
    with lmtp_lines(server) as lmtp:
        lmtp.ehlo("tests.example.test")
        assert timely(server, deliver_exact, lmtp, session.address[0], octets)[0] == 250
    session.ok("NOOP")
    return int(session.ok("UID SEARCH UID *").untagged[0].split()[-1])


def search(session, uid, key):
    """Its answer; on a slow machine it may be told before that the server is still working."""
    return session.ok(f"UID SEARCH UID {uid} {key}").having(b"* SEARCH")


@pytest.mark.parametrize("store", [by_append, by_lmtp])
@pytest.mark.parametrize("name", ROWS)
def test_a_message_past_the_limits_degrades_and_is_served_whole(server, session, name, store):
    octets, count, subject, present, absent = ROWS[name]
    uid = store(server, session, octets)
    told = {}
    for item in ("RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "PREVIEW"):
        told.update(timely(server, fetch, session, uid, [item]))
    parts = list(told["BODYSTRUCTURE"].walk())
    assert len(parts) == count
    assert (told["ENVELOPE"][1] or b"").endswith(subject or b"") and bool(told["ENVELOPE"][1]) == bool(subject)
    got = timely(server, fetch, session, uid, sections_of(told["BODYSTRUCTURE"]))
    assert got["BODY[]"].endswith(octets) and told["RFC822.SIZE"] == len(got["BODY[]"])
    assert got["BODY[HEADER]"] + got["BODY[TEXT]"] == got["BODY[]"]
    check_parts(told["BODYSTRUCTURE"], got)
    if count > MOST_LEVELS and "like" not in name:
        assert parts[-1].kind() == "application/octet-stream"
        assert octets.endswith(got[f"BODY[{parts[-1].path}]"])
    for key in present:
        assert timely(server, search, session, uid, key) == [b"* SEARCH %d" % uid], key
    for key in absent:
        assert timely(server, search, session, uid, key) == [b"* SEARCH"], key
    session.ok("NOOP")


def test_the_structure_of_a_message_of_headers_does_not_grow_with_it(server, session):
    uid = by_append(server, session, large_inner_headers(8))
    reply = session.ok(f"UID FETCH {uid} (BODYSTRUCTURE)").having(b"BODYSTRUCTURE")[0]
    assert len(reply) < 5 << 20


def test_many_fields_are_picked_from_many_headers(server, session):
    uid = by_append(server, session, FIELDS)
    names = b" ".join(b"Y-%05d" % number for number in range(45000)) + b" sUBJECT x-77"
    for word, picked in (b"FIELDS", b"X-77: y77.\r\nSubject: behind\r\n\r\n"), \
                        (b"FIELDS.NOT", FIELDS.replace(b"X-77: y77.\r\nX-78", b"X-78").replace(b"Subject: behind\r\n\r\nbody", b"")):
        tag = session.send(b"UID FETCH %d BODY.PEEK[HEADER.%s (%s)]" % (uid, word, names))
        reply = timely(server, session.until, tag)
        assert reply.status == b"OK" and reply.untagged[0].endswith(b"{%d}\r\n%s)" % (len(picked), picked))
