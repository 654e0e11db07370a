"""IMAP SEARCH, SORT and THREAD over one mailbox of known messages."""
import base64
import re

import pytest

from support.capability import proves
from support.imap import open_tls


def message(subject, sender="Ann <ann@example.test>", to="bob@example.test", date="Mon, 4 May 2026 10:00:00 +0000",
            text="nothing special", message_id=None, references=None, more=""):
    ids = f"Message-ID: <{message_id}@x>\r\n" if message_id else ""
    ids += "References: " + " ".join(f"<{r}@x>" for r in references) + "\r\n" if references else ""
    return (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n{ids}{more}\r\n{text}\r\n").encode()


ENCODED = base64.b64encode("Die Übergröße\r\nam Dienstag".encode()).decode()
MESSAGES = [  # (octets, flags, internal date)
    (message("Plan", text="Alpha beta gamma", message_id="1"), "\\Seen", "01-Jan-2026 12:00:00 +0000"),
    (message("Re: Plan", sender="Bob <bob@example.test>", to="ann@example.test", date="Tue, 5 May 2026 10:00:00 +0000",
             text="beta " * 200, message_id="2", references=["1"]), "\\Answered", "02-Jan-2026 12:00:00 +0000"),
    (message("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", date="Wed, 6 May 2026 23:30:00 -0200", message_id="3",
             text=ENCODED, more="Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"),
     "\\Flagged $Work", "03-Jan-2026 12:00:00 +0000"),
    (message("aardvark", sender="Zed <zed@example.test>", date="Sun, 3 May 2026 10:00:00 +0000", message_id="4",
             more="X-Odd: first\r\n second\r\nCc: carol@example.test\r\n"), "\\Draft", "04-Jan-2026 12:00:00 +0000"),
    (message("[list] Re: fwd: Plan (fwd)", message_id="5", date="Thu, 7 May 2026 10:00:00 +0000"), "",
     "05-Jan-2026 12:00:00 +0000"),
]


def test_an_address_is_found_as_the_envelope_has_it(server, account):
    imap = open_tls(server)
    imap.login(*account)
    for sender in ("Eve <eve (her desk)@ (of) example.test>", "eve@example.test (Eve)", "(Eve) <eve @ example.test>"):
        imap.append("INBOX", message("x", sender=sender, to="all: sue(s)@example.test;"))
    imap.ok("SELECT INBOX")
    for key in ("FROM eve@example.test", "TO sue@example.test", "HEADER From EVE@EXAMPLE", "TEXT eve@example.test"):
        assert imap.ok("SEARCH " + key).untagged == [b"* SEARCH 1 2 3"], key
    assert imap.ok('SEARCH FROM "her desk"').untagged == [b"* SEARCH 1"]
    for number in (1, 2, 3):
        assert b'(("Eve" NIL "eve" "example.test"))' in imap.ok(f"FETCH {number} ENVELOPE").untagged[0]
    imap.close()


@pytest.fixture(scope="module")
def filled(server):
    address, password = server.account()
    imap = open_tls(server)
    imap.login(address, password)
    for octets, flags, date in MESSAGES:
        assert imap.append("INBOX", octets, f'({flags}) "{date}" ').status == b"OK"
    imap.close()
    return address, password


@pytest.fixture
def imap(server, filled):
    it = open_tls(server)
    it.login(*filled)
    it.ok("SELECT INBOX")
    yield it
    it.close()


def numbers(reply):
    line = reply.having(b"* SEARCH")[0]
    return [int(n) for n in line.split()[2:]]


@pytest.mark.parametrize("keys, expected", [
    ("ALL", [1, 2, 3, 4, 5]), ("SEEN", [1]), ("UNSEEN", [2, 3, 4, 5]), ("ANSWERED", [2]), ("UNANSWERED", [1, 3, 4, 5]),
    ("FLAGGED", [3]), ("UNFLAGGED", [1, 2, 4, 5]), ("DRAFT", [4]), ("UNDRAFT", [1, 2, 3, 5]), ("DELETED", []),
    ("UNDELETED", [1, 2, 3, 4, 5]), ("KEYWORD $Work", [3]), ("KEYWORD $work", [3]), ("UNKEYWORD $Work", [1, 2, 4, 5]),
    ("KEYWORD $None", []), ("UNKEYWORD $None", [1, 2, 3, 4, 5]),
    ("2:3", [2, 3]), ("UID 2:3,5", [2, 3, 5]), ("*", [5]), ("UID *", [5]), ("3:*", [3, 4, 5]),
    ("SUBJECT plan", [1, 2, 5]), ("SUBJECT PLAN", [1, 2, 5]), ("SUBJECT \"e: p\"", [2]), ("FROM bob", [2]),
    ("FROM ann@", [1, 3, 5]), ("TO bob", [1, 3, 4, 5]), ("CC carol", [4]), ("BCC x", []),
    ("BODY beta", [1, 2]), ("BODY eta", [1, 2]), ("BODY plan", []), ("TEXT plan", [1, 2, 5]), ("TEXT gamma", [1]),
    ("HEADER X-Odd \"\"", [4]), ("HEADER x-odd \"first second\"", [4]), ("HEADER X-None \"\"", []),
    ("HEADER Message-ID <3@x>", [3]),
    ("NOT SEEN", [2, 3, 4, 5]), ("OR SEEN FLAGGED", [1, 3]), ("NOT (OR SEEN FLAGGED)", [2, 4, 5]),
    ("OR SUBJECT aardvark BODY gamma", [1, 4]), ("NOT BODY beta", [3, 4, 5]), ("SEEN SUBJECT plan", [1]),
    ("(SEEN) (ALL)", [1]), ("NOT 1:2", [3, 4, 5]), ("OR 1 OR 2 3", [1, 2, 3]),
    ("BEFORE 3-Jan-2026", [1, 2]), ("ON 3-Jan-2026", [3]), ("SINCE 3-Jan-2026", [3, 4, 5]),
    ("SENTBEFORE 5-May-2026", [1, 4]), ("SENTON 6-May-2026", [3]), ("SENTSINCE 6-May-2026", [3, 5]),
    ("LARGER 900", [2]), ("SMALLER 900", [1, 3, 4, 5]),
    ("1:5,2:3,5", [1, 2, 3, 4, 5]),
])
def test_search_keys(imap, keys, expected):
    assert numbers(imap.ok(f"SEARCH {keys}")) == expected
    assert numbers(imap.ok(f"UID SEARCH {keys}")) == expected
    assert numbers(imap.ok(f"SEARCH NOT ({keys})")) == [n for n in range(1, 6) if n not in expected]


ADDRESSES = [  # (header, needles that are found in it, needles that are not)
    ('From: "A \\"B\\"" <user @ host (comment)>', [b"user@host", b'a "b" <user@host>', b'"a \\"b\\"" <user @ host (comment)>'], [b"b user"]),
    ("From: user-from (comment)@ (comment) example.test", [b"user-from@example.test", b"(comment)@"], [b"from@comment"]),
    ("To: user@example.test (Real To)", [b"Real To <user@example.test>", b"(real to)"], [b"real to user"]),
    ('Cc: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <cc@example.test>, "Other, One"\r\n <other@\r\n EXAMPLE.test>',
     ["grüße <cc@".encode(), b"other, one <other@example.test>"], [b"other one"]),
    ('Bcc: "The group": "one"@example.test, two@ example.test;', [b"the group: one@example.test, two@example.test;"], [b"group <"]),
]


def test_addresses_are_found_as_written_and_as_meant(server, account):
    """RFC 9051 6.4.4 asks for the field's text; who looks for an address does not know of its comments and quotes."""
    imap = open_tls(server)
    imap.login(*account)
    for header, _, _ in ADDRESSES:
        assert imap.append("INBOX", header.encode() + b"\r\nSubject: x\r\n\r\ntext\r\n").status == b"OK"
    imap.ok("SELECT INBOX")
    for number, (header, found, missing) in enumerate(ADDRESSES, 1):
        name = header.split(":")[0]
        for needle, expected in [(n, [number]) for n in found] + [(n, []) for n in missing]:
            for key in (name, f"HEADER {name}", "TEXT"):
                reply = imap.ok(b"SEARCH CHARSET UTF-8 %s {%d+}\r\n%s" % (key.encode(), len(needle), needle))
                assert numbers(reply) == expected, (key, needle)
    imap.close()


def literal(text):
    data = text.encode()
    return b"{%d+}\r\n%s" % (len(data), data)


@pytest.mark.parametrize("word, found", [("grüße", [3]), ("GRÜ", [3]), ("grusse", [])])
def test_search_decodes_headers_and_charsets(imap, word, found):
    assert numbers(imap.ok(b"SEARCH CHARSET UTF-8 SUBJECT " + literal(word))) == found


@pytest.mark.parametrize("word, found", [("übergröße", [3]), ("ÜBER", [3]), ("größe am dienstag", [3]), ("größen", [])])
def test_search_decodes_bodies_and_joins_lines(imap, word, found):
    assert numbers(imap.ok(b"SEARCH CHARSET UTF-8 BODY " + literal(word))) == found
    assert numbers(imap.ok(b"SEARCH CHARSET UTF-8 TEXT " + literal(word))) == found


def test_search_in_other_charsets(imap):
    word = "größe".encode("iso-8859-1")
    assert numbers(imap.ok(b"SEARCH CHARSET ISO-8859-1 BODY {%d+}\r\n%s" % (len(word), word))) == [3]
    assert imap.command("SEARCH CHARSET X-NONE ALL").code().startswith(b"BADCHARSET")


def test_sequence_sets_of_100000_entries(imap):
    entries = ",".join(str(n) for n in range(1, 200000, 2))
    assert numbers(imap.ok(f"SEARCH UID {entries}")) == [1, 3, 5]
    assert len(imap.ok(f"UID FETCH {entries} UID").untagged) == 3


@proves("WITHIN")
def test_older_and_younger(imap):
    assert numbers(imap.ok("SEARCH OLDER 3600")) == [1, 2, 3, 4, 5]
    assert numbers(imap.ok("SEARCH YOUNGER 3600")) == []
    assert numbers(imap.ok("SEARCH YOUNGER 4000000000")) == [1, 2, 3, 4, 5]
    assert imap.command("SEARCH OLDER 0").status == b"BAD"


@proves("ESEARCH")
def test_esearch_returns_what_was_asked(imap):
    tag = imap.send("SEARCH RETURN (MIN MAX COUNT ALL) NOT 3")
    assert imap.until(tag).untagged == [b'* ESEARCH (TAG "%s") MIN 1 MAX 5 ALL 1:2,4:5 COUNT 4' % tag]
    tag = imap.send("UID SEARCH RETURN () SEEN")
    assert imap.until(tag).untagged == [b'* ESEARCH (TAG "%s") UID ALL 1' % tag]
    tag = imap.send("SEARCH RETURN (MIN COUNT) DELETED")
    assert imap.until(tag).untagged == [b'* ESEARCH (TAG "%s") COUNT 0' % tag]
    assert imap.command("SEARCH RETURN (NONSENSE) ALL").status == b"BAD"


@proves("SEARCHRES")
def test_the_saved_result_can_be_used(imap):
    assert imap.ok("SEARCH RETURN (SAVE) UNSEEN").untagged == []
    assert len(imap.ok("FETCH $ FLAGS").untagged) == 4
    assert numbers(imap.ok("SEARCH $ SUBJECT plan")) == [2, 5]
    assert len(imap.ok("UID FETCH $ FLAGS").untagged) == 4
    imap.ok("SEARCH RETURN (SAVE MIN) UNSEEN")
    assert imap.ok("FETCH $ UID").untagged == [b"* 2 FETCH (UID 2)"]
    imap.command("SEARCH RETURN (SAVE) CHARSET X-NONE ALL")
    assert imap.ok("FETCH $ FLAGS").untagged == []
    imap.ok("SELECT INBOX")
    assert imap.ok("FETCH $ FLAGS").untagged == []


def order(reply):
    return [int(n) for n in reply.having(b"* SORT")[0].split()[2:]]


@proves("SORT")
@pytest.mark.parametrize("keys, expected", [
    ("ARRIVAL", [1, 2, 3, 4, 5]), ("REVERSE ARRIVAL", [5, 4, 3, 2, 1]), ("DATE", [4, 1, 2, 3, 5]),
    ("REVERSE DATE", [5, 3, 2, 1, 4]), ("SUBJECT", [4, 3, 1, 2, 5]), ("FROM", [1, 3, 5, 2, 4]),
    ("SUBJECT REVERSE DATE", [4, 3, 5, 2, 1]), ("REVERSE SIZE ARRIVAL", None), ("TO ARRIVAL", [2, 1, 3, 4, 5]),
    ("CC", [1, 2, 3, 5, 4]),
])
def test_sort_keys(imap, keys, expected):
    got = order(imap.ok(f"SORT ({keys}) UTF-8 ALL"))
    if expected is None:
        sizes = [len(m[0]) for m in MESSAGES]
        expected = sorted(range(1, 6), key=lambda n: -sizes[n - 1])
    assert got == expected
    assert order(imap.ok(f"UID SORT ({keys}) UTF-8 UNSEEN")) == [n for n in expected if n != 1]


@pytest.mark.parametrize("options, saved", [
    ("SAVE", [1, 2, 3, 5]), ("SAVE ALL MIN", [1, 2, 3, 5]), ("SAVE MIN", [5]), ("SAVE MAX", [1]), ("SAVE PARTIAL 2:3", [2, 3]),
    ("MIN", [4]),
])
def test_a_sorted_result_can_be_saved(imap, options, saved):
    """RFC 5182 1: of any command based on SEARCH; MIN and MAX are by its order (RFC 5267 3.1)."""
    imap.ok("SEARCH RETURN (SAVE) 4")
    told = imap.ok(f"UID SORT RETURN ({options}) (REVERSE DATE) UTF-8 NOT 4").untagged
    assert len(told) == (options != "SAVE")
    assert numbers(imap.ok("SEARCH $")) == saved
    assert imap.command("SORT RETURN (SAVE) (DATE) X-NONE ALL").status == b"NO"
    assert numbers(imap.ok("SEARCH $")) == []


@pytest.mark.parametrize("command", [
    "SEARCH", "SEARCH ()", "SEARCH NOT", "SEARCH OR ALL", "SEARCH OR", "SEARCH (ALL", "SEARCH UID", "SEARCH UID 0", "SEARCH 0", "SEARCH 1:0",
    "SEARCH $,1", "SEARCH KEYWORD", "SEARCH KEYWORD \\Seen", "SEARCH UNKEYWORD \\Seen", "SEARCH ON 31-Feb-2026", "SEARCH ON 1-Foo-2026",
    "SEARCH LARGER", "SEARCH LARGER -1", "SEARCH OLDER x", "SEARCH YOUNGER 0", "SEARCH HEADER x", "SEARCH SUBJECT", "SEARCH NONSENSE",
    "SEARCH ALL CHARSET UTF-8", "SEARCH CHARSET", "SEARCH CHARSET UTF-8", "SEARCH RETURN", "SEARCH RETURN ALL", "SEARCH RETURN (ALL)",
    'SEARCH MODSEQ "/flags/x" some 1', "SEARCH MODSEQ", "SORT () UTF-8 ALL", "SORT (REVERSE) UTF-8 ALL", "SORT (REVERSE REVERSE DATE) UTF-8 ALL",
    "SORT DATE UTF-8 ALL", "SORT (DATE) UTF-8", "SORT (DATE)", "SORT (NONSENSE) UTF-8 ALL", "THREAD NONSENSE UTF-8 ALL", "THREAD REFERENCES UTF-8",
])
def test_a_bad_search_is_bad_and_leaves_the_saved_result_alone(imap, command):
    imap.ok("SEARCH RETURN (SAVE) 2")
    assert imap.command(command).status == b"BAD"
    assert imap.command(command.replace("SEARCH", "SEARCH RETURN (SAVE)", 1) if "RETURN" not in command else command).status == b"BAD"
    assert imap.ok("FETCH $ UID").untagged == [b"* 2 FETCH (UID 2)"]


SUBJECTS = [  # subject, base subject (RFC 5256 2.1)
    ("hello   world", "hello world"), ("Re: hello world", "hello world"), ("RE : hello world (FWD)", "hello world"), ("fw: fwd: Hello World", "hello world"),
    ("[x] [y] Re: hello world", "hello world"), ("[x] hello world", "hello world"), ("[fwd: hello world]", "hello world"), ("[fwd: re: hello world]", "hello world"),
    ("=?utf-8?q?Re=3A_hello_world?=", "hello world"), ("re[2]: hello world", "hello world"), ("re(2): hello world", None), ("[only]", None), ("[x] [only]", None),
    ("rehello world", None), ("hello world fwd", None), ("(fwd)", None),
]


@proves("THREAD=ORDEREDSUBJECT")
def test_the_base_subject_decides_what_belongs_together(server, account):
    imap = open_tls(server)
    imap.login(*account)
    for subject, _ in SUBJECTS:
        assert imap.append("INBOX", message(subject)).status == b"OK"
    imap.ok("SELECT INBOX")
    threads = imap.ok("THREAD ORDEREDSUBJECT UTF-8 ALL").untagged[0].decode()
    together = re.search(r"\((1 [^)]*(?:\)\([^)]*)*)\)\)", threads).group(1)
    assert [int(n) for n in re.findall(r"\d+", together)] == [n for n, (_, base) in enumerate(SUBJECTS, 1) if base]
    imap.close()


@proves("ESORT")
@pytest.mark.parametrize("options, expected", [
    ("MIN", "MIN 4"), ("MAX", "MAX 5"), ("MIN MAX", "MIN 4 MAX 5"), ("COUNT", "COUNT 5"), ("ALL", "ALL 4,1:3,5"), ("", "ALL 4,1:3,5"),
    ("PARTIAL 1:2", "PARTIAL (1:2 4,1)"), ("PARTIAL 2:1", "PARTIAL (1:2 4,1)"), ("PARTIAL -1:-2", "PARTIAL (-1:-2 3,5)"),
    ("PARTIAL 6:9", "PARTIAL (6:9 NIL)"), ("MIN COUNT PARTIAL 5:9", "MIN 4 COUNT 5 PARTIAL (5:9 5)"),
])
def test_sorted_results_begin_with_the_lowest_sorted(imap, options, expected):
    for uid, word in (("", ""), ("UID ", " UID")):
        tag = imap.send(f"{uid}SORT RETURN ({options}) (DATE) UTF-8 ALL")
        assert imap.until(tag).untagged == [f'* ESEARCH (TAG "{tag.decode()}"){word} {expected}'.encode()]


@proves("ESEARCH", "CONDSTORE", "PARTIAL")
def test_modseq_is_that_of_the_messages_told(server, account):
    imap = open_tls(server)
    imap.login(*account)
    for number in range(4):
        imap.append("INBOX", message(f"m{number}"))
    imap.ok("SELECT INBOX (CONDSTORE)")
    for number in (2, 4, 1, 3):
        imap.ok(f"STORE {number} +FLAGS.SILENT (\\Flagged)")
    modseq = {n: int(re.search(rb"MODSEQ \((\d+)\)", line).group(1)) for n, line in enumerate(imap.ok("FETCH 1:4 MODSEQ").untagged, 1)}
    for options, told in (("MIN", 1), ("MAX", 4), ("MIN MAX", 1), ("ALL", 3), ("COUNT", 3), ("MIN COUNT", 3), ("MAX ALL", 3), ("", 3),
                          ("PARTIAL 2:2", 2), ("PARTIAL 1:2", 1), ("PARTIAL -1:-1", 4), ("MIN PARTIAL 2:2", 1), ("COUNT PARTIAL 2:2", 3)):
        assert imap.ok(f"SEARCH RETURN ({options}) MODSEQ 1").untagged[0].endswith(b" MODSEQ %d" % modseq[told]), options
    assert imap.ok("SEARCH MODSEQ 1").untagged == [b"* SEARCH 1 2 3 4 (MODSEQ %d)" % modseq[3]]
    assert imap.ok("SORT RETURN (MIN) (REVERSE SUBJECT) UTF-8 MODSEQ 1").untagged[0].endswith(b" MIN 4 MODSEQ %d" % modseq[4])
    imap.close()


@proves("PARTIAL", "CONDSTORE")
def test_partial_chooses_before_changedsince_leaves_out(server, account):
    imap = open_tls(server)
    imap.login(*account)
    for number in range(5):
        imap.append("INBOX", message(f"m{number}"))
    modseq = re.search(rb"HIGHESTMODSEQ (\d+)", b" ".join(imap.ok("SELECT INBOX (CONDSTORE)").untagged)).group(1).decode()
    imap.ok("STORE 2,4 +FLAGS.SILENT (\\Flagged)")
    for modifiers, told in ((f"(PARTIAL -1:-3 CHANGEDSINCE {modseq})", [4]), (f"(CHANGEDSINCE {modseq} PARTIAL 1:2)", [2]),
                            (f"(PARTIAL 1:1 CHANGEDSINCE {modseq})", []), ("(PARTIAL -3:-2)", [3, 4]), ("(PARTIAL 4:9)", [4, 5]), ("(PARTIAL 6:7)", [])):
        assert [int(line.split()[1]) for line in imap.ok(f"UID FETCH 1:* FLAGS {modifiers}").untagged] == told, modifiers
    assert [int(line.split()[1]) for line in imap.ok("UID FETCH 1:2,4:* FLAGS (PARTIAL 2:3)").untagged] == [2, 4]
    for bad in ("(PARTIAL 0:1)", "(PARTIAL 1:-1)", "(PARTIAL 1)", "(PARTIAL 1:*)", "(PARTIAL)", "(PARTIAL 1:2 PARTIAL 1:2)"):
        assert imap.command(f"UID FETCH 1:* FLAGS {bad}").status == b"BAD", bad
    imap.close()


@proves("THREAD=REFERENCES")
@pytest.mark.parametrize("messages, expected", [
    # (id, references): what RFC 5256 makes of them
    ([("a", []), ("b", ["a"]), ("c", ["a", "b"])], "(1 2 3)"),
    ([("a", ["x"]), ("b", ["x"])], "((1)(2))"),
    ([("a", ["x", "y"])], "(1)"),
    ([("b", ["x", "a"]), ("a", [])], "(2 1)"),
    ([("a", ["a"])], "(1)"),
    ([("a", ["b"]), ("b", ["a"])], "(2 1)"),
    ([("c", ["a", "b"]), ("b", ["x"]), ("a", [])], "(2 1)(3)"),
    ([("a", []), ("a", []), ("b", ["a"])], "(1 3)(2)"),
    ([("d", ["a", "b", "c"]), ("c", ["b"]), ("b", [])], "(3 2 1)"),
])
def test_threads_by_references(server, account, messages, expected):
    imap = open_tls(server)
    imap.login(*account)
    for number, (own, references) in enumerate(messages):
        octets = message(f"subject {number}", message_id=own, references=references, date=f"Mon, 4 May 2026 10:{number:02}:00 +0000")
        assert imap.append("INBOX", octets).status == b"OK"
    imap.ok("SELECT INBOX")
    assert imap.ok("THREAD REFERENCES UTF-8 ALL").untagged == [f"* THREAD {expected}".encode()]
    imap.close()


@proves("THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT")
def test_threads(imap):
    assert imap.ok("THREAD REFERENCES UTF-8 ALL").untagged == [b"* THREAD (4)(1 (2)(5))(3)"]
    assert imap.ok("THREAD ORDEREDSUBJECT UTF-8 ALL").untagged == [b"* THREAD (4)(1 (2)(5))(3)"]
    assert imap.ok("UID THREAD REFERENCES UTF-8 3:4").untagged == [b"* THREAD (4)(3)"]
    assert imap.ok("THREAD REFERENCES UTF-8 DELETED").untagged == [b"* THREAD"]


def test_rev2_answers_with_esearch(server, filled):
    imap = open_tls(server)
    imap.login(*filled)
    assert imap.ok("ENABLE IMAP4rev2").having(b"IMAP4rev2")
    reply = imap.ok("SELECT INBOX")
    assert reply.having(b"* LIST (") and not reply.having(b"RECENT")
    tag = imap.send("SEARCH UNSEEN")
    assert imap.until(tag).untagged == [b'* ESEARCH (TAG "%s") ALL 2:5' % tag]
    assert not re.search(rb"\\Recent", imap.ok("FETCH 1 FLAGS").untagged[0])
    imap.close()


def test_rev2_tells_flags_with_the_uid(server, account):
    """RFC 9051 7.5.2: unsolicited FETCH responses name the UID."""
    rev1, rev2 = open_tls(server), open_tls(server)
    for imap in (rev1, rev2):
        imap.login(*account)
    rev2.ok("ENABLE IMAP4rev2")
    rev1.append("INBOX", message("x"))
    rev2.ok("SELECT INBOX")
    rev1.ok("SELECT INBOX")
    assert rev2.ok("STORE 1 +FLAGS (\\Flagged)").untagged == [b"* 1 FETCH (UID 1 FLAGS (\\Flagged))"]
    assert b"UID" not in rev1.ok("NOOP").untagged[0]
    assert b"UID" not in rev1.ok("STORE 1 FLAGS (\\Answered)").untagged[0]
    assert rev2.ok("NOOP").untagged == [b"* 1 FETCH (UID 1 FLAGS (\\Answered))"]
    for imap in (rev1, rev2):
        imap.close()


def test_text_search_follows_a_mailbox_that_changes(server, account):
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("SELECT INBOX")
    there = []
    for number in range(1, 31):
        word = "needle" if number % 3 == 0 else "straw"
        assert imap.append("INBOX", message(f"m{number}", text=f"some {word} here")).status == b"OK"
        there.append((number, word))
        if number % 7 == 0:
            imap.ok(f"UID STORE {number - 4} +FLAGS.SILENT (\\Deleted)")
            imap.ok("EXPUNGE")
            there = [(n, w) for n, w in there if n != number - 4]
        expected = [n for n, w in there if w == "needle"]
        assert numbers(imap.ok("UID SEARCH BODY needle")) == expected
        assert numbers(imap.ok("UID SEARCH NOT TEXT needle")) == [n for n, w in there if w != "needle"]
        assert numbers(imap.ok("UID SEARCH OR BODY needle SENTBEFORE 1-Jan-2000")) == expected
    imap.close()


def test_headers_that_delivery_added_are_searched(server, account):
    for number in range(3):
        assert not server.deliver(message(f"m{number}"), [account[0]], sender=f"bounce{number}@example.test")
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("SELECT INBOX")
    for _ in range(2):
        assert numbers(imap.ok("SEARCH HEADER Return-Path bounce1")) == [2]
        assert numbers(imap.ok("SEARCH TEXT bounce2@example")) == [3]
        assert numbers(imap.ok("SEARCH NOT TEXT bounce2@example")) == [1, 2]
        assert numbers(imap.ok("SEARCH BODY bounce2")) == []
        assert numbers(imap.ok("SEARCH UID 2 TEXT bounce1")) == [2]
        assert numbers(imap.ok("SEARCH HEADER Return-Path \"\"")) == [1, 2, 3]
    imap.close()


def test_texts_larger_than_the_stored_search_text_are_searched_to_their_end(server, account):
    imap = open_tls(server)
    imap.login(*account)
    text = "filling words\r\n" * 200000 + "the last word is omega\r\n"
    assert imap.append("INBOX", message("big", text=text)).status == b"OK"
    assert imap.append("INBOX", message("small", text="alpha")).status == b"OK"
    imap.ok("SELECT INBOX")
    assert numbers(imap.ok("SEARCH BODY omega")) == [1]
    assert numbers(imap.ok("SEARCH TEXT \"words the last\"")) == [1]
    assert numbers(imap.ok("SEARCH TEXT omegas")) == []
    imap.close()
