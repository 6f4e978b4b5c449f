"""The sample in a real spreadsheet program: its macros answer, its charts and pages are as meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Segment
from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.sheets import (
    clients,
    forecast,
    movements,
    outlook,
    portfolio,
    portfolio_page,
    transactions,
    trend,
)
from kopilot_xl.workbook.template import build, charts
from tests import libreoffice
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio, named_block

pytestmark = [pytest.mark.libreoffice, pytest.mark.usefixtures("office")]

SCRIPT = """
clients = doc.Sheets.getByName("Clients")
stored = [row[0] for row in clients.getCellRangeByName("D2:D%(last)d").getDataArray()]
doc.calculateAll()
computed = [row[0] for row in clients.getCellRangeByName("D2:D%(last)d").getDataArray()]
formulas = [row[0] for row in clients.getCellRangeByName("D2:D%(last)d").getFormulaArray()]

scratch = doc.Sheets.getByName("Settings")
asked = {}
for row, formula in enumerate(%(formulas)r):
    cell = scratch.getCellByPosition(9, 40 + row)
    cell.Formula = formula
    asked[formula] = cell.String

def named(name):
    content = doc.NamedRanges.getByName(name).getReferredCells()
    return [list(row) for row in content.getDataArray()]

def drawn(sheet):
    return [list(row) for row in charts(sheet)[0].EmbeddedObject.Data.getData()]

def ahead():
    return [[list(row) for row in each.EmbeddedObject.Data.getData()] for each in charts("If nobody acts")]

def charts(sheet):
    found = doc.Sheets.getByName(sheet).Charts
    return [found.getByName(each) for each in found.ElementNames]

result = {
    "stored": stored, "computed": computed, "formulas": formulas, "asked": asked,
    "histogram": named("PortfolioHistogram"), "bars": drawn("Portfolio"),
    "trend": named("TrendDrawn"), "columns": drawn("Trend"), "ahead": ahead(),
    "nobody": named("OutlookNobody"), "plans": named("OutlookPlans"), "matrix": named("MovementsMatrix"),
    "sheets": [each.Name for each in doc.Sheets if not each.IsVisible],
}
"""

ASKED = {
    "=SEGMENT(1001)": "Active",
    '=SEGMENT("1001.0")': "Active",
    '=SEGMENT(" p-014 ")': "Active",
    "=SEGMENT($Clients.A3)": "Active",
    "=SEGMENT($Clients.A900)": "",
    "=SEGMENT(9999)": "Error 2042",
    '=IFERROR(SEGMENT(9999);"unknown")': "Error 2042",
    '=IF(LEFT(SEGMENT(9999);6)="Error ";"unknown";SEGMENT(9999))': "unknown",
    '=IF(LEFT(SEGMENT(1001);6)="Error ";"unknown";SEGMENT(1001))': "Active",
    '=IF(SEGMENT(1004)="Leaving";"call";"wait")': "call",
    "=INDEX(SEGMENT($Clients.A2:A5);4;1)": "Leaving",
    "=INDEX(SEGMENT_COUNTS();5;1)": "Active",
    "=INDEX(SEGMENT_COUNTS();5;2)": "48",
    "=PORTFOLIO_SHAPE()": "Mature",
    "=ROUND(FORECAST_REVENUE(DATE(2026;8;15));0)": "70314",
    "=FORECAST_REVENUE(DATE(2026;7;31))": "Error 2042",
    "=NEXT_ACTION(1010)": "Planned: 15 September 2026, 12,000.",
    '=TEXT(LEAVES_ON(1004);"yyyy-mm-dd")': "2026-07-29",
    "=LEAVES_ON(1001)": "",
    "=SEGMENT(1001;AsOf)": "Active",
    "=SEGMENT(1001;DATE(2026;7;2))": "Error 2042",
    '=SEGMENT(1001;"2026-07-01")': "Active",
    '=SEGMENT(1001;"1/7/2026")': "Error 2015",
    "=NEXT_ACTION(1010;AsOf)": "Planned: 15 September 2026, 12,000.",
    "=PORTFOLIO_SHAPE(DATE(2025;1;1))": "Error 2042",
    "=INDEX(SEGMENT_COUNTS(AsOf);7;1)": "No Activity",
    "=ACTIVITY_SEGMENT(DATE(2026;6;1);;)": "Error 2042",
    '=SEGMENT("\u00e9\u20ac")': "Error 2042",
}


@pytest.fixture(scope="module")
def cached() -> list[str]:
    with CalamineWorkbook.from_path(str(rebuild.SAMPLE)) as book:
        rows = book.get_sheet_by_name(clients.TABLE.name).to_python()
    return [str(row[3]) for row in rows[1:]]


@pytest.fixture(scope="module")
def seen(office: None, cached: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = libreoffice.run(rebuild.SAMPLE, SCRIPT % {"last": len(cached) + 1, "formulas": list(ASKED)})
    return found


@pytest.fixture(scope="module")
def pdf(office: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return libreoffice.to_pdf(rebuild.SAMPLE, tmp_path_factory.mktemp("printed"))


@pytest.fixture(scope="module")
def printed(pdf: Path) -> list[str]:
    """The text of each page."""
    return libreoffice.to_texts(pdf)


def test_the_stored_segments_are_shown_and_recalculating_gives_the_same(
    seen: dict[str, Any], cached: list[str]
) -> None:
    assert seen["stored"] == cached
    assert seen["computed"] == cached
    assert set(seen["formulas"]) == {f"=SEGMENT(A{row})" for row in range(2, len(cached) + 2)}


@pytest.mark.parametrize("formula", ASKED)
def test_a_formula_answers(seen: dict[str, Any], formula: str) -> None:
    assert seen["asked"][formula] == ASKED[formula]


def test_a_workbook_that_was_saved_there_answers_too(cached: list[str], tmp_path: Path) -> None:
    saved = tmp_path / "saved.xlsm"
    store = f"""
