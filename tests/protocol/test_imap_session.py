"""IMAP sessions: states, sign-in, capabilities, bad input."""
import base64
import hashlib
import re
import socket
import ssl
import time

import pytest

from support.capability import proven, proves
from support.imap import Closed, open_plain, open_tls
from support.pop3 import Scram
from support.server import ANSWER_LIMIT, Server


def capabilities(imap):
    reply = imap.ok("CAPABILITY")
    return set(reply.having(b"CAPABILITY")[0].decode().split()[2:])


def without_value(names):
    return {re.sub(r"^(APPENDLIMIT|MESSAGELIMIT)=\d+$", r"\1=", name) for name in names}


@proves("IMAP4rev1", "IMAP4rev2", "LITERAL+")
def test_what_is_advertised_is_proven_and_what_is_proven_is_advertised(server, account):
    plain, secure = open_plain(server), open_tls(server)
    advertised = capabilities(plain) | capabilities(secure)
    secure.login(*account)
    advertised = without_value(advertised | capabilities(secure))
    table = set(proven())
    # These don't show on these connections: loopback may sign in, no client certificate, no key
    # for tokens, no administrator.
    table -= {"LOGINDISABLED", "AUTH=EXTERNAL", "AUTH=OAUTHBEARER", "QUOTASET"}
    assert advertised - table == set(), "advertised without a test"
    assert table - advertised == set(), "a test without advertisement"
    plain.close()
    secure.close()


def test_greeting_and_sign_in_carry_the_capabilities(server, account):
    imap = open_tls(server)
    assert imap.greeting.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
    reply = imap.login(*account)
    assert b"[CAPABILITY IMAP4rev1 " in reply.text and b"CONDSTORE" in reply.text
    assert b"AUTH=" not in reply.text
    imap.close()


@proves("STARTTLS")
def test_starttls_forgets_what_was_sent_in_plain_text_behind_it(server, account):
    imap = open_plain(server)
    assert "STARTTLS" in capabilities(imap)
    imap.transport.send(b"a STARTTLS\r\nb NOOP\r\n")
    assert imap.response().startswith(b"a OK")
    imap.transport.sock = server.tls_context().wrap_socket(imap.transport.sock, server_hostname="localhost")
    assert "STARTTLS" not in capabilities(imap)
    imap.login(*account)
    assert imap.command("STARTTLS").status == b"BAD"
    imap.close()


@proves("AUTH=PLAIN", "SASL-IR")
def test_authenticate_plain_with_and_without_initial_response(server, account):
    response = base64.b64encode(b"\0" + account[0].encode() + b"\0" + account[1].encode())
    first = open_tls(server)
    first.ok(b"AUTHENTICATE PLAIN " + response)
    first.ok("SELECT INBOX")
    first.close()
    second = open_tls(server)
    tag = second.send("AUTHENTICATE PLAIN")
    assert second.response().startswith(b"+")
    second.transport.send(response + b"\r\n")
    assert second.until(tag).status == b"OK"
    second.close()


@proves("AUTH=SCRAM-SHA-256", "AUTH=SCRAM-SHA-256-PLUS")
@pytest.mark.parametrize("plus, initial", [(False, True), (False, False), (True, True), (True, False)])
def test_scram_with_and_without_channel_binding(server, account, plus, initial):
    imap = open_tls(server)
    with open(server.certificate, encoding="ascii") as pem:
        certificate = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).digest()
    scram = Scram(*account, binding="tls-server-end-point" if plus else None, data=certificate if plus else b"")
    name = "SCRAM-SHA-256-PLUS" if plus else "SCRAM-SHA-256"
    if initial:
        tag = imap.send(f"AUTHENTICATE {name} {scram.first()}")
    else:
        tag = imap.send(f"AUTHENTICATE {name}")
        assert imap.response() == b"+ "
        imap.transport.send(scram.first().encode() + b"\r\n")
    imap.transport.send(scram.final(imap.response()[2:]).encode() + b"\r\n")
    scram.verify(imap.response()[2:])
    imap.transport.send(b"\r\n")
    assert imap.until(tag).status == b"OK"
    imap.ok("SELECT INBOX")
    imap.close()


def test_sign_in_that_fails_says_why_and_leaves_the_session(server, account):
    imap = open_tls(server)
    reply = imap.command(f'LOGIN "{account[0]}" wrong')
    assert reply.status == b"NO" and reply.code() == b"AUTHENTICATIONFAILED"
    assert imap.command("SELECT INBOX").status == b"BAD"
    tag = imap.send("AUTHENTICATE PLAIN")
    assert imap.response().startswith(b"+")
    imap.transport.send(b"*\r\n")
    assert imap.until(tag).status == b"BAD"
    assert imap.command("AUTHENTICATE NONSENSE").status == b"NO"
    imap.login(*account)
    assert imap.command(f'LOGIN "{account[0]}" "{account[1]}"').status == b"BAD"
    imap.close()


