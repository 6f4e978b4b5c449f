"""The page of the macro-free edition ages as a whole: its formulas show what a refresh of the day would."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import check, open_book, refresh
from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import BARS, PORTFOLIO, PORTFOLIO_BARS, Segment
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import guards, live_portfolio, portfolio, portfolio_formulas, portfolio_page
from kopilot_xl.workbook.sheets import portfolio_grid as grid
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE
from tests import libreoffice, recalculation
from tests.domain.cases import SHAPE_CASES
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, column, make_portfolio
from tests.portfolios_with_plans import random_rows
from tests.recalculation import Recalculated, to_refresh

NAMES = [*portfolio_formulas.BLOCKS, portfolio.REFRESHED, live_portfolio.WON, guards.CHANGES]
CHANGED = "The portfolio has changed since {}: refresh for the words."


@pytest.fixture(autouse=True)
def _needs_libreoffice(office: None) -> None:
    pass


pytestmark = pytest.mark.libreoffice


def made(path: Path, day: date = AS_OF, seed: int = 0, *, surprises: bool = True) -> Path:
    rows = random_rows(seed, day, 120, surprises=surprises)
    make_portfolio(path, rows.clients, rows.transactions, rows.actions, {"AsOf": day}, MACRO_FREE_TEMPLATE)
    refresh(path, now=NOW)
    return path


def shows(found: Recalculated, summary: Summary) -> bool:
    """Assert that the page shows the figures of a summary."""
    blocks = found.blocks
    assert [row[1] for row in blocks[portfolio.HISTOGRAM]] == [summary.counts[segment] for segment in BARS]
    shares = [summary.share(segment) if segment in PORTFOLIO else None for segment in BARS]
    assert [row[2] for row in blocks[portfolio.HISTOGRAM]] == [
        "" if share is None else pytest.approx(share) for share in shares
    ]
    assert blocks[portfolio.TOTAL][0][1] == summary.size
    tilt = blocks[portfolio.TILT][0][1]
    assert tilt == ("" if summary.tilt is None else pytest.approx(summary.tilt))
    assert blocks[portfolio.SHAPE] == [[summary.shape.value]]
    assert blocks[portfolio.ICON] == [[summary.shape.icon]]
    marks = ["✓" if each.passed else "✗" for each in summary.checks]
    assert [mark for mark, _ in blocks[portfolio.CHECKS]] == (marks or [""] * 3)
    assert [text for _, text in blocks[portfolio.CHECKS]] == ([each.text for each in summary.checks] or [""] * 3)
    assert blocks[live_portfolio.WON] == [["" if summary.won is None else summary.won]]
    assert blocks[portfolio.OUTSIDE] == [[portfolio.outside(summary)]]
    assert [blocks[name][0][0] for name in grid.CHECK_NAMES] == [
        each or "" for each in portfolio_page.check_texts(summary)
    ]
    assert [row[1] for row in blocks[grid.SEGMENTS]] == [summary.counts[each] for each in PORTFOLIO_BARS]
    assert [row[1] for row in blocks[grid.TOTALS]] == [summary.size, summary.counts[Segment.LOST]]
    told = portfolio_page.tilt_words(summary, None) or ""
    assert blocks[grid.TILT_WORDS][0][0].startswith(told.partition("     ")[0])
    return True


@pytest.mark.parametrize("seed", range(4))
def test_the_page_on_later_days(seed: int, tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx", AS_OF, seed, surprises=seed == 3)
    first = check(path, AS_OF).summary
    days = [AS_OF + timedelta(days=offset) for offset in (0, 1, 31, 100, 371, 401)]
    for day, found in zip(days, recalculation.in_libreoffice(path, days, NAMES), strict=True):
        result = check(path, day)
        if seed == 3 and day > AS_OF + timedelta(days=7):
            assert "a refresh." in found.blocks[portfolio.HINT][0][0]
        else:
            assert to_refresh(found) == 0 or seed == 3
            assert to_refresh(found) or shows(found, result.summary)
        words = found.blocks[portfolio.WORDS][0][0]
        same = not to_refresh(found) and result.summary.counts == first.counts and result.summary.won == first.won
        assert words == (first.words if same else CHANGED.format("1 July 2026"))
        assert found.blocks[portfolio.AS_OF] == [[(day - recalculation.EPOCH).days]]
        label = found.blocks[portfolio.VALUE_LABEL][0][0]
        assert label == ("Value, EUR" if day == AS_OF else "Value, 1 Jul 2026")


@pytest.mark.slow
def test_another_engine_shows_the_same_page(tmp_path: Path) -> None:
    pytest.importorskip("formulon", reason="formulon is not installed")
    path = made(tmp_path / "book.xlsx", AS_OF, 0, surprises=False)
    days = [AS_OF + timedelta(days=offset) for offset in (0, 1, 31, 100, 371, 401)]
    for day, found in zip(days, recalculation.in_formulon(path, days, NAMES), strict=True):
        assert to_refresh(found) == 0
        assert shows(found, check(path, day).summary)


COUNTED = """
figures = doc.NamedRanges.getByName("LiveSegments").getReferredCells()

