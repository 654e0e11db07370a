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


def test_an_empty_pattern_asks_for_the_separator_with_return_options_too(two):
    converse(two, r"""
        1> LIST "" "" RETURN (CHILDREN)
        < * LIST (\Noselect) "/" ""
        < OK ...
        1> LSUB "" ""
        < * LSUB (\Noselect) "/" ""
        < OK ...
    """)
