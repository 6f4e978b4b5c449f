"""Setting cells in worksheet XML: what is written, and that nothing else changes."""

from __future__ import annotations

import gc
import math
import re
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file.ooxml import sheet_editor as cells_module
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Edits, encoded
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit, fill
from tests.invariants import assert_sound
from tests.workbook.workbooks import MAIN, by_hand, sheet_xml

CLEAR = Edit(keep_formula=False)


def rows_of(xml: bytes) -> str:
    """Return what stands inside sheetData."""
    match = re.search(r"<(?:\w+:)?sheetData[^>]*>(.*)</(?:\w+:)?sheetData>", xml.decode(), re.DOTALL)
    return match[1] if match else ""


def inline(address: str, text: str, attributes: str = "") -> str:
    return f'<c r="{address}"{attributes} t="inlineStr"><is><t>{text}</t></is></c>'


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ('<c r="A1"/>', 3, '<c r="A1"><v>3</v></c>'),
        ('<c r="A1" s="4"><v>1</v></c>', 2.5, '<c r="A1" s="4"><v>2.5</v></c>'),
        ('<c r="A1" t="s"><v>9</v></c>', 3.0, '<c r="A1"><v>3</v></c>'),
        ('<c r="A1" t="s"><v>9</v></c>', "x", inline("A1", "x")),
        ('<c r="A1" t="inlineStr"><is><r><t>x</t></r></is></c>', "x", inline("A1", "x")),
        ('<c r="A1" t="inlineStr"><is><t> x</t></is></c>', " x",
         '<c r="A1" t="inlineStr"><is><t xml:space="preserve"> x</t></is></c>'),
        ('<c r="A1" t="inlineStr"><is><t>x</t></is></c>', 1, '<c r="A1"><v>1</v></c>'),
        ('<c r="A1"/>', True, '<c r="A1" t="b"><v>1</v></c>'),
        ('<c r="A1" t="b"><v>1</v></c>', 1, '<c r="A1"><v>1</v></c>'),
        ('<c r="A1"/>', ErrorValue("#N/A"), '<c r="A1" t="e"><v>#N/A</v></c>'),
        ('<c r="A1" s="1" t="s"><v>9</v></c>', None, '<c r="A1" s="1"/>'),
        ('<c r="A1"><v>1</v></c>', math.nan, '<c r="A1"/>'),
        ('<c r="A1"><v>1</v></c>', "", '<c r="A1"/>'),
        ('<c r="A1" vm="1" cm="1" t="e"><v>#VALUE!</v></c>', 1, '<c r="A1"><v>1</v></c>'),
        ('<c r="A1"><f>B1</f></c>', 7, '<c r="A1"><f>B1</f><v>7</v></c>'),
        # A damaged cell that holds things twice: the last stands, and a second time changes nothing.
        ('<c r="A1" t="inlineStr"><is><t>x</t></is><is><t>y</t></is></c>', None, '<c r="A1"/>'),
        ('<c r="A1" t="inlineStr"><is><t>x</t></is><is><t>y</t></is></c>', "y", inline("A1", "y")),
        (f'<c r="A1">{"<v>1</v>" * 3_000}<v>2</v></c>', 2, '<c r="A1"><v>2</v></c>'),
        ('<c r="A1"><f>B1</f><v>1</v><f>C1</f></c>', 1, '<c r="A1"><v>1</v><f>C1</f></c>'),
        ('<c r="A1"><f>B1</f><v>1</v></c>', "t", '<c r="A1" t="str"><f>B1</f><v>t</v></c>'),
        ('<c r="A1"><f>B1</f><v>1</v></c>', None, '<c r="A1" t="str"><f>B1</f><v></v></c>'),
        ('<c r="A1" cm="1"><f t="array" ref="A1">B1</f><v>1</v></c>', 2,
         '<c r="A1" cm="1"><f t="array" ref="A1">B1</f><v>2</v></c>'),
        ('<c r="A1" cm="1"><f t="array" ref="A1">B1</f><v>1</v></c>', Edit(2, keep_formula=False),
         '<c r="A1"><v>2</v></c>'),
        ('<c r="A1"><v>1</v></c>', Edit("t", "SEGMENT(B1)"), '<c r="A1" t="str"><f>SEGMENT(B1)</f><v>t</v></c>'),
        ('<c r="A1"><f>C1</f><v>1</v></c>', Edit("t", "B1"), '<c r="A1" t="str"><f>C1</f><v>t</v></c>'),
        ('<c r="A1" s="2"><f>C1</f><v>1</v></c>', CLEAR, '<c r="A1" s="2"/>'),
        ('<c r="A1"><v>1</v><extLst/></c>', 2, '<c r="A1"><v>2</v><extLst/></c>'),
        ('<c r="A1"/>', date(2026, 2, 3), '<c r="A1"><v>46056</v></c>'),
        ('<c r="A1"/>', datetime(2026, 2, 3, 6), '<c r="A1"><v>46056.25</v></c>'),
    ],
)  # fmt: skip
def test_a_cell_is_set(cell: str, value: Value | Edit, expected: str) -> None:
    xml = sheet_xml(f'<row r="1">{cell}</row>')
    result = edit(xml, {1: {1: value}})
    assert rows_of(result) == f'<row r="1">{expected}</row>'
    assert edit(result, {1: {1: value}}) is result


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1" ><v>3.0</v></c>', 3),
        ('<c  r="A1"><v>46056</v></c>', date(2026, 2, 3)),
        ("<c r='A1' t='str'><f>B1</f><v>x</v></c>", "x"),
        ('<c r="A1" t="inlineStr"><is><t>x</t></is></c>', "x"),
        ('<c r="A1" t="n"/>', None),
        ('<c r="A1" s="1"><v>3</v></c>', KEEP),
    ],
)
def test_what_is_so_already_keeps_its_bytes(cell: str, value: Value | Edit) -> None:
    xml = sheet_xml(f"<row  r='1' >{cell}</row>")
    assert edit(xml, {1: {1: value}}) == xml


