"""A workbook file as a book: what is read from it, and what a save changes and leaves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time as clock
import warnings
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.saving import check_writable
from kopilot_xl.workbook.opening import open_book
from tests import libreoffice
from tests.invariants import assert_sound
from tests.workbook.workbooks import changed_entries, part, raw_entries, rich, tabled

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"


def loaded(path: Path, sheet: str, *, data_only: bool = False) -> Worksheet:
    """Return a sheet as openpyxl reads it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
        found = openpyxl.load_workbook(BytesIO(path.read_bytes()), data_only=data_only)[sheet]
    assert isinstance(found, Worksheet)
    return found


def values(path: Path, sheet: str) -> list[list[Any]]:
    """Return a sheet's values as openpyxl reads them."""
    return [[cell.value for cell in row] for row in loaded(path, sheet, data_only=True).iter_rows()]


def table_ref(path: Path) -> tuple[str, str]:
    """Return the reference of the first table and of its filter."""
    root = etree.fromstring(part(path, TABLE))
    filtered = root.find("{*}autoFilter")
    return root.get("ref", ""), "" if filtered is None else filtered.get("ref", "")


def test_a_file_is_a_book(path: Path) -> None:
    book: Book = open_book(path)
    assert book.name == "rich.xlsx"
    assert FileBook(str(path)).path == path


# reading


def test_a_table_is_read(path: Path) -> None:
    table = FileBook(path).table(" CLIENTS ")
    assert (table.name, table.sheet, table.header_row, table.first_column) == ("Clients", "Clients", 1, 1)
    assert table.headers == ("Client ID", "Client", "Segment", "Last invoice", "Value")
    assert table.rows[0] == ["A1", "Ada", "Active", date(2026, 1, 5), 1200.5]
    assert table.rows[2] == ["C3", "Cy <&> Söhne", None, None, None]
    assert table.row_number(2) == 4


# writing


def test_what_was_read_is_read_anew_if_the_file_changed(path: Path) -> None:
    book = FileBook(path)
    assert book.cell("Window") == 42
    assert book.table("Clients").rows[0][1] == "Ada"
    other = FileBook(path)
    other.write_column("Clients", "Client", ["Eve", "Bob", "Cy"])
    other.write_column("Clients", "Value", [1, 2, 3])
    other.save()
    with book.locked():
        assert book.table("Clients").rows[0] == ["A1", "Eve", "Active", date(2026, 1, 5), 1.0]


def fill_everything(book: FileBook) -> None:
    book.write_column("Clients", "Segment", ["x", "y", "z"], formula="SEGMENT({Client ID})")
    book.write_column("Clients", "Value", [1, None, 2.5])
    book.write_block("Block", [["a", date(2026, 1, 1)], [None, 2]])


def test_the_same_refresh_gives_the_same_file(path: Path) -> None:
    book = FileBook(path)
    fill_everything(book)
    book.save()
    first = path.read_bytes()
    book.save()
    assert path.read_bytes() == first
    again = FileBook(path)
    fill_everything(again)
    again.save()
    assert path.read_bytes() == first
    assert_sound(path)


def test_nothing_written_is_nothing_changed(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    book = FileBook(path)
    book.table("Clients")
    book.save(tmp_path / "copy.xlsx")
    book.save()
    assert path.read_bytes() == before == (tmp_path / "copy.xlsx").read_bytes()


def test_reading_sees_the_book_as_opened(log: Path) -> None:
    book = FileBook(log)
    book.write_column("Log", "Text", ["n", "n", "n"])
    assert [row[1] for row in book.table("Log").rows] == ["a", "b", "c"]
    book.save()
    assert [row[1] for row in book.table("Log").rows] == ["a", "b", "c"]
    assert [row[1] for row in FileBook(log).table("Log").rows] == ["n", "n", "n"]


def test_a_failed_save_leaves_the_book_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    book = FileBook(path)
    fill_everything(book)
    (path.parent / "~$rich.xlsx").write_text("")
    with pytest.raises(SaveError, match="is open in Excel"):
        check_writable(path)
    with pytest.raises(SaveError, match="is open in Excel"):
        book.save()
    check_writable(path.parent / "other.xlsx")
    (path.parent / "~$rich.xlsx").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(SaveError, match="no room left"):
            book.save()
    assert path.read_bytes() == before
    book.save()
    assert path.read_bytes() != before


def test_a_refresh_loads_neither_openpyxl_nor_pandas(path: Path) -> None:
    code = (
        "import sys; from kopilot_xl import open_book; book = open_book(sys.argv[1]);"
        "book.table('Clients'); book.write_column('Clients', 'Value', [1, 2, 3]);"
        "book.formulas_mentioning(['x']); book.save();"
        "print([name for name in ('openpyxl', 'pandas', 'polars') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_long_table_is_quick(tmp_path: Path) -> None:
    rows = 5000
    lines: list[list[Value]] = [[n, "text", n / 2] for n in range(rows)]
    path = tabled(tmp_path / "b.xlsx", [["A", "B", "C"], *lines])
    start = clock.process_time()
    book = FileBook(path)
    for header in ("A", "B", "C"):
        book.write_column("Log", header, [n * 1.5 for n in range(rows)])
    book.save()
    # Several times what it takes on a slow machine: this is to catch work that grows with the square.
    assert clock.process_time() - start < 5


# files of LibreOffice


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rich workbook as LibreOffice saves it."""
    if reason := libreoffice.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("libreoffice")
    return libreoffice.store(rich(folder / "rich.xlsx"), folder / "converted.xlsx", "Calc MS Excel 2007 XML")


@pytest.mark.libreoffice
def test_a_file_of_libreoffice(converted: Path, tmp_path: Path) -> None:
    path = tmp_path / "converted.xlsx"
    shutil.copy(converted, path)
    before = path.read_bytes()
    book = FileBook(path)
    table = book.table("Clients")
    assert table.rows[0][0] == "A1"
    assert table.rows[0][3] == date(2026, 1, 5)
    assert book.cell("Window") == 42.0
    fill_everything(book)
    book.write_table("Clients", {"Client ID": ["p", "q", "r", "s"], "Value": [1, 2, 3, 4]})
    book.save()
    assert {name.rpartition("/")[0] for name in changed_entries(before, path.read_bytes())} <= {
        "xl/worksheets", "xl/tables", "xl/charts"
    }  # fmt: skip
    chart = next(name for name in raw_entries(path.read_bytes()) if name.startswith("xl/charts/chart"))
    assert b"Clients!$E$2:$E$5" in part(path, chart)  # it was drawn over the three rows there were
    assert_sound(path)
    assert [row[4] for row in FileBook(path).table("Clients").rows] == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.libreoffice
def test_libreoffice_reads_what_was_written(path: Path, tmp_path: Path) -> None:
    if reason := libreoffice.missing():
        pytest.skip(reason)
    book = FileBook(path)
    book.write_column("Clients", "Value", [10, 20, 30])
    book.write_block("Block", [["grün <&>", "_x0041_"]])
    book.save()
    out = libreoffice.store(path, tmp_path / "out.xlsx", "Calc MS Excel 2007 XML")
    read = CalamineWorkbook.from_path(out)
    assert [row[4] for row in read.get_sheet_by_name("Clients").to_python()[1:4]] == [10.0, 20.0, 30.0]
    notes = read.get_sheet_by_name("My notes").to_python(skip_empty_area=False)
    assert notes[0][5:7] == ["grün <&>", "_x0041_"]
