"""NOTIFY (RFC 5465) and the speed of news: what another session does arrives unasked."""
import re
import time

import pytest

from support.capability import proves
from support.imap import open_tls
from support.wait import until

MESSAGE = b"From: ann@example.test\r\nSubject: one\r\n\r\ntext\r\n"


@pytest.fixture
def pair(server, account):
    sessions = [open_tls(server), open_tls(server)]
    for it in sessions:
        it.login(*account)
    yield sessions
    for it in sessions:
        it.close()


def told_until(imap, word):
    """The responses up to the first with that word."""
    lines = []
    while not lines or word not in lines[-1]:
        lines.append(imap.response())
    return lines


def told_before_noop(imap):
    """What has been told by now, without the news that NOOP itself brings (none: nothing is selected)."""
    return imap.ok("NOOP").untagged


@proves("NOTIFY")
@pytest.mark.parametrize("command, status, code", [
    ("NOTIFY", b"BAD", None), ("NOTIFY NONE x", b"BAD", None), ("NOTIFY SET", b"BAD", None), ("NOTIFY SOME", b"BAD", None),
    ("NOTIFY SET (personal)", b"BAD", None), ("NOTIFY SET (personal ())", b"BAD", None),
    ("NOTIFY SET (personal (MessageNew))", b"BAD", None), ("NOTIFY SET (personal (MessageExpunge))", b"BAD", None),
    ("NOTIFY SET (personal (FlagChange))", b"BAD", None), ("NOTIFY SET (elsewhere (MailboxName))", b"BAD", None),
    ("NOTIFY SET (selected (MailboxName))", b"BAD", None), ("NOTIFY SET (subtree (MailboxName))", b"BAD", None),
    ("NOTIFY SET (mailboxes () (MailboxName))", b"BAD", None),
    ("NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", b"BAD", None),
    ("NOTIFY SET (selected (MessageNew (NONSENSE) MessageExpunge))", b"BAD", None),
    ("NOTIFY SET (selected (MessageNew MessageExpunge)) (selected-delayed (MessageNew MessageExpunge))", b"BAD", None),
    ("NOTIFY SET (personal (AnnotationChange))", b"NO", b"BADEVENT ("),
    ("NOTIFY SET (personal (MailboxName Earthquake))", b"NO", b"BADEVENT ("),
    ("NOTIFY SET (personal NONE)", b"OK", None), ("NOTIFY NONE", b"OK", None),
    ("notify set status (INBOXES (messagenew MESSAGEEXPUNGE))", b"OK", None),
])
def test_what_is_asked_for_is_checked(pair, command, status, code):
    imap, _ = pair
    reply = imap.command(command)
    assert reply.status == status, reply
    assert (reply.code() or b"").startswith(code or b"")
    imap.ok("NOOP")


@proves("NOTIFY")
def test_status_tells_how_things_are_and_then_what_changes(pair):
    imap, other = pair
    reply = imap.ok("NOTIFY SET STATUS (mailboxes (INBOX Sent) (MessageNew MessageExpunge FlagChange))")
    assert sorted(line.split()[2] for line in reply.having(b"* STATUS")) == [b"INBOX", b"Sent"]
    other.append("Sent", MESSAGE)
    assert re.match(rb"\* STATUS Sent \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+ UNSEEN 1\)$", imap.response())
    other.append("Drafts", MESSAGE)
    other.ok("SELECT Sent")
    other.ok("STORE 1 +FLAGS (\\Seen)")
    assert b"* STATUS Sent (MESSAGES 1 UIDNEXT 2" in (line := imap.response()) and b"UNSEEN 0" in line
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    imap.response()
    other.ok("EXPUNGE")
    assert b"* STATUS Sent (MESSAGES 0 UIDNEXT 2" in imap.response()
    assert told_before_noop(imap) == []


