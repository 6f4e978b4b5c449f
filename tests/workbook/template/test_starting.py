"""Starting Python from the workbook: whose it is, one that does not start, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pyopenvba.interpreter import NOTHING

from kopilot_xl.usecases.sample import rebuild
from tests.workbook.template.stand_in import INTERPRETER, PYTHON_WITHOUT_WINDOW, SERVER_GONE, StandIn, excel, stored
from tests.workbook.template.test_bridge import messages
from tests.workbook.template.test_macros import evaluate, sources

REFUSED = "Traceback (most recent call last):\n  File \"<string>\"\nModuleNotFoundError: No module named 'xlwings'\n"


@pytest.fixture
def python() -> StandIn:
    table = stored(rebuild.SAMPLE)
    return StandIn(
        {"snapshot": lambda *_: table, "connection": lambda: "Python answers.", "refresh_portfolio": lambda _: "Done."}
    )


@pytest.fixture
def host(python: StandIn) -> Any:
    opened = excel(rebuild.SAMPLE, python)
    opened.freeze_clock(datetime(2026, 7, 1, 9, 0))
    return opened


def press(host: Any, button: str) -> None:
    host.run(button, NOTHING)


def test_it_is_tried_out_of_sight_before_xlwings_starts_it(host: Any, python: StandIn) -> None:
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    ((tried),) = python.tried
    assert tried.startswith(PYTHON_WITHOUT_WINDOW)
    assert "kopilot_xl.excel.udfs" in tried
    assert (python.starts, python.said) == (1, ["Kopilot: starting Python", ""])


def test_one_with_a_window_is_tried_where_there_is_no_other(host: Any, python: StandIn) -> None:
    python.files = {INTERPRETER}
    evaluate(host, "SEGMENT(1001)")
    assert python.tried[0].startswith(INTERPRETER)


def test_the_trial_has_a_limit_of_ten_seconds() -> None:
    source = sources()
    assert "Private Const SECONDS As Long = 10" in source["KopilotStart"]
    assert "trial.Terminate" in source["KopilotHost"]


def test_one_that_fails_the_trial_is_never_asked_of_xlwings_and_the_second_failure_costs_nothing(
    host: Any, python: StandIn
) -> None:
    python.trial = REFUSED
    assert host.run("Filled", 20) == 20
    host.run("Edit", "Transactions", "C5", 700)
    assert host.run("Filled", 20) == 20
    for button in ("KopilotRefreshPortfolio", "KopilotProblems", "KopilotGuide", "KopilotRefreshPortfolio"):
        press(host, button)
    assert (python.trials, python.starts, python.calls) == (1, 0, [])
    told = messages(host)
    assert len(told) == 3
    assert all("kopilot-xl install --check" in each and "No module named 'xlwings'" in each for each in told)
    python.trial = ""
    press(host, "KopilotConnection")
    assert (python.trials, python.starts, messages(host)[-1]) == (2, 1, "Python answers.")
    evaluate(host, "SEGMENT(1001)")
    assert [function for _, function, _ in python.calls] == ["connection", "snapshot"]


def test_what_xlwings_does_not_start_is_not_tried_again_either(host: Any, python: StandIn) -> None:
    python.starting = [(1000, "Could not activate Python COM server")] * 9
    evaluate(host, "SEGMENT(1001)")
    press(host, "KopilotRefreshPortfolio")
    assert python.starts == 1
    assert all("Could not activate" in each for each in messages(host))
    assert python.said[-1] == ""


def test_an_error_of_number_1004_in_python_is_no_missing_add_in(host: Any, python: StandIn) -> None:
    python.failing = [(1004, "Application-defined error")]
    press(host, "KopilotRefreshPortfolio")
    assert messages(host) == ["Application-defined error"]


KEYS = [
    "INTERPRETER_WIN",
    "INTERPRETER",
    "PYTHONPATH",
    "CONDA PATH",
    "LICENSE_KEY",
    "DEBUG UDFS",
    "ONEDRIVE_CONSUMER_WIN",
]


@pytest.mark.parametrize("source", ["sheet", "directory"])
@pytest.mark.parametrize("key", KEYS)
def test_a_workbook_or_its_folder_cannot_choose_what_is_started(
    host: Any, python: StandIn, key: str, source: str
) -> None:
    python.settings[key, source] = r"C:\Users\Public\evil.exe"
    press(host, "KopilotRefreshPortfolio")
    (told,) = messages(host)
    assert "Python was not started" in told
    assert key in told
    assert "xlwings.conf" in told
    assert (python.trials, python.starts, python.calls) == (0, 0, [])
    del python.settings[key, source]
    press(host, "KopilotRefreshPortfolio")
    assert (messages(host)[1], python.starts) == ("Done.", 1)


@pytest.mark.parametrize(("said", "safe"), [("False", True), ("FALSCH", True), ("True", False), ("", False)])
def test_nothing_is_imported_from_the_workbooks_folder(host: Any, python: StandIn, said: str, safe: bool) -> None:
    python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "sheet"] = said
    press(host, "KopilotRefreshPortfolio")
    assert (messages(host) == ["Done."]) is safe
    assert python.starts == int(safe)


def test_without_an_interpreter_in_the_users_settings_nothing_is_started(host: Any, python: StandIn) -> None:
    for path in ("", "pythonw", r"C:\gone\python.exe"):
        python.settings["INTERPRETER_WIN", "user"] = path
        press(host, "KopilotRefreshPortfolio")
        assert "kopilot-xl install" in messages(host)[-1]
    assert (python.trials, python.starts) == (0, 0)


def test_conda_environments_of_the_users_settings_are_found(host: Any, python: StandIn) -> None:
    python.settings["INTERPRETER_WIN", "user"] = "pythonw"
    python.settings["CONDA PATH", "user"], python.settings["CONDA ENV", "user"] = r"C:\conda", "books"
    python.files = {r"C:\conda\envs\books\python.exe"}
    press(host, "KopilotRefreshPortfolio")
    assert python.tried[0].startswith(r"C:\conda\envs\books\python.exe ")
    assert messages(host) == ["Done."]


def test_while_another_workbook_is_in_front_formulas_wait_unless_the_settings_are_proven(
    host: Any, python: StandIn
) -> None:
    python.is_active = False
    del python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "sheet"]  # that sheet is of the other workbook
    assert host.run("Filled", 20) == 20
    assert (python.starts, messages(host)) == (0, [])
    before = python.recalculations
    python.is_active = True
    python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "sheet"] = "False"
    host.run("KopilotActivated")
    assert python.recalculations == before + 1
    evaluate(host, "SEGMENT(1001)")
    assert python.starts == 1
    host.run("KopilotActivated")
    assert python.recalculations == before + 1


def test_settings_that_are_proven_may_be_those_of_any_workbook_in_front(host: Any, python: StandIn) -> None:
    python.is_active = False
    del python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "sheet"]
    python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "user"] = "False"
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    assert python.starts == 1


def test_a_server_that_ended_is_tried_before_it_is_started_anew(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    python.failing = [(SERVER_GONE, "The RPC server is unavailable")]
    python.trial = REFUSED
    press(host, "KopilotRefreshPortfolio")
    assert (python.trials, python.starts) == (2, 1)
    assert "No module named 'xlwings'" in messages(host)[0]


def test_it_is_warmed_up_on_opening(host: Any, python: StandIn) -> None:
    host.run("KopilotOpened")
    assert (python.warm_ups, python.starts) == (1, 0)
    host.run("KopilotWarmUp")
    assert (python.starts, python.said, python.calls, messages(host)) == (1, ["Kopilot: starting Python", ""], [], [])
    evaluate(host, "SEGMENT(1001)")
    assert python.starts == 1


@pytest.mark.parametrize("why", ["no add-in", "not seen", "a Mac"])
def test_it_is_not_warmed_up(host: Any, python: StandIn, why: str) -> None:
    python.has_add_in, python.is_seen = why != "no add-in", why != "not seen"
    python.system = "Mac" if why == "a Mac" else "Windows"
    host.run("KopilotOpened")
    assert python.warm_ups == 0


def test_a_warm_up_that_fails_says_nothing_until_python_is_needed(host: Any, python: StandIn) -> None:
    python.trial = REFUSED
    host.run("KopilotWarmUp")
    assert messages(host) == []
    press(host, "KopilotRefreshPortfolio")
    assert (python.trials, len(messages(host))) == (1, 1)


def test_the_server_ends_when_the_workbook_is_closed(host: Any, python: StandIn) -> None:
    host.run("KopilotOpened")
    evaluate(host, "SEGMENT(1001)")
    host.run("KopilotClosing")
    assert (python.ended, python.warm_ups) == (1, 0)
    host.run("KopilotClosing")
    assert python.ended == 1
    evaluate(host, "SEGMENT(1001)")  # the closing was canceled
    host.run("Edit", "Transactions", "C5", 700)
    evaluate(host, "SEGMENT(1001)")
    assert python.starts == 2


def test_one_that_xlwings_knows_by_another_name_now_ends_itself(host: Any, python: StandIn) -> None:
    python.answers["end"] = lambda: None
    evaluate(host, "SEGMENT(1001)")
    python.server_name = "server of a workbook saved under another name"
    host.run("KopilotClosing")
    assert (python.ended, [function for _, function, _ in python.calls]) == (0, ["snapshot", "end"])


@pytest.mark.parametrize("last", [True, False])
def test_one_that_was_started_for_another_workbook_of_ours_ends_with_the_last(
    host: Any, python: StandIn, last: bool
) -> None:
    python.settings["ADD_WORKBOOK_TO_PYTHONPATH", "user"] = "False"
    python.is_active, python.is_last = False, last
    evaluate(host, "SEGMENT(1001)")
    host.run("KopilotClosing")
    assert python.ended == int(last)


def test_another_kopilot_workbook_in_front_is_named_and_nothing_is_done(host: Any, python: StandIn) -> None:
    python.is_active = False
    press(host, "KopilotRefreshPortfolio")
    press(host, "KopilotMarkLost")
    assert python.calls == []
    assert "Other.xlsx is in front" in messages(host)[0]
    assert "Kopilot.xlsm" in messages(host)[0]


def test_nobody_is_asked_in_an_excel_that_nobody_sees(host: Any, python: StandIn) -> None:
    python.is_seen, python.trial = False, REFUSED
    assert host.run("Filled", 20) == 20
    assert host.dialogs == []


def test_excels_settings_are_as_before_whatever_happens(host: Any, python: StandIn) -> None:
    seen = []

    def look() -> None:
        seen.append(
            [python.can_cancel, *(evaluate(host, f"Application.{name}") for name in ("EnableEvents", "DisplayAlerts"))]
        )

    python.during = look
    press(host, "KopilotRefreshPortfolio")
    python.failing = [(1000, "Something failed")]
    press(host, "KopilotRefreshPortfolio")
    look()
    assert seen == [[False, False, False], [True, True, True]]
