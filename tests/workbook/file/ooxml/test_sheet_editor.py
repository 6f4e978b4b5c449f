"""Setting cells in worksheet XML: what is written, and that nothing else changes."""

from __future__ import annotations

import gc
import math
import re
import time as clock
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file.ooxml import sheet_editor as cells_module
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Edits, Move, encoded, safe_text
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


def test_rows_and_cells_without_positions() -> None:
    xml = sheet_xml("<row><c><v>1</v></c><c><v>2</v></c></row>", '<row><c r="C2"><v>3</v></c><c><v>4</v></c></row>')
    result = edit(xml, {1: {2: 20}, 2: {1: 5, 4: 40}, 3: {1: 50}})
    found = {(row, column): cell.findtext("{*}v") for row, column, cell in worksheet.walk(etree.fromstring(result))}
    assert found == {(1, 1): "1", (1, 2): "20", (2, 1): "5", (2, 3): "3", (2, 4): "40", (3, 1): "50"}


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


def test_prefixes_declarations_and_entities() -> None:
    xml = (
        '\ufeff<?xml version="1.0"?>\n<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:y="urn:y"><x:sheetData y:a="b"><x:row r="1"><x:c r="A1" y:z="1"><x:v>1</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    ).encode()
    result = edit(xml, {1: {1: 2, 2: "a"}})
    assert result.startswith(xml[: xml.index(b"<x:row")])
    assert rows_of(result) == (
        '<x:row r="1"><x:c r="A1" y:z="1"><x:v>2</x:v></x:c><x:c r="B1" t="inlineStr"><x:is>'
        "<x:t>a</x:t></x:is></x:c></x:row>"
    )
    assert b'<x:row r="1"><x:c r="A1" t="b"><x:v>1</x:v>' in fill(result, [[True]])


def test_comments_and_cdata_among_the_rows_stay() -> None:
    xml = sheet_xml(
        '<!-- <row r="1"/> </sheetData> --><row r="1"><!-- a --><c r="A1" t="str"><v><![CDATA[a<b]]></v></c></row>',
        "<?pi x?>",
    )
    result = rows_of(edit(xml, {1: {2: 1}, 3: {1: 1}}))
    assert '<!-- <row r="1"/> </sheetData> -->' in result
    assert "<!-- a -->" in result
    assert "<![CDATA[a<b]]>" in result
    assert "<?pi x?>" in result


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


def test_a_new_cell_looks_like_the_one_above() -> None:
    xml = sheet_xml(
        '<row r="1"><c r="A1" s="9"/></row><row r="2"><c r="A2" s="1"/><c r="B2" s="2"/></row>'
        '<row r="4" s="7" customFormat="1"/>',
        before='<cols><col min="3" max="4" style="5"/></cols>',
    )
    changes: dict[int, Value | Edit] = {1: 1, 2: None, 3: 1}
    result = rows_of(edit(xml, {2: changes, 3: changes, 4: {1: 1, 5: 1}}))
    assert re.findall(r'<c r="(\w+)"(?: s="(\d)")?', result) == [
        ("A1", "9"), ("A2", "1"), ("B2", "2"), ("C2", "5"), ("A3", "1"), ("B3", "2"), ("C3", "5"),
        ("A4", "1"), ("E4", "7"),
    ]  # fmt: skip
    # Row 6 does not follow an edited row, so it takes nothing over from row 4.
    assert '<c r="A6"><v>' in rows_of(edit(xml, {4: {1: 1}, 6: {1: 1}}))


def test_a_kept_cell_shows_the_style_to_take() -> None:
    xml = sheet_xml('<row r="2"><c r="A2" s="1"><v>1</v></c></row>')
    result = rows_of(edit(xml, {2: {1: KEEP, 2: KEEP}, 3: {1: None, 2: None}}))
    assert result == '<row r="2"><c r="A2" s="1"><v>1</v></c></row><row r="3"><c r="A3" s="1"/></row>'


@pytest.mark.parametrize("change", [1, CLEAR])
def test_nothing_is_written_into_another_cells_array(change: Value | Edit) -> None:
    xml = sheet_xml(
        '<row r="1"><c r="A1" cm="1"><f t="array" ref="A1:A3">SORT(B1:B3)</f><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>2</v></c></row>',
    )
    with pytest.raises(SaveError, match="A2 belongs to the formula in A1, which fills A1:A3"):
        edit(xml, {2: {1: change}})
    assert '<f t="array" ref="A1:A3">SORT(B1:B3)</f><v>9</v>' in rows_of(edit(xml, {1: {1: 9}}))
    assert (
        rows_of(edit(xml, {n: {1: CLEAR} for n in (1, 2, 3)}))
        == '<row r="1"><c r="A1"/></row><row r="2"><c r="A2"/></row>'
    )
    with pytest.raises(SaveError, match="A1 belongs to the formula in A1"):
        edit(xml, {1: {1: CLEAR}})
    edit(xml, {2: {1: KEEP}})


def test_nothing_is_written_under_a_merged_cell() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"/></row>', after='<mergeCells><mergeCell ref="A1:B2"/></mergeCells>')
    with pytest.raises(SaveError, match="B2 lies under the merged cell A1:B2: unmerge it"):
        edit(xml, {2: {2: 1}})
    with pytest.raises(SaveError, match="B1 lies under the merged cell"):
        fill(xml, [[1, 2]])
    assert edit(xml, {2: {2: None}}) == xml
    assert "<v>1</v>" in rows_of(edit(xml, {1: {1: 1}}))


def test_moving_cells() -> None:
    xml = sheet_xml(
        '<row><c s="1"><v>1</v></c><c/><c><v>7</v></c></row>',
        '<row r="3"><c r="A3" s="4"><f>SUBTOTAL(109,A1:A2)</f><v>1</v></c>'
        '<c r="B3"><f t="array" ref="B3">A1</f></c><c r="C3"><v>8</v></c></row>',
    )
    down = rows_of(edit(xml, {}, moves=[Move(3, 5, 1, 2)]))
    assert '<row r="3"><c r="C3"><v>8</v></c></row><row r="5"><c r="A5" s="4"><f>SUBTOTAL' in down
    assert '<c r="B5"><f t="array" ref="B5">A1</f></c></row>' in down
    up = rows_of(edit(xml, {}, moves=[Move(3, 1, 1, 2)]))
    assert up.startswith('<row r="1"><c r="A1" s="4"><f>SUBTOTAL')
    assert '<c r="C1"><v>7</v></c></row><row r="3"><c r="C3"><v>8</v></c></row>' in up
    assert edit(xml, {}, moves=[Move(8, 9, 1, 2)]) == xml


def test_a_merged_row_does_not_move() -> None:
    xml = sheet_xml('<row r="2"><c r="A2"/></row>', after='<mergeCells><mergeCell ref="A2:B2"/></mergeCells>')
    with pytest.raises(SaveError, match="Row 2 cannot move"):
        edit(xml, {}, moves=[Move(2, 3, 1, 2)])


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


@pytest.mark.parametrize(
    ("value", "in_1900", "in_1904"),
    [
        (date(1900, 1, 1), "1", None),
        (date(1900, 2, 28), "59", None),
        (date(1900, 3, 1), "61", None),
        (date(1904, 1, 1), "1462", "0"),
        (date(2026, 2, 3), "46056", "44594"),
        (datetime(2026, 2, 3, 12), "46056.5", "44594.5"),
        (datetime(2026, 2, 3), "46056", "44594"),
        (date(9999, 12, 31), "2958465", "2957003"),
        (date(1899, 12, 31), None, None),
        (time(6), "0.25", "0.25"),
    ],
)
def test_dates_are_serial_numbers(value: Value, in_1900: str | None, in_1904: str | None) -> None:
    for date1904, expected in ((False, in_1900), (True, in_1904)):
        text = value.isoformat() if isinstance(value, date) else ""
        assert encoded(value, date1904) == (("str", text) if expected is None else ("n", expected))


def test_numbers_are_written_short_and_exact() -> None:
    assert encoded(0.1, False) == ("n", "0.1")
    assert encoded(1e300, False) == ("n", "1e+300")
    assert encoded(-0.0, False) == ("n", "0")
    assert encoded(2**60, False) == ("n", str(2**60))
    assert encoded(math.inf, False) == (None, "")


def test_pandas_and_numpy_values() -> None:
    import numpy
    import pandas

    assert encoded(pandas.NaT, False) == (None, "")  # type: ignore[arg-type]
    assert encoded(numpy.float64(1.5), False) == ("n", "1.5")
    assert encoded(pandas.Timestamp(2026, 2, 3), False) == ("n", "46056")
    with pytest.raises(TypeError, match="a cell cannot hold"):
        encoded([1], False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\rb\x00", "a_x000D_b_x0000_"),
        ("_x000D_ _x00g0_", "_x005F_x000D_ _x00g0_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
        ("\ud800 \uffff", "\ufffd _xFFFF_"),
        ("x" * 32_767, "x" * 32_767),
        ("x" * 32_768, "x" * 32_766 + "…"),
        ("😀" * 16_384, "😀" * 16_383 + "…"),
        ("x" + "😀" * 16_384, "x" + "😀" * 16_382 + "…"),
    ],
    ids=range(10),
)
def test_text_is_stored_as_excel_stores_it(text: str, stored: str) -> None:
    assert safe_text(text) == stored


# reading without a tree


def test_formulas_are_found() -> None:
    rows = (
        '<row r="1"><c r="A1"/><c r="B1"><f>A1&amp;"&lt;"</f></c>'
        '<c r="C1" t="str">\n <f t="shared" ref="C1:C2" si="0">D1</f></c></row>',
        '<row r="2"><c r="B2" s="1"/><c r="C2"><f t="shared" si="0"/></c></row>',
    )
    expected = [(1, 2, 'A1&"<"'), (1, 3, "D1"), (2, 3, "D1")]
    assert list(worksheet.formulas(sheet_xml(*rows))) == expected
    assert list(worksheet.formulas(sheet_xml("<!-- -->", *rows))) == expected
    without = re.sub(r' r="\w+"', "", rows[0])
    assert list(worksheet.formulas(sheet_xml(without))) == expected[:2]
    assert list(worksheet.formulas(sheet_xml('<row r="1"><c r="A1"/></row>'))) == []
    plain = '<row r="1"><c r="B1" t="str"><f>A1&amp;"&lt;"</f><v>x</v></c><c r="AA1" s="1"><f>1</f></c></row>'
    assert list(worksheet.formulas(sheet_xml(plain))) == [(1, 2, 'A1&"<"'), (1, 27, "1")]


def test_errors_are_found() -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"/><c r="B1" t="e"><v>#N/A</v></c><c t="e" r="C1"><f>1/0</f><v>#DIV/0!</v></c></row>',
        "<row r='2'><c r='A2' t='e'><f/><v>#REF!</v></c><c r='B2'><v>1</v></c></row>",
    )
    expected = {(1, 2): "#N/A", (1, 3): "#DIV/0!", (2, 1): "#REF!"}
    assert worksheet.error_values(sheet_xml(*rows)) == expected
    assert {k: v for k, v in worksheet.error_values(sheet_xml("<!-- -->", *rows)).items() if v} == expected
    assert worksheet.error_values(sheet_xml('<row><c/><c t="e"><v>#N/A</v></c></row>')) == {(1, 2): "#N/A"}
    assert worksheet.error_values(sheet_xml(rows[1])) == {(2, 1): "#REF!"}