@proves("NOTIFY")
def test_none_keeps_a_mailbox_from_the_groups_behind_it(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (mailboxes Sent NONE) (personal (MessageNew MessageExpunge))")
    other.append("Sent", MESSAGE)
    other.append("Trash", MESSAGE)
    assert imap.response().startswith(b"* STATUS Trash (MESSAGES 1 UIDNEXT 2")
    assert told_before_noop(imap) == []


@proves("NOTIFY")
def test_groups_add_up(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (mailboxes Sent (MessageNew MessageExpunge)) (personal (SubscriptionChange MailboxName))")
    other.append("Sent", MESSAGE)
    assert imap.response().startswith(b"* STATUS Sent (MESSAGES 1")
    other.ok("UNSUBSCRIBE Sent")
    assert imap.response() == b'* LIST (\\HasNoChildren \\Sent) "/" Sent'
    other.append("Drafts", MESSAGE)
    assert told_before_noop(imap) == []


@proves("NOTIFY")
@pytest.mark.parametrize("flags, enabled, items", [
    ("", "", ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]), (" FlagChange", "", ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"]),
    ("", "CONDSTORE", ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"]),
])
def test_status_has_the_items_that_the_events_need(pair, flags, enabled, items):
    imap, other = pair
    if enabled:
        imap.ok(f"ENABLE {enabled}")
    reply = imap.ok(f"NOTIFY SET STATUS (mailboxes Sent (MessageNew MessageExpunge{flags}))")
    told = set(reply.having(b"* STATUS Sent")[0].decode().split("(")[1].rstrip(")").split()[::2])
    assert set(items) <= told and ("HIGHESTMODSEQ" in told) == ("HIGHESTMODSEQ" in items)
    other.append("Sent", MESSAGE)
    told = imap.response().decode()
    assert ("HIGHESTMODSEQ" in told) == bool(enabled), told


@proves("NOTIFY")
@pytest.mark.parametrize("asked", ["NOTIFY NONE", "NOTIFY SET (personal (MailboxName))", "NOTIFY SET (selected NONE)"])
def test_without_selected_the_selected_mailbox_stands_still(pair, asked):
    imap, other = pair
    for _ in range(2):
        other.append("INBOX", MESSAGE)
    imap.ok("SELECT INBOX")
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS (\\Answered)")
    # What has happened until then is told first, except by NONE.
    told = imap.ok(asked).untagged
    assert bool(told) == (asked != "NOTIFY NONE"), told
    other.append("INBOX", MESSAGE)
    other.ok("STORE 1 +FLAGS (\\Flagged \\Deleted)")
    other.ok("EXPUNGE")
    for command in ("NOOP", "CHECK", "STATUS Sent (MESSAGES)", "FETCH 2 UID"):
        assert not [line for line in imap.ok(command).untagged if b"EXISTS" in line or b"EXPUNGE" in line or b"FLAGS" in line], command
    tag = imap.send("IDLE")
    assert imap.response().startswith(b"+")
    other.append("INBOX", MESSAGE)
    imap.transport.send(b"DONE\r\n")
    assert imap.until(tag).untagged == []
    # Its own change brings the rest along.
    told = imap.ok("UID STORE 2 +FLAGS (\\Seen)").untagged
    told += imap.ok("NOTIFY SET (selected (MessageNew MessageExpunge))").untagged
    assert b"* 1 EXPUNGE" in told and b"* 3 EXISTS" in told


@proves("NOTIFY")
def test_what_the_session_does_itself_is_not_told(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)) (subscribed (MessageNew MessageExpunge))")
    imap.ok("CREATE Mine")
    imap.ok("SUBSCRIBE Mine")
    imap.ok("SETMETADATA Mine (/private/comment {1+}\r\nx)")
    imap.ok('SETMETADATA "" (/private/comment "x")')
    assert imap.append("Mine", MESSAGE).status == b"OK"
    imap.ok("RENAME Mine Yours")
    imap.ok("DELETE Yours")
    other.ok("CREATE Theirs")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" Theirs'
    # It knows its own subscriptions.
    imap.ok("SUBSCRIBE Theirs")
    other.append("Theirs", MESSAGE)
    assert imap.response().startswith(b"* STATUS Theirs (MESSAGES 1")
    assert told_before_noop(imap) == []


@proves("NOTIFY")
def test_a_mailbox_that_comes_or_goes_changes_the_one_above(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MailboxName))")
    other.ok("CREATE Top")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" Top'
    other.ok("CREATE Top/Sub")
    assert [imap.response(), imap.response()] == [b'* LIST (\\HasNoChildren) "/" Top/Sub', b'* LIST (\\HasChildren) "/" Top']
    other.ok("DELETE Top/Sub")
    assert [imap.response(), imap.response()] == [b'* LIST (\\NonExistent) "/" Top/Sub', b'* LIST (\\HasNoChildren) "/" Top']
    imap.ok("NOTIFY SET (mailboxes Top/Sub (MailboxName))")
    other.ok("CREATE Top/Sub")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" Top/Sub'
    assert told_before_noop(imap) == []


@proves("NOTIFY", "ACL")
def test_rights_make_other_peoples_mailboxes_come_and_go(server, pair):
    imap, _ = pair
    reader = imap.ok("GETACL INBOX").untagged[0].split()[3].decode()
    address, password = server.account()
    owner = open_tls(server)
    owner.login(address, password)
    for name in ("Open", "Listed", "Closed"):
        owner.ok(f"CREATE {name}")
    owner.ok(f"SETACL Open {reader} lr")
    owner.ok(f"SETACL Listed {reader} l")
    above = f"Shared/{address}"
    reply = imap.ok(f"NOTIFY SET STATUS (subtree {above} (MessageNew MessageExpunge MailboxName MailboxMetadataChange))")
    assert reply.having(b"LIST") == [f'* LIST (\\HasNoChildren \\NoAccess) "/" {above}/Listed'.encode()]
    assert [line.split()[2].decode() for line in reply.having(b"STATUS")] == [f"{above}/Open"]
    owner.append("Open", MESSAGE)
    assert imap.response().startswith(f"* STATUS {above}/Open (MESSAGES 1".encode())
    owner.ok(f"SETACL Closed {reader} lr")
    assert imap.response() == f'* LIST (\\HasNoChildren) "/" {above}/Closed'.encode()
    owner.append("Closed", MESSAGE)
    assert imap.response().startswith(f"* STATUS {above}/Closed (MESSAGES 1".encode())
    owner.ok(f"SETACL Listed {reader} +r")
    assert imap.response() == f'* LIST (\\HasNoChildren) "/" {above}/Listed'.encode()
    owner.ok("RENAME Closed Shut")
    assert imap.response() == f'* LIST (\\HasNoChildren) "/" {above}/Shut ("OLDNAME" ({above}/Closed))'.encode()
    owner.ok("SETMETADATA Shut (/shared/comment {1+}\r\nx /private/comment {1+}\r\ny)")
    assert imap.response() == f"* METADATA {above}/Shut /shared/comment".encode()
    owner.ok(f"DELETEACL Shut {reader}")
    assert imap.response() == f'* LIST (\\NonExistent) "/" {above}/Shut'.encode()
    owner.append("Shut", MESSAGE)
    owner.ok("DELETE Open")
    assert imap.response() == f'* LIST (\\NonExistent) "/" {above}/Open'.encode()
    assert told_before_noop(imap) == []
    owner.close()


@proves("NOTIFY", "ACL")
def test_rights_of_anyone_are_told_to_everybody(server, pair):
    imap, _ = pair
    address, password = server.account()
    owner = open_tls(server)
    owner.login(address, password)
    for name in ("Open", "Other"):
        owner.ok(f"CREATE {name}")
    above = f"Shared/{address}"
    imap.ok(f"NOTIFY SET (subtree {above} (MessageNew MessageExpunge MailboxName))")
    owner.ok("SETACL Open anyone lr")
    assert imap.response() == f'* LIST (\\HasNoChildren) "/" {above}/Open'.encode()
    owner.append("Open", MESSAGE)
    assert imap.response().startswith(f"* STATUS {above}/Open (MESSAGES 1".encode())
    owner.ok("DELETEACL Open anyone")
    assert imap.response() == f'* LIST (\\NonExistent) "/" {above}/Open'.encode()
    imap.ok("NOTIFY SET (personal (MailboxName))")
    owner.ok("SETACL Other anyone lr")
    assert told_before_noop(imap) == []
    owner.ok("DELETEACL Other anyone")
    owner.close()


@proves("NOTIFY")
def test_items_of_a_mailbox_that_was_left_are_not_told_of_another(pair):
    imap, other = pair
    other.append("Archive", MESSAGE)
    imap.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected (MessageNew (UID PREVIEW) MessageExpunge))")
    imap.transport.send(b"half N")  # in the middle of a command nothing is told unasked
    other.append("INBOX", MESSAGE)
    imap.transport.send(b"OOP\r\nthen SELECT Archive\r\n")
    assert imap.until(b"then").having(b"1 EXISTS")
    assert not imap.ok("NOOP").having(b"FETCH")


