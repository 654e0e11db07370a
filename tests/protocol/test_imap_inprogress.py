"""INPROGRESS (RFC 9585): a command that takes long says that it is being worked on."""
import re
import subprocess

import pytest

from support.capability import proves
from support.imap import open_tls
from support.server import Server

CASES = [
    ("COPY 1:3 Trash", "message", rb"NIL NIL"),
    ("STORE 1:3 +FLAGS (\\Flagged)", "message", rb"NIL NIL"),
    ("SEARCH TEXT nothing", "content", rb"0 3"),
    ("SORT (SUBJECT) UTF-8 ALL", "content", rb"0 3"),
    ("THREAD REFERENCES UTF-8 ALL", "content", rb"0 3"),
]


class Lock:
    """A table of the database held, so that who wants it has to wait."""

    def __init__(self, server, table):
        self.psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", server.database], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        print(f"begin; lock table {table} in access exclusive mode; select 'held';", file=self.psql.stdin, flush=True)
        assert self.psql.stdout.readline() == "held\n"

    def release(self):
        self.psql.communicate("rollback;\n")


@pytest.fixture(scope="module")
def restarted():
    """A server that has nothing in memory, with a mailbox of its own for each case."""
    server = Server({"imap": {"progress_interval": "1"}})
    try:
        server.start()
        accounts = {}
        for command, _, _ in CASES:
            accounts[command] = server.account()
            imap = open_tls(server)
            imap.login(*accounts[command])
            for number in range(3):
                octets = f"From: ann@example.test\r\nSubject: {command} {number}\r\n\r\ntext\r\n".encode()
                assert imap.append("INBOX", octets).status == b"OK"
            imap.close()
        server.stop()
        server.start()
        yield server, accounts
    finally:
        server.destroy()


@proves("INPROGRESS")
@pytest.mark.parametrize("command, table, progress", CASES)
def test_a_long_command_says_so(restarted, command, table, progress):
    server, accounts = restarted
    imap = open_tls(server)
    imap.login(*accounts[command])
    imap.ok("SELECT INBOX")
    lock = Lock(server, table)
    try:
        tag = imap.send(command)
        told = [imap.response(), imap.response()]
    finally:
        lock.release()
    for line in told:
        assert re.fullmatch(rb'\* OK \[INPROGRESS \("' + tag + rb'" ' + progress + rb"\)\] Still working", line), line
    assert imap.until(tag).status == b"OK"
    assert not imap.ok("NOOP").having(b'"%s"' % tag)
    imap.close()


@proves("INPROGRESS")
def test_a_tag_with_a_bracket_is_not_told(restarted):
    """RFC 9585 section 4: "]" in a quoted tag would end the response code for simple clients."""
    server, accounts = restarted
    imap = open_tls(server)
    imap.login(*accounts["COPY 1:3 Trash"])
    imap.ok("SELECT INBOX")
    lock = Lock(server, "message")
    try:
        imap.transport.send(b"a]b COPY 1:3 Trash\r\n")
        told = imap.response()
    finally:
        lock.release()
    assert told == b"* OK [INPROGRESS (NIL NIL NIL)] Still working"
    assert imap.until(b"a]b").status == b"OK"
    imap.close()
