"""Python as the add-in calls it on Windows: xlwings' own DLL starts it, and asks it through COM."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kopilot_xl import open_book
from kopilot_xl.excel import udfs
from kopilot_xl.usecases.create import demo
from kopilot_xl.workbook.book import ErrorValue
from kopilot_xl.workbook.sheets import settings
from kopilot_xl.workbook.sheets import snapshot as stored
from tests.windows.host import ROOT, Host

pytestmark = [pytest.mark.windows, pytest.mark.slow]

AS_OF = date(2026, 6, 30)
EPOCH = datetime(1899, 12, 30)
ERRORS = {"#DIV/0!": 2007, "#N/A": 2042, "#SPILL!": 2045, "#CALC!": 2050}
"""Excel's numbers of some of its errors."""

COMMAND = (
    r'cmd.exe  /K ""C:\Py\python.exe" -B -c "import sys, os;import xlwings.utils;xlwings.utils.prepare_sys_path('
    r"""\"False;C:\\book.xlsm;C:\\book.xlsm;;;;\");import xlwings; xlwings.serve('$(CLSID)')"""
    '""'
)
"""What the add-in's VBA has the DLL run; the environment says where the product is."""


@pytest.fixture(scope="module")
def folder(host: Host) -> Iterator[Path]:
    made = host.drive / "excel"
    made.mkdir(exist_ok=True)
    yield made
    shutil.rmtree(made)


def asked(host: Host, folder: Path, tables: Sequence[Sequence[Sequence[object]]], times: int) -> list[list[object]]:
    """Hand tables over to the function `snapshot`, as often as wanted, and return its last answer."""
    (folder / "command.txt").write_text(COMMAND)
    lines = []
    for table in tables:
        lines += [f"{len(table)} {len(table[0])}", *(_handed(cell) for row in table for cell in row)]
    (folder / "arguments.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (dll,) = host.python.glob("xlwings64-*.dll")
    done = host.run(
        r"C:\Py\client.exe", host.path(dll), "command.txt", udfs.__name__, "snapshot", "arguments.txt", str(times),
        cwd=folder, PYTHONPATH=host.path(host.checkout()),
    )  # fmt: skip
    said = done.stdout.decode().splitlines()
    assert done.returncode == 0, said
    print("seconds a call:", *said[:times])
    assert said[times] == "answer"
    rows, columns = map(int, said[times + 1].split())
    cells = [_answered(each) for each in said[times + 2 :]]
    assert len(cells) == rows * columns
    return [cells[row * columns : (row + 1) * columns] for row in range(rows)]


def _handed(value: object) -> str:
    match value:
        case None:
            return "-"
        case ErrorValue():
            return f"e{ERRORS[value.code]}"
        case Decimal():
            return f"m{value}"
        case bool():
            return f"b{int(value)}"
        case int() | float():
            return f"n{value!r}"
        case date():
            return f"d{_serial(value)!r}"
    return f"s{value}"


def _answered(text: str) -> object:
    kind, value = text[0], text[1:]
    if kind in "nd":
        return float(value)
    return None if kind == "-" else value == "1" if kind == "b" else value


def _serial(day: date) -> float:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment - EPOCH).total_seconds() / 86400


def test_snapshot_answers_as_it_does_here(host: Host, folder: Path) -> None:
    demo(folder / "book.xlsm")
    book = open_book(folder / "book.xlsm")
    tables: list[list[list[object]]] = []
    for name in ("Clients", "Transactions", "Actions"):
        data = book.table(name)
        tables.append([list(data.headers)])
        tables[-1].extend(list(row) for row in data.rows)
    tables.append([[each.name, book.cell(each.name)] for each in settings.ALL])
    tables.append([[AS_OF]])
    clients, transactions, actions, chosen, _ = tables
    here = udfs.snapshot(clients, transactions, actions, chosen, AS_OF)
    there = asked(host, folder, tables, 3)
    assert len(there) > 100
    assert _plain(there) == _plain(here)


@pytest.mark.parametrize("shown", ["#N/A", "#SPILL!", "#DIV/0!", "#CALC!"])
def test_odd_cells_come_as_what_they_are(host: Host, folder: Path, shown: str) -> None:
    """Money, truths, blanks and errors of Excel, whose numbers are those of COM: each as in the file."""
    clients: list[list[object]] = [
        ["Client ID", "Client", "Created on"],
        ["A1", "Alder", date(2024, 1, 10)],
        [1002.0, True, ErrorValue(shown)],
        [None, None, None],
        [ErrorValue(shown), "Elm", date(2024, 1, 10)],
    ]
    transactions: list[list[object]] = [
        ["Client ID", "Issue date", "Amount", "Status", "Reference"],
        ["A1", date(2026, 6, 1), Decimal("1234.5"), "Paid", True],
        [1002.0, date(2026, 5, 2), ErrorValue(shown), "Paid", None],
        [1002.0, ErrorValue(shown), 10.0, "Paid", False],
        [1002.0, date(2026, 4, 1), Decimal("0.01"), None, ErrorValue(shown)],
    ]
    path = folder / f"settings{ERRORS[shown]}.xlsm"
    demo(path)
    book = open_book(path)
    settings_given: list[list[object]] = [[each.name, book.cell(each.name)] for each in settings.ALL]
    actions: list[list[object]] = [["Recorded on", "Client ID", "Action", "Issue date", "Amount", "Note"], [None] * 6]
    tables: list[list[list[object]]] = [clients, transactions, actions, settings_given, [[AS_OF]]]
    here = udfs.snapshot(clients, transactions, actions, settings_given, AS_OF)
    there = asked(host, folder, tables, 1)
    assert _plain(there) == _plain(here)
    values = {str(row[0]): row[4] for row in there[stored.FIRST_CLIENT_ROW - 1 :]}
    assert values["a1"] == 1234.5


def _plain(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows with dates as numbers and no difference between blanks, without the moment of asking."""
    kept = [row for number, row in enumerate(rows, 1) if number != stored.REFRESHED_ROW]
    return [[_serial(each) if isinstance(each, date) else each or None for each in row] for row in kept]


def test_what_excel_calls_is_imported(host: Host) -> None:
    path = host.path(host.checkout())
    for module in ("kopilot_xl.excel.udfs", "kopilot_xl.excel.ribbon", "kopilot_xl.excel.setup"):
        done = host.run(r"C:\Py\python.exe", "-W", "error", "-c", f"import {module}", PYTHONPATH=path)
        assert (done.returncode, done.stderr) == (0, b"")


def test_the_workbook_that_is_shipped_is_the_one_windows_builds(host: Host) -> None:
    """Line ends of the macros' sources among others: what is built is compared byte by byte."""
    checkout = host.checkout()
    done = host.run(
        r"C:\Py\python.exe", "-m", "kopilot_xl.workbook.build", "--check", cwd=checkout,
        PYTHONPATH=host.path(checkout),
    )  # fmt: skip
    assert (ROOT / "workbook" / "Kopilot.xlsm").exists()
    assert done.returncode == 0, done.stderr.decode()
