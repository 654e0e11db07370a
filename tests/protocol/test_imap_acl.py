"""ACL, RIGHTS= (RFC 4314), LIST-MYRIGHTS (RFC 8440), and other people's mailboxes."""
import re

import pytest

from support.capability import proves
from support.imap import Closed, Deflated, open_tls
from support.messages import plain
from support.server import Server

ALL = "lrswipkxtea"


class Person:
    def __init__(self, server, address=None):
        self.server = server
        self.address, self.password = server.account(address)
        self.imap = self.session()

    def session(self):
        imap = open_tls(self.server)
        imap.login(self.address, self.password)
        return imap


@pytest.fixture(scope="module")
def server():
    """Of these tests' own: what is given to anyone shows in everybody's LIST."""
    it = Server({"imap": {"quota_admins": "admin@example.test"}})
    try:
        yield it.start()
    finally:
        it.destroy()


@pytest.fixture
def people(server):
    """(owner, reader)"""
    both = Person(server), Person(server)
    yield both
    for person in both:
        person.imap.close()


@pytest.fixture
def shared(people):
    """share(rights, mailbox) -> the name the reader uses; the mailbox holds three messages."""
    owner, reader = people
    made = set()

    def share(rights, mailbox="Project"):
        if mailbox not in made:
            made.add(mailbox)
            owner.imap.command(f'CREATE "{mailbox}"')
            for i in range(3):
                assert owner.imap.append(f'"{mailbox}"', plain(subject=f"message {i}")).status == b"OK"
        owner.imap.ok(f'SETACL "{mailbox}" {reader.address} "{rights}"')
        return f'"Shared/{owner.address}/{mailbox}"'

    return share


def acl(imap, mailbox):
    words = imap.ok(f"GETACL {mailbox}").having(b"* ACL")[0].decode().split()[3:]
    return dict(zip(words[::2], words[1::2]))


def rights(imap, mailbox):
    return set(imap.ok(f"MYRIGHTS {mailbox}").having(b"* MYRIGHTS")[0].decode().split()[-1])


@proves("ACL", "RIGHTS=kxte")
def test_setacl_getacl_deleteacl(people):
    owner, reader = people
    imap = owner.imap
    assert set(acl(imap, "INBOX")) == {owner.address}
    assert set(acl(imap, "INBOX")[owner.address]) == set(ALL + "cd")
    imap.ok(f"SETACL INBOX {reader.address} lr")
    assert set(acl(imap, "INBOX")[reader.address]) == set("lr")
    imap.ok(f"SETACL INBOX {reader.address.upper()} +cda")
    assert set(acl(imap, "INBOX")[reader.address]) == set("lrkxteacd")
    imap.ok(f"SETACL INBOX {reader.address} -xd")
    assert set(acl(imap, "INBOX")[reader.address]) == set("lrkac")
    imap.ok("SETACL INBOX anyone l")
    imap.ok(f"SETACL INBOX -{reader.address} r")
    assert acl(imap, "INBOX")["anyone"] == "l" and acl(imap, "INBOX")["-" + reader.address] == "r"
    imap.ok(f"DELETEACL INBOX {reader.address}")
    imap.ok("DELETEACL INBOX anyone")
    imap.ok(f"SETACL INBOX -{reader.address} \"\"")
    assert set(acl(imap, "INBOX")) == {owner.address}


