"""The demonstration behind ./quickstart: a private convoked on loopback, two
accounts, one meeting request, its link, its answer.  Every step checks what it
shows; the first thing that is not as it should be ends it with status 1."""
import argparse
import contextlib
import datetime
import email
import email.policy
import html.parser
import http.client
import imaplib
import os
import pwd
import re
import secrets
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse

PORTS = {"IMAP": 143, "IMAPS": 993, "POP3": 110, "POP3S": 995, "LMTP": 24, "HTTP": 80, "HTTPS": 443}
PEOPLE = ("alice@example.test", "bob@example.test")
TITLE = "Quarterly planning"


class Wrong(Exception):
    """Something is not as it should be."""


def say(text=""):
    print(text, flush=True)


def unprivileged_user():
    """Who the daemon runs as when this is started by root."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def prepare(folder, ports):
    os.makedirs(folder, exist_ok=True)
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    if not os.path.exists(certificate):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "365", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
    config = os.path.join(folder, "convoke.conf")
    with open(config, "w", encoding="utf-8") as out:
        out.write(f"""# Made by quickstart; every setting is described in convoke.conf(5).
[server]
state_dir = state
user = {unprivileged_user()}
default_domain = example.test
log_file = convoked.log

[database]
url = managed

[tls]
certificate = certificate.pem
private_key = key.pem

[imap]
listen = 127.0.0.1:{ports['IMAP']}
tls_listen = 127.0.0.1:{ports['IMAPS']}

[pop3]
listen = 127.0.0.1:{ports['POP3']}
tls_listen = 127.0.0.1:{ports['POP3S']}

[lmtp]
listen = 127.0.0.1:{ports['LMTP']}

