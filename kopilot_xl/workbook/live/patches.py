"""Cells to be written in Excel: joined into few areas, and all of them in one array for the workbook's own macro."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

MACRO = "KopilotWrite"
"""The macro of the workbook that takes a `plan` and returns how many of its patches it wrote, from the first on."""

HEADING = 6
"""How many cells say where a patch goes: sheet, row, column, height, width, and whether it holds formulas."""


@dataclass(frozen=True)
class Patch:
    """Cells to be written on a sheet: the top left one, and what goes in row by row, all rows equally long.

    The values are as Excel takes them: texts as they would be typed.
    """

    sheet: str
    top: int
    left: int
    rows: Sequence[Sequence[object]]
    formulas: bool = False

    @property
    def height(self) -> int:
        """How many rows it has."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.rows[0])

    def part(self, top: int, left: int, height: int, width: int) -> Patch:
        """Return a part of it: so many cells from a row and column on, counted from 0."""
        rows = [row[left : left + width] for row in self.rows[top : top + height]]
        return Patch(self.sheet, self.top + top, self.left + left, rows, self.formulas)


def joined(patches: Sequence[Patch]) -> list[Patch]:
    """Join patches that are side by side and equally high, or one below the other and equally wide."""
    found: list[Patch] = []
    for patch in sorted(patches, key=lambda patch: (patch.sheet, patch.formulas, patch.top, patch.left)):
        for index, other in enumerate(found):
            if (other.sheet, other.formulas) != (patch.sheet, patch.formulas):
                continue
            if other.top == patch.top and other.height == patch.height and other.left + other.width == patch.left:
                rows = [[*left, *right] for left, right in zip(other.rows, patch.rows, strict=True)]
            elif other.left == patch.left and other.width == patch.width and other.top + other.height == patch.top:
                rows = [*map(list, other.rows), *map(list, patch.rows)]
            else:
                continue
            found[index] = Patch(other.sheet, other.top, other.left, rows, other.formulas)
            break
        else:
            found.append(patch)
    return found


def plan(patches: Sequence[Patch]) -> list[list[object]]:
    """Return all patches in one array, every row equally long: each patch is a row that says where, then its rows.

    One array of one shape passes between programs as it is, however many patches there are.
    """
    width = max([HEADING, *(patch.width for patch in patches)])
    rows: list[list[object]] = []
    for patch in patches:
        heading = [patch.sheet, patch.top, patch.left, patch.height, patch.width, patch.formulas]
        rows.append([*heading, *[""] * (width - HEADING)])
        rows += [[*map(_passed, row), *[""] * (width - patch.width)] for row in patch.rows]
    return rows


def _passed(value: object) -> object:
    """Return a value as it passes into a macro: numbers as Excel keeps them, moments in UTC, nothing as no text."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, date, time)):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, time):
        return (value.hour * 3600 + value.minute * 60 + value.second) / 86400
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return moment.replace(tzinfo=UTC)