@pytest.mark.parametrize("command, status", [
    ("SETACL INBOX anyone lrQ", b"BAD"), ("SETACL INBOX anyone lrq", b"BAD"), ("SETACL INBOX anyone", b"BAD"),
    ('SETACL INBOX "" lr', b"BAD"), ("SETACL INBOX nobody@example.test lr", b"NO"), ("SETACL Nowhere anyone lr", b"NO"),
    ("GETACL Nowhere", b"NO"), ("GETACL", b"BAD"), ("GETACL INBOX INBOX", b"BAD"), ("DELETEACL INBOX", b"BAD"),
    ("LISTRIGHTS INBOX", b"BAD"), ("LISTRIGHTS Nowhere anyone", b"NO"), ("MYRIGHTS Nowhere", b"NO"), ("MYRIGHTS", b"BAD"),
    ("SETACL INBOX OWNER lr", b"NO"), ("DELETEACL INBOX OWNER", b"NO"), ("SETACL INBOX anyone +", b"OK"),
    ("MYRIGHTS Shared/nobody@example.test/INBOX", b"NO"), ("SELECT Shared/OWNER/INBOX", b"NO"),
])
def test_bad_acl_commands(people, command, status):
    owner, _ = people
    assert owner.imap.command(command.replace("OWNER", owner.address)).status == status


def test_listrights_and_myrights(people, shared):
    owner, reader = people
    name = shared("lr")
    answer = owner.imap.ok(f"LISTRIGHTS Project {reader.address}").having(b"LISTRIGHTS")[0].decode()
    assert answer == f'* LISTRIGHTS Project {reader.address} "" l r s w i p k x t e a c d'
    answer = owner.imap.ok(f"LISTRIGHTS Project {owner.address}").having(b"LISTRIGHTS")[0].decode()
    assert set(answer.split()[-1]) == set(ALL + "cd")
    assert rights(owner.imap, "Project") == set(ALL + "cd")
    assert rights(reader.imap, name) == set("lr")
    shared("lrkt")
    assert rights(reader.imap, name) == set("lrktcd")


def test_anyone_counts_and_negative_rights_take_away(people, shared):
    owner, reader = people
    name = shared("ls")
    owner.imap.ok("SETACL Project anyone lri")
    assert rights(reader.imap, name) == set("lrsi")
    owner.imap.ok(f"SETACL Project -{reader.address} i")
    assert rights(reader.imap, name) == set("lrs")
    owner.imap.ok("SETACL Project -anyone s")
    assert rights(reader.imap, name) == set("lr")


def test_namespace_and_list_show_other_peoples_mailboxes(people, shared):
    owner, reader = people
    assert reader.imap.ok("NAMESPACE").untagged == [b'* NAMESPACE (("" "/")) (("Shared/" "/")) NIL']
    assert not reader.imap.ok('LIST "" *').having(owner.address.encode())
    name = shared("lr")
    shared("lr", "INBOX")
    shared("r", "Hidden")
    shared("lr", "Above/Below")
    listed = [line for line in reader.imap.ok('LIST "" *').untagged
              if owner.address.encode() in line or line.endswith(b" Shared")]
    names = {line.split(b'"/" ')[1].strip(b'"').decode() for line in listed}
    prefix = f"Shared/{owner.address}"
    assert names == {"Shared", prefix, f"{prefix}/INBOX", f"{prefix}/Project", f"{prefix}/Above",
                     f"{prefix}/Above/Below"}
    assert [line for line in listed if line.endswith(b"/Above")][0].startswith((b"* LIST (\\Noselect", b"* LIST (\\NonEx"))
    assert reader.imap.ok('LIST "" %').having(b'"/" Shared')
    assert len(reader.imap.ok(f'LIST "{prefix}/" %').untagged) == 3
    assert len(reader.imap.ok(f'LIST "" {name}').untagged) == 1
    assert not reader.imap.ok('LIST "" INBOX').having(b"Shared")
    assert not owner.imap.ok('LIST "" *').having(f"Shared/{owner.address}".encode())
    reader.imap.ok(f"SUBSCRIBE {name}")
    assert len(reader.imap.ok('LIST (SUBSCRIBED) "" Shared/*').untagged) == 1
    assert reader.imap.ok('LSUB "" *').having(b"Shared")
    reader.imap.ok(f"UNSUBSCRIBE {name}")


