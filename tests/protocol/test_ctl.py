"""convokectl as an administrator and his scripts use it."""
import json
import mailbox as mailbox_module
import os
import re
import signal
import ssl
import subprocess

import pytest

from support.imap import fetch_literals, open_plain, open_tls
from support.messages import Meeting, plain
from support.server import CONVOKECTL, END_LIMIT, SOURCE, make_certificate


def fails(server, *arguments, stdin="", status=1):
    done = server.ctl(*arguments, stdin=stdin, check=False)
    assert done.returncode == status, (arguments, done)
    assert done.stderr.strip(), "a failure says why"
    assert "Traceback" not in done.stderr
    return done.stderr


# ---- settings --------------------------------------------------------------------

@pytest.mark.parametrize("value,status,said", [
    ("https:", 0, ""),
    ("http:", 0, ""),
    ("https", 1, "convoke.conf:3: url_protocol: found \"https\", expected http: or https:, with the colon"),
    ("http", 1, "with the colon"),
    ("HTTP:", 1, "expected http: or https:"),
])
def test_check_config_takes_a_scheme_with_its_colon_only(tmp_path, value, status, said):
    certificate, key = make_certificate(str(tmp_path))
    config = tmp_path / "convoke.conf"
    config.write_text(f"# c\n[web]\nurl_protocol = {value}\n[tls]\ncertificate = {certificate}\nprivate_key = {key}\n")
    done = subprocess.run([CONVOKECTL, "-c", str(config), "check-config"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == status
    assert said in done.stderr


def test_check_config_warns_of_links_that_nobody_can_open(tmp_path):
    certificate, key = make_certificate(str(tmp_path))
    config = tmp_path / "convoke.conf"
    config.write_text(f"[tls]\ncertificate = {certificate}\nprivate_key = {key}\n[web]\nlisten =\nurl_protocol = http:\n")
    command = [CONVOKECTL, "-c", str(config), "check-config"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert "convoke.conf:6:" in done.stderr and "cannot be opened" in done.stderr
    done = subprocess.run(command + ["--json"], stdout=subprocess.PIPE, text=True)
    assert json.loads(done.stdout)[0]["kind"] == "warning"


def test_a_server_with_a_wrong_setting_does_not_start_and_says_where(make_server):
    with pytest.raises(RuntimeError, match=r"convoke.conf:\d+: url_protocol: found \"https\""):
        make_server({"web": {"url_protocol": "https"}})


def test_wrong_usage_ends_with_status_2(server):
    for words in (["nonsense"], ["account"], ["account", "add"], ["link", "a@example.test"], ["kick", "x"],
                  ["account", "list", "--nonsense"]):
        assert fails(server, *words, status=2)


# ---- accounts --------------------------------------------------------------------

def test_an_account_lives_from_add_to_remove(server):
    address, password = server.account(timezone="Europe/Berlin", locale="de")
    assert address in server.ctl("account", "list").stdout
    shown = {row["key"]: row["value"] for row in server.ctl("account", "show", address, as_json=True)}
    assert shown["timezone"] == "Europe/Berlin" and shown["locale"] == "de"
    server.ctl("account", "set", address, "name=Someone", "quota_octets=1000000", "timezone=America/New_York")
    shown = {row["key"]: row["value"] for row in server.ctl("account", "show", address, as_json=True)}
    assert shown["name"] == "Someone" and shown["timezone"] == "America/New_York"
    assert "1000000" in shown["quota_octets"]
    server.ctl("account", "passwd", address, stdin="another secret\n")
    session = open_tls(server)
    assert session.command(f'LOGIN "{address}" "{password}"').status == b"NO"
    session.login(address, "another secret")
    session.close()
    fails(server, "account", "remove", address, status=2)
    server.ctl("account", "remove", address, "--yes")
    fails(server, "account", "show", address)
    assert address in server.deliver(plain(), [address])


@pytest.mark.parametrize("words,stdin,said", [
    (["account", "add", "not an address"], "x\n", "address"),
    (["account", "add", "new@example.test", "--timezone", "Mars/Phobos"], "x\n", "time zone"),
    (["account", "add", "new@example.test", "--locale", "tlh"], "x\n", "en or de"),
    (["account", "add", "new@example.test"], "", "standard input"),
    (["account", "show", "nobody@example.test"], "", "no account"),
    (["account", "set", "nobody@example.test", "name=x"], "", "no account"),
    (["alias", "add", "a@example.test", "nobody@example.test"], "", "no account"),
    (["alias", "remove", "nothing@example.test"], "", "no such alias"),
    (["mailbox", "list", "nobody@example.test"], "", "no account"),
])
def test_what_cannot_be_done_is_refused_with_a_reason(server, words, stdin, said):
    assert said in fails(server, *words, stdin=stdin)


def test_an_account_is_not_made_twice(server):
    address, _ = server.account()
    assert "already" in fails(server, "account", "add", address.upper(), stdin="x\n")


def test_mail_for_an_alias_and_for_a_detail_reaches_the_account(server):
    address, password = server.account()
    server.ctl("alias", "add", "sales-alias@example.test", address)
    assert "sales-alias@example.test" in server.ctl("alias", "list").stdout
    local, domain = address.split("@")
    assert server.deliver(plain("one"), ["sales-alias@example.test"]) == {}
    assert server.deliver(plain("two"), [f"{local}+lists@{domain}"]) == {}
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    assert session.ok("SEARCH ALL").having(b"SEARCH")[0] == b"* SEARCH 1 2"
    session.close()
    server.ctl("alias", "remove", "sales-alias@example.test")
    assert server.deliver(plain("three"), ["sales-alias@example.test"]) != {}


def test_mailboxes_are_listed_made_and_removed(server):
    address, _ = server.account()
    names = [row["name"] for row in server.ctl("mailbox", "list", address, as_json=True)]
    assert names[0] == "INBOX" and set(names) == {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"}
    server.ctl("mailbox", "create", address, "Projects/2026/grün")
    assert "Projects/2026/grün" in server.ctl("mailbox", "list", address).stdout
    server.ctl("mailbox", "remove", address, "Projects/2026/grün")
    fails(server, "mailbox", "remove", address, "INBOX")
    assert "grün" not in server.ctl("mailbox", "list", address).stdout


# ---- import ----------------------------------------------------------------------

def all_bodies(server, address, password, name):
    session = open_tls(server)
    session.login(address, password)
    session.ok(f"SELECT {name}")
    bodies = [fetch_literals(r)[b"BODY[]"] for r in session.ok("FETCH 1:* (FLAGS BODY.PEEK[])").having(b"BODY[]")]
    session.close()
    return bodies


def test_what_was_expunged_is_listed_and_brought_back(server, account):
    address, password = account
    for name in ("first", "second", "third"):
        assert server.deliver(plain(name), [address]) == {}
    imap = open_plain(server)
    imap.login(address, password)
    imap.ok("SELECT INBOX")
    imap.ok("STORE 1,3 +FLAGS.SILENT (\\Deleted \\Flagged)")
    imap.ok("EXPUNGE")
    gone = server.ctl("mailbox", "expunged", address, "INBOX", as_json=True)
    assert sorted((row["uid"], row["subject"]) for row in gone) == [("1", "first"), ("3", "third")]
    for word in ("x", "1:", "0", ":3", "1,3"):
        fails(server, "mailbox", "undelete", address, "INBOX", word, status=2)
    assert "2 messages" in server.ctl("mailbox", "undelete", address, "INBOX", "3", "2:1", "1:1").stdout
    assert any(line == b"* 3 EXISTS" for line in imap.ok("NOOP").untagged)
    fetched = imap.ok("FETCH 2:3 (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").untagged
    assert b"UID 4 " in fetched[0] and b"first" in fetched[0] and b"\\Flagged" in fetched[0], fetched
    assert b"UID 5 " in fetched[1] and b"third" in fetched[1] and b"\\Deleted" not in fetched[1], fetched
    assert server.ctl("mailbox", "expunged", address, "INBOX", as_json=True) == []
    imap.close()


def test_a_machine_without_ipv6_is_served_by_its_other_addresses(make_server, tmp_path, monkeypatch):
    source, library = tmp_path / "none.c", tmp_path / "none.so"
    source.write_text("""#include <errno.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int socket(int family, int type, int protocol)
        {
            if (family == AF_INET6) { errno = EAFNOSUPPORT; return -1; }
            return (int)syscall(SYS_socket, family, type, protocol);
        }
        """)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
    server = make_server({"lmtp": {"tls_listen": "[::]:2424"}})
    monkeypatch.undo()
    address, password = server.account()
    imap = open_plain(server)
    imap.login(address, password)
    imap.close()
    assert "[::]:2424 is not served" in server.read_log()


def test_import_takes_mbox_maildir_and_eml_once_each_with_crlf(server, tmp_path):
    address, password = server.account()
    messages = [plain(f"m{i}", f"text {i}\r\nFrom the start of a line\r\n") for i in range(6)]
    box = mailbox_module.mbox(str(tmp_path / "box"))
    for message in messages[:3]:
        box.add(message)
    box.close()
    folder = mailbox_module.Maildir(str(tmp_path / "maildir"))
    for message in messages[3:5]:
        entry = mailbox_module.MaildirMessage(message)
        entry.add_flag("S")
        entry.set_subdir("cur")
        folder.add(entry)
    (tmp_path / "one.eml").write_bytes(messages[5].replace(b"\r\n", b"\n"))
    paths = [str(tmp_path / name) for name in ("box", "maildir", "one.eml")]
    said = server.ctl("import", address, "Archive", *paths).stdout
    assert said.startswith("6 imported, 0 there already, 0 failed")
    assert sorted(all_bodies(server, address, password, "Archive")) == sorted(messages)
    said = server.ctl("import", address, "Archive", *paths).stdout
    assert said.startswith("0 imported, 6 there already, 0 failed")
    session = open_tls(server)
    session.login(address, password)
    session.ok("SELECT Archive")
    assert len(session.ok("SEARCH SEEN").having(b"SEARCH")[0].split()) == 2 + 2
    session.close()


def test_import_takes_calendar_files(server, tmp_path):
    address, _ = server.account()
    meeting = Meeting("organizer@example.test", address, title="Imported meeting")
    (tmp_path / "one.ics").write_text(meeting.calendar().replace("METHOD:REQUEST\r\n", ""), newline="")
    assert server.ctl("import", address, "INBOX", str(tmp_path / "one.ics")).stdout.startswith("1 imported")
    assert "Imported meeting" in server.ctl("meeting", "list", address).stdout
    assert server.ctl("import", address, "INBOX", str(tmp_path / "one.ics")).stdout.startswith("0 imported, 1 there")
    (tmp_path / "bad.ics").write_text("this is no calendar")
    fails(server, "import", address, "INBOX", str(tmp_path / "bad.ics"))


# ---- meetings --------------------------------------------------------------------

def test_link_prints_what_the_mail_says_and_explain_tells_why(server):
    address, password = server.account()
    meeting = Meeting("organizer@example.test", address)
    assert server.deliver(meeting.mail(), [address], sender=meeting.organizer) == {}
    link = server.ctl("link", address, meeting.uid).stdout.strip()
    assert link.startswith(f"https://localhost:{server.ports['https']}/m/")
    body = all_bodies(server, address, password, "INBOX")[0]
    assert link.encode() in body
    rows = server.ctl("meeting", "explain", address, meeting.uid, as_json=True)
    assert rows[0]["method"] == "REQUEST" and rows[0]["action"] and rows[0]["reason"]
    assert meeting.uid in server.ctl("meeting", "list", address).stdout
    rotated = server.ctl("link", "rotate", address, meeting.uid).stdout.strip()
    assert rotated != link
    assert server.ctl("link", address, meeting.uid).stdout.strip() == rotated
    server.ctl("link", "revoke", address, meeting.uid)
    fails(server, "link", address, meeting.uid)
    fails(server, "link", address, "unknown-uid")
    fails(server, "meeting", "explain", address, "unknown-uid")


# ---- the running daemon ----------------------------------------------------------

def test_who_shows_a_session_and_kick_ends_it(server):
    address, password = server.account()
    session = open_tls(server)
    session.login(address, password)
    rows = [row for row in server.ctl("who", as_json=True) if row["user"] == address]
    assert len(rows) == 1 and rows[0]["protocol"] == "imap" and "TLS" in rows[0]["security"]
    server.ctl("kick", str(rows[0]["number"]))
    while b"BYE" not in session.response():
        pass
    session.close()
    fails(server, "kick", "999999999")


def test_status_counts_connections(make_server):
    server = make_server()  # on another, those of earlier tests may still be going
    before = server.ctl("status", as_json=True)["connections"]
    sessions = [open_plain(server) for _ in range(3)]
    assert server.ctl("status", as_json=True)["connections"] == before + 3
    for session in sessions:
        session.ok("LOGOUT")
        session.close()


def test_reload_serves_a_new_certificate_and_a_new_link_host_without_dropping_a_session(make_server):
    server = make_server()
    address, password = server.account()
    session = open_tls(server)
    session.login(address, password)
    old = ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))
    make_certificate(server.folder)
    if os.geteuid() == 0:
        import pwd
        os.chown(server.key, pwd.getpwnam("nobody").pw_uid, -1)
    server.settings["web"]["host"] = "meet.example.test"
    server.settings["server"]["workers"] = "3"
    server.write_config()
    answer = server.ctl("reload", as_json=True)
    assert "[server] workers" in answer["restart needed for"]
    assert ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"])) != old
    session.ok("NOOP")
    meeting = Meeting("organizer@example.test", address)
    assert server.deliver(meeting.mail(), [address], sender=meeting.organizer) == {}
    assert server.ctl("link", address, meeting.uid).stdout.startswith("https://meet.example.test/m/")
    session.close()


def test_a_reload_of_a_wrong_file_changes_nothing(make_server):
    server = make_server()
    server.settings["web"]["url_protocol"] = "https"
    server.write_config()
    server.process.send_signal(signal.SIGHUP)
    fails(server, "reload")
    session = open_tls(server)
    session.ok("NOOP")
    session.close()
    assert "url_protocol" in server.read_log()


def test_a_reload_with_a_certificate_that_cannot_be_used_says_so_and_the_old_one_serves_on(make_server):
    server = make_server()
    assert "restart" not in server.ctl("reload").stdout
    old = ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"]))
    with open(server.certificate, "w", encoding="ascii") as out:
        out.write("renewed, but not whole\n")
    assert "TLS" in fails(server, "reload")
    assert ssl.get_server_certificate(("127.0.0.1", server.ports["imaps"])) == old


def test_what_needs_a_restart_stays_as_it_was_until_then_and_the_daemon_ends_in_order(make_server):
    server = make_server()
    held = os.path.join(server.folder, "state", "convoked.pid")
    other = os.path.join(server.folder, "other.pid")
    with open(other, "w", encoding="utf-8") as out:
        out.write("somebody else's\n")
    server.settings["server"].update(threads="64", pid_file=other)
    server.write_config()
    answer = server.ctl("reload", as_json=True)
    assert "[server] threads" in answer["restart needed for"]
    assert server.stop() == 0
    assert not os.path.exists(held)
    assert os.path.exists(other)


def test_links_stay_openable_when_a_reload_brings_the_first_certificate(make_server):
    server = make_server({"tls": {"certificate": None, "private_key": None},
                          "imap": {"tls_listen": None}, "pop3": {"tls_listen": None},
                          "web": {"tls_listen": None, "host": None}})
    address, password = server.account()
    server.settings["tls"] = {"certificate": server.certificate, "private_key": server.key}
    server.write_config()
    assert "[web] tls_listen" in server.ctl("reload", as_json=True)["restart needed for"]
    meeting = Meeting("organizer@example.test", address)
    assert server.deliver(meeting.mail(), [address], sender=meeting.organizer) == {}
    # No door serves https: before the restart.
    session = open_plain(server)
    session.login(address, password)
    session.ok("SELECT INBOX")
    mail = fetch_literals(session.ok("FETCH 1 BODY[]").having(b"BODY[]")[0])[b"BODY[]"]
    assert f":{server.ports['http']}/m/".encode() in mail and b"https://" not in mail
    session.close()


def test_a_reload_while_the_daemon_says_goodbye_is_too_late(make_server):
    server = make_server()
    session = open_tls(server)
    server.process.send_signal(signal.SIGTERM)
    assert b"BYE" in session.line()
    server.process.send_signal(signal.SIGHUP)
    assert server.process.wait(END_LIMIT) == 0
    session.close()


# ---- the database ----------------------------------------------------------------

def test_db_migrate_verify_and_reparse(server, account):
    address, password = account
    assert server.deliver(plain("kept", "z" * 300000), [address]) == {}
    assert "up to date" in server.ctl("db", "migrate", "--dry-run").stdout
    assert "0 damaged" in server.ctl("db", "verify").stdout
    before = all_bodies(server, address, password, "INBOX")
    assert "0 failed" in server.ctl("reparse").stdout
    assert all_bodies(server, address, password, "INBOX") == before


def test_a_restored_backup_gives_no_number_again(make_server, tmp_path):
    """What a mail program saw after the backup was made is known to be gone."""
    server = make_server()
    address, password = server.account()
    backup = str(tmp_path / "backup")

    def session():
        imap = open_plain(server)
        imap.login(address, password)
        imap.ok("ENABLE QRESYNC")
        return imap

    def number(reply, name):
        return int(re.search(rb"%s (\d+)" % name, b" ".join(reply.untagged)).group(1))

    assert server.deliver(plain("old"), [address]) == {}
    subprocess.run(["pg_dump", "-Fc", "-f", backup, server.database], check=True)
    imap = session()
    assert server.deliver(plain("lost"), [address]) == {}
    seen = imap.ok("SELECT INBOX")
    imap.ok("STORE 1 +FLAGS (\\Flagged)")
    latest = number(imap.ok("STATUS INBOX (HIGHESTMODSEQ)"), b"HIGHESTMODSEQ")
    uid_of_lost = number(imap.ok("FETCH 2 UID"), b"UID")
    imap.close()

    subprocess.run(["pg_restore", "--clean", "--if-exists", "--single-transaction", "-d", server.database, backup],
                   check=True)
    assert "mailboxes" in server.ctl("db", "restored").stdout
    server.stop()
    server.start()
    assert server.deliver(plain("new"), [address]) == {}
    imap = session()
    again = imap.ok(f"SELECT INBOX (QRESYNC ({number(seen, b'UIDVALIDITY')} {latest} 1:{uid_of_lost}))")
    assert any(re.match(rb"\* VANISHED \(EARLIER\) .*\b%d\b" % uid_of_lost, line) for line in again.untagged), again.untagged
    assert any(line.startswith(b"* 1 FETCH") and b"\\Flagged" not in line for line in again.untagged), again.untagged
    assert number(again, b"HIGHESTMODSEQ") > latest
    assert number(imap.ok("FETCH 2 UID"), b"UID") > uid_of_lost
    imap.close()


def test_every_verb_stands_in_the_manual():
    page = open(os.path.join(SOURCE, "doc", "convokectl.8"), encoding="utf-8").read()
    words = re.sub(r"\\f.|\\", "", page).replace('"', " ")
    text = " ".join(words.split())
    verbs = re.findall(r"convokectl -c FILE \[--json\] ((?:[a-z-]+ ?)+)", subprocess.run(
        [CONVOKECTL, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout)
    assert len(verbs) > 25
    for verb in verbs:
        assert re.search(r"\b%s\b" % re.escape(verb.strip()), text), verb
