"""A table that gets longer or shorter, and what may be in its way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file import resizing
from kopilot_xl.workbook.file.book import FileBook
from tests.invariants import assert_sound
from tests.workbook.file.test_book import TABLE, loaded, table_ref
from tests.workbook.workbooks import LOG, part, tabled, with_parts


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_a_table_gets_as_long_as_its_columns(count: int, log: Path) -> None:
    book = FileBook(log)
    book.write_table("Log", {"Day": [n + 0.5 for n in range(count)], "TEXT": ["t"] * count, "Nothing": [0] * count})
    book.save()
    assert_sound(log)
    rows = max(count, 1)
    assert table_ref(log) == (f"A1:C{rows + 1}", f"A1:C{rows + 1}")
    table = FileBook(log).table("Log")
    assert [row[:2] for row in table.rows] == ([[n + 0.5, "t"] for n in range(count)] or [[None, None]])
    notes = ["x", "y", "z", None, None, None, None]
    assert [row[2] for row in table.rows] == notes[:rows]
    sheet = loaded(log, "Log")
    for row in range(2, max(rows, 3) + 2):
        assert sheet.cell(row, 1).number_format == "0.00"
    for row in range(rows + 2, 6):
        assert [cell.value for cell in sheet[row]] == [None] * 3


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_totals_row_moves_along(count: int, tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, totals=["Total", None, "=SUBTOTAL(103,Log[Note])"])
    workbook = openpyxl.load_workbook(path)
    workbook["Log"]["C5"].number_format = "0.000"
    workbook.save(path)
    book = FileBook(path)
    book.write_table("Log", {"Text": [f"t{n}" for n in range(count)]})
    book.save()
    assert_sound(path, recalculates=True)
    assert table_ref(path) == (f"A1:C{count + 2}", f"A1:C{count + 1}")
    sheet = loaded(path, "Log")
    totals = [cell.value for cell in sheet[count + 2]]
    assert totals == ["Total", None, "=SUBTOTAL(103,Log[Note])"]
    assert sheet.cell(count + 2, 3).number_format == "0.000"
    assert [row[1] for row in FileBook(path).table("Log").rows] == [f"t{n}" for n in range(count)]
    assert all(cell.value is None for row in sheet.iter_rows(min_row=count + 3) for cell in row)
    first = path.read_bytes()
    again = FileBook(path)
    again.write_table("Log", {"Text": [f"t{n}" for n in range(count)]})
    again.save()
    assert path.read_bytes() == first


def test_sorting_and_filters_follow_the_table(log: Path) -> None:
    sort = '<sortState ref="A2:C4"><sortCondition ref="B2:B4"/></sortState>'
    with_parts(log, {TABLE: lambda data: data.replace(b"<tableColumns", sort.encode() + b"<tableColumns")})
    with_parts(log, {TABLE: lambda data: data.replace(b'ref="A1:C4"', b'insertRow="1" ref="A1:C4"', 1)})
    book = FileBook(log)
    book.write_table("Log", {"Day": [1, 2, 3, 4, 5]})
    book.save()
    xml = part(log, TABLE)
    assert b'<sortState ref="A2:C6"><sortCondition ref="B2:B6"/></sortState>' in xml
    assert b"insertRow" not in xml
    assert_sound(log)


@pytest.mark.parametrize(
    ("below", "place"),
    [({"B7": "mine"}, "Log!B7"), ({"C6": "=1+1"}, "Log!C6"), ({"A9": 0, "B8": 1}, "Log!B8")],
)
def test_a_table_does_not_grow_over_other_cells(below: dict[str, Any], place: str, tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, below=below)
    before = path.read_bytes()
    book = FileBook(path)
    with pytest.raises(SaveError, match=f"Log in b.xlsx needs 5 more rows, but {place} below it is in use: move"):
        book.write_table("Log", {"Day": list(range(8))})
    book.save()
    assert path.read_bytes() == before


def test_cells_beside_a_table_do_not_hinder_it(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, below={"D6": "mine", "A7": "far"})
    book = FileBook(path)
    book.write_table("Log", {"Day": [1, 2, 3, 4, 5]})
    book.save()
    assert loaded(path, "Log")["D6"].value == "mine"
    assert_sound(path)


def test_a_table_does_not_grow_over_another(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Log"]
    sheet["B6"], sheet["C6"] = "P", "Q"
    sheet.add_table(Table(displayName="Other", ref="B6:C7"))
    workbook.save(path)
    book = FileBook(path)
    with pytest.raises(SaveError, match=r"Log!B6 below it is in use"):
        book.write_table("Log", {"Day": [1] * 6})


def test_a_table_does_not_grow_over_another_whose_cells_are_blank(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Log"]
    sheet["B6"], sheet["C6"] = "P", "Q"
    sheet.add_table(Table(displayName="Other", ref="B6:C7"))
    workbook.save(path)
    with_parts(
        path,
        {
            "xl/worksheets/sheet1.xml": lambda data: re.sub(rb'<row r="[67]".*?</row>', b"", data, flags=re.DOTALL),
            "xl/tables/table2.xml": lambda data: data.replace(b'headerRowCount="1"', b'headerRowCount="0"'),
        },
    )
    book = FileBook(path)
    with pytest.raises(SaveError, match=r"Log!B6 below it is in use"):
        book.write_table("Log", {"Day": [1] * 6})
    book.write_table("Log", {"Day": [1] * 4})


def test_a_sheet_is_only_so_long(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resizing, "LAST_ROW", 6)
    with pytest.raises(SaveError, match="would need 6 rows: more than a sheet has"):
        FileBook(log).write_table("Log", {"Day": [1] * 6})


def test_a_query_table_is_not_resized(log: Path) -> None:
    with_parts(log, {TABLE: lambda data: data.replace(b'ref="A1:C4"', b'tableType="queryTable" ref="A1:C4"', 1)})
    book = FileBook(log)
    with pytest.raises(SaveError, match=r"Log in .* is filled by a query: convert it"):
        book.write_table("Log", {"Day": [1]})
    book.write_table("Log", {"Day": [1, 2, 3]})
