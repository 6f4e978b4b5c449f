"""The tab Kopilot: valid XML, a macro behind every button, and what each button does and refuses."""

from __future__ import annotations

import ast
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import EMPTY, NOTHING

from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.sheets import snapshot
from kopilot_xl.workbook.template import build
from tests.workbook.template.stand_in import NO_SUCH_MACRO, SERVER_GONE, StandIn, excel, stored
from tests.workbook.template.test_macros import evaluate, sources

NAMESPACE = "http://schemas.microsoft.com/office/2006/01/customui"
RELATIONSHIP = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"

CHILDREN = {
    "customUI": {"ribbon"},
    "ribbon": {"tabs"},
    "tabs": {"tab"},
    "tab": {"group"},
    "group": {"button"},
    "button": set(),
}
"""Of the schema of 2006, the elements used here and what may stand in each."""
ATTRIBUTES = {
    "customUI": set(),
    "ribbon": set(),
    "tabs": set(),
    "tab": {"id", "label", "insertAfterMso"},
    "group": {"id", "label"},
    "button": {"id", "label", "size", "imageMso", "onAction", "screentip", "supertip"},
}
OPTIONAL = {"size", "insertAfterMso"}
LONGEST = 1024
"""How many signs the schema lets a label or tip have."""
BUILT_IN_TABS = {"TabHome", "TabInsert", "TabPageLayoutExcel", "TabFormulas", "TabData", "TabReview", "TabView"}
KNOWN_IMAGES = {
    "Connections",
    "DeclineInvitation",
    "Delete",
    "ErrorChecking",
    "FunctionsDateTimeInsertGallery",
    "FunctionsFinancialInsertGallery",
    "GetExternalDataFromText",
    "Help",
    "Redo",
    "RefreshAll",
}
"""Pictures that every Excel since 2007 has."""
LABELS = [
    "Refresh portfolio", "As-of date", "Update from export", "Plan revenue", "Mark lost", "Mark canceled", "Reactivate",
    "Guide", "Problems", "Connection",
]  # fmt: skip


@pytest.fixture(scope="module")
def ribbon() -> Any:
    return etree.fromstring(build.RIBBON.read_bytes())


def name(element: Any) -> str:
    tag = etree.QName(element)
    assert tag.namespace == NAMESPACE
    return tag.localname


def buttons(ribbon: Any) -> list[Any]:
    return list(ribbon.iter(f"{{{NAMESPACE}}}button"))


def test_it_keeps_the_rules_of_its_schema(ribbon: Any) -> None:
    assert name(ribbon) == "customUI"
    for element in ribbon.iter(etree.Element):
        kind = name(element)
        assert {name(each) for each in element} <= CHILDREN[kind]
        given = set(element.attrib)
        assert given <= ATTRIBUTES[kind]
        assert ATTRIBUTES[kind] - given <= OPTIONAL
        assert (element.text or "").strip() == ""
        assert all(0 < len(value) <= LONGEST for value in element.attrib.values())
        assert element.get("size") in (None, "normal", "large")
        assert element.get("insertAfterMso") in (None, *BUILT_IN_TABS)


def test_ids_are_unique_and_of_our_own(ribbon: Any) -> None:
    ids = [each.get("id") for each in ribbon.iter(etree.Element) if each.get("id")]
    assert len(ids) == len({each.casefold() for each in ids})
    assert all(re.fullmatch(r"Kopilot[A-Za-z]+", each) for each in ids)


def test_every_control_is_there_with_a_picture_excel_has(ribbon: Any) -> None:
    assert [each.get("label") for each in buttons(ribbon)] == LABELS
    assert {each.get("imageMso") for each in buttons(ribbon)} <= KNOWN_IMAGES
    assert buttons(ribbon)[0].get("size") == "large"


def test_a_macro_of_the_right_form_is_behind_every_button_and_no_other(ribbon: Any) -> None:
    made = re.findall(r"^Public Sub (\w+)\(control As IRibbonControl\)$", sources()["KopilotRibbon"], re.MULTILINE)
    assert [each.get("onAction") for each in buttons(ribbon)] == made


