"""Rows that are written in an unusual way, edited as a tree; and cells that move."""

from __future__ import annotations

import time as clock

from lxml import etree

from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.edits import Edits, Move
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit, fill
from tests.workbook.file.ooxml.test_sheet_editor import rows_of
from tests.workbook.workbooks import sheet_xml


def test_rows_and_cells_without_positions() -> None:
    xml = sheet_xml("<row><c><v>1</v></c><c><v>2</v></c></row>", '<row><c r="C2"><v>3</v></c><c><v>4</v></c></row>')
    result = edit(xml, {1: {2: 20}, 2: {1: 5, 4: 40}, 3: {1: 50}})
    found = {(row, column): cell.findtext("{*}v") for row, column, cell in worksheet.walk(etree.fromstring(result))}
    assert found == {(1, 1): "1", (1, 2): "20", (2, 1): "5", (2, 3): "3", (2, 4): "40", (3, 1): "50"}


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
