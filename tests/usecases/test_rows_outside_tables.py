"""Rows typed below a table outside Excel: those right below it join it, any other is named and never silently lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from kopilot_xl import Segment, check, open_book, refresh
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.tables.problems import Code, Problem
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, CLIENTS, NOW, SEGMENTS, TRANSACTIONS, make_portfolio
from tests.workbook.workbooks import changed_entries, tabled

LOG: list[list[Value]] = [["Client ID", "Amount"], ["A", 1.0]]

BELOW_CLIENTS, BELOW_TRANSACTIONS = len(CLIENTS) + 2, len(TRANSACTIONS) + 2
"""The first rows under the tables."""


def typed(path: Path, **sheets: Mapping[str, Any]) -> Path:
    """Type into cells as a program does that lets no table grow."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    for sheet, cells in sheets.items():
        for address, value in cells.items():
            book[sheet][address] = value
    book.save(path)
    if book.vba_archive:
        book.vba_archive.close()
    return path


def three_clients(path: Path) -> Path:
    rows: dict[str, Any] = {}
    for number, name in enumerate(("Iris", "Juniper", "Katsura"), BELOW_CLIENTS):
        rows |= {f"A{number}": f"N{number}", f"B{number}": name, f"C{number}": date(2026, 6, 1)}
    return typed(make_portfolio(path), Clients=rows)


def outside(result: RefreshResult) -> list[Problem]:
    return [found for found in result.problems if found.code in (Code.ROWS_JOINED, Code.ROWS_OUTSIDE_TABLE)]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsm"


def test_clients_right_below_their_table_are_clients(book: Path) -> None:
    three_clients(book)
    result = refresh(open_book(book), AS_OF, now=NOW)
    assert [str(client.segment) for client in result.clients] == [*SEGMENTS, *["No Activity"] * 3]
    (notice,) = outside(result)
    assert notice.code is Code.ROWS_JOINED
    assert str(notice) == (
        f"Clients!A{BELOW_CLIENTS}: 3 rows below the table Clients were not part of it. "
        "The table was made 3 rows longer."
    )
    assert_sound(book, recalculates=True)
    table = open_book(book).table("Clients")
    assert [row[1] for row in table.rows[-3:]] == ["Iris", "Juniper", "Katsura"]
    assert [row[3] for row in table.rows[-3:]] == ["No Activity"] * 3
    assert not outside(refresh(open_book(book), AS_OF, now=NOW))


def test_they_look_like_the_row_above_and_get_its_formula(book: Path) -> None:
    three_clients(book)
    styles = openpyxl.load_workbook(book, keep_vba=True)
    before = len(styles._cell_styles)  # type: ignore[attr-defined]
    refresh(open_book(book), AS_OF, now=NOW)
    sheet = openpyxl.load_workbook(book, keep_vba=True)["Clients"]
    assert len(openpyxl.load_workbook(book, keep_vba=True)._cell_styles) <= before  # type: ignore[attr-defined]
    for column in range(1, sheet.max_column + 1):
        above = sheet.cell(BELOW_CLIENTS - 1, column)
        for row in range(BELOW_CLIENTS, BELOW_CLIENTS + 3):
            cell = sheet.cell(row, column)
            assert repr((cell.number_format, cell.font, cell.fill)) == repr(
                (above.number_format, above.font, above.fill)
            )
    assert sheet.cell(BELOW_CLIENTS, 4).value == f"=SEGMENT(A{BELOW_CLIENTS})"


def test_a_check_says_the_same_and_writes_nothing(book: Path) -> None:
    three_clients(book)
    before = book.read_bytes()
    assert [found.code for found in outside(check(open_book(book), AS_OF, now=NOW))] == [Code.ROWS_JOINED]
    assert book.read_bytes() == before


def test_transactions_and_actions_too(book: Path) -> None:
    row = BELOW_TRANSACTIONS
    typed(
        make_portfolio(book),
        Transactions={
            f"A{row}": "B2",
            f"B{row}": date(2026, 6, 20),
            f"C{row}": 500,
            f"A{row + 1}": "E5",
            f"C{row + 1}": 1,
        },
        Actions={"B3": "A1", "C3": "Mark lost", "A3": date(2026, 7, 1)},
    )
    result = refresh(open_book(book), AS_OF, now=NOW)
    segments = {client.name: client.segment for client in result.clients}
    assert segments["Birch Studio"] is Segment.ACTIVE
    assert segments["Alder & Co"] is Segment.LOST
    assert {found.sheet: found.code for found in outside(result)} == {
        "Transactions": Code.ROWS_JOINED,
        "Actions": Code.ROWS_JOINED,
    }
    assert len(open_book(book).table("Transactions").rows) == len(TRANSACTIONS) + 2


@pytest.mark.parametrize(
    "cells",
    [
        {"B": "a note without an id"},
        {"A": "Total", "C": 12_300},
        {"A": "Gesamtsumme", "C": 12_300},
        {"A": "A1", "C": f"=SUM(C2:C{BELOW_TRANSACTIONS - 1})"},
        {"A": "A1", "C": "=SUM(Transactions[Amount])"},
        {"A": "A1", "C": "=SUM(C:C)-1"},
        {"A": "A1"},
    ],
    ids=str,
)
def test_what_does_not_look_like_a_row_does_not_join(book: Path, cells: dict[str, Any]) -> None:
    row = BELOW_TRANSACTIONS
    typed(make_portfolio(book), Transactions={f"{letter}{row}": value for letter, value in cells.items()})
    result = refresh(open_book(book), AS_OF, now=NOW)
    assert len(open_book(book).table("Transactions").rows) == len(TRANSACTIONS)
    assert all(found.code is Code.ROWS_OUTSIDE_TABLE for found in outside(result))


