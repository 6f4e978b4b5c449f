"""Refuse edits that would break what surrounds the cells."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import Area, cell_address
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Edits, Move
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, array_areas, merged_areas


def check_surroundings(xml: bytes, layout: Layout) -> None:
    """Refuse a sheet that is damaged outside its rows: those are parsed when they are edited."""
    markup.parse(xml[: layout.start] + xml[layout.end :])


def check_reach(xml: bytes, layout: Layout, edits: Edits, moves: Sequence[Move]) -> None:
    """Refuse edits that would tear apart what one formula fills or one merged cell covers."""
    merged = merged_areas(xml, layout)
    arrays = [area for area in array_areas(xml, layout) if area.height > 1 or area.width > 1]
    edited = sorted(edits)
    for move in moves:
        for row in (move.row, move.to):
            for area in merged + arrays:
                if area.meets(Area(row, move.left, row, move.right)):
                    raise SaveError(
                        t(
                            "Row {row} cannot move to make room: {area} is merged or filled by one formula. "
                            "Change that in Excel, save, and try again.",
                            row=row,
                            area=area,
                        )
                    )
    for area in arrays:
        hit = [
            (row, column, change)
            for row in _rows_within(area, edited)
            for column, change in edits[row].items()
            if area.left <= column <= area.right and change is not KEEP
        ]
        gone = [change for *_, change in hit if type(change) is Edit and not change.keep_formula]
        if len(gone) == area.height * area.width:
            continue
        for row, column, change in hit:
            if (row, column) != (area.top, area.left) or (type(change) is Edit and not change.keep_formula):
                raise SaveError(
                    t(
                        "{row} belongs to the formula in {top}, which fills {area}: move that formula elsewhere.",
                        row=cell_address(row, column),
                        top=cell_address(area.top, area.left),
                        area=area,
                    )
                )
    check_merged(merged, edits)


def _rows_within(area: Area, rows: Sequence[int]) -> Sequence[int]:
    """Return those of the rows, which are in order, that an area reaches."""
    return rows[bisect_left(rows, area.top) : bisect_left(rows, area.bottom + 1)]


def check_merged(areas: list[Area], edits: Edits) -> None:
    """Refuse values that would lie under a merged cell.

    Raises:
        SaveError: one would.
    """
    edited = sorted(edits)
    for area in areas:
        for row in _rows_within(area, edited):
            for column, change in edits[row].items():
                value = change.value if type(change) is Edit else change
                if value is not None and area.holds(row, column) and (row, column) != (area.top, area.left):
                    raise SaveError(
                        t(
                            "{row} lies under the merged cell {area}: unmerge it in Excel.",
                            row=cell_address(row, column),
                            area=area,
                        )
                    )
