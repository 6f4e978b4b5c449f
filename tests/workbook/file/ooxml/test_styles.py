"""The style that a new cell takes."""

from __future__ import annotations

import re
from datetime import date

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit, fill
from tests.workbook.file.ooxml.test_sheet_editor import inline, rows_of
from tests.workbook.workbooks import sheet_xml


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
