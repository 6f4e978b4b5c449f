"""The sheets of a workbook in one list: in the template, and written by a refresh under whatever name."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import refresh, upgrade
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import facts, forecast, outlook, portfolio, trend
from kopilot_xl.workbook.sheets.registry import SHEETS
from kopilot_xl.workbook.tables.problems import Code
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from kopilot_xl.workbook.template.build import XLWINGS_SHEET
from tests.portfolios import NOW, make_portfolio


def test_the_template_has_these_sheets_in_this_order() -> None:
    with_macros = [sheet.name for sheet in SHEETS if not sheet.macro_free]
    assert FileBook(TEMPLATE).sheet_names == [*with_macros, XLWINGS_SHEET]
    assert FileBook(MACRO_FREE_TEMPLATE).sheet_names == [sheet.name for sheet in SHEETS]


def test_who_removes_a_sheet_that_is_written_is_told_unless_it_is_needed_or_only_explains() -> None:
    # Without Clients or Actions nothing is read at all; the Guide has nothing that would be missed.
    needed = {sheet.name for sheet in SHEETS if sheet.fill and not sheet.optional and not sheet.macro_free}
    assert needed == {"Clients", "Actions", "Guide"}


def test_who_removes_the_facts_of_a_workbook_without_macros_is_told(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", template=MACRO_FREE_TEMPLATE)
    assert Code.MISSING_SHEET not in {problem.code for problem in refresh(path, now=NOW).problems}
    workbook = openpyxl.load_workbook(path)
    del workbook[facts.SHEET]
    for name in [name for name, each in workbook.defined_names.items() if facts.SHEET in (each.attr_text or "")]:
        del workbook.defined_names[name]
    workbook.save(path)
    (problem,) = [each for each in refresh(path, now=NOW).problems if each.code is Code.MISSING_SHEET]
    assert facts.SHEET in problem.wrong
    upgrade(path)
    found = refresh(path, now=NOW)
    assert Code.MISSING_SHEET not in {problem.code for problem in found.problems}
    assert FileBook(path).cell(facts.FACTS_DAY) == NOW.date()


@pytest.mark.parametrize(
    ("name", "block"),
    [
        (portfolio.SHEET, portfolio.SHAPE),
        (trend.SHEET, trend.NOTE),
        (outlook.SHEET, outlook.NOTE),
        (forecast.SHEET, forecast.NOTE),
    ],
)
def test_a_page_under_another_name_is_written_all_the_same(name: str, block: str, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    workbook[name].title = "My page"
    for defined in workbook.defined_names.values():
        text = (defined.attr_text or "").replace(f"'{name}'!", "'My page'!").replace(f"{name}!", "'My page'!")
        defined.attr_text = text
    workbook.calculation.fullCalcOnLoad = False
    workbook.save(path)
    before = FileBook(path).cell(block)
    found = refresh(path, now=NOW)
    assert FileBook(path).cell(block) not in (None, before)
    assert Code.MISSING_SHEET not in {problem.code for problem in found.problems}
