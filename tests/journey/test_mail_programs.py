"""Real mail programs against a running server: what they fetch is what was sent."""
import email
import email.policy
import glob
import imaplib
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import tempfile

import pytest

from support.mail_programs import need
from support.messages import Meeting, plain
from support.server import free_ports
from support.wait import LIMIT


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture
def mailbox(server):
    """An account with three messages in its INBOX: (address, password, messages)."""
    address, password = server.account()
    messages = [plain("one"), plain("two", "x" * 70 + "\r\n" + "line\r\n" * 2000),
                plain("three", ".starts with a dot\r\n..two\r\n")]
    for message in messages:
        assert server.deliver(message, [address]) == {}
    return address, password, messages


def curl(server, *arguments):
    return run([need("curl"), "-sS", "--cacert", server.certificate, *arguments])


def imap_session(server, address, password):
    imap = imaplib.IMAP4_SSL("localhost", server.ports["imaps"], ssl_context=server.tls_context())
    imap.login(address, password)
    imap.select("INBOX")
    return imap


def test_curl_fetches_by_imaps_what_was_delivered(server, mailbox):
    address, password, messages = mailbox
    for number, message in enumerate(messages, 1):
        got = curl(server, "-u", f"{address}:{password}",
                   f"imaps://localhost:{server.ports['imaps']}/INBOX;MAILINDEX={number}")
        assert got.endswith(message)


def test_curl_fetches_by_imap_with_starttls(server, mailbox):
    address, password, messages = mailbox
    got = curl(server, "--ssl-reqd", "-u", f"{address}:{password}",
               f"imap://localhost:{server.ports['imap']}/INBOX;MAILINDEX=1")
    assert got.endswith(messages[0])


@pytest.mark.parametrize("service,more", [("pop3s", ()), ("pop3", ("--ssl-reqd",))])
def test_curl_fetches_by_pop3_under_tls(server, mailbox, service, more):
    address, password, messages = mailbox
    for number, message in enumerate(messages, 1):
        got = curl(server, *more, "-u", f"{address}:{password}",
                   f"{service}://localhost:{server.ports[service]}/{number}")
        assert got.endswith(message)


def test_curl_uploads_by_imap_and_gets_back_the_same_octets(server, tmp_path):
    address, password = server.account()
    message = plain("uploaded", "grün\r\n" * 5000)
    source = tmp_path / "message"
    source.write_bytes(message)
    url = f"imaps://localhost:{server.ports['imaps']}/Drafts"
    curl(server, "-u", f"{address}:{password}", "-T", str(source), url)
    assert curl(server, "-u", f"{address}:{password}", url + ";MAILINDEX=1") == message


