"""IMAP word for word: conversations whose every answer the RFCs fix (RFC 9051, 3501, 7162, 4731)."""
import pytest

from support.imap import open_tls
from support.messages import plain
from support.transcript import converse


@pytest.fixture
def two(server, account):
    clients = [open_tls(server), open_tls(server)]
    for client in clients:
        client.login(*account)
    for number in range(3):
        assert clients[0].append("INBOX", plain(f"m{number}")).status == b"OK"
    yield clients
    for client in clients:
        client.close()


def both_selected(clients):
    for client in clients:
        client.ok("SELECT INBOX")


def test_a_keyword_is_announced_before_it_is_shown(two):
    both_selected(two)
    converse(two, r"""
        1> STORE 1 +FLAGS.SILENT ($First)
        < * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $First)
        < * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $First \*)] ...
        < OK ...
        1> STORE 2 +FLAGS ($Second \Seen)
        < * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $First $Second)
        < * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $First $Second \*)] ...
        < * 2 FETCH (FLAGS (\Seen \Recent $Second))
        < OK ...
        2> FETCH 1 BODY[]<0.1>
        < * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $First $Second)
        < * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $First $Second \*)] ...
        < * 1 FETCH (FLAGS (\Seen $First) BODY[]<0> {1}...
        < * 2 FETCH (FLAGS (\Seen $Second))
        < OK ...
    """)


def test_the_answers_to_a_uid_command_name_uids(two):
    both_selected(two)
    two[1].ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    converse(two, r"""
        1> UID FETCH 1 RFC822.SIZE
        < * 1 FETCH (UID 1 RFC822.SIZE ...)
        < * 2 FETCH (UID 2 FLAGS (\Flagged \Recent))
        < OK ...
    """)


def test_modseq_of_an_esearch_is_that_of_what_it_tells(two):
    two[0].ok("SELECT INBOX (CONDSTORE)")
    two[0].ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    modseqs = [int(one.split(b"(MODSEQ (")[1].split(b")")[0]) for one in two[0].ok("FETCH 1:3 MODSEQ").untagged]
    assert modseqs[1] > modseqs[2] > modseqs[0]
    converse(two, f"""
        1> SEARCH RETURN (MIN) MODSEQ 1
        < * ESEARCH (TAG "...") MIN 1 MODSEQ {modseqs[0]}
        < OK ...
        1> SEARCH RETURN (MAX) MODSEQ 1
        < * ESEARCH (TAG "...") MAX 3 MODSEQ {modseqs[2]}
        < OK ...
        1> SEARCH RETURN (MIN MAX) MODSEQ 1
        < * ESEARCH (TAG "...") MIN 1 MAX 3 MODSEQ {modseqs[2]}
        < OK ...
        1> SEARCH RETURN (MIN COUNT) MODSEQ 1
        < * ESEARCH (TAG "...") MIN 1 COUNT 3 MODSEQ {modseqs[1]}
        < OK ...
        1> UID SEARCH RETURN (ALL) MODSEQ 1
        < * ESEARCH (TAG "...") UID ALL 1:3 MODSEQ {modseqs[1]}
        < OK ...
        1> SEARCH RETURN (PARTIAL 3:4) MODSEQ 1
        < * ESEARCH (TAG "...") PARTIAL (3:4 3) MODSEQ {modseqs[2]}
        < OK ...
        1> SEARCH MODSEQ 1
        < * SEARCH 1 2 3 (MODSEQ {modseqs[1]})
        < OK ...
        1> SEARCH RETURN (COUNT) MODSEQ 99999
        < * ESEARCH (TAG "...") COUNT 0
        < OK ...
    """)


def test_min_and_max_of_a_sort_are_its_ends(two):
    two[0].ok("SELECT INBOX")
    converse(two, """
        1> SORT RETURN (MIN MAX) (REVERSE SUBJECT) UTF-8 ALL
        < * ESEARCH (TAG "...") MIN 3 MAX 1
        < OK ...
    """)


