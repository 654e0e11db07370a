"""Foreign meeting mail, delivered, then looked at on the web: every page of every meeting
of the corpus is whole, says its title, its time and its people, and stays harmless."""
import os
import re

import pytest

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
