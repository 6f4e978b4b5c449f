"""The worksheet functions over a Python that can be reached, or cannot: how often it is asked, and what cells show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from pyopenvba.interpreter import EMPTY, NOTHING

from kopilot_xl.excel import udfs
from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.sheets import settings, snapshot
from kopilot_xl.workbook.template import build
from tests.workbook.template.stand_in import NO_SUCH_MACRO, SERVER_GONE, StandIn, excel, stored
from tests.workbook.template.test_macros import NOT_AVAILABLE, evaluate, is_error

STORED_DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def table() -> list[list[Any]]:
    return stored(rebuild.SAMPLE)


def changed(table: list[list[Any]], segment: str, day: date | None = None) -> list[list[Any]]:
    """The snapshot, but the first client's segment is another, and maybe the day."""
    made = [list(row) for row in table]
    made[snapshot.FIRST_CLIENT_ROW - 1][1] = segment
    if day:
        made[snapshot.AS_OF_ROW - 1][1] = day
    return made


@pytest.fixture
def python(table: list[list[Any]]) -> StandIn:
    """Answers with a segment that tells the day asked for, and counts the versions of the data."""
    made = StandIn({})

    def answer(
        clients: Any, transactions: Any, actions: Any, settings: Any, as_of: datetime | None, layout: int
    ) -> Any:
        told = as_of.date().isoformat() if as_of else f"version {len(made.calls)}"
        return changed(table, told, as_of.date() if as_of else None)

    made.answers["snapshot"] = answer
    return made


@pytest.fixture
def host(python: StandIn) -> Any:
    opened = excel(rebuild.SAMPLE, python)
    opened.freeze_clock(datetime(2026, 7, 1, 9, 0))
    return opened


def messages(host: Any) -> list[str]:
    return [text for kind, text, _, _ in host.dialogs if kind == "MsgBox"]


def test_a_thousand_formulas_ask_once(host: Any, python: StandIn) -> None:
    python.answers["snapshot"] = lambda *_: stored(rebuild.SAMPLE)
    assert host.run("Filled", 1000) == 1000
    evaluate(host, "PORTFOLIO_SHAPE()"), evaluate(host, "SEGMENT_COUNTS()"), evaluate(host, "LEAVES_ON(1004)")
    assert len(python.calls) == python.starts == 1


