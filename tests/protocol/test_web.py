"""The web over the wire: who sees what, what may change anything, headers, and the
request check in front of it all."""
import datetime
import hashlib
import http.client
import imaplib
import re
import subprocess
import urllib.parse

import pytest

from support.server import ANSWER_LIMIT
from support.wait import until
from support.web import Browser, base, invited, link_of, meeting_request, raw_request, status_of

# To come, whenever the tests are run; and in winter time everywhere.
DAY, NEXT_DAY = (f"{datetime.date.today().year + 1}-03-{day}" for day in ("02", "03"))


@pytest.fixture
def party(server):
    return invited(server)


def signed_in(server, party, who="alice"):
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    browser.sign_in(party[who], party[who + "_password"])
    assert browser.status == 200
    return browser


def test_the_link_shows_nothing_before_signing_in(server, party):
    browser = Browser(server)
    page = browser.open(party["link"])
    assert browser.status == 200
    assert page.heading == "Sign in"
    assert "Quarterly" not in page.text and party["alice"] not in page.text and party["bob"] not in page.text


def test_an_unknown_link_looks_the_same_before_signing_in_and_is_nothing_after(server, party):
    browser = Browser(server)
    known = browser.open(party["link"]).text
    unknown_url = party["link"][:-6] + "AAAAAA"
    other = Browser(server)
    unknown = other.open(unknown_url).text
    strip = lambda text: re.sub(r'value="[^"]*"', "", text)
    assert strip(known) == strip(unknown)
    other.sign_in(party["alice"], party["alice_password"])
    assert other.status == 404


def test_the_page_tells_the_meeting_as_the_contract_names_it(server, party):
    browser = Browser(server)
    browser.open(party["link"])
    page = browser.sign_in(party["alice"], party["alice_password"])
    assert browser.status == 200
    assert page.heading == "Quarterly planning"
    assert len(page.times) >= 2 and "T14:00+0" in page.times[0] and "T15:30+0" in page.times[1]
    assert any(party["bob"] in item for item in page.items)
    assert any(party["alice"] in item for item in page.items)
    assert page.status == "You have not answered yet."
    form, _ = page.form("Accept")
    assert form["method"] == "post" and page.has_button("Tentative") and page.has_button("Decline")
    assert page.link("Download .ics").endswith("/invite.ics")
    assert "Room 4" in page.words


@pytest.mark.parametrize("button,status", [("Accept", "You have accepted."),
                                           ("Tentative", "You have accepted tentatively."),
                                           ("Decline", "You have declined.")])
def test_an_answer_changes_the_calendar_and_reaches_the_organizer(server, party, button, status):
    browser = Browser(server)
    browser.open(party["link"])
    browser.sign_in(party["alice"], party["alice_password"])
    page = browser.submit(button, comment="I am coming by train")
    assert browser.status == 200 and page.status == status
    assert browser.open(party["link"]).status == status
    with imaplib.IMAP4_SSL("localhost", server.ports["imaps"], ssl_context=server.tls_context()) as imap:
        imap.login(party["bob"], party["bob_password"])
        imap.select("INBOX")
        found = until(lambda: imap.noop() and imap.search(None, "ALL")[1][0].split())
        assert len(found) == 1
        reply = imap.fetch(found[0], "(BODY[])")[1][0][1]
    assert b"METHOD:REPLY" in reply or b"method=REPLY" in reply


def test_get_and_head_never_change_anything(server, party):
    browser = signed_in(server, party)
    browser.open(party["link"])
    token = party["link"].rsplit("/", 1)[1]
    for verb in ("answer", "delegate", "propose", "apply", "hide", "cancel", "proposal", "invite"):
        for method in ("GET", "HEAD"):
            browser.request(method, f"{base(server)}m/{token}/{verb}?answer=ACCEPTED&message=1")
            assert browser.status == 405 and browser.headers["Allow"] == "POST", (method, verb)
    for method in ("GET", "HEAD"):
        browser.request(method, party["link"] + "?answer=ACCEPTED")
        browser.request(method, base(server) + "sign-out")
        assert browser.status == 405
    assert browser.open(party["link"]).status == "You have not answered yet."


