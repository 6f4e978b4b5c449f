"""Cell addresses: `B3` and `A1:C9` to rows and columns counted from 1, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([0-9]{1,7}):\$?([0-9]{1,7})")
# Excel quotes every sheet name that could be read as something else in a formula.
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*([Cc][0-9]*)?|[Cc][0-9]*")


@lru_cache(maxsize=LAST_COLUMN)
def column_letters(column: int) -> str:
    """Return the letters of a column counted from 1: 28 is `AB`."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=LAST_COLUMN)
def column_number(letters: str) -> int:
    """Return the column, counted from 1, that these letters name."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def cell_address(row: int, column: int) -> str:
    """Return `B3` for row 3, column 2."""
    return f"{column_letters(column)}{row}"


def split_address(address: str) -> tuple[int, int]:
    """Return row and column of an address such as `B3` or `$B$3`.

    Raises:
        ValueError: it is not a cell of a sheet.
    """
    match = _CELL.fullmatch(address)
    if not match:
        raise ValueError(f"{address!r} is not a cell address")
    row, column = int(match[2]), column_number(match[1])
    if not (1 <= row <= LAST_ROW and column <= LAST_COLUMN):
        raise ValueError(f"{address!r} lies outside a sheet")
    return row, column


def quote_sheet(name: str) -> str:
    """Return a sheet's name as a formula would write it: quoted where Excel quotes it."""
    if _PLAIN_SHEET.fullmatch(name) and not _LIKE_A_CELL.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"


def unquoted(sheet: str) -> str:
    """Return the name of a sheet that a formula may have quoted."""
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet


def split_reference(reference: str) -> tuple[str, str]:
    """Return the sheet and the cells of a reference such as `'My settings'!B3` or `Clients!$A$2:$B$9`."""
    sheet, _, cells = reference.rpartition("!")
    return unquoted(sheet), cells


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; all four bounds are inclusive and counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def parse(cls, reference: str) -> Area:
        """Return the area of `B3`, `A1:C9`, `A:C` or `2:5`, with or without dollar signs.

        Raises:
            ValueError: it is none of these.
        """
        if match := _COLUMNS.fullmatch(reference):
            left, right = sorted((column_number(match[1]), column_number(match[2])))
            return cls(1, left, LAST_ROW, min(right, LAST_COLUMN))
        if match := _ROWS.fullmatch(reference):
            top, bottom = sorted((int(match[1]), int(match[2])))
            return cls(max(top, 1), 1, min(bottom, LAST_ROW), LAST_COLUMN)
        first, _, last = reference.partition(":")
        row, column = split_address(first)
        other_row, other_column = split_address(last) if last else (row, column)
        return cls(min(row, other_row), min(column, other_column), max(row, other_row), max(column, other_column))

    def __str__(self) -> str:
        first, last = cell_address(self.top, self.left), cell_address(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.right - self.left + 1

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def covers(self, other: Area) -> bool:
        """Tell whether the whole of another area lies in it."""
        return self.holds(other.top, other.left) and self.holds(other.bottom, other.right)

    def meets(self, other: Area) -> bool:
        """Tell whether the two have a cell in common."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def joined(self, other: Area) -> Area:
        """Return the smallest area that holds both."""
        return Area(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )
