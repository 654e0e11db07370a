"""IMAP messages: APPEND, FETCH in every form, STORE, COPY, MOVE, EXPUNGE."""
import base64
import os
import random
import re
import subprocess

import pytest

from support import cost
from support.capability import proves
from support.cost import seconds_of_threads
from support.imap import Closed, fetch_literals, open_tls
from support.messages import plain

MULTIPART = (
    b"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.test>\r\nTo: a@example.test, b@example.test\r\n"
    b"Subject: parts\r\nDate: Tue, 5 May 2026 12:00:00 +0200\r\nMessage-ID: <parts@example.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\npreamble\r\n"
    b"--out\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"caf=C3=A9\r\n"
    b"--out\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"\0\1\2binary") + b"\r\n"
    b"--out\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: inner@example.test\r\nSubject: inner\r\n\r\ninner text\r\n"
    b"--out\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-unheard-of\r\n\r\nwhat\r\n"
    b"--out--\r\nepilogue\r\n")


@pytest.fixture
def parts(imap):
    assert imap.append("INBOX", MULTIPART).status == b"OK"
    imap.ok("SELECT INBOX")
    return imap


def body(imap, item, number=1):
    reply = imap.ok(f"FETCH {number} ({item})")
    literals = fetch_literals(reply.having(b"FETCH")[0])
    assert len(literals) == 1, literals
    return next(iter(literals.values()))


@proves("UIDPLUS")
def test_append_copy_and_expunge_tell_uids(imap):
    first = imap.append("INBOX", plain())
    validity, uid = re.match(rb"APPENDUID (\d+) (\d+)", first.code()).groups()
    imap.ok("SELECT INBOX")
    assert imap.ok("SEARCH UID " + uid.decode()).having(b"* SEARCH 1")
    imap.append("INBOX", plain())
    imap.append("INBOX", plain())
    assert re.match(rb"COPYUID \d+ 1:3 1:3", imap.ok("COPY 1:3 Archive").code())
    imap.ok("STORE 1:3 +FLAGS (\\Deleted)")
    assert imap.ok("UID EXPUNGE 2").having(b"EXPUNGE") == [b"* 2 EXPUNGE"]
    assert imap.ok("EXPUNGE").having(b"EXPUNGE") == [b"* 1 EXPUNGE", b"* 1 EXPUNGE"]
    assert validity != b"0"


def test_append_keeps_the_octets_flags_and_date(imap):
    for message in (plain(), MULTIPART, b"x", b"no header", b"a: b\nbare lf\n\nbody\n", b"\r\n", b"8bit: \xff\r\n\r\n\x80"):
        reply = imap.append("Archive", message, '(\\Seen \\Flagged $Work) "17-Jul-1996 02:44:25 -0700" ')
        assert reply.status == b"OK", (message, reply)
        imap.ok("SELECT Archive")
        answer = imap.ok("FETCH * (BODY.PEEK[] FLAGS INTERNALDATE RFC822.SIZE)").having(b"FETCH")[0]
        assert fetch_literals(answer)[b"BODY[]"] == message
        assert b"FLAGS (\\Flagged \\Seen" in answer and b"$Work" in answer
        assert b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"' in answer
        assert b"RFC822.SIZE %d" % len(message) in answer


DATES = ["24-Mar-2007 23:00:00 +0200", "25-Mar-2007 00:00:00 +0200", "25-Mar-2007 23:59:59 -1130", "26-Mar-2007 00:00:00 +0530", "25-Mar-2007 18:30:00 +0000"]


def internal_dates(imap, set_="1:*"):
    return [re.search(rb'INTERNALDATE "([^"]*)"', line).group(1).decode() for line in imap.ok(f"FETCH {set_} INTERNALDATE").having(b"FETCH")]