def test_rows_and_cells_are_inserted_in_order() -> None:
    xml = sheet_xml('<row r="2" spans="2:3"><c r="B2"/><c r="D2"/><extLst/></row>', '<row r="5"/>')
    values: dict[int, Value | Edit] = {3: 1, 1: 2, 6: 3}
    result = edit(xml, dict.fromkeys((1, 2, 3, 5, 9), values))
    addresses = re.findall(r'<c r="(\w+)"', rows_of(result))
    assert addresses == [
        "A1", "C1", "F1", "A2", "B2", "C2", "D2", "F2", "A3", "C3", "F3", "A5", "C5", "F5", "A9", "C9", "F9"
    ]  # fmt: skip
    assert 'spans="' not in rows_of(result)
    assert rows_of(result).index("<extLst/>") > rows_of(result).index('"F2"')


def test_spans_stay_where_they_hold() -> None:
    assert 'spans="1:3"' in rows_of(edit(sheet_xml('<row r="1" spans="1:3"/>'), {1: {2: 1}}))


def test_everything_around_the_rows_keeps_its_bytes() -> None:
    before = "<!-- <sheetData> --><dimension  ref='A1'  /><cols><col min='1' max='2' width='9'/></cols>"
    after = "<conditionalFormatting sqref='A1' /><!-- </sheetData> --><extLst><ext uri='x'><a  b='c'/></ext></extLst>"
    xml = sheet_xml('<row r="1"><c r="A1"/></row>', before=before, after=after)
    result = edit(xml, {2: {3: 1}}).decode()
    assert result.startswith(f"<worksheet {MAIN}>" + before.replace("ref='A1'", "ref='A1:C2'"))
    assert result.endswith("</sheetData>" + after + "</worksheet>")


