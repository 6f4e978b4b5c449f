"""What surrounds the cells: arrays and merged cells are not torn apart."""

from __future__ import annotations

import pytest

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Move
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit, fill
from tests.workbook.file.ooxml.test_sheet_editor import CLEAR, rows_of
from tests.workbook.workbooks import sheet_xml


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


def test_a_merged_row_does_not_move() -> None:
    xml = sheet_xml('<row r="2"><c r="A2"/></row>', after='<mergeCells><mergeCell ref="A2:B2"/></mergeCells>')
    with pytest.raises(SaveError, match="Row 2 cannot move"):
        edit(xml, {}, moves=[Move(2, 3, 1, 2)])