@pytest.mark.parametrize("case", ["no token", "wrong token", "other session's token", "other site", "no form"])
def test_a_form_that_is_not_ours_changes_nothing(server, party, case):
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    form, _ = page.form("Accept")
    fields = dict(form["fields"], answer="ACCEPTED")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if case == "no token":
        del fields["csrf"]
    if case == "wrong token":
        fields["csrf"] = "A" * len(fields["csrf"])
    if case == "other session's token":
        other = signed_in(server, party)
        fields["csrf"] = other.open(party["link"]).form("Accept")[0]["fields"]["csrf"]
    if case == "other site":
        headers["Sec-Fetch-Site"] = "cross-site"
    if case == "no form":
        headers["Content-Type"] = "text/plain"
    browser.request("POST", urllib.parse.urljoin(party["link"], form["action"]), urllib.parse.urlencode(fields), headers)
    assert browser.status in (400, 403)
    assert browser.open(party["link"]).status == "You have not answered yet."


def test_somebody_elses_link_is_refused_with_a_way_to_switch(server, party):
    browser = signed_in(server, party, "bob")
    page = browser.open(party["link"])
    assert browser.status == 403 and "Quarterly" not in page.text
    page = browser.submit("Sign in as somebody else")
    assert page.heading == "Sign in"
    page = browser.sign_in(party["alice"], party["alice_password"])
    assert page.heading == "Quarterly planning"


def test_signing_out_ends_the_session_itself(server, party):
    browser = signed_in(server, party)
    kept = dict(browser.cookies)
    browser.open(base(server) + "calendar/")
    browser.submit("Sign out")
    browser.cookies = kept
    assert browser.open(base(server) + "calendar/").heading == "Sign in"


def test_a_wrong_password_says_little_and_signs_nobody_in(server, party):
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    known = browser.sign_in(party["alice"], "wrong").words
    assert browser.status == 403 and not any(name == "convoke_session" for name, _ in browser.cookies)
    browser.open(base(server) + "sign-in")
    unknown = browser.sign_in("nobody-" + party["alice"], "wrong").words
    assert known.strip() == unknown.strip()


@pytest.mark.parametrize("there", ["https://evil.test/", "//evil.test/", "/\\evil.test", "m/../../x", "javascript:x",
                                   "m//evil.test"])
def test_signing_in_never_leads_elsewhere(server, party, there):
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    form, _ = browser.page.form("Sign in")
    fields = dict(form["fields"], address=party["alice"], password=party["alice_password"], next=there)
    browser.request("POST", base(server) + "sign-in", urllib.parse.urlencode(fields),
                    {"Content-Type": "application/x-www-form-urlencoded"})
    assert browser.status == 303 and browser.headers["Location"] == "/calendar/"


def test_cookies_and_headers_carry_every_guard(server, party):
    browser = Browser(server)
    browser.open(base(server) + "sign-in")
    form, _ = browser.page.form("Sign in")
    fields = dict(form["fields"], address=party["alice"], password=party["alice_password"])
    browser.request("POST", base(server) + "sign-in", urllib.parse.urlencode(fields),
                    {"Content-Type": "application/x-www-form-urlencoded"})
    cookie = next(c for c in browser.headers.get_all("Set-Cookie") if c.startswith("convoke_session="))
    for guard in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"):
        assert guard in cookie
    browser.open(party["link"])
    policy = browser.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert browser.headers["Referrer-Policy"] == "no-referrer"
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Cache-Control"] == "no-store"
    assert browser.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "noindex" in browser.headers["X-Robots-Tag"]
    assert "<script" not in browser.page.text and "style=" not in browser.page.text


def test_a_plain_listener_sends_readers_to_tls_and_refuses_forms(server, party):
    browser = Browser(server)
    plain = base(server, "http")
    token = party["link"].rsplit("/", 1)[1]
    for method in ("GET", "HEAD"):
        browser.request(method, plain + f"m/{token}?x=1")
        assert browser.status == 308
        assert browser.headers["Location"] == base(server) + f"m/{token}?x=1"
    browser.request("POST", plain + "sign-in", "address=a&password=b",
                    {"Content-Type": "application/x-www-form-urlencoded"})
    assert browser.status == 403 and "Location" not in browser.headers and "Set-Cookie" not in browser.headers
    browser.request("GET", plain + "healthz")
    assert (browser.status, browser.body) == (200, b"ok\n")


def test_a_prefix_is_honoured_and_older_links_still_work(make_server):
    server = make_server({"web": {"path": "/mail/web/"}})
    party = invited(server)
    assert "/mail/web/m/" in party["link"]
    browser = Browser(server)
    browser.open(party["link"])
    page = browser.sign_in(party["alice"], party["alice_password"])
    assert page.heading == "Quarterly planning" and "/mail/web/" in browser.url
    assert browser.submit("Accept").status == "You have accepted."
    assert page.link("Download .ics").startswith("/mail/web/m/")
    older = Browser(server)
    assert older.open(party["link"].replace("/mail/web/", "/")).heading == "Sign in"
    page = older.open(base(server) + "mail/web/nothing")
    assert older.status == 404 and "/mail/web/calendar/" in page.link("To the calendar")