def test_the_workbooks_carry_it(committed: Path) -> None:
    with zipfile.ZipFile(committed) as package:
        assert package.read(build.RIBBON_PART) == build.RIBBON.read_bytes()
        relationships = etree.fromstring(package.read("_rels/.rels"))
    assert [each.get("Target") for each in relationships if each.get("Type") == RELATIONSHIP] == [build.RIBBON_PART]
    ids = [each.get("Id") for each in relationships]
    assert len(ids) == len(set(ids))


def test_openpyxl_keeps_it(committed: Path, tmp_path: Path) -> None:
    saved = tmp_path / committed.name
    load_workbook(committed, keep_vba=True).save(saved)
    with zipfile.ZipFile(saved) as package:
        assert package.read(build.RIBBON_PART) == build.RIBBON.read_bytes()
        assert RELATIONSHIP.encode() in package.read("_rels/.rels")


@pytest.fixture
def python() -> StandIn:
    table = stored(rebuild.SAMPLE)
    return StandIn(
        {
            "snapshot": lambda *_: table,
            "refresh_portfolio": lambda as_of: "118 clients. The shape is Mature.",
            "record": lambda action, *_: f"{action}: written.",
            "connection": lambda: "Python answers.",
            "problems": lambda: "2 data problems.",
        }
    )


@pytest.fixture
def host(python: StandIn) -> Any:
    opened = excel(rebuild.SAMPLE, python)
    opened.freeze_clock(datetime(2026, 7, 1, 9, 0))
    return opened


def press(host: Any, button: str, *answers: object) -> None:
    host.answer_dialogs(*answers)
    host.run(button, NOTHING)


def told(host: Any) -> str:
    kind, text, title, _ = host.dialogs[-1]
    assert (kind, title) == ("MsgBox", "Kopilot")
    return str(text)


CANCEL = "(canceled)"
"""What a box that may stay blank is answered with where a user clicks Cancel."""


def store(host: Any, segment: str) -> None:
    """What a refresh of the open workbook leaves behind, but the first client's segment is another."""
    host.run("Edit", snapshot.SHEET, f"B{snapshot.FIRST_CLIENT_ROW}", segment)
    host.run("Edit", snapshot.SHEET, f"B{snapshot.REFRESHED_ROW}", 50000.5)
    host.run("Edit", snapshot.SHEET, snapshot.FORMULAS_CELL, snapshot.DUE)