@proves("LIST-MYRIGHTS")
def test_list_returns_my_rights(people, shared):
    owner, reader = people
    name = shared("lrs")
    answer = reader.imap.ok(f'LIST "" (INBOX {name}) RETURN (MYRIGHTS STATUS (MESSAGES))').untagged
    mine = [line.decode() for line in answer if b"MYRIGHTS" in line]
    assert set(mine[0].split()[-1]) == set(ALL + "cd") and mine[0].split()[2] == "INBOX"
    assert mine[1] == f"* MYRIGHTS Shared/{owner.address}/Project lrs"
    assert [line for line in answer if b"STATUS Shared" in line and b"MESSAGES 3" in line]
    shared("l")
    answer = reader.imap.ok(f'LIST "" {name} RETURN (MYRIGHTS STATUS (MESSAGES))').untagged
    assert not [line for line in answer if b"STATUS" in line]


def test_names_with_dots_between_levels(make_server):
    server = make_server({"imap": {"hierarchy_separator": "."}})
    owner, reader = Person(server, "first.last@example.test"), Person(server)
    owner.imap.ok("CREATE Project.Deep")
    owner.imap.append("Project.Deep", plain())
    owner.imap.ok(f"SETACL Project.Deep {reader.address} lr")
    assert reader.imap.ok("NAMESPACE").untagged == [b'* NAMESPACE (("" ".")) (("Shared." ".")) NIL']
    name = b"Shared.first^last@example^test.Project.Deep"
    assert reader.imap.ok('LIST "" Shared.*').having(name)
    assert reader.imap.ok(b"SELECT " + name).having(b"1 EXISTS")
    assert reader.imap.ok(b"STATUS " + name + b" (MESSAGES)").having(name)
    owner.imap.close()
    reader.imap.close()


# What every right is for: (rights that are not enough, rights that are, command, needs SELECT)
RULES = [
    ("lswipkxtea", "r", "SELECT NAME", False),
    ("lswipkxtea", "r", "EXAMINE NAME", False),
    ("lswipkxtea", "r", "STATUS NAME (MESSAGES)", False),
    ("lrswpkxtea", "li", "APPEND NAME {8+}\r\nA: b\r\n\r\n", False),
    ("lrswipkxte", "la", "GETACL NAME", False),
    ("lrswipkxte", "la", "LISTRIGHTS NAME anyone", False),
    ("lrswipkxte", "la", "SETACL NAME anyone l", False),
    ("lrswipkxte", "la", "DELETEACL NAME anyone", False),
    ("lrswipxtea", "lk", "CREATE NAME/Below", False),
    ("lrswipktea", "lx", "DELETE NAME", False),
    ("swpte", "l", "MYRIGHTS NAME", False),
    ("lrwipkxtea", "lrs", "STORE 1 +FLAGS (\\Seen)", True),
    ("lrsipkxtea", "lrw", "STORE 1 +FLAGS (\\Flagged)", True),
    ("lrsipkxtea", "lrw", "STORE 1 -FLAGS ($Work)", True),
    ("lrswipkxea", "lrt", "STORE 1 +FLAGS (\\Deleted)", True),
    ("lripkxea", "lrs", "STORE 1 FLAGS (\\Seen)", True),
    ("lrswipkxta", "lre", "EXPUNGE", True),
    ("lrswipkxta", "lre", "UID EXPUNGE 1:*", True),
    ("lrswipkxea", "lrte", "MOVE 1 INBOX", True),
    ("lrswipkxta", "lrte", "UID MOVE 1:* INBOX", True),
    ("lrswipkxea", "lrte", "REPLACE 1 INBOX {8+}\r\nA: b\r\n\r\n", True),
    ("ipkxtea", "lr", "GETMETADATA NAME /private/comment", False),
    ("lrsip", "lrw", 'SETMETADATA NAME (/shared/comment "x")', False),
]