def test_the_zone_of_the_internal_date_is_kept(imap):
    """RFC 9051 2.3.3 and 6.4.4: told as it was given, and searched by its day without regard to the zone; sorted as instants."""
    for date in DATES:
        assert imap.append("Archive", b"x", f'"{date}" ').status == b"OK"
    imap.ok("SELECT Archive")
    assert internal_dates(imap) == DATES
    for keys, found in (("BEFORE 25-Mar-2007", [1]), ("ON 25-Mar-2007", [2, 3, 5]), ("SINCE 26-Mar-2007", [4]), ("SENTON 25-Mar-2007", [2, 3, 5])):
        assert imap.ok(f"SEARCH {keys}").having(b"* SEARCH")[0].split()[2:] == [b"%d" % n for n in found], keys
    assert imap.ok("SORT (ARRIVAL) UTF-8 ALL").having(b"* SORT") == [b"* SORT 1 2 4 5 3"]
    imap.ok("COPY 1 Archive")
    imap.ok("MOVE 3 Archive")
    imap.ok("NOOP")
    tag = imap.send(b'REPLACE 1 Archive "26-Mar-2007 00:00:00 +0530" {1+}\r\ny')
    assert imap.until(tag).status == b"OK"
    assert internal_dates(imap) == [DATES[n] for n in (1, 3, 4, 0, 2, 3)]


@pytest.mark.parametrize("date", ["01-Jan-1970 00:00:00 +0000", "01-Jan-1970 01:00:00 +0100", "31-Dec-1969 23:59:59 +0000"])
def test_a_message_may_be_as_old_as_the_count_of_seconds(imap, date):
    assert imap.append("INBOX", b"x", f'"{date}" ').status == b"OK"
    imap.ok("SELECT INBOX")
    assert internal_dates(imap) == [date]


def test_append_refuses_with_the_right_code(imap):
    assert imap.append("nowhere", plain()).code() == b"TRYCREATE"
    assert imap.append("INBOX", plain(), "(\\Recent) ").code() == b"CANNOT"
    assert imap.append("INBOX", b"").status == b"NO"


@proves("MULTIAPPEND")
def test_multiappend_is_all_or_nothing(imap):
    one, two = plain("one"), plain("two")
    tag = imap.send(b"APPEND INBOX (\\Seen) {%d+}\r\n%s \"17-Jul-1996 02:44:25 -0700\" {%d+}\r\n%s"
                    % (len(one), one, len(two), two))
    assert re.match(rb"APPENDUID \d+ 1:2", imap.until(tag).code())
    tag = imap.send(b"APPEND INBOX {%d+}\r\n%s (\\Recent) {%d+}\r\n%s" % (len(one), one, len(two), two))
    assert imap.until(tag).status == b"NO"
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 2")


