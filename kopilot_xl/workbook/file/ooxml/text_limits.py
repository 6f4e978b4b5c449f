"""Texts of cells are no longer than Excel lets them be, and all of them together no more than a machine holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.ooxml.edits import MAX_TEXT, safe_text
from kopilot_xl.workbook.file.ooxml.worksheet import cell_count

MAX_TEXTS = 64_000_000
"""How many bytes the texts of all cells of a workbook may have together, however large it is."""

MAX_TEXTS_RATIO = 20
"""How many times the size of its file they may have, where that is more: one text may be in many cells."""

_ITEM_END = re.compile(rb"</(?:[\w.-]++:)?si\s*+>")
_ITEM_START = re.compile(rb"<(?:[\w.-]++:)?si(?=[\s>])[^<>]*+>")
_TEXT = re.compile(rb"<((?:[\w.-]++:)?)t(?:\s[^<>]*+)?>([^<]*+)<")
_SHARED = re.compile(rb"\st\s*=\s*(?:\"s\"|'s')")
_CELL = re.compile(rb"<(?:[\w.-]++:)?c(?=\s)([^<>]*+)>\s*+<(?:[\w.-]++:)?v(?:\s[^<>]*+)?>\s*+([0-9]{1,9})\s*+<")


def with_short_texts(xml: bytes) -> bytes:
    """Return XML in which no text is longer than a cell of Excel holds; the very same where none is."""
    pieces, done = [], 0
    for start, end in _long_texts(xml):
        text = unescape(xml[start:end].decode("utf-8", "replace"))
        short = safe_text(text)
        if len(short) < len(text):
            pieces += [xml[done:start], _escaped(short)]
            done = end
    return b"".join([*pieces, xml[done:]]) if pieces else xml


def _long_texts(xml: bytes) -> Iterator[tuple[int, int]]:
    """Yield where texts start and end that may be too long: nothing of what is shorter is looked at."""
    position = xml.find(b"<")
    while 0 <= position < len(xml):
        last = xml.rfind(b"<", position + 1, position + 1 + MAX_TEXT)
        if last >= 0:
            position = last
            continue
        end = xml.find(b"<", position + 1)
        end = len(xml) if end < 0 else end
        start = xml.find(b">", position, end) + 1
        if start and end - start > MAX_TEXT and xml[position + 1 : position + 2] not in (b"!", b"?"):
            yield start, end
        position = end


def with_short_items(xml: bytes) -> tuple[bytes, list[int]]:
    """Return a part of shared texts with none too long, be it of many runs, and how many bytes each has at most."""
    xml = with_short_texts(xml)
    pieces, sizes, done = [], [], 0
    for end in _ITEM_END.finditer(xml):
        size = end.start() - done
        if size > MAX_TEXT and (start := _ITEM_START.search(xml, done, end.start())):
            runs = list(_TEXT.finditer(xml, start.end(), end.start()))
            size = sum(len(run[2]) for run in runs)
            if size > MAX_TEXT:
                text = "".join(unescape(run[2].decode("utf-8", "replace")) for run in runs)
                prefix, short = runs[0][1], _escaped(safe_text(text))
                size = len(short)
                tag = prefix + b"t"
                pieces += [xml[done : start.end()], b"<" + tag + b">" + short + b"</" + tag + b">"]
                done = end.start()
        pieces.append(xml[done : end.end()])
        sizes.append(size)
        done = end.end()
    return b"".join([*pieces, xml[done:]]), sizes


def check_texts(sheets: Sequence[bytes], sizes: Sequence[int], file_size: int) -> None:
    """Make sure that the shared texts of all cells of some sheets together are no more than a machine holds.

    Args:
        sheets: the XML of the sheets.
        sizes: how many bytes each of the shared texts has.
        file_size: how many bytes the file has.

    Raises:
        BookError: they are more.
    """
    most, largest = max(MAX_TEXTS, MAX_TEXTS_RATIO * file_size), max(sizes, default=0)
    if sum(map(cell_count, sheets)) * largest <= most:
        return
    total = 0
    for xml in sheets:
        indexes = [cell[2] for cell in _CELL.finditer(xml) if _SHARED.search(cell[1])]
        strange = len(_SHARED.findall(xml)) - len(indexes)
        total += max(strange, 0) * largest
        total += sum(sizes[index] for index in map(int, indexes) if index < len(sizes))
        if total > most:
            raise BookError(
                t(
                    "its cells hold more than {most} MB of text, since long texts are in many of them",
                    most=most // 1_000_000,
                )
            )


def _escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
