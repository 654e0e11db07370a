"""The files that came with a meeting's mail, on its page: plain attachments, and those
inside a winmail.dat, which most mail programs can't open."""
import email
import email.policy
import os
import urllib.parse

import pytest

from support.web import Browser, base, meeting_request

NAME = "Übersicht \"Q1\".bin"
OCTETS = bytes(range(256)) * 40


def invite(server, *files):
    """Alice with a meeting whose mail has these (name, type, octets); a browser at its page."""
    alice, password = server.account()
    bob, _ = server.account()
    message, uid = meeting_request(bob, alice)
    message = email.message_from_bytes(message, policy=email.policy.SMTP)
    for name, kind, octets in files:
        message.add_attachment(octets, *kind.split("/"), filename=name)
    assert server.deliver(message.as_bytes(), [alice], sender=bob) == {}
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    browser.sign_in(alice, password)
    browser.link = server.ctl("link", alice, uid).stdout.strip()
    browser.open(browser.link)
    assert browser.status == 200
    return browser


def files_of(browser):
    return [(text, urllib.parse.urljoin(browser.link, href)) for href, text, _ in browser.page.links if "/file/" in href]


def fetch(browser, url):
    browser.request("GET", url)
    return browser.status, browser.headers, browser.body


def test_an_attachment_is_handed_out_octet_for_octet_under_its_name(server):
    browser = invite(server, (NAME, "application/x-thing", OCTETS), ("note.txt", "text/plain", b"plain"))
    (name, url), (other, _) = files_of(browser)
    assert (name, other) == (NAME, "note.txt")
    status, headers, body = fetch(browser, url)
    assert status == 200 and body == OCTETS
    assert headers["Content-Type"] == "application/octet-stream" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''" + urllib.parse.quote(NAME, safe="")


def test_a_file_with_an_endless_name_is_handed_out_under_the_end_of_it(server):
    browser = invite(server, ("ü" * 1000 + ".bin", "application/x-thing", OCTETS))
    (name, url), = files_of(browser)
    status, headers, body = fetch(browser, url)
    assert (status, body) == (200, OCTETS)
    assert name.endswith("üü.bin") and len(name.encode()) <= 255
    assert headers["Content-Disposition"].endswith(urllib.parse.quote("üü.bin"))


def test_a_file_that_a_browser_would_show_is_only_kept(server):
    browser = invite(server, ("page.html", "text/html", b"<script>alert(1)</script>"))
    status, headers, body = fetch(browser, files_of(browser)[0][1])
    assert status == 200 and body == b"<script>alert(1)</script>"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment;")


def test_a_meeting_without_files_shows_none(server):
    browser = invite(server)
    assert files_of(browser) == [] and "Files that came" not in browser.page.words


def test_files_inside_winmail_dat_are_offered(server, corpus):
    with open(os.path.join(corpus, "itip/tnef-mimekit/tnef__two-files.tnef"), "rb") as file:
        browser = invite(server, ("winmail.dat", "application/ms-tnef", file.read()))
    files = files_of(browser)
    assert [name for name, _ in files] == ["AUTHORS", "README"]
    for _, url in files:
        status, _, body = fetch(browser, url)
        assert status == 200 and len(body) > 0 and body.isascii()


@pytest.mark.parametrize("path", ["file/{mail}/1", "file/{mail}/99999999999999999999", "file/0/0", "file/1/0",
                                  "file/{mail}/x", "file/{mail}/-1", "file/x/0"])
def test_what_is_not_there_is_not_found(server, path):
    browser = invite(server, ("note.txt", "text/plain", b"plain"))
    mail = files_of(browser)[0][1].split("/")[-2]
    status, _, _ = fetch(browser, browser.link + "/" + path.format(mail=mail))
    assert status == 404


def test_a_file_is_for_the_one_who_was_invited_only(server):
    browser = invite(server, ("note.txt", "text/plain", b"plain"))
    _, url = files_of(browser)[0]
    stranger, password = server.account()
    other = Browser(server)
    assert other.open(url).heading == "Sign in"
    other.sign_in(stranger, password)
    assert other.request("GET", url) == 403
    # A link of one's own opens no mail of another.
    own = invite(server, ("mine.txt", "text/plain", b"mine"))
    assert own.request("GET", own.link + "/" + "/".join(url.split("/")[-3:])) == 404
