"""COMPRESS=DEFLATE (RFC 4978) and UNAUTHENTICATE (RFC 8437)."""
import random
import zlib

import pytest

from support.capability import proves
from support.imap import Closed, Deflated, fetch_literals, open_plain, open_tls
from support.messages import plain


def deflate(imap):
    reply = imap.ok("COMPRESS DEFLATE")
    assert reply.untagged == [] and imap.buffer == b""
    imap.transport = Deflated(imap.transport)


@pytest.fixture(params=[open_plain, open_tls], ids=["plain", "tls"])
def imap(request, server, account):
    it = request.param(server)
    it.login(*account)
    yield it
    it.close()


@proves("COMPRESS=DEFLATE")
def test_everything_goes_on_under_compression_and_partial_fetch_is_exact(imap):
    octets = bytes(random.Random(4978).choices(b"abcdefgh \r\n", k=900_000))
    message = plain(text=octets.decode())
    deflate(imap)
    assert imap.append("INBOX", message).status == b"OK"
    imap.ok("SELECT INBOX")
    whole = fetch_literals(imap.ok("FETCH 1 BODY.PEEK[]").having(b"BODY[]")[0])[b"BODY[]"]
    assert whole == message
    for start, length in ((0, 1), (1, 6144), (262143, 2), (262144, 262145), (899_000, 100_000), (2_000_000, 10)):
        answer = imap.ok(f"FETCH 1 BODY.PEEK[]<{start}.{length}>").having(b"BODY[]")[0]
        assert fetch_literals(answer)[b"BODY[]<%d>" % start] == message[start:start + length]
    assert imap.ok("NOOP").status == b"OK"


def test_compression_starts_once_and_knows_one_mechanism(imap):
    assert imap.command("COMPRESS").status == b"BAD"
    assert imap.command("COMPRESS DEFLATE NOW").status == b"BAD"
    assert imap.command("COMPRESS LZW").status == b"BAD"  # RFC 4978 section 3: unknown argument
    assert b"COMPRESS=DEFLATE" in imap.ok("CAPABILITY").untagged[0]
    deflate(imap)
    again = imap.command("COMPRESS DEFLATE")
    assert again.status == b"BAD" and again.code() == b"COMPRESSIONACTIVE"
    assert b"COMPRESS=DEFLATE" not in imap.ok("CAPABILITY").untagged[0]


def test_compression_waits_for_sign_in(server):
    imap = open_tls(server)
    assert b"COMPRESS" not in imap.greeting
    assert imap.command("COMPRESS DEFLATE").status == b"BAD"
    imap.close()


def test_a_pipeline_under_compression_is_answered_in_order(imap):
    deflate(imap)
    imap.transport.send(b"".join(b"p%d NOOP\r\n" % i for i in range(500)))
    assert [imap.response().split()[0] for _ in range(500)] == [b"p%d" % i for i in range(500)]


def test_octets_that_are_no_deflate_end_the_connection(imap):
    deflate(imap)
    imap.transport.below.send(b"\xff" * 100)
    with pytest.raises((Closed, OSError)):
        imap.response()


def test_a_bomb_is_refused_like_any_long_line(imap):
    deflate(imap)
    imap.transport.send(b"b1 NOOP " + b"x" * 20_000_000 + b"\r\nb2 NOOP\r\n")
    assert imap.response().startswith(b"b1 BAD")
    assert imap.response().startswith(b"b2 OK")


@proves("UNAUTHENTICATE")
def test_unauthenticate_forgets_everything_but_tls(server, account):
    other = server.account()
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("ENABLE QRESYNC IMAP4rev2")
    imap.append("INBOX", plain())
    imap.ok("SELECT INBOX")
    imap.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    reply = imap.ok("UNAUTHENTICATE")
    assert reply.untagged == []
    assert imap.command("SELECT INBOX").status == b"BAD"
    assert imap.command("UNAUTHENTICATE").status == b"BAD"
    assert b"AUTH=PLAIN" in imap.ok("CAPABILITY").untagged[0]
    imap.login(*other)
    answer = imap.ok("SELECT INBOX")
    assert answer.having(b"0 EXISTS") and answer.having(b"0 RECENT"), "IMAP4rev2 is off again"
    imap.ok("UNAUTHENTICATE")
    imap.login(*account)
    answer = imap.ok("SELECT INBOX")
    assert answer.having(b"1 EXISTS"), "nothing was expunged"
    assert imap.ok("STORE 1 +FLAGS (\\Seen)").having(b"FETCH")[0].count(b"MODSEQ") == 0, "CONDSTORE is off again"
    imap.close()