def test_a_formula_of_its_own_row_does_not_keep_a_row_out(book: Path) -> None:
    row = BELOW_TRANSACTIONS
    cells = {f"A{row}": "A1", f"B{row}": date(2026, 6, 20), f"C{row}": f'=LEN("C2:C9")+LOG10(B{row})*0'}
    typed(make_portfolio(book), Transactions=cells)
    assert [found.code for found in outside(refresh(open_book(book), AS_OF, now=NOW))] == [Code.ROWS_JOINED]


def test_rows_after_a_blank_one_are_a_problem_and_fail_a_strict_run(book: Path) -> None:
    row = BELOW_CLIENTS
    typed(make_portfolio(book), Clients={f"A{row + 1}": "N1", f"B{row + 1}": "Iris", f"A{row + 2}": "N2"})
    result = refresh(open_book(book), AS_OF, now=NOW)
    (problem,) = outside(result)
    assert (problem.code, problem.kind.value) == (Code.ROWS_OUTSIDE_TABLE, "Problem")
    assert str(problem).startswith(f"Clients!A{row + 1}: 2 rows from here on are filled, but not part of the table")
    assert len(result.clients) == len(CLIENTS)


def test_joining_ends_where_rows_do_not_belong_any_more(book: Path) -> None:
    row = BELOW_CLIENTS
    typed(make_portfolio(book), Clients={f"A{row}": "N1", f"B{row + 1}": "no id", f"A{row + 2}": "N3"})
    result = refresh(open_book(book), AS_OF, now=NOW)
    assert [(found.code, found.row) for found in outside(result)] == [
        (Code.ROWS_JOINED, row),
        (Code.ROWS_OUTSIDE_TABLE, row + 1),
    ]
    assert len(result.clients) == len(CLIENTS) + 1


def test_a_second_block_beside_a_table_is_a_problem(book: Path) -> None:
    typed(make_portfolio(book), Clients={"M3": "Client ID", "N3": "Client", "M4": "N1", "N4": "Iris"})
    (problem,) = outside(refresh(open_book(book), AS_OF, now=NOW))
    assert problem.place == "Clients!M3"
    assert "second block" in problem.wrong


def test_notes_beside_a_table_are_the_users_own(book: Path) -> None:
    typed(make_portfolio(book), Clients={"M3": "Client", "N3": "call on Monday", "M4": "Alder"})
    assert not outside(refresh(open_book(book), AS_OF, now=NOW))


def test_a_second_table_below_ends_what_is_looked_at(book: Path) -> None:
    workbook = openpyxl.load_workbook(make_portfolio(book), keep_vba=True)
    sheet, top = workbook["Clients"], BELOW_CLIENTS + 1
    sheet[f"A{top}"], sheet[f"B{top}"], sheet[f"A{top + 1}"] = "Region", "Sales", "North"
    sheet.add_table(Table(displayName="Regions", ref=f"A{top}:B{top + 1}"))
    sheet[f"A{BELOW_CLIENTS}"] = "N1"
    workbook.save(book)
    result = refresh(open_book(book), AS_OF, now=NOW)
    assert [found.code for found in outside(result)] == [Code.ROWS_JOINED]
    assert len(result.clients) == len(CLIENTS) + 1


def test_a_table_with_a_totals_row_does_not_grow_over_what_is_below(tmp_path: Path) -> None:
    path = tabled(
        tmp_path / "log.xlsx",
        [["Client ID", "Amount"], ["A", 1.0]],
        totals=["Total", 1.0],
        below={"A4": "B", "B4": 2.0},
    )
    book = open_book(path)
    assert [[cell.value for cell in row] for row in book.below("Log")] == [["B", 2.0]]
    with pytest.raises(Exception, match="cannot grow"):
        book.grow("Log", 1)


def test_only_what_joined_is_changed(tmp_path: Path) -> None:
    path = tabled(
        tmp_path / "log.xlsx", [["Client ID", "Amount"], ["A", 1.0]], below={"A3": "B", "B3": 2.0, "D9": "mine"}
    )
    before = path.read_bytes()
    book = open_book(path)
    book.grow("Log", 1)
    assert [list(row) for row in book.table("Log").rows] == [["A", 1.0], ["B", 2.0]]
    book.save()
    assert changed_entries(before, path.read_bytes()) == {"xl/tables/table1.xml", "xl/worksheets/sheet1.xml"}
    assert_sound(path)
    sheet = openpyxl.load_workbook(path)["Log"]
    assert sheet.tables["Log"].ref == "A1:B3"
    assert sheet.tables["Log"].autoFilter.ref == "A1:B3"
    assert (sheet["A3"].number_format, sheet["D9"].value) == ("0.00", "mine")


def test_drop_downs_and_conditions_that_end_with_the_table_reach_over_what_joined(tmp_path: Path) -> None:
    path = tabled(tmp_path / "log.xlsx", LOG, below={"A3": "B", "B3": 2.0})
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Log"]
    choice = DataValidation(type="list", formula1='"A,B"')
    choice.add("A2:A2")
    sheet.add_data_validation(choice)
    above_one: Any = CellIsRule("greaterThan", ["1"])  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add("B2", above_one)
    sheet.conditional_formatting.add("D1:D9", above_one)
    workbook.save(path)
    book = open_book(path)
    book.grow("Log", 1)
    book.save()
    sheet = openpyxl.load_workbook(path)["Log"]
    assert [str(each.sqref) for each in sheet.data_validations.dataValidation] == ["A2:A3"]
    assert sorted(str(each.sqref) for each in sheet.conditional_formatting) == ["B2:B3", "D1:D9"]
