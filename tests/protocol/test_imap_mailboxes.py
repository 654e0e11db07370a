"""IMAP mailboxes: LIST and its kin, CREATE, RENAME, DELETE, subscriptions, STATUS, SELECT, quota."""
import os
import re
import subprocess

from support.capability import proves
from support.imap import open_tls
from support.messages import plain
from support.server import SOURCE


def names(reply):
    """[(attributes, name)] of LIST or LSUB."""
    found = []
    for line in reply.having(b"* L"):
        match = re.match(rb'\* (?:LIST|LSUB) \(([^)]*)\) (?:"."|NIL) (.*)$', line)
        if match:
            found.append((set(match.group(1).decode().split()), match.group(2).decode()))
    return found


def only_names(reply):
    return [name for _, name in names(reply)]


@proves("SPECIAL-USE")
def test_a_new_account_has_its_folders_with_their_use(imap):
    listed = dict((name, attributes) for attributes, name in names(imap.ok('LIST "" *')))
    assert listed["INBOX"] == {"\\HasNoChildren"}
    for name, use in (("Drafts", "\\Drafts"), ("Sent", "\\Sent"), ("Junk", "\\Junk"), ("Trash", "\\Trash"),
                      ("Archive", "\\Archive")):
        assert use in listed[name]
    assert only_names(imap.ok('LIST (SPECIAL-USE) "" *')) == ["Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert all(a & {"\\Sent", "\\Drafts", "\\Junk", "\\Trash", "\\Archive"}
               for a, n in names(imap.ok('LIST "" * RETURN (SPECIAL-USE)')) if n != "INBOX")


def test_the_separator_is_told_for_an_empty_pattern(imap):
    assert imap.ok('LIST "" ""').untagged == [b'* LIST (\\Noselect) "/" ""']


@proves("CHILDREN")
def test_children_are_told(imap):
    imap.ok("CREATE a/b/c")
    listed = dict((name, attributes) for attributes, name in names(imap.ok('LIST "" a*')))
    assert "\\HasChildren" in listed["a"] and "\\HasChildren" in listed["a/b"]
    assert "\\HasNoChildren" in listed["a/b/c"]
    assert only_names(imap.ok('LIST "" a/%')) == ["a/b"]
    assert only_names(imap.ok('LIST a/ %')) == ["a/b"]


@proves("LIST-EXTENDED")
def test_list_extended_selects_and_returns(imap):
    imap.ok("CREATE parent/child")
    imap.ok("SUBSCRIBE parent/child")
    imap.ok("SUBSCRIBE not-there")
    listed = dict((name, attributes) for attributes, name in names(imap.ok('LIST (SUBSCRIBED) "" *')))
    assert listed["not-there"] == {"\\NonExistent", "\\HasNoChildren", "\\Subscribed"}
    assert "\\Subscribed" in listed["parent/child"] and "parent" not in listed
    reply = imap.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" %')
    assert reply.having(b'parent ("CHILDINFO" ("SUBSCRIBED"))')
    assert only_names(imap.ok('LIST () "" (INBOX "parent/%") RETURN (CHILDREN)')) == ["INBOX", "parent/child"]
    assert imap.command('LIST (RECURSIVEMATCH) "" *').status == b"BAD"
    assert imap.command('LIST (NONSENSE) "" *').status == b"BAD"
    assert imap.command('LIST "" * RETURN (NONSENSE)').status == b"BAD"


@proves("LIST-STATUS", "STATUS=SIZE")
def test_list_with_status_answers_both(imap):
    message = plain()
    imap.append("INBOX", message)
    reply = imap.ok('LIST "" INBOX RETURN (STATUS (MESSAGES UNSEEN SIZE))')
    assert reply.untagged[0].startswith(b"* LIST ")
    assert reply.untagged[1] == b"* STATUS INBOX (MESSAGES 1 UNSEEN 1 SIZE %d)" % len(message)


def test_status_items_follow_the_mailbox(imap):
    status = imap.ok("STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ)")
    assert status.having(b"MESSAGES 0 RECENT 0 UIDNEXT 1 ")
    imap.append("INBOX", plain(), "(\\Seen \\Deleted) ")
    imap.append("INBOX", plain())
    status = imap.ok("STATUS INBOX (MESSAGES UIDNEXT UNSEEN DELETED)")
    assert status.having(b"(MESSAGES 2 UIDNEXT 3 UNSEEN 1 DELETED 1)")
    assert imap.command("STATUS nowhere (MESSAGES)").code() == b"NONEXISTENT"


@proves("APPENDLIMIT=")
def test_the_append_limit_is_told(imap):
    told = imap.ok("STATUS INBOX (APPENDLIMIT)").having(b"APPENDLIMIT")[0]
    limit = re.search(rb"APPENDLIMIT (\d+)", told).group(1)
    assert b"APPENDLIMIT=" + limit in imap.ok("CAPABILITY").untagged[0]
    assert imap.command(b"APPEND INBOX {%d}" % (int(limit) + 1)).code() == b"TOOBIG"


@proves("OBJECTID")
def test_mailboxes_and_messages_have_ids_that_stay(imap):
    created = re.search(rb"MAILBOXID \(([\w-]+)\)", imap.ok("CREATE Ids").text).group(1)
    assert imap.ok("STATUS Ids (MAILBOXID)").having(b"MAILBOXID (%s)" % created)
    imap.ok("RENAME Ids Ids2")
    assert imap.ok("SELECT Ids2").having(b"[MAILBOXID (%s)]" % created)
    imap.append("Ids2", plain())
    imap.ok("SELECT Ids2")
    answer = imap.ok("FETCH 1 (EMAILID THREADID)").untagged[0]
    email_id = re.search(rb"EMAILID \(([\w-]+)\)", answer).group(1)
    thread_id = re.search(rb"THREADID \(([\w-]+)\)", answer).group(1)
    imap.ok("COPY 1 INBOX")
    imap.ok("SELECT INBOX")
    assert b"EMAILID (%s)" % email_id in imap.ok("FETCH 1 EMAILID").untagged[0]
    assert imap.ok(b"SEARCH EMAILID " + email_id).having(b"* SEARCH 1")
    assert imap.ok(b"SEARCH THREADID " + thread_id).having(b"* SEARCH 1")


@proves("CREATE-SPECIAL-USE")
def test_create_with_a_special_use(imap):
    imap.ok("DELETE Archive")
    imap.ok("CREATE Old (USE (\\Archive))")
    assert "\\Archive" in dict((n, a) for a, n in names(imap.ok('LIST "" Old')))["Old"]
    assert imap.command("CREATE Other (USE (\\Nonsense))").code() == b"USEATTR"
    assert imap.command("CREATE Other (USE (\\Archive))").code() == b"USEATTR"


def test_create_rename_delete_answer_with_codes(imap):
    imap.ok("CREATE one")
    assert imap.command("CREATE one").code() == b"ALREADYEXISTS"
    assert imap.command("CREATE INBOX").code() == b"ALREADYEXISTS"
    imap.ok("CREATE two/")
    assert imap.command("RENAME one two").code() == b"ALREADYEXISTS"
    assert imap.command("RENAME nowhere three").code() == b"NONEXISTENT"
    assert imap.command("DELETE nowhere").code() == b"NONEXISTENT"
    assert imap.command("DELETE INBOX").code() == b"CANNOT"
    imap.ok("RENAME one two/three")
    assert only_names(imap.ok('LIST "" two*')) == ["two", "two/three"]
    imap.ok("RENAME two four")
    assert only_names(imap.ok('LIST "" four*')) == ["four", "four/three"]
    imap.ok("DELETE four")
    assert names(imap.ok('LIST "" four*'))[0] == ({"\\Noselect", "\\HasChildren"}, "four")
    assert imap.command("SELECT four").status == b"NO"
    imap.ok("DELETE four/three")


def test_rename_of_inbox_moves_its_messages(imap):
    imap.append("INBOX", plain())
    imap.ok("RENAME INBOX Saved")
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 0")
    assert imap.ok("STATUS Saved (MESSAGES)").having(b"MESSAGES 1")


