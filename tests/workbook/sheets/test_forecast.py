"""The Forecast sheet of a refreshed workbook: its numbers, its sentences, and workbooks that lack it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table as ExcelTable

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.forecasting import YEAR, Forecast, Rule, first_day, month_of
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import forecast, forecast_words, snapshot
from tests.invariants import assert_sound
from tests.portfolios import NOW, make_portfolio

AS_OF = date(2026, 6, 30)
MONTH = month_of(AS_OF)
PEOPLE: list[list[Value]] = [
    ["S", "Steady", date(2020, 1, 1)],
    ["Q", "Quarterly", date(2020, 1, 1)],
    ["N", "Newcomer", date(2026, 6, 1)],
]


def _paid(client: str, amount: float, months: range) -> list[list[Value]]:
    """Invoices on the first of so many months back."""
    return [[client, first_day(MONTH - back), amount, "Paid"] for back in months]


SALES: list[list[Value]] = [
    *_paid("S", 100.0, range(48)),
    *_paid("Q", 900.0, range(2, 48, 12)),  # each April
    ["S", date(2026, 7, 20), 60.0, "Planned"],
    ["N", date(2026, 8, 1), 40.0, "Planned"],
]


def made(path: Path, rows: list[list[Value]] = SALES, **settings: Value) -> tuple[Path, RefreshResult]:
    book = make_portfolio(path / "book.xlsm", PEOPLE, rows, [], settings)
    report = refresh(open_book(book), AS_OF, now=NOW)
    assert_sound(book)
    return book, report


def block(path: Path, name: str) -> list[list[Value]]:
    workbook = openpyxl.load_workbook(path, data_only=True, keep_vba=True)
    ((sheet, area),) = workbook.defined_names[name].destinations
    cells = workbook[sheet][area]
    rows = cells if isinstance(cells, tuple) else ((cells,),)
    return [[cell.value for cell in row] for row in rows]


def shown_facts(path: Path) -> list[str]:
    """The facts beside the chart, each with its rows as one text."""
    lines = [str(row[0] or "") for row in block(path, forecast.FACT)]
    return [" ".join(lines[at : at + forecast.FACT_ROWS]).strip() for at in range(0, len(lines), forecast.FACT_ROWS)]


def told_by(report: RefreshResult) -> Forecast:
    assert report.forecast is not None
    return report.forecast


def test_every_number_on_the_sheet_is_that_of_the_forecast(tmp_path: Path) -> None:
    path, report = made(tmp_path)
    told = told_by(report)
    assert told.mix is not None
    assert told.total is not None
    assert told.low is not None
    assert told.high is not None
    rows = dict(zip(forecast.ROWS, block(path, forecast.MONTHS), strict=True))
    assert rows["Expected"] == pytest.approx([*told.mix.months, sum(told.mix.months)])
    assert rows["at least"] == pytest.approx([*told.low, told.total.low])
    assert rows["at most"] == pytest.approx([*told.high, told.total.high])
    assert rows["Planned already"] == [60.0, 40.0, *[0.0] * 10, 100.0]
    left = [told.mix.months[0] - 60, told.mix.months[1] - 40, *told.mix.months[2:]]
    assert rows["Still open"] == pytest.approx([*left, sum(left)])
    assert rows["Same month a year before"] == [*[100.0] * 9, 1000.0, 100.0, 100.0, 2100.0]
    assert rows["Clients to call"] == [0] * 9 + [1, 0, 0, None]  # Steady has something coming
    assert [each.date() for each in block(path, forecast.DATES)[0]] == list(told.months)  # type: ignore[union-attr]
    lines = block(path, forecast.LINES)
    assert [row[0] for row in lines] == [
        forecast.label("Mixed, as above", told.mix),
        *(forecast.label(rule.value, line) for rule, line in told.rules.items()),
    ]
    for row, line in zip(lines, (told.mix, *told.rules.values()), strict=True):
        assert row[1:] == pytest.approx([*line.months, sum(line.months)])
    ((day,),) = block(path, forecast.AS_OF)
    assert day.date() == AS_OF  # type: ignore[union-attr]


def test_the_title_and_the_facts_say_it_in_words(tmp_path: Path) -> None:
    path, report = made(tmp_path)
    told = told_by(report)
    assert told.total is not None
    assert block(path, forecast.NOTE) == [[forecast.note(told, report.prepared)]]
    assert str(block(path, forecast.NOTE)[0][0]).startswith(f"About {forecast_words.about(told.total.expected)} in the")
    facts = shown_facts(path)
    assert facts == list(forecast.facts(told, report.prepared, report.clients).values())
    assert "100 of it" in facts[1]
    assert facts[4].startswith("2026 is heading for ")
    assert "1,500 by 30 June" in facts[4]


def test_the_title_is_no_surer_than_the_past_allows(tmp_path: Path) -> None:
    _, young = made(tmp_path, _paid("S", 100.0, range(6)))
    assert forecast.note(told_by(young)).startswith("Perhaps 1,")
    wild: list[list[Value]] = [
        ["S", first_day(MONTH - back), 10.0 * (1 + 400 * (back // 12 % 2)), "Paid"] for back in range(60)
    ]
    _, jumping = made(tmp_path, wild)
    told = told_by(jumping)
    assert told.total is not None
    assert told.total.unsure
    low, high = told.total.low, told.total.high
    assert low is not None
    assert high is not None
    between = f"between {forecast_words.about(low)} and {forecast_words.about(high)}"
    assert forecast.note(told) == f"Hard to tell: {between} in the next twelve months"


@pytest.mark.parametrize(
    ("value", "words"), [(765_200, "770,000"), (99.6, "100"), (12, "12"), (0, "0"), (1_249_999, "1,200,000")]
)
def test_about(value: float, words: str) -> None:
    assert forecast_words.about(value) == words


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((1.0, 0.0, 0.0), "client by client"),
        ((0.7, 0.25, 0.05), "mostly client by client, a bit by Theta"),
        ((0.2, 0.2, 0.6), "mostly by the trend, a bit client by client and by Theta"),
        ((0.48, 0.47, 0.05), "about equally client by client and by Theta"),
        ((0.34, 0.33, 0.33), "about equally client by client, by Theta and by the trend"),
    ],
)
def test_the_mix_in_words(shares: tuple[float, ...], words: str) -> None:
    assert forecast_words.mixed(dict(zip(Rule, shares, strict=True))) == words


def test_the_chart_is_drawn_from_24_months_back_and_12_ahead(tmp_path: Path) -> None:
    path, report = made(tmp_path)
    told = told_by(report)
    assert told.expected is not None
    assert told.low is not None
    assert told.high is not None
    rows = block(path, forecast.DRAWN)
    assert [rows[0][0], rows[23][0], rows[35][0]] == ["Jul\n24", "Jun\n26", "Jun\n27"]
    assert [row[1] for row in rows[:24]] == [1000.0 if at % 12 == 9 else 100.0 for at in range(24)]
    assert [row[2] for row in rows] == pytest.approx([*[None] * 23, 100.0, *told.expected])
    assert [row[4] for row in rows[:24]] == [0.0] * 24, "the band opens at the last whole month"
    ends = [(row[3], row[3] + row[4]) for row in rows[24:]]  # type: ignore[operator]
    assert ends == [pytest.approx(each) for each in zip(told.low, told.high, strict=True)]
    assert [row[5] for row in rows[24:]] == [60.0, 40.0, *[None] * 10]


def test_the_running_month_is_expected_until_it_ends(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    report = refresh(open_book(path), date(2026, 5, 20), now=NOW)
    told = told_by(report)
    assert told.mix is not None
    row = block(path, forecast.DRAWN)[23]
    assert row[1:3] == [None, pytest.approx(100.0 + told.mix.rest)]
    facts = shown_facts(path)[4]
    assert f"May 2026 brought 100 so far; {forecast_words.about(told.mix.rest)} more is expected." in facts


def test_a_workbook_of_an_earlier_layout_goes_on_naming_whom_to_call_about_each_month(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    sheet = workbook[forecast.SHEET]
    for at, column in enumerate(forecast.CALLS.columns, 2):
        sheet.cell(60, at).value = column.header
        sheet.cell(61, at).number_format = column.format.value
    sheet.add_table(ExcelTable(displayName=forecast.CALLS.name, ref="B60:H61"))
    workbook.save(path)
    refresh(open_book(path), AS_OF, now=NOW)
    (row,) = FileBook(path).table(forecast.CALLS.name).rows
    called = ["Quarterly", date(2027, 4, 1), "Q", "Active", 900.0, date(2026, 4, 1), Segment.ACTIVE.advice]
    assert list(row) == called


def test_more_planned_than_was_expected_leaves_nothing_open(tmp_path: Path) -> None:
    path, report = made(tmp_path, [*SALES, ["S", date(2026, 7, 21), 5400.0, "Planned"]])
    rows = dict(zip(forecast.ROWS, block(path, forecast.MONTHS), strict=True))
    expected, planned, left = (rows[name][0] for name in ("Expected", "Planned already", "Still open"))
    assert planned == 5460.0
    assert isinstance(expected, float)
    assert 5460.0 <= expected < 5600.0, "the other clients beside it"
    assert left == pytest.approx(expected - 5460.0)
    total = told_by(report).total
    assert total is not None
    assert total.share_planned is not None
    assert total.share_planned <= 1


def test_credit_notes_alone_are_nothing_to_expect(tmp_path: Path) -> None:
    path, _ = made(tmp_path, [*_paid("S", -100.0, range(30))])
    assert block(path, forecast.MONTHS)[0] == [0.0] * 13
    assert block(path, forecast.NOTE) == [["Nothing is expected in the next twelve months."]]


def test_amounts_of_nothing_draw_no_line(tmp_path: Path) -> None:
    path, _ = made(tmp_path, _paid("S", 0.0, range(30)))
    assert [row[1:] for row in block(path, forecast.DRAWN)] == [[None] * 5] * 36


def test_too_short_a_past_says_so_and_leaves_the_numbers_blank(tmp_path: Path) -> None:
    path, report = made(tmp_path, SALES[:3] + SALES[-1:])
    assert block(path, forecast.NOTE) == [
        ["There is no forecast yet. It needs 4 whole months of invoices; there are 3. 40 is planned."]
    ]  # fmt: skip
    rows = dict(zip(forecast.ROWS, block(path, forecast.MONTHS), strict=True))
    assert rows["Expected"] == [None] * 13
    assert rows["Planned already"][1] == 40.0
    assert block(path, forecast.LINES) == [[None] * 14] * 4
    assert block(path, forecast.FACT) == [[None]] * 15
    assert not report.problems


def test_a_second_refresh_changes_nothing(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    once = path.read_bytes()
    refresh(open_book(path), AS_OF, now=NOW)
    assert path.read_bytes() == once


def test_a_workbook_without_the_sheet_is_refreshed_with_a_notice(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    for name in [name for name in workbook.defined_names if name.startswith("Forecast")]:
        del workbook.defined_names[name]
    del workbook[forecast.SHEET]
    workbook.save(path)
    report = refresh(open_book(path), AS_OF, now=NOW)
    assert [str(each) for each in report.problems] == [
        "Forecast: The sheet Forecast is not in the workbook. It was not written. kopilot-xl upgrade brings it back."
    ]
    assert told_by(report).expected is not None


def test_a_sheet_laid_out_for_scenarios_shows_the_same_numbers_and_none_of_a_scenario(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    sheet = workbook[forecast.SHEET]
    places = {"Ahead": "D50:P61", "Scenarios": "D64:Q68", "Errors": "D72:S76", "Words": "D80:D83", "Chosen": "D84"}
    for name, cells in places.items():
        first, _, last = cells.partition(":")
        area = f"${first[0]}${first[1:]}" + (f":${last[0]}${last[1:]}" if last else "")
        workbook.defined_names[f"Forecast{name}"] = openpyxl.workbook.defined_name.DefinedName(
            f"Forecast{name}", attr_text=f"Forecast!{area}"
        )
    sheet["D64"], sheet["D72"] = 123.0, 456.0
    workbook.save(path)
    told = told_by(refresh(open_book(path), AS_OF, now=NOW))
    assert told.expected is not None
    ahead = block(path, "ForecastAhead")
    assert ahead[0] == pytest.approx([*told.expected, sum(told.expected)])
    assert ahead[3] == [60.0, 40.0, *[0.0] * 10, 100.0]
    assert ahead[4] == [None, 40.0, *[None] * 10, 40.0], "by New clients"
    assert ahead[8][0] == pytest.approx(60 / told.expected[0])
    assert ahead[11] == [0.0] * 9 + [900.0, 0.0, 0.0, 900.0], "invoiced that month last year"
    assert block(path, "ForecastScenarios") == [[None] * 14] * 5
    assert block(path, "ForecastErrors") == [[None] * 16] * 5
    assert all(row[0] for row in block(path, "ForecastWords"))
    assert block(path, "ForecastChosen") == [["All of them, mixed"]]


def test_the_snapshot_holds_what_is_expected_for_the_worksheet_function(tmp_path: Path) -> None:
    path, report = made(tmp_path)
    told = told_by(report)
    rows = open_book(path).sheet_values(snapshot.SHEET)
    first = snapshot.REFRESHED_ROW - 1
    months = [row[snapshot.MONTH_COLUMN - 1 : snapshot.EXPECTED_COLUMN] for row in rows[first : first + YEAR]]
    assert [row[0] for row in months] == list(told.months)
    assert [row[1] for row in months] == pytest.approx(told.expected)
    assert rows[snapshot.CLIENTS_ROW - 1][0] == "Clients"
