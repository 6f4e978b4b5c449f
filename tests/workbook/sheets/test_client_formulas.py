"""The macro-free edition: what its formulas show on any day is what a refresh of that day finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from kopilot_xl import check, open_book, refresh
from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import client_formulas, clients, facts, settings
from kopilot_xl.workbook.sheets.client_facts import fill_formulas
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE
from tests import libreoffice, recalculation
from tests.domain.cases import SEGMENT_CASES, SegmentCase
from tests.portfolios import AS_OF, CLIENTS, NOW, SEGMENTS, TRANSACTIONS, column, make_portfolio
from tests.portfolios_with_plans import random_rows
from tests.recalculation import EPOCH, Recalculated, as_number, differences, to_refresh

OFFSETS = (0, 1, 31, 100, 371, 401)
Table = Sequence[Sequence[Value]]
Recalculate = Callable[[Path, Sequence[date | None]], list[Recalculated]]
ENGINES: dict[str, Recalculate] = {"libreoffice": recalculation.in_libreoffice, "formulon": recalculation.in_formulon}
with_engines = pytest.mark.parametrize(
    "engine",
    [pytest.param("libreoffice", marks=pytest.mark.libreoffice), pytest.param("formulon", marks=pytest.mark.slow)],
)


@pytest.fixture
def recalculated(engine: str, request: pytest.FixtureRequest) -> Recalculate:
    """An engine that is installed."""
    if engine == "formulon":
        pytest.importorskip("formulon", reason="formulon is not installed")
    else:
        request.getfixturevalue("office")
    return ENGINES[engine]


def refreshed(
    path: Path, as_of: date, people: Table, rows: Table, log: Table = (), chosen: Mapping[str, Value] | None = None
) -> Path:
    chosen = {settings.AS_OF.name: as_of, **(chosen or {})}
    make_portfolio(path, people, rows, log, chosen, MACRO_FREE_TEMPLATE)
    refresh(path, now=datetime.combine(as_of, NOW.time()))
    return path


def wrong_on(path: Path, found: Recalculated, day: date) -> dict[str, object]:
    """The clients whose formulas show otherwise than a refresh of that day finds."""
    return dict(differences(found, {client.key: client for client in check(path, day).clients}))


# worked examples


def rows_of(cases: list[SegmentCase]) -> tuple[list[list[Value]], list[list[Value]]]:
    people: list[list[Value]] = [[f"c{at}", case.name, case.created_on] for at, case in enumerate(cases)]
    rows: list[list[Value]] = []
    for at, case in enumerate(cases):
        if case.last_invoice:
            rows.append([f"c{at}", case.last_invoice, 100.0, "Paid"])
        if case.next_planned:
            rows.append([f"c{at}", case.next_planned, 100.0, "Planned"])
    return people, rows


@with_engines
@pytest.mark.parametrize("before", [0, 1, 200, 500])
def test_the_worked_examples(recalculated: Recalculate, before: int, tmp_path: Path) -> None:
    """With facts of the day itself and of days before it, when the invoices were yet to come."""
    cases = list(SEGMENT_CASES)
    days = sorted({case.as_of for case in cases})
    path = refreshed(tmp_path / "cases.xlsx", days[0] - timedelta(days=before), *rows_of(cases))
    for day, found in zip(days, recalculated(path, days), strict=True):
        mine = {f"c{at}": case for at, case in enumerate(cases) if case.as_of == day}
        shown = {key: found.clients[key].segment for key in mine}
        assert shown == {key: case.segment.value if case.segment else "" for key, case in mine.items()}
        assert len(mine) == len(cases) // 3


# random portfolios


@with_engines
@pytest.mark.parametrize("facts_day", [date(2026, 10, 31), date(2028, 2, 29)], ids=str)
def test_random_portfolios_on_later_days(recalculated: Recalculate, facts_day: date, tmp_path: Path) -> None:
    rows = random_rows(facts_day.year, facts_day, 300)
    path = refreshed(tmp_path / "book.xlsx", facts_day, rows.clients, rows.transactions, rows.actions)
    days = [facts_day + timedelta(days=offset) for offset in OFFSETS]
    segments = set()
    for day, found in zip(days, recalculated(path, days), strict=True):
        assert wrong_on(path, found, day) == {}
        assert to_refresh(found) <= (0 if day == facts_day else 40)
        assert found.rows[300]["Segment"] == "", "the second row of an id is no client"
        segments |= {client.segment for client in found.clients.values()}
    assert len(segments - {client_formulas.REFRESH}) == 9, "every segment, and not yet a client"


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("seed", range(6))
def test_many_random_portfolios_with_other_settings(seed: int, tmp_path: Path) -> None:
    facts_day = date(2026, 1, 30) + timedelta(days=29 * seed)
    rows = random_rows(seed, facts_day, 300)
    chosen: dict[str, Value] = {
        "ActiveMonths": 3,
        "SleepingMonths": 6,
        "HorizonMonths": 9,
        "LifespanDays": 300,
        "LeavingDays": 45,
    }
    path = refreshed(
        tmp_path / "book.xlsx", facts_day, rows.clients, rows.transactions, rows.actions, chosen if seed % 2 else {}
    )
    days = [facts_day + timedelta(days=offset) for offset in (*OFFSETS, 7, 60, 200, 800)]
    for day, found in zip(days, recalculation.in_libreoffice(path, days), strict=True):
        assert wrong_on(path, found, day) == {}


# what other programs read


def test_segments_are_read_without_a_recalculation(tmp_path: Path) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    assert column(path, "Clients", "Segment") == SEGMENTS
    for engine in ("openpyxl", "calamine"):
        frame = pd.read_excel(path, sheet_name="Clients", engine=engine)
        assert list(frame["Segment"]) == SEGMENTS
    with CalamineWorkbook.from_path(str(path)) as book:
        header, *rows = book.get_sheet_by_name("Clients").to_python()
    assert [row[header.index("Segment")] for row in rows] == SEGMENTS
    sheet = openpyxl.load_workbook(path, data_only=True)["Clients"]
    assert [cell.value for cell in sheet["D"][1:]] == SEGMENTS
    formulas = openpyxl.load_workbook(path)["Clients"]["D"][1:]
    assert all(cell.value.startswith("=IF(") for cell in formulas)


def test_what_is_stored_is_what_a_recalculation_gives(tmp_path: Path, office: None) -> None:
    rows = random_rows(5, AS_OF, 120)
    path = refreshed(tmp_path / "book.xlsx", AS_OF, rows.clients, rows.transactions, rows.actions)
    (computed,) = recalculation.in_libreoffice(path, [AS_OF], [facts.CELLS])
    book = open_book(path)
    headers = book.table("Clients").headers
    stored = [dict(zip(headers, map(as_number, row), strict=True)) for row in book.table("Clients").rows]
    shown = [{header: row[header] for header in headers} for row in computed.rows[: len(stored)]]
    links = {clients.IN_ACTIONS.header}
    for row, right in zip(stored, shown, strict=True):
        assert {key: value for key, value in row.items() if key not in links} == {
            key: value for key, value in right.items() if key not in links
        }
    cells = computed.blocks[facts.CELLS]
    assert recalculation.stored(book, facts.CELLS, cells) == cells


NEW_FUNCTIONS = re.compile(
    r"_xlfn|\b(?:MAXIFS|MINIFS|IFS|SWITCH|TEXTJOIN|CONCAT|XLOOKUP|XMATCH|FILTER|LET|LAMBDA|SORT|UNIQUE|SEQUENCE)\("
)
"""Functions of Excel 2013 and later."""


def test_no_function_is_newer_than_excel_2010() -> None:
    found = [cell.value for sheet in openpyxl.load_workbook(MACRO_FREE_TEMPLATE) for row in sheet for cell in row]
    formulas = [value for value in found if isinstance(value, str) and value.startswith("=")]
    assert len(formulas) > 20
    assert [formula for formula in formulas if NEW_FUNCTIONS.search(formula) or len(formula) > 8000] == []


def test_the_table_fills_a_new_row_with_the_formula_of_the_cells() -> None:
    """The table's own rules and the cells' formulas say the same, cell by cell."""
    for each in client_formulas.CALCULATED:
        assert each.formula
        assert each.rule
        by_name = re.sub(r"Clients\[\[#This Row\],\[([^\]]*)\]\]", r"{\1}", each.rule)
        by_name = re.sub(r"Clients\[\[#This Row\],\[([^\]]*)\]:\[([^\]]*)\]\]", r"{\1}:{\2}", by_name)
        assert by_name == each.formula


# what a user does to it


TYPED = """
sheet = doc.Sheets.getByName("Clients")
heads = list(sheet.getCellRangeByPosition(0, 0, 80, 0).getDataArray()[0])
def put(row, header, value):
    cell = sheet.getCellByPosition(heads.index(header), row)
    if isinstance(value, str):
        cell.String = value
    else:
        cell.Value = value