def test_sessions_under_two_prefixes_do_not_meet(make_server):
    """A browser sends the cookies of "/" to every longer prefix too."""
    server = make_server({"web": {"path": "/mail/"}})
    party = invited(server)
    link, older = party["link"], party["link"].replace("/mail/", "/")
    browser = Browser(server)
    browser.open(link)
    browser.open(older)
    assert browser.sign_in(party["alice"], party["alice_password"]).heading == "Quarterly planning"
    browser.open(link)
    assert browser.sign_in(party["alice"], party["alice_password"]).heading == "Quarterly planning"
    assert browser.open(older).heading == "Quarterly planning"
    browser.submit("Sign out")
    assert browser.open(link).heading == "Quarterly planning"
    assert browser.open(older).heading == "Sign in"


def test_plain_only_web_works_and_its_cookie_is_not_secure(make_server):
    server = make_server({"web": {"tls_listen": "", "host": None}})
    server.stop()
    server.settings["web"]["host"] = f"localhost:{server.ports['http']}"
    server.write_config()
    server.start()
    party = invited(server)
    assert party["link"].startswith("http://")
    browser = Browser(server)
    browser.open(party["link"])
    assert browser.sign_in(party["alice"], party["alice_password"]).heading == "Quarterly planning"
    assert "Strict-Transport-Security" not in browser.headers


def test_downloads_are_the_calendar_and_the_mail_as_it_came(server, party):
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    browser.request("GET", urllib.parse.urljoin(browser.url, page.link("Download .ics")))
    assert browser.headers["Content-Type"].startswith("text/calendar")
    assert b"UID:" + party["uid"].encode() in browser.body and b"X-CONVOKE" not in browser.body
    assert "attachment" in browser.headers["Content-Disposition"]
    browser.request("GET", urllib.parse.urljoin(browser.url, page.link("Original message")))
    assert browser.headers["Content-Type"] == "message/rfc822"
    assert party["message"] in browser.body
    stranger = Browser(server)
    stranger.request("GET", party["link"] + "/invite.ics")
    assert stranger.status == 403 and b"UID:" not in stranger.body


def test_a_download_without_a_session_is_no_sign_in_page_saved_as_a_file(server, party):
    for path in ("/invite.ics", "/original.eml", "/file/1/0"):
        browser = Browser(server)
        browser.open(party["link"] + path)
        assert browser.status == 403, path
        assert browser.sign_in(party["alice"], party["alice_password"]).heading == "Quarterly planning", path


def test_a_session_in_use_keeps_its_cookie(server, party):
    browser = signed_in(server, party)
    browser.open(party["link"])
    assert "Set-Cookie" not in browser.headers
    subprocess.run(["psql", "-q", server.database, "-c", "update web_session set expires = expires - 8 * 86400000000"],
                   check=True)
    browser.open(party["link"])
    assert "Max-Age=1209600" in browser.headers["Set-Cookie"]
    browser.open(party["link"])
    assert "Set-Cookie" not in browser.headers


def test_a_new_password_ends_the_sessions_begun_with_the_old(server, party):
    browser = signed_in(server, party)
    server.ctl("account", "passwd", party["alice"], stdin="another password\n")
    assert browser.open(party["link"]).heading == "Sign in"


@pytest.mark.parametrize("wanted,language", [("de", "de"), ("fr, de-AT;q=0.8, en;q=0.5", "de"), ("en-GB,de", "en"),
                                             ("fr", "en"), ("de;q=0, en", "en"), ("*", "en"), (",;,", "en")])
def test_the_first_language_of_the_browser_that_is_spoken_counts(server, wanted, language):
    browser = Browser(server)
    browser.request("GET", base(server) + "sign-in", headers={"Accept-Language": wanted})
    assert f'<html lang="{language}'.encode() in browser.body


def test_a_path_that_is_no_text_is_refused_as_text(server):
    answer = raw_request(server, b"GET /%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", "https")
    assert status_of(answer) == 400 and b"Content-Type: text/plain" in answer and b"nosniff" in answer


