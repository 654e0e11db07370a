"""LMTP against the running server: every advertised capability is used here."""
import os
import re
import signal

import pytest

from support.imap import fetch_literals, open_tls as open_imap
from support.messages import plain
from support.wait import until


class Lmtp:
    """Lines as they come; a reply is (code, [texts])."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.greeting = self.reply()

    def send(self, octets):
        self.connection.sendall(octets)

    def line(self):
        while b"\r\n" not in self.buffer:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError(self.buffer)
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode()

    def reply(self):
        texts = []
        while True:
            line = self.line()
            texts.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), texts

    def code(self, text):
        self.send((text.encode() if isinstance(text, str) else text) + b"\r\n")
        code, self.texts = self.reply()
        return code

    def transaction(self, recipients, octets, sender="s@example.test"):
        """The codes: one per RCPT, then one per recipient taken."""
        assert self.code(f"MAIL FROM:<{sender}>") == 250
        taken = [self.code(f"RCPT TO:<{r}>") for r in recipients]
        if 250 not in taken:
            self.code("RSET")
            return taken, []
        assert self.code("DATA") == 354
        self.send(re.sub(rb"(^|\r\n)\.", rb"\1..", octets) + b".\r\n")
        return taken, [self.reply()[0] for code in taken if code == 250]

    def at_end(self):
        try:
            return self.buffer == b"" and self.connection.recv(1) == b""
        except OSError:
            return True


@pytest.fixture
def lmtp(server):
    it = Lmtp(server.connect("lmtp"))
    assert it.code("LHLO tests.example.test") == 250
    yield it
    it.connection.close()


def messages(server, account, mailbox="INBOX"):
    """The octets of all messages."""
    imap = open_imap(server)
    imap.login(*account)
    imap.ok(f"SELECT {mailbox}")
    found = [fetch_literals(line)[b"BODY[]"] for line in imap.ok("FETCH 1:* BODY.PEEK[]").having(b"BODY[]")]
    imap.close()
    return found


def test_greeting_and_capabilities(server):
    lmtp = Lmtp(server.connect("lmtp"))
    assert lmtp.greeting[0] == 220
    assert lmtp.code("LHLO tests.example.test") == 250
    words = {text.split()[0] for text in lmtp.texts[1:]}
    assert words == {"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "CHUNKING", "STARTTLS", "ENHANCEDSTATUSCODES"}
    assert lmtp.code("EHLO x") == 500
    assert lmtp.code("QUIT") == 221
    assert lmtp.at_end()


def test_a_recipient_each_a_reply_each(server, lmtp):
    first, second = server.account(), server.account()
    octets = plain("Each")
    taken, done = lmtp.transaction([first[0], "nobody@example.test", second[0]], octets)
    assert (taken, done) == ([250, 550, 250], [250, 250])
    for account in (first, second):
        got, = messages(server, account)
        assert got.endswith(octets)


def test_trace_headers_are_this_copy_s_own(server, lmtp):
    first, second = server.account(), server.account()
    lmtp.transaction([first[0], second[0]], plain("Trace"), sender="bounce+x@example.test")
    for account, other in ((first, second), (second, first)):
        got, = messages(server, account)
        header = got.partition(b"\r\n\r\n")[0]
        assert b"Return-Path: <bounce+x@example.test>\r\n" in header
        assert re.search(rb"(?m)^Received: from tests\.example\.test \(\[127\.0\.0\.1\]\)\s+by \S+ with LMTP\s+id \S+", header)
        assert account[0].encode() in header and other[0].encode() not in header


def test_the_null_sender(server, lmtp, account):
    assert lmtp.transaction([account[0]], plain("Bounce"), sender="") == ([250], [250])
    assert b"Return-Path: <>\r\n" in messages(server, account)[0]


def test_a_sender_with_dots_out_of_place_gets_its_quotes(server, lmtp, account):
    """RFC 5321 4.1.2 has no such dot-string; the relay has taken the mail all the same."""
    assert lmtp.transaction([account[0]], plain("Dots"), sender=".a..b.@example.test") == ([250], [250])
    assert b'Return-Path: <".a..b."@example.test>\r\n' in messages(server, account)[0]


def test_sub_addresses_and_aliases(server, lmtp):
    account = server.account()
    local, domain = account[0].split("@")
    alias = f"alias-{local}@{domain}"
    server.ctl("alias", "add", alias, account[0])
    for recipient in (f"{local}+work@{domain}", alias, account[0].upper(), f'"{local}"@{domain}', f"@relay.test:{account[0]}"):
        assert lmtp.transaction([recipient], plain(recipient.replace('"', "")))[1] == [250], recipient
    assert len(messages(server, account)) == 5


def test_the_same_account_twice_gets_one_copy_and_two_replies(server, lmtp):
    account = server.account()
    alias = "twice-" + account[0]
    server.ctl("alias", "add", alias, account[0])
    assert lmtp.transaction([account[0], alias], plain("Twice")) == ([250, 250], [250, 250])
    assert len(messages(server, account)) == 1


def test_an_alias_of_several_reaches_each(server, lmtp):
    first, second = server.account(), server.account()
    alias = "team-" + first[0]
    for account in (first, second):
        server.ctl("alias", "add", alias, account[0])
    assert lmtp.transaction([alias], plain("Team")) == ([250], [250])
    assert [len(messages(server, account)) for account in (first, second)] == [1, 1]


def test_a_repeat_of_a_transaction_whose_answer_was_lost_adds_nothing(server, account):
    octets = plain("Lost answer")
    for lost in (True, True, False):
        lmtp = Lmtp(server.connect("lmtp"))
        lmtp.code("LHLO tests.example.test")
        _, done = lmtp.transaction([account[0]], octets)
        assert done == [250]
        if lost:
            lmtp.connection.close()  # the client never saw it, as far as the server can know
        else:
            assert lmtp.code("QUIT") == 221
    assert len(messages(server, account)) == 1


def test_the_same_octets_sent_again_on_purpose_arrive_again(server, lmtp, account):
    octets = plain("Again")
    for _ in range(3):
        assert lmtp.transaction([account[0]], octets)[1] == [250]
    assert len(messages(server, account)) == 3


def test_pipelining(server, account):
    lmtp = Lmtp(server.connect("lmtp"))
    octets = plain("Pipelined")
    lmtp.send(f"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{account[0]}>\r\nRCPT TO:<nobody@example.test>\r\nDATA\r\n".encode())
    assert [lmtp.reply()[0] for _ in range(5)] == [250, 250, 250, 550, 354]
    lmtp.send(octets + b".\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n")
    assert [lmtp.reply()[0] for _ in range(4)] == [250, 250, 250, 221]
    assert messages(server, account)[0].endswith(octets)


def test_only_crlf_dot_crlf_ends_the_data(server, lmtp, account):
    inside = (b"Subject: smuggle\r\n\r\none\n.\nMAIL FROM:<evil@example.test>\n.\r\ntwo\r.\r\nthree\r\n.\nfour\r\n")
    assert lmtp.code("MAIL FROM:<>") == 250
    assert lmtp.code(f"RCPT TO:<{account[0]}>") == 250
    assert lmtp.code("DATA") == 354
    lmtp.send(inside + b".\r\n")
    assert lmtp.reply()[0] == 250
    assert lmtp.code("NOOP") == 250
    got, = messages(server, account)
    assert got.endswith(inside.replace(b"\r\n.\n", b"\r\n\n"))


def test_chunking(server, lmtp, account):
    octets = plain("Chunks", "one\r\n.\r\ntwo, no end of line")
    assert lmtp.code("MAIL FROM:<> BODY=8BITMIME") == 250
    assert lmtp.code(f"RCPT TO:<{account[0]}>") == 250
    for start in range(0, len(octets), 50):
        piece = octets[start:start + 50]
        lmtp.send(f"BDAT {len(piece)}\r\n".encode() + piece)
        assert lmtp.reply()[0] == 250
    lmtp.send(b"BDAT 0 LAST\r\n")
    assert lmtp.reply()[0] == 250
    got, = messages(server, account)
    assert got.endswith(octets)


def test_chunks_out_of_place_are_taken_off_the_wire(lmtp):
    lmtp.send(b"BDAT 6\r\nQUIT\r\nNOOP\r\n")
    assert [lmtp.reply()[0] for _ in range(2)] == [503, 250]


def test_smtputf8_and_8bit(server, lmtp):
    account = server.account("gr\u00fc\u00dfe@example.test")
    octets = "Subject: gr\u00fc\u00dfe\r\nTo: gr\u00fc\u00dfe@example.test\r\n\r\n\u00e4\r\n".encode()
    assert lmtp.code("MAIL FROM:<\u00e4@example.test> SMTPUTF8 BODY=8BITMIME SIZE=100") == 250
    assert lmtp.code("RCPT TO:<gr\u00fc\u00dfe@example.test>") == 250
    assert lmtp.code("DATA") == 354
    lmtp.send(octets + b".\r\n")
    assert lmtp.reply()[0] == 250
    got, = messages(server, account)
    assert got.endswith(octets)
    assert b"with UTF8LMTP" in got
    assert lmtp.code(b"RCPT TO:<gr\xfc@example.test>") == 503
    assert lmtp.code("MAIL FROM:<>") == 250
    assert lmtp.code(b"RCPT TO:<gr\xfc@example.test>") == 501


def test_starttls(server, account):
    lmtp = Lmtp(server.connect("lmtp"))
    assert lmtp.code("STARTTLS") == 503
    assert lmtp.code("LHLO x") == 250
    lmtp.send(b"STARTTLS\r\nLHLO injected\r\n")
    assert lmtp.reply()[0] == 220
    lmtp.connection = server.tls_context().wrap_socket(lmtp.connection, server_hostname="localhost")
    lmtp.buffer = b""
    assert lmtp.code("MAIL FROM:<>") == 503, "what was said before TLS does not count"
    assert lmtp.code("LHLO x") == 250
    assert "STARTTLS" not in lmtp.texts
    assert lmtp.code("STARTTLS") == 503
    assert lmtp.transaction([account[0]], plain("Secret")) == ([250], [250])
    assert b"with LMTPS" in messages(server, account)[0]


def test_size_limit(make_server):
    server = make_server({"lmtp": {"max_message_size": "100000"}})
    account = server.account()
    lmtp = Lmtp(server.connect("lmtp"))
    lmtp.code("LHLO x")
    assert "SIZE 100000" in lmtp.texts
    assert lmtp.code("MAIL FROM:<> SIZE=100001") == 552
    assert lmtp.transaction([account[0], account[0]], b"Subject: x\r\n\r\n" + b"x" * 70 * 2000 + b"\r\n")[1] == [552, 552]
    assert lmtp.transaction([account[0]], plain("Small"))[1] == [250]
    assert len(messages(server, account)) == 1
    assert lmtp.code("QUIT") == 221


def test_over_quota(server, lmtp):
    account = server.account()
    server.ctl("account", "set", account[0], "quota_messages=1")
    assert lmtp.transaction([account[0]], plain("One"))[1] == [250]
    taken, done = lmtp.transaction([account[0]], plain("Two"))
    assert (taken, done) == ([452], [])
    assert len(messages(server, account)) == 1


def test_no_recipient_no_data(lmtp):
    assert lmtp.code("DATA") == 503
    assert lmtp.code("MAIL FROM:<>") == 250
    assert lmtp.code("DATA") == 503
    assert lmtp.code("RCPT TO:<nobody@example.test>") == 550
    assert lmtp.texts[0].startswith("5.1.1")
    assert lmtp.code("DATA") == 503
    assert lmtp.code("MAIL FROM:<>") == 503
    assert lmtp.code("RSET") == 250
    assert lmtp.code("MAIL FROM:<>") == 250


def test_small_words(lmtp):
    for word, code in (("NOOP", 250), ("VRFY a@example.test", 252), ("HELP", 214), ("RSET", 250), ("EXPN x", 500), ("", 500),
                       ("NOOP " + "x" * 5000, 500), ("LHLO", 501), ("MAIL FROM:<a@b.test> RET=HDRS", 555)):
        assert lmtp.code(word) == code, word


def test_endless_nonsense_ends(server):
    lmtp = Lmtp(server.connect("lmtp"))
    lmtp.send(b"GET / HTTP/1.1\r\n" * 100)
    codes = []
    with pytest.raises((EOFError, OSError)):
        while True:
            codes.append(lmtp.reply()[0])
    assert codes[-1] == 421


def postmaster_of(server):
    for folder, _, names in os.walk(server.folder):
        if "postmaster.pid" in names:
            with open(os.path.join(folder, "postmaster.pid"), encoding="ascii") as text:
                return int(text.readline())
    raise AssertionError("no managed cluster here")


def test_a_database_that_is_down_is_a_reason_to_come_again(make_server):
    server = make_server(database="managed")
    account = server.account()
    lmtp = Lmtp(server.connect("lmtp"))
    lmtp.code("LHLO x")
    assert lmtp.transaction([account[0]], plain("Before"))[1] == [250]
    os.kill(postmaster_of(server), signal.SIGKILL)
    answers, delivered = [], 1

    def deliver():
        nonlocal delivered
        taken, done = lmtp.transaction([account[0]], plain("After"))
        delivered += done == [250]
        answers.extend(done or taken)
        return answers

    # Server processes outlive their killed parent for a moment, so answers may alternate.
    until(deliver, lambda answers: answers[-3:] == [250] * 3 and 451 in answers)
    assert set(answers) == {250, 451}
    assert len(messages(server, account)) == delivered