@proves("NOTIFY", "METADATA")
def test_every_changed_entry_is_told(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MailboxMetadataChange))")
    other.ok("SETMETADATA INBOX (/private/comment {1+}\r\nx /shared/comment NIL /private/vendor/example/a {1+}\r\ny)")
    told = {imap.response().split()[-1] for _ in range(3)}
    assert told == {b"/private/comment", b"/shared/comment", b"/private/vendor/example/a"}


@proves("NOTIFY")
def test_changed_flags_come_with_their_uid(pair):
    imap, other = pair
    other.append("INBOX", MESSAGE)
    imap.ok("SELECT INBOX")
    other.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))")
    other.ok("STORE 1 +FLAGS (\\Flagged)")
    line = imap.response()
    assert b"UID 1" in line and b"FLAGS (" in line
    imap.ok("NOTIFY SET (selected (MessageNew MessageExpunge))")
    other.ok("STORE 1 +FLAGS (\\Seen)")
    assert imap.ok("NOOP").untagged == []


@proves("NOTIFY")
def test_scopes_choose_mailboxes(pair):
    imap, other = pair
    for name in ("Top", "Top/Sub", "Topless", "Alone"):
        other.ok(f"CREATE {name}")
    other.ok("SUBSCRIBE Alone")
    for scope, told in [("inboxes", ["INBOX", "Top", "Top/Sub", "Topless", "Alone"]), ("subtree Top", ["Top", "Top/Sub"]), ("subtree (Top Alone)", ["Top", "Top/Sub", "Alone"]),
                        ("mailboxes (Topless Top)", ["Top", "Topless"]), ("subscribed", ["INBOX", "Alone"]),
                        ("personal", ["INBOX", "Top", "Top/Sub", "Topless", "Alone"])]:
        imap.ok(f"NOTIFY SET ({scope} (MessageNew MessageExpunge))")
        for name in ("INBOX", "Top", "Top/Sub", "Topless", "Alone"):
            other.append(name, MESSAGE)
        lines = [imap.response() for _ in told]
        assert [line.split()[2].decode() for line in lines] == told, scope
        imap.ok("NOTIFY NONE")
    other.append("INBOX", MESSAGE)
    assert told_before_noop(imap) == []


