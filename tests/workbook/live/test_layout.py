"""What is read of a workbook open in Excel, and in how many calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from kopilot_xl.errors import MissingError
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.sheets import movements
from kopilot_xl.workbook.tables.parsing import read_date
from kopilot_xl.workbook.template import styles
from tests.excel.stand_in import StandIn
from tests.portfolios import CLIENTS, NOW, TRANSACTIONS, make_portfolio
from tests.workbook.live.test_book import ACTIONS, AT_MOST, refused


def transfers(excel: StandIn) -> list[str]:
    return [f"{kind} {what}" for kind, what in excel.transfers]


def test_each_sheet_is_read_once_and_all_are_written_at_once(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    refresh(LiveBook(excel.book), now=NOW)  # gives every row its Segment formula
    first = transfers(excel)
    assert len(first) <= AT_MOST, first
    excel.steps.clear()
    excel.workbook["Clients"]["H2"] = excel.workbook["Actions"]["G2"] = "old"
    refresh(LiveBook(excel.book), now=NOW)
    calls = transfers(excel)
    assert len(calls) <= AT_MOST, calls
    assert calls.count("write everything") == 1
    # The stand-in computes nothing: the column of links looks blank, and is asked for its formulas too.
    others = [each for each in calls if each not in ("write everything", "read Clients!I2:I9")]
    sheets = [each.removeprefix("read ").partition("!")[0] for each in others]
    assert len(sheets) == len(set(sheets)), calls


def test_a_sheet_with_tables_far_apart_is_not_read_whole(plain: Path) -> None:
    excel = StandIn(plain)
    sheet = excel.workbook.create_sheet("Movements")  # an older workbook's, with two tables
    for table, corner in ((movements.BETTER, "A19"), (movements.WORSE, "BO5019")):
        styles.put_table(sheet, table, corner)
    refresh(LiveBook(excel.book), now=NOW)
    places = [what.partition("!")[2] for kind, what in excel.transfers if what.startswith("Movements!")]
    assert len(places) == 2
    assert sheet["BO5019"].value == "Client ID"


def test_the_number_of_calls_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    many: list[Sequence[Value]] = [[f"X{number}", f"Client {number}", date(2024, 1, 1)] for number in range(100)]
    invoices: list[Sequence[Value]] = [
        [f"X{number % 100}", date(2026, 1, 1), 10.0, "Paid", f"I{number}"] for number in range(600)
    ]
    small = StandIn(make_portfolio(tmp_path / "small.xlsm", action_rows=ACTIONS))
    large = StandIn(make_portfolio(tmp_path / "large.xlsm", [*CLIENTS, *many], [*TRANSACTIONS, *invoices], ACTIONS))
    for excel in (small, large):
        refresh(LiveBook(excel.book), now=NOW)
    assert abs(len(small.transfers) - len(large.transfers)) <= 2  # lists that grow are checked for room
    print(*transfers(large), sep="\n")


def test_a_table_without_being_one(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    del excel.workbook["Clients"].tables["Clients"]
    data, file = LiveBook(excel.book).table("clients"), FileBook(path).table("Clients")
    assert (data.headers, data.rows, data.header_row) == (file.headers, file.rows, file.header_row)


@pytest.mark.parametrize(
    "cells",
    [
        [["Our clients"], [None, 1, 2], [None, "ID", None, "Name"], [None, 7, None, "a"]],
        [["ID", "Name", 2024, None, "Sum"], [1, "a", 3, None, 4], [None, None, None, None, 5]],
        [["ID", "Name"]],
        [["ID", "Name"], [None, None], [3, None], [None, None]],
        [["ID", None, "Name"], [1, 2, "a"]],
    ],
    ids=["gap", "apart", "headers only", "blank rows", "unnamed"],
)
def test_a_sheet_is_read_as_the_file_reads_it(tmp_path: Path, cells: list[list[Any]]) -> None:
    path = tmp_path / "plain.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Clients"
    for row in cells:
        sheet.append(row)
    book.save(path)
    live, file = LiveBook(StandIn(path).book), FileBook(path)
    assert live.has_table("Clients") == file.has_table("Clients")
    if live.has_table("Clients"):
        assert live.table("Clients") == file.table("Clients")


def test_a_deleted_name(plain: Path) -> None:
    excel = StandIn(plain)
    del excel.workbook.defined_names["ActiveMonths"]
    refused(excel, MissingError, "no cell named ActiveMonths")


def test_a_name_that_points_nowhere(plain: Path) -> None:
    excel = StandIn(plain)
    excel.workbook.defined_names["AsOf"].attr_text = "Settings!#REF!"
    refused(excel, MissingError, "AsOf, or the name points nowhere")


def test_a_renamed_column(plain: Path) -> None:
    excel = StandIn(plain)
    excel.workbook["Transactions"]["B1"] = "When"
    refused(excel, MissingError, 'Transactions has no column "Issue date"')


def test_a_missing_table(plain: Path) -> None:
    excel = StandIn(plain)
    del excel.workbook["Actions"].tables["Actions"]
    excel.workbook["Actions"].title = "Log"
    refused(excel, MissingError, "no table Actions")


@pytest.mark.parametrize(
    ("epoch", "day"), [(CALENDAR_MAC_1904, date(2026, 7, 1)), (CALENDAR_WINDOWS_1900, date(2022, 6, 30))]
)
def test_a_number_is_the_day_its_workbook_means(epoch: datetime, day: date, plain: Path) -> None:
    excel = StandIn(plain)
    excel.workbook.epoch = epoch
    excel.workbook["Clients"]["C2"] = 44742
    row = LiveBook(excel.book).table("Clients").rows[0]
    assert row[2] == 44742
    assert read_date(row[2]) == day