options = (value("FilterName", "Calc MS Excel 2007 VBA XML"),)
doc.storeToURL(uno.systemPathToFileUrl({str(saved)!r}), options)
result = None
"""
    libreoffice.run(rebuild.SAMPLE, store)
    found = libreoffice.run(saved, SCRIPT % {"last": len(cached) + 1, "formulas": list(ASKED)})
    assert found["computed"] == cached
    assert found["asked"] == ASKED


def test_the_charts_draw_what_the_blocks_hold(seen: dict[str, Any]) -> None:
    assert [name for name, *_ in seen["histogram"]] == [each.value for each in BARS]
    assert [row[0] for row in seen["bars"]] == [row[1] for row in seen["histogram"][1:]], "Lost is beside them"
    upwards = [Segment.ACTIVE, Segment.NEW, Segment.NO_ACTIVITY, Segment.SLEEPING_AWAY, Segment.HIBERNATING]
    order = [trend.DRAWN_COLUMNS.index(segment.value) for segment in (*upwards, Segment.LEAVING)]
    stacked = [[row[at] for at in order] for row in seen["trend"]]
    assert [row[:6] for row in seen["columns"]] == stacked
    assert len(stacked) == trend.DRAWN_DATES
    assert all(sum(row) > 80 for row in stacked)


def test_the_charts_of_the_days_ahead_draw_what_their_blocks_hold(seen: dict[str, Any]) -> None:
    for chart, block in zip(seen["ahead"], ("nobody", "plans"), strict=True):
        portfolio_rows = [row for row, segment in zip(seen[block], BARS, strict=True) if segment in PORTFOLIO]
        columns = [row[: len(portfolio_rows)] for row in chart]
        assert columns == [list(each) for each in zip(*portfolio_rows[::-1], strict=True)]
        assert sum(map(sum, columns)) > 0


def test_the_matrix_shows_the_numbers_that_were_computed(seen: dict[str, Any]) -> None:
    rows = [[each or None for each in row] for row in seen["matrix"]]
    assert [[each or None for each in row] for row in named_block(rebuild.SAMPLE, movements.MATRIX)] == rows
    assert sum(each or 0 for row in rows for each in row) > 100


def test_seven_sheets_are_out_of_sight(seen: dict[str, Any]) -> None:
    assert seen["sheets"] == ["History", "_Clients", "_Rows", "_Log", "_Segments", "_Sources", build.XLWINGS_SHEET]


def test_the_portfolio_takes_two_pages_the_first_with_all_but_the_end_of_its_list(printed: list[str]) -> None:
    pages = [page for page in printed if re.search(rf"^\s*{portfolio.SHEET}\s+\d+ / \d+", page, re.MULTILINE)]
    assert len(pages) == 2
    for text in ("Fjordlicht Software", "Mature", "Does it last?", "Do next", "Leaving, 6", "Active, 44", "refreshed"):
        assert text in pages[0]
    assert "Decide" in pages[1]


@pytest.mark.parametrize(
    ("sheet", "pages"),
    [
        ("Settings", 1),
        ("Guide", 2),
        ("Problems", 1),
        ("Trend", 1),
        ("If nobody acts", 2),
        ("Forecast", 1),
    ],
)
def test_a_sheet_takes_so_many_pages(printed: list[str], sheet: str, pages: int) -> None:
    assert len([page for page in printed if re.search(rf"^\s*{sheet}\s+\d+ / \d+", page, re.MULTILINE)]) == pages


def test_where_nothing_is_drawn_words_stand_instead_of_numbers(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "empty.xlsm", [], [])
    refresh(open_book(path), AS_OF, now=NOW)
    empty = libreoffice.to_texts(libreoffice.to_pdf(path, tmp_path))
    words = {
        portfolio.SHEET: portfolio_page.NO_BARS,
        trend.SHEET: charts.EMPTY_WORDS,
        outlook.SHEET: charts.EMPTY_WORDS,
        forecast.SHEET: charts.EMPTY_FORECAST,
    }
    for sheet, told in words.items():
        (page,) = [each for each in empty if re.search(rf"^\s*{sheet}\s+\d+ / \d+", each, re.MULTILINE)]
        assert page.count(told) == (2 if sheet == outlook.SHEET else 1)
        numbers = re.findall(r"^ *([1-9][\d,.E+]*)(?: {2}|$)", page, re.MULTILINE)
        assert not numbers, "of an axis along which nothing is drawn"


def test_what_the_forecasts_chart_is_drawn_from_is_not_printed(printed: list[str]) -> None:
    pages = [page for page in printed if re.search(r"^\s*Forecast\s+\d+ / \d+", page, re.MULTILINE)]
    assert any("Month by month" in page for page in pages)
    assert not any("What the chart is drawn from" in page for page in pages)


def test_no_number_is_too_wide_for_its_column(printed: list[str]) -> None:
    assert [page for page in printed if "###" in page] == []


def test_a_page_can_be_looked_at(pdf: Path) -> None:
    (first,) = libreoffice.to_pictures(pdf, dots=40, pages=(1, 1))
    assert first.read_bytes().startswith(b"\x89PNG")


LINKS = """
clients, log = doc.Sheets.getByName("Clients"), doc.Sheets.getByName("Actions")
place = {clients.getCellByPosition(at, 0).String: at for at in range(12)}["In Actions"]

