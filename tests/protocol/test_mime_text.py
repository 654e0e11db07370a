"""What a text says, whatever it was wrapped in: found by SEARCH and shown by PREVIEW, through the
server; words behind the first megabyte of decoded text are found too."""
import base64
import binascii
import quopri

import pytest

from support.imap import append_any
from support.whole import fetch


def message(body, kind="text/plain; charset=utf-8", encoding="8bit"):
    head = f"Subject: text\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("latin-1") + body


def uuencoded(octets):
    lines = b"".join(binascii.b2a_uu(octets[at:at + 45]) for at in range(0, len(octets), 45))
    return b"begin 644 text.txt\n" + lines + b"`\nend\n"


def text(charset, word, label=None):
    return message(f"before {word} after\r\n".encode(charset), f"text/plain; charset={label or charset}"), word


ROWS = {
    # label and octets agree
    "utf-7": text("utf-7", "Größe"), "iso-2022-jp": text("iso2022_jp", "日本語", "ISO-2022-JP"),
    "gb18030": text("gb18030", "你好"), "gb2312 that is gbk": text("gbk", "镕基", "gb2312"),
    "big5": text("big5", "你好"), "shift_jis": text("shift_jis", "日本語"), "euc-kr": text("euc-kr", "한국어"),
    "koi8-r": text("koi8-r", "Привет"), "utf-16": text("utf-16", "Größe"),
    **{f"windows-{page}": text(f"cp{page}", word, f"windows-{page}") for page, word in (
        (1250, "příliš"), (1251, "Привет"), (1252, "“Größe”"), (1253, "Καλημέρα"), (1254, "İstanbul"),
        (1255, "שלום"), (1256, "مرحبا"), (1257, "ąžuolas"), (1258, "xin chào"))},
    # labels that are wrong, missing or unknown
    "utf-8 said to be us-ascii": text("utf-8", "Größe", "us-ascii"),
    "latin-1 said to be utf-8": text("latin-1", "Größe", "utf-8"),
    "windows-1252 said to be iso-8859-1": text("cp1252", "“Größe”", "iso-8859-1"),
    "an unknown charset": text("utf-8", "Größe", "x-nobody-knows"), "an alias": text("utf-8", "Größe", "UTF8"),
    "quotes in the label": text("utf-8", "Größe", "\"'utf-8'\""),
    # transfer encodings, whole and broken
    "base64 with junk": (message(b"*** " + base64.b64encode("before Größe after".encode())[:11] + b"\r\n!!\r\n\0"[:6]
                                 + base64.b64encode("before Größe after".encode())[11:], encoding="base64"), "Größe"),
    "base64 without padding": (message(base64.b64encode("before Größe!".encode()).rstrip(b"="), encoding="base64"), "Größe"),
    "base64 put together": (message(base64.b64encode(b"before ") + b"\r\n" + base64.b64encode("Größe".encode()),
                                    encoding="base64"), "Größe"),
    "quoted-printable": (message(quopri.encodestring("before Größe after".encode()), encoding="quoted-printable"), "Größe"),
    "quoted-printable, soft break in a word": (message(b"before Gr=C3=B6=C3=\r\n=9Fe after", encoding="quoted-printable"), "Größe"),
    "quoted-printable, lower case": (message(b"before Gr=c3=b6=c3=9fe after", encoding="Quoted-Printable"), "Größe"),
    "quoted-printable, broken escapes": (message(b"100=% =zz =4 Gr=C3=B6=C3=9Fe =", encoding="quoted-printable"), "100=% =zz =4 Größe"),
    "uuencode as the encoding": (message(uuencoded("before Größe after".encode()), encoding="x-uuencode"), "Größe"),
    "beside uuencode in the text": (message("before Größe\r\n".encode() + uuencoded(b"a file") + b"after\r\n"), "Größe begin 644"),
    "an encoding nobody knows": (message("before Größe".encode(), encoding="x-strange"), "Größe"),
    # HTML
    "html": (message(b"<p>before <b>Gr</b>&ouml;&#223;e<br>after", "text/html"), "Größe"),
    "html, charset in its meta": (message("<meta charset=koi8-r><p>before Привет".encode("koi8-r"), "text/html"), "Привет"),
    "html, broken": (message(b"<p <b>before</i> <td>Gr\xc3\xb6\xc3\x9fe</p", "text/html; charset=utf-8"), "Größe"),
    "html, base64": (message(base64.encodebytes("<p>before Gr&ouml;ße".encode()), "text/html; charset=utf-8", "base64"), "Größe"),
    # format=flowed
    "flowed": (message(b"before one \r\ntwo after\r\n", "text/plain; format=flowed"), "one two"),
    "flowed, DelSp": (message("before Grö \r\nße after\r\n".encode(), "text/plain; charset=utf-8; format=flowed; delsp=yes"), "Größe"),
    "flowed, space-stuffed": (message(b"before\r\n From here\r\n", "text/plain; format=flowed"), "before From"),
}
ABSENT = {  # what is not text for a reader
    "script": (message(b"<p>before<script>var hidden = 1</script> after", "text/html"), "hidden"),
    "style": (message(b"<style>.hidden { x: y }</style><p>before", "text/html"), "hidden"),
    "tags": (message(b"<p class=hidden>before</p>", "text/html"), "hidden"),
    "base64 as it stands": (message(base64.b64encode(b"before the words after"), encoding="base64"),
                            base64.b64encode(b"before the words after").decode()[3:15]),
    "flowed, DelSp, the space": (message(b"one \r\ntwo\r\n", "text/plain; format=flowed; delsp=yes"), "one two"),
}


