"""A table that is not a table of Excel's: a row of headers, and the rows under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kopilot_xl.workbook.book import Value

_FEWEST = 2
"""How many texts make a row one of headers."""


class HeaderRow(NamedTuple):
    """A header row and the rows under it: sheet rows and columns counted from 1, the last ones included."""

    header_row: int
    left: int
    right: int
    last_row: int
    headers: tuple[str, ...]


def find(values: Sequence[Sequence[Value]]) -> HeaderRow | None:
    """Return the table under the first row of headers of a sheet's values from A1 on; None if there is none.

    It ends before the first column with nothing in it, and with the last row that has something. Like a table, it
    has a row of data at least, be it blank: a formula that shows nothing may be there.
    """
    for number, row in enumerate(values, 1):
        if sum(isinstance(value, str) and bool(value.strip()) for value in row) < _FEWEST:
            continue
        filled = [column for column, value in enumerate(row, 1) if value is not None]
        below = values[number - 1 :]
        left = right = filled[0]
        while right < filled[-1] and any(len(other) > right and other[right] is not None for other in below):
            right += 1
        last = len(values)
        while last > number + 1 and all(value is None for value in values[last - 1][left - 1 : right]):
            last -= 1
        return HeaderRow(number, left, right, max(last, number + 1), tuple(map(header, row[left - 1 : right])))
    return None


def header(value: Value) -> str:
    """Return what a header cell reads as: a whole number without its decimals, a blank one as no text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
