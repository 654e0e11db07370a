"""offlineimap mirrors an account into Maildirs and back: nothing lost, nothing twice,
and nothing to do the third time."""
import subprocess

import pytest

from support.imap import fetch_literals, open_tls
from support.mail_programs import need
from support.messages import plain
from support.wait import LIMIT

# There: here.  The last is made here.
NAMES = {"INBOX": "INBOX", '"Gr&APYA3w-e"': "Größe", '"Gr&APYA3w-e/Tief"': "Größe.Tief", '"Neu &JxM-"': "Neu ✓"}
EIGHT_BIT = b"Subject: octets\r\n\r\n" + bytes(b for b in range(1, 256) if b not in b"\r\n") + b"\r\n"


@pytest.fixture
def mirror(server, tmp_path):
    """sync() -> what offlineimap said; its account, and the folder of Maildirs."""
    program = need("offlineimap")
    address, password = server.account()
    config = tmp_path / "offlineimaprc"
    config.write_text(f"""[general]
accounts = test
metadata = {tmp_path}/state
ui = basic
[Account test]
localrepository = here
remoterepository = there
utf8foldernames = yes
[Repository here]
type = Maildir
localfolders = {tmp_path}/mail
sep = .
[Repository there]
type = IMAP
remotehost = localhost
remoteport = {server.ports['imaps']}
remoteuser = {address}
remotepass = {password}
ssl = yes
sslcacertfile = {server.certificate}
maxconnections = 2
""")

    def sync():
        done = subprocess.run([program, "-o", "-c", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
        assert done.returncode == 0 and "ERROR" not in done.stdout, done.stdout[-6000:]
        return done.stdout

    imap = open_tls(server)
    imap.login(address, password)
    yield sync, imap, address, tmp_path / "mail"
    imap.close()


def near(maildir):
    """{flags and octets} of a Maildir, line ends as on the wire."""
    found = []
    for path in [*maildir.glob("cur/*"), *maildir.glob("new/*")]:
        found.append((path.name.partition(":2,")[2], path.read_bytes().replace(b"\n", b"\r\n")))
    return sorted(found)


def far(imap, mailbox):
    """The same of a mailbox on the server."""
    letters = {b"\\Draft": "D", b"\\Flagged": "F", b"\\Answered": "R", b"\\Seen": "S", b"\\Deleted": "T"}
    found = []
    if int(imap.ok(f"SELECT {mailbox}").having(b"EXISTS")[0].split()[1]) > 0:
        for line in imap.ok("FETCH 1:* (FLAGS BODY.PEEK[])").having(b"FETCH"):
            flags = line.split(b"FLAGS (")[1].split(b")")[0].split()
            found.append(("".join(sorted(letters[f] for f in flags if f in letters)), fetch_literals(line)[b"BODY[]"]))
    imap.ok("UNSELECT")
    return sorted(found)


def assert_equal(imap, mail, names):
    for name in names:
        assert near(mail / NAMES[name]) == far(imap, name), name


def state(imap, names):
    """What changes with any change on the server."""
    return {name: imap.ok(f"STATUS {name} (MESSAGES UIDNEXT HIGHESTMODSEQ)").untagged for name in names}


def test_offlineimap_mirrors_both_ways_without_loss_and_then_has_nothing_to_do(server, mirror):
    sync, imap, address, mail = mirror
    there = list(NAMES)[:3]
    for name in there[1:]:
        imap.ok(f"CREATE {name}")
        imap.append(name, EIGHT_BIT, "(\\Flagged) ")
    for number in range(20):
        assert server.deliver(plain(f"delivered {number}", "x\r\n" * 10 ** (number % 4)), [address]) == {}
    sync()
    assert len(near(mail / "INBOX")) == 20
    assert_equal(imap, mail, there)
    # Changed here: one flagged, one gone, one marked as deleted, one and a folder new.
    files = sorted([*(mail / "INBOX").glob("*/*:2,*")], key=lambda path: path.read_bytes())
    files[0].rename(mail / "INBOX/cur" / (files[0].name.split(":")[0] + ":2,FS"))
    files[1].unlink()
    files[2].rename(mail / "INBOX/cur" / (files[2].name.split(":")[0] + ":2,T"))
    for folder in ("INBOX", "Größe", "Neu ✓"):
        for sub in ("cur", "new", "tmp"):
            (mail / folder / sub).mkdir(parents=True, exist_ok=True)
        (mail / folder / "cur" / "1700000000.1.here:2,S").write_bytes(plain("made here").replace(b"\r\n", b"\n"))
    kept = [path.read_bytes().replace(b"\n", b"\r\n") for path in files[3:5]]
    imap.ok("SELECT INBOX")
    for octets, flag in zip(kept, ("\\Deleted", "\\Answered")):
        found = [line.split()[1].decode() for line in imap.ok("FETCH 1:* BODY.PEEK[]").having(b"FETCH")
                 if fetch_literals(line)[b"BODY[]"] == octets]
        assert len(found) == 1
        imap.ok(f"STORE {found[0]} +FLAGS ({flag})")
    imap.ok("CLOSE")
    imap.append(there[2], plain("made there"), "(\\Seen) ")
    sync()
    sync()
    assert_equal(imap, mail, NAMES)
    inbox = far(imap, "INBOX")
    assert sorted(flags for flags, _ in inbox) == [""] * 15 + ["FS", "R", "S", "T"]
    assert sum(b"Subject: made here" in octets for _, octets in inbox) == 1
    assert sum(b"Subject: made there" in octets for _, octets in near(mail / "Größe.Tief")) == 1
    before = state(imap, NAMES)
    said = sync()
    assert state(imap, NAMES) == before
    assert not [line for line in said.splitlines() if "Copy message" in line or "Deleting" in line], said