@pytest.mark.parametrize("too_few, enough, command, selects", RULES, ids=[rule[2][:30].strip() for rule in RULES])
def test_every_right_is_asked_for(people, shared, too_few, enough, command, selects):
    _, reader = people
    name = shared(too_few)
    command = command.replace("NAME", name.strip('"')) if selects else command.replace("NAME", name.strip('"'))
    if selects:
        reader.imap.ok(f"SELECT {name}")
    reply = reader.imap.command(command)
    assert reply.status == b"NO", reply
    expected = {b"NOPERM"} if "l" in too_few else {b"NONEXISTENT"}
    assert reply.code() in expected, reply
    shared(enough)
    if selects:
        reader.imap.ok(f"SELECT {name}")
    assert reader.imap.command(command).status == b"OK"


def test_who_has_no_right_learns_nothing(people, shared):
    owner, reader = people
    shared("lr")
    owner.imap.ok("CREATE Secret")
    for mailbox in ("Secret", "Nowhere"):
        name = f"Shared/{owner.address}/{mailbox}"
        replies = [reader.imap.command(f"{verb} {name}{rest}").text for verb, rest in (
            ("SELECT", ""), ("STATUS", " (MESSAGES)"), ("GETACL", ""), ("MYRIGHTS", ""), ("DELETE", ""),
            ("GETMETADATA", " /shared/comment"), ("GETQUOTAROOT", ""))]
        assert all(text.startswith(b"NO [NONEXISTENT]") for text in replies), replies
        assert reader.imap.command(f"APPEND {name} {{4+}}\r\nA: b").code() == b"TRYCREATE"
        assert reader.imap.command(f"CREATE {name}/x").code() == b"NOPERM"


def test_copy_into_a_shared_mailbox_asks_for_insert_and_keeps_the_flags_one_may_set(people, shared):
    owner, reader = people
    reader.imap.append("INBOX", plain(), "(\\Seen \\Deleted \\Answered $Work) ")
    reader.imap.ok("SELECT INBOX")
    name = shared("lrswtpe")
    assert reader.imap.command(f"COPY 1 {name}").code() == b"NOPERM"
    for mine, kept in (("lris", {b"\\Seen"}), ("lrit", {b"\\Deleted"}), ("lriw", {b"\\Answered", b"$Work"}), ("lri", set()),
                       ("lriwst", {b"\\Seen", b"\\Deleted", b"\\Answered", b"$Work"})):
        shared(mine)
        uid = reader.imap.ok(f"COPY 1 {name}").code().split()[3]
        assert reader.imap.append(name, plain(), "(\\Seen \\Deleted \\Answered $Work) ").status == b"OK"
        owner.imap.ok("EXAMINE Project")
        for one in (uid, b"*"):
            line = owner.imap.ok(b"UID FETCH " + one + b" FLAGS").having(b"FETCH")[-1]
            flags = set(re.search(rb"FLAGS \(([^)]*)\)", line).group(1).split()) - {b"\\Recent"}
            assert flags == kept, (mine, line)


def test_store_leaves_flags_that_may_not_be_changed(people, shared):
    owner, reader = people
    name = shared("lrs")
    owner.imap.ok("SELECT Project")
    owner.imap.ok("STORE 1 FLAGS (\\Answered $Work)")
    reader.imap.ok(f"SELECT {name}")
    line = reader.imap.ok("STORE 1 FLAGS (\\Seen \\Deleted)").having(b"FETCH")[0]
    assert b"\\Seen" in line and b"\\Answered" in line and b"$Work" in line and b"\\Deleted" not in line


def test_fetch_sets_seen_only_with_the_right(people, shared):
    _, reader = people
    name = shared("lrw")
    reader.imap.ok(f"SELECT {name}")
    assert not reader.imap.ok("FETCH 1 BODY[]").having(b"\\Seen")
    assert reader.imap.ok("SEARCH UNSEEN").untagged[0] == b"* SEARCH 1 2 3"
    shared("lrs")
    reader.imap.ok(f"SELECT {name}")
    assert reader.imap.ok("FETCH 1 BODY[]").having(b"\\Seen")


@pytest.mark.parametrize("mine, code, flags", [
    ("lr", b"READ-ONLY", b"()"), ("lri", b"READ-WRITE", b"()"), ("lrs", b"READ-WRITE", b"(\\Seen)"),
    ("lrt", b"READ-WRITE", b"(\\Deleted)"), ("lrw", b"READ-WRITE", b"(\\Answered \\Flagged \\Draft \\*)"),
    ("lrkxpa", b"READ-ONLY", b"()"), ("lre", b"READ-WRITE", b"()"),
])
def test_select_tells_what_may_be_changed(people, shared, mine, code, flags):
    _, reader = people
    reply = reader.imap.ok(f"SELECT {shared(mine)}")
    assert reply.code() == code
    assert reply.having(b"[PERMANENTFLAGS " + flags + b"]"), reply


def test_close_without_the_right_to_expunge_closes(people, shared):
    owner, reader = people
    name = shared("lrt")
    reader.imap.ok(f"SELECT {name}")
    reader.imap.ok("STORE 1 +FLAGS (\\Deleted)")
    reader.imap.ok("CLOSE")
    assert owner.imap.ok("STATUS Project (MESSAGES)").having(b"MESSAGES 3")
    shared("lre")
    reader.imap.ok(f"SELECT {name}")
    reader.imap.ok("CLOSE")
    assert owner.imap.ok("STATUS Project (MESSAGES)").having(b"MESSAGES 2")


def test_create_below_inherits_and_rename_stays_with_the_owner(people, shared):
    owner, reader = people
    name = shared("lrkx").strip('"')
    reader.imap.ok(f"CREATE {name}/Below")
    assert acl(owner.imap, "Project/Below")[reader.address] == acl(owner.imap, "Project")[reader.address]
    reader.imap.ok(f"CREATE {name}/x/y/z/")
    for level in ("x", "x/y", "x/y/z"):
        assert reader.address in acl(owner.imap, f"Project/{level}")
        owner.imap.ok(f"SETACL Project/{level} {reader.address} +x")
    for level in ("x/y/z", "x/y", "x"):
        reader.imap.ok(f"DELETE {name}/{level}")
    assert reader.imap.command(f"CREATE Shared/{owner.address}/Top").code() == b"NOPERM"
    assert reader.imap.command("CREATE Shared/mine").code() == b"CANNOT"
    assert reader.imap.command("CREATE Shared").code() == b"CANNOT"
    assert reader.imap.command(f"CREATE {name}/Use (USE (\\Sent))").code() == b"USEATTR"
    reader.imap.ok(f"RENAME {name}/Below {name}/Other")
    assert owner.imap.ok('LIST "" Project/*').having(b"Project/Other")
    assert reader.imap.command(f"RENAME {name}/Other Mine").code() == b"CANNOT"
    assert reader.imap.command(f"RENAME {name}/Other Shared/{owner.address}/Top").code() == b"NOPERM"
    reader.imap.ok(f"DELETE {name}/Other")
    assert not owner.imap.ok('LIST "" Project/*').untagged
    shared("lrx", "INBOX")
    assert reader.imap.command(f"RENAME Shared/{owner.address}/INBOX {name}/x").status == b"NO"


def test_delete_takes_the_rights_with_it(people, shared):
    owner, reader = people
    shared("lr", "Gone")
    owner.imap.ok("CREATE Gone/Below")
    owner.imap.ok("DELETE Gone")
    assert owner.imap.ok('LIST "" Gone').having(b"\\No")
    owner.imap.ok("CREATE Gone")
    assert set(acl(owner.imap, "Gone")) == {owner.address}
    assert reader.imap.command(f"SELECT Shared/{owner.address}/Gone").code() == b"NONEXISTENT"


def test_a_delete_that_fails_leaves_the_mailbox_selected(people, shared):
    _, reader = people
    name = shared("lrx", "INBOX")
    reader.imap.ok(f"SELECT {name}")
    reply = reader.imap.command(f"DELETE {name}")
    assert reply.code() == b"CANNOT" and not reply.untagged
    assert reader.imap.ok("FETCH 1 FLAGS").having(b"1 FETCH")


