"""AUTHENTICATE with tokens, certificates and the channel bindings of TLS 1.2 and 1.3."""
import base64
import hashlib
import hmac
import json
import os
import re
import ssl
import subprocess
import time

import pytest

from support.capability import proves
from support.imap import Imap, Transport, open_tls
from support.pop3 import Scram, b64
from support.server import Server
from support.wait import LIMIT

SECRET = b"a secret of the issuer, long enough"


def test_every_argument_may_be_a_string(server, account):
    response = b64("\0" + "\0".join(account))
    for arguments in (f"PLAIN {response}", f'"PLAIN" {response}', f'plain "{response}"', f"PLAIN {{{len(response)}+}}\r\n{response}"):
        imap = open_tls(server)
        assert imap.command("AUTHENTICATE " + arguments).status == b"OK", arguments
        imap.close()


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(address, key=SECRET, **changed):
    claims = {"iss": "https://issuer.example.test", "aud": "convoke", "exp": int(time.time()) + 300, "email": address}
    claims.update(changed)
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return text + "." + base64url(hmac.digest(key, text.encode(), "sha256"))


def bearer(address, authzid="", **changed):
    return b64(f"n,{'a=' + authzid if authzid else ''},\1auth=Bearer {token(address, **changed)}\1\1")


def certificate(server, name, address):
    path = os.path.join(server.folder, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=email:{address}",
                    "-keyout", path + ".key", "-out", path + ".pem"], check=True, stderr=subprocess.DEVNULL)
    os.chmod(path + ".pem", 0o644)
    return path + ".pem", path + ".key"


@pytest.fixture(scope="module")
def sso():
    """A server that takes tokens and client certificates."""
    server = Server({"auth": {"oauth_issuer": "https://issuer.example.test", "oauth_audience": "convoke"}})
    key = os.path.join(server.folder, "token.key")
    with open(key, "wb") as out:
        out.write(SECRET)
    os.chmod(key, 0o644)
    server.holder = certificate(server, "holder", "holder@example.test")
    server.settings["auth"]["oauth_key"] = key
    server.settings["tls"]["client_ca"] = server.holder[0]
    server.write_config()
    try:
        yield server.start()
    finally:
        server.destroy()


@proves("AUTH=OAUTHBEARER")
@pytest.mark.parametrize("initial", [True, False])
def test_a_token_signs_in_with_and_without_initial_response(sso, initial):
    address, _ = sso.account()
    imap = open_tls(sso)
    assert b" AUTH=OAUTHBEARER" in imap.greeting
    if initial:
        imap.ok(f"AUTHENTICATE OAUTHBEARER {bearer(address, address)}")
    else:
        tag = imap.send("AUTHENTICATE OAUTHBEARER")
        assert imap.response() == b"+ "
        imap.transport.send(bearer(address).encode() + b"\r\n")
        assert imap.until(tag).status == b"OK"
    imap.ok("SELECT INBOX")
    imap.close()


@pytest.mark.parametrize("changed", [{"exp": 1000000000}, {"aud": "other"}, {"key": b"another secret, and long enough too"}])
def test_a_token_that_is_not_for_us_is_refused_with_json_and_then_no(sso, changed):
    address, _ = sso.account()
    imap = open_tls(sso)
    tag = imap.send(f"AUTHENTICATE OAUTHBEARER {bearer(address, **changed)}")
    answer = imap.response()
    assert json.loads(base64.b64decode(answer[2:])) == {"status": "invalid_token"}
    imap.transport.send(b64("\1").encode() + b"\r\n")
    reply = imap.until(tag)
    assert reply.status == b"NO" and reply.code() == b"AUTHENTICATIONFAILED"
    assert imap.command("SELECT INBOX").status == b"BAD"
    imap.close()


