"""A workbook file as a book: what is read from it, and what a save changes and leaves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time as clock
import warnings
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.workbook.book import Book, ErrorValue, Value
from kopilot_xl.workbook.file import reading, resizing
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.reading import SheetReader
from kopilot_xl.workbook.file.saving import check_writable
from kopilot_xl.workbook.opening import open_book
from tests import libreoffice
from tests.invariants import assert_sound
from tests.workbook.workbooks import by_hand, changed_entries, part, rich, sheet_xml, tabled, with_parts

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"
LOG: list[list[Any]] = [["Day", "Text", "Note"], [1.5, "a", "x"], [2.5, "b", "y"], [3.5, "c", "z"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return rich(tmp_path / "rich.xlsx")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tabled(tmp_path / "log.xlsx", LOG)


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


def test_names(path: Path) -> None:
    book = FileBook(path)
    assert book.cell("WINDOW") == 42.0
    assert book.cell_address(" window") == "Settings!B3"
    assert book.cell_address("Block") == "'My notes'!F1"
    assert book.cell("Block") is None
    assert book.cell("Local") == "EUR"
    assert book.has_sheet("my NOTES")
    assert not book.has_sheet("Notes")
    with pytest.raises(MissingError, match="no cell named Nothing: select the cell and type Nothing"):
        book.cell("Nothing")
    with pytest.raises(MissingError, match=r"The name Gone .* points nowhere .*: restore it"):
        book.cell_address("Gone")
    with pytest.raises(MissingError, match=r"Computed .* points nowhere"):
        book.cell("Computed")


def test_special_values(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="str"><f>1</f><v/></c><c r="C1"><v>1</v></c>'
        '<c r="D1" t="b"><v>0</v></c><c r="E1" t="str"><v><![CDATA[a<b]]></v></c>'
        '<c r="F1" t="d"><v>2026-02-03T00:00:00</v></c></row>'
    )
    names = "<definedNames>" + "".join(
        f'<definedName name="N{column}">Sheet1!${column}$1</definedName>' for column in "ABCDEF"
    )
    xml = sheet_xml(rows)
    path = by_hand(tmp_path / "b.xlsx", xml)
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(
        b"</sheets>", f"</sheets>{names}</definedNames>".encode())})  # fmt: skip
    book = FileBook(path)
    assert [book.cell(f"N{column}") for column in "ABCDEF"] == [
        ErrorValue("#N/A"), None, 1.0, False, "a<b", date(2026, 2, 3)
    ]  # fmt: skip


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_in_both_date_systems(epoch_1904: bool, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    if epoch_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.title = "Log"
    days = [date(2026, 2, 3), datetime(2026, 2, 3, 13, 30), time(6), date(1905, 3, 1)]
    sheet.append(["Day", "Other"])
    for day in days:
        sheet.append([day, "x"])
    sheet["D1"] = 0.75
    sheet["D1"].number_format = "[h]:mm"
    path = tmp_path / "b.xlsx"
    book.save(path)
    opened = FileBook(path)
    assert [row[0] for row in opened.table("Log").rows] == days
    later: list[Value] = [datetime(2024, 2, 29, 6), date(1904, 1, 2), date(2030, 1, 1), time(12)]
    opened.write_column("Log", "Day", later)
    opened.save()
    assert [row[0] for row in FileBook(path).table("Log").rows] == [
        datetime(2024, 2, 29, 6), date(1904, 1, 2), date(2030, 1, 1), time(12)
    ]  # fmt: skip
    assert_sound(path, recalculates=True)


def test_a_duration_is_its_number_of_days(tmp_path: Path) -> None:
    path = plain(tmp_path / "b.xlsx", [["A", "B"], [1.75, "x"]])
    book = openpyxl.load_workbook(path)
    book["Clients"]["A2"].number_format = "[h]:mm"
    book.save(path)
    assert FileBook(path).table("Clients").rows == [[1.75, "x"]]


def test_chart_sheets_are_no_sheets(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "b.xlsx"
    made = xlsxwriter.Workbook(str(path))
    chart = made.add_chart({"type": "line"})
    made.add_chartsheet("Chart").set_chart(chart)
    sheet = made.add_worksheet("Data")
    sheet.write_row(0, 0, ["A", "B"])
    sheet.write_row(1, 0, [1, 2])
    chart.add_series({"values": "=Data!$A$2:$B$2"})
    made.close()
    book = FileBook(path)
    assert not book.has_sheet("Chart")
    assert book.table("Data").rows == [[1.0, 2.0]]


def test_no_worksheet_at_all(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "b.xlsx", sheet_xml())
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b"<sheet ", b"<other ")})
    with pytest.raises(BookError, match="has no worksheet"):
        FileBook(path)


@pytest.mark.parametrize("xml", [b"<worksheet", b"", sheet_xml('<row r="1"><c r="A1"><v>1</row>')])
def test_a_damaged_sheet_is_named(xml: bytes, tmp_path: Path) -> None:
    book = FileBook(by_hand(tmp_path / "b.xlsx", xml))
    with pytest.raises(BookError, match=r"b\.xlsx cannot be read.*Open it in Excel, save it") as refusal:
        book.table("Sheet1")
    assert "Sheet1" in str(refusal.value) or SHEET in str(refusal.value)


def test_a_panic_of_the_reader_is_a_refusal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    class StandIn:
        error: BaseException = Panic("range start index 1 out of range")

        def get_sheet_by_name(self, name: str) -> None:
            raise self.error

    book = FileBook(path)
    stand_in = StandIn()
    monkeypatch.setattr(SheetReader, "_calamine", stand_in)
    with pytest.raises(BookError, match=r"cannot be read \(sheet Clients\): range start"):
        book.table("Clients")
    stand_in.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        book.table("Clients")


def test_shared_strings_that_cannot_be_read(path: Path) -> None:
    with_parts(path, {"xl/sharedStrings.xml": lambda _: b"<sst><si><t>"})
    with pytest.raises(BookError, match="cannot be read"):
        FileBook(path).table("Clients")


def test_a_value_far_away_is_refused_before_it_costs_all_memory(tmp_path: Path) -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    path = by_hand(tmp_path / "b.xlsx", xml)
    with pytest.raises(BookError, match=r"Sheet1!XFD1048576 has a value far away from all others"):
        FileBook(path).table("Sheet1")


def test_a_style_far_away_costs_nothing(tmp_path: Path) -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576" s="0"/></row>')
    assert not FileBook(by_hand(tmp_path / "b.xlsx", xml)).has_table("Sheet1")


def test_what_is_read_without_a_closer_look_spans_no_more_than_may_be_blank() -> None:
    last, next_row, next_column = (sheet_xml(f'<row><c r="{at}"/></row>') for at in ("Z199999", "A200000", "AA1"))
    assert worksheet.is_compact(last)
    assert not worksheet.is_compact(next_row)
    assert not worksheet.is_compact(next_column)
    assert reading.MAX_SPARSE >= 26 * 199_999


def test_formulas_that_mention_words(path: Path) -> None:
    book = FileBook(path)
    assert book.formulas_mentioning(["clients["]) == ["'My notes'!D1", "'My notes'!B4"]
    assert book.formulas_mentioning(["Segment"]) == ["Clients!C2", "Clients!C3", "Clients!C4"]
    assert book.formulas_mentioning(["Ω", "<", "nowhere"]) == []
    assert book.formulas_mentioning(["SORT(", "&"]) == ["'My notes'!D1"]
    assert book.formulas_mentioning([]) == []
    book.write_column("Clients", "Segment", ["a", "Leaving", "c"])
    assert book.formulas_mentioning(["Segment"]) == []
    book.write_sheet("My notes", [])
    assert book.formulas_mentioning(["clients["]) == []


# writing


def test_a_column_is_written(path: Path) -> None:
    before = path.read_bytes()
    book = FileBook(path)
    assert book.write_column("clients", "segment", ["Lost", "Active", None], formula="SEGMENT({Client ID})")
    assert book.write_column("Clients", "LAST INVOICE", [date(2026, 2, 3), None, datetime(2026, 3, 1, 12)])
    assert not book.write_column("Clients", "Nothing", [1])
    with pytest.raises(ValueError, match="1 values for 3 rows of Clients"):
        book.write_column("Clients", "Value", [1])
    with pytest.raises(MissingError):
        book.write_column("Nothing", "Value", [1])
    book.save()
    after = path.read_bytes()
    assert changed_entries(before, after) == {SHEET}
    assert_sound(path)
    sheet = loaded(path, "Clients")
    assert [sheet.cell(row, 3).value for row in (2, 3, 4)] == ["=SEGMENT(A2)", "=SEGMENT(A3)", "=SEGMENT(A4)"]
    assert [row[2:4] for row in FileBook(path).table("Clients").rows] == [
        ["Lost", date(2026, 2, 3)],
        ["Active", None],
        [None, datetime(2026, 3, 1, 12)],
    ]
    assert sheet["D4"].number_format == "yyyy-mm-dd"
    assert sheet["D4"].font.b


def test_cells_that_show_their_value_already_keep_their_bytes(path: Path) -> None:
    before = path.read_bytes()
    held = [row[1:] for row in FileBook(path).table("Clients").rows]
    book = FileBook(path)
    for header, values in zip(("Client", "Segment", "Last invoice", "Value"), zip(*held, strict=True), strict=True):
        book.write_column("Clients", header, ["x", 1, None])
        book.write_column("Clients", header, values, formula="SEGMENT({Client ID})")
    book.save()
    assert path.read_bytes() == before


def test_a_cell_that_shows_another_value_of_the_same_kind_or_the_same_of_another_kind_is_written(
    tmp_path: Path,
) -> None:
    log = tabled(tmp_path / "log.xlsx", [["Day", "Text"], [1, "1"], [0, "x"], [3, "y"]])
    book = FileBook(log)
    book.write_column("Log", "Day", [True, False, 3])
    book.write_column("Log", "Text", [1, "x", "Y"])
    book.save()
    assert repr(FileBook(log).table("Log").rows) == "[[True, 1.0], [False, 'x'], [3.0, 'Y']]"


def test_a_formula_goes_into_a_calculated_cell_that_shows_its_value_without_one(path: Path) -> None:
    with_parts(path, {SHEET: lambda data: data.replace(b"<f>SEGMENT(A3)</f>", b"")})
    book = FileBook(path)
    book.write_column("Clients", "Segment", ["Active", "Leaving", ""], formula="SEGMENT({Client ID})")
    book.save()
    assert [loaded(path, "Clients").cell(row, 3).value for row in (2, 3, 4)] == [
        "=SEGMENT(A2)",
        "=SEGMENT(A3)",
        "=SEGMENT(A4)",
    ]


def test_a_missing_cell_looks_like_the_one_above_though_that_one_needs_no_edit(path: Path) -> None:
    with_parts(path, {SHEET: lambda data: re.sub(rb'<c r="D4"[^>]*/>', b"", data)})
    book = FileBook(path)
    book.write_column("Clients", "Last invoice", [date(2026, 1, 5), date(2025, 3, 1), date(2026, 2, 3)])
    book.save()
    assert loaded(path, "Clients")["D4"].number_format == "yyyy-mm-dd"
    assert loaded(path, "Clients")["D4"].font.b


def test_errors_and_texts_set_apart_are_seen(path: Path) -> None:
    def spoilt(data: bytes) -> bytes:
        cells = (
            b'<c r="A2" t="str"><v><![CDATA[a < b]]></v></c><c r="B2" t="e"><v>#N/A</v></c>'
            b'<c r="C2"><f>1+1</f><v>2</v></c><c r="D2"><v>NaN</v></c>'
        )
        return re.sub(rb'(<row r="2"[^>]*>).*?(</row>)', rb"\g<1>" + cells + rb"\g<2>", data, flags=re.DOTALL)

    with_parts(path, {SHEET: spoilt})
    book = FileBook(path)
    assert book.table("Clients").rows[0] == ["a < b", ErrorValue("#N/A"), 2, ErrorValue("#NUM!"), None]
    assert book.formulas_mentioning(["1+1"]) == ["Clients!C2"]


def test_a_large_sheet_is_not_kept_unpacked_and_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(book: FileBook, to: Path) -> bytes:
        assert book.table("Clients").rows[0][1] == "Ada"
        assert book.formulas_mentioning(["clients["]) == ["'My notes'!D1", "'My notes'!B4"]
        assert book.write_column("Clients", "Client", ["Eve", "Bob", "Cy"])
        book.save(to)
        return to.read_bytes()

    kept = written(FileBook(path), path.with_name("kept.xlsx"))
    read: list[str] = []
    unpack = Package.read

    def counted(package: Package, part: str) -> bytes:
        read.append(part)
        return unpack(package, part)

    monkeypatch.setattr(Package, "read", counted)
    monkeypatch.setattr(reading, "LARGE", 0)
    assert written(FileBook(path), path.with_name("unpacked_anew.xlsx")) == kept
    assert read.count(SHEET) == 2


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


def untouched(xml: bytes, columns: str) -> bytes:
    """Return a worksheet in canonical form, without these columns' data cells."""
    root = etree.fromstring(xml)
    for row in root.iter("{*}row"):
        for cell in list(row):
            if cell.get("r", "").strip("0123456789") in columns and row.get("r") != "1":
                row.remove(cell)
    return etree.tostring(root, method="c14n")