[web]
listen = 127.0.0.1:{ports['HTTP']}
tls_listen = 127.0.0.1:{ports['HTTPS']}
url_protocol = https:
host = localhost:{ports['HTTPS']}
""")
    if os.geteuid() == 0:
        owner = pwd.getpwnam(unprivileged_user())
        for where in (folder, certificate, key, config):
            os.chown(where, owner.pw_uid, owner.pw_gid)
    return config


class Daemon:
    def __init__(self, build, folder, config):
        self.program = os.path.join(build, "gateway", "convoked")
        self.tool = os.path.join(build, "ctl", "convokectl")
        self.folder, self.config = folder, config
        self.process = None

    def ctl(self, *words, stdin="", allowed=(0,)):
        done = subprocess.run([self.tool, "-c", self.config, *words], input=stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in allowed:
            raise Wrong(f"convokectl {' '.join(words)} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def start(self):
        self.ctl("check-config")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"\0convoke-quickstart-{os.getpid()}"
        notify.bind(address)
        notify.settimeout(0.5)
        self.output = open(os.path.join(self.folder, "output.log"), "ab")
        self.process = subprocess.Popen([self.program, "-c", self.config, "--foreground"], start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
                                        env=dict(os.environ, NOTIFY_SOCKET="@" + address[1:]))
        self._await_ready(notify)
        notify.close()

    def _await_ready(self, notify):
        for _ in range(240):
            try:
                if b"READY=1" in notify.recv(4096):
                    return
            except socket.timeout:
                if self.process.poll() is not None:
                    raise Wrong(f"convoked ended at once; see {self.folder}/convoked.log and output.log")
        raise Wrong("convoked was not ready within two minutes")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Wrong("convoked did not end within a minute after SIGTERM")


def make_accounts(daemon, folder):
    path = os.path.join(folder, "accounts")
    passwords = {}
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as text:
        passwords = dict(line.split() for line in text if line.strip())
    known = daemon.ctl("account", "list").stdout
    for address, zone in zip(PEOPLE, ("Europe/Berlin", "America/New_York")):
        if address in known and address in passwords:
            continue
        passwords[address] = secrets.token_urlsafe(12)
        if address in known:
            daemon.ctl("account", "passwd", address, stdin=passwords[address] + "\n")
        else:
            daemon.ctl("account", "add", address, "--timezone", zone, stdin=passwords[address] + "\n")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{address} {passwords[address]}\n" for address in PEOPLE)
    return passwords


def meeting_request(uid, title=TITLE, days=14):
    start = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).replace(
        hour=12, minute=0, second=0, microsecond=0)
    start += datetime.timedelta(days=(1 - start.weekday()) % 7)  # a Tuesday: nobody meets on Sundays
    stamp = "%Y%m%dT%H%M%SZ"
    calendar = "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.test//quickstart//EN", "METHOD:REQUEST",
        "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{datetime.datetime.now(datetime.timezone.utc):{stamp}}",
        f"DTSTART:{start:{stamp}}", f"DTEND:{start + datetime.timedelta(minutes=90):{stamp}}",
        f"SUMMARY:{title}", "LOCATION:Room 4", "SEQUENCE:0", "STATUS:CONFIRMED",
        "DESCRIPTION:What we do in the next three months.",
        "ORGANIZER;CN=Bob:mailto:bob@example.test",
        "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:bob@example.test",
        "ATTENDEE;CN=Alice;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test",
        "END:VEVENT", "END:VCALENDAR", ""])
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Bob <bob@example.test>", "Alice <alice@example.test>"
    message["Subject"], message["Message-ID"] = title, f"<{uid}>"
    message["Date"] = email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))
    message.set_content("Dear Alice, shall we plan the next quarter?\n")
    message.add_alternative(calendar.encode(), maintype="text", subtype="calendar",
                            params={"method": "REQUEST", "charset": "utf-8"}, cte="8bit")
    return message.as_bytes()


def deliver(ports, message):
    with smtplib.LMTP("127.0.0.1", ports["LMTP"]) as lmtp:
        refused = lmtp.sendmail("bob@example.test", ["alice@example.test"], message)
    if refused:
        raise Wrong(f"LMTP refused the message: {refused}")


class Mailbox:
    """An IMAP client over TLS that trusts the certificate in the run folder."""

    def __init__(self, ports, context, address, password):
        self.imap = imaplib.IMAP4_SSL("127.0.0.1", ports["IMAPS"], ssl_context=context)
        self.imap.login(address, password)
        self.imap.select("INBOX", readonly=True)

    def last(self, needle):
        """The newest message that has the words in its text."""
        _, found = self.imap.search(None, "TEXT", f'"{needle}"')
        numbers = found[0].split()
        if not numbers:
            return None
        _, data = self.imap.fetch(numbers[-1].decode(), "(BODY.PEEK[])")
        return email.message_from_bytes(data[0][1], policy=email.policy.default)

    def close(self):
        with contextlib.suppress(Exception):
            self.imap.logout()


class Page(html.parser.HTMLParser):
    """Title, status, forms and buttons of a page, and its readable text."""

    def __init__(self, text):
        super().__init__()
        self.heading, self.status, self.words, self.forms = "", "", [], []
        self.inside, self.skip = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag in ("style", "head"):
            self.skip += 1
        if tag == "form":
            self.forms.append({"action": a.get("action", ""), "fields": {}, "buttons": []})
        if tag == "input" and self.forms and a.get("name"):
            self.forms[-1]["fields"][a["name"]] = a.get("value", "")
        if tag == "button" and self.forms:
            self.forms[-1]["buttons"].append([a.get("name"), a.get("value"), ""])
        if tag not in ("input", "meta", "link", "br", "img", "hr"):
            self.inside.append((tag, a.get("role")))

    def handle_endtag(self, tag):
        if tag in ("style", "head"):
            self.skip -= 1
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.skip or not data.strip():
            return
        self.words.append(" ".join(data.split()))
        tags = [tag for tag, _ in self.inside]
        if "h1" in tags:
            self.heading += data.strip()
        if any(role == "status" for _, role in self.inside):
            self.status += data.strip() + " "
        if "button" in tags and self.forms and self.forms[-1]["buttons"]:
            self.forms[-1]["buttons"][-1][2] += data.strip()

    def form_with(self, name):
        """(form, button) by the button's words or by a field's name."""
        for form in self.forms:
            for button in form["buttons"]:
                if button[2] == name:
                    return form, button
            if name in form["fields"]:
                return form, (form["buttons"] or [[None, None, ""]])[0]
        return None, None


class Browser:
    """Just enough of one: cookies, redirects, forms."""

    def __init__(self, context):
        self.context, self.cookies, self.url = context, {}, None

    def _request(self, method, url, body=None):
        parts = urllib.parse.urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        more = {"context": self.context} if parts.scheme == "https" else {}
        connection = kind(parts.hostname, parts.port, timeout=30, **more)
        headers = {"Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"{parts.scheme}://{parts.netloc}"
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name.strip()] = rest.split(";", 1)[0]
        connection.close()
        return answer, text

    def open(self, url, method="GET", body=None):
        for _ in range(6):
            answer, text = self._request(method, url, body)
            self.url = url
            if answer.status not in (301, 302, 303, 307, 308):
                return answer.status, Page(text)
            url = urllib.parse.urljoin(url, answer.headers["Location"])
            if answer.status in (301, 302, 303):
                method, body = "GET", None
        raise Wrong(f"{url} redirects without end")

    def submit(self, form, button, **values):
        fields = dict(form["fields"], **values)
        if button and button[0]:
            fields[button[0]] = button[1] or ""
        return self.open(urllib.parse.urljoin(self.url, form["action"] or self.url), "POST",
                         urllib.parse.urlencode(fields))


def text_of(message, subtype):
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}":
            return part.get_content().replace("\r\n", "\n")
    raise Wrong(f"the delivered message has no text/{subtype}")


def show_message(message):
    say("Alice's mail program shows:")
    say()
    for line in text_of(message, "plain").splitlines():
        say("    " + line)
    kinds = [p.get_content_type() for p in message.walk()]
    if "text/html" not in kinds or "text/calendar" not in kinds:
        raise Wrong(f"the delivered message has {kinds}, without text/html or text/calendar")


def open_link(link, context, address, password):
    browser = Browser(context)
    status, page = browser.open(link)
    if status not in (200, 401):
        raise Wrong(f"{link} answered {status}")
    form, button = page.form_with("password")
    if form is None:
        raise Wrong("the link shows no sign-in form")
    name = next((n for n in form["fields"] if n in ("address", "user", "username", "email")), "address")
    status, page = browser.submit(form, button, password=password, **{name: address})
    if status != 200 or TITLE not in page.heading:
        raise Wrong(f"after signing in the page answers {status} and is headed {page.heading!r}")
    return browser, page


def accept(browser, page):
    form, button = page.form_with("Accept")
    if form is None:
        raise Wrong("the page has no button named Accept")
    status, page = browser.submit(form, button)
    if status != 200 or "accept" not in page.status.lower():
        raise Wrong(f"after Accept the page answers {status}, status {page.status!r}")
    return page


def await_reply(ports, context, password):
    """Bob's mailbox gets Alice's answer; the queue needs a moment."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        mailbox = Mailbox(ports, context, "bob@example.test", password)
        message = mailbox.last("METHOD:REPLY") or mailbox.last("accepted")
        mailbox.close()
        if message is not None:
            return message
        time.sleep(0.25)
    raise Wrong("Alice's answer did not reach Bob's mailbox within 30 seconds")


