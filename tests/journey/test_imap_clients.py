"""IMAP libraries, each through one whole scenario: folders with names outside ASCII,
append, fetch, search, flags, copy, move, expunge, IDLE.  The program in clients/ says
`done STEP` behind each step that its own checks have passed, `mail SUBJECT` while it
waits in IDLE for that message; what it leaves behind is read by another session and
must be the same for every client, octet for octet."""
import email.message
import email.policy
import os
import pathlib
import subprocess
import threading

import pytest

from support.imap import fetch_literals, open_tls
from support.mail_programs import imapflow, need
from support.messages import plain
from support.wait import LIMIT

CLIENTS = pathlib.Path(__file__).parent / "clients"
STEPS = ["sign in", "folders", "append", "fetch", "parts", "search", "flags", "copy", "move", "expunge", "idle",
         "sign out"]
ALL_OCTETS = bytes(range(256)) * 40


def messages():
    """{name: octets}: text outside ASCII, parts of every kind, raw octets."""
    inner = email.message.EmailMessage(policy=email.policy.SMTP)
    inner["Subject"] = "the one inside"
    inner.set_content("inside\n")
    parts = email.message.EmailMessage(policy=email.policy.SMTP)
    parts["Subject"] = "Drei Teile für später"
    parts["From"] = parts["To"] = "reader@example.test"
    parts["Message-ID"] = "<parts@example.test>"
    parts.set_content("Grüße aus Köln\n", cte="quoted-printable")
    parts.add_attachment(ALL_OCTETS, "application", "octet-stream", filename="alle Bytes.bin")
    parts.add_attachment(inner)
    octets = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
    return {"text": plain("Hello there", "Erste Zeile\r\nÜbermut tut selten gut.\r\n"), "parts": parts.as_bytes(),
            "octets": b"Subject: raw octets\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + (octets + b"\r\n") * 50}


PROGRAMS = {"imaplib": ("/usr/bin/python3", "imaplib_client.py"), "net-imap": ("ruby", "net_imap.rb"),
            "mail-imapclient": ("perl", "mail_imapclient.pl"), "imapflow": ("node", "imapflow_client.js")}


def converse(server, command, environment, address):
    """Runs a client, delivering what it waits for: (steps it has done, everything it said)."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    alarm = threading.Timer(LIMIT, process.kill)
    alarm.start()
    steps, said = [], []
    try:
        for line in process.stdout:
            said.append(line)
            verb, _, rest = line.rstrip("\n").partition(" ")
            if verb == "done":
                steps.append(rest)
            elif verb == "mail":
                assert server.deliver(plain(rest), [address]) == {}
        status = process.wait()
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
    assert status == 0, "".join(said)[-6000:]
    return steps, "".join(said)


def contents(imap, mailbox):
    """[(flags without \\Recent, date, octets)] in order."""
    if int(imap.ok(f'SELECT "{mailbox}"').having(b"EXISTS")[0].split()[1]) == 0:
        return []
    found = []
    for line in imap.ok("FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])").having(b"FETCH"):
        flags = set(line.split(b"FLAGS (")[1].split(b")")[0].split()) - {b"\\Recent"}
        date = line.split(b"INTERNALDATE ")[1].split(b'" ')[0] + b'"'
        found.append((flags, date.decode(), fetch_literals(line)[b"BODY[]"]))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_client_does_all_that_mail_programs_do(server, tmp_path, name):
    command = [need(PROGRAMS[name][0]), str(CLIENTS / PROGRAMS[name][1])]
    address, password = server.account()
    files = messages()
    for file, octets in files.items():
        (tmp_path / file).write_bytes(octets)
    (tmp_path / "all-octets").write_bytes(ALL_OCTETS)
    environment = dict(os.environ, IMAP_PORT=str(server.ports["imaps"]), IMAP_PLAIN_PORT=str(server.ports["imap"]),
                       IMAP_CA=server.certificate, IMAP_USER=address, IMAP_PASSWORD=password,
                       IMAP_FILES=str(tmp_path), LC_ALL="C.UTF-8")
    if name == "imapflow":
        environment["NODE_PATH"] = imapflow()
    steps, said = converse(server, command, environment, address)
    assert steps == STEPS, said[-6000:]
    imap = open_tls(server)
    imap.login(address, password)
    imap.ok("ENABLE IMAP4rev2")
    names = {line.decode().rsplit(' "/" ', 1)[1].strip('"') for line in imap.ok('LIST "" *').having(b"LIST")}
    assert {"Größe", "Größe/Übung & Söhne", "Archiv ✓"} <= names
    assert not names & {"日本語", "weg", "Größe/weg"}
    kept = contents(imap, "Größe")
    assert [(flags, octets) for flags, _, octets in kept] == [({b"\\Flagged", b"$Label1"}, files["parts"])]
    assert [octets for _, _, octets in contents(imap, "Größe/Übung & Söhne")] == [files["parts"]]
    assert contents(imap, "Größe/Übung & Söhne")[0][:2] == kept[0][:2]
    assert [octets for _, _, octets in contents(imap, "Archiv ✓")] == [files["text"]]
    assert len(contents(imap, "INBOX")) == 1
    imap.close()
