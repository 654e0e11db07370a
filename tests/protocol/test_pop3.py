"""POP3 against the running server: every advertised capability is used here."""
import hashlib
import poplib
import re
import ssl
import subprocess
import threading

import pytest

from support.imap import open_tls as open_imap
from support.messages import plain
from support.pop3 import Pop3, Scram, b64
from support.wait import LIMIT, until


def open_tls(server):
    return Pop3(server.connect_tls("pop3s"))


@pytest.fixture
def mailbox(server):
    """(address, password) of an account with three messages."""
    address, password = server.account()
    for number in range(3):
        assert not server.deliver(plain(f"Message {number}", f"Line one {number}\r\n.dot\r\nline three\r\n"), [address])
    return address, password


@pytest.fixture
def session(server, mailbox):
    it = open_tls(server)
    it.login(*mailbox)
    yield it
    it.close()


def test_sizes_and_octets_agree(session):
    listing = [line.split() for line in session.lines("LIST")]
    assert [n for n, _ in listing] == ["1", "2", "3"]
    for number, size in listing:
        octets = session.multi(f"RETR {number}")
        assert len(octets) == int(size)
        assert octets.endswith(b"\r\n.dot\r\nline three\r\n")
        assert session.command(f"LIST {number}") == f"+OK {number} {size}".encode()
    assert session.command("STAT") == f"+OK 3 {sum(int(s) for _, s in listing)}".encode()


def test_pop3_and_imap_show_the_same_octets(server, mailbox):
    from support.imap import fetch_literals
    imap = open_imap(server)
    imap.login(*mailbox)
    imap.ok("SELECT INBOX")
    session = open_tls(server)
    session.login(*mailbox)
    for number in (1, 2, 3):
        over_imap = fetch_literals(imap.ok(f"FETCH {number} BODY.PEEK[]").having(b"FETCH")[0])[b"BODY[]"]
        assert session.multi(f"RETR {number}") == over_imap
    session.close()
    imap.close()


def test_top_shows_the_header_and_as_many_lines(session):
    whole = session.multi("RETR 2")
    header, _, body = whole.partition(b"\r\n\r\n")
    lines = body.splitlines(keepends=True)
    for count in (0, 1, 2, 3, 99):
        assert session.multi(f"TOP 2 {count}") == header + b"\r\n\r\n" + b"".join(lines[:count])


def test_uidl_is_unique_and_stays(server, mailbox):
    seen = []
    for _ in range(2):
        session = open_tls(server)
        session.login(*mailbox)
        seen.append([line.split()[1] for line in session.lines("UIDL")])
        assert session.command("UIDL 2") == f"+OK 2 {seen[-1][1]}".encode()
        session.ok("QUIT")
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3
    assert all(1 <= len(u) <= 70 and u.isascii() for u in seen[0])


def test_messages_go_at_quit_only(server, mailbox):
    first = open_tls(server)
    first.login(*mailbox)
    uids = [line.split()[1] for line in first.lines("UIDL")]
    first.ok("DELE 2")
    first.err("RETR 2")
    first.err("DELE 2")
    first.err("LIST 2")
    assert [line.split()[0] for line in first.lines("LIST")] == ["1", "3"]
    first.close()  # no QUIT: nothing is removed

    second = wait_for_maildrop(server, mailbox)
    assert len(second.lines("LIST")) == 3
    second.ok("DELE 2")
    second.ok("RSET")
    second.ok("DELE 1")
    second.ok("QUIT")
    assert second.at_end()

    third = open_tls(server)
    third.login(*mailbox)
    assert [line.split()[1] for line in third.lines("UIDL")] == uids[1:]
    third.ok("QUIT")


def wait_for_maildrop(server, mailbox):
    """A session, once the one that was cut off has given its lock back."""
    def try_it():
        session = open_tls(server)
        session.ok(f"USER {mailbox[0]}")
        reply = session.command(f"PASS {mailbox[1]}")
        if reply.startswith(b"+OK"):
            return session
        assert b"[IN-USE]" in reply
        session.close()
        return None

    return until(try_it)