@proves("AUTH=EXTERNAL")
def test_a_certificate_signs_in_as_its_address_says(sso):
    sso.account("holder@example.test")
    other, _ = sso.account()
    context = sso.tls_context()
    context.load_cert_chain(*sso.holder)
    imap = open_tls(sso, context)
    assert b" AUTH=EXTERNAL" in imap.greeting
    assert imap.command(f"AUTHENTICATE EXTERNAL {b64(other)}").code() == b"AUTHORIZATIONFAILED"
    imap.ok("AUTHENTICATE EXTERNAL =")
    assert imap.ok("GETACL INBOX").having(b"holder@example.test")
    imap.ok("UNAUTHENTICATE")
    tag = imap.send("AUTHENTICATE EXTERNAL")
    assert imap.response() == b"+ "
    imap.transport.send(b64("holder@example.test").encode() + b"\r\n")
    assert imap.until(tag).status == b"OK"
    imap.close()
    imap = open_tls(sso)
    assert b"AUTH=EXTERNAL" not in imap.greeting
    assert imap.command("AUTHENTICATE EXTERNAL =").status == b"NO"
    imap.close()


class Client:
    """openssl s_client as transport: it tells the exporter's octets, which Python's ssl does not."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.ports['imaps']}", "-servername", "localhost",
             "-CAfile", server.certificate, "-tls1_3", "-keymatexport", "EXPORTER-Channel-Binding",
             "-keymatexportlen", "32", "-nocommands", "-ign_eof"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head = b""
        while b"* OK " not in head:
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, head
            head += piece
        self.exporter = bytes.fromhex(re.search(rb"Keying material: ([0-9A-F]{64})", head).group(1).decode())
        self.left = head[head.index(b"* OK "):]

    def receive(self):
        data, self.left = self.left, b""
        while True:
            data = data or os.read(self.process.stdout.fileno(), 65536)
            # Session tickets are reported between the lines.
            data = re.sub(rb"(?s)---\nPost-Handshake.*?read R BLOCK\n", b"", data)
            if data:
                return data

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(LIMIT)


@pytest.mark.parametrize("honest", [True, False])
def test_scram_bound_to_the_exporter_of_tls_1_3(server, account, honest):
    client = Client(server)
    imap = Imap(client)
    data = client.exporter if honest else hashlib.sha256(client.exporter).digest()
    scram = Scram(*account, binding="tls-exporter", data=data)
    tag = imap.send(f"AUTHENTICATE SCRAM-SHA-256-PLUS {scram.first()}")
    imap.transport.send(scram.final(imap.response()[2:]).encode() + b"\r\n")
    if honest:
        scram.verify(imap.response()[2:])
        imap.transport.send(b"\r\n")
        assert imap.until(tag).status == b"OK"
        imap.ok("SELECT INBOX")
    else:
        assert imap.until(tag).code() == b"AUTHENTICATIONFAILED"
    imap.ok("LOGOUT")
    imap.close()


def authenticate_bound(imap, scram):
    """AUTHENTICATE with -PLUS; the tagged reply."""
    tag = imap.send(f"AUTHENTICATE SCRAM-SHA-256-PLUS {scram.first()}")
    answer = imap.response()
    if not answer.startswith(b"+ "):
        assert answer.startswith(tag)
        return answer
    imap.transport.send(scram.final(answer[2:]).encode() + b"\r\n")
    answer = imap.response()
    if answer.startswith(b"+ "):
        scram.verify(answer[2:])
        imap.transport.send(b"\r\n")
        answer = imap.response()
    return answer


@pytest.mark.parametrize("resumed, honest", [(False, True), (True, True), (False, False)])
def test_scram_bound_to_the_first_finished_of_tls_1_2(server, account, resumed, honest):
    """"tls-unique" (RFC 5929), which RFC 5802 asks every server for."""
    context = server.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    sock = server.connect_tls("imaps", context)
    if resumed:
        assert b" OK " in sock.recv(4096)  # the ticket has come
        sock, first = context.wrap_socket(server.connect("imaps"), server_hostname="localhost", session=sock.session), sock
        first.close()
    assert sock.session_reused == resumed
    data = sock.get_channel_binding("tls-unique")
    imap = Imap(Transport(sock))
    answer = authenticate_bound(imap, Scram(*account, binding="tls-unique", data=data if honest else data[::-1]))
    assert answer.split()[1] == (b"OK" if honest else b"NO"), answer
    imap.close()


def test_there_is_no_first_finished_to_bind_to_in_tls_1_3(server, account):
    imap = open_tls(server)
    assert imap.transport.sock.version() == "TLSv1.3"
    answer = authenticate_bound(imap, Scram(*account, binding="tls-unique", data=b"x" * 12))
    assert answer.split()[1] != b"OK", answer
    imap.close()


def test_scram_notices_a_stripped_channel_binding(server, account):
    """A client that could bind, and believes that the server can't ('y'), is being lied to."""
    imap = open_tls(server)
    scram = Scram(*account)
    first = base64.b64decode(scram.first())
    assert first.startswith(b"n,,")
    reply = imap.command(f"AUTHENTICATE SCRAM-SHA-256 {b64(b'y' + first[1:])}")
    assert (reply.status, reply.code()) == (b"NO", b"AUTHENTICATIONFAILED"), reply
    imap.close()