@proves("NOTIFY")
def test_inboxes_are_told_of_what_delivery_brings_to_a_folder(server, account, imap):
    imap.ok("CREATE Parcels")
    imap.ok("NOTIFY SET (inboxes (MessageNew MessageExpunge))")
    user, domain = account[0].split("@")
    assert server.deliver("Subject: one\n\ntext\n", [f"{user}+Parcels@{domain}"]) == {}
    assert imap.response().startswith(b"* STATUS Parcels (MESSAGES 1 ")


@proves("NOTIFY")
def test_the_selected_mailbox_is_told_at_once_with_items_of_new_messages(pair):
    imap, other = pair
    imap.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))")
    other.append("INBOX", MESSAGE)
    lines = told_until(imap, b"FETCH")
    assert b"* 1 EXISTS" in lines
    assert b"UID 1" in lines[-1] and b"Subject: one" in lines[-1]
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS (\\Flagged)")
    assert b"\\Flagged" in imap.response()
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert b"\\Deleted" in imap.response()
    other.ok("EXPUNGE")
    assert imap.response() == b"* 1 EXPUNGE"


@proves("NOTIFY")
def test_items_of_new_messages_come_with_modseq_where_condstore_is_enabled(pair):
    """RFC 7162 3.2.4: as in every FETCH that another session has caused."""
    imap, other = pair
    imap.ok("SELECT INBOX (CONDSTORE)")
    imap.ok("NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge FlagChange))")
    other.append("INBOX", MESSAGE)
    told = told_until(imap, b"FETCH")[-1]
    assert b"UID 1" in told and b"MODSEQ (" in told