def test_condstore_switched_on_in_a_mailbox_tells_its_modseq(two):
    both_selected(two)
    converse(two, """
        1> ENABLE CONDSTORE
        < * OK [HIGHESTMODSEQ 4] ...
        < * ENABLED CONDSTORE
        < OK ...
        2> ENABLE QRESYNC
        < * OK [HIGHESTMODSEQ 4] ...
        < * ENABLED QRESYNC
        < OK ...
    """)


def test_section_names_are_answered_in_upper_case(two):
    two[0].ok("SELECT INBOX")
    converse(two, """
        1> FETCH 1 body.peek[header.fields ("SUBJECT" x-None)]
        < * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT x-None)] {...
        < OK ...
        1> FETCH 1 body.peek[1.mime]<0.3>
        < * 1 FETCH (BODY[1.MIME]<0> {3}...
        < OK ...
    """)


def test_an_empty_pattern_asks_for_the_separator_in_the_basic_form_alone(two):
    converse(two, r"""
        1> LIST "" ""
        < * LIST (\Noselect) "/" ""
        < OK ...
        1> LSUB "" ""
        < * LSUB (\Noselect) "/" ""
        < OK ...
        1> LIST "" "" RETURN (CHILDREN)
        < OK ...
        1> LIST () "" ""
        < OK ...
    """)


def test_a_message_is_recent_to_the_first_session_that_hears_of_it(two):
    both_selected(two)  # the first has them all
    assert two[0].append("INBOX", plain()).status == b"OK"
    assert two[0].ok("FETCH 4 FLAGS").untagged == [b"* 4 FETCH (FLAGS (\\Recent))"]
    converse(two, r"""
        2> NOOP
        < * 4 EXISTS
        < * 0 RECENT
        < OK ...
        2> UID FETCH 4 FLAGS
        < * 4 FETCH (UID 4 FLAGS ())
        < OK ...
        1> SEARCH RECENT
        < * SEARCH 1 2 3 4
        < OK ...
        2> SEARCH OLD
        < * SEARCH 1 2 3 4
        < OK ...
        2> UNSELECT
        < OK ...
        1> UNSELECT
        < OK ...
        2> STATUS INBOX (RECENT)
        < * STATUS INBOX (RECENT 0)
        < OK ...
    """)


def recent_of(reply):
    return [int(one.split()[1]) for one in reply.untagged if one.endswith(b" RECENT")]


def test_examine_shows_recent_messages_and_leaves_them(two):
    assert recent_of(two[0].ok("EXAMINE INBOX")) == [3]
    assert recent_of(two[0].ok("EXAMINE INBOX")) == [3]
    assert recent_of(two[1].ok("SELECT INBOX")) == [3]
    assert recent_of(two[0].ok("EXAMINE INBOX")) == [0]


def test_qresync_tells_flags_below_the_match_too(two):
    """The match (RFC 7162 3.2.5.2) spares expunges alone."""
    first = two[0]
    first.ok("ENABLE QRESYNC")
    first.ok("SELECT INBOX")
    first.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    first.ok("EXPUNGE")
    first.ok("STORE 1:* +FLAGS.SILENT (\\Seen)")
    state = first.ok("STATUS INBOX (UIDVALIDITY)").untagged[0].split()[-1].decode().rstrip(")")
    first.ok("UNSELECT")

    def resync(parameters):
        reply = first.ok(f"SELECT INBOX (QRESYNC ({state} {parameters}))")
        return [one for one in reply.untagged if b"VANISHED" in one or b"FETCH" in one]

    fetches = [b"* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (7))", b"* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (7))"]
    assert resync("4") == [b"* VANISHED (EARLIER) 1", *fetches]
    assert resync("4 1:3") == [b"* VANISHED (EARLIER) 1", *fetches]
    assert resync("4 1:3 (1:2 1:2)") == [b"* VANISHED (EARLIER) 1", *fetches]
    assert resync("4 1:3 (1:2 2:3)") == fetches
    assert resync("4 (1 2)") == fetches
    assert resync("4 3") == fetches[1:]
    assert resync("7") == []


