"""What happens in an open workbook: inputs that are formulas, copying, opening, data that changed since a refresh."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pyopenvba.interpreter import NOTHING

from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.sheets import snapshot
from tests.workbook.template.stand_in import StandIn, excel, stored
from tests.workbook.template.test_bridge import changed, messages
from tests.workbook.template.test_macros import evaluate, is_error, sources

DATA = (snapshot.SHAPE_ROW - 1, snapshot.DATA_COLUMN - 1)


@pytest.fixture(scope="module")
def table() -> list[list[Any]]:
    return stored(rebuild.SAMPLE)


@pytest.fixture
def python(table: list[list[Any]]) -> StandIn:
    """Answers with a segment that tells which day, and which date of the first invoice, it was given."""
    made = StandIn({"refresh_portfolio": lambda _: "Done."})

    def answer(clients: Any, transactions: Any, actions: Any, settings: Any, as_of: Any, layout: int) -> Any:
        return changed(table, f"{_day(dict(settings)['AsOf'])} {_day(transactions[1][1])}")

    made.answers["snapshot"] = answer
    return made


def _day(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


@pytest.fixture
def host(python: StandIn) -> Any:
    opened = excel(rebuild.SAMPLE, python)
    opened.freeze_clock(datetime(2026, 7, 1, 9, 0))
    return opened


def serial(day: date) -> float:
    """A day as a cell holds it."""
    return float((day - date(1899, 12, 30)).days)


def calculated(host: Any, sheet: str) -> None:
    """As Excel after it calculated a sheet."""
    host.run("Calculated", sheet)


def test_a_day_by_formula_drops_the_snapshot_when_it_shows_another(host: Any, python: StandIn) -> None:
    host.run("Edit", "Settings", "M3", serial(date(2026, 7, 1)))
    host.run("EditSetting", "AsOf", "=M3")
    assert str(evaluate(host, "SEGMENT(1001)")).startswith("2026-07-01")
    before = python.recalculations
    host.run("Edit", "Settings", "M3", serial(date(2025, 1, 31)))
    calculated(host, "Settings")
    assert python.recalculations == before + 1
    assert str(evaluate(host, "SEGMENT(1001)")).startswith("2025-01-31")
    calculated(host, "Settings")
    assert (python.recalculations, len(python.calls)) == (before + 1, 2)


def test_an_issue_date_that_is_looked_up_drops_the_snapshot(host: Any, python: StandIn) -> None:
    host.run("Edit", "Guide", "M3", serial(date(2026, 6, 1)))
    host.run("Formula", "Transactions", "B2", "=Guide!M3")
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2026-06-01")
    before = python.recalculations
    host.run("Edit", "Guide", "M3", serial(date(2024, 6, 1)))
    calculated(host, "Transactions")
    assert python.recalculations == before + 1
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2024-06-01")


def test_other_sheets_and_formulas_that_show_the_same_ask_nobody(host: Any, python: StandIn) -> None:
    host.run("Edit", "Guide", "M3", serial(date(2026, 6, 1)))
    host.run("Formula", "Transactions", "B2", "=Guide!M3")
    host.run("Formula", "Clients", "M2", "=RAND()")
    evaluate(host, "SEGMENT(1001)")
    before = python.recalculations
    for sheet in ("Transactions", "Clients", "Guide", "Settings", "Portfolio"):
        calculated(host, sheet)
    host.run("Edit", "Guide", "M3", serial(date(2026, 6, 1)) + 0.7)  # the same day, later
    calculated(host, "Transactions")
    assert (python.recalculations, len(python.calls)) == (before, 1)


def test_where_no_input_is_a_formula_nothing_is_read(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    host.run("Edit", "Guide", "M3", "note")
    for sheet in ("Transactions", "Clients", "Settings"):
        calculated(host, sheet)
    assert evaluate(host, "KopilotFormulaRanges.Count") == 0
    assert (python.recalculations, len(python.calls)) == (0, 1)


def test_a_snapshot_taken_while_excel_still_calculates_is_not_kept(host: Any, python: StandIn) -> None:
    host.run("Edit", "Guide", "M3", serial(date(2026, 6, 1)))
    host.run("Formula", "Transactions", "B2", "=Guide!M3")
    python.is_calculating = True
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2026-06-01")
    before = python.recalculations
    python.is_calculating = False
    host.run("EditUnheard", "Guide", "M3", serial(date(2024, 6, 1)))  # what the formula shows once it is computed
    calculated(host, "Portfolio")
    assert python.recalculations == before + 1
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2024-06-01")


def test_inputs_that_change_at_every_calculation_do_not_go_round_in_circles(host: Any, python: StandIn) -> None:
    host.run("Edit", "Guide", "M3", 1.0)
    host.run("Formula", "Transactions", "C2", "=Guide!M3")
    evaluate(host, "SEGMENT(1001)")
    before = python.recalculations
    count = iter(range(2, 99))

    def again() -> None:
        host.run("Edit", "Guide", "M3", float(next(count)))
        calculated(host, "Transactions")

    python.when_recalculated = again
    host.run("Edit", "Guide", "M3", 2.5)
    calculated(host, "Transactions")
    assert python.recalculations == before + 1


def test_while_cells_wait_to_be_pasted_the_recalculation_waits(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    python.is_copying = True
    for row in (5, 6, 7):
        host.run("Edit", "Transactions", f"C{row}", 700)
        host.run("KopilotSelected")
    assert python.recalculations == 0
    python.is_copying = False
    host.run("KopilotSelected")
    host.run("KopilotSelected")
    assert python.recalculations == 1
    evaluate(host, "SEGMENT(1001)")
    assert len(python.calls) == 2


def test_what_shows_name_errors_since_macros_were_blocked_is_computed_on_opening(host: Any, python: StandIn) -> None:
    host.run("KopilotOpened")
    before = python.recalculations
    host.run("KopilotOpened")
    assert python.recalculations == before
    python.shows_name_error = True
    host.run("KopilotOpened")
    assert python.recalculations == before + 1


def with_mark(table: list[list[Any]], mark: str) -> list[list[Any]]:
    made = [list(row) for row in table]
    made[DATA[0]][DATA[1]] = mark
    return made


def test_portfolio_says_that_the_data_changed_since_the_refresh(
    host: Any, python: StandIn, table: list[list[Any]]
) -> None:
    mark = table[DATA[0]][DATA[1]]
    assert str(mark).startswith("data ")
    python.answers["snapshot"] = lambda *_: with_mark(table, mark)
    assert evaluate(host, "KopilotDataState()") == ""
    python.answers["snapshot"] = lambda *_: with_mark(table, "data of another kind")
    host.run("Edit", "Transactions", "C5", 700)
    assert evaluate(host, "KopilotDataState()") == "Data changed since the last refresh"
    python.answers["snapshot"] = lambda *_: with_mark(table, mark)
    host.run("Edit", "Transactions", "C5", 600)  # and back again
    assert evaluate(host, "KopilotDataState()") == ""


def test_without_python_what_was_edited_counts(python: StandIn) -> None:
    python.has_add_in = False
    host = excel(rebuild.SAMPLE, python)
    assert evaluate(host, "KopilotDataState()") == ""
    host.run("Edit", "Guide", "M3", "note")
    assert evaluate(host, "KopilotDataState()") == ""
    host.run("Edit", "Transactions", "C5", 700)
    assert evaluate(host, "KopilotDataState()") == "Data changed since the last refresh"


@pytest.mark.parametrize("moment", ["46203.9999999", "CDate(46203.9999999)", "46204", "46204.75", "CDate(46204.99)"])
def test_a_day_a_hair_below_midnight_is_the_day_that_is_meant(host: Any, python: StandIn, moment: str) -> None:
    assert not is_error(evaluate(host, f"SEGMENT(1001, {moment})"), 2042)
    assert evaluate(host, f"KopilotDayText(KopilotDay({moment}))") == "2026-07-01"


def test_days_are_reckoned_without_the_calendar_of_the_country(host: Any) -> None:
    for day in (*range(61, 800, 7), *range(36_500, 37_000), 46_081, 73_109, 2_958_465):
        text = (date(1899, 12, 30) + timedelta(day)).isoformat()
        assert evaluate(host, f"KopilotDayText({day})") == text
        assert evaluate(host, f'KopilotDayOf("{text}")') == day
    for none in ("2026-02-29", "2026-13-01", "2026-00-10", "1899-12-31", "2026-1-1", "some day"):
        assert evaluate(host, f'KopilotDayOf("{none}")') == 0


def test_no_macro_asks_the_calendar_of_the_country() -> None:
    code = "\n".join(
        line for text in sources().values() for line in text.splitlines() if not line.strip().startswith("'")
    )
    for name in ("Format(Date", "Format(id", '"yyyy', "DateSerial(", 'CDate("', "Year("):
        assert name not in code


def test_an_edit_never_shows_an_error_of_ours(host: Any, python: StandIn) -> None:
    host.run("DeleteSheet", "Settings")
    host.run("Edit", "Transactions", "C5", 700)
    host.run("KopilotRefreshPortfolio", NOTHING)
    assert messages(host)[-1] == "Done."


def test_edits_in_quick_succession_in_a_large_workbook_ask_once(host: Any, python: StandIn) -> None:
    host.run("Lengthen", "Transactions", 5001)
    assert str(evaluate(host, "SEGMENT(1001)"))
    asked, before = len(python.asked("snapshot")), python.recalculations
    for day in (date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)):
        host.run("Edit", "Transactions", "B2", serial(day))
    assert (python.recalculations, len(python.asked("snapshot")), python.is_due) == (before, asked, True)
    host.run("KopilotCatchUp")
    assert python.recalculations == before + 1
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2020-01-03")
    assert len(python.asked("snapshot")) == asked + 1


def test_a_formula_computed_before_the_moment_is_over_asks_at_once(host: Any, python: StandIn) -> None:
    host.run("Lengthen", "Transactions", 5001)
    assert str(evaluate(host, "SEGMENT(1001)"))
    host.run("Edit", "Transactions", "B2", serial(date(2020, 1, 2)))
    assert str(evaluate(host, "SEGMENT(1001)")).endswith("2020-01-02")
    host.run("KopilotClosing")
    assert not python.is_due, "Excel would fetch the workbook again"


def test_a_small_one_waits_for_nothing(host: Any, python: StandIn) -> None:
    before = python.recalculations
    host.run("Edit", "Transactions", "B2", serial(date(2020, 1, 2)))
    assert (python.recalculations, python.is_due) == (before + 1, False)