@pytest.mark.parametrize("line, status", [
    ("PLAIN AGE", b"BAD"), ("PLAIN AG=E", b"BAD"), ("PLAIN A!E=", b"BAD"), ("PLAIN ====", b"BAD"), ("PLAIN AGF=", b"BAD"),
    ("PLAIN *", b"BAD"), ("PLAIN a b", b"BAD"), ("PLAIN =", b"NO"), (f"PLAIN {b64('no zero')}", b"NO"),
    (f"PLAIN {b64(chr(0) + 'a' + chr(0))}", b"NO"), (f"SCRAM-SHA-256 {b64('n,,r=abc')}", b"NO"),
    (f"SCRAM-SHA-256 {b64('n,,m=new,n=a,r=abc')}", b"NO"), (f"SCRAM-SHA-256-PLUS {b64('n,,n=a,r=abc')}", b"NO"),
    (f"SCRAM-SHA-256-PLUS {b64('p=tls-new,,n=a,r=abc')}", b"NO"), ("NEW", b"NO"), ("", b"BAD"),
])
def test_what_is_no_base64_is_bad_and_what_the_mechanism_refuses_is_no(server, line, status):
    imap = open_tls(server)
    assert imap.command(f"AUTHENTICATE {line}").status == status
    assert imap.ok("NOOP")
    imap.close()


def test_a_disabled_account_says_so_to_its_owner_only(server):
    address, password = server.account()
    server.ctl("account", "set", address, "disabled=yes")
    imap = open_tls(server)
    assert imap.command(f'LOGIN "{address}" wrong').code() == b"AUTHENTICATIONFAILED"
    assert imap.command(f'LOGIN "{address}" "{password}"').code() == b"CONTACTADMIN"
    imap.close()


def test_a_client_may_name_the_alias_it_signs_in_by(server, account):
    address, password = account
    alias = "alias-of-" + address
    server.ctl("alias", "add", alias, address)
    for authzid, status in ((alias, b"OK"), (address, b"OK"), (server.account()[0], b"NO")):
        imap = open_tls(server)
        reply = imap.command(f"AUTHENTICATE PLAIN {b64(chr(0).join((authzid, alias, password)))}")
        assert reply.status == status, reply
        imap.close()


@pytest.mark.parametrize("line", [b"*", b"AGE", b"A" * 100_000])
def test_lines_that_are_no_base64_are_bad_too(server, account, line):
    imap = open_tls(server)
    tag = imap.send("AUTHENTICATE PLAIN")
    assert imap.response() == b"+ "
    imap.transport.send(line + b"\r\n")
    assert imap.until(tag).status == b"BAD"
    imap.login(*account)
    imap.close()