def test_login_takes_literals_of_both_kinds(server, account):
    imap = open_tls(server)
    user, password = account[0].encode(), account[1].encode()
    tag = imap.send(b"LOGIN {%d}" % len(user))
    assert imap.response().startswith(b"+")
    imap.transport.send(user + b" {%d+}\r\n" % len(password) + password + b"\r\n")
    assert imap.until(tag).status == b"OK"
    imap.close()


@proves("ID")
def test_id_answers_and_reads_any_list(imap):
    assert imap.ok("ID NIL").having(b'* ID ("name" "convoke"')
    assert imap.ok('ID ("name" "x" "version" NIL)').having(b"* ID (")
    assert imap.command("ID (name)").status == b"BAD"


@proves("ENABLE")
def test_enable_names_what_it_switched_on(imap):
    assert imap.ok("ENABLE CONDSTORE X-NOTHING").having(b"* ENABLED CONDSTORE")
    assert imap.ok("ENABLE QRESYNC").having(b"* ENABLED QRESYNC")
    assert imap.ok("ENABLE QRESYNC").untagged[-1] == b"* ENABLED"


@proves("NAMESPACE")
def test_namespace_is_the_personal_one(imap):
    assert imap.ok("NAMESPACE").having(b'* NAMESPACE (("" "/"))')


def test_logout_says_bye_first(server, account):
    imap = open_tls(server)
    imap.login(*account)
    reply = imap.ok("LOGOUT")
    assert reply.untagged[0].startswith(b"* BYE")
    with pytest.raises((Closed, ConnectionError)):
        imap.response()


@pytest.mark.parametrize("command", [
    b"a FOO", b"a", b"a  NOOP", b"a NOOP x", b"a SELECT", b"a FETCH", b"a FETCH 1", b"a FETCH 0 FLAGS",
    b"a FETCH 1 (FLAGS", b"a FETCH 1 FLAGS)", b"a FETCH a FLAGS", b"a FETCH 1 NONSENSE", b"a FETCH 1 BODY[",
    b"a FETCH 1 BODY[]<1>", b"a STORE 1 FLAGS", b"a STORE 1 NONSENSE (\\Seen)", b"a STORE 1 FLAGS \"x\"",
    b"a SEARCH", b"a SEARCH NONSENSE", b"a SEARCH OR SEEN", b"a SEARCH (", b"a COPY 1", b"a UID", b"a UID NOOP",
    b"a APPEND", b"a APPEND INBOX", b"a APPEND INBOX (\\Seen) \"no date\" {1+}\r\nx", b"a LIST", b"a LIST \"\"",
    b"a STATUS INBOX", b"a STATUS INBOX ()", b"a STATUS INBOX (NONSENSE)", b"a SORT (NONSENSE) UTF-8 ALL",
    b"a THREAD NONSENSE UTF-8 ALL", b"a CREATE", b"a CREATE &", b"a RENAME x", b"a ENABLE", b"a LOGOUT x",
    b"a X \0", b"a \xff", b"a SELECT \"unclosed", b"a SELECT \"a\\b\"", b"a NOOP {3x}", b"a SELECT ((((INBOX))))",
])
def test_bad_commands_get_bad_and_harm_nothing(imap, command):
    imap.ok("SELECT INBOX")
    imap.transport.send(command + b"\r\n")
    answer = imap.response()
    assert re.match(rb"(a|\*) BAD ", answer), answer
    assert imap.ok("NOOP").text.startswith(b"OK")


def test_a_line_ended_by_lf_alone_is_bad(imap):
    imap.transport.send(b"a NOOP\n")
    assert imap.response().startswith(b"a BAD")
    imap.ok("NOOP")


def test_a_megabyte_of_line_is_bad_and_the_next_command_works(imap):
    imap.transport.send(b"a SEARCH " + b"x" * (3 << 20) + b"\r\n")
    assert imap.response().startswith(b"a BAD")
    imap.ok("NOOP")


def test_literals_over_the_limit_are_refused_of_both_kinds(imap):
    assert imap.command("APPEND INBOX {99999999999}").code() == b"TOOBIG"
    assert imap.command("SELECT {2000000}").status == b"NO"
    tag = imap.send(b"SELECT {2000000+}\r\n" + b"x" * 2000000)
    assert imap.until(tag).status == b"NO"
    imap.ok("NOOP")


def test_a_literal_before_sign_in_is_small(server):
    imap = open_plain(server)
    imap.transport.send(b"a LOGIN {1000000+}\r\n" + b"x" * 1000000 + b" y\r\n")
    assert imap.response().startswith(b"a BAD")
    imap.ok("NOOP")
    imap.close()


