"""The table a sheet holds without being one: a row of headers, and what stands under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kopilot_xl.workbook.book import Value

_FEWEST = 2
"""How many texts make a row one of headers."""


class Headed(NamedTuple):
    """Where such a table stands: sheet rows and columns counted from 1, the last of each included."""

    header_row: int
    left: int
    right: int
    last_row: int
    headers: tuple[str, ...]


def find(values: Sequence[Sequence[Value]]) -> Headed | None:
    """Return the table under the first row of headers of a sheet's values from A1 on; None if there is none.

    It ends before the first column with nothing in it, and with the last row that has something. Like a table, it
    has a row of data at least, be it blank: a formula that shows nothing may stand there.
    """
    for number, row in enumerate(values, 1):
        if sum(isinstance(value, str) and bool(value.strip()) for value in row) < _FEWEST:
            continue
        filled = [column for column, value in enumerate(row, 1) if value is not None]
        below = values[number - 1 :]
        left = right = filled[0]
        while right < filled[-1] and any(len(each) > right and each[right] is not None for each in below):
            right += 1
        last = len(values)
        while last > number + 1 and all(value is None for value in values[last - 1][left - 1 : right]):
            last -= 1
        return Headed(number, left, right, max(last, number + 1), tuple(map(header, row[left - 1 : right])))
    return None


def header(value: Value) -> str:
    """Return what a header cell reads as: a whole number without its decimals, a blank one as no text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
