"""The client card: its formulas, calculated by LibreOffice, show for any client what the calculation gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kopilot_xl import refresh
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import client, client_data
from tests import libreoffice
from tests.portfolios import AS_OF, NOW, make_portfolio

pytestmark = [pytest.mark.libreoffice, pytest.mark.usefixtures("office")]

SCRIPT = """
names = {names!r}
ranges = doc.NamedRanges
sheet = doc.Sheets.getByName("Client")
areas = {{name: ranges.getByName(name).getReferredCells() for name in names}}
result = {{}}
for label in {labels!r}:
    sheet.getCellRangeByName("B1").String = label
    doc.calculateAll()
    result[label] = {{name: [list(row) for row in area.getDataArray()] for name, area in areas.items()}}
"""
NAMES = (
    client.KEYS, client.STRIP, client.BARS, *client.LATEST, *client.DECISIONS, *client.BY_YEAR, *client.FIGURES,
    client.PHONE, client.MAIL,
)  # fmt: skip
EPOCH = date(1899, 12, 30)


def plain(value: Value) -> Any:
    """A value as LibreOffice hands it over: a date as its number, nothing as a blank text."""
    if isinstance(value, date):
        return (value - EPOCH).days
    return "" if value is None else value


def calculated(path: Path, labels: Sequence[str]) -> dict[str, dict[str, list[list[Any]]]]:
    found: dict[str, dict[str, list[list[Any]]]] = libreoffice.run(
        path, SCRIPT.format(names=NAMES, labels=list(labels)), macros=False
    )
    return found


def check(path: Path, as_of: date, labels: Sequence[str] = ()) -> client_data.ClientData:
    result = calculate(read(open_book(path), as_of, as_of))
    data = client_data.client_data(result)
    known = [str(row[client_data.LABEL]) for row in data.clients]
    chosen = list(labels) or known
    for label, blocks in calculated(path, chosen).items():
        expected = client.shown(data, label) | client.contact(data, label, result)
        for name in NAMES:
            rows, columns = client.BLOCKS[name]
            filled = [[plain(value) for value in row] + [""] * (columns - len(row)) for row in expected[name]]
            filled += [[""] * columns for _ in range(rows - len(filled))]
            if rows * columns == 1:
                blocks[name] = [blocks[name][0][:1]]
            assert [[row[at] for at in range(columns)] for row in blocks[name]] == [
                [pytest.approx(value, abs=1e-9) if isinstance(value, float | int) else value for value in row]
                for row in filled
            ], (label, name)
    return data


def test_it_shows_what_was_calculated_of_clients_of_the_sample() -> None:
    book = open_book(rebuild.SAMPLE)
    stored = book.sheet_values(client_data.CLIENTS)[client_data.HEAD_ROW :]
    one_each = {row[client_data.SEGMENT]: str(row[client_data.LABEL]) for row in stored}
    assert one_each.keys() >= {segment.value for segment in Segment}
    decided = [str(row[client_data.LABEL]) for row in stored if row[client_data.LOG_COUNT]]
    data = check(rebuild.SAMPLE, date(2026, 7, 1), [*one_each.values(), *decided[:4]])
    assert len(data.clients) == len(stored) > 100


ODD: list[list[Any]] = [
    ["A*", "What? (co*)", date(2024, 1, 10), "+33 1 23", "what@example.org"],
    ["A", "What? (co*)", date(2024, 1, 10), None, None],
    ["~1", "Tilde ~ and *", date(2024, 1, 10), 4930123456, None],
    [1007, "", date(2024, 1, 10), None, "seven@example.org"],
    ["L" * 90, "A name as long as that of a whole institute, " * 5, date(2024, 1, 10), None, None],
    ["ünï", "Ärzte & Söhne", None, None, None],
    ["G1", "Gone", date(2019, 1, 1), None, None],
    ["U1", "Not yet", AS_OF + timedelta(days=30), None, None],
]
PAID: list[list[Any]] = [
    ["A*", date(2026, 6, 1), 1200.0, "Paid"],
    ["A*", date(2026, 6, 20), -1200.0, "Paid"],
    ["A*", date(2025, 6, 20), 700.0, "Overdue"],
    ["A", date(2026, 1, 31), 300.5, "Paid"],
    ["A", AS_OF, 99.0, "Paid"],
    ["A", AS_OF + timedelta(days=3), 450.0, "Paid"],
    ["A", AS_OF - timedelta(days=3), 450.0, "Planned"],
    ["A", AS_OF + timedelta(days=500), 77.0, "Planned"],
    ["~1", date(2025, 5, 30), None, "Paid"],
    ["~1", AS_OF + timedelta(days=60), 640.0, "Planned"],
    [1007, date(2025, 5, 31), 3000.0, "Paid"],
    *[["ünï", date(2022, 1, 1) + timedelta(days=40 * at), 10.0 + at, "Paid"] for at in range(41)],
    ["G1", date(2020, 3, 1), 5000.0, "Paid"],
]
LOG: list[list[Value]] = [
    [date(2026, 6, 1), "A", "Plan revenue", date(2026, 9, 1), 900.0, "a note"],
    [date(2026, 6, 2), "~1", "Mark canceled", None, None, None],
    [date(2026, 6, 3), "G1", "Reactivate", None, None, None],
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_portfolio(tmp_path_factory.mktemp("odd") / "odd.xlsm", ODD, PAID, LOG)
    book = load_workbook(path, keep_vba=True)
    sheet: Any = book["Clients"]
    table = sheet.tables["Clients"]
    right = len(table.tableColumns)
    for at, heading in enumerate(("Phone", "E-mail"), right + 1):
        sheet.cell(1, at, heading)
        for row, person in enumerate(ODD, 2):
            sheet.cell(row, at, person[3 + at - right - 1])
    first, _, last = table.ref.partition(":")
    table.ref = f"{first}:{sheet.cell(int(''.join(filter(str.isdigit, last))), right + 2).coordinate}"
    table.autoFilter.ref = table.ref
    table._initialise_columns()
    for column, cell in zip(table.tableColumns, sheet[1], strict=False):
        column.name = str(cell.value)
    book.calculation.fullCalcOnLoad = False
    book.save(path)
    refresh(path, AS_OF, now=NOW)
    return path


def test_it_finds_clients_whatever_they_are_called(odd: Path) -> None:
    data = check(odd, AS_OF)
    labels = [str(row[client_data.LABEL]) for row in data.clients]
    assert "What? (co*) (A*)" in labels
    assert "What? (co*) (A)" in labels
    assert all(len(label) <= 255 for label in labels)
    assert len(labels) == len(ODD)
    phones = {row[1]: row for row in ODD}
    found = calculated(odd, ["What? (co*) (A*)"])["What? (co*) (A*)"]
    assert found[client.PHONE][0][0] == phones["What? (co*)"][3] or found[client.PHONE][0][0] == "+33 1 23"
    assert found[client.MAIL][0][0] == "what@example.org"


def test_a_client_that_is_not_there_leaves_the_card_blank(odd: Path) -> None:
    found = calculated(odd, ["Nobody (0)"])["Nobody (0)"]
    for name in (*client.FIGURES, *client.LATEST, *client.DECISIONS, *client.BY_YEAR, client.PHONE, client.STRIP):
        assert {value for row in found[name] for value in row} == {""}, name
    assert {value for row in found[client.BARS] for value in row} == {0}


def test_the_list_to_pick_from_holds_every_client(odd: Path) -> None:
    script = f"""
cell = doc.Sheets.getByName("Guide").getCellRangeByName("Z99")
cell.Formula = "=COUNTA({client.LABELS})"
result = cell.Value
"""
    assert libreoffice.run(odd, script, macros=False) == len(ODD)


def test_what_is_stored_is_what_is_calculated(odd: Path) -> None:
    """A program that does not calculate shows the same card."""
    stored = load_workbook(odd, data_only=True, keep_vba=True)
    label = stored["Client"]["B1"].value
    found = calculated(odd, [label])[label]
    for name in NAMES:
        ((sheet, area),) = stored.defined_names[name].destinations
        cells = stored[sheet][area]
        rows = cells if isinstance(cells, tuple) else ((cells,),)
        shown = [
            [plain(cell.value.date() if hasattr(cell.value, "date") else cell.value) for cell in row] for row in rows
        ]
        for row, other in zip(shown, found[name], strict=False):
            for one, two in zip(row, other, strict=False):
                assert one == (pytest.approx(two, abs=1e-9) if isinstance(two, float) else two), name
