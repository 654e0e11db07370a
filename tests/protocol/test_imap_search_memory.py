"""Text searches of a mailbox whose signatures are in memory: every answer is the one that reading
all messages would give, the first time and from memory, also as the mailbox changes."""
import random

import pytest

from support.imap import open_plain

WORDS = "ash birch cedar dogwood elm fir ginkgo hazel ivy juniper kauri larch maple".split()


class Mail:
    def __init__(self, number, chance, delivered):
        self.number = str(number)
        self.subject = " ".join(chance.sample(WORDS, 3))
        self.text = " ".join(chance.choices(WORDS, k=chance.choice([3, 8, 20])))
        filler = f"number {number} " * chance.choice([1, 50, 3000])
        self.octets = (f"From: a@example.test\r\nSubject: {self.subject}\r\nX-Number: {number}\r\n\r\n"
                       f"{filler}\r\n{self.text}\r\n").encode()
        self.delivered = delivered


def rules(address):
    """(search, what it means for a mail)"""
    for word in WORDS[:6]:
        yield f"SUBJECT {word}", lambda m, w=word: w in m.subject
        yield f"BODY {word[:4]}", lambda m, w=word[:4]: w in m.text
        yield f"NOT TEXT {word}", lambda m, w=word: w not in m.text and w not in m.subject
        yield f"OR SUBJECT {word} BODY elm", lambda m, w=word: w in m.subject or "elm" in m.text
        yield f"SUBJECT {word} BODY larch", lambda m, w=word: w in m.subject and "larch" in m.text
        yield f"OR NOT SUBJECT {word} BODY nowhere", lambda m, w=word: w not in m.subject
    yield f'HEADER Delivered-To "{address}"', lambda m: m.delivered
    yield "TEXT nowhere-at-all", lambda m: False
    yield "BODY as", lambda m: "as" in m.text  # shorter than any signature asks
    yield "HEADER X-Number 7", lambda m: "7" in m.number


def found(imap, search):
    line = next(one for one in imap.ok(f"SEARCH {search}").untagged if one.startswith(b"* SEARCH"))
    return [int(n) for n in line.split()[2:]]


def check(imap, mails, address):
    for search, fits in rules(address):
        assert found(imap, search) == [n for n, mail in enumerate(mails, 1) if fits(mail)], search


@pytest.fixture
def imap(server, account):
    it = open_plain(server)
    it.login(*account)
    yield it
    it.close()


def test_searches_from_memory_answer_as_reading_would(server, account, imap):
    chance = random.Random(5)
    mails = []
    for number in range(40):
        mails.append(Mail(number, chance, delivered=number % 3 == 0))
        if mails[-1].delivered:
            server.deliver(mails[-1].octets, [account[0]])
        else:
            imap.append("INBOX", mails[-1].octets)
    imap.ok("SELECT INBOX")
    for _ in range(3):
        check(imap, mails, account[0])
    for number in range(40, 110):  # beyond the first word of columns
        mails.append(Mail(number, chance, delivered=False))
        imap.append("INBOX", mails[-1].octets)
        if number % 30 == 0:
            check(imap, mails, account[0])
    imap.ok("STORE 5:20,64:66 +FLAGS.SILENT (\\Deleted)")
    imap.ok("EXPUNGE")
    mails = [m for n, m in enumerate(mails, 1) if not (5 <= n <= 20 or 64 <= n <= 66)]
    for _ in range(2):
        check(imap, mails, account[0])
