"""ENVELOPE, BODY and BODYSTRUCTURE read by the letter of RFC 9051's grammar, independent of the
server's own code: what is not in the grammar raises Illegal."""
import re


class Illegal(Exception):
    """The text is not in the grammar."""


class Part:
    """One part: its fields as the server told them; `path` is its section number, None where it
    has none (a multipart that is a message's whole body)."""

    def __init__(self):
        self.type = self.subtype = self.encoding = self.id = self.description = self.md5 = None
        self.parameters, self.children, self.envelope = [], [], None
        self.size = self.lines = self.disposition = self.language = self.location = None
        self.path = None

    def kind(self):
        return f"{self.type}/{self.subtype}".lower()

    def is_multipart(self):
        return self.type == "multipart"

    def holds_message(self):
        return self.envelope is not None

    def parameter(self, name):
        return next((value for key, value in self.parameters if key.lower() == name), None)

    def walk(self):
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


class Reader:
    """Over the octets of one response; `at` moves."""

    NUMBER = re.compile(rb"(0|[1-9]\d*)(?!\d)")
    QUOTED = re.compile(rb'"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*)"')
    LITERAL = re.compile(rb"\{(\d+)\}\r\n")

    def __init__(self, text, extended=True):
        self.text, self.at, self.extended = text, 0, extended

    def fail(self, wanted):
        raise Illegal(f"{wanted} expected at {self.at}: {self.text[self.at:self.at + 60]!r}")

    def peek(self, octets):
        return self.text.startswith(octets, self.at)

    def take(self, octets):
        if not self.peek(octets):
            self.fail(octets)
        self.at += len(octets)

    def number(self):
        match = self.NUMBER.match(self.text, self.at)
        if not match or int(match.group(1)) >= 1 << 63:
            self.fail("number")
        self.at = match.end()
        return int(match.group(1))

    def string(self, any_octet=False):
        """any_octet: NUL too, as in the octets of a message that came as a binary literal."""
        match = self.QUOTED.match(self.text, self.at)
        if match:
            self.at = match.end()
            return re.sub(rb"\\(.)", rb"\1", match.group(1))
        match = self.LITERAL.match(self.text, self.at)
        if not match:
            self.fail("string")
        value = self.text[match.end():match.end() + int(match.group(1))]
        if len(value) != int(match.group(1)) or (b"\0" in value and not any_octet):
            self.fail("the octets of a literal")
        self.at = match.end() + len(value)
        return value

    def nstring(self, any_octet=False):
        if self.peek(b"NIL"):
            self.at += 3
            return None
        return self.string(any_octet)

    def spaced(self, read):
        self.take(b" ")
        return read()

    def word(self):
        octets = self.string()
        if re.search(rb"[^!-~]", octets):
            self.fail("a word of printable ASCII")
        return octets.decode("ascii").lower()

    def address(self):
        self.take(b"(")
        fields = [self.nstring()] + [self.spaced(self.nstring) for _ in range(3)]
        self.take(b")")
        return fields

    def addresses(self):
        if self.peek(b"NIL"):
            self.at += 3
            return []
        self.take(b"(")
        found = [self.address()]
        while self.peek(b"("):
            found.append(self.address())
        self.take(b")")
        return found

    def envelope(self):
        self.take(b"(")
        found = [self.nstring(), self.spaced(self.nstring)]
        found += [self.spaced(self.addresses) for _ in range(6)]
        found += [self.spaced(self.nstring), self.spaced(self.nstring)]
        self.take(b")")
        return found

    def parameters(self):
        if self.peek(b"NIL"):
            self.at += 3
            return []
        self.take(b"(")
        found = []
        while True:
            name = self.string().decode("latin-1")
            found.append((name, self.spaced(self.string)))
            if not self.peek(b" "):
                break
            self.take(b" ")
        self.take(b")")
        return found

    def disposition(self):
        if self.peek(b"NIL"):
            self.at += 3
            return None
        self.take(b"(")
        found = (self.string(), self.spaced(self.parameters))
        self.take(b")")
        return found

    def language(self):
        if not self.peek(b"("):
            return self.nstring()
        self.take(b"(")
        found = [self.string()]
        while self.peek(b" "):
            found.append(self.spaced(self.string))
        self.take(b")")
        return found

    def tail(self, part):
        part.disposition = self.spaced(self.disposition)
        part.language = self.spaced(self.language)
        part.location = self.spaced(self.nstring)

    def multipart(self, part, path):
        part.type = "multipart"
        while self.peek(b"("):
            part.children.append(self.body(f"{path}.{len(part.children) + 1}" if path else
                                           f"{len(part.children) + 1}"))
        part.subtype = self.spaced(self.word)
        if self.extended:
            part.parameters = self.spaced(self.parameters)
            self.tail(part)

    def single(self, part, path):
        part.type, part.subtype = self.word(), self.spaced(self.word)
        if part.type == "multipart":
            self.fail("a multipart with parts")
        part.parameters = self.spaced(self.parameters)
        part.id, part.description = self.spaced(self.nstring), self.spaced(self.nstring)
        part.encoding, part.size = self.spaced(self.string), self.spaced(self.number)
        if part.kind() in ("message/rfc822", "message/global"):
            part.envelope = self.spaced(self.envelope)
            part.children = [self.spaced(lambda: self.body(path, whole_message=True))]
        if part.type == "text" or part.holds_message():
            part.lines = self.spaced(self.number)
        if self.extended:
            part.md5 = self.spaced(self.nstring)
            self.tail(part)

    def body(self, path="", whole_message=False):
        """`path`: of this part; with whole_message, of the part that holds this message."""
        part = Part()
        self.take(b"(")
        if self.peek(b"("):
            part.path = None if whole_message else path
            self.multipart(part, path)
        else:
            part.path = (f"{path}.1" if path else "1") if whole_message else path
            self.single(part, part.path)
        self.take(b")")
        return part


def read_body(text, extended=True):
    """The root part of a whole BODY or BODYSTRUCTURE."""
    reader = Reader(text, extended)
    root = reader.body(whole_message=True)
    if reader.at != len(text):
        reader.fail("the end")
    return root


SECTION = re.compile(rb"(BODY\[[^\]]*\]|BINARY\[[^\]]*\])(?:<\d+>)? ")


def read_fetch(response):
    """{item: value} of one untagged FETCH: strings, numbers, parts and envelopes."""
    head = re.match(rb"\* \d+ FETCH \(", response)
    reader, found = Reader(response), {}
    reader.at = head.end()
    while not reader.peek(b")"):
        if found:
            reader.take(b" ")
        section = SECTION.match(response, reader.at)
        if section:
            reader.at = section.end()
            found[section.group(1).decode()] = reader.nstring(any_octet=True)
            continue
        name = re.match(rb"[A-Z0-9.]+", response[reader.at:reader.at + 40]).group().decode()
        reader.take(name.encode() + b" ")
        if name in ("BODY", "BODYSTRUCTURE"):
            reader.extended = name == "BODYSTRUCTURE"
            found[name] = reader.body(whole_message=True)
        elif name == "ENVELOPE":
            found[name] = reader.envelope()
        elif name == "PREVIEW":
            found[name] = reader.nstring()
        elif name in ("UID", "RFC822.SIZE"):
            found[name] = reader.number()
        elif name == "FLAGS":
            found[name] = re.compile(rb"\([^)]*\)").match(response, reader.at).group()
            reader.take(found[name])
        else:
            reader.fail("a FETCH item this reader knows")
    reader.take(b")")
    if reader.at != len(response):
        reader.fail("the end")
    return found
