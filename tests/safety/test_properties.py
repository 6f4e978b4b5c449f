"""Over workbooks of any layout: only named errors, no foreign cell changed, twice the same, and the right segments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pandas
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableColumn

from kopilot_xl import classify, open_book, refresh
from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import KopilotError
from kopilot_xl.workbook.book import Number1904
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.sheets import settings as settings_sheet
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, NOW, column
from tests.safety.comparing import assert_only_owned_cells_changed

IDS = st.sampled_from(["A1", "a1 ", "B2", "C3", "D4", 1001, "1001.0", "007", 7, "=x", "Ünï", None, " "])
DAYS = st.one_of(
    st.integers(-900, 500).map(lambda days: AS_OF + timedelta(days=days)),
    st.sampled_from(["2026-04-03", "03/04/2026", "soon", None, "", True, 0.5, -3, 10**9]),
)
AMOUNTS = st.one_of(
    st.integers(-5_000, 50_000).map(float),
    st.sampled_from([None, "1.200,50", "1.200", "x", True, 1e300, -1e300, "12 €"]),
)
STATUSES = st.sampled_from([None, "Paid", "sent", "Planned", "Draft", "Void", "nonsense", 5])
TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12), st.integers(-9, 9))


@st.composite
def layouts(draw: st.DrawFn, headers: tuple[str, ...]) -> tuple[list[str], int, int]:
    """Where a table stands and in what order: headers with the user's own among them, first row and column."""
    order = draw(st.permutations([*headers, *[f"Mine {n}" for n in range(draw(st.integers(0, 3)))]]))
    return list(order), draw(st.integers(1, 4)), draw(st.integers(1, 4))


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    people = draw(st.lists(st.tuples(IDS, TEXTS, DAYS), max_size=8))
    bills = draw(st.lists(st.tuples(IDS, DAYS, AMOUNTS, STATUSES, TEXTS), max_size=20))
    return {
        "rows": {"Clients": people, "Transactions": bills, "Actions": []},
        "layouts": {
            table.name: draw(layouts(tuple(table.headers)))
            for table in (clients.TABLE, transactions.TABLE, actions.TABLE)
        },
        "tables": draw(st.booleans()),
        "extra": draw(st.lists(TEXTS, max_size=5)),
        "order": draw(st.permutations(["Clients", "Transactions", "Actions", "Settings", "My notes"])),
        "1904": draw(st.booleans()),
    }


def made(book: dict[str, Any], path: Path) -> Path:
    """Write such a workbook as openpyxl does."""
    file = openpyxl.Workbook()
    if book["1904"]:
        file.epoch = datetime(1904, 1, 1)
    sheets = {name: file.create_sheet(name) for name in book["order"]}
    del file[file.sheetnames[0]]
    for number, table in enumerate((clients.TABLE, transactions.TABLE, actions.TABLE), 1):
        headers, top, left = book["layouts"][table.name]
        mine = [each.header for each in table.columns if not each.written]
        sheet, rows = sheets[table.name], book["rows"][table.name]
        for place, header in enumerate(headers):
            sheet.cell(top, left + place, header)
            for at, row in enumerate(rows, top + 1):
                own = mine.index(header) if header in mine else None
                value = row[own] if own is not None and own < len(row) else f"kept {at}" if "Mine" in header else None
                sheet.cell(at, left + place).value = value
                if isinstance(value, str) and value.startswith("="):
                    sheet.cell(at, left + place).data_type = "s"
        if book["tables"]:
            bottom, right = top + max(len(rows), 1), get_column_letter(left + len(headers) - 1)
            made_of = Table(displayName=table.name, ref=f"{get_column_letter(left)}{top}:{right}{bottom}", id=number)
            made_of.tableColumns = [TableColumn(id=at, name=header) for at, header in enumerate(headers, 1)]
            sheet.add_table(made_of)
    for row, setting in enumerate(settings_sheet.ALL, 1):
        sheets["Settings"].cell(row, 2).value = setting.default
        cell = f"Settings!$B${row}"
        file.defined_names[setting.name] = openpyxl.workbook.defined_name.DefinedName(setting.name, attr_text=cell)
    for row, value in enumerate(book["extra"], 1):
        sheets["My notes"].cell(row, row).value = value
    file.calculation.fullCalcOnLoad = False
    file.save(path)
    return path


_ANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(_ANY, max_examples=10)
@given(books())
def test_any_workbook(book: dict[str, Any]) -> None:
    refreshes(book)


@pytest.mark.slow
@settings(_ANY, max_examples=60)
@given(books())
def test_many_more_workbooks(book: dict[str, Any]) -> None:
    refreshes(book)


def refreshes(book: dict[str, Any]) -> None:
    """A refresh gives what the rows say and changes what it owns, a second one nothing; or it is refused."""
    with TemporaryDirectory() as folder:
        path = made(book, Path(folder) / "book.xlsx")
        before = path.read_bytes()
        try:
            report = refresh(open_book(path), AS_OF, now=NOW)
        except KopilotError as error:
            event(type(error).__name__)
            assert path.read_bytes() == before
            return
        event("refreshed")
        assert_only_owned_cells_changed(before, path)
        assert_sound(path)
        once = path.read_bytes()
        refresh(open_book(path), AS_OF, now=NOW)
        assert path.read_bytes() == once
        expected = _directly(book)
        assert {each.key: each.segment and each.segment.value for each in report.clients} == expected
        shown = zip(column(path, "Clients", "Client ID"), column(path, "Clients", "Segment"), strict=True)
        assert all(segment == expected.get(client_key(each) or "") for each, segment in shown)


def _directly(book: dict[str, Any]) -> dict[str, str | None]:
    """Return the segments of the same rows without a workbook."""

    def day(value: object) -> object:
        return Number1904(value) if book.get("1904") and type(value) in (int, float) else value  # type: ignore[arg-type]

    clients = [(key, name, day(created)) for key, name, created in book["rows"]["Clients"]]
    people = pandas.DataFrame(clients, columns=["Client ID", "Client", "Created on"], dtype=object)
    bills = pandas.DataFrame(
        [(row[0], day(row[1]), *row[2:4]) for row in book["rows"]["Transactions"]],
        columns=["Client ID", "Issue date", "Amount", "Status"],
        dtype=object,
    )
    frame = classify(people, bills, AS_OF)
    return {
        client_key(shown) or "": segment if isinstance(segment, str) else None
        for shown, segment in zip(frame["Client ID"], frame["Segment"], strict=True)
    }


def test_the_rows_are_dates_and_all_kinds_of_segments_occur() -> None:
    rows = [("A1", None, None), ("B2", None, None)]
    bills = [("A1", date(2026, 6, 1), 5.0, None, None), ("B2", AS_OF - timedelta(days=300), 5.0, None, None)]
    found = _directly({"rows": {"Clients": rows, "Transactions": bills}})
    assert found == {"a1": "Active", "b2": "Hibernating"}