@proves("NOTIFY")
@pytest.mark.parametrize("group", ["selected", "selected-delayed"])
def test_items_are_told_of_what_others_add_alone(pair, group):
    """RFC 5465 5.2: EXISTS also of one's own, the FETCH not."""
    imap, other = pair
    imap.append("INBOX", MESSAGE)
    imap.ok("SELECT INBOX")
    imap.ok(f"NOTIFY SET ({group} (MessageNew (UID BODY.PEEK[]) MessageExpunge))")
    for own in ("COPY 1 INBOX", b"APPEND INBOX {1+}\r\nx", b"APPEND INBOX {1+}\r\nx {1+}\r\ny"):
        told = imap.ok(own).untagged
        assert any(line.endswith(b" EXISTS") for line in told) and not any(b"FETCH" in line for line in told), told
    other.append("INBOX", MESSAGE)
    told = told_until(imap, b"FETCH")
    assert b"* 6 EXISTS" in told and told[-1].startswith(b"* 6 FETCH (UID 6 "), told
    assert not any(b"FETCH" in line for line in imap.ok(b"APPEND INBOX {1+}\r\nx").untagged)
    told = imap.ok(b"REPLACE 1 INBOX {1+}\r\nz").untagged + imap.ok("MOVE 1 INBOX").untagged + imap.ok("NOOP").untagged
    assert not any(b"FETCH" in line for line in told), told
    other.append("INBOX", MESSAGE)
    assert b"FETCH (UID 10 " in told_until(imap, b"FETCH")[-1]


@proves("NOTIFY")
def test_large_new_messages_come_whole_and_set_no_seen(pair):
    imap, other = pair
    big = MESSAGE + b"".join(b"%074d\r\n" % i for i in range(20000))
    imap.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected (MessageNew (BODY[]) MessageExpunge))")
    other.append("INBOX", big)
    assert big in told_until(imap, b"FETCH")[-1]
    assert b"\\Seen" not in imap.ok("FETCH 1 FLAGS").untagged[0]


@proves("NOTIFY")
def test_selected_delayed_keeps_expunges_for_a_command_that_may_tell_them(pair):
    imap, other = pair
    for _ in range(2):
        other.append("INBOX", MESSAGE)
    imap.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected-delayed (MessageNew MessageExpunge))")
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.ok("EXPUNGE")
    other.append("INBOX", MESSAGE)
    assert told_until(imap, b"EXISTS")[-1] == b"* 3 EXISTS"
    assert not imap.ok("FETCH 1:* UID").having(b"EXPUNGE")
    assert b"* 1 EXPUNGE" in imap.ok("NOOP").untagged


@proves("NOTIFY")
def test_names_and_subscriptions_are_told_by_list(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MailboxName SubscriptionChange))")
    other.ok("CREATE New")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" New'
    other.ok("SUBSCRIBE New")
    assert imap.response() == b'* LIST (\\HasNoChildren \\Subscribed) "/" New'
    other.ok("UNSUBSCRIBE New")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" New'
    other.ok("RENAME New Newer")
    assert imap.response() == b'* LIST (\\HasNoChildren) "/" Newer ("OLDNAME" (New))'
    other.ok("DELETE Newer")
    assert imap.response() == b'* LIST (\\NonExistent) "/" Newer'
    other.append("INBOX", MESSAGE)
    assert told_before_noop(imap) == []


