"""Fixtures of the tests that talk to a running server."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support.imap import open_tls  # noqa: E402
from support.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def server():
    """One server for the tests that need nothing special; each test makes accounts of its own."""
    it = Server()
    try:
        yield it.start()
    finally:
        it.destroy()


@pytest.fixture
def make_server():
    """make_server(settings, database=...) -> a started server of the test's own."""
    made = []

    def make(settings=None, **more):
        made.append(Server(settings, **more))
        return made[-1].start()

    yield make
    for it in made:
        it.destroy()


@pytest.fixture
def account(server):
    """(address, password) of a new account on the shared server."""
    return server.account()


@pytest.fixture
def imap(server, account):
    """An IMAP session of that account, nothing selected."""
    it = open_tls(server)
    it.login(*account)
    yield it
    it.close()


@pytest.fixture(scope="module")
def session(server):
    """One IMAP session for a whole file, in the INBOX of an account of its own."""
    it = open_tls(server)
    it.login(*server.account())
    it.ok("SELECT INBOX")
    yield it
    it.close()


@pytest.fixture(scope="session")
def corpus():
    """The folder of foreign messages and calendars; skips where it is absent."""
    folder = os.environ.get("CONVOKE_CORPUS") or os.path.join(
        os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "shared", "corpus")
    if not os.path.isdir(folder):
        pytest.skip("the corpus (../shared/corpus) is not here")
    return folder
