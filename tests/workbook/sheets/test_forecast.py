"""The Forecast sheet of a refreshed workbook: its numbers by hand, its sentences, and workbooks that lack it."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.sales import first_day, month_of
from kopilot_xl.domain.scenarios import Scenario
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import forecast, settings, snapshot
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
LAST_YEAR = [100.0] * 9 + [1000.0] + [100.0] * 2


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


def test_the_months_ahead_are_told_beside_what_is_planned(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    rows = dict(zip(forecast.ROWS, block(path, forecast.AHEAD), strict=True))
    assert rows["Expected"] == [*LAST_YEAR, 2100.0]
    assert rows["Planned already"] == [60.0, 40.0, *[0.0] * 10, 100.0]
    assert rows["by New clients"] == [None, 40.0, *[None] * 10, 40.0]
    assert rows["by Active clients"] == [60.0, *[None] * 11, 60.0]
    assert rows["Share planned"][:2] == [0.6, 0.4]
    assert rows["Still open"] == [40.0, 60.0, *LAST_YEAR[2:], 2000.0]
    assert rows["Clients to call"] == [0] * 9 + [1, 0, 0, None]  # Steady has something coming
    assert rows["invoiced that month last year"] == [0.0] * 9 + [900.0, 0.0, 0.0, 900.0]
    # It was never off, so the band is the line.
    assert rows["at least, in 8 of 10 cases"] == rows["at most"] == [*LAST_YEAR, None]
    assert [each.date() for each in block(path, forecast.DATES)[0]] == [first_day(MONTH + at) for at in range(1, 13)]  # type: ignore[union-attr]


def test_the_scenarios_stand_beside_their_errors_and_the_choice_is_told(tmp_path: Path) -> None:
    path, report = made(tmp_path)
    told = report.forecast
    assert told is not None
    scenarios = dict(zip(Scenario, block(path, forecast.SCENARIOS), strict=True))
    errors = dict(zip(Scenario, block(path, forecast.ERRORS), strict=True))
    assert scenarios[Scenario.AS_LAST_YEAR] == [*LAST_YEAR, 2100.0, 2100.0]
    assert errors[Scenario.AS_LAST_YEAR] == [*[0.0] * 12, 0.0, 0.0, None, 12]  # no April differs: no MASE
    for each in (Scenario.CURRENT_GROWTH, Scenario.TREND, Scenario.STATISTICS):
        line = told.lines[each]
        assert line.values is not None
        assert line.accuracy is not None
        assert scenarios[each] == pytest.approx([*line.values, sum(line.values), line.landing])
        assert errors[each][12] == pytest.approx(line.accuracy.error)
    assert scenarios[Scenario.SEASONAL_MODEL] == [None] * 14
    assert block(path, forecast.LACKS) == [[None]] * 4 + [[forecast.OFF]]
    assert block(path, forecast.UNCHECKED) == [[None]] * 5
    assert block(path, forecast.NOTE) == [
        ["Expected in the 12 months from July 2026 on: 2,100. 5% of it is planned."]
    ]  # fmt: skip
    assert block(path, forecast.CHOSEN) == [["As last year"]]
    assert [row[0] for row in block(path, forecast.WORDS)] == [
        "As last year did best: tried on 12 past dates, it was off by 0% on average.",
        f"Tried on the past, 100% of {told.band.cases} months lay between at least and at most; 80% should.",
        "2026 lands at 2,100: 1,500 until 30 June, 600 to come.",
        None,
    ]


def test_the_chart_is_drawn_from_24_months_back_and_12_ahead(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    rows = block(path, forecast.CHART)
    assert [row[0].date() for row in rows] == [first_day(MONTH + at) for at in range(-23, 13)]  # type: ignore[union-attr]
    assert [row[1] for row in rows[:24]] == [1000.0 if at % 12 == 9 else 100.0 for at in range(24)]
    assert [row[2] for row in rows] == [None] * 24 + LAST_YEAR
    assert [row[5] for row in rows[24:]] == [60.0, 40.0, *[None] * 10]


def test_the_running_month_is_expected_until_it_ends(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    refresh(open_book(path), date(2026, 6, 29), now=NOW)
    row = block(path, forecast.CHART)[23]
    assert row[1:3] == [None, 100.0]
    refresh(open_book(path), date(2026, 5, 20), now=NOW)
    words = [each[0] for each in block(path, forecast.WORDS)]
    assert words[3] == "May 2026 counts with 100 so far and 0 for its rest, as a year before."


def test_the_call_list_names_whom_to_call_about_each_month(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    (row,) = FileBook(path).table(forecast.CALLS.name).rows
    called = [date(2027, 4, 1), "Q", "Quarterly", "Active", 900.0, date(2026, 4, 1), Segment.ACTIVE.advice]
    assert list(row) == called


def test_every_number_on_the_sheet_is_that_of_the_forecast(tmp_path: Path) -> None:
    as_of = date(2026, 6, 10)
    early, late = [900.0 + back * 37 % 101 for back in range(52)], [90.0 + back * 53 % 71 for back in range(52)]
    rows: list[list[Value]] = [["S", first_day(MONTH - back), each, "Paid"] for back, each in enumerate(early)]
    rows += [["S", first_day(MONTH - back).replace(day=20), each, "Paid"] for back, each in enumerate(late) if back]
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, rows)
    told = refresh(open_book(path), as_of, now=NOW).forecast
    assert told is not None
    assert told.expected is not None
    assert told.line is not None
    assert told.line.accuracy is not None
    ahead = dict(zip(forecast.ROWS, block(path, forecast.AHEAD), strict=True))
    assert ahead["Expected"] == pytest.approx([*told.expected, sum(told.expected)])
    assert ahead["at least, in 8 of 10 cases"] == pytest.approx([*told.band.low, None])
    assert ahead["at most"] == pytest.approx([*told.band.high, None])
    errors = dict(zip(Scenario, block(path, forecast.ERRORS), strict=True))
    for each, line in told.lines.items():
        found = line.accuracy
        assert found is not None
        numbers = [*found.by_horizon, found.error, found.share, found.mase, found.dates]
        assert errors[each] == pytest.approx(numbers)
        assert len({round(number, 9) for number in numbers if number is not None}) > 10
    chart = block(path, forecast.CHART)
    assert chart[23] == [datetime(2026, 6, 1), None, early[0] + late[12], None, None, None]
    assert [row[2:5] for row in chart[24:]] == [
        pytest.approx(each) for each in zip(told.expected, told.band.low, told.band.high, strict=True)
    ]
    words = [each[0] for each in block(path, forecast.WORDS)]
    chosen = told.line.accuracy
    assert chosen.share is not None
    assert (
        words[0]
        == f"{told.chosen} did best: tried on {chosen.dates} past dates, it was off by {chosen.share:.0%} on average."
    )
    assert "counts with 900 so far and" in str(words[3])


def test_a_past_too_short_to_check_is_told_beside_what_stands_in(tmp_path: Path) -> None:
    path, _ = made(tmp_path, _paid("S", 100.0, range(14)))
    assert block(path, forecast.WORDS)[0] == [
        "As last year is expected, unchecked: the past is too short to try a scenario on 10 dates."
    ]
    assert block(path, forecast.ERRORS) == [[None] * 16] * 5
    assert block(path, forecast.UNCHECKED)[:2] == [["Not checked: the past is too short for 10 past dates."], [None]]
    assert block(path, forecast.LACKS)[:2] == [[None], ["It needs 24 whole months of sales; there are 14."]]


def test_more_planned_than_expected_leaves_nothing_open(tmp_path: Path) -> None:
    path, _ = made(tmp_path, [*SALES, ["S", date(2026, 7, 21), 540.0, "Planned"]])
    rows = dict(zip(forecast.ROWS, block(path, forecast.AHEAD), strict=True))
    assert (rows["Planned already"][0], rows["Share planned"][0], rows["Still open"][0]) == (600.0, 6.0, 0.0)


def test_where_less_than_nothing_is_expected_no_share_of_it_is_planned(tmp_path: Path) -> None:
    path, _ = made(tmp_path, [*_paid("S", -100.0, range(30)), ["N", date(2026, 8, 1), 40.0, "Planned"]])
    rows = dict(zip(forecast.ROWS, block(path, forecast.AHEAD), strict=True))
    assert rows["Expected"][12] == -1200.0
    assert rows["Share planned"] == [None] * 13
    assert block(path, forecast.NOTE) == [["Expected in the 12 months from July 2026 on: -1,200."]]


def test_amounts_of_nothing_draw_no_line(tmp_path: Path) -> None:
    path, _ = made(tmp_path, _paid("S", 0.0, range(30)))
    assert [row[1:] for row in block(path, forecast.CHART)] == [[None] * 5] * 36


@pytest.mark.parametrize(
    ("rows", "off"),
    [(SALES, "0%"), ([["S", first_day(MONTH - 40), 7.0, "Paid"]], "0")],
    ids=["of what was sold", "where nothing was sold"],
)
def test_how_far_the_choice_was_off_is_told_in_the_unit_there_is(
    rows: list[list[Value]], off: str, tmp_path: Path
) -> None:
    path, _ = made(tmp_path, rows)
    assert f"it was off by {off} on average." in str(block(path, forecast.WORDS)[0][0])


def test_too_short_a_past_says_so_and_leaves_the_numbers_blank(tmp_path: Path) -> None:
    path, report = made(tmp_path, SALES[:5] + SALES[-1:])
    assert block(path, forecast.NOTE) == [
        ["There is no forecast yet. It needs 12 whole months of sales; there are 5."]
    ]  # fmt: skip
    rows = dict(zip(forecast.ROWS, block(path, forecast.AHEAD), strict=True))
    assert rows["Expected"] == [None] * 13
    assert rows["Planned already"][1] == 40.0
    assert rows["Share planned"] == [None] * 13
    assert block(path, forecast.SCENARIOS) == [[None] * 14] * 5
    assert block(path, forecast.LACKS)[0] == ["It needs 12 whole months of sales; there are 5."]
    assert block(path, forecast.CHOSEN) == [[None]]
    assert not report.problems


def test_a_second_refresh_changes_nothing(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    once = path.read_bytes()
    refresh(open_book(path), AS_OF, now=NOW)
    assert path.read_bytes() == once


def test_a_workbook_without_the_sheet_and_the_setting_is_refreshed_with_a_notice(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    for name in [name for name in workbook.defined_names if name.startswith("Forecast")]:
        del workbook.defined_names[name]
    del workbook[forecast.SHEET], workbook.defined_names[settings.SEASONAL_MODEL.name]
    workbook.save(path)
    report = refresh(open_book(path), AS_OF, now=NOW)
    assert [str(each) for each in report.problems] == [
        "Forecast: The sheet Forecast is not in the workbook. It was not written. To have it back, copy it from a "
        "workbook made with kopilot-xl new."
    ]
    assert report.forecast is not None
    assert report.forecast.expected == pytest.approx(LAST_YEAR)


def test_the_seasonal_model_is_played_where_the_setting_is_on(tmp_path: Path) -> None:
    path, report = made(tmp_path, SeasonalModel="On")
    row = block(path, forecast.SCENARIOS)[-1]
    assert all(isinstance(each, (int, float)) for each in row)
    assert not report.problems
    assert report.forecast is not None
    line = report.forecast.lines[Scenario.SEASONAL_MODEL].accuracy
    assert line is not None
    assert block(path, forecast.ERRORS)[-1][15] == line.dates


def test_without_its_library_the_other_four_are_played_and_a_notice_says_how_to_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.exponential_smoothing.ets", None)
    path, report = made(tmp_path, SeasonalModel="on")
    (told,) = report.problems
    assert str(told) == (
        "Settings: Seasonal model is On, but the forecast was made without it. The seasonal model needs the library "
        'statsmodels. Install it with: pip install "kopilot-xl[forecast]".'
    )
    assert block(path, forecast.AHEAD)[0][:12] == LAST_YEAR


def test_the_snapshot_holds_what_is_expected_for_the_worksheet_function(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    rows = open_book(path).sheet_values(snapshot.SHEET)
    first = snapshot.REFRESHED_ROW - 1
    months = [row[snapshot.MONTH_COLUMN - 1 : snapshot.EXPECTED_COLUMN] for row in rows[first : first + 12]]
    assert [list(each) for each in months] == [
        [first_day(MONTH + at), LAST_YEAR[at - 1]] for at in range(1, 13)
    ]  # fmt: skip
    assert rows[snapshot.CLIENTS_ROW - 1][0] == "Clients"
