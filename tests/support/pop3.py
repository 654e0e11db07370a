"""A POP3 client that hides nothing: lines and octets as they come."""
import base64
import hashlib
import hmac
import secrets


class Pop3:
    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.greeting = self.line()

    def close(self):
        self.connection.close()

    def send(self, octets):
        self.connection.sendall(octets)

    def _fill(self):
        more = self.connection.recv(65536)
        if not more:
            raise EOFError(self.buffer)
        self.buffer += more

    def line(self):
        while b"\r\n" not in self.buffer:
            self._fill()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def body(self):
        """The octets of a multi-line response, stuffing taken off."""
        if not self.buffer.startswith(b".\r\n"):
            while b"\r\n.\r\n" not in self.buffer:
                at = max(0, len(self.buffer) - 4)
                self._fill()
                if b"\r\n.\r\n" in self.buffer[at:]:
                    break
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        raw, _, self.buffer = self.buffer.partition(b"\r\n.\r\n")
        raw = (b"\r\n" + raw + b"\r\n").replace(b"\r\n.", b"\r\n")
        return raw[2:]

    def command(self, text):
        self.send((text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.line()

    def ok(self, text):
        reply = self.command(text)
        assert reply.startswith(b"+OK"), (text, reply)
        return reply

    def err(self, text):
        reply = self.command(text)
        assert reply.startswith(b"-ERR"), (text, reply)
        return reply

    def multi(self, text):
        self.ok(text)
        return self.body()

    def lines(self, text):
        return self.multi(text).decode().split("\r\n")[:-1]

    def login(self, address, password):
        self.ok(f"USER {address}")
        return self.ok(f"PASS {password}")

    def at_end(self):
        """True when the server has closed."""
        try:
            return self.buffer == b"" and self.connection.recv(1) == b""
        except OSError:
            return True


def b64(octets):
    return base64.b64encode(octets if isinstance(octets, bytes) else octets.encode()).decode()


class Scram:
    """SCRAM-SHA-256 as a client (RFC 5802, 7677)."""

    def __init__(self, user, password, binding=None, data=b""):
        self.password, self.data = password.encode(), data
        self.gs2 = f"p={binding},," if binding else "n,,"
        self.bare = f"n={user},r={secrets.token_hex(12)}"

    def first(self):
        return b64(self.gs2 + self.bare)

    def final(self, server_first):
        server = base64.b64decode(server_first).decode()
        fields = dict(f.split("=", 1) for f in server.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c={b64(self.gs2.encode() + self.data)},r={fields['r']}"
        transcript = f"{self.bare},{server},{without}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), transcript, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self.expected = "v=" + b64(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), transcript, "sha256"))
        return b64(f"{without},p={b64(proof)}")

    def verify(self, server_final):
        assert base64.b64decode(server_final).decode() == self.expected