# any edits of any sheet


@pytest.mark.parametrize("text", ["nan", "NaN", "-NAN"])
def test_numbers_that_are_none_are_found(text: str) -> None:
    xml = sheet_xml(f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>{text}</v></c></row>')
    assert worksheet.not_numbers(xml) == {(1, 2): "#NUM!"}


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


def test_filling_keeps_styles() -> None:
    xml = sheet_xml('<row r="1"><c r="A1" s="1" t="s"><v>0</v></c></row>', '<row r="2"><c r="A2" s="2"/></row>')
    result = rows_of(fill(xml, [["x"], [1], [date(2026, 2, 3)]]))
    assert result == (
        f'<row r="1">{inline("A1", "x", " s=" + chr(34) + "1" + chr(34))}</row>'
        '<row r="2"><c r="A2" s="2"><v>1</v></c></row><row r="3"><c r="A3"><v>46056</v></c></row>'
    )
    assert rows_of(fill(sheet_xml("<!-- -->", '<row r="1"><c r="A1" s="1"/></row>'), [[1]])) == (
        '<row r="1"><c r="A1" s="1"><v>1</v></c></row>'
    )


def test_many_new_rows_take_time_in_proportion() -> None:
    def taken(rows: int) -> float:
        edits: Edits = {n: {1: n} for n in range(2, rows + 2)}
        moves = [Move(1, rows + 2, 1, 1)]  # a move needs all rows in one tree
        start = clock.process_time()
        result = edit(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'), edits, moves=moves)
        assert result.count(b"<c ") == rows + 1
        return clock.process_time() - start

    taken(1_000)
    few, many = min(taken(4_000) for _ in range(3)), taken(32_000)
    assert many < 30 * few  # eight times the rows: in square it would be 64 times
