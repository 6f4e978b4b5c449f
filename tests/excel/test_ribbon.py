"""What the ribbon's buttons run, over the workbook that is open, through the real xlwings API."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from kopilot_xl._version import __version__
from kopilot_xl.domain.segments import Action
from kopilot_xl.excel import ribbon
from kopilot_xl.workbook.book import Value
from tests.excel.stand_in import BUSY, ComError, StandIn
from tests.portfolios import make_portfolio

TODAY = date.today()
SOON = TODAY + timedelta(days=60)

PEOPLE: list[Sequence[Value]] = [
    ["A1", "Alder & Co", TODAY - timedelta(days=900)],
    ["E5", "Elm Partners", TODAY - timedelta(days=1500)],
    ["G7", "Ginkgo", TODAY - timedelta(days=5)],
    [1001, "Hazel", TODAY - timedelta(days=900)],
    ["007", "Ivy", TODAY - timedelta(days=900)],
]
INVOICES: list[Sequence[Value]] = [
    ["A1", TODAY - timedelta(days=20), 1200.0, "Paid", "R1"],
    ["E5", TODAY - timedelta(days=600), 900.0, "Paid", "R2"],
    [1001, TODAY - timedelta(days=20), 450.0, "Paid", "R3"],
    ["007", TODAY - timedelta(days=20), 450.0, "Paid", "R4"],
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logged: list[Sequence[Value]] = [[TODAY - timedelta(days=3), "A1", "Plan revenue", SOON, 500.0, "call"]]
    return make_portfolio(tmp_path_factory.mktemp("ribbon") / "book.xlsm", PEOPLE, INVOICES, logged)


@pytest.fixture
def excel(path: Path) -> Iterator[StandIn]:
    """The stand-in for Excel, with the workbook that calls."""
    made = StandIn(path)
    made.book.set_mock_caller()
    yield made
    del xw.Book._mock_caller  # type: ignore[attr-defined]  # what set_mock_caller sets


def logged(excel: StandIn) -> list[list[Any]]:
    """The user's columns of the action log."""
    sheet = excel.workbook["Actions"]
    last = int(sheet.tables["Actions"].ref.rpartition("I")[2])
    rows = [[cell.value for cell in row[:6]] for row in sheet.iter_rows(2, last)]
    return [[each.date() if hasattr(each, "date") else each for each in row] for row in rows]


def writes(excel: StandIn) -> list[str]:
    return [what for kind, what in excel.steps if kind in {"write", "resize", "clear"}]


def test_refresh(excel: StandIn) -> None:
    told = ribbon.refresh_portfolio()
    assert told.startswith("Mature, as of ") or " in the portfolio. " in told
    assert excel.workbook["_Segments"]["A1"].value == "Kopilot XL"
    assert "read-only" not in told


@pytest.mark.parametrize("given", ["2026-03-01", 46082.0, date(2026, 3, 1), [[46082.0]]])
def test_refresh_of_another_day(excel: StandIn, given: object) -> None:
    assert "as of 1 March 2026" in ribbon.refresh_portfolio(given)


def test_refresh_of_no_day(excel: StandIn) -> None:
    assert ribbon.refresh_portfolio("soon") == '"soon" is not a date. Write it as 2026-04-03.'
    assert not writes(excel)


def test_a_read_only_workbook_is_refreshed_and_the_way_out_told(excel: StandIn) -> None:
    excel.read_only = True
    assert ribbon.refresh_portfolio().endswith("to keep this, save it under another name (F12).")


def test_one_client(excel: StandIn) -> None:
    told = ribbon.record("Mark lost", "a1", None, None, "no answer since May")
    assert told.startswith("Mark lost, for 1 client: Alder & Co (A1). It is on the sheet Actions, row 3;")
    assert logged(excel)[1:] == [[TODAY, "A1", "Mark lost", None, None, "no answer since May"]]
    assert logged(excel)[0][1:3] == ["A1", "Plan revenue"]


def test_several_clients_each_once_with_their_own_ids(excel: StandIn) -> None:
    ids = ((1001.0,), ("007",), (None,), ("1001",), (-2146826246,))
    told = ribbon.record("plan REVENUE", ids, SOON.isoformat(), "1 200,50", None)
    assert "1,200.50 on " in told
    assert "2 clients: Hazel (1001), Ivy (007)" in told
    assert logged(excel)[1:] == [
        [TODAY, 1001, "Plan revenue", SOON, 1200.5, None],
        [TODAY, "007", "Plan revenue", SOON, 1200.5, None],
    ]


def test_a_refresh_applies_what_was_recorded(excel: StandIn) -> None:
    ribbon.record("Reactivate", ["E5"])
    ribbon.record("Mark canceled", ["G7"])
    ribbon.refresh_portfolio()
    sheet = excel.workbook["Actions"]
    assert [sheet.cell(row, 8).value for row in (2, 3, 4)] == ["Applied", "Applied", "Applied"]
    assert excel.workbook["_Segments"].cell(19, 2).value == "Canceled"