def shown(name):
    return doc.NamedRanges.getByName(name).getReferredCells().getDataArray()[0][0]

result = []
for counts in %(counts)r:
    for at, count in enumerate(counts):
        figures.getCellByPosition(0, at).Value = count
    doc.calculate()
    result.append([shown("LiveShape"), shown("LiveTilt"), [shown(name) for name in %(checks)r]])
"""


def test_the_worked_examples_of_shapes(tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx")
    counts = [[case.counts[segment] for segment in live_portfolio.ORDER] for case in SHAPE_CASES]
    found = libreoffice.run(path, COUNTED % {"counts": counts, "checks": live_portfolio.CHECKS}, macros=False)
    for case, (shape, tilt, passed) in zip(SHAPE_CASES, found, strict=True):
        assert shape == case.shape, case.name
        assert tilt == ("" if case.tilt is None else pytest.approx(case.tilt, abs=0.005)), case.name
        summary = Summary(case.counts, dict.fromkeys(case.counts, 0.0))
        assert not summary.checks or passed == [each.passed for each in summary.checks], case.name


def test_seven_percent_of_a_hundred_is_seven(tmp_path: Path) -> None:
    """Which is above 7 in floating point."""
    path = make_portfolio(
        tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, (), {"AsOf": AS_OF, "InaccurateShare": 0.07}, MACRO_FREE_TEMPLATE
    )
    refresh(path, now=NOW)
    counts = dict.fromkeys(live_portfolio.ORDER, 0) | {Segment.NO_ACTIVITY: 7, Segment.ACTIVE: 93}
    script = COUNTED % {"counts": [list(counts.values())], "checks": live_portfolio.CHECKS}
    assert libreoffice.run(path, script, macros=False)[0][0] == "Inaccurate"


def test_what_is_stored_is_what_a_recalculation_gives(tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx", AS_OF, 4)
    blocks = [*portfolio_formulas.BLOCKS, live_portfolio.CELLS, live_portfolio.FIGURES, guards.NOW, guards.CELLS]
    (found,) = recalculation.in_libreoffice(path, [AS_OF], blocks)
    book = open_book(path)
    for name in blocks:
        for held, row in zip(recalculation.stored(book, name, found.blocks[name]), found.blocks[name], strict=True):
            assert held == [pytest.approx(value) if isinstance(value, float) else value for value in row], name


def test_the_chart_draws_the_live_figures(tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx", AS_OF, 2)
    day = AS_OF + timedelta(days=100)
    script = f"""
doc.NamedRanges.getByName("AsOf").getReferredCells().Value = {(day - recalculation.EPOCH).days}
doc.calculate()
charts = doc.Sheets.getByName("Portfolio").Charts
drawn = [row[0] for row in charts.getByName(charts.ElementNames[0]).EmbeddedObject.Data.getData()]
block = doc.NamedRanges.getByName("PortfolioHistogram").getReferredCells().getDataArray()
result = [drawn, [row[1] for row in block]]
"""
    drawn, block = libreoffice.run(path, script, macros=False)
    before = check(path, AS_OF).summary
    assert drawn == block[-len(drawn) :]
    assert drawn != [before.counts[segment] for segment in BARS][-len(drawn) :]


EDITED = """
def put(sheet, column, row, value):
    cell = doc.Sheets.getByName(sheet).getCellByPosition(column, row)
    if isinstance(value, str):
        cell.String = value
    else:
        cell.Value = value

def shown(name):
    return doc.NamedRanges.getByName(name).getReferredCells().getDataArray()[0][0]

