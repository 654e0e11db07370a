"""SELECT, EXAMINE and NOOP of a managed database are answered from memory where nothing has
changed: what anybody was told before must be in the answer, whoever changed it."""
import pytest

from support.imap import open_plain
from support.messages import plain
from support.wait import until


@pytest.fixture(scope="module")
def managed():
    from support.server import Server
    it = Server(database="managed")
    try:
        yield it.start()
    finally:
        it.destroy()


@pytest.fixture
def three(managed):
    sessions, account = [], managed.account()
    for _ in range(3):
        sessions.append(open_plain(managed))
        sessions[-1].login(*account)
    yield sessions
    for one in sessions:
        one.close()


def exists(reply):
    assert reply.status == b"OK", reply
    return next(int(line.split()[1]) for line in reply.untagged if line.endswith(b" EXISTS"))


def recent(reply):
    return next(int(line.split()[1]) for line in reply.untagged if line.endswith(b" RECENT"))


def test_every_answered_change_is_in_the_next_select(three):
    first, second, third = three
    count = 0
    for number in range(30):
        assert first.append("INBOX", plain(f"m{number}")).status == b"OK"
        count += 1
        assert exists(second.ok("SELECT INBOX")) == count
        assert exists(third.ok("EXAMINE INBOX")) == count
        second.ok("STORE * +FLAGS (\\Flagged)")
        third.ok("SELECT INBOX")
        assert b"\\Flagged" in b"".join(third.ok("FETCH * FLAGS").untagged)
        if number % 5 == 4:
            second.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
            second.ok("EXPUNGE")
            count -= 1
            assert exists(first.ok("SELECT INBOX")) == count
        first.ok("COPY 1 INBOX") if number % 7 == 6 else first.ok("SELECT INBOX")
        count += number % 7 == 6
        assert exists(third.ok("SELECT INBOX")) == count


def test_noop_tells_every_answered_change(three):
    first, second, _ = three
    first.ok("SELECT INBOX")
    for number in range(1, 30):
        second.append("INBOX", plain())
        assert b"* %d EXISTS" % number in first.ok("NOOP").untagged


def test_recent_is_one_sessions_alone(three):
    first, second, third = three
    first.append("INBOX", plain())
    assert recent(first.ok("SELECT INBOX")) == 1
    assert recent(second.ok("SELECT INBOX")) == 0
    first.ok("UNSELECT")
    second.ok("UNSELECT")
    third.append("INBOX", plain())
    for _ in range(3):  # shows it and leaves it
        assert recent(third.ok("EXAMINE INBOX")) == 1
    assert recent(second.ok("SELECT INBOX")) == 1
    assert recent(second.ok("SELECT INBOX")) == 0
    assert recent(first.ok("SELECT INBOX")) == 0
    assert recent(third.ok("EXAMINE INBOX")) == 0


def test_names_are_what_they_are_now(three):
    first, second, _ = three
    first.ok("CREATE one")
    second.ok("SELECT one")
    second.ok("SELECT one")
    first.ok("RENAME one two")
    assert second.command("SELECT one").status == b"NO"
    second.ok("SELECT two")
    second.ok("SELECT two")
    first.ok("DELETE two")
    assert second.command("SELECT two").status == b"NO"
    first.ok("CREATE two")
    assert exists(second.ok("SELECT two")) == 0


def test_what_convokectl_changes_is_seen(managed, tmp_path):
    address, password = managed.account()
    imap = open_plain(managed)
    imap.login(address, password)
    for number in range(1, 6):
        assert exists(imap.ok("SELECT INBOX")) == number - 1
        mail = tmp_path / "mail.eml"
        mail.write_bytes(plain(f"m{number}"))
        mail.chmod(0o644)
        managed.ctl("import", address, "INBOX", str(mail))
        # Heard by NOTIFY, not in the same breath.
        until(lambda: exists(imap.ok("SELECT INBOX")), lambda count: count == number)
    imap.close()
