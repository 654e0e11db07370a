"""A browser without a screen: cookies, redirects, forms; and meeting mail to open."""
import datetime
import email.message
import email.policy
import email.utils
import html.parser
import http.client
import re
import secrets
import ssl
import urllib.parse

from .server import ANSWER_LIMIT


class Page(html.parser.HTMLParser):
    """What a test asks of a page: title, status, times, lists, links, forms."""

    VOID = ("input", "meta", "link", "br", "hr")

    def __init__(self, text):
        super().__init__()
        self.text, self.heading, self.status, self.words = text, "", "", ""
        self.times, self.links, self.forms, self.items, self._open = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": a.get("action"), "method": a.get("method"), "fields": {}, "buttons": []})
        if tag == "input" and self.forms and (a.get("type") != "checkbox" or "checked" in a):
            self.forms[-1]["fields"][a.get("name")] = a.get("value") or ""
        if tag == "button" and self.forms:
            self.forms[-1]["buttons"].append([a.get("name"), a.get("value"), ""])
        if tag == "time":
            self.times.append(a.get("datetime"))
        if tag == "a":
            self.links.append([a.get("href"), "", a])
        if tag == "li":
            self.items.append("")
        if tag not in self.VOID:
            self._open.append((tag, a))

    def handle_endtag(self, tag):
        assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        self.words += data
        if "h1" in tags:
            self.heading += data
        if any(a.get("role") == "status" for _, a in self._open):
            self.status += data
        if "button" in tags and self.forms:
            self.forms[-1]["buttons"][-1][2] += data
        if "a" in tags:
            self.links[-1][1] += data
        if "li" in tags:
            self.items[-1] += data

    def __repr__(self):
        return f"Page({self.heading!r}, {self.status!r}, {self.words!r})"

    def form(self, button):
        """The form with that button, and the button."""
        for form in self.forms:
            for it in form["buttons"]:
                if it[2].strip() == button:
                    return form, it
        raise AssertionError(f"no button {button!r} on the page headed {self.heading!r}")

    def has_button(self, name):
        return any(it[2].strip() == name for form in self.forms for it in form["buttons"])

    def link(self, name):
        return next(href for href, text, _ in self.links if text.strip() == name)


class Browser:
    def __init__(self, server):
        self.server, self.cookies, self.url, self.page, self.status = server, {}, None, None, None
        self.headers, self.body = None, b""

    def request(self, method, url, body=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection("localhost", parts.port, timeout=ANSWER_LIMIT,
                                                     context=self.server.tls_context())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=ANSWER_LIMIT)
        sent = {"Host": parts.netloc, **(headers or {})}
        cookies = [(place, f"{name}={value}") for (name, place), value in self.cookies.items()
                   if parts.path.startswith(place)]
        if cookies:
            cookies.sort(key=lambda it: -len(it[0]))
            sent["Cookie"] = "; ".join(cookie for _, cookie in cookies)
        path = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        self.body, self.headers, self.status, self.url = answer.read(), answer.headers, answer.status, url
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            place = re.search("; Path=([^;]*)", line).group(1)
            if value := rest.partition(";")[0]:
                self.cookies[name, place] = value
            else:
                self.cookies.pop((name, place), None)
        connection.close()
        return answer.status

    def _follow(self):
        for _ in range(5):
            if self.status not in (303, 308):
                break
            self.request("GET", urllib.parse.urljoin(self.url, self.headers["Location"]))
        kind = self.headers.get("Content-Type", "")
        self.page = Page(self.body.decode()) if kind.startswith("text/html") else None
        return self.page

    def open(self, url):
        self.request("GET", url)
        return self._follow()

    def submit(self, button, headers=None, **values):
        form, pressed = self.page.form(button)
        fields = dict(form["fields"], **values)
        if pressed[0]:
            fields[pressed[0]] = pressed[1]
        self.request("POST", urllib.parse.urljoin(self.url, form["action"]), urllib.parse.urlencode(fields),
                     {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})
        return self._follow()

    def sign_in(self, address, password):
        return self.submit("Sign in", address=address, password=password)


def base(server, scheme="https"):
    return f"{scheme}://localhost:{server.ports[scheme]}/"


def meeting_request(organizer, attendee, **more):
    """(message, uid) of a request for next week, 14:00 to 15:30 in Berlin; times: other lines for that."""
    uid = more.get("uid") or secrets.token_hex(8) + "@example.test"
    day = more.get("day") or datetime.date.today() + datetime.timedelta(days=7)
    title = more.get("title", "Quarterly planning")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.test//EN",
             f"METHOD:{more.get('method', 'REQUEST')}", "BEGIN:VEVENT",
             f"UID:{uid}", f"SEQUENCE:{more.get('sequence', 0)}",
             "DTSTAMP:" + datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
             *more.get("times", [f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T140000",
                                 f"DTEND;TZID=Europe/Berlin:{day:%Y%m%d}T153000"]),
             f"SUMMARY:{title}", f"LOCATION:{more.get('location', 'Room 4')}",
             f"ORGANIZER;CN={more.get('organizer_name', 'Bob Example')}:mailto:{organizer}",
             f"ATTENDEE;CN=Alice Example;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:{attendee}",
             *more.get("lines", []), "END:VEVENT", "END:VCALENDAR", ""]
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = organizer, attendee, "Invitation: planning"
    message["Message-ID"] = email.utils.make_msgid(domain="example.test")
    message["Date"] = email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))
    message.set_content("Please come.\n")
    message.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": more.get("method", "REQUEST")})
    return message.as_bytes(), uid


def link_of(server, address, uid):
    return server.ctl("link", address, uid).stdout.strip()


def invited(server, locale=None, timezone="Europe/Berlin", **more):
    """An account with one invitation from another: a dict of all that a test needs."""
    alice, alice_password = server.account(timezone=timezone, locale=locale)
    bob, bob_password = server.account(timezone=timezone)
    message, uid = meeting_request(more.pop("organizer", bob), alice, **more)
    assert server.deliver(message, [alice], sender=bob) == {}
    return {"alice": alice, "alice_password": alice_password, "bob": bob, "bob_password": bob_password,
            "uid": uid, "link": link_of(server, alice, uid), "message": message}


def raw_request(server, octets, service="http"):
    """The octets that come back until the end."""
    sock = server.connect(service) if service == "http" else server.connect_tls(service)
    with sock:
        sock.sendall(octets)
        answer = b""
        try:
            while piece := sock.recv(65536):
                answer += piece
        except (ConnectionResetError, ssl.SSLError):
            pass
        return answer


def status_of(answer):
    found = re.match(rb"HTTP/1\.1 (\d+) ", answer)
    return int(found.group(1)) if found else None