@pytest.mark.parametrize("announced, ends", [(b"{99999999999999999999999}", False), (b"{99999999999999999999999+}", True)])
def test_a_literal_of_absurd_size_ends_the_session_only_when_it_is_coming(two, announced, ends):
    two[0].transport.send(b"a APPEND INBOX " + announced + b"\r\n")
    assert two[0].response().startswith(b"* BYE" if ends else b"a BAD")
    if not ends:
        two[0].ok("NOOP")


def test_a_message_of_which_nothing_can_be_told_has_no_fetch(two):
    strange = b"Content-Transfer-Encoding: x-unknown\r\n\r\n?\r\n"
    assert two[0].append("INBOX", strange).status == b"OK"
    two[0].ok("SELECT INBOX")
    converse(two, """
        1> FETCH 4 BINARY.PEEK[1]
        < NO [UNKNOWN-CTE] ...
        1> FETCH 4 (BINARY.PEEK[1] UID BINARY.SIZE[1])
        < * 4 FETCH (UID 4)
        < NO [UNKNOWN-CTE] ...
        1> FETCH 3:4 (BINARY.SIZE[1] BODY.PEEK[]<0.2>)
        < * 3 FETCH (BINARY.SIZE[1] 28 BODY[]<0> {2}...
        < * 4 FETCH (BODY[]<0> {2}...
        < NO [UNKNOWN-CTE] ...
    """)


def test_a_mailbox_name_has_one_unicode_form(two):
    """RFC 9051 5.1 and 6.3.9.7: converted to Net-Unicode, and told so."""
    loose, composed = "cafe\u0301", "caf\u00e9"
    two[0].ok("ENABLE IMAP4rev2")
    converse(two, f"""
        1> CREATE "{loose}/x"
        < * LIST () "/" "{composed}/x" ("OLDNAME" ("{loose}/x"))
        < OK [MAILBOXID (...)] ...
        1> CREATE "{composed}"
        < NO [ALREADYEXISTS] ...
        1> LIST "" "{loose}*"
        < * LIST (\\HasChildren) "/" "{composed}"
        < * LIST (\\HasNoChildren) "/" "{composed}/x"
        < OK ...
        1> STATUS "{loose}/x" (MESSAGES)
        < * STATUS "{composed}/x" (MESSAGES 0)
        < OK ...
        1> EXAMINE "{loose}/x"
        < * FLAGS (...)
        < * OK [PERMANENTFLAGS ()] ...
        < * 0 EXISTS
        < * OK [UIDVALIDITY ...] ...
        < * OK [UIDNEXT 1] ...
        < * OK [HIGHESTMODSEQ ...] ...
        < * OK [MAILBOXID (...)] ...
        < * LIST (\\HasNoChildren) "/" "{composed}/x" ("OLDNAME" ("{loose}/x"))
        < OK [READ-ONLY] ...
        1> UNSELECT
        < OK ...
        1> RENAME "{composed}/x" "{loose}/y"
        < * LIST () "/" "{composed}/y" ("OLDNAME" ("{composed}/x"))
        < OK ...
        1> RENAME "{loose}/y" z
        < * LIST () "/" z ("OLDNAME" ("{loose}/y"))
        < OK ...
        1> RENAME z "{composed}/y"
        < OK ...
        1> DELETE "{loose}/y"
        < * LIST (\\NonExistent) "/" "{composed}/y" ("OLDNAME" ("{loose}/y"))
        < OK ...
        2> LIST "" "caf*"
        < * LIST (\\HasNoChildren) "/" caf&AOk-
        < OK ...
        2> STATUS cafe&AwE- (MESSAGES)
        < * STATUS caf&AOk- (MESSAGES 0)
        < OK ...
    """)


