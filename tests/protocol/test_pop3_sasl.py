"""Sign-in by tokens and certificates, over POP3 (the same code serves IMAP)."""
import base64
import hashlib
import hmac
import json
import os
import ssl
import subprocess
import time

import pytest

from support.pop3 import Pop3, b64

SECRET = b"a secret of the issuer, long enough"


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def make_token(address, key=SECRET, algorithm="HS256", **changed):
    claims = {"iss": "https://issuer.example.test", "aud": "convoke", "exp": int(time.time()) + 300, "email": address}
    claims.update(changed)
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims))
    return text + "." + base64url(hmac.digest(key, text.encode(), "sha256"))


def readable(server, name, octets):
    path = os.path.join(server.folder, name)
    with open(path, "wb") as out:
        out.write(octets)
    os.chmod(path, 0o644)
    return path


@pytest.fixture(scope="module")
def token_server():
    from support.server import Server
    server = Server({"auth": {"oauth_issuer": "https://issuer.example.test", "oauth_audience": "convoke"}})
    server.settings["auth"]["oauth_key"] = readable(server, "token.key", SECRET)
    server.write_config()
    yield server.start()
    server.destroy()


def bearer(token, authzid=""):
    return b64(f"n,{'a=' + authzid if authzid else ''},\1auth=Bearer {token}\1\1")


def test_a_token_signs_in(token_server):
    address, _ = token_server.account()
    session = Pop3(token_server.connect_tls("pop3s"))
    assert "OAUTHBEARER" in next(line for line in session.lines("CAPA") if line.startswith("SASL "))
    session.ok(f"AUTH OAUTHBEARER {bearer(make_token(address), address)}")
    session.ok("STAT")
    session.ok("QUIT")


@pytest.mark.parametrize("changed", [
    {"exp": 1000000000}, {"aud": "other"}, {"iss": "https://other.example.test"}, {"email": ""},
    {"key": b"another secret, and long enough too"}, {"algorithm": "none"}, {"algorithm": "RS256"},
])
def test_a_token_that_is_not_for_us_does_not(token_server, changed):
    address, _ = token_server.account()
    session = Pop3(token_server.connect_tls("pop3s"))
    reply = session.command(f"AUTH OAUTHBEARER {bearer(make_token(address, **changed))}")
    assert reply.startswith(b"+ ")
    assert json.loads(base64.b64decode(reply[2:])) == {"status": "invalid_token"}
    assert b"[AUTH]" in session.err(b64("\1"))
    session.close()


def test_a_token_of_somebody_else_does_not(token_server):
    mine, other = token_server.account()[0], token_server.account()[0]
    session = Pop3(token_server.connect_tls("pop3s"))
    assert b"[AUTH]" in session.err(f"AUTH OAUTHBEARER {bearer(make_token(mine), other)}")
    session.close()


def test_without_a_key_tokens_are_not_offered(server):
    session = Pop3(server.connect_tls("pop3s"))
    assert "OAUTHBEARER" not in " ".join(session.lines("CAPA"))
    session.err("AUTH OAUTHBEARER")
    session.ok("QUIT")


def client_certificate(server, name, address):
    path = os.path.join(server.folder, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=email:{address}",
                    "-keyout", path + ".key", "-out", path + ".pem"], check=True, stderr=subprocess.DEVNULL)
    os.chmod(path + ".pem", 0o644)
    return path + ".pem", path + ".key"


def test_a_certificate_signs_in_as_its_address_says():
    from support.server import Server
    server = Server()
    try:
        certificate = client_certificate(server, "holder", "holder@example.test")
        stranger = client_certificate(server, "stranger", "holder@example.test")
        server.settings["tls"]["client_ca"] = certificate[0]
        server.write_config()
        server.start()
        server.account("holder@example.test")
        server.account("other@example.test")

        def connect(pair):
            context = server.tls_context()
            if pair:
                context.load_cert_chain(*pair)
            return Pop3(server.connect_tls("pop3s", context))

        session = connect(certificate)
        assert "EXTERNAL" in next(line for line in session.lines("CAPA") if line.startswith("SASL "))
        session.ok("AUTH EXTERNAL =")
        session.ok("QUIT")
        session = connect(certificate)
        assert b"[AUTH]" in session.err(f"AUTH EXTERNAL {b64('other@example.test')}")
        session.ok(f"AUTH EXTERNAL {b64('holder@example.test')}")
        session.ok("QUIT")
        session = connect(None)
        assert "EXTERNAL" not in " ".join(session.lines("CAPA"))
        session.err("AUTH EXTERNAL =")
        session.ok("QUIT")
        try:
            session = connect(stranger)
            assert "EXTERNAL" not in " ".join(session.lines("CAPA"))
        except (ssl.SSLError, OSError, EOFError):
            pass  # refused at the handshake
    finally:
        server.destroy()


def test_digest_of_the_secret_is_not_the_secret(token_server):
    address, _ = token_server.account()
    session = Pop3(token_server.connect_tls("pop3s"))
    token = make_token(address, key=hashlib.sha256(SECRET).digest())
    assert session.command(f"AUTH OAUTHBEARER {bearer(token)}").startswith(b"+ ")
    session.close()
