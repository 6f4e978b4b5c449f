"""Where tables are on their sheets, and what is a table at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.file.book import FileBook
from tests.invariants import assert_sound
from tests.workbook.file.test_book import SHEET, TABLE, table_ref
from tests.workbook.workbooks import LOG, tabled, with_parts


def test_ids_stay_numbers_and_blank_rows_stay_rows(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", [["ID", "B"], [1001, None], [None, None], [None, None]], top=3)
    table = FileBook(path).table("log")
    assert table.rows == [[1001.0, None], [None, None], [None, None]]
    assert table.row_number(0) == 4


def test_a_totals_row_is_no_data(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, totals=["Total", None, "=1"])
    assert len(FileBook(path).table("Log").rows) == 3


def test_headers_that_are_no_plain_text(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", [["Client\nID", "B"], [1, 2]])
    with_parts(path, {TABLE: lambda data: data.replace(b"Client\nID", b"Client_x000a_ID").replace(b'"B"', b'"2024"')})
    with_parts(path, {SHEET: lambda data: data.replace(
        b'<c r="B1" t="inlineStr"><is><t>B</t></is></c>', b'<c r="B1"><v>2024</v></c>')})  # fmt: skip
    assert FileBook(path).table("Log").headers == ("Client\nID", "2024")


def test_a_table_without_header_row(log: Path) -> None:
    with_parts(
        log,
        {
            TABLE: lambda data: data.replace(b'ref="A1:C4"', b'ref="A2:C4"', 1).replace(
                b'headerRowCount="1"', b'headerRowCount="0"'
            )
        },
    )
    table = FileBook(log).table("Log")
    assert table.headers == ("Day", "Text", "Note")
    assert (table.header_row, len(table.rows)) == (1, 3)


def plain(path: Path, rows: list[list[Any]], title: str = "Clients") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_stands_in_for_a_table(tmp_path: Path) -> None:
    path = plain(
        tmp_path / "b.xlsx",
        [
            ["Our clients"],
            [None, 1, 2],
            [None, "ID", None, 2024],
            [],
            [None, "Text", "Name"],
            [None, 7, "a"],
            [],
            [None, None, "c"],
            [],
        ],
    )
    book = FileBook(path)
    assert book.has_table("clients")
    assert not book.has_table("nothing")
    table = book.table("Clients")
    assert (table.header_row, table.first_column, table.headers) == (5, 2, ("Text", "Name"))
    assert table.rows == [[7.0, "a"], [None, None], [None, "c"]]
    assert book.write_column("Clients", "name", ["x", None, "z"])
    book.save()
    assert FileBook(path).table("Clients").rows == [[7.0, "x"], [None, None], [None, "z"]]


def test_a_sheet_without_headers_is_no_table(tmp_path: Path) -> None:
    book = FileBook(plain(tmp_path / "b.xlsx", [[1, 2], ["one"]]))
    assert not book.has_table("Clients")
    with pytest.raises(MissingError, match=r"b\.xlsx has no table Clients: name a table so"):
        book.table("Clients")


def test_the_only_table_of_a_sheet_is_meant_by_its_name(log: Path) -> None:
    with_parts(log, {TABLE: lambda data: data.replace(b'isplayName="Log"', b'isplayName="Table1"')})
    book = FileBook(log)
    assert book.table("Log").name == "Table1"
    book.write_table("Log", {"Day": [1]})
    book.save()
    assert table_ref(log) == ("A1:C2", "A1:C2")
    assert_sound(log)


def test_a_headers_only_sheet_and_table(tmp_path: Path) -> None:
    path = plain(tmp_path / "b.xlsx", [["ID", "Name"]])
    book = FileBook(path)
    assert book.table("Clients").rows == [[None, None]]
    book.write_table("Clients", {"Name": ["a", "b"]})
    book.save()
    assert FileBook(path).table("Clients").rows == [[None, "a"], [None, "b"]]
