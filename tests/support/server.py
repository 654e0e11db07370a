"""A private convoked on loopback for tests: free ports, a certificate of its own, a
fresh database; READY is awaited by sd_notify, never by sleeping."""
import contextlib
import itertools
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile

from . import postgres

SOURCE = os.environ.get("CONVOKE_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CONVOKE_BUILD") or os.path.join(SOURCE, "build")
CONVOKED = os.path.join(BUILD, "gateway", "convoked")
CONVOKECTL = os.path.join(BUILD, "ctl", "convokectl")
READY_LIMIT = END_LIMIT = ANSWER_LIMIT = 120  # seconds; a daemon that takes longer hangs, however busy the machine is
NAMES = ("imap", "imaps", "pop3", "pop3s", "lmtp", "http", "https", "metrics")


def port_is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


PORTS, BLOCK = range(10000, 30000), 100  # below those that the kernel gives to connections
_claims = []


def _candidates():
    """Ports in blocks that no other process of tests has: it holds a name in the kernel for each, to
    its end, for a port may stay free for a while before its daemon takes it, or while that is stopped."""
    for first in itertools.cycle(PORTS[::BLOCK]):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0convoke-test-ports-{first}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        yield from range(first, first + BLOCK)


_ports = filter(port_is_free, _candidates())


def free_ports(count):
    """Ports free at this moment; none is given out twice."""
    return list(itertools.islice(_ports, count))


def make_certificate(folder, name="localhost"):
    certificate, key = os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate,
                    "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1,IP:::1"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate, key


class Server:
    """settings: {"section": {"key": "value"}} over the defaults of a test server; a
    value of None leaves the key out.  database: None for a fresh database in the
    shared cluster (CONVOKE_TEST_PG), or "managed"."""

    def __init__(self, settings=None, database=None):
        self.folder = tempfile.mkdtemp(prefix="convoke-test-")
        self.ports = dict(zip(NAMES, free_ports(len(NAMES))))
        self.certificate, self.key = make_certificate(self.folder)
        self.config_file = os.path.join(self.folder, "convoke.conf")
        self.log_file = os.path.join(self.folder, "log")
        self.process = None
        self.accounts = {}
        self._own_cluster = None
        self.database = database or self._fresh_database()
        self.settings = self._settings(settings or {})
        self.write_config()

    def _fresh_database(self):
        if "CONVOKE_TEST_PG" not in os.environ:
            self._own_cluster = postgres.Cluster()
            base = self._own_cluster.__enter__().url
        else:
            base = os.environ["CONVOKE_TEST_PG"]
        name = "t" + secrets.token_hex(8)
        subprocess.run(["psql", "-q", base, "-c", f"create database {name}"], check=True)
        return base.replace("dbname=postgres", f"dbname={name}")

    def _settings(self, changed):
        p = self.ports
        settings = {
            "server": {"state_dir": os.path.join(self.folder, "state"), "user": "nobody",
                       "default_domain": "example.test", "threads": "2", "workers": "6",
                       "log_level": "info"},
            "database": {"url": self.database},
            "tls": {"certificate": self.certificate, "private_key": self.key},
            "imap": {"listen": f"127.0.0.1:{p['imap']}", "tls_listen": f"127.0.0.1:{p['imaps']}"},
            "pop3": {"listen": f"127.0.0.1:{p['pop3']}", "tls_listen": f"127.0.0.1:{p['pop3s']}"},
            "lmtp": {"listen": f"127.0.0.1:{p['lmtp']}"},
            "web": {"listen": f"127.0.0.1:{p['http']}", "tls_listen": f"127.0.0.1:{p['https']}",
                    "metrics_listen": f"127.0.0.1:{p['metrics']}", "host": f"localhost:{p['https']}"},
        }
        for section, keys in changed.items():
            settings.setdefault(section, {}).update(keys)
        return settings

    def write_config(self):
        with open(self.config_file, "w", encoding="utf-8") as out:
            for section, keys in self.settings.items():
                out.write(f"[{section}]\n")
                out.writelines(f"{k} = {v}\n" for k, v in keys.items() if v is not None)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody").pw_uid
            for where in (self.folder, self.config_file, self.certificate, self.key):
                os.chown(where, nobody, -1)

    def start(self):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = os.path.join(self.folder, "notify")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address)
        notify.bind(address)
        os.chmod(address, 0o777)
        notify.settimeout(READY_LIMIT)
        self.log = open(self.log_file, "ab")
        self.process = subprocess.Popen([CONVOKED, "-c", self.config_file, "--foreground"],
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env=dict(os.environ, NOTIFY_SOCKET=address), start_new_session=True)
        try:
            while b"READY=1" not in self._wait_notice(notify):
                pass
        finally:
            notify.close()
        return self

    def _wait_notice(self, notify):
        """The next notice; an error as soon as the daemon has ended."""
        notify.settimeout(0.2)
        for _ in range(READY_LIMIT * 5):
            try:
                return notify.recv(4096)
            except socket.timeout:
                if self.process.poll() is not None:
                    raise RuntimeError(f"convoked ended with {self.process.returncode}:\n{self.read_log()[-4000:]}")
        raise RuntimeError("convoked did not become ready:\n" + self.read_log()[-4000:])

    def read_log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as text:
            return text.read()

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            status = self.process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("convoked did not end:\n" + self.read_log()[-4000:])
        finally:
            self.log.close()
            self.process = None
        return status

    def destroy(self):
        try:
            self.stop()
        finally:
            if self._own_cluster is not None:
                self._own_cluster.__exit__()
            if os.environ.get("CONVOKE_KEEP"):
                print("kept", self.folder)
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def ctl(self, *arguments, stdin="", check=True, as_json=False):
        command = [CONVOKECTL, "-c", self.config_file, *(["--json"] if as_json else []), *arguments]
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=300)
        if check and done.returncode != 0:
            raise RuntimeError(f"convokectl {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if as_json else done

    def account(self, address=None, timezone=None, locale=None):
        """A new account; (address, password)."""
        address = address or f"u{secrets.token_hex(5)}@example.test"
        password = secrets.token_urlsafe(12)
        options = (["--timezone", timezone] if timezone else []) + (["--locale", locale] if locale else [])
        self.ctl("account", "add", address, *options, stdin=password + "\n")
        self.accounts[address] = password
        return address, password

    def tls_context(self):
        return ssl.create_default_context(cafile=self.certificate)

    def connect(self, service):
        """A plain socket to one of NAMES."""
        return socket.create_connection(("127.0.0.1", self.ports[service]), timeout=ANSWER_LIMIT)

    def connect_tls(self, service, context=None):
        return (context or self.tls_context()).wrap_socket(self.connect(service), server_hostname="localhost")

    def deliver(self, message, recipients, sender="sender@example.test"):
        """By LMTP; {recipient: (code, text)} of the refused ones."""
        import smtplib
        if isinstance(message, str):
            message = message.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            try:
                return lmtp.sendmail(sender, recipients, message)
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients
