"""Python's imaplib over TLS through the scenario of test_imap_clients.py."""
import base64
import imaplib
import os
import re
import ssl

FILES = {name: open(os.path.join(os.environ["IMAP_FILES"], name), "rb").read()
         for name in ("text", "parts", "octets", "all-octets")}
DATE = '"05-Mar-2024 06:07:08 +0100"'


def utf7(name):
    """A mailbox name as the protocol has it, quoted."""
    def coded(run):
        return "&" + base64.b64encode(run.group().encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
    return '"' + re.sub(r"[^\x20-\x7e]+", coded, name.replace("&", "&-")) + '"'


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def done(step):
    print("done", step, flush=True)


imap = imaplib.IMAP4_SSL("localhost", int(os.environ["IMAP_PORT"]),
                         ssl_context=ssl.create_default_context(cafile=os.environ["IMAP_CA"]))
ok(imap.authenticate("PLAIN", lambda _: f"\0{os.environ['IMAP_USER']}\0{os.environ['IMAP_PASSWORD']}".encode()))
done("sign in")

for name in ("Größe", "Größe/Übung & Söhne", "Größe/weg", "日本語"):
    ok(imap.create(utf7(name)))
ok(imap.rename(utf7("日本語"), utf7("Archiv ✓")))
ok(imap.delete(utf7("Größe/weg")))
ok(imap.subscribe(utf7("Größe")))
names = {line.decode().rsplit(' "/" ', 1)[1].strip('"') for line in ok(imap.list())}
assert {utf7(name).strip('"') for name in ("INBOX", "Größe", "Größe/Übung & Söhne", "Archiv ✓")} <= names, names
assert imap.create(utf7("Größe"))[0] == "NO"
done("folders")

for name, flags in (("text", r"(\Seen)"), ("parts", r"(\Flagged \Draft $Label1)"), ("octets", "")):
    ok(imap.append(utf7("Größe"), flags, DATE, FILES[name]))
done("append")

assert ok(imap.select(utf7("Größe"))) == [b"3"]
for number, name in enumerate(("text", "parts", "octets"), 1):
    (head, octets), _ = ok(imap.fetch(str(number), "(INTERNALDATE FLAGS RFC822.SIZE BODY.PEEK[])"))
    assert octets == FILES[name] and b"RFC822.SIZE %d" % len(octets) in head, name
    assert imaplib.Internaldate2tuple(head) == imaplib.Internaldate2tuple(b"INTERNALDATE " + DATE.encode()), head
assert imaplib.ParseFlags(ok(imap.fetch("2", "FLAGS"))[0]) == (rb"\Flagged", rb"\Draft", b"$Label1") or \
    set(imaplib.ParseFlags(ok(imap.fetch("2", "FLAGS"))[0])) == {rb"\Flagged", rb"\Draft", b"$Label1", rb"\Recent"}
done("fetch")

structure = ok(imap.fetch("2", "BODYSTRUCTURE"))[0]
assert b'"mixed"' in structure and b'"message" "rfc822"' in structure, structure
(_, coded), _ = ok(imap.uid("FETCH", "2", "(BODY.PEEK[2])"))
assert base64.b64decode(coded) == FILES["all-octets"]
pieces = b"".join(ok(imap.fetch("2", f"(BODY.PEEK[]<{at}.1000>)"))[0][1]
                  for at in range(0, len(FILES["parts"]), 1000))
assert pieces == FILES["parts"]
done("parts")

for keys, found in ((("SUBJECT", '"Drei"'), b"2"), (("SEEN",), b"1"), (("KEYWORD", "$Label1"), b"2"),
                    (("SINCE", "5-Mar-2024", "BEFORE", "6-Mar-2024"), b"1 2 3"), (("BODY", '"nowhere"'), b"")):
    assert ok(imap.search(None, *keys)) == [found], keys
imap.literal = "Übermut".encode()
assert ok(imap.uid("SEARCH", "CHARSET", "UTF-8", "TEXT")) == [b"1"]
done("search")

ok(imap.store("2", "-FLAGS", r"\Draft"))
ok(imap.store("3", "+FLAGS.SILENT", r"(\Answered Neu)"))
ok(imap.store("1", "FLAGS", r"(\Flagged)"))
assert rb"\Draft" not in ok(imap.fetch("2", "FLAGS"))[0]
assert b"Neu" in ok(imap.fetch("3", "FLAGS"))[0] and rb"\Seen" not in ok(imap.fetch("1", "FLAGS"))[0]
done("flags")

ok(imap.uid("COPY", "2", utf7("Größe/Übung & Söhne")))
assert imap.response("COPYUID")[1][0].split()[1:] == [b"2", b"1"]
done("copy")

ok(imap.uid("MOVE", "1", utf7("Archiv ✓")))
assert ok(imap.noop()) is not None and ok(imap.search(None, "ALL")) == [b"1 2"]
done("move")

ok(imap.store("2", "+FLAGS", r"(\Deleted)"))
ok(imap.expunge())
assert ok(imap.uid("SEARCH", "ALL")) == [b"2"]
ok(imap.delete(utf7("Größe/weg")) if imap.create(utf7("Größe/weg"))[0] == "OK" else ("NO", None))
done("expunge")

ok(imap.select("INBOX"))
imap.send(b"idle IDLE\r\n")
assert imap.readline().startswith(b"+")
print("mail awaited by imaplib", flush=True)
while b"EXISTS" not in imap.readline():
    pass
imap.send(b"DONE\r\n")
while not imap.readline().startswith(b"idle OK"):
    pass
assert b"awaited by imaplib" in ok(imap.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))[0][1]
done("idle")
imap.logout()
done("sign out")