def test_the_dimension_grows_but_never_shrinks() -> None:
    xml = sheet_xml('<row r="5"><c r="E5"/></row>', before='<dimension ref="B2:E5"/>')
    assert b'<dimension ref="B2:E5"/>' in edit(xml, {5: {5: 1}})
    assert b'<dimension ref="A1:E5"/>' in edit(xml, {1: {1: 1}})


@pytest.mark.parametrize("rows", ["<sheetData/>", "<sheetData />", "<sheetData></sheetData>"])
def test_an_empty_sheet(rows: str) -> None:
    xml = f"<worksheet {MAIN}>{rows}<pageMargins/></worksheet>".encode()
    assert edit(xml, {1: {1: None}}) == xml
    result = edit(xml, {1: {1: 5}})
    assert rows_of(result) == '<row r="1"><c r="A1"><v>5</v></c></row>'
    assert result.endswith(b"</sheetData><pageMargins/></worksheet>")
    assert fill(xml, []) == xml


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><worksheet {MAIN}><sheetData/><!-- ä --></worksheet>'
    result = edit(text.encode(encoding), {1: {1: "ö"}})
    assert etree.fromstring(result).findtext(".//{*}t") == "ö"
    assert "<!-- ä -->" in result.decode()


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (sheet_xml('<row r="2"/><row r="1"/>'), "out of order"),
        (sheet_xml('<!-- --><row r="2"/><row r="2"/>'), "out of order"),
        (sheet_xml('<row r="1"><c r="B1"/><c r="A1"/></row>'), "out of order"),
        (sheet_xml('<row r="1"><c r="B1"></row>'), "XML is damaged"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_xml(), "DOCTYPE"),
        (b"<chartsheet/>", "no sheetData"),
        (f"<worksheet {MAIN}><sheetData><row/>".encode(), "sheetData does not end"),
        (b'<?xml version="1.0" encoding="klingon"?>' + sheet_xml(), "cannot be read as klingon"),
    ],
)
def test_damaged_sheets_are_refused(xml: bytes, message: str) -> None:
    with pytest.raises(BookError, match=message):
        edit(xml, {1: {1: 1}})


def test_rows_far_from_any_edit_keep_their_bytes() -> None:
    rows = [f"<row  r='{n}'><c  r='A{n}'><v>{n}</v></c></row>" for n in range(1, 5000, 7)]
    xml = sheet_xml(*rows)
    edits: Edits = {n: {2: n} for n in (2500, 2501, 7001, 7002, 9500)}
    result = edit(xml, edits)
    assert edit(result, edits) == result
    assert rows[0] in rows_of(result)
    assert rows[-1] in rows_of(result)
    numbers = [int(number) for number in re.findall(r"""<row\s+r=["'](\d+)""", rows_of(result))]
    assert numbers == sorted({*range(1, 5000, 7), *edits})
    assert numbers.count(2500) == 1


def test_rows_are_put_into_a_gap_of_batches() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"/></row>', '<row r="9001"><c r="A9001"/></row>')
    result = edit(xml, {3000: {1: 1}, 3001: {1: 1}, 5000: {1: 2}})
    assert re.findall(r'<row r="(\d+)"', rows_of(result)) == ["1", "3000", "3001", "5000", "9001"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_as_before(enabled: bool) -> None:
    if not enabled:
        gc.disable()
    try:
        with pytest.raises(BookError):
            edit(sheet_xml('<row r="1"><c r="B1"></row>'), {1: {1: 1}})
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


# values


# reading without a tree


# any edits of any sheet


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**52), 2**52),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.sampled_from(["_x000D_", " blank ", "a\rb", "]]>", "<v>&amp;"]),
)
PLACES = st.tuples(st.integers(1, 14), st.integers(1, 6))


def old_cell(row: int, column: int, value: Value, *, formula: bool, said: bool) -> str:
    address = f' r="{openpyxl.utils.cell.get_column_letter(column)}{row}"' if said else ""
    kind, text = encoded(value, False)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    function = "<f>1+1</f>" if formula else ""
    if kind is None:
        return f"<c{address}>{function}</c>"
    if kind == "str" and not formula:
        return f'<c{address} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c{address} t="{kind}">{function}<v>{text}</v></c>'