def test_lsub_and_subscriptions(imap):
    imap.ok("CREATE deep/level")
    imap.ok("SUBSCRIBE deep/level")
    assert ({"\\Noselect"}, "deep") in names(imap.ok('LSUB "" %'))
    assert "deep/level" in only_names(imap.ok('LSUB "" *'))
    imap.ok("DELETE deep/level")
    assert "deep/level" in only_names(imap.ok('LSUB "" *'))
    imap.ok("UNSUBSCRIBE deep/level")
    imap.ok("UNSUBSCRIBE deep/level")
    imap.ok("UNSUBSCRIBE never-there")
    assert "deep/level" not in only_names(imap.ok('LSUB "" *'))


def test_names_are_modified_utf7_until_utf8_is_enabled(server, account):
    imap = open_tls(server)
    imap.login(*account)
    imap.ok("CREATE Entw&APw-rfe")
    assert imap.command("CREATE Entw&AP").status == b"BAD"
    assert imap.command("CREATE a&-&AGE-").status == b"BAD"
    assert "Entw&APw-rfe" in only_names(imap.ok('LIST "" Entw*'))
    imap.ok("ENABLE UTF8=ACCEPT")
    assert imap.ok('LIST "" Entw*').untagged == ['* LIST (\\HasNoChildren) "/" "Entwürfe"'.encode()]
    imap.ok('SELECT "Entwürfe"')
    assert imap.command(b'SELECT "\xff"').status == b"BAD"
    imap.close()


def test_the_separator_may_be_a_dot(make_server):
    server = make_server({"imap": {"hierarchy_separator": "."}})
    imap = open_tls(server)
    imap.login(*server.account())
    imap.ok("CREATE a.b")
    assert only_names(imap.ok('LIST "" a.%')) == ["a.b"]
    assert imap.command("CREATE x/y").code() == b"CANNOT"
    assert imap.ok('LIST "" ""').untagged == [b'* LIST (\\Noselect) "." ""']
    imap.close()


def test_select_tells_the_state_and_failure_closes(imap):
    for number in range(3):
        imap.append("INBOX", plain(), "(\\Seen) " if number == 0 else "")
    reply = imap.ok("SELECT INBOX")
    assert reply.code() == b"READ-WRITE"
    for line in (b"* 3 EXISTS", b"* 3 RECENT", b"* OK [UNSEEN 2]", b"* OK [UIDNEXT 4]", b"* FLAGS (", b"PERMANENTFLAGS",
                 b"UIDVALIDITY", b"HIGHESTMODSEQ"):
        assert reply.having(line), line
    assert imap.ok("EXAMINE INBOX").having(b"* 0 RECENT")
    assert imap.command("STORE 1 +FLAGS (\\Seen)").status == b"NO"
    reply = imap.command("SELECT nowhere")
    assert reply.code() == b"NONEXISTENT" and reply.having(b"[CLOSED]")
    assert imap.command("FETCH 1 FLAGS").status == b"BAD"
    imap.ok("SELECT INBOX")
    reply = imap.command("SELECT a&AAE-b")
    assert reply.code() == b"CANNOT" and reply.having(b"[CLOSED]")
    assert imap.command("FETCH 1 FLAGS").status == b"BAD"


@proves("UNSELECT")
def test_unselect_leaves_deleted_messages_and_close_removes_them(imap):
    imap.append("INBOX", plain(), "(\\Deleted) ")
    imap.ok("SELECT INBOX")
    imap.ok("UNSELECT")
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 1")
    imap.ok("EXAMINE INBOX")
    imap.ok("CLOSE")
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 1")
    imap.ok("SELECT INBOX")
    assert imap.ok("CLOSE").untagged == []
    assert imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 0")


@proves("QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE")
def test_quota_is_told_and_kept(server):
    address, password = server.account()
    server.ctl("account", "set", address, f"quota_octets={20 * 1024}", "quota_messages=3")
    imap = open_tls(server)
    imap.login(address, password)
    reply = imap.ok("GETQUOTAROOT INBOX")
    assert reply.having(b'* QUOTAROOT INBOX ""')
    assert reply.having(b'* QUOTA "" (STORAGE 0 20 MESSAGE 0 3)')
    assert imap.append("INBOX", plain(text="x" * 30000)).code() == b"OVERQUOTA"
    for _ in range(3):
        assert imap.append("INBOX", plain()).status == b"OK"
    assert imap.append("INBOX", plain()).code() == b"OVERQUOTA"
    assert imap.ok('GETQUOTA ""').having(b"MESSAGE 3 3")
    imap.ok("SELECT INBOX")
    assert imap.command("COPY 1 Archive").code() == b"OVERQUOTA"
    assert imap.command('GETQUOTA "x"').status == b"NO"
    assert imap.command('SETQUOTA "" (STORAGE 5)').code() == b"NOPERM"
    imap.close()


