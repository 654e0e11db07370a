"""IMAP search results by window, by relevancy and by display name (RFC 9394, 6203, 5957, 5267), and
the collation of RFC 5255."""
import re

import pytest

from support.capability import proves
from support.imap import open_tls


def message(subject, sender="Ann <ann@example.test>", to="bob@example.test", text="nothing special"):
    return (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 4 May 2026 10:00:00 +0000\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").encode()


MESSAGES = [
    message("budget", "Zoe <ann@example.test>", "Xaver <a@example.test>", "the yearly budget of the garden club"),
    message("lunch", "zed@example.test", "Anton <z@example.test>", "who brings the salad"),
    message("club news", "\"abel, B.\" <yvonne@example.test>", "Mia <m@example.test>", "garden parties for the whole club"),
    message("Größe", "Mia <mia@example.test>", "kim@example.test", "Straße und ÄRGER"),
    message("garden club budget", "Bob <bob@example.test>", "bob@example.test", "budget budget budget garden club"),
]


@pytest.fixture(scope="module")
def filled(server):
    address, password = server.account()
    imap = open_tls(server)
    imap.login(address, password)
    for octets in MESSAGES:
        assert imap.append("INBOX", octets).status == b"OK"
    imap.close()
    return address, password


@pytest.fixture
def imap(server, filled):
    it = open_tls(server)
    it.login(*filled)
    it.ok("SELECT INBOX")
    yield it
    it.close()


def esearch(imap, command):
    reply = imap.ok(command)
    lines = reply.having(b"* ESEARCH")
    assert len(lines) == 1, reply
    return re.sub(rb'^\* ESEARCH \(TAG "[^"]*"\) ?', b"", lines[0]).decode()


@proves("SORT=DISPLAY")
@pytest.mark.parametrize("keys, expected", [
    ("DISPLAYFROM", "3 5 4 2 1"), ("REVERSE DISPLAYFROM", "1 2 4 5 3"), ("DISPLAYTO", "2 5 4 3 1"),
    ("FROM", "1 5 4 3 2"),
])
def test_sort_by_display_name(imap, keys, expected):
    assert imap.ok(f"SORT ({keys}) UTF-8 ALL").untagged[0].decode() == "* SORT " + expected


@proves("ESORT")
@pytest.mark.parametrize("options, expected", [
    ("", "ALL 3,5,4,2,1"), ("ALL", "ALL 3,5,4,2,1"), ("COUNT", "COUNT 5"), ("MIN MAX", "MIN 3 MAX 1"),
    ("PARTIAL 1:2", "PARTIAL (1:2 3,5)"), ("PARTIAL 2:3 COUNT", "COUNT 5 PARTIAL (2:3 5,4)"),
    ("CONTEXT COUNT", "COUNT 5"), ("CONTEXT", "ALL 3,5,4,2,1"), ("PARTIAL 9:12", "PARTIAL (9:12 NIL)"),
])
def test_sort_return_options(imap, options, expected):
    assert esearch(imap, f"SORT RETURN ({options}) (DISPLAYFROM) UTF-8 ALL") == expected


@proves("PARTIAL")
@pytest.mark.parametrize("window, expected", [
    ("1:2", "(1:2 1:2)"), ("2:1", "(1:2 1:2)"), ("-1:-2", "(-1:-2 4:5)"), ("-5:-4", "(-4:-5 1:2)"), ("4:100", "(4:100 4:5)"),
    ("6:7", "(6:7 NIL)"), ("-6:-9", "(-6:-9 NIL)"),
])
def test_search_returns_a_window(imap, window, expected):
    assert esearch(imap, f"UID SEARCH RETURN (PARTIAL {window}) ALL") == "UID PARTIAL " + expected


@proves("PARTIAL")
@pytest.mark.parametrize("window, expected", [
    ("1:2", [1, 2]), ("-1:-2", [4, 5]), ("5:9", [5]), ("7:9", []),
])
def test_fetch_returns_a_window(imap, window, expected):
    for command in ("FETCH 1:*", "UID FETCH 1:*"):
        reply = imap.ok(f"{command} (UID FLAGS) (PARTIAL {window})")
        assert [int(line.split()[1]) for line in reply.untagged] == expected


@proves("PARTIAL")
@pytest.mark.parametrize("command", [
    "SEARCH RETURN (PARTIAL) ALL", "SEARCH RETURN (PARTIAL 1) ALL", "SEARCH RETURN (PARTIAL 0:1) ALL",
    "SEARCH RETURN (PARTIAL 1:-1) ALL", "SEARCH RETURN (PARTIAL -1:1) ALL", "SEARCH RETURN (PARTIAL 1:4294967296) ALL",
    "SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL", "SEARCH RETURN (PARTIAL 1:*) ALL",
    "UID FETCH 1:* (FLAGS) (PARTIAL)", "UID FETCH 1:* (FLAGS) (PARTIAL 1:-1)", "UID FETCH 1:* (FLAGS) (PARTIAL 1:2 PARTIAL 1:2)",
])
def test_a_bad_window_is_bad(imap, command):
    assert imap.command(command).status == b"BAD"
    imap.ok("NOOP")


@proves("PARTIAL")
def test_save_keeps_the_window(imap):
    imap.ok("SEARCH RETURN (SAVE PARTIAL 2:3) ALL")
    assert imap.ok("SEARCH $").untagged == [b"* SEARCH 2 3"]
    imap.ok("SEARCH RETURN (SAVE PARTIAL 2:3 COUNT) ALL")
    assert imap.ok("SEARCH $").untagged == [b"* SEARCH 1 2 3 4 5"]


@proves("SEARCH=FUZZY")
@pytest.mark.parametrize("keys, expected", [
    ("FUZZY TEXT \"club garden\"", "1 3 5"), ("TEXT \"club garden\"", ""), ("FUZZY SUBJECT \"budget garden\"", "5"),
    ("FUZZY SUBJECT club", "3 5"), ("FUZZY (TEXT budget TEXT club)", "1 5"), ("NOT FUZZY TEXT \"garden club\"", "2 4"),
    ("FUZZY UNSEEN", "1 2 3 4 5"), ("FUZZY TEXT \"no such words\"", ""), ("OR FUZZY TEXT salad SUBJECT budget", "1 2 5"),
    ("FUZZY TEXT \"(garden), club!\"", "1 3 5"), ("FUZZY TEXT lub", "1 3 5"), ("UID 3:5 FUZZY TEXT \"club garden\"", "3 5"),
    ("FUZZY HEADER X-None club", ""), ("FUZZY SUBJECT \"club, BUDGET\"", "5"),
])
def test_fuzzy_finds_words_in_any_order(imap, keys, expected):
    found = imap.ok(f"SEARCH {keys}").untagged[0].decode()
    assert found == ("* SEARCH " + expected).strip()


@proves("SEARCH=FUZZY")
def test_relevancy_is_told_and_sorts(imap):
    answer = esearch(imap, "SEARCH RETURN (ALL RELEVANCY) FUZZY TEXT \"budget garden club\"")
    numbers, scores = re.fullmatch(r"ALL (\S+) RELEVANCY \(([\d ]+)\)", answer).groups()
    assert numbers == "1,5"
    first, last = (int(score) for score in scores.split())
    assert 1 <= first < last <= 100
    assert imap.ok("SORT (RELEVANCY) UTF-8 FUZZY TEXT \"budget garden club\"").untagged == [b"* SORT 5 1"]
    assert imap.ok("SORT (REVERSE RELEVANCY) UTF-8 FUZZY TEXT \"budget garden club\"").untagged == [b"* SORT 1 5"]
    for bad in ("SEARCH RETURN (RELEVANCY) ALL", "SORT (RELEVANCY) UTF-8 ALL", "SEARCH FUZZY", "SEARCH FUZZY FUZZY"):
        assert imap.command(bad).status == b"BAD"


@proves("I18NLEVEL=1")
@pytest.mark.parametrize("needle, expected", [("GRÖßE", "4"), ("größe", "4"), ("straße", "4"), ("ärger", "4"), ("ÄRGER", "4"), ("argel", "")])
def test_text_is_compared_by_unicode_casemap(imap, needle, expected):
    octets = needle.encode()
    imap.transport.send(b"s SEARCH CHARSET UTF-8 TEXT {%d+}\r\n%s\r\n" % (len(octets), octets))
    reply = imap.until(b"s")
    assert reply.untagged[0].decode() == ("* SEARCH " + expected).strip()