def test_too_many_bad_commands_end_the_session(server):
    imap = open_plain(server)
    with pytest.raises((Closed, ConnectionError)):
        for _ in range(1000):
            imap.transport.send(b"a NONSENSE\r\n")
            answer = imap.response()
            assert answer.startswith((b"a BAD", b"* BYE"))


def test_commands_are_answered_in_order_however_they_arrive(imap):
    imap.ok("SELECT INBOX")
    commands = [b"CAPABILITY", b"NOOP", b"STATUS INBOX (MESSAGES)", b"SEARCH ALL", b"LIST \"\" *", b"NOOP"]
    pipeline = b"".join(b"p%d %s\r\n" % (i, c) for i, c in enumerate(commands))
    imap.transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for step in (len(pipeline), 1, 7):
        for at in range(0, len(pipeline), step):
            imap.transport.send(pipeline[at:at + step])
        tags = []
        while len(tags) < len(commands):
            answer = imap.response()
            if not answer.startswith(b"*"):
                assert answer.split()[1] == b"OK"
                tags.append(answer.split()[0])
        assert tags == [b"p%d" % i for i in range(len(commands))]


def test_commands_in_the_wrong_state_are_bad(server, account):
    imap = open_tls(server)
    for command in ("SELECT INBOX", "FETCH 1 FLAGS", "IDLE", "CLOSE", "ENABLE CONDSTORE"):
        assert imap.command(command).status == b"BAD"
    imap.login(*account)
    for command in ("FETCH 1 FLAGS", "CLOSE", "EXPUNGE", "SEARCH ALL", "UNSELECT"):
        assert imap.command(command).status == b"BAD"
    imap.close()


@proves("LOGINDISABLED")
def test_no_sign_in_in_plain_text_from_afar(make_server):
    """Loopback peers are trusted with plain text, so this is asked of the address of the machine itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    if address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    server = make_server()
    port = server.ports["imap"]
    server.stop()
    server.settings["imap"]["listen"] = f"{address}:{port}"
    server.write_config()
    server.start()
    from support.imap import Imap, Transport
    imap = Imap(Transport(socket.create_connection((address, port), timeout=ANSWER_LIMIT)))
    names = capabilities(imap)
    assert "LOGINDISABLED" in names and not [n for n in names if n.startswith("AUTH=")]
    assert imap.command("LOGIN a b").code() == b"PRIVACYREQUIRED"
    assert imap.command("AUTHENTICATE PLAIN").code() == b"PRIVACYREQUIRED"
    imap.close()


@pytest.mark.parametrize("open_session", [open_plain, open_tls])
def test_a_command_in_pieces_is_acknowledged_at_once(server, open_session):
    """A client that writes `tag `, the command and CRLF one by one waits, as TCP does by default, for
    the acknowledgement of each before the next goes out; put off, that is 40 ms for every command once
    the first few have passed.  A busy machine holds up many of them, not all."""
    imap, waits = open_session(server), []
    for number in range(2000):
        began = time.monotonic()
        for piece in (b"p%d " % number, b"NOOP", b"\r\n"):
            imap.transport.send(piece)
        assert imap.response().startswith(b"p%d OK" % number)
        waits.append(time.monotonic() - began)
        if number >= 60 and min(waits[20:]) < 0.03:
            break
    imap.close()
    assert min(waits[20:]) < 0.03, waits


@pytest.fixture(scope="module")
def hasty():
    """A server that gives strangers ten seconds: time enough to sign in on a busy machine."""
    it = Server({"imap": {"login_timeout": "10"}})
    try:
        yield it.start()
    finally:
        it.destroy()


def sign_in_line(account):
    return f'p1 LOGIN "{account[0]}" "{account[1]}"\r\n'.encode()


def test_who_signs_in_and_idles_in_one_packet_is_no_stranger(hasty):
    account = hasty.account()
    imap = open_tls(hasty)
    imap.transport.send(sign_in_line(account) + b"p2 SELECT INBOX\r\np3 IDLE\r\n")
    while not imap.response().startswith(b"+ "):
        pass
    stranger = open_tls(hasty)
    assert stranger.response().startswith(b"* BYE")  # by the time limit, which began later than ours
    imap.transport.send(b"DONE\r\n")
    assert imap.until(b"p3").status == b"OK"
    imap.close()
    stranger.close()


def test_a_long_line_in_the_packet_of_the_sign_in_is_taken(hasty):
    account = hasty.account()
    imap = open_tls(hasty)
    numbers = b",".join(b"%d" % n for n in range(1, 8001, 2))
    assert len(numbers) > 17_000
    imap.transport.send(sign_in_line(account) + b"p2 SELECT INBOX\r\np3 UID FETCH %s FLAGS\r\n" % numbers)
    assert imap.until(b"p1").status == b"OK"
    assert imap.until(b"p3").status == b"OK"
    imap.close()
