"""A message fetched part by part: the octets of its parts are those the structure tells of, and
put together they are the message."""
import re
import urllib.parse

from .structure import read_fetch

SECTIONS_AT_ONCE = 60
LONGEST_BOUNDARY = 4096


def fetch(session, uid, items):
    """{item: value}, some items at a time."""
    found = {}
    for at in range(0, len(items), SECTIONS_AT_ONCE):
        some = " ".join(items[at:at + SECTIONS_AT_ONCE])
        found.update(read_fetch(session.ok(f"UID FETCH {uid} ({some})").having(b" FETCH (")[0]))
    return found


def sections_of(root):
    items = ["BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]"]
    for part in root.walk():
        if part.path is None:
            continue
        items += [f"BODY.PEEK[{part.path}]", f"BODY.PEEK[{part.path}.MIME]"]
        if part.holds_message():
            items += [f"BODY.PEEK[{part.path}.HEADER]", f"BODY.PEEK[{part.path}.TEXT]"]
    return items


def check_leaf(part, got):
    body = got[f"BODY[{part.path}]"]
    assert part.size == len(body), part.path
    if part.lines is not None:
        assert part.lines == body.count(b"\n"), part.path


def boundary_of(part):
    """None without one, and for one that is too long to divide anything."""
    extended = part.parameter("boundary*")
    value = urllib.parse.unquote_to_bytes(extended.split(b"'", 2)[2]) if extended else part.parameter("boundary")
    return value if value and value.strip() and len(value) <= LONGEST_BOUNDARY else None


def check_multipart(part, text, got):
    """Preamble, delimiters, parts and epilogue, in this order, are the whole text."""
    pieces = [got[f"BODY[{c.path}.MIME]"] + got[f"BODY[{c.path}]"] for c in part.children]
    boundary = boundary_of(part)
    first = boundary and re.search(rb"(?:\A|(?<=\n))--" + re.escape(boundary) + rb"[ \t\r]*\n", text)
    if not first:
        end = boundary and re.search(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?:--[ \t\r]*(?:\n|\Z)|[ \t\r]*\Z)",
                                     text)
        assert pieces == [text[:end.start()] if end else text]
        return
    at = first.end()
    line_end = rb"(?:(?:\r?\n)|(?<=\n)|\Z)"  # an empty part leaves its line end to its header
    between = re.compile(line_end + rb"--" + re.escape(boundary) + rb"[ \t\r]*\n")
    last = re.compile(rb"(?:" + line_end + rb"--" + re.escape(boundary) + rb"(?:--[ \t\r]*(?:\n.*)?|[ \t\r]*)|\r?\n)?\Z", re.S)
    for number, piece in enumerate(pieces):
        assert text.startswith(piece, at), part.children[number].path
        at += len(piece)
        gap = (last if number == len(pieces) - 1 else between).match(text, at)
        assert gap, (part.children[number].path, text[at:at + 200])
        at = gap.end()
    assert at == len(text)


def text_of(part, holder, got):
    """The octets of a multipart's body."""
    if part.path is not None:
        return got[f"BODY[{part.path}]"]
    return got["BODY[TEXT]"] if holder is None else got[f"BODY[{holder.path}.TEXT]"]


def check_parts(root, got):
    waiting = [(root, None)]
    while waiting:
        part, holder = waiting.pop()
        if part.is_multipart():
            check_multipart(part, text_of(part, holder, got), got)
        else:
            check_leaf(part, got)
        if part.holds_message():
            header, text = got[f"BODY[{part.path}.HEADER]"], got[f"BODY[{part.path}.TEXT]"]
            assert header + text == got[f"BODY[{part.path}]"], part.path
            inner = part.children[0]
            if not inner.is_multipart():
                assert got[f"BODY[{inner.path}.MIME]"] == header and got[f"BODY[{inner.path}]"] == text
        waiting += [(child, part if part.holds_message() else None) for child in part.children]