def test_a_maildrop_is_one_session_s_at_a_time(server, mailbox):
    first = open_tls(server)
    first.login(*mailbox)
    second = open_tls(server)
    second.ok(f"USER {mailbox[0]}")
    assert b"[IN-USE]" in second.err(f"PASS {mailbox[1]}")
    first.ok("QUIT")
    second.login(*mailbox)
    second.ok("QUIT")


def test_mail_that_comes_during_a_session_waits_for_the_next(server, mailbox):
    session = open_tls(server)
    session.login(*mailbox)
    assert not server.deliver(plain("Late"), [mailbox[0]])
    assert len(session.lines("LIST")) == 3
    session.ok("QUIT")
    session = open_tls(server)
    session.login(*mailbox)
    assert len(session.lines("LIST")) == 4
    session.ok("QUIT")


def test_a_message_expunged_by_imap_during_the_session_does_no_harm(server, mailbox):
    session = open_tls(server)
    session.login(*mailbox)
    imap = open_imap(server)
    imap.login(*mailbox)
    imap.ok("SELECT INBOX")
    imap.ok("STORE 1 +FLAGS (\\Deleted)")
    imap.ok("EXPUNGE")
    imap.close()
    reply = session.command("RETR 1")
    if reply.startswith(b"+OK"):
        session.body()
    session.ok("DELE 1")
    session.ok("DELE 2")
    session.ok("QUIT")
    session = open_tls(server)
    session.login(*mailbox)
    assert len(session.lines("LIST")) == 1
    session.ok("QUIT")


def test_pipelining(server, mailbox):
    session = open_tls(server)
    session.send(f"USER {mailbox[0]}\r\nPASS {mailbox[1]}\r\nSTAT\r\nRETR 1\r\nTOP 2 0\r\nNOOP\r\nDELE 3\r\nQUIT\r\n".encode())
    for _ in range(3):
        assert session.line().startswith(b"+OK")
    assert session.line().startswith(b"+OK")
    assert b"Subject: Message 0" in session.body()
    assert session.line().startswith(b"+OK")
    assert b"Subject: Message 1" in session.body()
    for _ in range(3):
        assert session.line().startswith(b"+OK")
    assert session.at_end()


def test_capabilities(server, mailbox):
    session = Pop3(server.connect("pop3"))
    before = session.lines("CAPA")
    assert {"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG",
            "STLS", "IMPLEMENTATION convoke"} <= set(before)
    session.close()
    session = open_tls(server)
    secure = session.lines("CAPA")
    assert "STLS" not in secure
    sasl = next(line for line in secure if line.startswith("SASL ")).split()[1:]
    assert {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} <= set(sasl)
    session.login(*mailbox)
    assert "STLS" not in session.lines("CAPA")
    session.close()


def test_stls(server, mailbox):
    session = Pop3(server.connect("pop3"))
    # What is sent behind STLS in plain text must not be taken for commands.
    session.send(b"STLS\r\nUSER injected\r\n")
    assert session.line().startswith(b"+OK")
    session.connection = server.tls_context().wrap_socket(session.connection, server_hostname="localhost")
    session.buffer = b""
    assert b"STLS" not in session.multi("CAPA")
    session.err("STLS")
    assert b"USER comes first" in session.err("PASS x")
    session.login(*mailbox)
    session.ok("QUIT")


def test_sasl_plain_with_and_without_initial_response(server, mailbox):
    message = b64(f"\0{mailbox[0]}\0{mailbox[1]}")
    session = open_tls(server)
    session.ok(f"AUTH PLAIN {message}")
    session.ok("QUIT")
    session = open_tls(server)
    assert session.command("AUTH PLAIN") == b"+ "
    session.ok(message)
    session.ok("QUIT")
    session = open_tls(server)
    assert session.command("AUTH PLAIN") == b"+ "
    session.err("*")
    session.err("AUTH PLAIN !!!")
    session.err("AUTH NOSUCH")
    session.ok("QUIT")


