"""The ribbon's buttons as Excel runs them on Windows: through xlwings' DLL, pywin32 and COM between two processes.

The Excel is that of com_excel.py; the Python that answers is the one that the DLL starts.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl import refresh
from kopilot_xl.usecases.create import demo
from kopilot_xl.workbook.template import build
from tests.excel.stand_in import StandIn
from tests.windows.inside.com_excel import CALLS, COMMAND, Server, pywintypes
from tests.workbook.live.test_book import SETTINGS, everything

RIBBON = "kopilot_xl.excel.ribbon"
DAY = date(2026, 6, 30)
MOST, MOST_WITHOUT_MACROS = 250, 1200
"""How many calls a refresh may take: with the macros that say where everything is and write all cells, and without."""


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "Kopilot.xlsm"
    demo(path)
    return path


@pytest.fixture(scope="module")
def headless(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Any]]]:
    """Every cell of the sample after a refresh of its file."""
    path = tmp_path_factory.mktemp("headless") / sample.name
    path.write_bytes(sample.read_bytes())
    refresh(path, DAY)
    return _timeless(everything(path))


def _timeless(cells: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """The same without the moment of the refresh: two of them may run in different minutes."""
    row = cells["Portfolio"][1]
    assert isinstance(row[10], datetime)
    row[10] = None
    return cells


@pytest.fixture
def excel(sample: Path) -> StandIn:
    return StandIn(sample)


@pytest.mark.parametrize(("macros", "most"), [(True, MOST), (False, MOST_WITHOUT_MACROS)])
def test_a_refresh_is_that_of_the_file_in_few_calls(
    server: Server, excel: StandIn, headless: dict[str, list[list[Any]]], tmp_path: Path, macros: bool, most: int
) -> None:
    excel.has_macros = macros
    answer = server.call(RIBBON, "refresh_portfolio", [DAY.isoformat()], excel)
    calls = len(CALLS.made)
    print(f"{calls} calls of COM", *CALLS.most(), sep="\n")
    assert "clients in the portfolio" in answer
    assert excel.settings == SETTINGS
    found = _timeless(everything(excel.save(tmp_path / "live.xlsm")))
    assert found.keys() == headless.keys()
    different = [
        f"{sheet}: {row} instead of {wanted}"
        for sheet, rows in found.items()
        for row, wanted in zip(rows, headless[sheet], strict=True)
        if sheet != "_Segments" and row != wanted
    ]
    assert different == []
    assert sum(len(row) for rows in found.values() for row in rows) > 10_000
    assert calls <= most


def test_an_export_is_brought_in(server: Server, excel: StandIn, tmp_path: Path) -> None:
    invoices = tmp_path / "invoices.csv"
    invoices.write_text("Client ID,Issue date,Amount,Status,Reference\n1001,2026-11-02,1250.00,Paid,COM-1\n", "utf-8")
    answer = server.call(RIBBON, "update_from_export", [(str(invoices),), None], excel)
    assert "+1 transaction (" in answer
    assert "clients in the portfolio" in answer
    assert excel.settings == SETTINGS
    rows = everything(excel.save(tmp_path / "live.xlsm"))["Transactions"]
    assert rows[-1][:4] == ["1001", date(2026, 11, 2), 1250.0, "Paid"]


def test_every_other_button_answers(server: Server, excel: StandIn, tmp_path: Path) -> None:
    planned = ["Plan revenue", (1001.0, "1002"), "2026-12-24", "1200.50", "by COM"]
    said = "Plan revenue, 1,200.50 on 24 December 2026, for 2 clients"
    assert said in server.call(RIBBON, "record", planned, excel)
    assert "Unknown action" in server.call(RIBBON, "record", ["Sell", 1003.0, None, None, None], excel)
    assert "data problem" in server.call(RIBBON, "problems", [], excel)
    assert server.call(RIBBON, "connection", [], excel).startswith("Python answers. Kopilot XL ")
    assert excel.settings == SETTINGS
    rows = everything(excel.save(tmp_path / "live.xlsm"))["Actions"]
    assert [row[1] for row in rows if "by COM" in row] == [1001, 1002]


def another(book: str) -> Server:
    """A server of its own class, as for a workbook of another name: Wine goes on naming that of an ended process."""
    return Server(COMMAND.replace("book.xlsm", book))


def gone() -> set[int]:
    """The numbers of errors after which the macros start Python anew."""
    source = (build.SOURCES / "KopilotPython.bas").read_text(encoding="ascii")
    (numbers,) = re.findall(r"Case (&H1CE[^\n]*)", source)
    signed = [int(number.strip()[2:], 16) for number in numbers.split(",")]
    return {number - 2**32 if number >= 2**31 else number for number in signed}


def test_a_python_that_was_ended_is_told_by_a_number_the_macros_know_and_a_new_one_answers(excel: StandIn) -> None:
    server = another("between.xlsm")
    assert server.call(RIBBON, "connection", [], excel).startswith("Python answers.")
    server.end()
    with pytest.raises(pywintypes.com_error) as failed:
        server.call(RIBBON, "connection", [], excel)
    assert failed.value.hresult in gone()
    assert another("after.xlsm").call(RIBBON, "connection", [], excel).startswith("Python answers.")


def test_a_python_that_is_ended_in_the_midst_of_a_refresh_is_told_so_too(excel: StandIn, tmp_path: Path) -> None:
    server = another("during.xlsm")

    def ends(count: int) -> None:
        if count == 60:
            server.end()

    CALLS.before = ends
    try:
        with pytest.raises(pywintypes.com_error) as failed:
            server.call(RIBBON, "refresh_portfolio", [DAY.isoformat()], excel)
    finally:
        CALLS.before = lambda count: None
    assert failed.value.hresult in gone()
    excel.settings.update(SETTINGS)  # by the macro that asked: tests/workbook/template/test_ribbon.py
    assert "clients in the portfolio" in another("later.xlsm").call(
        RIBBON, "refresh_portfolio", [DAY.isoformat()], excel
    )
    assert excel.settings == SETTINGS


@pytest.mark.parametrize(
    ("code", "answers"), [("import sys; sys.exit(3)", False), ("raise OSError", False), (None, True)]
)
def test_the_trial_before_a_start_tells_whether_python_works(code: str | None, answers: bool) -> None:
    """The code that the macros try an interpreter with, run as they run it: without the folder, compiling nothing."""
    source = (build.SOURCES / "KopilotStart.bas").read_text(encoding="ascii")
    (trial,) = re.findall(r'TRIAL As String = "([^"]+)"', source)
    done = subprocess.run(
        [sys.executable, "-P", "-B", "-c", code or trial], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode == 0) is answers, done.stderr
