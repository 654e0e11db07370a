"""The failures this product exists to end, each proven against the running server."""
import glob
import os
import ssl

import pytest

from support.imap import Imap, Transport, fetch_literals, open_plain, open_scripted, open_tls
from support.messages import plain
from support.wait import until


@pytest.fixture
def signed_in(server):
    """signed_in(opener) -> (session, address, password) on INBOX."""
    opened = []

    def open_one(opener, context=None):
        address, password = server.account()
        session = opener(server, context) if context else opener(server)
        opened.append(session)
        session.login(address, password)
        session.ok("SELECT INBOX")
        return session, address, password

    yield open_one
    for session in opened:
        session.close()


# ---- Q239082: nothing waits on the socket while octets are decrypted -------------

MESSAGE = plain("boundaries", "0123456789abcdef\r\n" * 8)


def append_octets(tag, message):
    return b"%s APPEND INBOX {%d+}\r\n%s\r\n" % (tag, len(message), message)


def test_append_completes_when_literal_tail_and_crlf_share_a_record(signed_in):
    session, *_ = signed_in(open_scripted)
    head = b"a APPEND INBOX {%d}\r\n" % len(MESSAGE)
    session.transport.send(head)
    assert session.response().startswith(b"+")
    session.transport.send_records([MESSAGE[:-5], MESSAGE[-5:] + b"\r\n"])
    assert session.until(b"a").status == b"OK"


def test_append_completes_for_every_split_into_two_records(signed_in):
    session, *_ = signed_in(open_scripted)
    whole = append_octets(b"a", MESSAGE)
    for cut in range(1, len(whole)):
        session.transport.send_records([whole[:cut], whole[cut:]])
        assert session.until(b"a").status == b"OK", cut


def test_append_completes_with_one_octet_per_record(signed_in):
    session, *_ = signed_in(open_scripted)
    whole = append_octets(b"a", MESSAGE)
    session.transport.send_records([whole[i:i + 1] for i in range(len(whole))])
    assert session.until(b"a").status == b"OK"


def test_several_commands_in_one_record_are_all_answered_in_order(signed_in):
    session, *_ = signed_in(open_scripted)
    session.transport.send(append_octets(b"a", MESSAGE) + b"b NOOP\r\n" + append_octets(b"c", MESSAGE) +
                           b"d FETCH 1:* (UID RFC822.SIZE)\r\ne NOOP\r\n")
    for tag in (b"a", b"b", b"c", b"d", b"e"):
        assert session.until(tag).status == b"OK", tag


def test_a_literal_that_exactly_fills_the_buffers_does_not_hang(signed_in):
    session, *_ = signed_in(open_scripted)
    for size in (16384 - 2, 16384, 16384 + 2, 65536 - 2, 65536, 65536 + 2, 131072):
        body = MESSAGE + b"y" * (size - len(MESSAGE))
        session.transport.send(append_octets(b"a", body))
        assert session.until(b"a").status == b"OK", size


# ---- Q194998: partial FETCH is exact ---------------------------------------------

LONG = plain("partial", "".join(f"line {i:06d} of a message that is fetched in pieces\r\n" for i in range(700)))
SECTIONS = ["", "HEADER", "TEXT", "1", "HEADER.FIELDS (SUBJECT FROM)", "HEADER.FIELDS.NOT (SUBJECT)"]