class Program:
    """A program's pipes, seen as a socket."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, bufsize=0)

    def sendall(self, octets):
        self.process.stdin.write(octets)

    def recv(self, count):
        return self.process.stdout.read(count)

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT)
        self.process.stdout.close()


def open_with_exporter(server):
    """A session through openssl s_client, which tells the exporter's value (RFC 9266), and that value."""
    program = Program(["openssl", "s_client", "-connect", f"127.0.0.1:{server.ports['pop3s']}", "-ign_eof",
                       "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"])
    said, keyed = b"", None
    while not (keyed and said.endswith(b"+OK")):  # there may be a +OK in the certificate
        said += program.recv(1)
        keyed = keyed or re.search(rb"Keying material: ([0-9A-F]{64})\n", said)
    session = Pop3.__new__(Pop3)
    session.connection, session.buffer = program, b""
    session.greeting = session.line()
    return session, bytes.fromhex(keyed.group(1).decode())


def scram_signs_in(session, scram, mechanism):
    reply = session.command(f"AUTH {mechanism} {scram.first()}")
    assert reply.startswith(b"+ "), reply
    reply = session.command(scram.final(reply[2:]))
    assert reply.startswith(b"+ "), reply
    scram.verify(reply[2:])
    session.ok("")
    assert len(session.lines("LIST")) == 3
    session.ok("QUIT")


@pytest.mark.parametrize("initial", [True, False])
def test_nothing_hides_behind_a_zero_octet(server, mailbox, initial):
    """RFC 5034: what is not of the alphabet of base64 is refused, not ignored."""
    session = open_tls(server)
    message = b64(f"\0{mailbox[0]}\0{mailbox[1]}").encode() + b"\0!"
    if not initial:
        assert session.command("AUTH PLAIN") == b"+ "
    session.err(b"AUTH PLAIN " + message if initial else message)
    session.err("STAT")
    session.close()


def test_scram(server, mailbox):
    scram_signs_in(open_tls(server), Scram(*mailbox), "SCRAM-SHA-256")


def test_scram_bound_to_the_certificate(server, mailbox):
    connection = server.connect_tls("pop3s")
    data = hashlib.sha256(connection.getpeercert(binary_form=True)).digest()
    scram_signs_in(Pop3(connection), Scram(*mailbox, binding="tls-server-end-point", data=data), "SCRAM-SHA-256-PLUS")


def test_scram_bound_to_the_connection(server, mailbox):
    session, data = open_with_exporter(server)
    scram_signs_in(session, Scram(*mailbox, binding="tls-exporter", data=data), "SCRAM-SHA-256-PLUS")
    session.close()


def test_scram_refuses_a_wrong_password_and_another_channel(server, mailbox):
    for scram, mechanism in ((Scram(mailbox[0], "wrong"), "SCRAM-SHA-256"),
                             (Scram(*mailbox, binding="tls-server-end-point", data=b"x" * 32), "SCRAM-SHA-256-PLUS")):
        session = open_tls(server)
        reply = session.command(f"AUTH {mechanism} {scram.first()}")
        assert reply.startswith(b"+ ")
        assert b"[AUTH]" in session.err(scram.final(reply[2:]))
        session.close()


def test_wrong_passwords_say_auth_and_are_slowed_down(server):
    address, password = server.account()

    def fail_and_then_know_it():
        """What the right password gets behind five wrong ones."""
        session, other = open_tls(server), open_tls(server)
        other.ok(f"USER {address}")
        for _ in range(5):
            session.ok(f"USER {address}")
            assert b"[AUTH]" in session.err("PASS wrong")
        reply = other.command(f"PASS {password}")
        assert session.at_end()
        other.close()
        return reply

    # The first block lasts a second, which may pass on a busy machine; and then all is forgiven.
    until(fail_and_then_know_it, lambda reply: reply.startswith(b"-ERR [SYS/TEMP]"))


def test_a_disabled_account_says_so_to_its_owner_only(server, mailbox):
    server.ctl("account", "set", mailbox[0], "disabled=yes")
    session = open_tls(server)
    session.ok(f"USER {mailbox[0]}")
    assert b"[AUTH]" in session.err("PASS wrong")
    session.ok(f"USER {mailbox[0]}")
    assert b"[SYS/PERM]" in session.err(f"PASS {mailbox[1]}")
    session.close()


def test_utf8_and_lang(server, mailbox):
    session = open_tls(server)
    session.ok("UTF8")
    assert session.lines("LANG") == ["en English"]
    session.ok("LANG en")
    session.ok("LANG *")
    session.err("LANG tlh")
    session.login(*mailbox)
    session.err("UTF8")
    session.ok("QUIT")