def test_nothing_is_recorded_if_one_is_refused(excel: StandIn) -> None:
    told = ribbon.record("Mark lost", ["A1", "E5", "G7", "nobody"])
    assert told.startswith("Nothing was recorded. Elm Partners (E5): Not allowed: on ")
    assert "the client was Lost" in told
    assert "Ginkgo (G7): Not allowed" in told
    assert "nobody: Unknown client" in told
    assert "Alder" not in told
    assert not writes(excel)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Plan revenue", ["A1"], None, 500.0), "write the day the invoice is planned for"),
        (("Plan revenue", ["A1"], SOON, None), "No amount: write what is expected"),
        (("Plan revenue", ["A1"], SOON, -5.0), "The amount is not above zero"),
        (("Plan revenue", ["A1"], TODAY, 5.0), "The issue date is not after the recording date"),
        (("Plan revenue", ["A1"], "whenever", 5.0), '"whenever" is not a date'),
        (("Plan revenue", ["A1"], SOON, "much"), '"much" is not an amount'),
        (("Mark mislaid", ["A1"]), 'Unknown action "Mark mislaid"'),
        (("", ["A1"]), "choose Plan revenue, Mark lost"),
        (("Mark lost", []), "no client is selected"),
        (("Mark lost", None), "no client is selected"),
        (("Mark lost", [[None], [""]]), "no client is selected"),
    ],
)
def test_what_cannot_be_recorded(excel: StandIn, arguments: tuple[Any, ...], words: str) -> None:
    assert words in ribbon.record(*arguments)
    assert not writes(excel)


def test_a_protected_log(excel: StandIn) -> None:
    excel.protected = {"Actions"}
    assert "the sheet Actions is protected. Unprotect" in ribbon.record("Mark lost", ["A1"])
    assert not writes(excel)


def test_a_cell_that_is_being_edited(excel: StandIn) -> None:
    excel.fails = lambda number, kind, what: ComError(BUSY)
    for told in (ribbon.refresh_portfolio(), ribbon.record("Mark lost", ["A1"]), ribbon.problems()):
        assert "a cell is being edited" in told


def test_settings_are_restored_after_recording(excel: StandIn) -> None:
    before = dict(excel.settings)
    ribbon.record("Mark lost", ["A1"])
    ribbon.record("Mark lost", ["E5"])
    assert excel.settings == before


def test_a_defect_is_told_and_not_raised(excel: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    excel.fails = lambda number, kind, what: ZeroDivisionError("oh") if kind == "read" else None
    assert ribbon.refresh_portfolio().startswith("This is a defect, please report it: ZeroDivisionError: oh")
    monkeypatch.setenv(ribbon.DEBUG, "1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    log = tmp_path / ribbon.LOG
    assert ribbon.refresh_portfolio().endswith(f"Where it happened: {log}")
    assert log.read_text(encoding="utf-8").startswith("Traceback")


def test_a_message_fits_into_a_message_box(excel: StandIn) -> None:
    for row in range(2, 7):
        excel.workbook["Clients"].cell(row, 2).value = "A long name " * 30
    told = ribbon.record("Mark lost", ["A1", "1001", "007"])
    assert told.startswith("Mark lost, for 3 clients: A long name")
    assert 900 < len(told) <= 1000
    assert told.endswith(" …")


def test_problems(excel: StandIn) -> None:
    assert ribbon.problems() == "No data problems."
    for row in range(2, 6):
        excel.workbook["Transactions"].cell(row, 1).value = f"nobody{row}"
    told = ribbon.problems().splitlines()
    assert told[0].startswith("4 data problems")
    assert "Transactions!A2" in told[1]
    assert not writes(excel)


def test_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ribbon.connection().splitlines()
    assert told[0].startswith(f"Python answers. Kopilot XL {__version__}, xlwings {xw.__version__}, Python 3.")
    assert told[1] == f"Interpreter: {sys.executable}"
    monkeypatch.setattr(ribbon, "missing", lambda machine: ["The add-in. Run kopilot-xl install."])
    assert ribbon.connection().endswith("Missing: The add-in. Run kopilot-xl install.")


# on a Mac


def test_on_a_mac_the_selection_is_taken_and_the_message_handed_over(excel: StandIn) -> None:
    excel.selected = ("Clients", "B2:C5")
    excel.workbook["Clients"].row_dimensions[3].hidden = True
    excel.workbook["Clients"].row_dimensions[4].hidden = True
    ribbon.on_mac("record", str(Action.MARK_LOST), None, None, "gone")
    ((macro, (message,)),) = excel.macros
    assert macro.endswith(ribbon.AFTER)
    assert "2 clients: Alder & Co (A1), Hazel (1001)" in message


def test_on_a_mac_whole_columns_may_be_selected(excel: StandIn) -> None:
    excel.selected = ("Clients", "A:A")
    assert ribbon.selected_clients(excel.book) == ["A1", "E5", "G7", 1001, "007"]


def test_on_a_mac_another_sheet_is_selected(excel: StandIn) -> None:
    excel.selected = ("Transactions", "A2")
    ribbon.on_mac("record", "Mark lost")
    assert "select the clients on the sheet Clients" in excel.macros[0][1][0]
    excel.selected = ("Clients", "A1")
    ribbon.on_mac("record", "Mark lost")
    assert "no client is selected" in excel.macros[1][1][0]
    assert not writes(excel)


@pytest.mark.parametrize("button", ["refresh_portfolio", "problems", "connection"])
def test_on_a_mac_the_other_buttons(excel: StandIn, button: str) -> None:
    ribbon.on_mac(button)
    assert len(excel.macros) == 1