def shown():
    rows = [(clients.getCellByPosition(0, row).String, clients.getCellByPosition(place, row)) for row in range(1, 121)]
    return {client: cell.String for client, cell in rows if cell.String}

stored = shown()
doc.calculateAll()
computed = shown()
last = next(row for row in range(1, 100) if not log.getCellByPosition(1, row).String)
log.getCellByPosition(1, last).Value = 1009
log.getCellByPosition(1, last + 1).String = "1011"
result = {"stored": stored, "computed": computed, "added": shown()}
"""


def test_the_links_to_the_log_are_right_without_a_refresh_too() -> None:
    result = libreoffice.run(rebuild.SAMPLE, LINKS)
    with CalamineWorkbook.from_path(rebuild.SAMPLE) as book:
        log = book.get_sheet_by_name("Actions").to_python()
    ids = [str(round(row[1])) if isinstance(row[1], float) else row[1] for row in log[1:]]
    expected = {each: f"{count} row{'s' * (count > 1)}" for each in set(ids) if (count := ids.count(each)) and each}
    known = {each: text for each, text in expected.items() if each in result["stored"]}
    assert len(known) > 8
    assert result["stored"] == result["computed"] == known
    assert (known["1009"], result["added"]["1009"]) == ("1 row", "2 rows")
    assert "1011" not in known
    assert "1011" not in result["added"], "a first row, until the next refresh"


FOLLOWED = """
sheet = doc.Sheets.getByName("Problems")
cell, scratch = sheet.getCellRangeByName("B2"), sheet.getCellRangeByName("Z2")
target = cell.Formula.partition("HYPERLINK(")[2].partition(";C2&")[0]
scratch.Formula = "=" + target
view = doc.CurrentController
dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
mark = (value("Bookmark", scratch.String.removeprefix("#")),)
dispatcher.executeDispatch(view.Frame, ".uno:JumpToMark", "", 0, mark)
result = [cell.String, view.ActiveSheet.Name, view.Selection.AbsoluteName.rpartition(".")[2]]
"""


@pytest.mark.parametrize("name", ["Transactions", "Bob's sales", "R&D 'old' 2026"])
def test_a_problem_leads_to_its_cell_whatever_its_sheet_is_called(name: str, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", CLIENTS, [*TRANSACTIONS, ["zzz", AS_OF, 5.0, "Paid", "R9"]])
    book = openpyxl.load_workbook(path, keep_vba=True)
    book[transactions.TABLE.name].title = name
    book.save(path)
    refresh(open_book(path), AS_OF, now=NOW)
    row = len(TRANSACTIONS) + 2
    assert libreoffice.run(path, FOLLOWED) == [f"{name}!A{row}", name, f"$A${row}"]
