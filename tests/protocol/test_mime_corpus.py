"""Every message of the corpus, fetched part by part: what the server says of a message and the
octets it gives agree, and nothing of the message is missing.  Each is stored as it came and with
CRLF line ends."""
import os
import re

import pytest

from support.imap import append_any
from support.structure import Illegal, Reader, read_body
from support.whole import check_parts, fetch, sections_of


def corpus_octets(corpus):
    """(name, octets) of every message; binary TNEF files as they are only."""
    for part in ("mime", "itip"):
        for folder, _, names in sorted(os.walk(os.path.join(corpus, part))):
            for name in sorted(names):
                path = os.path.join(folder, name)
                with open(path, "rb") as source:
                    octets = source.read()
                crlf = re.sub(rb"(?<!\r)\n", b"\r\n", octets)
                if octets:
                    yield os.path.relpath(path, corpus), octets
                if crlf != octets and not name.endswith(".tnef"):
                    yield os.path.relpath(path, corpus) + " with CRLF", crlf


def without_extension(part):
    """What BODY says of a part, of what BODYSTRUCTURE says of it."""
    return (part.type, part.subtype, [] if part.is_multipart() else part.parameters, part.id, part.description,
            part.encoding, part.size, part.lines, part.envelope, part.path)


def unfolded(value):
    return re.sub(rb"\r?\n", b"", value).strip(b" \t\r")


def check_envelope(envelope, header):
    """The fields that are copied, against the header's own first ones."""
    for place, name in ((0, b"date"), (1, b"subject"), (8, b"in-reply-to"), (9, b"message-id")):
        found = re.search(rb"(?:\A|\n)" + name + rb"[ \t]*:((?:[^\n]|\n(?=[ \t]))*)", header, re.I)
        if found is None or b"\0" in found.group(1):
            continue
        wanted = re.sub(rb"[ \t]+", b" ", unfolded(found.group(1)))
        got = envelope[place]
        assert re.sub(rb"[ \t]+", b" ", (got or b"").strip()) == wanted, (name, got, wanted)


def check_message(session, octets):
    uid = append_any(session, octets)
    told = fetch(session, uid, ["RFC822.SIZE", "BODY", "BODYSTRUCTURE", "ENVELOPE", "PREVIEW"])
    root = told["BODYSTRUCTURE"]
    assert [without_extension(p) for p in told["BODY"].walk()] == [without_extension(p) for p in root.walk()]
    got = fetch(session, uid, sections_of(root))
    assert None not in got.values()
    assert told["RFC822.SIZE"] == len(octets) and got["BODY[]"] == octets
    assert got["BODY[HEADER]"] + got["BODY[TEXT]"] == octets
    if not root.is_multipart():
        assert got["BODY[1]"] == got["BODY[TEXT]"] and got["BODY[1.MIME]"] == got["BODY[HEADER]"]
    check_parts(root, got)
    check_envelope(told["ENVELOPE"], got["BODY[HEADER]"])
    session.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")


def test_every_part_of_every_message_is_its_octets_and_all_of_them_are_the_message(session, corpus):
    wrong, count = [], 0
    for name, octets in corpus_octets(corpus):
        count += 1
        try:
            check_message(session, octets)
        except (AssertionError, Illegal) as problem:
            wrong.append(f"{name}: {type(problem).__name__} {str(problem)[:600]}")
    assert count > 1400 and not wrong, "\n".join([f"{len(wrong)} of {count}"] + wrong)
    session.ok("EXPUNGE")


@pytest.mark.parametrize("text", [
    b"()", b"(NIL)", b'("text" "plain" NIL NIL NIL NIL 2 1 NIL NIL NIL NIL)',
    b'("text" "plain" () NIL NIL "7bit" 2 1 NIL NIL NIL NIL)', b'("text" "plain" NIL NIL NIL "7bit" 2 NIL NIL NIL NIL)',
    b'("multipart" "mixed" NIL NIL NIL "7bit" 2 NIL NIL NIL NIL)', b'("image" "p\xc3\xbcg" NIL NIL NIL "7bit" 2 NIL NIL NIL NIL)',
    b'("message" "rfc822" NIL NIL NIL "7bit" 2 NIL NIL NIL NIL)', b'("image" "png" NIL NIL NIL "7bit" 2 NIL NIL NIL NIL) ',
    b'("image" "png" NIL NIL NIL "7bit" {1}\r\n2 NIL NIL NIL NIL)', b'("a" "b" NIL "\\x" NIL "7bit" 2 NIL NIL NIL NIL)',
])
def test_the_reader_of_this_test_refuses_what_is_illegal(text):
    with pytest.raises(Illegal):
        read_body(text)


def test_the_reader_of_this_test_refuses_a_wrong_envelope():
    with pytest.raises(Illegal):
        Reader(b'(NIL NIL () NIL NIL NIL NIL NIL NIL NIL)').envelope()