def test_unauthenticate_and_the_next_sign_in_may_be_one_packet(server, account):
    other = server.account()
    imap = open_tls(server)
    imap.login(*account)
    imap.transport.send(b'u1 UNAUTHENTICATE\r\nu2 LOGIN "%s" "%s"\r\nu3 SELECT INBOX\r\n'
                        % (other[0].encode(), other[1].encode()))
    assert imap.response().startswith(b"u1 OK")
    assert imap.response().startswith(b"u2 OK")
    assert imap.until(b"u3").status == b"OK"
    imap.close()


def test_unauthenticate_ends_notify_and_uidonly(server, account):
    other, sender = server.account(), open_tls(server)
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("ENABLE UIDONLY")
    imap.ok("NOTIFY SET (personal (MessageNew MessageExpunge))")
    imap.ok("UNAUTHENTICATE")
    imap.login(*other)
    sender.login(*account)
    assert sender.append("INBOX", plain()).status == b"OK"
    assert sender.append("Sent", plain()).status == b"OK"
    assert imap.ok("NOOP").untagged == []
    imap.append("INBOX", plain())
    imap.ok("SELECT INBOX")
    assert imap.ok("FETCH 1 FLAGS").having(b"1 FETCH")
    message = plain()
    imap.ok("ENABLE UIDONLY")
    reply = imap.command(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(message), message))
    assert reply.status == b"BAD" and reply.code() == b"UIDREQUIRED"
    reply = imap.command(b"UID REPLACE 1 INBOX {%d+}\r\n%s" % (len(message), message))
    assert reply.status == b"OK" and reply.having(b"VANISHED 1") and not reply.having(b"EXPUNGE")
    imap.close()
    sender.close()


def test_unauthenticate_takes_no_arguments(server, account):
    imap = open_tls(server)
    assert imap.command("UNAUTHENTICATE").status == b"BAD"
    imap.login(*account)
    assert imap.command("UNAUTHENTICATE now").status == b"BAD"
    imap.ok("SELECT INBOX")
    imap.close()


@pytest.mark.parametrize("finished, pipelined", [(True, False), (True, True), (False, False)])
def test_unauthenticate_ends_the_compression(server, account, finished, pipelined):
    imap = open_tls(server)
    imap.login(*account)
    deflate(imap)
    login = b'x2 LOGIN "%s" "%s"\r\n' % (account[0].encode(), account[1].encode())
    if finished:
        imap.transport.send_last(b"x1 UNAUTHENTICATE\r\n", login if pipelined else b"")
    else:
        imap.transport.send(b"x1 UNAUTHENTICATE\r\n")
    assert imap.response().startswith(b"x1 OK")
    imap.transport = imap.transport.below
    if not pipelined:
        imap.transport.send(login)
    assert imap.response().startswith(b"x2 OK")
    assert b"COMPRESS=DEFLATE" in imap.ok("CAPABILITY").untagged[0]
    deflate(imap)
    imap.ok("SELECT INBOX")
    imap.close()


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_a_client_may_end_its_compression_when_it_has_read_the_reply(server, account, pieces):
    imap = open_tls(server)
    imap.login(*account)
    deflate(imap)
    imap.transport.send(b"x1 UNAUTHENTICATE\r\n")
    assert imap.response().startswith(b"x1 OK")
    end = imap.transport.out.flush(zlib.Z_FINISH)
    imap.transport = imap.transport.below
    octets = end + b"x2 NOOP\r\n"
    for piece in {1: [octets], 2: [end, octets[len(end):]], 3: [end[:1], end[1:], octets[len(end):]]}[pieces]:
        imap.transport.send(piece)
    assert imap.response().startswith(b"x2 OK")
    imap.login(*account)
    imap.close()


def test_unauthenticate_can_be_switched_off(make_server):
    server = make_server({"imap": {"unauthenticate": "no"}})
    imap = open_tls(server)
    imap.login(*server.account())
    assert b"UNAUTHENTICATE" not in imap.ok("CAPABILITY").untagged[0]
    assert imap.command("UNAUTHENTICATE").status == b"BAD"
    imap.ok("SELECT INBOX")
    imap.close()