def test_the_sheet_outside_the_written_cells_stays(path: Path) -> None:
    before = part(path, SHEET)
    book = FileBook(path)
    book.write_column("Clients", "Value", [1, 2, 3])
    book.save()
    after = part(path, SHEET)
    assert after != before
    assert after[after.index(b"</sheetData>") :] == before[before.index(b"</sheetData>") :]
    assert after[: after.index(b"<sheetData>")] == before[: before.index(b"<sheetData>")]
    assert untouched(after, "E") == untouched(before, "E")


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


def test_only_a_calculated_column_gets_formulas(log: Path) -> None:
    book = FileBook(log)
    book.write_column("Log", "Text", ["n", "n", "n"], formula="LEN({Note})")
    book.save()
    assert [row[1] for row in values(log, "Log")[1:]] == ["n", "n", "n"]
    assert b"<f>" not in part(log, SHEET)
    calculated = b'name="Text"><calculatedColumnFormula>LEN(A1)</calculatedColumnFormula></tableColumn>'
    with_parts(log, {TABLE: lambda data: data.replace(b'name="Text"/>', calculated)})
    book = FileBook(log)
    book.write_column("Log", "Text", [1, 2, 3], formula="=LEN({Note}&{ day })")
    book.write_column("Log", "Note", [1, 2, 3], formula="LEN({Nothing})")
    book.save()
    assert b"<f>LEN(C2&amp;A2)</f><v>1</v>" in part(log, SHEET)
    assert part(log, SHEET).count(b"<f>") == 3
    assert_sound(log)