def contexts(server):
    """A few suites, CBC among them."""
    rows = [("plain", None)]
    for name, version in (("TLS_AES_256_GCM_SHA384", ssl.TLSVersion.TLSv1_3),
                          ("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1_2),
                          ("ECDHE-ECDSA-AES256-SHA384", ssl.TLSVersion.TLSv1_2),
                          ("ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2),
                          ("ECDHE-ECDSA-CHACHA20-POLY1305", ssl.TLSVersion.TLSv1_2)):
        context = server.tls_context()
        context.minimum_version = context.maximum_version = version
        if version == ssl.TLSVersion.TLSv1_2:
            context.set_ciphers(name + ":@SECLEVEL=0")
        rows.append((name, context))
    return rows


def test_partial_fetch_is_min_of_asked_and_left_for_every_section_offset_and_length(server):
    address, password = server.account()
    first = open_plain(server)
    first.login(address, password)
    assert first.append("INBOX", LONG).status == b"OK"
    first.close()
    for name, context in contexts(server):
        session = open_plain(server) if context is None else open_tls(server, context)
        session.login(address, password)
        session.ok("SELECT INBOX")
        for section in SECTIONS:
            whole = fetch_literals(session.ok(f"FETCH 1 BODY.PEEK[{section}]").untagged[0])[f"BODY[{section}]".encode()]
            assert whole
            edges = {0, 1, 100, len(whole) - 1, len(whole), len(whole) + 1, 6144, 6143, 16384}
            for offset in sorted(e for e in edges if e >= 0):
                for length in (1, 2, 100, 6144, len(whole), len(whole) + 1, 4294967295):
                    got = fetch_literals(session.ok(
                        f"FETCH 1 BODY.PEEK[{section}]<{offset}.{length}>").untagged[0])
                    expected = whole[offset:offset + length]
                    assert got == {f"BODY[{section}]<{offset}>".encode(): expected}, (name, section, offset, length)
        session.close()


def test_chunks_of_6144_put_together_are_the_message(server):
    address, password = server.account()
    session = open_tls(server)
    session.login(address, password)
    assert session.append("INBOX", LONG).status == b"OK"
    session.ok("SELECT INBOX")
    got, offset = b"", 0
    while True:
        piece = fetch_literals(session.ok(f"UID FETCH 1 (UID RFC822.SIZE BODY.PEEK[]<{offset}.6144>)").untagged[0])
        piece = piece[f"BODY[]<{offset}>".encode()]
        got += piece
        offset += 6144
        if len(piece) < 6144:
            break
    assert got == LONG
    session.close()


# ---- KB909358: BODYSTRUCTURE never disconnects -----------------------------------

def test_every_message_of_the_corpus_has_a_structure_and_the_session_lives(server, corpus):
    address, password = server.account()
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    files = sorted(f for f in glob.glob(os.path.join(corpus, "mime", "*", "*")) if os.path.isfile(f))
    assert len(files) > 600
    for path in files:
        with open(path, "rb") as source:
            octets = source.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"")
        reply = session.append("INBOX", octets)
        assert reply.status == b"OK", (path, reply)
        uid = reply.code().split()[-1].decode()
        first = session.ok(f"UID FETCH {uid} (BODYSTRUCTURE BODY ENVELOPE RFC822.SIZE)").having(b"BODYSTRUCTURE")
        again = session.ok(f"UID FETCH {uid} (BODYSTRUCTURE BODY ENVELOPE RFC822.SIZE)").having(b"BODYSTRUCTURE")
        assert len(first) == 1 and first == again, path
        got = fetch_literals(session.ok(f"UID FETCH {uid} BODY.PEEK[]").having(b"FETCH")[0])
        assert got[b"BODY[]"] == octets, path
        session.ok("NOOP")
    session.close()


# ---- KB938857: every suite carries every protocol --------------------------------

def all_suites():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFDEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0")
    return [c for c in context.get_ciphers() if "DSS" not in c["name"]]


def test_every_suite_of_the_library_carries_imap_and_pop3_octet_for_octet(make_server):
    import poplib
    server = make_server({"tls": {"min_protocol": "TLSv1",
                                  "ciphers": "ALL:COMPLEMENTOFDEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"}})
    address, password = server.account()
    tried = 0
    for suite in all_suites():
        context = server.tls_context()
        if suite["protocol"] == "TLSv1.3":
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        else:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(suite["name"] + ":@SECLEVEL=0")
        try:
            session = open_tls(server, context)
        except ssl.SSLError:
            # RSA key exchange and signatures do not fit the test's ECDSA certificate.
            assert "ECDSA" not in suite["name"] and suite["protocol"] != "TLSv1.3", suite["name"]
            continue
        tried += 1
        message = plain(suite["name"], "octets\r\n" * 9000)
        session.login(address, password)
        reply = session.append("INBOX", message)
        assert reply.status == b"OK"
        session.ok("SELECT INBOX")
        got = fetch_literals(session.ok("FETCH * BODY.PEEK[]").having(b"FETCH")[0])
        assert got[b"BODY[]"] == message, suite["name"]
        session.close()
        pop = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=context)
        pop.user(address)
        pop.pass_(password)
        count = pop.stat()[0]
        assert b"\r\n".join(pop.retr(count)[1]) + b"\r\n" == message, suite["name"]
        pop.quit()
    assert tried >= 8


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_every_tls_version_the_admin_allows_is_spoken(make_server, version):
    server = make_server({"tls": {"min_protocol": "TLSv1", "ciphers": "ALL:@SECLEVEL=0"}})
    context = server.tls_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = context.minimum_version = getattr(ssl.TLSVersion, version)
    session = open_tls(server, context)
    assert session.ok("NOOP")
    assert session.transport.sock.version().replace(".", "_").replace("TLSv1_0", "TLSv1") == version
    session.close()


# ---- counters and descriptors ----------------------------------------------------

def descriptors(server):
    """How many there are when they have stopped changing: the connection by which the
    status was asked for may still be on its way out."""
    import time
    seen = []
    while len(seen) < 20 or len(set(seen[-20:])) > 1:
        assert len(seen) < 1500, seen
        seen.append(len(os.listdir(f"/proc/{server.process.pid}/fd")))
        time.sleep(0.01)
    return seen[-1]


def test_two_thousand_connections_cut_in_every_state_leave_counters_and_descriptors_as_they_were(make_server):
    # Few workers, so that each has its connection to the database before it is counted.
    server = make_server({"server": {"workers": "2"}})
    address, password = server.account()
    whole = append_octets(b"b", MESSAGE)
    cuts = [b"", b"a", b"a LOGIN", b"a LOGIN " + address.encode() + b" " + password.encode() + b"\r\n",
            b"a LOGIN " + address.encode() + b" " + password.encode() + b"\r\n" + whole[:60],
            b"a LOGIN " + address.encode() + b" " + password.encode() + b"\r\nb SELECT INBOX\r\nc IDLE\r\n",
            b"a LOGIN " + address.encode() + b" " + password.encode() + b"\r\n" + whole + b"c SELECT INBOX\r\nd FETCH 1:* BODY[]\r\n"]
    # One of each first, so that what is made once (caches, connections) is there.
    def cut_all(rounds):
        for number in range(rounds):
            octets = cuts[number % len(cuts)]
            kind = (number // len(cuts)) % 3
            if kind == 2:
                sock = server.connect("imaps")  # in the middle of the handshake
                sock.send(b"\x16\x03\x01\x02\x00\x01\x00"[:1 + number % 7])
            else:
                sock = server.connect("imap") if kind == 0 else server.connect_tls("imaps")
                sock.sendall(octets)
            if number % 2:
                sock.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset
            sock.close()

    cut_all(200)
    until(lambda: server.ctl("status", as_json=True)["connections"], lambda count: count == 0)
    before = descriptors(server)
    cut_all(2000)
    until(lambda: server.ctl("status", as_json=True)["connections"], lambda count: count == 0)
    until(lambda: descriptors(server), lambda count: count <= before)
