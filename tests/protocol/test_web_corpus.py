"""Foreign meeting mail, delivered, then looked at on the web: every page of every meeting
of the corpus is whole, says its title, its time and its people, and stays harmless; and
what another library reads in a mail, the mail as delivered and its page say."""
import collections
import email
import email.policy
import html.parser
import json
import os
import re
import subprocess
import sys
import warnings

import pytest

from support.imap import fetch_literals, open_plain
from support.web import Browser, base


def messages(corpus):
    for folder, _, names in sorted(os.walk(os.path.join(corpus, "itip"))):
        for name in sorted(names):
            if name.endswith((".tnef", ".dat")):
                continue
            with open(os.path.join(folder, name), "rb") as file:
                yield os.path.relpath(file.name, corpus), re.sub(rb"\r?\n", b"\r\n", file.read())


@pytest.fixture(scope="module")
def reader(server, corpus):
    """An account that was sent the whole corpus, signed in."""
    address, password = server.account(timezone="Europe/Berlin")
    for name, octets in messages(corpus):
        assert server.deliver(octets, [address]) == {}, name
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    browser.sign_in(address, password)
    return address, browser


def test_every_meeting_of_the_corpus_has_a_whole_page(server, reader):
    address, browser = reader
    meetings = server.ctl("meeting", "list", address, as_json=True)
    assert len(meetings) > 30
    for meeting in meetings:
        link = server.ctl("link", address, meeting["uid"]).stdout.strip()
        page = browser.open(link)
        assert browser.status == 200, (meeting, browser.body[:300])
        title = re.sub(r"\s+", " ", page.heading).strip()
        wanted = re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+", "", meeting["title"])
        assert title == re.sub(r"\s+", " ", wanted).strip() or (not wanted.strip() and title), meeting
        assert page.times or "The time is missing." in page.words, meeting
        if meeting["organizer"]:
            assert meeting["organizer"].lower() in page.words.lower(), meeting
        assert page.link("Download .ics")
        assert "<script" not in page.text and "javascript:" not in re.sub(r">[^<]*<", "><", page.text)


def test_every_view_holds_what_the_corpus_brought(server, reader):
    address, browser = reader
    for meeting in server.ctl("meeting", "list", address, as_json=True):
        start = re.search(r"\d{4}-\d{2}-\d{2}", str(meeting["start"]))
        if not start or not "1901" < start.group(0)[:4] < "2199":
            continue
        for view in ("", "week", "day", "agenda"):
            browser.open(f"{base(server)}calendar/{view}?date={start.group(0)}")
            assert browser.status == 200, (view, meeting)


# ---- the same facts, from the calendar to the screen -------------------------------------

class Card(html.parser.HTMLParser):
    """The HTML part's title and rows, as text in the form of the plain one."""

    def __init__(self, text):
        super().__init__()
        self.title, self.rows, self.open, self.in_row = "", [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "th":
            self.rows.append([[""], [""]])
            self.in_row = True
        if tag == "div" and self.in_row:
            self.rows[-1][1].append("")
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}>"
        self.in_row = self.in_row and tag != "tr"

    def handle_data(self, data):
        if "h1" in self.open:
            self.title += data
        if "th" in self.open:
            self.rows[-1][0][-1] += data
        elif "div" in self.open and self.in_row:
            self.rows[-1][1][-1] += data

    def text(self):
        lines = [f"{''.join(label)} {' '.join(' '.join(lines).split())}" for label, lines in self.rows]
        return f"kind: {self.title}\n\n" + "\n".join(lines)