def test_a_formula_in_one_cell_makes_a_column_calculated(log: Path) -> None:
    workbook = openpyxl.load_workbook(log)
    workbook["Log"]["B3"] = "=LEN(C3)"
    workbook.save(log)
    book = FileBook(log)
    book.write_column("Log", "Text", [1, 2, 3], formula="LEN({Note})")
    book.write_column("Log", "Note", [1, 2, 3], formula="LEN({Nothing})")
    book.save()
    assert part(log, SHEET).count(b"<f>LEN(C") == 3


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


def test_columns_must_be_equally_long(log: Path) -> None:
    book = FileBook(log)
    with pytest.raises(ValueError, match="different lengths"):
        book.write_table("Log", {"Day": [1], "Text": []})
    book.write_table("Log", {})
    before = log.read_bytes()
    book.save()
    assert log.read_bytes() == before


def test_the_last_writing_of_a_table_counts(log: Path) -> None:
    book = FileBook(log)
    book.write_table("Log", {"Day": [1, 2, 3, 4, 5, 6]})
    book.write_table("Log", {"Day": [7, 8]})
    book.write_column("Log", "Text", ["p", "q"])
    book.save()
    assert_sound(log)
    assert FileBook(log).table("Log").rows == [[7.0, "p", "x"], [8.0, "q", "y"]]


