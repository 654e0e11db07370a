"""Mail in: nothing refused, nothing altered, nothing lost."""
import contextlib
import email
import email.policy
import glob
import hashlib
import os
import random
import re
import signal
import smtplib
import subprocess
import threading

import pytest

from support.imap import fetch_literals, open_tls
from support.messages import Meeting, plain
from support.wait import LIMIT, until
from support.web import Browser, base
from support.whole import check_parts, fetch, sections_of

MEETING_HEADER = re.compile(rb"^X-Convoke-Meeting:", re.M | re.I)


def corpus_messages(corpus):
    """(path, octets) of every whole message, line ends CRLF, as a mail server hands them over."""
    files = [f for f in glob.glob(os.path.join(corpus, "mime", "*", "*")) if os.path.isfile(f)]
    files += [f for f in glob.glob(os.path.join(corpus, "itip", "*", "*"))
              if os.path.isfile(f) and "tnef-mimekit" not in f]
    for path in sorted(files):
        with open(path, "rb") as source:
            octets = source.read().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        octets = octets.replace(b"\0", b"")
        yield path, octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def lmtp_lines(server):
    return smtplib.LMTP("127.0.0.1", server.ports["lmtp"], timeout=60)


def stuffed(octets):
    return re.sub(rb"(?m)^\.", b"..", octets) + b".\r\n"


def deliver_exact(lmtp, address, octets):
    """smtplib would mend line ends; this sends the octets as they are."""
    lmtp.docmd("MAIL FROM:<sender@example.test>")
    code, text = lmtp.docmd(f"RCPT TO:<{address}>")
    assert code == 250, text
    assert lmtp.docmd("DATA")[0] == 354
    lmtp.send(stuffed(octets))
    return lmtp.getreply()


def test_every_message_of_the_corpus_is_delivered_whole_and_each_part_can_be_fetched(server, corpus):
    address, password = server.account()
    lmtp = lmtp_lines(server)
    lmtp.ehlo("tests.example.test")
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    rendered = 0
    for number, (path, octets) in enumerate(corpus_messages(corpus), 1):
        code, text = deliver_exact(lmtp, address, octets)
        assert code == 250, (path, code, text)
        session.ok("NOOP")
        got = fetch(session, number, ["BODY.PEEK[]"])["BODY[]"]
        if got.endswith(octets):
            trace = got[:len(got) - len(octets)]
            assert re.fullmatch(rb"(?:(?:Return-Path|Delivered-To|Received):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*", trace), path
        else:
            assert MEETING_HEADER.search(got), f"{path}: changed, but not as meeting mail"
            rendered += 1
        root = fetch(session, number, ["BODYSTRUCTURE"])["BODYSTRUCTURE"]
        parts = fetch(session, number, sections_of(root))
        assert parts["BODY[]"] == got == parts["BODY[HEADER]"] + parts["BODY[TEXT]"], path
        check_parts(root, parts)
    assert rendered > 40
    session.close()
    lmtp.quit()


@pytest.mark.parametrize("name,octets", [
    ("bare LF", b"Subject: x\nA: b\n\nbody\nwith bare LF\r\n"),
    ("bare CR", b"Subject: x\r\n\r\nbody\rwith\rCR\r\n"),
    ("no header", b"\r\njust a body\r\n"),
    ("no body", b"Subject: x\r\n"),
    ("empty", b""),
    ("8 bit", b"Subject: \xff\xfe\r\n\r\n\x80\x81\r\n"),
    ("dots", b"Subject: x\r\n\r\n.\r\n..\r\n...\r\n.x\r\n"),
    ("long line", b"Subject: x\r\n\r\n" + b"y" * 100000 + b"\r\n"),
], ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "")
def test_odd_octets_come_out_as_they_went_in(server, name, octets):
    address, password = server.account()
    lmtp = lmtp_lines(server)
    lmtp.ehlo("tests.example.test")
    assert deliver_exact(lmtp, address, octets)[0] == 250
    lmtp.quit()
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    got = fetch_literals(session.ok("FETCH 1 BODY[]").having(b"FETCH")[0])[b"BODY[]"]
    assert got.endswith(octets)
    session.close()