def test_words_out_of_place_and_endless_nonsense(server):
    session = open_tls(server)
    for word in ("STAT", "LIST", "RETR 1", "FOO", "", "NOOP"):
        session.err(word)
    session.close()
    session = open_tls(server)
    session.send(b"GET / HTTP/1.1\r\n" * 200)
    with pytest.raises((EOFError, OSError)):
        for _ in range(200):
            session.line()


def test_dots_and_line_ends(server):
    """Octets by APPEND, which takes them as they are: bare LF, leading dots, no last line end."""
    address, password = server.account()
    rows = [b"Subject: a\r\n\r\n.\r\n..\r\n...x\r\n.\r\n", b"Subject: b\r\n\r\nno end", b"Subject: c\nbare\n\nLF\n",
            b"Subject: d\r\n\r\n.", b"Subject: only\r\n", b"Subject: e\r\n\r\n\r\n\r\n"]
    imap = open_imap(server)
    imap.login(address, password)
    for octets in rows:
        imap.ok(f"APPEND INBOX {{{len(octets)}+}}\r\n".encode() + octets)
    imap.close()
    session = open_tls(server)
    session.login(address, password)
    sizes = [int(line.split()[1]) for line in session.lines("LIST")]
    for number, octets in enumerate(rows, 1):
        got = session.multi(f"RETR {number}")
        assert sizes[number - 1] == len(octets)
        assert got == (octets if octets.endswith(b"\r\n") else octets + b"\r\n")
    session.ok("QUIT")


def test_a_lenient_client_stays_in_step(server):
    """One that takes a bare LF for a line's end must not see the end of a message in its middle."""
    address, password = server.account()
    evil = b"Subject: x\r\n\r\na\n.\n+OK forged\r\nb\r\n"
    imap = open_imap(server)
    imap.login(address, password)
    imap.ok(f"APPEND INBOX {{{len(evil)}+}}\r\n".encode() + evil)
    imap.close()
    client = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=unchecked())
    client.user(address)
    client.pass_(password)
    _, lines, _ = client.retr(1)
    assert lines == [b"Subject: x", b"", b"a", b".", b"+OK forged", b"b"]
    assert client.noop() == b"+OK"
    client.quit()


def unchecked():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_large_message_streams_whole(server):
    address, password = server.account()
    line = b"0123456789abcdef" * 4 + b"\r\n"
    octets = b"Subject: large\r\n\r\n" + line * 200000
    imap = open_imap(server)
    imap.login(address, password)
    imap.ok(f"APPEND INBOX {{{len(octets)}+}}\r\n".encode() + octets)
    imap.close()
    for _ in range(2):
        session = open_tls(server)
        session.login(address, password)
        assert hashlib.sha256(session.multi("RETR 1")).digest() == hashlib.sha256(octets).digest()
        assert session.multi("TOP 1 3") == b"Subject: large\r\n\r\n" + line * 3
        session.ok("QUIT")


def test_a_client_that_stops_reading_holds_nobody_up(server, mailbox):
    address, password = server.account()
    octets = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" * 500000
    imap = open_imap(server)
    imap.login(address, password)
    for _ in range(4):
        imap.ok(f"APPEND INBOX {{{len(octets)}+}}\r\n".encode() + octets)
    imap.close()
    stalled = open_tls(server)
    stalled.login(address, password)
    stalled.send(b"RETR 1\r\nRETR 2\r\nRETR 3\r\nRETR 4\r\n" * 10)
    others = []

    def work():
        session = open_tls(server)
        session.login(*mailbox)
        others.append(session.multi("RETR 1"))
        session.ok("QUIT")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(LIMIT)
    assert len(others) == 1
    stalled.close()


def test_bare_names_get_the_default_domain(server):
    address, password = server.account("barename@example.test")
    session = open_tls(server)
    session.login("barename", password)
    session.ok("QUIT")
    session = open_tls(server)
    session.login("BareName@Example.Test", password)
    session.ok("QUIT")


def test_plain_text_sign_in_from_loopback_is_allowed_by_default_only_there(server, mailbox):
    session = Pop3(server.connect("pop3"))
    assert "USER" in session.lines("CAPA")
    session.login(*mailbox)
    session.ok("QUIT")