def test_a_block_is_filled_and_the_rest_emptied(path: Path) -> None:
    book = FileBook(path)
    assert book.write_block("block", [["a", 1], ["b", 2], ["c", 3]])
    book.save()
    book = FileBook(path)
    assert book.write_block("Block", [["z"]])
    assert not book.write_block("Nothing", [])
    assert not book.write_block("Gone", [])
    with pytest.raises(SaveError, match=r"4 rows of 1 do not fit into Block in rich\.xlsx, which is F1:G3"):
        book.write_block("Block", [[1]] * 4)
    with pytest.raises(SaveError, match="do not fit"):
        book.write_block("Block", [[1, 2, 3]])
    book.save()
    assert [row[5:7] for row in values(path, "My notes")[:3]] == [["z", None], [None, None], [None, None]]
    assert_sound(path)


def test_a_block_does_not_reach_into_a_spill(path: Path) -> None:
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b"'My notes'!$F$1:$G$3", b"'My notes'!$D$2:$D$4")})
    before = path.read_bytes()
    book = FileBook(path)
    book.write_block("Block", [[1]])
    with pytest.raises(SaveError, match=r"rich\.xlsx, sheet My notes: D2 belongs to the formula in D1"):
        book.save()
    assert path.read_bytes() == before


def test_a_whole_sheet_is_filled(path: Path) -> None:
    before = path.read_bytes()
    book = FileBook(path)
    assert book.write_sheet("settings", [["Key", "Day"], ["a", date(2026, 2, 3)]])
    assert not book.write_sheet("Nothing", [])
    book.save()
    assert changed_entries(before, path.read_bytes()) == {"xl/worksheets/sheet3.xml"}
    assert values(path, "Settings") == [["Key", "Day"], ["a", 46056]]
    assert_sound(path)


def test_the_calculation_chain_goes_with_a_formula_it_names(path: Path) -> None:
    chain = b'<calcChain xmlns="x"><c r="C2" i="1"/><c r="B4" i="2"/></calcChain>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    with_parts(
        path,
        {
            "xl/calcChain.xml": lambda _: chain,
            "[Content_Types].xml": lambda data: data.replace(
                b"</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'.encode()
            ),
            "xl/_rels/workbook.xml.rels": lambda data: data.replace(
                b"</Relationships>",
                f'<Relationship Id="rId99" Type="{relation}" Target="calcChain.xml"/></Relationships>'.encode(),
            ),
        },
    )
    assert_sound(path)
    book = FileBook(path)
    book.write_column("Clients", "Segment", ["a", "b", "c"])
    book.save()
    assert part(path, "xl/calcChain.xml") == chain
    book.write_sheet("My notes", [["gone"]])
    book.save()
    assert_sound(path)
    with pytest.raises(KeyError):
        part(path, "xl/calcChain.xml")
    assert b"calcChain" not in part(path, "[Content_Types].xml") + part(path, "xl/_rels/workbook.xml.rels")


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
        "xl/worksheets", "xl/tables"
    }  # fmt: skip
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
