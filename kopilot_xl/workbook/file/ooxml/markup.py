"""XML as bytes: find tags, read and patch their attributes, and leave every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t

MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf16", "utf-16le", "utf-16be", "iso-8859-1"})
"""The encodings an XML part may declare: those of the Office formats, and the one programs get wrong."""

_UTF_16 = {b"<\0?\0": "utf-16le", b"\0<\0?": "utf-16be"}
_MOST_DIGITS = 10
_PROLOG = 1_000
"""How many bytes an XML declaration is looked for in."""

# Every pattern over XML stops at the next "<" and never goes back, and what is not closed swallows the rest: the
# time is in proportion to the length, whatever the bytes are.
_TAG = re.compile(
    rb"<!--(?>.*?-->|.*)|<!\[CDATA\[(?>.*?\]\]>|.*)|<\?(?>.*?\?>|.*)"
    rb"|<(?P<close>/?)(?P<name>[^\s/<>!?\"'=]++)(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>",
    re.DOTALL,
)
_BEFORE_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<!--(?>.*?-->|.*)|<\?(?>.*?\?>|.*))*+", re.DOTALL)
_ATTRIBUTE = re.compile(rb"\s([^\s=/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DECLARATION = re.compile(rb"\s*<\?xml[^<>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^<>]*\?>")


def tags(data: bytes, start: int = 0, end: int | None = None) -> Iterator[re.Match[bytes]]:
    """Yield the tags between two offsets, passing over comments, CDATA and processing instructions.

    Each match has the groups `close` (`/` in an end tag), `name` (with its prefix) and `attributes`.
    """
    for match in _TAG.finditer(data, start, len(data) if end is None else end):
        if match["name"] is not None:
            yield match


def local_name(name: bytes) -> bytes:
    """Return a tag's name without its prefix."""
    return name.rpartition(b":")[2]


def prefix_of(name: bytes) -> bytes:
    """Return a tag's prefix with its colon, empty where there is none."""
    prefix, colon, _ = name.rpartition(b":")
    return prefix + colon


def attribute(tag: bytes, name: str) -> str | None:
    """Return the value of a start tag's attribute (named without prefix), None where it has none."""
    wanted = name.encode()
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == wanted:
            value = match[2] if match[2] is not None else match[3]
            return unescape(value.decode("utf-8", "replace"))
    return None


def with_attribute(tag: bytes, name: str, value: str) -> bytes:
    """Return a start tag with another value for an attribute it already has; all else stays."""
    wanted = name.encode()
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == wanted:
            group = 2 if match[2] is not None else 3
            text = escape(value).encode()
            return tag[: match.start(group)] + text + tag[match.end(group) :]
    return tag


def without_attribute(tag: bytes, name: str) -> bytes:
    """Return a start tag without an attribute; all else stays."""
    wanted = name.encode()
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == wanted:
            return tag[: match.start()] + tag[match.end() :]
    return tag


def as_utf8(data: bytes) -> bytes:
    """Return an XML document in UTF-8, unchanged where it is so already.

    Raises:
        BookError: its encoding is unknown, or the text is not what it declares.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[:4] in _UTF_16:  # without the mark that should precede it
        encoding = _UTF_16[data[:4]]
    else:
        declared = _DECLARATION.match(data[:_PROLOG].removeprefix(b"\xef\xbb\xbf"))
        encoding = declared[1].decode() if declared else "utf-8"
        if encoding.lower() in ("utf-8", "utf8", "us-ascii", "ascii"):
            return data
    try:
        if encoding.lower() not in ENCODINGS:
            raise LookupError(encoding)
        text = data.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise BookError(t("its text cannot be read as {encoding}", encoding=encoding)) from error
    start = re.sub(r"""(<\?xml[^<>]*?encoding\s*=\s*["'])[^"']+""", r"\g<1>UTF-8", text[:_PROLOG], count=1)
    return (start + text[_PROLOG:]).encode()


def refuse_doctype(data: bytes) -> None:
    """Make sure that XML in UTF-8 has no DOCTYPE, where entities are declared that unpack without end.

    Raises:
        BookError: it has one.
    """
    # What precedes the root element is passed over: a cell's text may well mention a DOCTYPE.
    prolog = _BEFORE_ROOT.match(data)
    if prolog is None or data[prolog.end() : prolog.end() + 2] == b"<!":
        raise BookError(t("its XML has a DOCTYPE, which Office files never have"))


def parse(data: bytes) -> etree._Element:
    """Return the root element of an XML document that comes from a file of someone else.

    Raises:
        BookError: it is not well-formed XML, or it carries a DOCTYPE, which no Office file may.
    """
    data = as_utf8(data)
    refuse_doctype(data)
    try:
        return etree.fromstring(data, new_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BookError(t("its XML is damaged ({error})", error=error)) from error


def new_parser() -> etree.XMLParser:
    """Return a parser for XML in UTF-8 that loads nothing from elsewhere and keeps what it reads as it was.

    It takes no other encoding, whatever is declared: what was looked through is what is parsed.
    """
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        strip_cdata=False,
        remove_blank_text=False,
    )


def number(text: str | None, missing: int) -> int:
    """Return the whole number an attribute holds, `missing` where there is no such attribute.

    Raises:
        BookError: it is not a number of at most ten digits.
    """
    if text is None:
        return missing
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise BookError(t("its XML is damaged ({text!r} is not a number)", text=shortened(text)))
    return int(digits)


def shortened(text: str, most: int = 80) -> str:
    """Return a text of a file as a message quotes it: in one line, and not too long."""
    line = " ".join(text[: most * 2].split())
    return line if len(text) <= most and len(line) <= most else line[: most - 1] + "…"