def demonstrate(daemon, ports, folder):
    passwords = make_accounts(daemon, folder)
    context = ssl.create_default_context(cafile=os.path.join(folder, "certificate.pem"))
    uid = f"{secrets.token_hex(8)}@example.test"
    deliver(ports, meeting_request(uid))
    say("Bob's meeting request was taken in by LMTP.")
    mailbox = Mailbox(ports, context, "alice@example.test", passwords["alice@example.test"])
    message = mailbox.last(TITLE)
    mailbox.close()
    if message is None:
        raise Wrong("the meeting request is not in Alice's INBOX")
    show_message(message)
    links = re.findall(r"^(https?://\S+/m/\S+)$", text_of(message, "plain"), re.M)
    if len(links) != 1 or links[0] not in text_of(message, "html"):
        raise Wrong(f"expected one link, on a line of its own and in the HTML part; found {links}")
    printed = daemon.ctl("link", "alice@example.test", uid).stdout.strip()
    if printed != links[0]:
        raise Wrong(f"convokectl link prints {printed}, the message has {links[0]}")
    browser, page = open_link(links[0], context, "alice@example.test", passwords["alice@example.test"])
    say()
    say(f"The link, opened and signed in to, shows \"{page.heading}\"; her answer: {page.status.strip()}")
    page = accept(browser, page)
    say(f"After Accept: {page.status.strip()}")
    reply = await_reply(ports, context, passwords["bob@example.test"])
    say(f"Bob has received: {reply['Subject']}")
    # A second request, unanswered, for whoever wants to try the link by hand.
    deliver(ports, meeting_request(f"{secrets.token_hex(8)}@example.test", "Review of the plan", 21))
    return passwords


def print_addresses(ports, folder, passwords):
    say()
    say("Everything is up:")
    for name in ("IMAP", "IMAPS", "POP3", "POP3S", "LMTP"):
        say(f"  {name:6} 127.0.0.1:{ports[name]}")
    say(f"  web    http://localhost:{ports['HTTP']}/  https://localhost:{ports['HTTPS']}/calendar/")
    for address in PEOPLE:
        say(f"  account {address}  password {passwords[address]}")
    say(f"  certificate, accounts, settings and log: {folder}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port-base", type=int, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    ports = {name: options.port_base + number for name, number in PORTS.items()}
    folder = os.path.abspath(options.dir)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Started in the background of a script it would begin with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    daemon = Daemon(options.build, folder, prepare(folder, ports))
    status = 0
    try:
        say(f"Starting convoked in {folder}")
        daemon.start()
        passwords = demonstrate(daemon, ports, folder)
        print_addresses(ports, folder, passwords)
        if not options.check:
            say()
            say("Ctrl-C ends it.")
            daemon.process.wait()
            raise Wrong("convoked has ended by itself")
    except KeyboardInterrupt:
        say()
    except (Wrong, OSError, imaplib.IMAP4.error, smtplib.SMTPException, subprocess.CalledProcessError) as wrong:
        print(f"quickstart: {wrong}", file=sys.stderr)
        status = 1
    finally:
        say("Stopping")
        daemon.stop()
    if options.check:
        say("quickstart: all as it should be" if status == 0 else "quickstart: NOT as it should be")
    return status


sys.exit(main())