@pytest.fixture(scope="module")
def read_elsewhere(corpus):
    """(path, what we read, the event as python3-icalendar reads it, the facts both agree on)"""
    build = os.environ["CONVOKE_BUILD"]
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "calendar")
    program = os.path.join(build, "tests/unit/calendar/show-facts")
    if not os.path.exists(program):
        pytest.skip("show-facts is not built")
    pytest.importorskip("icalendar")
    warnings.filterwarnings("ignore")
    sys.path.insert(0, here)
    import icalendar_facts
    import meeting_facts
    paths = [os.path.join(corpus, name) for name, _ in messages(corpus)]
    lines = subprocess.run([program] + paths, check=True, capture_output=True).stdout.decode().splitlines()
    found = []
    for ours in map(json.loads, lines):
        try:
            theirs = icalendar_facts.read(meeting_facts.calendar_of(ours["path"]))
        except Exception:  # what it can't read says nothing about us
            continue
        event = meeting_facts.pick(theirs["events"], ours["events"][0])
        if event is not None:
            found.append((ours["path"], ours, event, meeting_facts.agreed_facts(ours, theirs, event)))
    return meeting_facts, found


def delivered(server, accounts, number, octets):
    """The mail as a reader in UTC has it; each meeting's first mail is in the first account, and so on."""
    while len(accounts) <= number:
        accounts.append((*server.account(timezone="UTC", locale="en"), []))
    address, password, got = accounts[number]
    assert server.deliver(octets, [address]) == {}
    got.append(None)
    session = open_plain(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    literals = fetch_literals(session.ok(f"FETCH {len(got)} BODY.PEEK[]").untagged[0])
    session.close()
    return address, email.message_from_bytes(literals[b"BODY[]"], policy=email.policy.default)


def test_what_another_library_reads_stands_in_the_delivered_mail_and_on_its_page(server, read_elsewhere):
    facts, found = read_elsewhere
    seen, accounts, browsers, faults, pages = collections.Counter(), [], {}, [], 0
    for path, ours, event, agreed in found:
        with open(path, "rb") as file:
            octets = re.sub(rb"\r?\n", b"\r\n", file.read())
        address, mail = delivered(server, accounts, seen[ours["uid"]], octets)
        seen[ours["uid"]] += 1
        if not mail["X-Convoke-Meeting"]:
            continue  # sealed, or a bare calendar: left as it came
        texts = [part.get_content().replace("\r\n", "\n") for part in mail.walk() if part.get_content_type() == "text/plain"]
        cards = [Card(part.get_content()) for part in mail.walk() if part.get_content_type() == "text/html"]
        for kind, text in (("text", texts[0]), ("html", cards[0].text())):
            said = dict(ours, text=text, reader=address)
            faults += [(os.path.basename(path), kind, fault) for fault in facts.rendered_faults(said, event, agreed)]
        link = re.search(r"^https?://\S+/m/\S+$", texts[0], re.M)
        if link and ours["method"] == "REQUEST":
            browser = browsers.setdefault(address, Browser(server))
            browser.open(base(server) + "m/" + link.group(0).rsplit("/m/", 1)[1])
            if browser.page.has_button("Sign in"):
                browser.sign_in(*next(a[:2] for a in accounts if a[0] == address))
            pages += 1
            faults += [(os.path.basename(path), "page", fault) for fault in page_faults(facts, browser.page, ours, event, agreed)]
    assert not faults, "\n".join(map(str, faults[:20]))
    assert sum(seen.values()) > 100 and pages > 30, (sum(seen.values()), pages)


def page_faults(facts, page, ours, event, agreed):
    title, words = facts.plain(event["summary"]), facts.plain(page.words)
    if "summary" in agreed and title and facts.plain(page.heading) != title:
        yield f"title {title!r} is not {page.heading!r}"
    when = facts.span_words(event["start"], event["end"], facts.whole_days(ours["path"], event)) if {"start", "end"} <= agreed else ""
    if " to " in when:  # the page says of several days only which
        when = when.removesuffix(", all day")
    if when not in words:
        yield f"when {when!r} not in {words[:300]!r}"
    if "location" in agreed and facts.plain(event["location"]) not in words:
        yield f"where {event['location']!r}"
    if "organizer" in agreed and facts.address(event["organizer"]) not in words.lower():
        yield f"organizer {event['organizer']!r}"
    for person in event["attendees"] if "attendees" in agreed else []:
        answer = facts.ANSWERS.get((person["partstat"] or "").upper(), "not answered yet")
        items = [item.lower() for item in page.items if facts.address(person) in item.lower()]
        if facts.address(person) and not any(answer in item for item in items):
            yield f"{person} not in {page.items!r}"
