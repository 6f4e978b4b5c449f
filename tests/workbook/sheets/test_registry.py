"""The sheets of a workbook in one list: in the template, and written by a refresh under whatever name."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import refresh
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import forecast, outlook, portfolio, trend
from kopilot_xl.workbook.sheets.registry import SHEETS
from kopilot_xl.workbook.tables.problems import Code
from kopilot_xl.workbook.template import TEMPLATE
from tests.portfolios import NOW, make_portfolio


def test_the_template_has_these_sheets_in_this_order() -> None:
    names = [sheet.name for sheet in SHEETS if not sheet.macro_free]
    assert FileBook(TEMPLATE).sheet_names[: len(names)] == names


def test_who_removes_a_sheet_that_is_written_is_told_unless_it_is_needed_or_only_explains() -> None:
    # Without Clients or Actions nothing is read at all; the Guide has nothing that would be missed.
    needed = {sheet.name for sheet in SHEETS if sheet.fill and not sheet.optional and not sheet.macro_free}
    assert needed == {"Clients", "Actions", "Guide"}


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