@proves("MULTIAPPEND")
def test_a_long_multiappend_is_whole_and_held_in_bounded_memory(server, imap):
    chance, count = random.Random(3502), 400
    lines = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz ", k=70)) for _ in range(1700)]
    messages = [plain(subject=f"message {number}", text="\r\n".join(lines)) for number in range(count)]
    imap.ok("SELECT INBOX")
    before = cost.memory(server.process.pid, "VmRSS")
    cost.reset_peak(server.process.pid)
    tag = imap.send(b"APPEND INBOX" + b"".join(b" {%d+}\r\n%s" % (len(one), one) for one in messages))
    assert re.match(rb"APPENDUID \d+ 1:400", imap.until(tag).code())
    if "CONVOKE_SANITIZED" not in os.environ:  # a sanitizer keeps what is freed
        assert cost.memory(server.process.pid, "VmHWM") - before < 64, "megabytes, of 48 that were sent"
    imap.ok("SELECT INBOX")
    for number in (1, 2, count // 2, count):
        assert body(imap, "BODY.PEEK[]", number) == messages[number - 1]


@proves("UTF8=ACCEPT")
def test_utf8_messages_and_names(server, account):
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("ENABLE UTF8=ACCEPT")
    message = "Subject: Grüße\r\n\r\nHallo\r\n".encode()
    tag = imap.send(b"APPEND INBOX UTF8 (~{%d+}\r\n%s)" % (len(message), message))
    assert imap.until(tag).status == b"OK"
    imap.ok('CREATE "Grüße"')
    imap.ok("SELECT INBOX")
    assert imap.ok('SEARCH SUBJECT "grüsse"'.encode()).untagged == [b"* SEARCH"]
    assert imap.ok('SEARCH SUBJECT "GRÜß"'.encode()).having(b"* SEARCH 1")
    imap.close()


@pytest.mark.parametrize("item, expected", [
    ("BODY.PEEK[]", MULTIPART),
    ("BODY.PEEK[HEADER]", MULTIPART.split(b"\r\n\r\n")[0] + b"\r\n\r\n"),
    ("BODY.PEEK[TEXT]", MULTIPART.split(b"\r\n\r\n", 1)[1]),
    ("BODY.PEEK[HEADER.FIELDS (Subject TO)]",
     b"To: a@example.test, b@example.test\r\nSubject: parts\r\n\r\n"),
    ("BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID MIME-Version Content-Type)]", b"Subject: parts\r\n\r\n"),
    ("BODY.PEEK[1]", b"caf=C3=A9"),
    ("BODY.PEEK[1.MIME]", b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
    ("BODY.PEEK[3]", b"From: inner@example.test\r\nSubject: inner\r\n\r\ninner text"),
    ("BODY.PEEK[3.HEADER]", b"From: inner@example.test\r\nSubject: inner\r\n\r\n"),
    ("BODY.PEEK[3.TEXT]", b"inner text"),
    ("BODY.PEEK[3.1]", b"inner text"),
    ("BODY.PEEK[3.HEADER.FIELDS (Subject)]", b"Subject: inner\r\n\r\n"),
    ("BODY.PEEK[9]", None),
    ("BODY.PEEK[]<0.10>", MULTIPART[:10]),
    ("BODY.PEEK[]<5.100000>", MULTIPART[5:]),
    ("BODY.PEEK[]<100000.5>", b""),
    ("RFC822", MULTIPART),
    ("RFC822.HEADER", MULTIPART.split(b"\r\n\r\n")[0] + b"\r\n\r\n"),
    ("RFC822.TEXT", MULTIPART.split(b"\r\n\r\n", 1)[1]),
])
def test_sections_are_the_octets_they_name(parts, item, expected):
    assert body(parts, item) == expected


def test_partials_put_together_are_the_message(imap):
    message = plain(text="".join(f"line {i}\r\n" for i in range(60000)))
    assert len(message) > 600000
    imap.append("INBOX", message)
    imap.ok("SELECT INBOX")
    whole = b""
    while True:
        piece = body(imap, f"BODY.PEEK[]<{len(whole)}.65521>")
        if not piece:
            break
        assert len(piece) == min(65521, len(message) - len(whole))
        whole += piece
    assert whole == message
    for offset in (262143, 262144, 262145, len(message) - 1):
        for length in (1, 2, 262144, 1 << 40):
            assert body(imap, f"BODY.PEEK[]<{offset}.{length}>") == message[offset:offset + length]
    assert body(imap, "BODY.PEEK[TEXT]") == message.split(b"\r\n\r\n", 1)[1]


@proves("BINARY")
def test_binary_is_the_decoded_part(parts):
    assert body(parts, "BINARY.PEEK[1]") == "café".encode()
    assert body(parts, "BINARY.PEEK[2]") == b"\0\1\2binary"
    assert body(parts, "BINARY.PEEK[2]<2.3>") == b"\2bi"
    assert b"BINARY.SIZE[2] 9" in parts.ok("FETCH 1 BINARY.SIZE[2]").untagged[0]
    assert parts.command("FETCH 1 BINARY[4]").code() == b"UNKNOWN-CTE"
    message = b"Subject: bin\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b"
    tag = parts.send(b"APPEND Archive ~{%d+}\r\n%s" % (len(message), message))
    assert parts.until(tag).status == b"OK"


def test_binary_gives_headers_and_texts_as_body_does(parts):
    for text in ("HEADER", "TEXT", "HEADER.FIELDS (TO DATE)", "HEADER.FIELDS.NOT (TO DATE)", "1.MIME", "3.HEADER", "3.TEXT"):
        expected = body(parts, f"BODY.PEEK[{text}]")
        assert body(parts, f"BINARY.PEEK[{text}]") == expected != b""
        assert b"BINARY.SIZE[%s] %d)" % (text.encode(), len(expected)) in parts.ok(f"FETCH 1 (BINARY.SIZE[{text}])").untagged[0]
    assert body(parts, "BINARY.PEEK[2]<4>") == b"inary" and body(parts, "BINARY.PEEK[2]<9>") == b""
    assert parts.command("FETCH 1 BINARY[MIME]").status == b"BAD"


def test_structure_and_envelope(parts):
    answer = parts.ok("FETCH 1 (ENVELOPE BODY BODYSTRUCTURE)").untagged[0]
    assert b'ENVELOPE ("Tue, 5 May 2026 12:00:00 +0200" "parts"' in answer
    assert b'"<parts@example.test>")' in answer
    assert re.search(rb'BODYSTRUCTURE \(\("text" "plain" \("charset" "utf-8"\)', answer, re.I)
    for macro in ("ALL", "FAST", "FULL"):
        assert b"INTERNALDATE" in parts.ok(f"FETCH 1 {macro}").untagged[0]


def test_parameters_in_a_charset_are_decoded_for_imap4rev2_alone(server, account):
    """RFC 9051 7.5.2; a client of IMAP4rev1 decodes RFC 2231 itself, and would do it twice."""
    octets = (b"Subject: names\r\nContent-Type: image/png; name*0*=iso-8859-1'de'Gr%FC; name*1*=%DFe.png\r\n"
              b"Content-Disposition: attachment; filename*=utf-8''%E2%82%AC%20100%25.png\r\n\r\nx\r\n")
    raw = (b"\"name*\" \"iso-8859-1'de'Gr%FC%DFe.png\"", b"\"filename*\" \"utf-8''%E2%82%AC%20100%25.png\"")
    decoded = ('"name*" {11}\r\nGrüße.png'.encode(), '"filename*" {12}\r\n€ 100%.png'.encode())
    for enable, (name, filename) in ((None, raw), ("UTF8=ACCEPT", raw), ("IMAP4rev2", decoded), ("IMAP4rev2 UTF8=ACCEPT", decoded)):
        imap = open_tls(server)
        imap.login(*account)
        if enable is None:
            assert imap.append("INBOX", octets).status == b"OK"
        else:
            imap.ok(f"ENABLE {enable}")
        imap.ok("EXAMINE INBOX")
        body, structure = (imap.ok(f"FETCH 1 {item}").untagged[0] for item in ("BODY", "BODYSTRUCTURE"))
        assert name in body and name in structure and filename in structure, (enable, structure)
        imap.close()


@proves("BINARY")
def test_binary_is_a_plain_string_where_it_holds_no_nul(imap):
    parts = [(b"text/plain", b"quoted-printable", b"A=3DB=\r\nC"), (b"text/plain", b"base64", b"SGVsbG8AV29ybGQ="), (b"text/plain", b"8bit", b"tr\xc3\xa9s"),
             (b"text/plain", b"7bit", b""), (b"application/x", b"base64", b"AAECAw==")]
    octets = b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(
        b"--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"
    assert imap.append("INBOX", octets).status == b"OK"
    count = len(imap.ok("SELECT INBOX").untagged) and int(imap.ok("STATUS INBOX (MESSAGES)").untagged[0].split()[-1].rstrip(b")"))
    for item, told in (("[1]", b"{4}\r\nA=BC"), ("[2]", b"~{11}\r\nHello\0World"), ("[2]<0.5>", b"{5}\r\nHello"), ("[2]<5.1>", b"~{1}\r\n\0"),
                       ("[3]", b"{5}\r\ntr\xc3\xa9s"), ("[4]", b"{0}\r\n"), ("[5]", b"~{4}\r\n\0\1\2\3"), ("[1]<9.2>", b"{0}\r\n")):
        line = imap.ok(f"FETCH {count} BINARY.PEEK{item}").untagged[0]
        assert line.endswith(b" " + told + b")"), (item, line)
        size = imap.ok(f"FETCH {count} BINARY.SIZE{item.split('<')[0]}").untagged[0]
        assert "<" in item or size.endswith(b" %s)" % told.lstrip(b"~{").split(b"}")[0]), size


@proves("BINARY")
def test_binary_of_any_size_is_a_plain_string_where_it_holds_no_nul(imap):
    text = b"".join(b"%075d\r\n" % n for n in range(5000))
    zero = text + b"\0" + text
    for encoding, octets, size in ((b"8bit", text, len(text)), (b"base64", base64.encodebytes(text), len(text)),
                                   (b"quoted-printable", text, len(text)), (b"base64", base64.encodebytes(zero), len(zero))):
        octets = b"Subject: big\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (encoding, octets)
        assert imap.append("INBOX", octets).status == b"OK"
        imap.ok("SELECT INBOX")
        has_nul = size == len(zero)
        for partial, count, tilde in (("", size, has_nul), (f"<0.{len(text)}>", len(text), False),
                                      (f"<{len(text) - 5}.300000>", min(300000, size - len(text) + 5), has_nul),
                                      (f"<{len(text) + 1}.300000>", 300000 if has_nul else 0, False)):
            line = imap.ok(f"FETCH * BINARY.PEEK[1]{partial}").untagged[0]
            head = b" %s{%d}\r\n" % (b"~" if tilde else b"", count)
            assert head in line[:80], (encoding, partial, line[:80])
            assert (b"\0" in line) == tilde


def test_seen_is_set_only_by_reading(parts):
    for item in ("BODY.PEEK[]", "RFC822.HEADER", "ENVELOPE", "BODYSTRUCTURE", "BINARY.PEEK[1]", "BINARY.SIZE[1]", "FULL"):
        parts.ok(f"FETCH 1 {item if item == 'FULL' else '(' + item + ')'}")
        assert b"\\Seen" not in parts.ok("FETCH 1 FLAGS").untagged[0], item
    for item in ("BODY[]", "BODY[HEADER]", "RFC822", "RFC822.TEXT", "BODY[1]<0.1>", "BINARY[1]"):
        parts.ok("STORE 1 -FLAGS.SILENT (\\Seen)")
        reply = parts.ok(f"FETCH 1 ({item})")
        assert re.search(rb"FLAGS \([^)]*\\Seen", reply.untagged[0]), item
        assert len(reply.untagged) == 1
    parts.ok("STORE 1 -FLAGS.SILENT (\\Seen)")
    parts.ok("EXAMINE INBOX")
    parts.ok("FETCH 1 BODY[]")
    assert b"\\Seen" not in parts.ok("FETCH 1 FLAGS").untagged[0]


@proves("PREVIEW")
def test_preview_is_the_beginning_of_the_text(parts):
    answer = parts.ok("FETCH 1 (PREVIEW)").untagged[0]
    assert "café".encode() in answer
    assert parts.ok("FETCH 1 PREVIEW (LAZY)").untagged[0] == answer


@proves("SAVEDATE")
def test_savedate_is_when_the_message_came_here(parts):
    parts.ok('STORE 1 +FLAGS (\\Flagged)')
    answer = parts.ok("FETCH 1 (SAVEDATE)").untagged[0]
    assert re.search(rb'SAVEDATE "\d\d-\w\w\w-\d{4} [\d:]{8} \+0000"', answer)
    assert parts.ok("SEARCH SAVEDATESUPPORTED").having(b"* SEARCH 1")
    assert parts.ok("SEARCH SAVEDSINCE 1-Jan-2020").having(b"* SEARCH 1")
    assert parts.ok("SEARCH SAVEDBEFORE 1-Jan-2020").untagged == [b"* SEARCH"]


def test_uid_fetch_shows_uids_and_ignores_missing_ones(imap):
    for _ in range(3):
        imap.append("INBOX", plain())
    imap.ok("SELECT INBOX")
    imap.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
    imap.ok("EXPUNGE")
    assert [re.search(rb"UID (\d+)", one).group(1) for one in imap.ok("UID FETCH 1:* FLAGS").untagged] == [b"1", b"3"]
    assert imap.ok("UID FETCH 2 FLAGS").untagged == []
    assert imap.ok("UID FETCH 100:* FLAGS").having(b"* 2 FETCH")
    assert imap.command("FETCH 3 FLAGS").status == b"BAD"


def test_store_in_every_mode(imap):
    imap.append("INBOX", plain())
    imap.ok("SELECT INBOX")

    def flags():
        text = re.search(rb"FLAGS \(([^)]*)\)", imap.ok("FETCH 1 FLAGS").untagged[-1]).group(1)
        return set(text.split()) - {b"\\Recent"}

    assert b"FLAGS (\\Seen" in imap.ok("STORE 1 +FLAGS (\\Seen)").having(b"FETCH")[0]
    assert imap.ok("STORE 1 +FLAGS.SILENT (\\Flagged $Later)").having(b"FETCH") == []
    assert flags() == {b"\\Seen", b"\\Flagged", b"$Later"}
    imap.ok("STORE 1 -FLAGS \\Seen $Later")
    assert flags() == {b"\\Flagged"}
    imap.ok("STORE 1 FLAGS ()")
    assert flags() == set()
    assert imap.command("STORE 1 +FLAGS (\\Recent)").status == b"NO"
    assert imap.command("STORE 1 +FLAGS (\\Nonsense)").status == b"NO"
    assert b"UID 1" in imap.ok("UID STORE 1 FLAGS (\\Draft)").having(b"FETCH")[0]


def test_keywords_are_announced_and_limited(imap):
    imap.append("INBOX", plain())
    assert imap.ok("SELECT INBOX").having(b"\\*)]")
    reply = imap.ok("STORE 1 +FLAGS (one Two)")
    assert any(b"* FLAGS (" in line and b"Two" in line for line in reply.untagged)
    imap.ok("STORE 1 +FLAGS (two)")
    assert len(re.findall(rb"(?i)two", imap.ok("FETCH 1 FLAGS").untagged[0])) == 1
    assert imap.command("STORE 1 +FLAGS (" + " ".join(f"k{i}" for i in range(60)) + ")").code() == b"LIMIT"
    assert b"k1" not in imap.ok("FETCH 1 FLAGS").untagged[0]


@proves("MOVE")
def test_move_takes_the_message_with_its_flags(imap):
    imap.append("INBOX", plain("first"), "(\\Flagged $Work) ")
    imap.append("INBOX", plain("second"))
    imap.ok("SELECT INBOX")
    reply = imap.ok("MOVE 1 Archive")
    assert reply.having(b"* OK [COPYUID ") and reply.having(b"* 1 EXPUNGE")
    assert reply.untagged.index(reply.having(b"COPYUID")[0]) < reply.untagged.index(b"* 1 EXPUNGE")
    assert imap.command("MOVE 1 nowhere").code() == b"TRYCREATE"
    imap.ok("UID MOVE 2 Archive")
    reply = imap.ok("SELECT Archive")
    assert reply.having(b"* 2 EXISTS")
    assert b"\\Flagged" in imap.ok("FETCH 1 FLAGS").untagged[0]


def test_what_has_to_be_read_for_a_fetch_is_read_by_a_worker_when_it_is_much(make_server):
    """A network thread has other sessions; the message is in memory."""
    server = make_server()
    imap = open_tls(server)
    imap.login(*server.account())
    imap.append("INBOX", b"Subject: one\r\n" + b"X: y\r\n" * 20000 + b"\r\ntext\r\n")
    imap.ok("SELECT INBOX")
    one = "BODY.PEEK[HEADER.FIELDS (Subject)]"
    imap.ok(f"FETCH 1 {one}")
    before = [seconds_of_threads(server.process.pid, name) for name in ("net", "store")]
    assert imap.ok(f"FETCH 1 ({' '.join([one] * 400)})").untagged[0].count(b"Subject: one") == 400
    net, store = [seconds_of_threads(server.process.pid, name) - used
                  for name, used in zip(("net", "store"), before)]
    assert store > 2 * net
    imap.close()


def octets_until_the_end(imap):
    """What comes behind the announcement of a literal, until the server ends the connection."""
    announced = int(re.search(rb"\{(\d+)\}$", imap.line()).group(1))
    with pytest.raises(Closed):
        while True:
            imap._more()
    return announced, imap.buffer


def lines(count):
    return plain(text="".join(f"line {number}\r\n" for number in range(count)))


def test_a_session_that_is_ended_in_a_literal_ends_with_octets_of_it(server, account):
    imap, message = open_tls(server), lines(800000)
    imap.login(*account)
    imap.append("INBOX", message)
    imap.ok("SELECT INBOX")
    imap.send("FETCH 1 BODY.PEEK[]")
    while b"{" not in imap.buffer:
        imap._more()
    number = [row["number"] for row in server.ctl("who", as_json=True) if row["user"] == account[0]][0]
    server.ctl("kick", str(number))
    announced, octets = octets_until_the_end(imap)
    assert announced == len(message) > len(octets) and message.startswith(octets)
    imap.close()


def test_a_message_that_is_damaged_behind_its_announcement_ends_the_session_within_it(make_server):
    server = make_server()
    imap, message, account = open_tls(server), lines(60000), server.account()
    imap.login(*account)
    imap.append("INBOX", message)
    imap.close()
    server.stop()
    subprocess.run(["psql", "-q", server.database, "-c", "DELETE FROM content_chunk WHERE number = 2"], check=True)
    server.start()
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("SELECT INBOX")
    imap.send("FETCH 1 BODY.PEEK[]")
    announced, octets = octets_until_the_end(imap)
    assert announced == len(message) and octets == message[:2 * 256 * 1024]
    imap.close()
