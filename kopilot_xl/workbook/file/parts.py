"""The sheets and tables of a workbook file, and the parts that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from kopilot_xl.workbook.addresses import Area

MAX_READ = 30_000_000
"""How many cells the values of a sheet may span: one stray value far away would cost all memory."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class _Sheet:
    """A worksheet: its name, its part, and its place among all sheets."""

    name: str
    part: str
    index: int


@dataclass(frozen=True)
class _TablePart:
    """A table that has a part of its own, and the area it states."""

    name: str
    sheet: _Sheet
    part: str
    area: Area
    root: etree._Element


def _key(name: str) -> str:
    """Return a name as it is compared: without case and surrounding blanks."""
    return name.strip().casefold()


def _unescaped(text: str) -> str:
    """Return a name from an attribute, where Excel writes a line break as `_x000a_`."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
