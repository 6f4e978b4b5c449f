"""All figures of many portfolios as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.usecases.batch.lines import Line, without_addresses

FIGURES = "All figures"
"""The sheet of a summary that has them."""

_DECIMALS = 4

Cell = str | float | int | date | None


@dataclass(frozen=True)
class Column:
    """A column of the table: its heading, the type of its values, and a value for each workbook, None if blank."""

    name: str
    type: type[str] | type[float] | type[int] | type[date]
    values: Sequence[Cell]


_TYPES: dict[str, type[str] | type[float] | type[int] | type[date]] = {
    "Workbook": str,
    "Company": str,
    "As of": date,
    "Shape": str,
    "Tilt": float,
    "Tilt by value": float,
    "Clients": int,
    **{segment.value: int for segment in Segment},
    "Currency": str,
    "Value": float,
    "Leaving value": float,
    "Problems": int,
    "Notices": int,
    "Error": str,
    "Decisions rejected": int,
    "Compared with": date,
    "Moved up": int,
    "Moved down": int,
    "Now lost": int,
    "Revenue kept": float,
    "Transactions added": int,
    "Transactions changed": int,
    "Clients added": int,
    "Transactions vanished": int,
}
"""The headings, and the type of what is below them."""


def columns(lines: Sequence[Line]) -> list[Column]:
    """Return the table: amounts and tilts rounded to 4 decimals, blank for a workbook that failed."""
    rows = [_row(line) for line in lines]
    return [Column(name, kind, [row.get(name) for row in rows]) for name, kind in _TYPES.items()]


def _row(line: Line) -> dict[str, Cell]:
    """The cells of a workbook by their heading; blank ones may be left out."""
    row: dict[str, Cell] = {
        "Workbook": _plain(line.book),
        "Company": _plain(line.company),
        "As of": line.as_of,
        "Currency": _plain(line.currency),
        "Error": _plain(without_addresses(line.error)),
    }
    if line.summary is None:
        return row
    return row | {
        "Shape": line.summary.shape.value,
        "Tilt": _rounded(line.summary.tilt),
        "Tilt by value": _rounded(line.summary.tilt_by_value),
        "Clients": line.summary.size,
        **{segment.value: line.summary.counts[segment] for segment in Segment},
        "Value": _rounded(line.summary.value(PORTFOLIO)),
        "Leaving value": _rounded(line.summary.values[Segment.LEAVING]),
        "Problems": line.problems,
        "Notices": line.notices,
        "Decisions rejected": line.rejected,
        "Revenue kept": _rounded(line.kept),
        **_changes(line),
    }


def _changes(line: Line) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    if line.changes is not None:
        found |= {
            "Compared with": line.changes.since,
            "Moved up": line.changes.better,
            "Moved down": line.changes.worse,
            "Now lost": line.changes.lost,
        }
    if line.news is not None and not line.news.stopped:
        found |= {
            "Transactions added": line.news.transactions,
            "Transactions changed": line.news.changed,
            "Clients added": line.news.clients,
            "Transactions vanished": line.news.vanished,
        }
    return found


def _plain(text: str) -> str | None:
    """A text that every file can hold, None for a blank one: a file name may have characters that none can."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text) or None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