def test_two_people_in_one_mailbox_see_each_others_changes(people, shared):
    owner, reader = people
    name = shared("lrswite")
    owner.imap.ok("SELECT Project")
    reader.imap.ok(f"SELECT {name}")
    reader.imap.ok("STORE 2 +FLAGS (\\Flagged)")
    assert owner.imap.ok("NOOP").having(b"2 FETCH")
    owner.imap.append("Project", plain())
    assert reader.imap.ok("NOOP").having(b"4 EXISTS")
    reader.imap.ok("MOVE 1 INBOX")
    assert owner.imap.ok("NOOP").having(b"1 EXPUNGE")
    assert reader.imap.ok("STATUS INBOX (MESSAGES)").having(b"MESSAGES 1")
    tag = owner.imap.send("IDLE")
    assert owner.imap.response().startswith(b"+")
    reader.imap.append(name, plain())
    assert owner.imap.response() == b"* 4 EXISTS"
    owner.imap.transport.send(b"DONE\r\n")
    assert owner.imap.until(tag).status == b"OK"


def test_rights_that_are_taken_away_are_gone_at_once(people, shared):
    owner, reader = people
    name = shared("lrswte")
    reader.imap.ok(f"SELECT {name}")
    reader.imap.ok("STORE 1 +FLAGS (\\Flagged)")
    shared("lrs")
    reply = reader.imap.command("STORE 1 -FLAGS (\\Flagged)")
    assert reply.code() == b"NOPERM" and reply.having(b"[PERMANENTFLAGS (\\Seen)]"), reply
    assert reader.imap.command("EXPUNGE").code() == b"NOPERM"
    owner.imap.ok(f"DELETEACL Project {reader.address}")
    tag = reader.imap.send("FETCH 1 BODY.PEEK[]")
    with pytest.raises((Closed, OSError)):
        reply = reader.imap.until(tag)
        assert reply.status == b"NO" and not reply.having(b"BODY")
        reader.imap.ok("NOOP")


@pytest.mark.parametrize("command", [
    "NOTIFY SET STATUS (subtree Shared (MessageNew MessageExpunge MailboxName))", "NOTIFY NONE", "ENABLE METADATA",
    "UNAUTHENTICATE", "NOOP", "IDLE", "CLOSE", "SELECT INBOX", "SEARCH ALL", "FETCH 1 FLAGS", "LOGOUT"])
def test_every_command_works_when_the_rights_have_just_changed(people, shared, command):
    _, reader = people
    reader.imap.ok(f"SELECT {shared('lrswte')}")
    shared("lrs")
    tag = reader.imap.send(command)
    if command == "IDLE":
        while not reader.imap.response().startswith(b"+"):
            pass
        shared("lrsw")
        reader.imap.transport.send(b"DONE\r\n")
    assert reader.imap.until(tag).status == b"OK"
    if command not in ("UNAUTHENTICATE", "LOGOUT"):
        reader.imap.ok("NOOP")


def test_compression_begins_when_the_rights_have_just_changed(people, shared):
    _, reader = people
    reader.imap.ok(f"SELECT {shared('lrswte')}")
    shared("lrs")
    reader.imap.ok("COMPRESS DEFLATE")
    reader.imap.transport = Deflated(reader.imap.transport)
    reader.imap.ok("NOOP")


def test_idle_ends_when_the_mailbox_may_not_be_read_any_more(people, shared):
    owner, reader = people
    reader.imap.ok(f"SELECT {shared('lr')}")
    reader.imap.send("IDLE")
    assert reader.imap.response().startswith(b"+")
    owner.imap.ok(f"DELETEACL Project {reader.address}")
    assert reader.imap.response().startswith(b"* BYE")


