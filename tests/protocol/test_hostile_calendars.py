"""What the worst calendar mail costs: each is delivered, told in the decision trail, shown
without harm, and takes at most two seconds and 200 MB, of the daemon and its reader together."""
import email
import email.policy
import json
import os
import re

import pytest

from support.cost import memory, processes, reset_peak, seconds
from support.imap import fetch_literals, open_tls

SECONDS, MEGABYTES, COUNT = 2.0, 200, 10000
BIDI = "\u202e\u2066txt.exe\u2069\u202c"
SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'&'


def day(number):
    """A date of its own for each number: three years have more than 10,000 of months and days."""
    return f"{2027 + number // 336:04d}{number // 28 % 12 + 1:02d}{number % 28 + 1:02d}"


def people(count):
    return "".join(f"ATTENDEE;CN=Person {i};RSVP=TRUE:mailto:p{i}@elsewhere.test\r\n" for i in range(count))


def overrides(uid, count):
    return "RRULE:FREQ=DAILY\r\n" + "".join(
        f"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260420T100000Z\r\nSUMMARY:moved {i}\r\n"
        f"RECURRENCE-ID:{day(i)}T120000Z\r\nDTSTART:{day(i)}T130000Z\r\nDTEND:{day(i)}T140000Z\r\n" for i in range(count))


def every_field(text):
    return (f"LOCATION:{text}\r\nDESCRIPTION:{text}\r\nCOMMENT:{text}\r\nCATEGORIES:{text}\r\nURL:javascript:{text}\r\n"
            f"X-GOOGLE-CONFERENCE:javascript:{text}\r\nCONTACT:{text}\r\nX-ALT-DESC;FMTTYPE=text/html:{text}\r\n"
            f"ATTENDEE;CN=\"{text.replace(chr(34), '')}\":mailto:p@elsewhere.test\r\n")


# name: the lines of the event behind its summary; whether it is read, or stays an attachment
ROWS = {
    "a description of 1 MB": (lambda uid: "DESCRIPTION:" + "d" * 1000000 + "\r\n", True),
    "a description of 1 MB folded at each character": (lambda uid: "DESCRIPTION:" + "d\r\n " * 1000000 + "\r\n", True),
    "10,000 attendees": (lambda uid: people(COUNT), True),
    "10,000 overrides": (lambda uid: overrides(uid, COUNT), True),
    "10,000 attendees and 10,000 overrides": (lambda uid: people(COUNT) + overrides(uid, COUNT), True),
    "40,000 dates in one line": (lambda uid: "RDATE:" + ",".join(f"{day(i // 4)}T{6 * (i % 4) + 1:02d}0000Z"
                                                                 for i in range(40000)) + "\r\n", True),
    "400,000 dates": (lambda uid: "RDATE:20270101T000000Z" + ",20270101T000000Z" * 400000 + "\r\n", False),
    "10,000 lines of dates": (lambda uid: "".join(f"RDATE:{day(i)}T120000Z\r\n" for i in range(COUNT)), True),
    "20,000 components": (lambda uid: overrides(uid, 2 * COUNT), False),
    "nested 100,000 deep": (lambda uid: "BEGIN:VEVENT\r\n" * 100000, False),
    "bidi control characters in every field": (lambda uid: every_field(BIDI), True),
    "script in every field": (lambda uid: every_field(SCRIPT), True),
    "a rule each second that never matches": (lambda uid: "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n", True),
    "60 rules that never match": (lambda uid: "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\n" * 60, True),
}


def mail(uid, lines, address):
    summary = {"h-bidi": BIDI, "h-script": SCRIPT}.get(uid, "Hostile")
    calendar = (f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
                f"DTSTAMP:20260420T100000Z\r\nDTSTART:20270101T120000Z\r\nDTEND:20270101T130000Z\r\nSUMMARY:{summary}\r\n"
                f"ORGANIZER:mailto:organizer@elsewhere.test\r\nATTENDEE;RSVP=TRUE:mailto:{address}\r\n{lines}"
                "END:VEVENT\r\nEND:VCALENDAR\r\n")
    return (f"From: organizer@elsewhere.test\r\nTo: {address}\r\nSubject: Hostile\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            + calendar).encode()


def explained(server, address, uid):
    """The trail of that meeting ("": of what could not be read)."""
    answer = server.ctl("--json", "meeting", "explain", address, uid, check=False)
    return json.loads(answer.stdout) if answer.returncode == 0 else []


@pytest.mark.parametrize("name", ROWS, ids=lambda name: name.replace(" ", "-"))
def test_a_hostile_calendar_costs_little_and_is_told(server, name):
    lines, read = ROWS[name]
    uid = "h-bidi" if "bidi" in name else "h-script" if "script" in name else f"h-{list(ROWS).index(name)}"
    address, password = server.account()
    octets = mail(uid, lines(uid), address)
    server.deliver(mail("warm-up", "", address), [address], sender="organizer@elsewhere.test")
    before = {pid: (seconds(pid), memory(pid, "VmRSS")) for pid in processes(server)}
    for pid in before:
        reset_peak(pid)
    assert server.deliver(octets, [address], sender="organizer@elsewhere.test") == {}
    after = {pid: (seconds(pid), memory(pid, "VmHWM")) for pid in processes(server)}
    spent = sum(now - before.get(pid, (0, 0))[0] for pid, (now, _) in after.items())
    peak = sum(max(now - before.get(pid, (0, 0))[1], 0) for pid, (_, now) in after.items())
    print(f"{name}: {spent:.2f} s, {peak:.0f} MB")
    if "CONVOKE_SANITIZED" not in os.environ:  # a sanitizer has a price of its own
        assert spent < SECONDS and peak < MEGABYTES, (spent, peak)
    unread = explained(server, address, "")
    if read:
        assert explained(server, address, uid)[0]["action"] == "add", unread
    else:
        assert unread[0]["kind"] == "ordinary" and unread[0]["note"], unread
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    got = fetch_literals(session.ok("FETCH 2 BODY.PEEK[]").having(b"BODY[]")[0])[b"BODY[]"]
    session.close()
    message = email.message_from_bytes(got, policy=email.policy.default)
    assert ("X-Convoke-Meeting" in message) == read
    if read:
        assert_harmless(message)


def assert_harmless(message):
    """What a reader is shown; the calendar itself is the sender's."""
    for kind in ("plain", "html"):
        text = message.get_body((kind,)).get_content()
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
        if kind == "html":
            assert not re.search(r"<\s*(script|img)|javascript:", text, re.I)