def test_python_is_given_the_tables_with_their_headers_and_the_settings_by_name(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    [(module, function, (clients, transactions, actions, given, as_of, layout))] = python.calls
    assert (module, function, as_of) == ("kopilot_xl.excel.udfs", "snapshot", None)
    assert layout == snapshot.FORMAT
    assert clients[0][:3] == ["Client ID", "Client", "Created on"]
    assert transactions[0][:3] == ["Client ID", "Issue date", "Amount"]
    assert actions[0][:3] == ["Recorded on", "Client ID", "Action"]
    assert [name for name, _ in given] == [each.name for each in settings.ALL]
    assert dict(given)["AsOf"] == datetime(2026, 7, 1)


def test_pythons_answer_and_the_stored_one_are_read_alike(table: list[list[Any]]) -> None:
    through = excel(rebuild.SAMPLE, StandIn({"snapshot": lambda *_: table}))
    alone = excel(rebuild.SAMPLE)
    for key in ["1001", "1004", "P-014"]:
        for name in ("SEGMENT", "NEXT_ACTION", "LEAVES_ON"):
            assert evaluate(through, f'{name}("{key}")') == evaluate(alone, f'{name}("{key}")')
    assert evaluate(through, "SEGMENT_COUNTS()") == evaluate(alone, "SEGMENT_COUNTS()")
    assert evaluate(through, "PORTFOLIO_SHAPE()") == evaluate(alone, "PORTFOLIO_SHAPE()")


def test_the_real_function_gives_what_the_refresh_stored(table: list[list[Any]]) -> None:
    python = StandIn({"snapshot": udfs.snapshot, "ACTIVITY_SEGMENT": udfs.ACTIVITY_SEGMENT})
    through, alone = excel(rebuild.SAMPLE, python), excel(rebuild.SAMPLE)
    for row in table[snapshot.FIRST_CLIENT_ROW - 1 :: 9]:
        for name in ("SEGMENT", "NEXT_ACTION", "LEAVES_ON"):
            assert evaluate(through, f'{name}("{row[0]}")') == evaluate(alone, f'{name}("{row[0]}")')
    assert evaluate(through, "SEGMENT_COUNTS()") == evaluate(alone, "SEGMENT_COUNTS()")
    assert evaluate(through, 'ACTIVITY_SEGMENT("2020-01-01", "2026-06-01", Empty)') == "Active"
    assert is_error(evaluate(through, 'ACTIVITY_SEGMENT("some day", Empty, Empty)'), 2015)
    assert messages(through) == []


def test_what_the_real_function_refuses_is_told_once(table: list[list[Any]]) -> None:
    host = excel(rebuild.SAMPLE, StandIn({"snapshot": udfs.snapshot}))
    host.run("Edit", "Transactions", "B1", "When")
    assert host.run("Filled", 20) == 20
    (told,) = messages(host)
    assert 'no column "Issue date"' in told or "Issue date" in told
    host.run("Edit", "Transactions", "B1", "Issue date")
    host.run("DeleteName", "ActiveMonths")
    host.run("Edit", "Transactions", "C5", 1)
    assert host.run("Filled", 20) == 20
    assert "ActiveMonths" in messages(host)[1]
    assert len(messages(host)) == 2


def test_an_unknown_client_asks_nobody(host: Any, python: StandIn) -> None:
    for client in range(9000, 9050):
        assert is_error(evaluate(host, f"SEGMENT({client})"), NOT_AVAILABLE)
    assert len(python.calls) == 1


def test_each_day_is_asked_for_once(host: Any, python: StandIn) -> None:
    for _ in range(3):
        assert evaluate(host, "SEGMENT(1001)") == "version 1"
        assert evaluate(host, "SEGMENT(1001, DateSerial(2026, 7, 1))") == "version 1"
        assert evaluate(host, "SEGMENT(1001, DateSerial(2026, 1, 31))") == "2026-01-31"
        assert evaluate(host, 'SEGMENT(1001, "2025-12-31")') == "2025-12-31"
        assert evaluate(host, "SEGMENT(1001, 46053.75)") == "2026-01-31"
    assert [arguments[4] for arguments in python.asked("snapshot")] == [
        None, datetime(2026, 1, 31), datetime(2025, 12, 31),
    ]  # fmt: skip


def test_at_midnight_the_snapshot_is_asked_anew(host: Any, python: StandIn) -> None:
    assert evaluate(host, "SEGMENT(1001)") == "version 1"
    host.freeze_clock(datetime(2026, 7, 2, 0, 1))
    assert evaluate(host, "SEGMENT(1001)") == "version 2"


CHANGES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "an amount": (lambda host: host.run("Edit", "Transactions", "C5", 700), True),
    "an invoice typed below the table": (lambda host: host.run("Edit", "Transactions", "A5000", 1001), True),
    "an invoice's row deleted": (lambda host: host.run("DeleteRow", "Transactions", 3), True),
    "a client's id": (lambda host: host.run("Edit", "Clients", "A3", 77), True),
    "a creation date": (lambda host: host.run("Edit", "Clients", "C3", 46000), True),
    "a header": (lambda host: host.run("Edit", "Transactions", "C1", "Sum"), True),
    "an action": (lambda host: host.run("Edit", "Actions", "C2", "Mark lost"), True),
    "a setting": (lambda host: host.run("EditSetting", "ActiveMonths", 3), True),
    "the day": (lambda host: host.run("EditSetting", "AsOf", 46000), True),
    "what refresh writes beside a client": (lambda host: host.run("Edit", "Clients", "I3", "Call them"), False),
    "what refresh writes beside an action": (lambda host: host.run("Edit", "Actions", "G2:H2", "x"), False),
    "a column of the user's own": (lambda host: host.run("Edit", "Clients", "M3", "note"), False),
    "a cell beside the settings": (lambda host: host.run("Edit", "Settings", "M3", "note"), False),
    "another sheet": (lambda host: host.run("Edit", "Guide", "M3", "note"), False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_that_can_matter_recalculates_once(host: Any, python: StandIn, what: str) -> None:
    change, matters = CHANGES[what]
    evaluate(host, "SEGMENT(1002)")
    change(host)
    assert python.recalculations == int(matters)
    for client in (1001, 1002, 1004, 9999):
        evaluate(host, f"SEGMENT({client})")
    assert len(python.calls) == 1 + int(matters)
    assert messages(host) == []


def test_five_thousand_pasted_rows_ask_once(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    host.run("PasteRows", "Transactions", 3000, 5000)
    assert host.run("Filled", 50) == 0
    assert evaluate(host, "SEGMENT(1001)") == "version 2"
    assert (len(python.calls), python.recalculations) == (2, 1)


def test_without_the_add_in_the_last_refresh_answers_and_nobody_is_bothered(host: Any, python: StandIn) -> None:
    python.has_add_in = False
    assert host.run("Filled", 20) == 20
    host.run("Edit", "Transactions", "C5", 700)
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    assert is_error(evaluate(host, "SEGMENT(1001, DateSerial(2026, 1, 31))"), NOT_AVAILABLE)
    assert (python.trials, python.starts, len(python.calls), messages(host)) == (0, 0, 0, [])


def test_a_python_that_does_not_start_is_told_once_and_not_tried_again(host: Any, python: StandIn) -> None:
    python.starting = [(1000, "Could not activate Python COM server")] * 9
    assert host.run("Filled", 20) == 20
    host.run("Edit", "Transactions", "C5", 700)
    assert host.run("Filled", 20) == 20
    (told,) = messages(host)
    assert "kopilot-xl install --check" in told
    assert "Could not activate" in told
    assert "last refresh" in told
    assert python.starts == 1


def test_a_server_that_ended_is_started_anew_once(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    python.failing = [(SERVER_GONE, "The RPC server is unavailable")]
    host.run("Edit", "Transactions", "C5", 700)
    assert evaluate(host, "SEGMENT(1001)") == "version 3"
    assert (python.starts, messages(host)) == (2, [])


def test_a_server_that_ends_each_time_is_given_up(host: Any, python: StandIn) -> None:
    python.failing = [(SERVER_GONE, "The RPC server is unavailable")] * 9
    assert host.run("Filled", 20) == 20
    assert (python.starts, len(python.calls), len(messages(host))) == (2, 2, 1)


def test_an_error_in_python_is_told_in_its_last_line_and_tried_again_when_the_data_change(
    host: Any, python: StandIn
) -> None:
    python.failing = [
        (1000, 'Traceback (most recent call last):\n  File "x.py"\nMissingError: no column "Amount". Restore it.\n')
    ]
    assert host.run("Filled", 20) == 20
    (told,) = messages(host)
    assert told == 'no column "Amount". Restore it.\n\nUntil then the formulas answer from the last refresh.'
    host.run("Edit", "Transactions", "C1", "Amount")
    assert evaluate(host, "SEGMENT(1001)") == "version 2"
    assert len(messages(host)) == 1


def test_a_text_for_an_answer_is_told_and_shown_in_no_cell(host: Any, python: StandIn) -> None:
    python.answers["snapshot"] = lambda *_: "Settings!C5: write a whole number."
    assert host.run("Filled", 10) == 10
    assert messages(host)[0].startswith("Settings!C5: write a whole number.")
    assert len(messages(host)) == 1


@pytest.mark.parametrize("damage", ["format", "short", "day"])
def test_an_answer_of_another_version_is_told(host: Any, python: StandIn, table: list[list[Any]], damage: str) -> None:
    made = [list(row) for row in table]
    if damage == "format":
        made[0][1] = snapshot.FORMAT + 1
    elif damage == "short":
        made = made[:-3]
    else:
        made[snapshot.AS_OF_ROW - 1][1] = "soon"
    python.answers["snapshot"] = lambda *_: made
    assert host.run("Filled", 10) == 10
    assert ["another version" in each for each in messages(host)] == [True]


def test_a_missing_setting_or_table_is_pythons_to_explain(host: Any, python: StandIn) -> None:
    host.run("DeleteName", "ActiveMonths")
    evaluate(host, "SEGMENT(1001)")
    assert "ActiveMonths" not in dict(python.calls[0][2][3])


@pytest.mark.parametrize("system", ["Mac", "Unix"])
def test_elsewhere_python_is_not_even_tried(system: str) -> None:
    python = StandIn({}, system)
    host = excel(rebuild.SAMPLE, python)
    assert host.run("Filled", 20) == 20
    assert (python.starts, python.calls, messages(host)) == (0, [], [])


def test_while_python_works_formulas_do_not_ask_it(host: Any, python: StandIn) -> None:
    seen: list[Any] = []
    python.answers["refresh_portfolio"] = lambda as_of: "Refreshed."
    evaluate(host, "SEGMENT(1001)")
    python.during = lambda: seen.append(evaluate(host, "SEGMENT(1001, DateSerial(2020, 1, 1))"))
    host.run("KopilotRefreshPortfolio", NOTHING)
    assert is_error(seen[0], NOT_AVAILABLE)
    assert len(python.asked("snapshot")) == 1


def test_a_rule_is_asked_with_values_and_without_a_day_with_that_of_the_settings(host: Any, python: StandIn) -> None:
    python.answers["ACTIVITY_SEGMENT"] = lambda created, last, planned, as_of: "New"
    assert evaluate(host, "ACTIVITY_SEGMENT(DateSerial(2026, 6, 1), Empty, Empty)") == "New"
    assert evaluate(host, "ACTIVITY_SEGMENT(1, 2, 3, DateSerial(2026, 1, 31))") == "New"
    assert [each[3] for each in python.asked("ACTIVITY_SEGMENT")] == [datetime(2026, 7, 1), datetime(2026, 1, 31)]


def test_a_rule_over_ranges_is_one_call_and_errors_are_made_in_excel(host: Any, python: StandIn) -> None:
    python.answers["ACTIVITY_SEGMENT"] = lambda created, *_: [["#VALUE!"], [None], ["Active"]]
    cells = 'Worksheets("Clients").Range("C2:C4")'
    answer = evaluate(host, f"ACTIVITY_SEGMENT({cells}, {cells}, {cells})")
    assert is_error(answer[0][0], 2015)
    assert [row[0] for row in answer[1:]] == ["", "Active"]
    assert len(python.calls) == 1
    assert len(python.calls[0][2][0]) == 3
    python.answers["ACTIVITY_SEGMENT"] = lambda *_: [["#N/A", "Lost"]]
    row = evaluate(host, "ACTIVITY_SEGMENT(1, 2, 3)")
    assert (is_error(row[0], NOT_AVAILABLE), row[1]) == (True, "Lost")
    python.answers["ACTIVITY_SEGMENT"] = lambda *_: "#VALUE!"
    assert is_error(evaluate(host, "ACTIVITY_SEGMENT(1, 2, 3)"), 2015)


def test_a_rule_is_not_available_without_python(host: Any, python: StandIn) -> None:
    python.starting = [(NO_SUCH_MACRO, "Cannot run the macro")] * 9
    for _ in range(3):
        assert is_error(evaluate(host, "ACTIVITY_SEGMENT(1, 2, 3)"), NOT_AVAILABLE)
    assert python.starts == 1


def opened(host: Any) -> None:
    host.run("KopilotOpened")


def test_after_a_refresh_from_outside_the_first_opening_recalculates(host: Any, python: StandIn) -> None:
    opened(host)
    assert python.recalculations == 1
    assert evaluate(host, f'Worksheets("{snapshot.SHEET}").Range("{snapshot.FORMULAS_CELL}").Value') == "done"
    opened(host)
    assert python.recalculations == 1


def test_without_a_day_in_the_settings_the_next_days_opening_recalculates(host: Any, python: StandIn) -> None:
    opened(host)
    host.run("EditSetting", "AsOf", EMPTY)
    before = python.recalculations
    opened(host)
    assert python.recalculations == before
    host.freeze_clock(datetime(2026, 7, 2, 9, 0))
    opened(host)
    assert python.recalculations == before + 1


def test_opening_what_was_never_refreshed_does_nothing() -> None:
    python = StandIn({})
    host = excel(build.TEMPLATE, python)
    opened(host)
    assert (python.recalculations, python.starts, host.dialogs) == (0, 0, [])
