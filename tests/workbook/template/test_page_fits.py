"""No text of the Portfolio page is clipped, whatever the portfolio, and in languages with longer words."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kopilot_xl import refresh
from kopilot_xl.usecases.sample.rebuild import SAMPLE
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import portfolio_grid as grid
from kopilot_xl.workbook.template import TEMPLATE, styles
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio
from tests.text_widths import lines, pixels

DATA = Path(__file__).parents[2] / "data" / "cdnow_sample"
LONG = "Gemeinschaftspraxis für Kieferorthopädie Dr. Wiesenthal & Söhne"
PADDING, INDENT, SMALLEST = 4, 9, 0.62
"""What is left free beside a text, and for an indent, in pixels; how small letters may become that shrink to fit."""
LONGER = 1.3
"""How much longer words are in other languages."""
NAMES = {grid.TITLE, grid.SHAPE, grid.MOVED, grid.BEAM}
"""Blocks that hold names, one word of a fixed list, or no words at all, which no language makes longer."""


def three(path: Path) -> Path:
    book = make_portfolio(path, CLIENTS[:3], TRANSACTIONS[:4], settings={"Company": "Atelier Janssens"})
    refresh(book, now=NOW)
    return book


def none(path: Path) -> Path:
    book = make_portfolio(path, [], [])
    refresh(book, now=NOW)
    return book


def long_names(path: Path) -> Path:
    people: list[Sequence[Value]] = [
        [f"{LONG}-{number}"[-40:] if number % 2 else number, f"{LONG} {number}", date(2023, 1, 1)]
        for number in range(60)
    ]
    rows: list[Sequence[Value]] = []
    for number, (client, *_) in enumerate(people):
        rows += [[client, date(2023 + at, 1 + number % 12, 1), 12_345_678.0, "Paid", None] for at in range(3)]
        rows += [[client, date(2026, 1 + number % 6, 2), 98_765_432.0, "Overdue" if number % 5 else "Paid", None]]
    book = make_portfolio(path, people, rows, settings={"Company": LONG, "Currency": "CHF"})
    refresh(book, date(2026, 6, 1), now=datetime(2026, 6, 1, 8))
    refresh(book, AS_OF, now=NOW)
    return book


def shop(path: Path) -> Path:
    people, rows = (
        list(csv.reader((DATA / f"{name}.csv").read_text("utf-8").splitlines()))[1:]
        for name in ("clients", "transactions")
    )
    book = make_portfolio(
        path,
        [(client, name, date.fromisoformat(day)) for client, name, day in people],
        [(client, date.fromisoformat(day), float(amount), status) for client, day, amount, status in rows],
        settings={"Company": "A shop for music", "Currency": "USD"},
    )
    refresh(book, date(1998, 6, 1), now=datetime(1998, 6, 1, 8))
    refresh(book, date(1998, 7, 1), now=datetime(1998, 7, 1, 8))
    return book


def many(path: Path) -> Path:
    people: list[Sequence[Value]] = [
        [number, f"Client {number}", date(2022 + number % 5, 1 + number % 6, 1)] for number in range(5_000)
    ]
    rows: list[Sequence[Value]] = [
        [number, AS_OF - timedelta(days=(number * 37 + at * 211) % 900 - 60), 250.0 + number, "Paid", None]
        for number in range(5_000)
        for at in range(number % 4)
    ]
    book = make_portfolio(path, people, rows, settings={"Company": "Atelier Janssens", "Currency": "EUR"})
    refresh(book, date(2026, 6, 1), now=datetime(2026, 6, 1, 8))
    refresh(book, AS_OF, now=NOW)
    return book


BOOKS = {
    "sample": lambda _: SAMPLE,
    "template": lambda _: TEMPLATE,
    "three clients": three,
    "none": none,
    "long names": long_names,
    "customers of a shop": shop,
    "5,000 clients": many,
}


@pytest.fixture(scope="module", params=BOOKS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Worksheet:
    path = BOOKS[request.param](tmp_path_factory.mktemp("page") / "book.xlsm")
    sheet = load_workbook(path, keep_vba=True, data_only=True)[grid.SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def shown(cell: Cell) -> str:
    """What a cell shows, near enough to measure it."""
    value, code = cell.value, cell.number_format
    if isinstance(value, datetime):
        words = "as of " if "as of" in code else "refreshed " if "refreshed" in code else ""
        return f"{words}{value.day} {value:%B %Y, %H:%M}" if words else f"{value.day} {value:%b %Y}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        sign = "▲ " if "▲" in code else "● " if "●" in code and value < 10 else ""
        ending = " pts" if "pts" in code else "%" if "%" in code else ""
        number = value * 100 if "%" in code else value
        return f"{sign}{abs(number):,.{1 if '0.0' in code else 0}f}{ending}"
    return "" if value is None else str(value)


def room(sheet: Worksheet, cell: Cell) -> float:
    """How many pixels a cell has for its text: those of the cells it is merged with, or that are blank to its right."""
    last = cell.column
    merged = next((area for area in sheet.merged_cells.ranges if cell.coordinate in area), None)
    if merged is not None:
        last = merged.max_col
    elif cell.alignment.horizontal == "left" and not cell.alignment.shrink_to_fit:
        while last < len(grid.PIXELS) and sheet.cell(cell.row, last + 1).value is None:
            last += 1
    return sum(grid.PIXELS[cell.column - 1 : last]) - PADDING - INDENT * int(cell.alignment.indent or 0)


def clipped(sheet: Worksheet, longer: float) -> list[str]:
    """The cells whose text does not fit, with what it is."""
    steady = {grid.PAGE[name].cell for name in NAMES}
    found = []
    for cell in (cell for row in sheet.iter_rows(max_col=len(grid.PIXELS)) for cell in row if isinstance(cell, Cell)):
        text = shown(cell)
        if cell.font.name == styles.MONOSPACED:
            text = "0" * len(text)
        if not text or cell.number_format == ";;;":
            continue
        in_list = cell.row >= grid.LIST_TOP
        own = cell.coordinate in steady or (in_list and sheet.cell(cell.row, 1).value not in ("head", None))
        stretch = longer if cell.data_type == "s" and not own else 1.0
        bold = bool(cell.font.b) or sheet.cell(cell.row, 1).value == "head" or text.startswith("✗")
        width, size = room(sheet, cell), float(cell.font.sz or 10)
        if cell.alignment.wrap_text:
            wrapped = lines(text, width / stretch, size, bold=bold)
            high = sum(grid.HEIGHTS[row] for row in (cell.row, cell.row + 1))
            if wrapped * size * 1.2 > high + 1:
                found.append(f"{cell.coordinate}: {wrapped} lines: {text}")
            continue
        smallest = SMALLEST if cell.alignment.shrink_to_fit else 1.0
        if pixels(text, size, bold=bold) * stretch * smallest > width:
            found.append(f"{cell.coordinate}: {pixels(text, size, bold=bold):.0f} of {width:.0f}: {text}")
    return found


def test_every_text_fits(page: Worksheet) -> None:
    assert clipped(page, 1.0) == []


def test_every_text_fits_in_languages_with_longer_words(page: Worksheet) -> None:
    assert clipped(page, LONGER) == []


def test_a_text_that_does_not_fit_is_found() -> None:
    sheet = load_workbook(TEMPLATE, keep_vba=True)[grid.SHEET]
    assert isinstance(sheet, Worksheet)
    sheet["C21"] = LONG * 2
    sheet["D10"], sheet["K4"], sheet["F20"] = "Clients " * 3, "m" * 80, "w" * 120
    sheet["D4"] = "word " * 120
    assert [line.partition(":")[0] for line in clipped(sheet, 1.0)] == ["D4", "K4", "D10", "F20", "C21"]


def test_the_first_screen_holds_the_page_and_the_first_rows_of_the_list() -> None:
    assert sum(grid.PIXELS) <= 1264
    assert round(sum(grid.HEIGHTS.values()) * 96 / 72) + 3 * 20 <= 462, "with the ribbon open, on 1,366 by 768 pixels"
    sheet = load_workbook(TEMPLATE, keep_vba=True)[grid.SHEET]
    widths = [sheet.column_dimensions[get_column_letter(at)].width for at in range(1, len(grid.PIXELS) + 1)]
    assert [round(width * 7) for width in widths] == list(grid.PIXELS)
