"""What a refresh leaves opens cleanly: by Excel's rules, a validator, LibreOffice, openpyxl, calamine and pandas."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pytest
from openxml_audit import OpenXmlValidator
from python_calamine import CalamineWorkbook

from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.sheets import clients
from kopilot_xl.workbook.template import TEMPLATE
from tests import libreoffice
from tests.invariants import assert_sound, check
from tests.portfolios import NOW, SEGMENTS, make_portfolio
from tests.safety.workbooks import BY_LIBREOFFICE, QUICK, packed, unpacked
from tests.workbook.template.audit_baseline import is_known

ROWS = 2_000
"""How many rows of ours the largest workbook that is validated has; with more the validator takes minutes."""

needs_libreoffice = [
    pytest.mark.skipif(libreoffice.missing() is not None, reason=str(libreoffice.missing())),
    pytest.mark.libreoffice,
]
ALL = [*QUICK, *(pytest.param(who, marks=needs_libreoffice) for who in BY_LIBREOFFICE)]

COMPUTED = ("everything", "openpyxl", "Excel")
"""The workbooks whose macros LibreOffice runs, so that all their formulas are computed anew.

The others have no macros, or LibreOffice's own copy of them: of these only what is out of date is computed.
"""

_REWRITE = """
desktop = doc.CurrentController.Frame.Creator
result = {}
for source, target, whole in json.loads(books):
    options = (value("Hidden", True), value("MacroExecutionMode", 4))
    book = desktop.loadComponentFromURL(uno.systemPathToFileUrl(source), "_blank", 0, options)
    try:
        book.calculateAll() if whole else book.calculate()
        errors = []
        for sheet in book.Sheets:
            cells = sheet.queryFormulaCells(4).Cells.createEnumeration()
            while cells.hasMoreElements():
                errors.append(cells.nextElement().AbsoluteName)
        result[source] = errors
        book.storeToURL(uno.systemPathToFileUrl(target), (value("FilterName", "Calc MS Excel 2007 XML"),))
    finally:
        book.close(True)
"""
"""Run inside LibreOffice: loads each book, computes it, lists its formulas that are errors and saves it as .xlsx."""


@dataclass(frozen=True)
class Pair:
    """A workbook before and after its refresh."""

    before: Path
    after: Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """Return what makes a kind of workbook and refreshes it, each once."""
    made: dict[str, Pair] = {}
    kinds = {**QUICK, **BY_LIBREOFFICE}

    def get(who: str) -> Pair:
        if who not in made:
            name, make = kinds[who]
            folder = tmp_path_factory.mktemp("openable")
            after = folder / f"{who.replace(' ', '-')}{Path(name).suffix}"
            made[who] = Pair(make(folder / name), after)
            refresh(open_book(made[who].before), output=after, now=NOW)
        return made[who]

    return get


def findings(path: Path) -> Counter[tuple[str, str]]:
    """Return what the validator says of a workbook, but for what it says of all of ours."""
    found = [(each.part_uri, each.description) for each in OpenXmlValidator().validate(str(path)).errors]
    return Counter(each for each in found if not is_known(*each))


def segments(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Return what stands below the header of the segments, down to the last client."""
    table = [list(row) for row in rows]
    top = next(at for at, row in enumerate(table) if clients.SEGMENT.header in row)
    column = table[top].index(clients.SEGMENT.header)
    return [row[column] for row in table[top + 1 : top + 1 + len(SEGMENTS)]]


def by_calamine(path: Path) -> list[Any]:
    book = CalamineWorkbook.from_path(path)
    rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return segments(rows[clients.TABLE.name])


def by_openpyxl(path: Path) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the extensions it leaves out
        book = openpyxl.load_workbook(path, data_only=True)
    return segments(book[clients.TABLE.name].iter_rows(values_only=True))


def by_pandas(path: Path) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's, which reads for it
        frames = pandas.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
    return segments(frames[clients.TABLE.name].to_numpy().tolist())


def in_libreoffice(books: dict[Path, Path], computed: Container[Path]) -> dict[Path, list[str]]:
    """Have one LibreOffice rewrite workbooks, and return the formulas of each that are errors."""
    order = json.dumps([(str(each.resolve()), str(to.resolve()), each in computed) for each, to in books.items()])
    told: dict[str, list[str]] = libreoffice.run(TEMPLATE, f"import json\nbooks = {order!r}\n{_REWRITE}")
    return {source: told[str(source.resolve())] for source in books}


@pytest.mark.parametrize("who", ALL)
def test_it_keeps_to_excels_rules(who: str, pair: Callable[[str], Pair]) -> None:
    assert_sound(pair(who).after)


@pytest.mark.parametrize("who", ALL)
def test_the_validator_finds_nothing_that_was_not_there_before(who: str, pair: Callable[[str], Pair]) -> None:
    assert findings(pair(who).after) - findings(pair(who).before) == Counter()


@pytest.mark.slow
def test_the_validator_finds_nothing_in_as_many_rows_as_it_takes(tmp_path: Path) -> None:
    half = range(ROWS // 2)
    path = make_portfolio(
        tmp_path / "book.xlsm",
        [[f"C{number}", f"Client {number}", date(2024, 1, 1)] for number in half],
        [[f"C{number}", date(2026, 1, 1), 10.0 + number, "Paid", f"R{number}"] for number in half],
    )
    refresh(open_book(path), now=NOW)
    assert findings(path) == Counter()


@pytest.mark.parametrize("read", [by_calamine, by_openpyxl, by_pandas])
@pytest.mark.parametrize("who", ALL)
def test_it_is_read(who: str, read: Callable[[Path], list[Any]], pair: Callable[[str], Pair]) -> None:
    assert read(pair(who).after) == SEGMENTS


@pytest.mark.slow
@needs_libreoffice[0]
@needs_libreoffice[1]
def test_libreoffice_opens_recalculates_and_saves_it(pair: Callable[[str], Pair], tmp_path: Path) -> None:
    pairs = {who: pair(who) for who in (*QUICK, *BY_LIBREOFFICE)}
    saved = {each.after: tmp_path / f"{each.after.stem}.xlsx" for each in pairs.values()}
    computed = [path for who in COMPUTED for path in (pairs[who].before, pairs[who].after)]
    # Of what stood in the workbook before, some cannot be computed: a link to another file, a name that points nowhere.
    full = pairs["everything"]
    errors = in_libreoffice({full.before: tmp_path / "before.xlsx", **saved}, computed)
    added = {who: set(errors[each.after]) for who, each in pairs.items()}
    added["everything"] -= set(errors[full.before])
    assert added == {who: set() for who in pairs}
    found = {who: by_calamine(saved[each.after]) for who, each in pairs.items()}
    assert found == dict.fromkeys(pairs, SEGMENTS)


def test_what_does_not_open_cleanly_is_found(pair: Callable[[str], Pair], tmp_path: Path) -> None:
    after = pair("XlsxWriter").after
    parts = unpacked(after)
    sheet = next(name for name in parts if name.startswith("xl/worksheets/sheet"))
    text = parts[sheet]
    strange = packed(tmp_path / "strange.xlsx", {**parts, sheet: text.replace(b"<sheetData>", b"<odd/><sheetData>", 1)})
    assert findings(strange) - findings(after)
    doubled = text.replace(b"</sheetData>", text[text.index(b"<row ") : text.index(b"</sheetData>") + 12], 1)
    assert check(packed(tmp_path / "doubled.xlsx", {**parts, sheet: doubled}))
