"""The values of a workbook file's sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain
from threading import Event, Thread

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml import markup

MAX_SPARSE = 5_200_000
"""How many cells they may span if nearly all of these are blank: more than `MAX_BLANKS` for each that is not."""

MAX_BLANKS = 100
"""How many cells a sheet's values may span for each cell it has, if they span more than `MAX_SPARSE`."""

WORTH_AHEAD = 1_000_000
"""How many bytes of XML a sheet has that is read ahead; less is read sooner than another core is at it."""

_Read = int | float | str | bool | time | date | datetime | timedelta
_DAY = timedelta(days=1)
_MOMENTS = frozenset({datetime, timedelta})
# What the reader of values looks at, apart from the worksheets; no part of the file reaches it unchecked.
_FOR_READER = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
)


@dataclass
class _Ahead:
    """A sheet that is being read on another core: once it is unpacked, and once its values are there."""

    thread: Thread
    unpacked: Event = field(default_factory=Event)
    values: list[list[Value]] | None = None


def _without_counts(xml: bytes) -> bytes:
    """Return a part whose root states no number of what is in it: a reader would make room for so many."""
    root = next(markup.tags(xml), None)
    if root is None:
        return xml
    start = markup.without_attribute(markup.without_attribute(root[0], "count"), "uniqueCount")
    return xml if start == root[0] else xml[: root.start()] + start + xml[root.end() :]


def _plain(read: list[list[_Read]]) -> list[list[Value]]:
    """Return what calamine read as values of ours."""
    kinds = set(map(type, chain.from_iterable(read)))
    if kinds & _MOMENTS:
        # Few rows have a time of day; a sheet may have a million.
        read = [row if _MOMENTS.isdisjoint(map(type, row)) else [_plain_value(value) for value in row] for row in read]  # type: ignore[misc]
    if str not in kinds:
        return read  # type: ignore[return-value]
    return [[None if value == "" else value for value in row] if "" in row else row for row in read]  # type: ignore[misc]


def _plain_value(value: _Read) -> Value:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, timedelta):  # a duration is the number of days the cell holds
        return value / _DAY
    return value