def mbsync_config(server, folder, address, password):
    config = folder / "mbsyncrc"
    config.write_text(f"""IMAPAccount test
Host localhost
Port {server.ports['imaps']}
User {address}
Pass {password}
SSLType IMAPS
CertificateFile {server.certificate}
PipelineDepth 20

IMAPStore far
Account test

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
    (folder / "mail").mkdir(exist_ok=True)
    return config


def test_mbsync_mirrors_both_ways_without_duplicates_or_loss(server, mailbox, tmp_path):
    program = need("mbsync")
    address, password, messages = mailbox
    sync = [program, "-q", "-c", str(mbsync_config(server, tmp_path, address, password)), "-a"]
    run(sync)
    inbox = tmp_path / "mail" / "INBOX"
    files = sorted(glob.glob(f"{inbox}/new/*") + glob.glob(f"{inbox}/cur/*"))
    assert len(files) == 3
    near = [pathlib.Path(f).read_bytes().replace(b"\r\n", b"\n") for f in files]
    for message in messages:
        body = message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
        assert sum(one.endswith(body) for one in near) == 1
    # One made here, one flagged here, one deleted here: all of it must arrive there.
    (inbox / "cur" / "1700000000.1.host:2,S").write_bytes(plain("made near").replace(b"\r\n", b"\n"))
    for source, flags in zip(files, ("FS", "T")):
        os.rename(source, inbox / "cur" / f"{os.path.basename(source).split(':')[0]}:2,{flags}")
    run(sync)
    run(sync)
    imap = imap_session(server, address, password)
    assert len(imap.search(None, "ALL")[1][0].split()) == 3
    assert len(imap.search(None, "FLAGGED", "SEEN")[1][0].split()) == 1
    assert len(imap.search(None, "SUBJECT", '"made near"')[1][0].split()) == 1
    imap.logout()


def test_mutt_shows_a_meeting_request_with_its_link(server, tmp_path):
    program = need("mutt")
    address, password = server.account(timezone="Europe/Berlin")
    meeting = Meeting("organizer@example.test", address, title="Planning with mutt")
    assert server.deliver(meeting.mail(), [address], sender="organizer@example.test") == {}
    out = tmp_path / "shown"
    rc = tmp_path / "muttrc"
    rc.write_text(f"""set ssl_starttls=no
set imap_user="{address}"
set imap_pass="{password}"
set certificate_file="{server.certificate}"
set ssl_usesystemcerts=no
set folder="imaps://localhost:{server.ports['imaps']}/"
set spoolfile="=INBOX"
set header_cache=""
set record=""
set postponed=""
set move=no
set wait_key=no
set pipe_decode=yes
set quit=yes
alternative_order text/plain
push "<pipe-message>cat > {out}<enter><quit>"
""")
    run(["script", "-qec", f"{program} -n -F {rc}", "/dev/null"], stdin=subprocess.DEVNULL,
        env=dict(os.environ, TERM="xterm", HOME=str(tmp_path), LC_ALL="C.UTF-8"))
    shown = out.read_text()
    assert "Planning with mutt" in shown
    assert "Europe/Berlin" in shown
    assert re.search(r"^https://\S+/m/\S+$", shown, re.M)


POSTFIX_MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.test
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
maillog_file = {folder}/log
maillog_file_prefixes = /tmp
alias_maps =
smtputf8_enable = yes
"""
POSTFIX_MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def postfix(server):
    """A private Postfix that hands everything for example.test over by LMTP; its SMTP port."""
    if os.geteuid() != 0 or not os.path.exists("/usr/sbin/postfix"):
        pytest.skip("a private Postfix needs root and the package postfix")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="convoke-postfix-", dir="/tmp"))
    folder.chmod(0o755)
    port = free_ports(1)[0]
    for name in ("etc", "spool", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "etc/main.cf").write_text(POSTFIX_MAIN.format(folder=folder, lmtp=server.ports["lmtp"]))
    (folder / "etc/master.cf").write_text(POSTFIX_MASTER.format(port=port))
    command = ["/usr/sbin/postfix", "-c", str(folder / "etc")]
    done = subprocess.run([*command, "start"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    try:
        yield port
    finally:
        subprocess.run([*command, "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def idle_until_exists(imap):
    """IDLE tells when a message has come: nothing is polled."""
    imap.send(b"x IDLE\r\n")
    while True:
        line = imap.readline()
        assert line, "the connection ended before the message came"
        if line.rstrip().endswith(b"EXISTS"):
            break
    imap.send(b"DONE\r\n")
    while not imap.readline().startswith(b"x OK"):
        pass


def test_postfix_hands_a_meeting_request_over_and_mail_programs_read_it(server, postfix):
    address, password = server.account(timezone="Europe/Berlin")
    organizer, _ = server.account()
    meeting = Meeting(organizer, address, title="Sent by Postfix")
    imap = imap_session(server, address, password)
    with smtplib.SMTP("127.0.0.1", postfix) as smtp:
        smtp.sendmail(organizer, [address], meeting.mail())
    idle_until_exists(imap)
    got = curl(server, "-u", f"{address}:{password}",
               f"imaps://localhost:{server.ports['imaps']}/INBOX;MAILINDEX=1")
    message = email.message_from_bytes(got, policy=email.policy.default)
    assert {"text/plain", "text/html", "text/calendar"} <= {part.get_content_type() for part in message.walk()}
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "Sent by Postfix" in text and "Room 4" in text
    assert re.search(r"^https://\S+/m/\S+$", text, re.M)
    by_pop = curl(server, "-u", f"{address}:{password}", f"pop3s://localhost:{server.ports['pop3s']}/1")
    assert by_pop == got
    imap.logout()