@proves("QUOTA")
def test_the_quota_root_of_a_mailbox_that_is_not_there_yet(people, shared):
    owner, reader = people
    assert owner.imap.ok("GETQUOTAROOT New/Place").having(b"QUOTAROOT") == [b"* QUOTAROOT New/Place"]
    for name, status in ((f"Shared/{owner.address}/Nowhere", b"NO"), ("Shared/nobody@example.test/INBOX", b"NO"), ("Shared", b"NO"), (f"Shared/{owner.address}/INBOX", b"NO")):
        assert reader.imap.command(f"GETQUOTAROOT {name}").status == status, name


def test_quota_of_a_shared_mailbox_is_its_owners(server):
    owner, reader = Person(server), Person(server)
    server.ctl("account", "set", owner.address, "quota_octets=1048576")
    owner.imap.ok(f"SETACL INBOX {reader.address} lri")
    name = f"Shared/{owner.address}/INBOX"
    answer = reader.imap.ok(f"GETQUOTAROOT {name}")
    assert answer.having(b"* QUOTAROOT " + name.encode() + b" " + owner.address.encode())
    assert answer.having(b"* QUOTA " + owner.address.encode() + b" (STORAGE ")
    assert reader.imap.ok(f"GETQUOTA {owner.address}").having(b"STORAGE")
    reply = reader.imap.append(name, plain(text="x" * 1_100_000))
    assert reply.status == b"NO" and reply.code() == b"OVERQUOTA"
    reader.imap.append("INBOX", plain(text="y" * 1_100_000))
    reader.imap.ok("SELECT INBOX")
    assert reader.imap.command(f"COPY 1 {name}").code() == b"OVERQUOTA"
    owner.imap.ok(f"DELETEACL INBOX {reader.address}")
    assert reader.imap.command(f"GETQUOTA {owner.address}").status == b"NO"
    owner.imap.close()
    reader.imap.close()


@proves("QUOTASET")
def test_an_administrator_sets_limits(server):
    admin, user = Person(server, "admin@example.test"), Person(server)
    assert b" QUOTASET" in admin.imap.ok("CAPABILITY").untagged[0]
    assert b" QUOTASET" not in user.imap.ok("CAPABILITY").untagged[0]
    assert user.imap.command('SETQUOTA "" (STORAGE 100)').code() == b"NOPERM"
    answer = admin.imap.ok(f"SETQUOTA {user.address} (STORAGE 100 MESSAGE 2)").untagged
    assert answer == [f"* QUOTA {user.address} (STORAGE 0 100 MESSAGE 0 2)".encode()]
    assert user.imap.ok('GETQUOTA ""').untagged == [b'* QUOTA "" (STORAGE 0 100 MESSAGE 0 2)']
    assert user.imap.append("INBOX", plain(text="x" * 110_000)).code() == b"OVERQUOTA"
    assert user.imap.append("INBOX", plain()).status == b"OK"
    assert user.imap.append("INBOX", plain()).status == b"OK"
    assert user.imap.append("INBOX", plain()).code() == b"OVERQUOTA"
    user.imap.ok("SELECT INBOX")
    assert user.imap.command("COPY 1 Sent").code() == b"OVERQUOTA"
    message = plain()
    replaced = user.imap.command(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(message), message))
    assert replaced.status == b"OK", "only the net consumption counts (RFC 8508 3.4)"
    for bad, status in (('"" (STORAGE)', b"BAD"), ('"" STORAGE 5', b"BAD"), ('"" (STORAGE x)', b"BAD"),
                        ("nobody@example.test (STORAGE 5)", b"NO"), ('"" (NONSENSE 5)', b"NO")):
        assert admin.imap.command(f"SETQUOTA {bad}").status == status, bad
    assert admin.imap.ok(f"SETQUOTA {user.address} ()").untagged == []
    assert user.imap.append("INBOX", plain(text="x" * 110_000)).status == b"OK"
    admin.imap.close()
    user.imap.close()