def test_refresh_tells_one_message_and_needs_no_snapshot(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")
    python.during = lambda: store(host, "Refreshed")
    press(host, "KopilotRefreshPortfolio")
    assert (told(host), len(host.dialogs)) == ("118 clients. The shape is Mature.", 1)
    assert evaluate(host, "SEGMENT(1001)") == "Refreshed"
    assert [function for _, function, _ in python.calls] == ["snapshot", "refresh_portfolio"]
    assert python.calls[1][2] == [None]
    assert python.recalculations == 1
    assert evaluate(host, f'Worksheets("{snapshot.SHEET}").Range("{snapshot.FORMULAS_CELL}").Value') == "done"
    assert evaluate(host, "Application.EnableEvents") is True


def test_update_from_export_asks_for_files_only_where_none_are_remembered(host: Any, python: StandIn) -> None:
    given: list[tuple[object, object]] = []

    def update(invoices: object, clients: object) -> str:
        given.append((invoices, clients))
        return "" if invoices is None else "The export brought: +3 transactions."

    python.answers["update_from_export"] = update
    python.chosen = ["C:\\new\\a.csv", "C:\\new\\b.csv"]
    press(host, "KopilotUpdate")
    assert given == [(None, None), (["C:\\new\\a.csv", "C:\\new\\b.csv"], ["C:\\new\\a.csv", "C:\\new\\b.csv"])]
    assert (told(host), len(host.dialogs)) == ("The export brought: +3 transactions.", 1)
    assert evaluate(host, "Application.EnableEvents") is True
    python.answers["update_from_export"] = lambda invoices, clients: "The export brought: nothing new in the sources."
    python.asked_for.clear()
    press(host, "KopilotUpdate")
    assert told(host) == "The export brought: nothing new in the sources."
    assert python.asked_for == []


def test_a_python_that_ends_halfway_leaves_excel_as_it_was(host: Any, python: StandIn) -> None:
    def ended() -> None:
        for setting, value in (("EnableEvents", "False"), ("ScreenUpdating", "False"), ("Calculation", "-4135")):
            host.run("SetExcel", setting, value)
        raise VBARuntimeError(SERVER_GONE, "The remote procedure call failed.")

    python.during = ended
    press(host, "KopilotRefreshPortfolio")
    assert "could not be reached" in told(host)
    assert evaluate(host, "Application.EnableEvents") is True
    assert evaluate(host, "Application.ScreenUpdating") is True
    assert int(evaluate(host, "Application.Calculation")) == -4105
    assert python.said[-1] == ""


def test_no_file_chosen_is_no_update(host: Any, python: StandIn) -> None:
    python.answers["update_from_export"] = lambda invoices, clients: ""
    python.chosen = False
    press(host, "KopilotUpdate")
    assert len(python.asked("update_from_export")) == 1
    assert host.dialogs == []
    assert [heading.partition(":")[0] for heading in python.asked_for] == ["Invoices"]


def test_on_a_mac_update_says_how(host: Any, python: StandIn) -> None:
    python.system = "Mac"
    press(host, "KopilotUpdate")
    assert "in Terminal: kopilot-xl update" in told(host)
    assert python.commands == []


def test_a_refresh_that_stored_nothing_leaves_the_formulas_to_python(host: Any, python: StandIn) -> None:
    python.answers["refresh_portfolio"] = lambda as_of: "The sheet Portfolio is protected. Unprotect it."
    press(host, "KopilotRefreshPortfolio")
    assert told(host).startswith("The sheet Portfolio is protected.")
    evaluate(host, "SEGMENT(1001)")
    assert len(python.asked("snapshot")) == 1


def test_a_refresh_as_of_another_day_leaves_the_formulas_theirs(host: Any, python: StandIn) -> None:
    python.during = lambda: store(host, "Refreshed") if len(python.calls) == 1 else None
    press(host, "KopilotAsOfDate", " 2026-05-31 ")
    assert python.asked("refresh_portfolio") == [["2026-05-31"]]
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    assert [function for _, function, _ in python.calls] == ["refresh_portfolio", "snapshot"]


def test_no_day_given_is_no_refresh(host: Any, python: StandIn) -> None:
    press(host, "KopilotAsOfDate", "")
    assert python.calls == []
    assert host.dialogs[0][0] == "InputBox"
    assert len(host.dialogs) == 1


@pytest.mark.parametrize(
    ("button", "action"),
    [
        ("KopilotMarkLost", "Mark lost"),
        ("KopilotMarkCanceled", "Mark canceled"),
        ("KopilotReactivate", "Reactivate"),
    ],
)
def test_an_action_is_recorded_for_the_selected_clients(host: Any, python: StandIn, button: str, action: str) -> None:
    host.run("Pick", "Clients", "B2:B3")
    press(host, button, " no answer since May ")
    assert python.asked("record") == [[action, [1001, 1002], "", "", "no answer since May"]]
    assert "2 clients" in host.dialogs[0][1]
    assert "1001, 1002" in host.dialogs[0][1]
    assert (told(host), len(host.dialogs)) == (f"{action}: written.", 2)
    evaluate(host, "SEGMENT(1001)")
    assert len(python.asked("snapshot")) == 1


def test_planned_revenue_asks_when_and_how_much_and_leaves_the_reading_to_python(host: Any, python: StandIn) -> None:
    host.run("Pick", "Clients", "A2")
    press(host, "KopilotPlanRevenue", "2026-09-01", " 1200.50 ", "")
    assert python.asked("record") == [["Plan revenue", [1001], "2026-09-01", "1200.50", ""]]
    assert all("Plan revenue: 1 client\n1001" in text.replace("\r", "") for _, text, _, _ in host.dialogs[:3])
    assert "1200.50 on 2026-09-01" in host.dialogs[2][1]


@pytest.mark.parametrize("answers", [("",), ("2026-09-01", ""), ("2026-09-01", "1200", CANCEL)])
def test_whatever_is_not_answered_ends_it(host: Any, python: StandIn, answers: tuple[object, ...]) -> None:
    host.run("Pick", "Clients", "A2")
    press(host, "KopilotPlanRevenue", *answers)
    assert python.calls == []
    press(host, "KopilotMarkLost", CANCEL)
    assert python.calls == []


def test_hidden_rows_blank_cells_and_rows_selected_twice_do_not_count(host: Any, python: StandIn) -> None:
    host.run("Hide", "Clients", "A3:A5")
    host.run("SetHeight", "Clients", "A6")
    host.run("Edit", "Clients", "A6", EMPTY)
    host.run("Pick", "Clients", "A2:D7,C2:C7")
    press(host, "KopilotMarkLost", "")
    (arguments,) = python.asked("record")
    assert arguments[1] == [evaluate(host, f'Worksheets("Clients").Range("A{row}").Value') for row in (2, 7)]
    assert "2 clients" in host.dialogs[0][1]


def test_many_clients_are_counted_and_the_first_few_named(host: Any, python: StandIn) -> None:
    host.run("Pick", "Clients", "A1:A40")
    press(host, "KopilotMarkLost", "")
    assert len(python.asked("record")[0][1]) == 39
    assert "39 clients" in host.dialogs[0][1]
    assert "1001, 1002, 1003, 1004, 1005, \u2026\n" in host.dialogs[0][1].replace("\r", "")


@pytest.mark.parametrize(
    ("sheet", "cells"), [("Guide", "A1"), ("Clients", "M2"), ("Clients", "A1"), ("Clients", "A900")]
)
def test_nothing_selected_is_told(host: Any, python: StandIn, sheet: str, cells: str) -> None:
    host.run("Pick", sheet, cells)
    press(host, "KopilotMarkLost")
    assert told(host).startswith("Select cells of one or more clients")
    assert python.calls == []


def test_a_renamed_id_column_is_told(host: Any, python: StandIn) -> None:
    host.run("Edit", "Clients", "A1", "Number")
    host.run("Pick", "Clients", "A2")
    press(host, "KopilotMarkLost")
    assert 'no column "Client ID"' in told(host)


def test_what_python_refuses_is_told_in_one_message(host: Any, python: StandIn) -> None:
    python.failing = [(1000, "Traceback\nMissingError: Restore the column.\n")]
    press(host, "KopilotRefreshPortfolio")
    assert (told(host), len(host.dialogs), python.recalculations) == ("Restore the column.", 1, 0)
    assert evaluate(host, "Application.EnableEvents") is True


def test_without_the_add_in_every_button_says_what_to_do(host: Any, python: StandIn) -> None:
    python.has_add_in = False
    for button in ("KopilotRefreshPortfolio", "KopilotConnection"):
        press(host, button)
        assert "kopilot-xl install." in told(host)
    assert (len(host.dialogs), python.trials) == (2, 0)


def test_connection_lets_formulas_ask_again(host: Any, python: StandIn) -> None:
    python.starting = [(1000, "no server")]
    evaluate(host, "SEGMENT(1001)")
    assert len(host.dialogs) == 1
    press(host, "KopilotConnection")
    assert told(host) == "Python answers."
    evaluate(host, "SEGMENT(1001)")
    assert [function for _, function, _ in python.calls] == ["connection", "snapshot"]


def test_a_server_that_ended_since_is_started_anew(host: Any, python: StandIn) -> None:
    python.failing = [(SERVER_GONE, "The RPC server is unavailable")]
    press(host, "KopilotConnection")
    assert (told(host), python.starts) == ("Python answers.", 2)


@pytest.mark.parametrize(("button", "sheet"), [("KopilotGuide", "Guide"), ("KopilotProblems", "Problems")])
def test_a_sheet_is_shown(host: Any, button: str, sheet: str) -> None:
    press(host, button)
    assert evaluate(host, "ActiveSheet.Name") == sheet
    host.run("DeleteSheet", sheet)
    press(host, button)
    assert f"The sheet {sheet} is missing" in told(host)


def test_problems_tells_what_a_refresh_would_find_now_and_changes_nothing(host: Any, python: StandIn) -> None:
    evaluate(host, "SEGMENT(1001)")  # Python is there
    press(host, "KopilotProblems")
    assert (told(host), python.recalculations) == ("2 data problems.", 0)
    evaluate(host, "SEGMENT(1001)")
    assert [function for _, function, _ in python.calls] == ["snapshot", "problems"]


def test_problems_are_shown_without_python_too(host: Any, python: StandIn) -> None:
    for button, sheet in (("KopilotProblems", "Problems"), ("KopilotGuide", "Guide")):
        press(host, button)
        assert evaluate(host, "ActiveSheet.Name") == sheet
    assert (python.trials, python.starts, python.calls, host.dialogs) == (0, 0, [], [])


def test_a_sheet_that_is_out_of_sight_is_shown(host: Any, python: StandIn) -> None:
    host.run("HideSheet", "Problems")
    press(host, "KopilotProblems")
    assert evaluate(host, "ActiveSheet.Name") == "Problems"
    assert evaluate(host, 'Worksheets("Problems").Visible') == -1


def test_on_a_mac_python_is_given_nothing_a_shell_could_take_for_a_command(python: StandIn) -> None:
    python.system = "Mac"
    host = excel(rebuild.SAMPLE, python)
    host.run("Pick", "Clients", "A2:A3")
    press(host, "KopilotPlanRevenue", '2026-09-01"; `x` $(y) | \\ é', "1200.50", "it's `rm`")
    (command,) = python.commands
    start, _, given = command.partition("ribbon.on_mac(")
    assert start == "import kopilot_xl.excel.ribbon as ribbon; "
    assert re.fullmatch(r"('[A-Za-z0-9 .,:_-]*(\\u[0-9A-F]{4}[A-Za-z0-9 .,:_-]*)*'(,|\)$))+", given)
    assert ast.literal_eval(f"({given}") == (
        "record", "Plan revenue", '2026-09-01"; `x` $(y) | \\ é', "1200.50", "it's `rm`",
    )  # fmt: skip
    host.run("KopilotAfterPython", "Written.")
    assert told(host) == "Written."
    assert python.recalculations == 1
    assert python.calls == []


@pytest.mark.parametrize("day", [None, "2026-05-31"])
def test_after_a_refresh_on_a_mac_the_formulas_show_it(python: StandIn, day: str | None) -> None:
    python.system = "Mac"
    host = excel(rebuild.SAMPLE, python)
    press(host, "KopilotAsOfDate" if day else "KopilotRefreshPortfolio", *([day] if day else []))
    store(host, "Refreshed")
    host.run("KopilotAfterPython", "Refreshed.")
    assert python.commands[0].endswith(f"ribbon.on_mac('refresh_portfolio','{day or ''}')")
    assert evaluate(host, "SEGMENT(1001)") == "Refreshed"
    assert (told(host), python.recalculations) == ("Refreshed.", 1)


def test_without_the_add_in_a_mac_says_what_to_do(python: StandIn) -> None:
    python.system, python.starting = "Mac", [(NO_SUCH_MACRO, "Cannot run the macro")]
    host = excel(rebuild.SAMPLE, python)
    press(host, "KopilotConnection")
    assert "kopilot-xl install" in told(host)