@proves("NOTIFY")
def test_annotations_are_told_by_their_names(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))")
    other.ok('SETMETADATA INBOX (/private/comment "mine")')
    assert imap.response() == b"* METADATA INBOX /private/comment"
    other.ok('SETMETADATA INBOX (/private/comment NIL)')
    assert imap.response() == b"* METADATA INBOX /private/comment"


@proves("NOTIFY")
def test_news_do_not_break_into_a_command(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (mailboxes Sent (MessageNew MessageExpunge))")
    imap.transport.send(b"x APPEND INBOX {%d}\r\n" % len(MESSAGE))
    assert imap.response().startswith(b"+")
    other.append("Sent", MESSAGE)
    imap.transport.send(MESSAGE[:10])
    other.ok("NOOP")
    imap.transport.send(MESSAGE[10:] + b"\r\n")
    reply = imap.until(b"x")
    assert reply.status == b"OK"
    told = reply.untagged or [imap.response()]
    assert told[0].startswith(b"* STATUS Sent (MESSAGES 1")


@proves("NOTIFY")
def test_news_come_in_idle_too(pair):
    imap, other = pair
    imap.ok("SELECT INBOX")
    imap.ok("NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))")
    tag = imap.send("IDLE")
    assert imap.response().startswith(b"+")
    other.append("Sent", MESSAGE)
    assert imap.response().startswith(b"* STATUS Sent")
    other.append("INBOX", MESSAGE)
    assert b"UID 1" in told_until(imap, b"FETCH")[-1]
    imap.transport.send(b"DONE\r\n")
    assert imap.until(tag).status == b"OK"


@proves("NOTIFY")
def test_too_much_for_a_client_that_is_busy_is_said_and_ends_it(pair):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (SubscriptionChange))")
    # An unfinished command keeps the news waiting.
    imap.transport.send(b"x APPEND INBOX {%d}\r\n" % len(MESSAGE))
    assert imap.response().startswith(b"+")
    for start in range(0, 1200, 100):
        other.transport.send(b"".join(b"s%d SUBSCRIBE F%d\r\n" % (i, i) for i in range(start, start + 100)))
        for i in range(start, start + 100):
            assert other.until(b"s%d" % i).status == b"OK"
    imap.transport.send(MESSAGE + b"\r\n")
    assert imap.until(b"x").status == b"OK"
    assert b"[NOTIFICATIONOVERFLOW]" in told_until(imap, b"OVERFLOW")[-1]
    other.ok("SUBSCRIBE Another")
    assert told_before_noop(imap) == []
    imap.ok("NOTIFY SET (personal (SubscriptionChange))")
    other.ok("SUBSCRIBE Third")
    assert b"Third" in imap.response()


@proves("NOTIFY")
def test_signing_out_ends_it(pair, account):
    imap, other = pair
    imap.ok("NOTIFY SET (personal (MessageNew MessageExpunge))")
    imap.ok("UNAUTHENTICATE")
    other.append("INBOX", MESSAGE)
    assert told_before_noop(imap) == []


def measure(imap, other, rounds=30):
    """Milliseconds from the reply to APPEND to the news of it, the shortest first."""
    times = []
    for _ in range(rounds):
        assert other.append("INBOX", MESSAGE).status == b"OK"
        appended = time.perf_counter()
        told_until(imap, b"EXISTS")
        times.append((time.perf_counter() - appended) * 1000)
        imap.buffer = b""
    return sorted(times)


@proves("IDLE", "NOTIFY")
@pytest.mark.parametrize("way", ["IDLE", "NOTIFY SET (selected (MessageNew MessageExpunge))"])
def test_an_append_is_told_within_100_ms_without_polling(pair, way):
    """A busy machine may hold up most of the news for a while; whoever polls holds up nearly all, always."""
    imap, other = pair
    imap.ok("SELECT INBOX")
    if way == "IDLE":
        imap.send(way)
        assert imap.response().startswith(b"+")
    else:
        imap.ok(way)
    times = until(lambda: measure(imap, other), lambda times: times[7] < 100)
    print(f"{way}: median {times[15]:.3f} ms behind the reply to APPEND, worst {times[-1]:.3f} ms")
