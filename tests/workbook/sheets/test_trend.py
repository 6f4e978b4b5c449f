"""What the Trend sheet shows: the dates, newest first, the charts' columns, and who moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from kopilot_xl import refresh
from kopilot_xl.domain.movements import Baseline, Movements, movements
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import trend
from tests.portfolios import AS_OF, NOW, make_portfolio, named_block
from tests.workbook.sheets.books import block, make_book, serial

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


def dated(on: date, active: int = 5, *, looked_back: bool = False) -> trend.Dated:
    counts: dict[Segment, float | None] = {**dict.fromkeys(Segment, 0), Segment.ACTIVE: active, Segment.LOST: 2}
    return trend.Dated(on, counts, active, active / 10, 0.25, "Mature", looked_back)


def filled(folder: Path, dates: Sequence[trend.Dated], moved: Movements | None = None) -> Path:
    path = folder / "book.xlsx"
    book = make_book(path, {}, blocks=trend.BLOCKS)
    trend.fill(book, dates, moved, JULY)
    book.save()
    return path


def moves(*, worse: int = 0, better: int = 0, since: date = JUNE, reconstructed: bool = False) -> Movements:
    clients = [Client(f"w{n}", f"W{n}", f"Worse {n}", Segment.LOST, value=float(n)) for n in range(worse)]
    clients += [Client(f"b{n}", f"B{n}", f"Better {n}", Segment.ACTIVE, value=float(n)) for n in range(better)]
    before = {client.key: Segment.HIBERNATING for client in clients}
    return movements(Baseline(since, before, reconstructed), clients, JULY)


def test_the_dates_are_listed_from_the_newest_on(tmp_path: Path) -> None:
    days = [JUNE, JULY, JUNE - timedelta(days=31)]
    shown = block(filled(tmp_path, [dated(day) for day in days]), trend.DATES)
    assert [row[0] for row in shown if row[0]] == [serial(day) for day in sorted(days, reverse=True)]
    newest = dict(zip(trend.COLUMNS, shown[0], strict=True))
    assert (newest["Active"], newest["Lost"], newest["Portfolio"], newest["Tilt"]) == (5, 2, 5, 0.5)
    assert (newest["Shape"], newest["Remark"]) == ("Mature", None)


def test_a_date_looked_back_at_says_so_and_is_drawn_in_columns_of_its_own(tmp_path: Path) -> None:
    path = filled(tmp_path, [dated(JUNE, 3, looked_back=True), dated(JULY, 4)])
    assert [row[-1] for row in block(path, trend.DATES)[:2]] == [None, "looked back"]
    june, july = (dict(zip(trend.DRAWN_COLUMNS, row, strict=True)) for row in block(path, trend.DRAWN)[:2])
    assert (june["Active"], june["Active, looked back"]) == (None, 3)
    assert (july["Active"], july["Active, looked back"]) == (4, None)
    assert (june["Tilt"], june["Tilt, looked back"]) == (None, 0.3)
    assert (july["Tilt"], july["Tilt, looked back"]) == (0.4, 0.4), "the pale line leads up to it"
    assert block(path, trend.PALE) == [["pale: looked back, from the rows of a later day"]]


def test_without_a_date_looked_back_at_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert block(filled(tmp_path, [dated(JULY)]), trend.PALE) == [[None]]


@pytest.mark.parametrize(("step", "label"), [(30, "Jun\n26"), (7, "24\nJun")], ids=["monthly", "weekly"])
def test_labels_are_months_where_there_is_one_date_in_each(step: int, label: str, tmp_path: Path) -> None:
    path = filled(tmp_path, [dated(JULY - timedelta(days=step * back)) for back in range(3)])
    assert [row[0] for row in block(path, trend.DRAWN)][1] == label


def test_what_is_not_shown_is_counted(tmp_path: Path) -> None:
    days = [JULY - timedelta(days=back) for back in range(trend.DATES_SHOWN + 5)]
    path = filled(tmp_path, [dated(day) for day in days])
    assert [row[0] for row in block(path, trend.DATES)] == [serial(day) for day in days[: trend.DATES_SHOWN]]
    assert block(path, trend.MORE) == [["The last 60 of 65 dates; all are in the hidden sheet History."]]
    assert block(path, trend.EARLIEST) == [[serial(days[trend.DRAWN_DATES - 1])]]


@pytest.mark.parametrize(
    ("moved", "sentence"),
    [
        (None, "There is no earlier date to compare with yet: refresh again on another day."),
        (moves(), "Since 1 June no client moved"),
        (moves(worse=1), "Since 1 June 1 client moved, for the worse"),
        (moves(worse=2), "Since 1 June 2 clients moved, all for the worse"),
        (moves(better=1200), "Since 1 June 1,200 clients moved, all for the better"),
        (moves(worse=1, better=3), "Since 1 June 1 client moved for the worse, 3 for the better"),
        (moves(worse=2, better=3, since=date(2025, 12, 1)),
         "Since 1 December 2025 2 clients moved for the worse, 3 for the better"),
    ],
)  # fmt: skip
def test_the_title_is_what_happened_as_a_sentence(moved: Movements | None, sentence: str) -> None:
    assert trend.title(moved) == sentence


def listed(path: Path) -> list[list[Value]]:
    return [row for row in block(path, trend.MOVED) if row[0] is not None]


def test_who_moved_is_listed_for_the_worse_first_the_most_valuable_first(tmp_path: Path) -> None:
    path = filled(tmp_path, [], moves(worse=2, better=1, reconstructed=True))
    assert listed(path) == [
        ["worse", "▼ 2 for the worse", None, None, 1],
        ["client", "Worse 1", "Hibernating", "Lost", 1],
        ["client", "Worse 0", "Hibernating", "Lost", 0],
        ["better", "▲ 1 for the better", None, None, 0],
        ["client", "Better 0", "Hibernating", "Active", 0],
    ]
    assert block(path, trend.MOVED_HEAD) == [["Who moved since 1 June (looked back)"]]


@pytest.mark.parametrize(("worse", "better"), [(500, 3), (3, 500), (500, 500), (100, 97)])
def test_where_more_moved_than_there_is_room_for_the_rest_is_counted(worse: int, better: int, tmp_path: Path) -> None:
    rows = listed(filled(tmp_path, [], moves(worse=worse, better=better)))
    assert len(rows) <= trend.MOVED_ROWS
    rest = sum(int(str(row[1]).split()[2].replace(",", "")) for row in rows if row[0] == trend.REST)
    assert sum(row[0] == trend.CLIENT for row in rows) + rest == worse + better
    assert {row[0] for row in rows} >= {trend.WORSE, trend.BETTER, trend.CLIENT, trend.REST}


def test_a_refresh_fills_the_sheet_of_a_new_workbook(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(path, now=NOW, backfill=3)
    dates = named_block(path, trend.DATES)
    assert [row[-1] for row in dates[:5]] == [None, *["looked back"] * 3, None]
    assert str(dates[0][0])[:10] == AS_OF.isoformat()