def test_a_link_that_was_rotated_is_dead_and_the_new_one_works(server, party):
    browser = signed_in(server, party)
    assert browser.open(party["link"]).heading == "Quarterly planning"
    server.ctl("link", "rotate", party["alice"], party["uid"])
    browser.open(party["link"])
    assert browser.status == 404
    assert browser.open(link_of(server, party["alice"], party["uid"])).heading == "Quarterly planning"


def test_hostile_fields_stay_text(server):
    evil = "<script>alert(1)</script>\\, \" onload=x <img src=x>"
    party = invited(server, title=evil, location="javascript:alert(1)", organizer_name='"<b>Bob"',
                    lines=["URL:javascript:alert(1)", "DESCRIPTION:</textarea><script>x</script>\\nhttps://x.test/\"><b>",
                           "CONFERENCE;VALUE=URI:javascript:alert(2)"])
    browser = signed_in(server, party)
    for url in (party["link"], base(server) + "calendar/agenda"):
        page = browser.open(url)
        assert browser.status == 200
        assert "<script" not in page.text and "<img" not in page.text and "<b>" not in page.text
        assert 'href="javascript' not in page.text
    assert "alert(1)" in browser.open(party["link"]).heading


def test_the_calendar_shows_the_meeting_in_every_view(server, party):
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    day = page.times[0][:10]
    for view in ("", "week", "day", "agenda"):
        page = browser.open(f"{base(server)}calendar/{view}?date={day}")
        assert browser.status == 200
        assert any("Quarterly planning" in text for _, text, _ in page.links), view
    assert "not answered yet" in page.words
    page = browser.open(next(href for href, text, _ in page.links if "Quarterly" in text) if False else
                        urllib.parse.urljoin(base(server), next(h for h, t, _ in page.links if "Quarterly" in t)))
    assert page.heading == "Quarterly planning"
    for odd in ("x", "2026-02-30", "9999-01-01", "%3Cscript%3E"):
        assert browser.open(f"{base(server)}calendar/?date={odd}") and browser.status == 200