def test_recursivematch_tells_of_children_that_are_not_told_themselves(two):
    """RFC 5258 3: CHILDINFO is for a parent whose subscribed children the patterns leave out."""
    for name in ("one/one", "two/two", "two/three", "up/down/deep"):
        two[0].ok(f"CREATE {name}")
        two[0].ok(f"SUBSCRIBE {name}")
    two[0].ok("SUBSCRIBE up")
    converse(two, r"""
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" *one
        < * LIST (\HasNoChildren \Subscribed) "/" one/one
        < OK ...
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" *two
        < * LIST (\HasChildren) "/" two ("CHILDINFO" ("SUBSCRIBED"))
        < * LIST (\HasNoChildren \Subscribed) "/" two/two
        < OK ...
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" (one one/one)
        < * LIST (\HasNoChildren \Subscribed) "/" one/one
        < OK ...
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" (one two)
        < * LIST (\HasChildren) "/" one ("CHILDINFO" ("SUBSCRIBED"))
        < * LIST (\HasChildren) "/" two ("CHILDINFO" ("SUBSCRIBED"))
        < OK ...
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" up*
        < * LIST (\HasChildren \Subscribed) "/" up ("CHILDINFO" ("SUBSCRIBED"))
        < * LIST (\HasNoChildren \Subscribed) "/" up/down/deep
        < OK ...
        1> LIST (SUBSCRIBED RECURSIVEMATCH) "" up/%
        < * LIST (\HasChildren) "/" up/down ("CHILDINFO" ("SUBSCRIBED"))
        < OK ...
    """)


def test_an_account_without_limits_has_no_quota_root(two):
    converse(two, """
        1> GETQUOTAROOT INBOX
        < * QUOTAROOT INBOX
        < OK ...
        1> GETQUOTA ""
        < NO [NONEXISTENT] ...
    """)


@pytest.mark.parametrize("asked, told", [
    ("QRESYNC CONDSTORE", "QRESYNC CONDSTORE"), ("condstore QRESYNC condstore", "CONDSTORE QRESYNC"),
    ("X-UNKNOWN", ""), ("UTF8=ACCEPT X-UNKNOWN imap4rev2", "UTF8=ACCEPT IMAP4rev2"),
])
def test_enable_tells_all_that_was_asked_for_and_is_new(two, asked, told):
    converse(two, f"""
        1> ENABLE {asked}
        < {f"* ENABLED {told}".strip()}
        < OK ...
        1> ENABLE {asked}
        < * ENABLED
        < OK ...
    """)


HARMLESS = [
    b'FETCH 1:2,* (FLAGS UID BODY.PEEK[HEADER.FIELDS (To "Cc")]<0.9> BINARY.SIZE[1])',
    b'UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)', b'STORE 1 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen $x)',
    b'SEARCH RETURN (MIN ALL) CHARSET UTF-8 OR (SUBJECT "a b" NOT UID 1) SINCE 1-Feb-2020 MODSEQ 3',
    b'SORT RETURN (COUNT) (REVERSE DATE) UTF-8 UNSEEN', b'THREAD REFERENCES UTF-8 HEADER x "ab"',
    b'LIST (SUBSCRIBED RECURSIVEMATCH) "" ("%" INBOX) RETURN (CHILDREN STATUS (MESSAGES SIZE))', b'LSUB "" "*"',
    b'STATUS "INBOX" (MESSAGES UIDNEXT)', b'ENABLE CONDSTORE', b'ID ("a" "b\\"c" "d" NIL)', b'NAMESPACE',
    b'UID COPY 99 Trash', b'GETACL INBOX', b'GETMETADATA (DEPTH 1 MAXSIZE 9) INBOX (/private/a)',
    b'GETQUOTA ""', b'NOTIFY SET (SELECTED (MessageNew (UID) MessageExpunge))', b'NOTIFY NONE', b'CAPABILITY',
    b'ESEARCH IN (mailboxes ("INBOX" Sent)) RETURN (COUNT) ALL',
]
JUNK = [b"", b" ", b")", b"(", b'"', b"{", b"{3}", b"\0", b"\xff", b"\n", b"]"]


