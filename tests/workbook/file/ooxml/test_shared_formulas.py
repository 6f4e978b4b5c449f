"""Formulas that are shared between cells: written out where one of them goes, and only there."""

from __future__ import annotations

import sys

import pytest

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.workbook.file.ooxml.edits import CLEAR, Move
from kopilot_xl.workbook.file.ooxml.shared_formulas import MAX_FORMULA
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit
from tests.workbook.file.ooxml.test_sheet_editor import rows_of
from tests.workbook.workbooks import sheet_xml


def test_a_shared_formula_is_written_out_before_its_master_goes() -> None:
    xml = sheet_xml(
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$A$1</f><v>1</v></c>'
        '<c r="C1"><f t="shared" ref="C1:C2" si="1">A1</f></c></row>',
        '<row r="2"><c r="B2"><f t="shared" si="0"/></c><c r="C2"><f t="shared" si="1"/></c></row>',
        '<row r="3"><c r="B3"><f t="shared" si="0"/></c></row>',
    )
    result = rows_of(edit(xml, {1: {2: CLEAR}}))
    assert '<c r="B1"/>' in result
    assert '<c r="B2"><f>A2*$A$1</f></c>' in result
    assert '<c r="B3"><f>A3*$A$1</f></c>' in result
    assert '<c r="C2"><f t="shared" si="1"/></c>' in result
    kept = rows_of(edit(xml, {1: {2: 5}}))
    assert kept == rows_of(xml).replace("<v>1</v>", "<v>5</v>")


def test_moving_expands_shared_formulas() -> None:
    xml = sheet_xml(
        '<row r="1"><c r="A1"><f t="shared" ref="A1:B1" si="0">A2</f></c><c r="B1"><f t="shared" si="0"/></c></row>'
    )
    result = rows_of(edit(xml, {}, moves=[Move(1, 4, 1, 1)]))
    assert result == '<row r="1"><c r="B1"><f>B2</f></c></row><row r="4"><c r="A4"><f>A2</f></c></row>'


def shared(formula: str) -> bytes:
    return sheet_xml(
        f'<row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="0">{formula}</f></c></row>',
        '<row r="2"><c r="B2"><f t="shared" si="0"/></c></row>',
    )


def test_a_shared_formula_is_written_out_without_openpyxl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "openpyxl.formula", None)
    assert '<c r="B2"><f>SUM(A2:C2)*LOG10(A2)</f></c>' in rows_of(edit(shared("SUM(A1:C1)*LOG10(A1)"), {1: {2: CLEAR}}))


@pytest.mark.parametrize("formula", ["A1048576", "T[[A1]", "A1&amp;&quot;open"])
def test_a_shared_formula_that_cannot_be_written_out_is_refused(formula: str) -> None:
    with pytest.raises(SaveError, match="The formula in B1 cannot be copied out to B2: enter it there anew"):
        edit(shared(formula), {1: {2: CLEAR}})


def test_a_shared_formula_longer_than_excel_allows_is_damage() -> None:
    with pytest.raises(BookError, match="the formula in B1 is longer than the 8,192 characters"):
        edit(shared("A1+" * (MAX_FORMULA // 3) + "AA1"), {1: {2: CLEAR}})


def test_a_group_without_a_formula_is_left_alone() -> None:
    assert '<c r="B2"><f t="shared" si="0"/></c>' in rows_of(edit(shared(""), {1: {2: CLEAR}}))
