"""Who moved, in figures, and the lists of an older workbook's sheet Movements."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.domain.movements import Baseline, Movements, movements
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.segments import WORST_TO_BEST, Segment
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import movements as sheet
from kopilot_xl.workbook.tables.table import Table
from tests.workbook.sheets.books import block, make_book

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
CLIENTS = [
    Client("a", "A", "Alder", Segment.ACTIVE, value=500.0),
    Client("b", "B", "Birch", Segment.LOST, value=-40.0),
    Client("c", "C", "Cedar and all the other trees of the forest", Segment.LEAVING, value=70.0),
    Client("d", "D", "Dogwood", Segment.NEW, value=9.0),
    Client("e", "E", "Elm", Segment.ACTIVE, value=1.0),
    Client("f", "F", "Fir", None),
]
BEFORE = {
    "a": Segment.SLEEPING_AWAY, "b": Segment.LEAVING, "c": Segment.HIBERNATING, "d": None, "e": Segment.ACTIVE,
    "f": None,
}  # fmt: skip


def _moved(*, reconstructed: bool = False) -> Movements:
    return movements(Baseline(JUNE, BEFORE, reconstructed), CLIENTS, JULY)


def _filled(path: Path, moved: Movements | None, *tables: Table) -> FileBook:
    book = make_book(path, dict.fromkeys(tables, ()), blocks=sheet.BLOCKS)
    sheet.fill(book, moved)
    book.save()
    return FileBook(path)


def test_the_matrix_the_totals_and_the_lists_tell_of_the_same_moves(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = _filled(path, _moved(), sheet.BETTER, sheet.WORSE)
    matrix = {
        (was, now): count
        for was, row in zip(sheet.BEFORE, block(path, sheet.MATRIX), strict=True)
        for now, count in zip(WORST_TO_BEST, row, strict=True)
        if count is not None
    }
    assert matrix == {
        (Segment.SLEEPING_AWAY, Segment.ACTIVE): 1,
        (Segment.LEAVING, Segment.LOST): 1,
        (Segment.HIBERNATING, Segment.LEAVING): 1,
        (None, Segment.NEW): 1,
        (Segment.ACTIVE, Segment.ACTIVE): 1,
    }
    assert block(path, sheet.TOTALS) == [[2, 509], [2, 70], [1, None]], "less than nothing weighs nothing"
    assert book.table("Better").rows == [
        ["A", "Alder", "Sleeping Away", "Active", 500.0],
        ["D", "Dogwood", "not yet a client", "New", 9.0],
    ]
    assert book.table("Worse").rows == [
        ["C", "Cedar and all the other trees…", "Hibernating", "Leaving", 70.0],
        ["B", "Birch", "Leaving", "Lost", -40.0],
    ]


def test_a_list_that_was_deleted_is_not_missed(tmp_path: Path) -> None:
    book = _filled(tmp_path / "book.xlsx", _moved(), sheet.WORSE)
    assert len(book.table("Worse").rows) == 2


def test_without_an_earlier_day_nothing_is_left_of_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = _filled(path, _moved(), sheet.BETTER, sheet.WORSE)
    sheet.fill(book, None)
    book.save()
    assert block(path, sheet.NOTE) == [["There is no earlier date to compare with yet: refresh again on another day."]]
    left = [*block(path, sheet.MATRIX), *block(path, sheet.TOTALS), *FileBook(path).table("Better").rows]
    assert {value for row in left for value in row} == {None}


@pytest.mark.parametrize(
    ("reconstructed", "end"), [(False, ""), (True, " The earlier day is reconstructed from today's rows.")]
)
def test_the_headline_names_the_days(reconstructed: bool, end: str) -> None:
    told = sheet.note(_moved(reconstructed=reconstructed))
    assert told == f"From 1 June 2026 to 1 July 2026: 2 clients better, 2 clients worse.{end}"