def found(session, uid, key, word):
    octets = word.encode()
    reply = session.ok(b"UID SEARCH CHARSET UTF-8 UID %d %s {%d+}\r\n%s" % (uid, key.encode(), len(octets), octets))
    return reply.untagged == [b"* SEARCH %d" % uid]


@pytest.mark.parametrize("name", ROWS)
def test_the_words_of_a_text_are_found_and_shown(session, name):
    octets, word = ROWS[name]
    uid = append_any(session, octets)
    for key in ("BODY", "TEXT"):
        for form in (word, word.upper() if "ß" not in word else word, word.lower()):
            assert found(session, uid, key, form), (key, form)
        assert not found(session, uid, key, word + "x"), key
    assert word in fetch(session, uid, ["PREVIEW"])["PREVIEW"].decode()


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_no_text_is_not_found_nor_shown(session, name):
    octets, word = ABSENT[name]
    uid = append_any(session, octets)
    assert not found(session, uid, "BODY", word)
    assert word not in fetch(session, uid, ["PREVIEW"])["PREVIEW"].decode()


# ---- past the first megabyte of decoded text ---------------------------------------

FILLING = "füllende Wörter\r\n" * 90000  # 1.6 MB
LARGE = {
    "8bit": lambda words: message((FILLING + words).encode()),
    "base64": lambda words: message(base64.encodebytes((FILLING + words).encode()), encoding="base64"),
    "quoted-printable": lambda words: message(quopri.encodestring((FILLING + words).encode()), encoding="quoted-printable"),
    "html": lambda words: message(("<p>" + FILLING.replace("\r\n", "<br>\r\n") + words).encode(), "text/html; charset=utf-8"),
    "html, base64": lambda words: message(base64.encodebytes(("<p>" + FILLING + words).encode()), "text/html; charset=utf-8", "base64"),
    "html, quoted-printable": lambda words: message(quopri.encodestring(("<p>" + FILLING + words).encode()),
                                                    "text/html; charset=utf-8", "quoted-printable"),
    "flowed, DelSp": lambda words: message((FILLING + words.replace("Größe", "Grö \r\nße")).encode(),
                                           "text/plain; charset=utf-8; format=flowed; delsp=yes"),
    "iso-2022-jp": lambda words: message((FILLING.replace("ü", "u").replace("ö", "o") + "日本語 ").encode("iso2022_jp")
                                         + "letzte Groesse".encode() + b"\r\n", "text/plain; charset=iso-2022-jp"),
    "uuencode": lambda words: message(uuencoded((FILLING + words).encode()), encoding="x-uuencode"),
    "the second of two parts": lambda words: (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + FILLING.encode() + b"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + words.encode() + b"\r\n--b--\r\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_words_behind_the_first_megabyte_are_found(session, name):
    word = "Groesse" if name == "iso-2022-jp" else "Größe"
    uid = append_any(session, LARGE[name](f"die letzte {word}\r\n"))
    for key in ("BODY", "TEXT"):
        assert found(session, uid, key, f"letzte {word}"), key
        assert not found(session, uid, key, f"letzte {word}n"), key
        assert found(session, uid, f"NOT {key}", "nirgends"), key
    assert fetch(session, uid, ["PREVIEW"])["PREVIEW"].decode().startswith(("füllende Wörter", "fullende Worter"))
