"""A table that gets longer or shorter, and what may be in its way."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
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


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_typed_references_follow_a_table(count: int, tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, totals=["=SUM(A2:A4)", "=COUNTA(B2:B4)/A5", None])
    workbook = openpyxl.load_workbook(path)
    other = workbook.create_sheet("Other")
    other["A1"], other["A2"] = "=Log!A5", "=SUM(Log!$A$2:$A$4)*2"
    workbook.defined_names["Whole"] = DefinedName("Whole", attr_text="Log!$A$1:$C$5")
    chart = BarChart()
    chart.add_data(Reference(workbook["Log"], min_col=1, min_row=2, max_row=4))
    other.add_chart(chart, "C1")
    workbook.save(path)
    formula = '<tableColumn id="1" name="Day"><totalsRowFormula>SUM(A2:A4)</totalsRowFormula></tableColumn>'
    with_parts(path, {TABLE: lambda data: data.replace(b'<tableColumn id="1" name="Day"/>', formula.encode())})
    book = FileBook(path)
    book.write_table("Log", {"Day": [n + 0.5 for n in range(count)], "Text": ["t"] * count})
    book.save()
    assert_sound(path, recalculates=True)
    end = count + 1
    totals = [cell.value for cell in loaded(path, "Log")[end + 1]]
    assert totals == [f"=SUM(A2:A{end})", f"=COUNTA(B2:B{end})/A{end + 1}", None]
    assert [row[0].value for row in loaded(path, "Other")["A1:A2"]] == [
        f"=Log!A{end + 1}",
        f"=SUM(Log!$A$2:$A${end})*2",
    ]
    assert f"Log!$A$1:$C${end + 1}<".encode() in part(path, "xl/workbook.xml")
    assert f"$A$2:$A${end}<".encode() in part(path, "xl/charts/chart1.xml")
    assert f"<totalsRowFormula>SUM(A2:A{end})<".encode() in part(path, TABLE)
    again = FileBook(path)
    again.write_table("Log", {"Day": [1.5, 2.5, 3.5]})
    again.save()
    assert [cell.value for cell in loaded(path, "Log")[5]][:2] == ["=SUM(A2:A4)", "=COUNTA(B2:B4)/A5"]


def test_formulas_that_are_shared_follow_each_by_itself(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, totals=["=1", "=1", "=1"], below={"E4": "=1", "E5": "=1"})
    shared = {
        b'<c r="A5" s="1"><f>1</f><v></v>': b'<c r="A5" s="1"><f t="shared" ref="A5:C5" si="0">COUNTA(A2:A4)</f><v/>',
        b'<c r="B5"><f>1</f><v></v>': b'<c r="B5"><f t="shared" si="0"/><v/>',
        b'<c r="C5"><f>1</f><v></v>': b'<c r="C5"><f t="shared" si="0"/><v/>',
        b'<c r="E4"><f>1</f><v></v>': b'<c r="E4"><f t="shared" ref="E4:E5" si="1">A4</f><v/>',
        b'<c r="E5"><f>1</f><v></v>': b'<c r="E5"><f t="shared" si="1"/><v/>',
    }

    def with_shared(xml: bytes) -> bytes:
        for old, new in shared.items():
            assert old in xml
            xml = xml.replace(old, new)
        return xml

    with_parts(path, {"xl/worksheets/sheet1.xml": with_shared})
    book = FileBook(path)
    book.write_table("Log", {"Text": ["t"] * 5})
    book.save()
    sheet = loaded(path, "Log")
    assert [cell.value for cell in sheet[7]][:3] == ["=COUNTA(A2:A6)", "=COUNTA(B2:B6)", "=COUNTA(C2:C6)"]
    assert [sheet["E4"].value, sheet["E5"].value] == ["=A4", "=A7"]


NOT_RECALCULATED = {"xl/workbook.xml": lambda data: data.replace(b' fullCalcOnLoad="1"', b"")}
FILTER = (
    b'<autoFilter ref="A1:C4"><filterColumn colId="0" hiddenButton="1"/><filterColumn colId="1"><filters>'
    b'<filter val="a"/></filters></filterColumn><filterColumn colId="2" hiddenButton="1"><customFilters>'
    b'<customFilter val="x"/></customFilters></filterColumn></autoFilter>'
)


@pytest.mark.parametrize("texts", [["b", "c"], ["b", "c", "a"], ["b", "c", "a", "d"]])
def test_rows_that_a_filter_or_somebody_hid_are_seen_again_where_a_table_is_rewritten(
    texts: list[str], tmp_path: Path
) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, below={"E9": "mine"})
    workbook = openpyxl.load_workbook(path)
    for row in (3, 4, 9):
        workbook["Log"].row_dimensions[row].hidden = True
    workbook.save(path)
    with_parts(path, {TABLE: lambda data: data.replace(b'<autoFilter ref="A1:C4"/>', FILTER), **NOT_RECALCULATED})
    assert b"customFilter" in part(path, TABLE)
    book = FileBook(path)
    book.write_table("Log", {"Text": ["a", "b", "c"]})
    book.save()
    assert [loaded(path, "Log").row_dimensions[row].hidden for row in (3, 4, 9)] == [True] * 3  # nothing changed
    book = FileBook(path)
    book.write_table("Log", {"Text": texts})
    book.save()
    assert_sound(path)
    assert [loaded(path, "Log").row_dimensions[row].hidden for row in (3, 4, 9)] == [False, False, True]
    assert part(path, TABLE).count(b"filterColumn") == 2
    assert part(path, TABLE).count(b'hiddenButton="1"/>') == 2


def test_so_it_is_with_the_filter_of_a_sheet_without_a_table(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Log"
    for values in LOG:
        sheet.append(values)
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(1, ["a"])
    sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = True
    workbook.save(path)
    book = FileBook(path)
    book.write_table("Log", {"Text": ["b", "c", "d"]})
    book.save()
    assert b"hidden=" not in part(path, "xl/worksheets/sheet1.xml")
    assert b"filterColumn" not in part(path, "xl/worksheets/sheet1.xml")


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


@pytest.mark.parametrize("formula", ["SUM(A2:A4)", "SUBTOTAL(109,Log[Day])"])
def test_totals_typed_below_move_along_and_take_in_the_new_rows(formula: str, tmp_path: Path) -> None:
    below = {"B6": "Total", "A6": f"={formula}", "C7": "checked", "E1": "=A6*2", "E6": "beside"}
    path = tabled(tmp_path / "b.xlsx", LOG, below=below)
    for count in (6, 9):
        book = FileBook(path)
        book.write_table("Log", {"Day": list(range(count))})
        book.save()
        assert_sound(path, recalculates=True)
        sheet, row = loaded(path, "Log"), count + 3
        assert sheet[f"A{row}"].value == f"={formula.replace('A4', f'A{count + 1}')}"
        assert (sheet[f"B{row}"].value, sheet[f"C{row + 1}"].value) == ("Total", "checked")
        assert (sheet["E1"].value, sheet["E6"].value) == (f"=A{row}*2", "beside")
        assert [sheet.cell(at, 1).value for at in range(2, count + 2)] == list(range(count))
        assert sheet.tables["Log"].ref == f"A1:C{count + 1}"


def test_a_total_that_is_a_number_is_not_made_wrong(tmp_path: Path) -> None:
    path = tabled(tmp_path / "b.xlsx", LOG, below={"A6": "=SUM(A2:A4)", "B6": 3})
    with pytest.raises(SaveError, match="A6 below it is in use"):
        FileBook(path).write_table("Log", {"Day": [1] * 6})


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
    with pytest.raises(SaveError, match=r"Log in .* is filled by a query: turn it"):
        book.write_table("Log", {"Day": [1]})
    book.write_table("Log", {"Day": [1, 2, 3]})


NEWER = (
    b'<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    b'uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations count="1" '
    b'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="list"><x14:formula1>'
    b"<xm:f>Log!$Z$1:$Z$3</xm:f></x14:formula1><xm:sqref>C2:C4</xm:sqref></x14:dataValidation></x14:dataValidations>"
    b"</ext></extLst></worksheet>"
)


def with_rules(path: Path) -> Path:
    """The log with rules that end with its last row, and others that do not, and an area to print."""
    tabled(path, LOG)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Log"]
    for cells in ("A2:A4", "B2:C4", "A2:A3", "A2:E4", "E2:E4"):
        rule = Rule(type="expression", formula=["$A2>1"], dxf=DifferentialStyle())
        sheet.conditional_formatting.add(cells, rule)
    choices = DataValidation(type="list", formula1='"a,b"', sqref="B2:B4 G2:G4")
    sheet.add_data_validation(choices)
    sheet.print_area = "A1:C4"
    workbook.save(path)
    part = "xl/worksheets/sheet1.xml"
    return with_parts(path, {part: lambda data: data.replace(b"</worksheet>", NEWER)})


def test_conditions_drop_downs_and_the_area_to_print_grow_with_their_table(tmp_path: Path) -> None:
    path = with_rules(tmp_path / "b.xlsx")
    book = FileBook(path)
    book.write_table("Log", {"Text": [f"t{n}" for n in range(6)]})
    book.save()
    assert_sound(path, recalculates=True)
    with warnings.catch_warnings():  # openpyxl's, of the newer drop-down
        warnings.simplefilter("ignore")
        sheet = openpyxl.load_workbook(path)["Log"]
    assert sorted(str(cells.sqref) for cells in sheet.conditional_formatting) == [
        "A2:A3", "A2:A7", "A2:E4", "B2:C7", "E2:E4",
    ]  # fmt: skip
    (choices,) = sheet.data_validations.dataValidation
    assert set(str(choices.sqref).split()) == {"B2:B7", "G2:G4"}
    assert sheet.print_area == "'Log'!$A$1:$C$7"
    assert b"<xm:sqref>C2:C7</xm:sqref>" in part(path, "xl/worksheets/sheet1.xml")


def test_rules_stay_as_they_are_where_a_table_keeps_its_length_or_gets_shorter(tmp_path: Path) -> None:
    path = with_rules(tmp_path / "b.xlsx")
    for count in (3, 2):
        book = FileBook(path)
        book.write_table("Log", {"Text": [f"t{n}" for n in range(count)]})
        book.save()
        assert b'sqref="B2:C4"' in part(path, "xl/worksheets/sheet1.xml")
