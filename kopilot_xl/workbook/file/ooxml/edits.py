"""What is to become of cells, and how a cell stores a value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from kopilot_xl.workbook.book import ErrorValue, Value

MAX_TEXT = 32_767
"""How many UTF-16 units of text a cell holds."""

_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")

_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_AFTER_PHANTOM_DAY = date(1900, 3, 1)
_DAY = timedelta(days=1)


class Edit(NamedTuple):
    """What is to become of a cell, where setting a value is not all.

    `formula` (without `=`) is what a cell gets that has none. Without `keep_formula` a formula goes.
    """

    value: Value = None
    formula: str | None = None
    keep_formula: bool = True


KEEP = Edit()
"""Leaves a cell as it is, and lets a new cell below take its style. Compared by identity."""

CLEAR = Edit(keep_formula=False)
"""Empties a cell, its formula too."""


class Move(NamedTuple):
    """The cells from column `left` to `right` of a row, to be moved to the row `to` with all they hold."""

    row: int
    to: int
    left: int
    right: int


Edits = Mapping[int, Mapping[int, Value | Edit]]
"""By row and column, counted from 1. A value alone keeps the cell's formula and sets what it shows."""


def encoded(value: Value, date1904: bool) -> tuple[str | None, str]:
    """Return a cell type and the text of its value: (`n`, `3.5`), (`str`, …), (`b`, `1`), (`e`, `#N/A`).

    The type is None for a blank. Days before the date system begins are written as text.

    Raises:
        TypeError: no cell can hold such a value.
    """
    if value is None:
        return None, ""
    if isinstance(value, str):
        return "str", safe_text(value)
    if isinstance(value, bool):
        return "b", "1" if value else "0"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None, ""
        return "n", str(int(value)) if value.is_integer() and abs(value) < 1e15 else float.__repr__(value)
    if isinstance(value, int):
        return "n", int.__repr__(value)
    if isinstance(value, date):
        if value != value:  # pandas' NaT is a datetime that equals nothing
            return None, ""
        return _encoded_date(value, date1904)
    if isinstance(value, time):
        return "n", float.__repr__(_fraction(value))
    if isinstance(value, ErrorValue):
        return "e", value.code
    raise TypeError(f"a cell cannot hold {value!r}")


def safe_text(text: str) -> str:
    """Return text as a cell stores it: cut to what a cell holds, control characters written as `_xHHHH_`."""
    if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_TEXT:
        units = text.encode("utf-16-le", "surrogatepass")[: 2 * (MAX_TEXT - 1)]
        text = units.decode("utf-16-le", "ignore") + "…"
    if text.isprintable() and "_x" not in text:
        return text
    text = _SURROGATE.sub("\ufffd", _ESCAPED.sub("_x005F_", text))
    return _NOT_IN_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _encoded_date(value: date, date1904: bool) -> tuple[str | None, str]:
    day = value.date() if isinstance(value, datetime) else value
    serial: float = (day - (_EPOCH_1904 if date1904 else _EPOCH_1900)).days
    if not date1904 and day < _AFTER_PHANTOM_DAY:
        serial -= 1  # Excel counts a 29 February 1900
    if serial < (0 if date1904 else 1):
        return "str", value.isoformat()
    fraction = _fraction(value.time()) if isinstance(value, datetime) else 0.0
    return "n", repr(serial + fraction) if fraction else str(serial)


def _fraction(moment: time) -> float:
    """Return the part of a day that has gone by at a time of day."""
    return (
        timedelta(
            hours=moment.hour,
            minutes=moment.minute,
            seconds=moment.second,
            microseconds=moment.microsecond,
        )
        / _DAY
    )