before = shown("PortfolioHint")
%(edits)s
doc.calculate()
result = [before, shown("PortfolioHint")]
"""
ONE, CELLS = (
    "1 row was typed since the last refresh.",
    "Data was changed since the last refresh.",
)


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ("", ""),
        ("put('Clients', 0, 9, 'N1')\nput('Clients', 1, 9, 'New one')", ONE),
        ("put('Clients', 0, 1, 'A1b')", ONE),
        ("put('Transactions', 0, 9, 'A1')\nput('Transactions', 1, 9, 46000)", ONE),
        ("put('Actions', 1, 1, 'A1')", ONE),
        ("put('Clients', 0, 9, 'N1')\nput('Transactions', 0, 9, 'N1')\nput('Transactions', 0, 10, 1001)",
         "3 rows were typed since the last refresh."),
        ("put('Transactions', 1, 2, 46000)", CELLS),
        ("put('Transactions', 2, 2, 801)", CELLS),
        ("put('Transactions', 3, 2, 'Canceled')", CELLS),
        ("put('Transactions', 0, 8, '')\nput('Transactions', 1, 8, '')", CELLS),
    ],
)  # fmt: skip
def test_what_was_typed_since_is_said(edits: str, says: str, tmp_path: Path) -> None:
    settings: dict[str, Value] = {"AsOf": AS_OF}
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, (), settings, MACRO_FREE_TEMPLATE)
    refresh(path, now=NOW)
    assert libreoffice.run(path, EDITED % {"edits": edits}, macros=False) == ["", says]


def test_before_the_first_refresh_the_page_says_so(tmp_path: Path) -> None:
    names = [portfolio.SHAPE, portfolio.WORDS, portfolio.HINT]
    (found,) = recalculation.in_libreoffice(MACRO_FREE_TEMPLATE, [AS_OF], names)
    assert [found.blocks[name][0][0] for name in names] == [portfolio_page.START, portfolio_page.FIRST_WORDS, ""]


def test_a_workbook_without_clients_says_how_to_begin(tmp_path: Path) -> None:
    settings: dict[str, Value] = {"AsOf": AS_OF}
    path = make_portfolio(tmp_path / "book.xlsx", [], [], (), settings, MACRO_FREE_TEMPLATE)
    refresh(path, now=NOW)
    names = list(portfolio_formulas.BLOCKS)
    (found,) = recalculation.in_libreoffice(path, [AS_OF], names)
    book = open_book(path)
    assert found.blocks[portfolio.SHAPE] == [[portfolio_page.START]]
    assert found.blocks[portfolio.WORDS] == [[portfolio_page.FIRST_WORDS]]
    seen = [name for name in names if name in grid.PAGE]
    assert {name: recalculation.stored(book, name, found.blocks[name]) for name in seen} == {
        name: [list(row) for row in found.blocks[name]] for name in seen
    }


def test_a_formula_that_was_typed_over_is_back_after_a_refresh(tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx")
    workbook = openpyxl.load_workbook(path)
    sheet, cell = open_book(path).cell_address(portfolio.SHAPE).split("!")
    workbook[sheet][cell] = "Wonderful"
    workbook.save(path)
    refresh(path, now=NOW)
    assert str(openpyxl.load_workbook(path)[sheet][cell].value).startswith("=IF(")


def test_settings_are_in_the_words(tmp_path: Path) -> None:
    path = made(tmp_path / "book.xlsx")
    script = """
doc.NamedRanges.getByName("HorizonMonths").getReferredCells().Value = 13
doc.calculate()
result = doc.NamedRanges.getByName("PortfolioWords").getReferredCells().getDataArray()[0][0]
"""
    assert libreoffice.run(path, script, macros=False) == CHANGED.format("1 July 2026")


def test_a_decision_that_a_refresh_took_is_not_typed_since(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    refresh(path, now=NOW)
    workbook = openpyxl.load_workbook(path)
    page = workbook[grid.SHEET]
    ids = [page.cell(row, 16).value for row in range(grid.LIST_TOP, grid.LIST_BOTTOM + 1)]
    row = grid.LIST_TOP + ids.index("D4")
    for at, value in enumerate(["Plan revenue", NOW + timedelta(days=40), 500], 12):
        page.cell(row, at).value = value  # type: ignore[assignment]
    workbook.save(path)
    refresh(path, now=NOW)
    assert column(path, "Actions", "Client ID") == ["D4"]
    assert column(path, "Clients", "Day 1")[3] == (NOW + timedelta(days=40)).date()
    (found,) = recalculation.in_libreoffice(path, [AS_OF], [guards.NOW, guards.THEN, guards.CHANGES])
    assert found.blocks[guards.NOW] == found.blocks[guards.THEN]
    assert found.blocks[guards.CHANGES] == [[""]]
