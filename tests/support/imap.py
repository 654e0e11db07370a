"""A small IMAP client for tests that shows every octet: it reads responses whole,
literals included, over any transport (plain, TLS, scripted TLS records)."""
import re
import socket
import ssl
import zlib


class Closed(Exception):
    """The server ended the connection."""


class Transport:
    """A socket, plain or TLS."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, data):
        self.sock.sendall(data)

    def receive(self):
        return self.sock.recv(65536)

    def close(self):
        self.sock.close()


class ScriptedTls:
    """TLS whose record boundaries and packets the test chooses: every item given to
    send_records() is one record (more when over 16 KiB), all in one send."""

    def __init__(self, sock, context, name="localhost"):
        self.sock, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
                self._flush()
                return
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()

    def _flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.sendall(data)

    def _fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise Closed
        self.incoming.write(data)

    def send_records(self, records):
        for record in records:
            if record:
                self.tls.write(record)
        self._flush()

    def send(self, data):
        self.send_records([data])

    def receive(self):
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self._fill()

    def close(self):
        self.sock.close()


class Deflated:
    """Compression over another transport; what comes behind the server's end of it is plain."""

    def __init__(self, below):
        self.below = below
        self.out, self.into = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)

    def send(self, data):
        self.below.send(self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH))

    def send_last(self, data, behind=b""):
        """Ends our compression, and sends more in the clear in the same packet."""
        self.below.send(self.out.compress(data) + self.out.flush(zlib.Z_FINISH) + behind)

    def receive(self):
        while True:
            data = self.below.receive()
            if not data or self.into.eof:
                return data
            text = self.into.decompress(data) + self.into.unused_data
            if text:
                return text

    def close(self):
        self.below.close()


class Imap:
    """imap.command("FETCH 1 FLAGS") -> Reply; raises nothing on NO and BAD."""

    def __init__(self, transport):
        self.transport, self.buffer, self.number = transport, b"", 0
        self.greeting = self.response()

    def _more(self):
        data = self.transport.receive()
        if not data:
            raise Closed
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def octets(self, count):
        pieces, have = [self.buffer], len(self.buffer)
        while have < count:
            self.buffer = b""
            self._more()
            pieces.append(self.buffer)
            have += len(self.buffer)
        whole = b"".join(pieces)
        self.buffer = whole[count:]
        return whole[:count]

    def response(self):
        """One response with its literals in place, without the last CRLF."""
        pieces = []
        while True:
            line = self.line()
            pieces.append(line)
            literal = re.search(rb"~?\{(\d+)\}$", line)
            if not literal:
                return b"".join(pieces)
            pieces += [b"\r\n", self.octets(int(literal.group(1)))]

    def send(self, text):
        """Sends a command; its tag."""
        self.number += 1
        tag = b"t%d" % self.number
        self.transport.send(tag + b" " + (text.encode() if isinstance(text, str) else text) + b"\r\n")
        return tag

    def until(self, tag):
        untagged = []
        while True:
            response = self.response()
            if response.startswith(tag + b" "):
                return Reply(response[len(tag) + 1:], untagged)
            untagged.append(response)

    def command(self, text):
        return self.until(self.send(text))

    def ok(self, text):
        reply = self.command(text)
        assert reply.status == b"OK", (text, reply.text)
        return reply

    def login(self, address, password):
        return self.ok(f'LOGIN "{address}" "{password}"')

    def append(self, mailbox, message, options=""):
        """By a synchronising literal."""
        tag = self.send(f"APPEND {mailbox} {options}{{{len(message)}}}")
        answer = self.response()
        if not answer.startswith(b"+"):
            return Reply(answer[len(tag) + 1:], [])
        self.transport.send(message + b"\r\n")
        return self.until(tag)

    def close(self):
        self.transport.close()


class Reply:
    def __init__(self, text, untagged):
        self.text, self.untagged = text, untagged
        self.status = text.split(b" ", 1)[0]

    def __repr__(self):
        return f"Reply({self.text!r}, {self.untagged!r})"

    def code(self):
        """The response code, like b"APPENDUID 1 2"."""
        found = re.match(rb"\w+ \[([^\]]*)\]", self.text)
        return found.group(1) if found else None

    def having(self, word):
        """The untagged responses that contain the word."""
        return [one for one in self.untagged if word in one]


def fetch_literals(response):
    """{item: octets} of the literals and quoted strings of one FETCH response."""
    found, position = {}, 0
    pattern = re.compile(rb"((?:BODY|BINARY|RFC822)[^ ]*(?:\[[^\]]*\])?(?:<\d+>)?) (?:~?\{(\d+)\}\r\n|\"((?:[^\"\\]|\\.)*)\"|(NIL))")
    while True:
        match = pattern.search(response, position)
        if not match:
            return found
        name = match.group(1)
        if match.group(2) is not None:
            count = int(match.group(2))
            found[name] = response[match.end():match.end() + count]
            assert len(found[name]) == count, "the literal is shorter than announced"
            position = match.end() + count
        else:
            found[name] = None if match.group(4) else re.sub(rb"\\(.)", rb"\1", match.group(3))
            position = match.end()


def open_plain(server):
    return Imap(Transport(server.connect("imap")))


def open_tls(server, context=None):
    return Imap(Transport(server.connect_tls("imaps", context)))


def open_scripted(server, context=None):
    sock = server.connect("imaps")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Imap(ScriptedTls(sock, context or server.tls_context()))


def append_any(imap, octets):
    """The UID of a message of any octets in INBOX: NUL needs a binary literal (RFC 3516)."""
    tag = imap.send(b"APPEND INBOX %s{%d+}\r\n%s" % (b"~" if b"\0" in octets else b"", len(octets), octets))
    reply = imap.until(tag)
    assert reply.status == b"OK", reply
    return int(reply.code().split()[-1])