%(edits)s
doc.calculateAll()
result = [list(row) for row in sheet.getCellRangeByPosition(0, 1, 80, 12).getDataArray()]
"""


def typed(path: Path, edits: str) -> list[dict[str, Value]]:
    headers = [str(cell.value) for cell in openpyxl.load_workbook(path)["Clients"][1]]
    rows = libreoffice.run(path, TYPED % {"edits": edits}, macros=False)
    return [dict(zip(headers, row, strict=False)) for row in rows]


def test_a_row_whose_id_is_typed_over_has_no_facts_and_goes_by_its_creation_date(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    rows = typed(path, "put(1, 'Client ID', 'X1')\nput(2, 'Client ID', 'X2')\nput(2, 'Created on', 'in spring')")
    assert [rows[at]["Segment"] for at in (0, 1, 2)] == ["Lost", "No Activity", "Hibernating"]
    assert rows[1]["Leaves on"] == ""
    assert rows[1]["Next action"] == Segment.NO_ACTIVITY.advice


def test_a_client_that_was_just_typed_is_one_of_no_activity(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    day = (AS_OF - EPOCH).days
    rows = typed(path, f"put(1, 'Client ID', 'X1')\nput(1, 'Created on', {day - 1})\nput(1, 'Last invoice then', '')")
    assert (rows[0]["Segment"], rows[0]["Leaves on"]) == ("No Activity", day + 399)
    later = typed(path, f"put(1, 'Client ID', 'X1')\nput(1, 'Created on', {day + 1})")
    assert (later[0]["Segment"], later[0]["Next action"]) == ("", "")


def test_no_cell_shows_an_error_whatever_is_typed(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    wrong = "sheet.getCellByPosition({}, {}).Formula = '=NA()'"
    rows = typed(path, "\n".join([wrong.format(0, 1), wrong.format(2, 2), "put(3, 'Created on', 'x')"]))
    shown = [value for row in rows for header, value in row.items() if header not in ("Client ID", "Created on")]
    assert [value for value in shown if value is None or (isinstance(value, str) and value.startswith("#"))] == []
    assert [rows[at]["Segment"] for at in (0, 1, 2)] == ["", "Sleeping Away", "Hibernating"]


def test_facts_stay_beside_their_clients_in_a_sorted_table(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    sort = """
field = uno.createUnoStruct("com.sun.star.table.TableSortField")
field.Field, field.IsAscending = 2, False
fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
uno.invoke(sheet.getCellRangeByPosition(0, 1, len(heads) - 1, 8), "sort", ((value("SortFields", fields),),))
"""
    rows = typed(path, sort)[:8]
    assert [row["Client ID"] for row in rows] != [row[0] for row in CLIENTS]
    known = dict(zip([row[0] for row in CLIENTS], SEGMENTS, strict=True))
    assert {row["Client ID"]: row["Segment"] for row in rows} == known


def test_settings_that_make_no_sense_are_no_segments(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    change = "doc.NamedRanges.getByName('{}').getReferredCells().{} = {}"
    rows = typed(path, change.format("ActiveMonths", "Value", 9))
    assert {row["Segment"] for row in rows[:8]} == {client_formulas.REFRESH}
    assert {row["Next action"] for row in rows[:8]} == {client_formulas.PAST_FACTS}
    assert [row["Segment"] for row in typed(path, change.format("ActiveMonths", "String", "''"))[:8]] == SEGMENTS
    longer = [row["Segment"] for row in typed(path, change.format("ActiveMonths", "Value", 7))[:8]]
    assert longer == ["Active", "Active", *SEGMENTS[2:]]


def test_before_the_first_refresh_nothing_is_claimed(tmp_path: Path, office: None) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    book = open_book(path)
    fill_formulas(book, len(CLIENTS))
    book.save()
    assert {row["Segment"] for row in typed(path, "")[:8]} == {client_formulas.REFRESH}


def test_a_refresh_of_another_day_holds_until_the_setting_changes(tmp_path: Path, office: None) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    refresh(path, date(2025, 12, 31), now=NOW)
    expected = {client.key: client for client in check(path, date(2025, 12, 31)).clients}
    (stored, moved) = recalculation.in_libreoffice(path, [None, AS_OF])
    assert differences(stored, expected) == {}
    assert [client.segment for client in moved.clients.values()] == SEGMENTS
    rows = typed(path, "")
    assert [row["Segment"] for row in rows[:8]] == [client.segment for client in stored.clients.values()]


def test_a_day_before_the_facts_is_looked_at_as_their_day(tmp_path: Path, office: None) -> None:
    path = refreshed(tmp_path / "book.xlsx", AS_OF, CLIENTS, TRANSACTIONS)
    (found,) = recalculation.in_libreoffice(path, [date(2026, 1, 1)])
    assert [client.segment for client in found.clients.values()] == SEGMENTS


# time


AGED = """
import time
as_of = doc.NamedRanges.getByName("AsOf").getReferredCells()
cells = doc.Sheets.getByName("Clients").getCellRangeByName("D2:D%(last)d")
taken = []
for day in %(days)r:
    start = time.perf_counter()
    as_of.Value = day
    doc.calculate()
    cells.getDataArray()
    taken.append(time.perf_counter() - start)
result = min(taken)
"""


@pytest.mark.slow
def test_ten_times_as_many_clients_take_ten_times_as_long(tmp_path: Path, office: None) -> None:
    days = [(AS_OF - EPOCH).days + offset for offset in (10, 100, 200, 300)]
    seconds = {}
    for number in (1_000, 10_000):
        rows = random_rows(1, AS_OF, number)
        path = refreshed(tmp_path / f"{number}.xlsx", AS_OF, rows.clients, rows.transactions)
        seconds[number] = libreoffice.run(path, AGED % {"last": number + 1, "days": days}, macros=False)
    assert seconds[10_000] < 30 * seconds[1_000] + 1, "quadratic would be a hundred times"
    assert seconds[10_000] < 20
