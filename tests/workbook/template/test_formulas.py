"""What holds for every formula and every conditional format of the built workbooks."""

from __future__ import annotations

import re
import zipfile
from itertools import combinations
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from tests.workbook.template.excel_conditions import Condition, cells_to_try, clash

BOOKS = [TEMPLATE, MACRO_FREE_TEMPLATE]
_FORMULA = re.compile(rb"<(?:f|formula|formula1|formula2|calculatedColumnFormula|definedName)\b[^>]*>([^<]*)<")


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.suffix)
def test_no_formula_writes_numbers_by_codes_that_every_language_has_others_for(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        found = [
            formula.decode()
            for name in package.namelist()
            if name.endswith(".xml")
            for formula in _FORMULA.findall(package.read(name))
        ]
    assert len(found) > 100
    assert [formula for formula in found if re.search(r"(?<![A-Z.])TEXT\(", formula)] == []


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.suffix)
def test_no_two_conditional_formats_of_a_cell_hold_at_once(path: Path) -> None:
    clashes, compared = [], 0
    for sheet in load_workbook(path, keep_vba=path == TEMPLATE).worksheets:
        rules = [
            (bounds, area, rule.formula[0])
            for dressing in sheet.conditional_formatting
            for rule in dressing.rules
            if rule.type == "expression"
            for area in dressing.sqref.ranges
            if all(bounds := range_boundaries(area.coord))
        ]
        tried = set[tuple[str, str, str]]()
        for cell in cells_to_try([bounds for bounds, *_ in rules]):  # type: ignore[misc]
            row, column = coordinate_to_tuple(cell)
            here = [
                (area, formula)
                for (left, top, right, bottom), area, formula in rules
                if left <= column <= right and top <= row <= bottom  # type: ignore[operator]
            ]
            for (one_area, one), (other_area, other) in combinations(here, 2):
                if (cell, one, other) in tried:
                    continue
                tried.add((cell, one, other))
                first, second = (
                    Condition(formula, area.coord.partition(":")[0], cell)
                    for area, formula in ((one_area, one), (other_area, other))
                )
                if values := clash(first, second):
                    clashes.append(f"{sheet.title}!{cell}: {one} and {other} both hold for {values}")
        compared += len(tried)
    assert compared > 500
    assert clashes == []


def test_conditions_that_can_both_hold_are_found() -> None:
    one, other = Condition('$A2="x"', "B2", "B2"), Condition('AND($A2<>"",B2>5)', "B2", "B2")
    assert clash(one, other) is not None
    assert clash(Condition('$A2="x"', "B2", "B3"), Condition('$A2="y"', "B2", "B3")) is None
    assert clash(Condition("ISNUMBER(A1)", "A1", "A1"), Condition("ISTEXT(A1)", "A1", "A1")) is None
    assert clash(Condition("A1<10", "A1", "A1"), Condition("A1>9", "A1", "A1")) == {"A1": 9.5}
