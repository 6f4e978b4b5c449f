"""Workbooks that count days from 1904, from an export to the History: no date is read four years early."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kopilot_xl.usecases.create import new
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.template import TEMPLATE
from tests.workbook.workbooks import with_parts

DAY = date(2026, 6, 1)
SERIAL = (DAY - date(1904, 1, 1)).days
"""How such a workbook counts the day."""


def export(path: Path, headers: list[str], rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    for row in [headers, *rows]:
        sheet.append(row)
    for column in range(1, len(headers) + 1):
        sheet.cell(2, column).number_format = "General"
    book.save(path)
    return path


@pytest.mark.parametrize("formatted", [False, True])
def test_a_new_workbook_has_the_days_of_the_export(formatted: bool, tmp_path: Path) -> None:
    day: object = DAY if formatted else SERIAL
    clients = export(tmp_path / "clients.xlsx", ["Client ID", "Client"], [["A1", "Ann"], ["B2", "Bob"]])
    invoices = export(
        tmp_path / "invoices.xlsx", ["Client ID", "Issue date", "Amount"], [["A1", day, 100], ["B2", DAY, 200]]
    )
    new(tmp_path / "new.xlsm", clients, invoices)
    rows = open_book(tmp_path / "new.xlsm").table("Transactions").rows
    assert [row[1:3] for row in rows] == [[DAY, 100], [DAY, 200]]


@pytest.mark.parametrize("general", [False, True])
def test_history_keeps_one_row_a_day(general: bool, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    shutil.copy(TEMPLATE, path)
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b"<workbookPr", b'<workbookPr date1904="1"')})
    lengths = []
    for day in (date(2030, 7, 1), date(2030, 7, 1), date(2030, 7, 2)):
        refresh(open_book(path), day, now=datetime(2030, 7, 2, 9))
        rows = open_book(path).table("History").rows
        lengths.append(len(rows))
        if general:
            with_parts(path, {_part_of(path, "History"): _without_formats})
    assert lengths[0] == lengths[1] == lengths[2] - 1


def _part_of(path: Path, sheet: str) -> str:
    return open_book(path)._structure.sheets[sheet.lower()].part


def _without_formats(data: bytes) -> bytes:
    """Return a sheet whose column A is formatted General."""
    return re.sub(rb'(<c r="A[0-9]+") s="[0-9]+"', rb"\1", data)
