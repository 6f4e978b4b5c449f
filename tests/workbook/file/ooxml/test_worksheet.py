"""What is found in worksheet XML without a tree: formulas."""

from __future__ import annotations

import re

from kopilot_xl.workbook.file.ooxml import worksheet
from tests.workbook.workbooks import sheet_xml


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
