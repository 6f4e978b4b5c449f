"""Which row of History a refresh writes, and what the trend shows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from openpyxl import load_workbook

from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import history
from kopilot_xl.workbook.tables.parsing import read_date
from kopilot_xl.workbook.template import TEMPLATE
from tests.workbook.sheets.books import make_book

MONDAY = date(2026, 6, 29)
ACTIVE = history.TABLE.headers.index("Active")


def _summary(active: int) -> Summary:
    return Summary(dict.fromkeys(Segment, 0) | {Segment.ACTIVE: active}, dict.fromkeys(Segment, 0.0))


def _row(day: date, written: date, active: int = 1) -> list[Value]:
    row: list[Value] = [day, written, *[0] * len(history.COUNTS), active, 1.0, None, "Mature", None]
    row[ACTIVE] = active
    return row


def _after(path: Path, rows: list[list[Value]], as_of: date, today: date, active: int = 9) -> FileBook:
    book = make_book(
        path / "book.xlsx", {history.TABLE: rows}, blocks={history.TREND: (24, len(history.TREND_COLUMNS))}
    )
    history.fill(book, {as_of: _summary(active)}, today)
    book.save()
    return FileBook(path / "book.xlsx")


def _dates(book: FileBook) -> list[tuple[Value, Value, Value]]:
    return [(read_date(row[0]), read_date(row[1]), row[ACTIVE]) for row in book.table("History").rows]


def test_the_first_refresh_fills_the_blank_row(tmp_path: Path) -> None:
    assert _dates(_after(tmp_path, [], MONDAY, MONDAY)) == [(MONDAY, MONDAY, 9.0)]


def test_a_new_date_is_added_at_the_end_and_no_row_moves(tmp_path: Path) -> None:
    later = date(2026, 12, 1)
    book = _after(tmp_path, [_row(later, later)], MONDAY, MONDAY)
    assert _dates(book) == [(later, later, 1.0), (MONDAY, MONDAY, 9.0)]


def test_the_row_of_today_is_replaced_today(tmp_path: Path) -> None:
    assert _dates(_after(tmp_path, [_row(MONDAY, MONDAY)], MONDAY, MONDAY)) == [(MONDAY, MONDAY, 9.0)]


def test_a_row_written_on_its_own_day_is_never_replaced_later(tmp_path: Path) -> None:
    tuesday = MONDAY + timedelta(days=1)
    assert _dates(_after(tmp_path, [_row(MONDAY, MONDAY)], MONDAY, tuesday)) == [(MONDAY, MONDAY, 1.0)]


def test_a_reconstructed_row_is_replaced(tmp_path: Path) -> None:
    tuesday = MONDAY + timedelta(days=1)
    book = _after(tmp_path, [_row(MONDAY, tuesday)], MONDAY, tuesday + timedelta(days=1))
    assert _dates(book) == [(MONDAY, tuesday + timedelta(days=1), 9.0)]


def test_a_future_date_is_not_written(tmp_path: Path) -> None:
    book = _after(tmp_path, [_row(MONDAY, MONDAY)], MONDAY + timedelta(days=30), MONDAY)
    assert _dates(book) == [(MONDAY, MONDAY, 1.0)]


def test_the_trend_shows_the_last_dates_oldest_first(tmp_path: Path) -> None:
    days = [MONDAY - timedelta(days=7 * week) for week in range(1, 31)]
    _after(tmp_path, [_row(day, day, active=week) for week, day in enumerate(days)], MONDAY, MONDAY)
    trend = load_workbook(tmp_path / "book.xlsx")[history.TREND]
    shown = list(trend.iter_rows(values_only=True))
    serials = [(each - date(1899, 12, 30)).days for each in sorted([*days, MONDAY])[-24:]]
    assert [row[0] for row in shown] == serials
    assert shown[-1][history.TREND_COLUMNS.index("Active")] == 9


def test_the_dates_are_found_and_the_trend_is_drawn_where_the_table_is_none_any_more(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    plain = load_workbook(TEMPLATE)
    del plain["History"].tables[history.TABLE.name]
    plain.save(path)
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        book = FileBook(path)
        history.fill(book, {day: _summary(9)}, day)
        book.save()
    assert _dates(FileBook(path)) == [(each, each, 9.0) for each in (MONDAY, MONDAY + timedelta(days=1))]
    assert FileBook(path).table("History").header_row == history.TREND_DATES + 3
    sheet, cells = next(iter(load_workbook(path).defined_names[history.TREND].destinations))
    trend = load_workbook(path)[sheet][cells.replace("$", "")]
    assert [each[history.TREND_COLUMNS.index("Active")].value for each in trend[:3]] == [9, 9, None]


def test_a_row_has_every_figure_and_one_of_another_day_its_remark(tmp_path: Path) -> None:
    counts = {each: at for at, each in enumerate(Segment, 1)}
    summary = Summary(counts, {each: 10.0 * at * at for each, at in counts.items()})
    assert len({summary.tilt, summary.tilt_by_value, summary.size}) == 3
    book = make_book(
        tmp_path / "book.xlsx", {history.TABLE: []}, blocks={history.TREND: (24, len(history.TREND_COLUMNS))}
    )
    tuesday = MONDAY + timedelta(days=1)
    history.fill(book, {MONDAY: summary, tuesday: summary}, tuesday)
    book.save()
    for row, day, remark in zip(
        FileBook(tmp_path / "book.xlsx").table("History").rows, (MONDAY, tuesday), ("reconstructed", None), strict=True
    ):
        shown = dict(zip(history.TABLE.headers, row, strict=True))
        assert (read_date(shown.pop("Date")), read_date(shown.pop("Written on"))) == (day, tuesday)
        assert shown == {
            **{each.value: count for each, count in counts.items()},
            "Portfolio": summary.size,
            "Tilt": summary.tilt,
            "Tilt by value": summary.tilt_by_value,
            "Shape": summary.shape.value,
            "Remark": remark,
        }


def test_the_date_before_is_before(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=at) for at in (0, -7, 7)]
    book = make_book(tmp_path / "book.xlsx", {history.TABLE: [_row(day, day) for day in days]})
    asked = [history.previous(book, MONDAY + timedelta(days=at)) for at in (0, 1, 30, -7)]
    assert asked == [days[1], days[0], days[2], None]
    assert history.previous(make_book(tmp_path / "none.xlsx"), MONDAY) is None
