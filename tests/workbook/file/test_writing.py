"""Writes that wait for a save: columns, tables, blocks and sheets."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl.errors import MissingError, SaveError
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.writing import SPARE_ROWS
from tests.invariants import assert_sound
from tests.workbook.file.test_book import SHEET, TABLE, loaded, values
from tests.workbook.workbooks import changed_entries, part, tabled, with_parts


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
    assert changed_entries(before, after) == {SHEET, "xl/tables/table1.xml"}, "which had lost the rule of the column"
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


@pytest.mark.parametrize(("last", "given"), [(2, None), (2, 1_500), (1_600, None)])
def test_a_table_of_blank_rows_gets_formulas_only_near_what_is_in_it(
    tmp_path: Path, last: int, given: int | None
) -> None:
    log = tabled(tmp_path / "log.xlsx", [["Day", "Text"], [1, "=A2"], [2, "=A3"], *[[None, None]] * 5_000])
    workbook = openpyxl.load_workbook(log)
    workbook["Log"].cell(last + 1, 1).value = 3
    workbook.save(log)
    book = FileBook(log)
    values = ["a", "b", *[None] * 5_000]
    if given:
        values[given - 1] = "c"
    assert book.write_column("Log", "Text", values, formula="LEFT({Day})")
    book.save()
    shown = loaded(log, "Log")
    written = [row for row in range(2, 5_004) if shown.cell(row, 2).value is not None]
    assert written == list(range(2, max(last, given or 0) + SPARE_ROWS + 2))


def test_cells_that_show_their_value_already_keep_their_bytes(path: Path) -> None:
    book = FileBook(path)
    book.write_column(
        "Clients", "Segment", [row[2] for row in book.table("Clients").rows], formula="SEGMENT({Client ID})"
    )
    book.save()  # the table gets the rule of the column
    before = path.read_bytes()
    held = [row[1:] for row in FileBook(path).table("Clients").rows]
    book = FileBook(path)
    for header, given in zip(("Client", "Segment", "Last invoice", "Value"), zip(*held, strict=True), strict=True):
        book.write_column("Clients", header, ["x", 1, None])
        book.write_column("Clients", header, given, formula="SEGMENT({Client ID})")
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