def as_read(value: Value) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return None if value == "" else value


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.dictionaries(PLACES, st.tuples(VALUES, st.booleans()), max_size=15),
    new=st.dictionaries(PLACES, st.tuples(VALUES, st.booleans()), max_size=15),
    comment=st.booleans(),
)
def test_any_edits_of_any_sheet(
    old: dict[tuple[int, int], tuple[Value, bool]],
    new: dict[tuple[int, int], tuple[Value, bool]],
    comment: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells_module, "_BATCH", 4)
    lines = []
    for row in sorted({row for row, _ in old}):
        cells, last = "", 0
        for column in sorted(column for other, column in old if other == row):
            value, formula = old[row, column]
            cells += old_cell(row, column, value, formula=formula, said=column != last + 1)
            last = column
        lines.append(f'<row r="{row}">{cells}</row>')
    xml = sheet_xml("<!-- c -->" if comment else "", *lines)
    edits: dict[int, dict[int, Value | Edit]] = {}
    for (row, column), (value, clear) in new.items():
        edits.setdefault(row, {})[column] = Edit(value, keep_formula=not clear)
    result = edit(xml, edits)
    assert edit(result, edits) == result
    path = by_hand(tmp_path / "book.xlsx", result)
    assert_sound(path)

    expected = {place: as_read(value) for place, (value, _) in {**old, **new}.items()}
    read = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes())).get_sheet_by_index(0)
    rows = read.to_python(skip_empty_area=False)
    found = {
        (row, column): value
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values, 1)
        if value != ""
    }
    assert found == {place: value for place, value in expected.items() if value is not None}
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    with_formula = {place for place, (_, formula) in old.items() if formula}
    with_formula -= {place for place, (_, clear) in new.items() if clear}
    assert {
        (cell.row, cell.column) for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f"
    } == with_formula


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(VALUES, max_size=5), max_size=8))
def test_any_contents_of_a_sheet(rows: list[list[Value]], tmp_path: Path) -> None:
    old = '<row r="2"><c r="A2" s="3"/><c r="B2"><f>1</f></c></row>'
    xml = sheet_xml(old, before='<dimension ref="A1:B2"/>')
    result = fill(xml, rows)
    assert fill(result, rows) == result
    path = by_hand(tmp_path / "book.xlsx", result.replace(b' s="3"', b""))
    assert_sound(path)
    read = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes())).get_sheet_by_index(0)
    found = {
        (row, column): value
        for row, values in enumerate(read.to_python(skip_empty_area=False))
        for column, value in enumerate(values)
        if value != ""
    }
    expected = {(row, column): as_read(value) for row, values in enumerate(rows) for column, value in enumerate(values)}
    assert found == {place: value for place, value in expected.items() if value is not None}


@pytest.mark.parametrize(
    ("row", "now"),
    [
        ('<row r="1"><c r="A1"><f>1+1</f><v>2.0</v></c></row>', 2.0),
        ('<row r="1"><c r="A1" cm="1"><v>2.0</v></c></row>', 2.0),
        ('<row r="1"><c r="A1" vm="1"><v>2.0</v></c></row>', 2.0),
        ('<row r="1" ht="22"><c r="A1"><v>2.0</v></c></row>', 2.0),
        ('<row r="1"><c r="A1" t="b"><v>1</v></c></row>', True),
        ('<!-- --><row r="1"><c r="A1"><v>2.0</v></c></row>', 2.0),
        ('<row r="1"><c r="A1"><v>2.0</v></c></row><extLst/>', 2.0),
    ],
)
def test_what_a_filled_sheet_held_is_gone(row: str, now: Value) -> None:
    wanted = 1 if now is True else 2
    assert rows_of(fill(sheet_xml(row), [[wanted]])) == f'<row r="1"><c r="A1"><v>{wanted}</v></c></row>'