@pytest.mark.parametrize("command", HARMLESS, ids=lambda command: command.split(b" ")[0].decode())
def test_bad_syntax_at_every_position_gets_one_answer_and_harms_nothing(two, command):
    """Cut, and with junk put in, anywhere: every line is answered, and the next command works."""
    imap = two[0]
    imap.ok("SELECT INBOX")
    before = two[1].ok("STATUS INBOX (MESSAGES UIDNEXT UNSEEN DELETED)").untagged
    for at in range(len(command)):
        wrong = [command[:at]] + [command[:at] + junk + command[at:] for junk in JUNK]
        imap.transport.send(b"".join(b"q1 " + one + b"\r\n" for one in wrong) + b"q2 NOOP\r\n")
        tagged = 0
        while not (line := imap.response()).startswith(b"q2 OK"):
            assert not line.startswith((b"+", b"* BYE")), (command[:at], line)
            tagged += line.startswith(b"q1 ")
        assert tagged == len(wrong), command[:at]
    assert imap.ok("FETCH 1 UID").untagged == [b"* 1 FETCH (UID 1)"]
    assert two[1].ok("STATUS INBOX (MESSAGES UIDNEXT UNSEEN DELETED)").untagged == before


def test_status_counts_no_message_recent_that_a_session_has_heard_of(two):
    first, second = two
    first.ok("SELECT INBOX")
    tag = first.send("IDLE")
    assert first.response().startswith(b"+")
    assert second.append("INBOX", plain()).status == b"OK"
    assert first.response() == b"* 4 EXISTS"
    assert first.response() == b"* 4 RECENT"
    assert second.ok("STATUS INBOX (RECENT)").untagged == [b"* STATUS INBOX (RECENT 0)"]
    first.transport.send(b"DONE\r\n")
    assert first.until(tag).status == b"OK"


def test_inbox_matches_in_any_case_also_above_others(two):
    two[0].ok("CREATE inBox/Sub/sub")
    shown = {name: rb'* LIST (%s) "/" %s' % (flag, name) for flag, name in (
        (b"\\HasChildren", b"INBOX"), (b"\\HasChildren", b"INBOX/Sub"), (b"\\HasNoChildren", b"INBOX/Sub/sub"))}
    for pattern, found in (
            ("inbox", [b"INBOX"]), ("in%", [b"INBOX"]), ("%box", [b"INBOX"]), ("inbox*", list(shown)),
            ("inbox/%", [b"INBOX/Sub"]), ("in%/Sub", [b"INBOX/Sub"]), ("in%/sub", []),
            ("inb*/sub", [b"INBOX/Sub/sub"]), ("*box", [b"INBOX"]), ("%/%", [b"INBOX/Sub"]), ("nbox*", [])):
        assert two[0].ok(f'LIST "" "{pattern}"').untagged == [shown[name] for name in found], pattern


def test_flags_are_atoms(two):
    two[0].ok("SELECT INBOX")
    converse(two, r"""
        1> STORE 1 +FLAGS (\Unknown)
        < NO [CANNOT] ...
        1> STORE 1 +FLAGS (\Recent)
        < NO [CANNOT] ...
        1> STORE 1 +FLAGS (\)
        < BAD ...
        1> STORE 1 +FLAGS (\*)
        < BAD ...
        1> STORE 1 +FLAGS (\Seen\Draft)
        < BAD ...
        1> STORE 1 +FLAGS (a]b)
        < BAD ...
        1> STORE 1 +FLAGS ("a")
        < BAD ...
        1> STORE 1 FLAGS \sEEN \Draft
        < * 1 FETCH (FLAGS (\Seen \Draft \Recent))
        < OK ...
        1> STORE 1 -FLAGS ()
        < * 1 FETCH (FLAGS (\Seen \Draft \Recent))
        < OK ...
    """)


def test_a_bad_modifier_of_store_is_named(two):
    two[0].ok("SELECT INBOX")
    converse(two, r"""
        1> STORE 1 (UNCHANGEDSINCE -1) +FLAGS (a)
        < BAD A number is expected ...
        1> STORE 1 (UNCHANGEDSINCE) +FLAGS (a)
        < BAD An argument is missing
        1> STORE 1 (SINCE 5) +FLAGS (a)
        < BAD Unknown modifier of STORE
    """)
