"""A workbook is read and refreshed in any language that the words are kept in: headings, actions and statuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import openpyxl.utils
import pytest

from kopilot_xl import new, open_book, refresh
from kopilot_xl.texts.words import languages
from kopilot_xl.workbook import heading_words
from kopilot_xl.workbook.heading_words import in_english
from kopilot_xl.workbook.sheets import actions, clients, transactions

DAY = date(2026, 7, 1)
Cell = str | int | date | None
ENGLISH = {table.name: table.headers for table in (clients.TABLE, transactions.TABLE, actions.TABLE)}
SPOKEN = {
    "en": ("Paid", "Overdue", "Canceled", "Plan revenue", "Mark lost"),
    "fr": ("Payée", "En retard", "Annulée", "Prévoir un revenu", "Marquer perdu"),
    "nl": ("Betaald", "Te laat", "Geannuleerd", "Omzet plannen", "Als verloren markeren"),
    "de": ("Bezahlt", "Überfällig", "Storniert", "Umsatz planen", "Als verloren markieren"),
}


def headings(language: str, table: str) -> list[str]:
    words = languages()[language].get("sheets", {}).get(table, {})
    return [words[each][0] if each in words else each for each in ENGLISH[table]]


def written(folder: Path, language: str, other: str | None = None) -> Path:
    """A workbook with headings and words of a language, some actions in another."""
    paid, overdue, canceled, _, lost = SPOKEN[language]
    plan = SPOKEN[other or language][3]
    rows: dict[str, list[list[Cell]]] = {
        "Clients": [["A", "Alder", date(2023, 1, 1)], ["B", "Bolt", date(2023, 1, 1)], ["C", "Cole", date(2026, 6, 1)]],
        "Transactions": [
            ["A", date(2026, 6, 1), 100, paid, "1"],
            ["B", date(2026, 1, 2), 200, overdue, "2"],
            ["C", date(2026, 6, 2), 300, canceled, "3"],
        ],
        "Actions": [
            [date(2026, 6, 20), "A", lost, None, None, None],
            [date(2026, 6, 20), "C", plan, date(2026, 9, 1), 500, None],
        ],
    }
    path = folder / f"{language}.xlsm"
    new(path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    for name, table in rows.items():
        sheet = book[name]
        columns = sheet.tables[name].tableColumns
        left, top, _, _ = corners(sheet.tables[name].ref)
        for at, heading in enumerate(headings(language, name)):
            assert columns[at].name == ENGLISH[name][at]
            columns[at].name = sheet.cell(top, left + at).value = heading
        for below, row in enumerate(table, top + 1):
            for at, value in enumerate(row):
                sheet.cell(below, left + at, value)
        sheet.tables[
            name
        ].ref = f"{sheet.cell(top, left).coordinate}:{sheet.cell(below, left + at_last(name)).coordinate}"
    book.save(path)
    return path


def corners(reference: str) -> tuple[int, int, int, int]:
    """The first and last columns and rows of a reference, from 1: left, top, right, bottom."""
    return cast("tuple[int, int, int, int]", openpyxl.utils.range_boundaries(reference))


def at_last(table: str) -> int:
    return len(ENGLISH[table]) - 1


def cells(path: Path, table: str) -> list[list[object]]:
    """The cells of a table, its headings first."""
    sheet = openpyxl.load_workbook(path, data_only=True)[table]
    left, top, right, bottom = corners(sheet.tables[table].ref)
    return [[sheet.cell(row, column).value for column in range(left, right + 1)] for row in range(top, bottom + 1)]


@pytest.mark.parametrize(("language", "other"), [("en", None), ("fr", None), ("nl", None), ("de", None), ("fr", "nl")])
def test_a_workbook_in_a_language_gives_what_an_english_one_does(
    tmp_path: Path, language: str, other: str | None
) -> None:
    path = written(tmp_path, language, other)
    result = refresh(open_book(path), DAY)
    assert {client.key: client.segment.value for client in result.clients if client.segment} == {
        "a": "Lost", "b": "Sleeping Away", "c": "New",
    }  # fmt: skip
    segment, status = ENGLISH["Clients"].index("Segment"), ENGLISH["Actions"].index("Status")
    assert [row[segment] for row in cells(path, "Clients")[1:]] == ["Lost", "Sleeping Away", "New"]
    assert [row[status] for row in cells(path, "Actions")[1:]] == ["Applied", "Applied"]
    assert cells(path, "Actions")[0] == headings(language, "Actions")


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
def test_every_heading_of_a_language_is_known(language: str) -> None:
    for table, columns in languages()[language]["sheets"].items():
        assert set(columns) == set(ENGLISH[table])
        for ours, spellings in columns.items():
            for each in spellings:
                assert in_english(table, [each, "Phone"]) == (ours, "Phone")


def test_an_english_heading_beside_another_language_stays_the_one() -> None:
    assert in_english("Clients", ["Client ID", "Klant", "Client"]) == ("Client ID", "Klant", "Client")
    assert in_english("Transactions", ["Kundennummer", "Betrag", "Nettobetrag"]) == (
        "Client ID", "Betrag", "Nettobetrag",
    )  # fmt: skip
    assert in_english("Others", ["Klant"]) == ("Klant",)


def test_an_english_workbook_is_known_by_the_columns_that_its_owner_fills() -> None:
    tables = (clients.TABLE, transactions.TABLE, actions.TABLE)
    assert {
        table.name.casefold(): frozenset(each.header.casefold() for each in table.columns if not each.written)
        for table in tables
    } == heading_words._TYPED
