"""What the sheet If nobody acts shows of the days ahead."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kopilot_xl.domain.outlook import STEPS, ExpectedChurn, Outlook, Projection
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import outlook as sheet
from kopilot_xl.workbook.tables.parsing import read_date
from kopilot_xl.workbook.tables.table import Table
from tests.workbook.sheets.books import block, make_book, serial

AS_OF = date(2026, 7, 1)
CLIENT = Client(
    "a", "A", "Alder and all the other trees of the forest", Segment.LEAVING, last_invoice=date(2025, 6, 10), value=70.0
)


def _summary(lost: int) -> Summary:
    return Summary(dict.fromkeys(Segment, 0) | {Segment.LOST: lost, Segment.ACTIVE: 9}, dict.fromkeys(Segment, 0.0))


def _futures(first: int, share: float | None = 0.25) -> list[Projection]:
    return [
        Projection(days, AS_OF + timedelta(days=days), _summary(first + at), first + at, 100.0 * (first + at), share)
        for at, days in enumerate(STEPS)
    ]


OUTLOOK = Outlook(AS_OF, _futures(11), _futures(31, 0.5), [ExpectedChurn(date(2026, 7, 16), CLIENT)])


def _filled(path: Path, outlook: Outlook, *tables: Table) -> FileBook:
    book = make_book(path, dict.fromkeys(tables, ()), blocks=sheet.BLOCKS)
    sheet.fill(book, _summary(7), outlook)
    book.save()
    return FileBook(path)


def test_each_variant_has_its_own_days_and_figures(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    _filled(path, OUTLOOK, sheet.DEPARTURES)
    days = [serial(AS_OF + timedelta(days=each)) for each in (0, *STEPS)]
    assert block(path, sheet.DATES) == block(path, sheet.PLANS_DATES) == [days]
    for bars, leaving, first, share in (
        (sheet.NOBODY, sheet.NOBODY_LEAVING, 11, 0.25),
        (sheet.PLANS, sheet.PLANS_LEAVING, 31, 0.5),
    ):
        counts = list(range(first, first + len(STEPS)))
        shown = dict(zip(BARS, block(path, bars), strict=True))
        assert shown[Segment.LOST] == [7, *counts]
        assert shown[Segment.ACTIVE] == [9] * 6
        assert block(path, leaving) == [[None, *counts], [None, *(100 * each for each in counts)], [None, *[share] * 5]]


def test_who_leaves_is_told_with_the_day(tmp_path: Path) -> None:
    (row,) = _filled(tmp_path / "book.xlsx", OUTLOOK, sheet.DEPARTURES).table("Departures").rows
    assert [read_date(row[0]), *row[1:6], read_date(row[6])] == [
        date(2026, 7, 16), 15.0, "A", "Alder and all the other trees of t…", "Leaving", 70.0, date(2025, 6, 10),
    ]  # fmt: skip


def test_a_list_that_was_deleted_is_not_missed(tmp_path: Path) -> None:
    _filled(tmp_path / "book.xlsx", OUTLOOK)
    assert block(tmp_path / "book.xlsx", sheet.NOTE) == [[sheet.note(OUTLOOK)]]


@pytest.mark.parametrize(
    ("leaving", "share", "told"),
    [
        (15, 0.256, "If nobody acts, 15 clients with 26% of today's value leave by 1 July 2027."),
        (1, 1.0, "If nobody acts, 1 client with 100% of today's value leave by 1 July 2027."),
        (0, 0.0, "Even if nobody acts, no client leaves by 1 July 2027."),
        (3, None, "There is no value in the portfolio that could leave."),
    ],
)
def test_the_headline_sums_up_the_last_of_the_days(leaving: int, share: float | None, told: str) -> None:
    last = Projection(365, AS_OF + timedelta(days=365), _summary(0), leaving, 0.0, share)
    assert sheet.note(Outlook(AS_OF, [*_futures(2)[:-1], last], _futures(0, None), [])) == told