@proves("LIST-EXTENDED")
def test_wildcards_over_ten_thousand_mailboxes(server, account):
    groups, each = 2 if "CONVOKE_SANITIZED" in os.environ else 20, 500  # what many cost is not a sanitizer's to tell
    every = [f"p{group:02}{below}" for group in range(groups) for below in ["", *(f"/q{n:03}" for n in range(each))]]
    created, stored = every[:each + 1], ",".join(every[each + 1:])
    # How they are listed is asked here: the others are there at once.
    sql(server, "-c", f"insert into mailbox (account_id, name, uidvalidity) select account_id, name, 1 from account,"
                      f" unnest('{{{stored}}}'::text[]) name where address = '{account[0]}'")
    imap = open_tls(server)
    imap.login(*account)
    tags = [imap.send(f"CREATE {name}") for name in created]
    assert all(imap.until(tag).status == b"OK" for tag in tags)
    own = 6  # INBOX and those with a use
    for pattern, count in (("*", groups * each + groups + own), ("%", groups + own), ("p01/%", each), ("p*/q499", groups),
                           ("p%/q00%", groups * 10), ("*q*q*", 0), ("*" * 200 + "9", groups * each // 10 + groups // 10),
                           ("%p%/%q%4%9%", groups * 23)):
        found = only_names(imap.ok(f'LIST "" "{pattern}"'))
        assert len(found) == len(set(found)) == count, (pattern, len(found))
    assert len(names(imap.ok('LIST (RECURSIVEMATCH SUBSCRIBED) "" "%"'))) == own
    assert len(imap.ok('LIST "" "p00/*" RETURN (STATUS (MESSAGES UIDNEXT))').having(b"* STATUS")) == each
    imap.close()


def sql(server, *what):
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", server.database, *what], check=True)


def test_names_stored_before_they_were_composed_are_found_after_the_migration(make_server):
    """Two that become one are both kept; nothing is lost of either."""
    server = make_server()
    imap = open_tls(server)
    imap.login(*server.account())
    imap.ok("ENABLE UTF8=ACCEPT")
    for name in ("one", "one/below", "twin", "tw\u00efn", "tw\u00efn/below"):
        imap.ok(f'CREATE "{name}"')
        assert imap.append(f'"{name}"', f"Subject: {len(name)}\r\n\r\n{name}".encode()).status == b"OK"
    imap.ok("SUBSCRIBE one")
    sql(server, "-c", "update mailbox set name = replace(name, 'one', U&'o\\0308ne') where name like 'one%';"
                      "update mailbox set name = U&'twi\\0308n' where name = 'twin';"
                      "update subscription set name = U&'o\\0308ne' where name = 'one'")
    imap.close()
    server.stop()
    sql(server, "-f", os.path.join(SOURCE, "store/sql/005-composed-names.sql"))
    server.start()
    imap = open_tls(server)
    imap.login(*next(iter(server.accounts.items())))
    imap.ok("ENABLE UTF8=ACCEPT")
    for name, text in (("\u00f6ne", "one"), ("o\u0308ne/below", "one/below"), ("tw\u00efn (2)", "twin"), ("tw\u00efn", "tw\u00efn"),
                       ("twi\u0308n/below", "tw\u00efn/below")):
        imap.ok(f'SELECT "{name}"')
        assert text.encode() in imap.ok("FETCH 1 BODY.PEEK[TEXT]").untagged[0], name
    subscribed = only_names(imap.ok('LIST (SUBSCRIBED) "" *'))
    assert '"\u00f6ne"' in subscribed and '"o\u0308ne"' not in subscribed
    imap.close()