# ---- crashes ---------------------------------------------------------------------

class Deliverer(threading.Thread):
    """Delivers numbered messages and remembers those answered with 250."""

    def __init__(self, server, address, number):
        super().__init__(daemon=True)
        self.server, self.address, self.number = server, address, number
        self.acknowledged, self.stopping = {}, threading.Event()

    def run(self):
        count = 0
        while not self.stopping.is_set():
            try:
                with lmtp_lines(self.server) as lmtp:
                    lmtp.ehlo("tests.example.test")
                    while not self.stopping.is_set():
                        count += 1
                        name = f"crash-{self.number}-{count}"
                        octets = plain(name, f"{name}\r\n" + "z" * random.randrange(60000) + "\r\n")
                        if deliver_exact(lmtp, self.address, octets)[0] == 250:
                            self.acknowledged[name] = hashlib.sha256(octets).digest()
            except (OSError, smtplib.SMTPException, AssertionError):
                self.stopping.wait(0.05)


def stored_messages(server, address, password):
    """{subject: [sha256 of the octets without the trace header]}, and the UIDs."""
    session = open_tls(server)
    session.ok(f'LOGIN "{address}" "{password}"')
    session.ok("SELECT INBOX")
    found, uids = {}, []
    for response in session.ok("UID FETCH 1:* (UID BODY.PEEK[])").having(b"BODY[]"):
        octets = fetch_literals(response)[b"BODY[]"]
        uids.append(int(re.search(rb"UID (\d+)", response).group(1)))
        message = octets[octets.index(b"From: sender"):]
        subject = email.message_from_bytes(message, policy=email.policy.default)["Subject"]
        found.setdefault(subject, []).append(hashlib.sha256(message).digest())
    session.close()
    return found, uids


def check_nothing_lost(server, accounts, threads):
    for (address, password), thread in zip(accounts, threads):
        found, uids = stored_messages(server, address, password)
        assert uids == sorted(set(uids))
        for name, digest in thread.acknowledged.items():
            assert found.get(name) == [digest], f"{name} was acknowledged"
        for name, digests in found.items():
            assert len(digests) == 1, f"{name} is there {len(digests)} times"


def acknowledged(threads):
    return sum(len(thread.acknowledged) for thread in threads)


def managed_postmaster(server):
    """Its process id; 0 while there is none."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        with open(os.path.join(server.folder, "state", "postgres", "postmaster.pid"), encoding="ascii") as text:
            return int(text.readline())
    return 0


@pytest.mark.parametrize("victim", ["convoked", "postgresql"])
def test_kill_9_at_random_moments_loses_no_acknowledged_message(make_server, victim):
    server = make_server(database="managed")
    accounts = [server.account() for _ in range(4)]
    threads = [Deliverer(server, address, i) for i, (address, _) in enumerate(accounts)]
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    for _ in range(4):
        before = acknowledged(threads)
        until(lambda: acknowledged(threads), lambda count: count > before + 5)
        threads[0].stopping.wait(chance.random())
        if victim == "convoked":
            server.process.kill()
            server.process.wait()
            server.start()
        else:
            pid = managed_postmaster(server)
            os.kill(pid, signal.SIGKILL)
            await_database(server, pid)
    for thread in threads:
        thread.stopping.set()
    for thread in threads:
        thread.join(LIMIT)
    check_nothing_lost(server, accounts, threads)


def await_database(server, dead):
    """Until another server process than the dead one runs and /healthz says that it answers."""
    browser = Browser(server)
    until(lambda: managed_postmaster(server) not in (0, dead) and
          browser.request("GET", base(server, "http") + "healthz") == 200)
