"""The keywords of meeting mail follow the answer, wherever the answer was given and
wherever the message has gone, and idle clients hear of it."""
import re

from support.imap import open_tls
from support.web import Browser, invited


def signed_in(server, party, mailbox):
    session = open_tls(server)
    session.login(party["alice"], party["alice_password"])
    session.ok(f"SELECT {mailbox}")
    return session


def keywords(session):
    """{uid: its meeting keywords} of the selected mailbox."""
    session.ok("NOOP")
    found = {}
    for line in session.ok("UID FETCH 1:* FLAGS").having(b"FETCH"):
        uid = int(re.search(rb"UID (\d+)", line).group(1))
        found[uid] = set(re.findall(rb"\$(?:MeetingPending|Accepted|Tentative|Declined)", line))
    return found


def idle_until(session, wanted):
    """Idles until a line of a FETCH has the word."""
    while True:
        line = session.response()
        if b"FETCH" in line and wanted in line:
            return line


def test_keywords_follow_the_answer_to_moved_and_copied_messages_and_into_idle(server):
    party = invited(server)
    first = signed_in(server, party, "INBOX")
    first.ok("CREATE Copies")
    first.ok("CREATE Moved")
    assert keywords(first) == {1: {b"$MeetingPending"}}
    first.ok("COPY 1 Copies")
    first.ok("MOVE 1 Moved")
    copies, moved = signed_in(server, party, "Copies"), signed_in(server, party, "Moved")
    tag = copies.send("IDLE")
    assert copies.response().startswith(b"+")
    browser = Browser(server)
    browser.open(party["link"])
    browser.sign_in(party["alice"], party["alice_password"])
    browser.submit("Accept")
    idle_until(copies, b"$Accepted")
    copies.transport.send(b"DONE\r\n")
    copies.until(tag)
    assert list(keywords(copies).values()) == [{b"$Accepted"}]
    assert list(keywords(moved).values()) == [{b"$Accepted"}]
    browser.open(party["link"])
    browser.submit("Decline")
    assert list(keywords(moved).values()) == [{b"$Declined"}]
    for session in (first, copies, moved):
        session.close()