def test_whole_days_of_another_zone_are_days_on_every_page(server, party):
    """Exchange writes them as midnights of its own zone."""
    browser = signed_in(server, party)
    day = datetime.date.today() + datetime.timedelta(days=30)
    today, tomorrow = (f"{day + datetime.timedelta(days=n):%Y%m%d}" for n in (0, 1))
    message, uid = meeting_request(party["bob"], party["alice"], title="Days off", times=[
        f"DTSTART;TZID=Asia/Kolkata:{today}T000000", f"DTEND;TZID=Asia/Kolkata:{tomorrow}T000000",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"])
    assert server.deliver(message, [party["alice"]], sender=party["bob"]) == {}
    page = browser.open(link_of(server, party["alice"], uid))
    assert page.times[0] == str(day) and "all day" in page.words and "Kolkata" not in page.words
    browser.submit("Accept")
    for view in ("", "week", "day", "agenda"):
        page = browser.open(f"{base(server)}calendar/{view}?date={day}")
        assert any("Days off" in text for _, text, _ in page.links), view
        assert "20:30" not in page.words and "21:30" not in page.words and "19:30" not in page.words, view
    page = browser.open(f"{base(server)}calendar/day?date={day - datetime.timedelta(days=1)}")
    assert not any("Days off" in text for _, text, _ in page.links)
    # late that evening it is the next day in Kolkata, and here still this one
    message, uid = meeting_request(party["bob"], party["alice"], title="Late", times=[
        f"DTSTART;TZID=Europe/Berlin:{today}T220000", f"DTEND;TZID=Europe/Berlin:{today}T230000"])
    assert server.deliver(message, [party["alice"]], sender=party["bob"]) == {}
    page = browser.open(link_of(server, party["alice"], uid))
    # the page also tells when the mail came, which may be at half past eight
    clash = page.words.partition("Clash")[2].partition("You have not answered")[0]
    assert "Days off" in clash and "20:30" not in clash, clash


def test_a_cancelled_meeting_is_struck_and_offers_no_answer(server, party):
    message, _ = meeting_request(party["bob"], party["alice"], uid=party["uid"], method="CANCEL", sequence=1,
                                 lines=["STATUS:CANCELLED"])
    assert server.deliver(message, [party["alice"]], sender=party["bob"]) == {}
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    assert page.status == "This meeting was cancelled." and not page.has_button("Accept")
    assert '<h1 class="cancelled">' in page.text


def test_an_organizer_makes_changes_and_cancels_a_meeting(server, party):
    bob = signed_in(server, party, "bob")
    page = bob.open(base(server) + "calendar/new")
    page = bob.submit("Create and invite", title="Budget", start=f"{DAY}T10:00", end=f"{DAY}T11:00",
                      required=party["alice"], location="Room 7", description="", optional="", repeat="", until="")
    assert bob.status == 200 and page.heading == "Budget" and page.has_button("Cancel it for everybody")
    own_link = bob.url.partition("?")[0]
    uid = next(m["uid"] for m in server.ctl("meeting", "list", party["bob"], as_json=True)
               if m["title"] == "Budget")
    alice = signed_in(server, party)
    link = link_of_when_there(server, party["alice"], uid)
    page = alice.open(link)
    assert page.heading == "Budget" and page.status == "You have not answered yet."
    alice.submit("Accept")
    page = until(lambda: bob.open(own_link), lambda p: "accepted" in p.words)
    bob.open(own_link + "/edit")
    page = bob.submit("Save and tell everybody", title="Budget 2027", start=f"{DAY}T14:00", end=f"{DAY}T15:00",
                      required=party["alice"], optional="", description="", location="Room 7", repeat="", until="")
    assert bob.status == 200 and page.heading == "Budget 2027"
    page = until(lambda: alice.open(link), lambda p: p.heading == "Budget 2027")
    assert page.status == "You have not answered yet."
    bob.open(own_link)
    page = bob.submit("Cancel it for everybody")
    assert page.status == "This meeting was cancelled."
    until(lambda: alice.open(link), lambda p: p.status == "This meeting was cancelled.")


def link_of_when_there(server, address, uid):
    done = until(lambda: server.ctl("link", address, uid, check=False), lambda done: done.returncode == 0)
    return done.stdout.strip()


def test_answers_that_come_while_the_organizer_writes_do_not_stop_it_but_another_change_does(server, party):
    bob, other, alice = signed_in(server, party, "bob"), signed_in(server, party, "bob"), signed_in(server, party)
    bob.open(base(server) + "calendar/new")
    bob.submit("Create and invite", title="Budget", start=f"{DAY}T10:00", end=f"{DAY}T11:00",
               required=party["alice"], location="Room 7", description="", optional="", repeat="", until="")
    own_link = bob.url.partition("?")[0]
    uid = next(m["uid"] for m in server.ctl("meeting", "list", party["bob"], as_json=True) if m["title"] == "Budget")
    same = {"start": f"{DAY}T10:00", "end": f"{DAY}T11:00", "required": party["alice"], "optional": "",
            "description": "", "repeat": "", "until": ""}
    bob.open(own_link + "/edit")
    link = link_of_when_there(server, party["alice"], uid)
    until(lambda: alice.open(link), lambda p: p.has_button("Accept"))
    alice.submit("Accept")
    until(lambda: other.open(own_link), lambda p: "accepted" in p.words)
    page = bob.submit("Save and tell everybody", title="Budget 2027", location="Room 8", **same)
    assert page.heading == "Budget 2027" and "everybody concerned is told" in page.words
    bob.open(own_link + "/edit")
    other.open(own_link + "/edit")
    other.submit("Save and tell everybody", title="Budget 2028", location="Room 8", **same)
    page = bob.submit("Save and tell everybody", title="Budget 2029", location="Room 8", **same)
    assert page.heading == "Budget 2028" and "The meeting has changed meanwhile." in page.words


def test_bad_drafts_come_back_with_the_reason_and_what_was_typed(server, party):
    bob = signed_in(server, party, "bob")
    bob.open(base(server) + "calendar/new")
    page = bob.submit("Create and invite", title="T", start=f"{DAY}T10:00", end=f"{DAY}T09:00",
                      required="not an address")
    assert bob.status == 400 and "The end must come after the start." in page.words
    assert "not an address" in page.words


def test_german_readers_get_german_pages(server):
    party = invited(server, locale="de")
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    assert page.status == "Sie haben noch nicht geantwortet."
    assert 'lang="de"' in page.text and page.has_button("Zusagen")


REFUSED = [
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400),
    (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: odd\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", 413),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n\r\n", 431),
]


@pytest.mark.parametrize("service", ["http", "https"])
@pytest.mark.parametrize("octets,status", REFUSED, ids=range(len(REFUSED)))
def test_smuggling_shapes_are_refused_and_closed(server, service, octets, status):
    answer = raw_request(server, octets, service)
    assert status_of(answer) == status and answer.count(b"HTTP/1.1 ") == 1


def test_the_absolute_form_of_a_target_is_the_same_page(server, party):
    """RFC 9112 3.2.2: a server must accept what clients send to proxies."""
    path = party["link"].partition("://")[2].partition("/")[2]
    for target in (f"/{path}", f"https://localhost/{path}", f"HTTPS://LOCALHOST/{path}?x"):
        answer = raw_request(server, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(),
                             "https")
        assert status_of(answer) == 200 and f'value="m/{path.rpartition("/")[2]}'.encode() in answer, (target, answer)
    answer = raw_request(server, b"GET http://localhost?x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "https")
    assert status_of(answer) == 303


def test_metrics_are_only_where_they_belong(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.ports["metrics"], timeout=ANSWER_LIMIT)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = re.findall(r"^# TYPE (\S+)", text, re.M)
    assert "convoke_web_requests_total" in names and len(names) == len(set(names))
    for path, status in (("/calendar/", 404), ("/healthz", 200)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, path
        if status == 404:  # closed behind every 4xx
            connection.close()
    browser = Browser(server)
    browser.request("GET", base(server) + "metrics")
    assert browser.status == 404


def figures(server):
    """name{labels} -> value of /metrics, every line of which has to be in the exposition format."""
    connection = http.client.HTTPConnection("127.0.0.1", server.ports["metrics"], timeout=ANSWER_LIMIT)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    described = {}
    found = {}
    for line in lines:
        comment = re.fullmatch(r"# (HELP|TYPE) (\w+) (.+)", line)
        if comment:
            described.setdefault(comment[2], []).append(comment[1])
            continue
        name, labels, value = re.fullmatch(r'(\w+)((?:\{\w+="[^"]*"\})?) (\d+)', line).groups()
        assert described[name] == ["HELP", "TYPE"], line
        assert name == list(described)[-1], "rows of one family stand together: " + line
        found[name + labels] = int(value)
    return found


def test_metrics_count_sign_ins_deliveries_and_what_the_database_did(server):
    before = figures(server)
    party = invited(server)
    browser = Browser(server)
    browser.open(party["link"])
    browser.sign_in(party["alice"], "wrong")
    after = figures(server)
    grown = {name for name in after if after[name] > before.get(name, 0)}
    assert {'convoke_lmtp_recipients_total{result="delivered"}', "convoke_meeting_messages_total",
            'convoke_sign_ins_total{outcome="denied"}', "convoke_jobs_total",
            "convoke_database_statements_total", 'convoke_connections_total{protocol="lmtp"}'} <= grown
    assert after["convoke_database_up"] == 1


def test_a_wrong_method_says_what_is_allowed(server):
    browser = Browser(server)
    browser.request("DELETE", base(server) + "calendar/")
    assert browser.status == 405 and browser.headers["Allow"] == "GET, HEAD"
    browser.request("PUT", base(server) + "sign-in")
    assert browser.status == 405 and browser.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("link,kind,part", [('rel="stylesheet"', "text/css", b".month"),
                                            ('rel="icon" type="image/svg+xml"', "image/svg+xml", b"<svg ")])
def test_style_and_icon_are_kept_for_ever_under_names_that_say_what_is_in_them(server, link, kind, part):
    browser = Browser(server)
    page = browser.open(base(server) + "sign-in")
    path = re.search(re.escape(link) + r' href="([^"]+)"', page.text).group(1)
    browser.request("GET", urllib.parse.urljoin(browser.url, path))
    assert browser.status == 200 and "immutable" in browser.headers["Cache-Control"]
    assert browser.headers["Content-Type"].startswith(kind) and part in browser.body
    assert hashlib.sha256(browser.body).hexdigest()[:16] in path
    browser.request("GET", browser.url, headers={"If-None-Match": browser.headers["ETag"]})
    assert browser.status == 304 and browser.body == b""


def test_a_meeting_that_names_others_is_only_offered_and_can_be_added_by_hand(server):
    party = invited(server)
    carol, password = server.account(timezone="Europe/Berlin")
    assert server.deliver(party["message"], [carol], sender=party["bob"]) == {}
    browser = Browser(server)
    browser.open(link_of(server, carol, party["uid"]))
    page = browser.sign_in(carol, password)
    assert page.has_button("Add to my calendar") and not page.has_button("Accept")
    day = page.times[0][:10]
    assert "Quarterly" not in browser.open(f"{base(server)}calendar/day?date={day}").text
    browser.open(link_of(server, carol, party["uid"]))
    page = browser.submit("Add to my calendar")
    assert browser.status == 200 and not page.has_button("Add to my calendar")
    assert "Quarterly" in browser.open(f"{base(server)}calendar/day?date={day}").text


def test_a_forged_cancellation_changes_nothing_and_is_offered_with_a_warning(server, party):
    message, _ = meeting_request(party["bob"], party["alice"], uid=party["uid"], method="CANCEL", sequence=1,
                                 lines=["STATUS:CANCELLED"])
    forged = message.replace(f"From: {party['bob']}".encode(), b"From: mallory@evil.test")
    assert forged != message
    assert server.deliver(forged, [party["alice"]], sender="mallory@evil.test") == {}
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    assert page.status == "You have not answered yet." and page.has_button("Accept")
    assert "Nobody vouches for the sender" in page.words and "mallory@evil.test" in page.words
    page = browser.submit("Apply it all the same")
    assert page.status == "This meeting was cancelled."


def test_another_time_is_proposed_and_taken(server, party):
    bob = signed_in(server, party, "bob")
    bob.open(base(server) + "calendar/new")
    bob.submit("Create and invite", title="Review", start=f"{DAY}T10:00", end=f"{DAY}T11:00",
               required=party["alice"], location="", description="", optional="")
    own_link = bob.url.partition("?")[0]
    uid = next(m["uid"] for m in server.ctl("meeting", "list", party["bob"], as_json=True) if m["title"] == "Review")
    alice = signed_in(server, party)
    link = link_of_when_there(server, party["alice"], uid)
    alice.open(link)
    alice.submit("Send the proposal", start=f"{NEXT_DAY}T15:00", end=f"{NEXT_DAY}T16:00", comment="I am away on Tuesday")
    assert alice.status == 200 and "You have proposed another time:" in alice.page.words
    assert f"{NEXT_DAY}T15:00+01:00" in alice.page.times
    page = until(lambda: bob.open(own_link), lambda p: p.has_button("Take this time"))
    assert f"{NEXT_DAY}T15:00+01:00" in page.times and "I am away on Tuesday" in page.words
    page = bob.submit("Take this time")
    assert page.times[0] == f"{NEXT_DAY}T15:00+01:00"
    page = until(lambda: alice.open(link), lambda p: p.times[0] == f"{NEXT_DAY}T15:00+01:00")
    assert "You have proposed" not in page.words


def test_a_place_is_given_to_somebody_else(server):
    bob, bob_password = server.account(timezone="Europe/Berlin")
    alice, alice_password = server.account(timezone="Europe/Berlin")
    dave, dave_password = server.account(timezone="America/New_York")
    people = {"bob": bob, "bob_password": bob_password, "alice": alice, "alice_password": alice_password,
              "dave": dave, "dave_password": dave_password}
    organizer, delegator, delegate = (signed_in(server, people, who) for who in ("bob", "alice", "dave"))
    organizer.open(base(server) + "calendar/new")
    organizer.submit("Create and invite", title="Review", start=f"{DAY}T10:00", end=f"{DAY}T11:00",
                     required=alice, location="Room 4", description="", optional="")
    own_link = organizer.url.partition("?")[0]
    uid = server.ctl("meeting", "list", bob, as_json=True)[0]["uid"]
    invitation = link_of_when_there(server, alice, uid)  # a link may be there before its meeting is
    until(lambda: delegator.open(invitation), lambda p: p.has_button("Send them instead"))
    for bad in ("", "dave", bob, alice, "x@example.test, y@example.test", "x@example.test\r\nATTENDEE:y"):
        before = delegator.url
        delegator.submit("Send them instead", delegate=bad, comment="")
        assert delegator.status == 400, bad
        assert delegator.open(before).status == "You have not answered yet."
    page = delegator.submit("Send them instead", delegate=f"<{dave}>", comment="I am away")
    assert page.status == f"You have sent {dave} in your place."
    assert "on its way to them" in page.words
    assert any(alice in item and f"delegated, to {dave}" in item for item in page.items), page.items
    link = link_of_when_there(server, dave, uid)
    page = until(lambda: delegate.open(link), lambda p: p.has_button("Accept"))
    assert page.heading == "Review" and page.status == "You have not answered yet."
    assert "somebody who is invited asks you to go in their place" in page.words
    assert "Nobody vouches" not in page.words
    day = base(server) + f"calendar/day?date={DAY}"
    assert "Review" not in delegate.open(day).words and delegate.open(link).has_button("Add to my calendar")
    assert any(dave in item and f"in place of {alice}" in item for item in page.items), page.items
    assert page.times[0] == f"{DAY}T04:00-05:00"
    until(lambda: organizer.open(own_link), lambda p: any(dave in item for item in p.items))
    assert any(alice in item and f"delegated, to {dave}" in item for item in organizer.page.items)
    delegate.submit("Accept")
    assert delegate.page.status == "You have accepted."
    assert "Review" in delegate.open(day).words
    page = until(lambda: organizer.open(own_link), lambda p: any(dave in i and "accepted" in i for i in p.items))
    assert any(dave in item and f"accepted, in place of {alice}" in item for item in page.items), page.items
    # it is no longer in the delegator's day
    assert "delegated" in delegator.open(day).words
    # a new time: the delegate is asked, the delegator stays delegated
    organizer.open(own_link + "/edit")
    organizer.submit("Save and tell everybody", start=f"{NEXT_DAY}T10:00", end=f"{NEXT_DAY}T11:00",
                     required=f"{alice}\n{dave}", optional="", description="")
    until(lambda: delegate.open(link), lambda p: p.times[0] == f"{NEXT_DAY}T04:00-05:00")
    assert delegate.page.status == "You have not answered yet."
    page = until(lambda: delegator.open(invitation), lambda p: p.times[0].startswith(NEXT_DAY))
    assert page.status == f"You have sent {dave} in your place."
    # and she may go herself after all
    page = delegator.submit("Accept")
    assert page.status == "You have accepted." and not any(f"to {dave}" in item for item in page.items)


def test_one_date_of_a_series_is_answered_alone(server):
    party = invited(server, lines=["RRULE:FREQ=WEEKLY;COUNT=6"])
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    assert "every" in page.words.lower() and "Next:" in page.words
    day = page.times[0][:10]
    page = browser.open(f"{base(server)}calendar/agenda?date={day}")
    dates = [href for href, text, _ in page.links if "Quarterly" in text]
    assert len(dates) >= 4 and "occurrence=" in dates[1]
    second = urllib.parse.urljoin(base(server), dates[1])
    page = browser.open(second)
    assert "This is one date of a series." in page.words
    page = browser.submit("Decline")
    assert page.status == "You have declined."
    assert browser.open(second).status == "You have declined."
    assert browser.open(party["link"]).status == "You have not answered yet."


def test_hiding_a_declined_meeting_takes_it_out_of_the_calendar(server, party):
    browser = signed_in(server, party)
    page = browser.open(party["link"])
    day = page.times[0][:10]
    browser.submit("Decline")
    browser.submit("Take it out of my calendar")
    assert browser.status == 200 and "/calendar/" in browser.url
    assert "Quarterly" not in browser.open(f"{base(server)}calendar/day?date={day}").text
    assert browser.open(party["link"]).heading == "Quarterly planning"


def test_a_front_proxy_gets_plain_pages_with_secure_cookies(make_server):
    server = make_server({"web": {"tls_listen": "", "front_proxy": "yes", "host": "mail.example.test"}})
    address, password = server.account()
    browser = Browser(server)
    plain = base(server, "http")
    browser.open(plain + "sign-in")
    form, _ = browser.page.form("Sign in")
    fields = dict(form["fields"], address=address, password=password)
    browser.request("POST", plain + "sign-in", urllib.parse.urlencode(fields),
                    {"Content-Type": "application/x-www-form-urlencoded",
                     "X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert browser.status == 303
    assert all("Secure" in cookie for cookie in browser.headers.get_all("Set-Cookie"))
    assert "peer=203.0.113.9" in server.read_log()
    # A proxy may add a field of its own behind what the client wrote.
    raw_request(server, b"GET /calendar/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.7\r\n"
                        b"X-Forwarded-For: 203.0.113.10\r\nConnection: close\r\n\r\n")
    assert "203.0.113.10 - GET 200" in server.read_log()
    assert "198.51.100.7" not in server.read_log()


def test_a_calendar_entry_leads_to_ones_own_meetings_only(server, party):
    uid = urllib.parse.quote(party["uid"])
    alice = signed_in(server, party)
    assert alice.open(f"{base(server)}calendar/meeting?uid={uid}").heading == "Quarterly planning"
    mallory, password = server.account()
    other = Browser(server)
    other.open(base(server) + "sign-in")
    other.sign_in(mallory, password)
    for query in (f"?uid={uid}", "?uid=", "", "?uid=%25"):
        other.open(f"{base(server)}calendar/meeting{query}")
        assert other.status == 404
