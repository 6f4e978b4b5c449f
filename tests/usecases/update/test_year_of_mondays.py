"""A year of Mondays: monthly exports of one firm, from four programs in turn, into one workbook with decisions in it.

After every step the workbook says what an independent reading of all exports so far says: the files are read here by
their columns alone, the segments follow from docs/rules.md, and nothing of what the user added has moved.
"""

from __future__ import annotations

import csv
import zipfile
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

import openpyxl
import openpyxl.utils
import pytest
from openpyxl.worksheet.table import TableColumn

from kopilot_xl import new, open_book, refresh, update
from kopilot_xl.importing.choices import QuestionError

NAMES = {"K1": "Alder & Vine", "K2": "Birch BV", "K3": "Café Noir", "K4": "Dunmore", "K5": "Éclair", "K6": "Fox GmbH"}
RENAMED = {**NAMES, "K3": "Café Noir et Blanc"}
CREATED = date(2025, 3, 3)


@dataclass(frozen=True)
class Document:
    number: str
    client: str
    day: date
    amount: float
    status: str
    """paid, sent, overdue, void or draft"""


def day_in(month: int, day: int) -> date:
    """A day of the year's months, counted from 0: July 2025 is the first."""
    return date(2025 + (6 + month) // 12, (6 + month) % 12 + 1, day)


def books(month: int) -> list[Document]:
    """All documents of the firm as they stand at the end of a month."""
    every = {"K1": 1, "K2": 2, "K3": 3, "K4": 5, "K5": 12}
    found = []
    for at in range(month + 1):
        for client, often in every.items():
            if at % often == 0:
                status = "paid" if at < month - 1 else "overdue" if at < month else "sent"
                number = f"2025-{at:02}{client[1]}"
                found.append(Document(number, client, day_in(at, 13 + int(client[1])), 100.5 * (at + 1), status))
    if month >= 4:  # an invoice of September that was voided in November
        found = [replace(each, status="void") if each.number == "2025-022" else each for each in found]
    if month >= 6:  # a credit note that takes an invoice of December back in full
        found.append(Document("CN-1", "K1", day_in(6, 20), -100.5 * 6, "paid"))
    if month >= 7:  # what was planned in October is invoiced
        found.append(Document("2025-994", "K4", day_in(7, 21), 900.0, "sent" if month == 7 else "paid"))
    if month >= 10:
        found.append(Document("2025-990", "K2", day_in(10, 25), 50.0, "draft"))
    return found


def exported(month: int) -> list[Document]:
    """What an export of a month holds: the documents of the last four months, in no order."""
    first = day_in(max(month - 3, 0), 1)
    found = [each for each in books(month) if each.day >= first]
    return sorted(found, key=lambda each: (each.number[::-1], each.amount), reverse=month % 2 == 0)


def comma(amount: float) -> str:
    return f"{amount:.2f}".replace(".", ",")


@dataclass(frozen=True)
class Layout:
    """How a program writes an export: its headings, the words for what a document is, how a day and an amount look."""

    delimiter: str
    headings: tuple[str, ...]
    words: dict[str, str]
    day: str
    row: Callable[[Document, Layout, dict[str, str]], list[str]]
    read: Callable[[dict[str, str], dict[str, str]], tuple[str, str, str, float, str]] = field(repr=False)
    """of a row: number, client's id, day, amount, word; the names of the clients are given"""


def by_name(names: dict[str, str], name: str) -> str:
    return next(key for key, each in names.items() if each == name)


LAYOUTS = [
    Layout(
        ",", ("Customer ID", "Invoice date", "Invoice number", "Net amount", "Status"),
        {"paid": "Paid", "sent": "Sent", "overdue": "Overdue", "void": "Void", "draft": "Draft"}, "%Y-%m-%d",
        lambda each, own, names: [
            each.client, each.day.strftime(own.day), each.number, f"{each.amount:,.2f}", own.words[each.status],
        ],
        lambda row, names: (
            row["Invoice number"], row["Customer ID"], row["Invoice date"], float(row["Net amount"].replace(",", "")),
            row["Status"],
        ),
    ),
    Layout(
        ";", ("Belegnr", "Kundennummer", "Kunde", "Rechnungsdatum", "Nettobetrag", "Bruttobetrag", "Status"),
        {"paid": "Bezahlt", "sent": "Offen", "overdue": "Überfällig", "void": "Storniert", "draft": "Entwurf"},
        "%d.%m.%Y",
        lambda each, own, names: [
            each.number, each.client, names[each.client], each.day.strftime(own.day), comma(each.amount),
            comma(each.amount * 1.19), own.words[each.status],
        ],
        lambda row, names: (
            row["Belegnr"], row["Kundennummer"], row["Rechnungsdatum"], float(row["Nettobetrag"].replace(",", ".")),
            row["Status"],
        ),
    ),
    Layout(
        ";", ("Type de document", "Numéro", "Date d'émission", "Client", "Montant HT", "Montant TTC", "Statut"),
        {"paid": "Payée", "sent": "Envoyée", "overdue": "En retard", "void": "Annulée", "draft": "Brouillon"},
        "%d/%m/%Y",
        lambda each, own, names: [
            "Avoir" if each.amount < 0 else "Facture", each.number, each.day.strftime(own.day), names[each.client],
            comma(abs(each.amount)), comma(abs(each.amount) * 1.2), own.words[each.status],
        ],
        lambda row, names: (
            row["Numéro"], by_name(names, row["Client"]), row["Date d'émission"],
            float(row["Montant HT"].replace(",", ".")) * (-1 if row["Type de document"] == "Avoir" else 1),
            row["Statut"],
        ),
    ),
    Layout(
        "\t", ("Factuurnr", "Klantcode", "Factuurdatum", "Bedrag excl. btw", "Bedrag incl. btw", "Betaalstatus"),
        {"paid": "Betaald", "sent": "Verzonden", "overdue": "Te laat", "void": "Geannuleerd", "draft": "Concept"},
        "%d-%m-%Y",
        lambda each, own, names: [
            each.number, each.client, each.day.strftime(own.day), comma(each.amount), comma(each.amount * 1.21),
            own.words[each.status],
        ],
        lambda row, names: (
            row["Factuurnr"], row["Klantcode"], row["Factuurdatum"],
            float(row["Bedrag excl. btw"].replace(",", ".")), row["Betaalstatus"],
        ),
    ),
]  # fmt: skip


def write(path: Path, month: int, names: dict[str, str]) -> Path:
    own = LAYOUTS[month % 4]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=own.delimiter)
        writer.writerow(own.headings)
        writer.writerows(own.row(each, own, names) for each in exported(month))
    return path


def read(path: Path, month: int, names: dict[str, str]) -> list[Document]:
    """Read an export by the columns of its layout, and nothing else."""
    own = LAYOUTS[month % 4]
    meant = {word: status for status, word in own.words.items()}
    with path.open(encoding="utf-8", newline="") as file:
        cells = [own.read(row, names) for row in csv.DictReader(file, delimiter=own.delimiter)]
    return [
        Document(number, client, datetime.strptime(day, own.day).date(), amount, meant[word])
        for number, client, day, amount, word in cells
    ]


def months_before(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def segments(documents: list[Document], as_of: date, marked: dict[str, date], plans: dict[str, date]) -> dict[str, str]:
    """Where each client is, by the rules: its last invoice, what is planned, whether it is marked lost."""
    credited: set[str] = set()
    for note in sorted((each for each in documents if each.amount < 0), key=lambda each: each.day):
        same = [
            each for each in documents
            if each.client == note.client and each.amount == -note.amount and each.day <= note.day
            and each.number not in credited and each.status not in ("void", "draft")
        ]  # fmt: skip
        if same:
            credited.add(max(same, key=lambda each: each.day).number)
    last: dict[str, date] = defaultdict(lambda: date.min)
    for each in documents:
        if each.status not in ("void", "draft") and each.amount > 0 and each.number not in credited:
            last[each.client] = max(last[each.client], each.day)
    found = {}
    for client in NAMES:
        on = last[client]
        coming = plans.get(client, date.min) > as_of
        days = (as_of - on).days if on > date.min else 10_000
        if client in marked and on <= marked[client] <= as_of:
            found[client] = "Lost"
        elif on >= months_before(as_of, 4):
            found[client] = "Active"
        elif on >= months_before(as_of, 8):
            found[client] = "Sleeping Away"
        elif 371 <= days <= 400 and not coming:
            found[client] = "Leaving"
        elif days <= 400:
            found[client] = "Hibernating"
        elif coming:
            found[client] = "New"
        elif on > date.min or (as_of - CREATED).days >= 400:
            found[client] = "Lost"
        else:
            found[client] = "No Activity"
    return found


def clients(path: Path, names: dict[str, str], month: int) -> Path:
    rows = sorted(names.items(), reverse=month % 3 == 0)
    path.write_text(
        "Customer ID,Company,Phone,Created on\n" + "".join(f"{key},{name},+32 {key},{CREATED}\n" for key, name in rows),
        "utf-8",
    )
    return path


def decide(path: Path, **columns: object) -> None:
    book = open_book(path)
    headings = {"recorded": "Recorded on", "client": "Client ID", "action": "Action", "on": "Issue date"}
    headings |= {"amount": "Amount"}
    book.append_rows("Actions", {headings[name]: [value] for name, value in columns.items()})  # type: ignore[list-item]
    book.save()


def own_things(path: Path) -> None:
    """Add a column and a sheet of the user's own, and filter Transactions by a client."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    sheet = book["Clients"]
    table = sheet.tables["Clients"]
    _, top, right, bottom = cast("tuple[int, int, int, int]", openpyxl.utils.range_boundaries(table.ref))
    table.tableColumns.append(TableColumn(id=max(each.id for each in table.tableColumns) + 1, name="Rating"))
    table.ref = f"A{top}:{openpyxl.utils.get_column_letter(right + 1)}{bottom}"
    table.autoFilter.ref = table.ref
    sheet.cell(top, right + 1).value = "Rating"
    for row in range(top + 1, bottom + 1):
        sheet.cell(row, right + 1).value = f"rated {sheet.cell(row, 1).value}"
    mine = book.create_sheet("Budget")
    mine.append(["Goal", 12000, "=B1/12", "=SUM(Transactions[Amount])"])
    rows = book["Transactions"]
    for row in range(2, 5):
        rows.row_dimensions[row].hidden = rows.cell(row, 1).value != "K1"
    rows.tables["Transactions"].autoFilter.add_filter_column(0, ["K1"])
    book.save(path)


def budget(path: Path) -> bytes:
    """The part of the user's own sheet."""
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    return next(each for each in sheets if b"B1/12" in each)


def test_after_every_monday_of_a_year_the_workbook_says_what_the_exports_say(tmp_path: Path) -> None:
    path, people, sales = tmp_path / "Year.xlsm", tmp_path / "clients.csv", tmp_path / "invoices.csv"
    so_far: dict[str, Document] = {}
    marked: dict[str, date] = {}
    plans: dict[str, date] = {}
    mine = b""
    for month in range(12):
        names = RENAMED if month >= 5 else NAMES
        as_of = day_in(month, 28)
        now = datetime.combine(as_of, datetime.min.time()) + timedelta(hours=9)
        if month == 8:
            continue  # nobody exported
        write(sales, month, names)
        clients(people, names, month)
        so_far |= {each.number: each for each in read(sales, month, names)}
        if month == 0:
            new(path, people, sales)
        else:
            for again in range(2 if month == 3 else 1):  # one month is exported twice
                tried = update(path, people, sales, now=now, dry_run=True)
                made = update(path, people, sales, now=now)
                assert len(tried.transactions.added) == len(made.transactions.added)
                assert not again or not (made.transactions.added or made.transactions.changed or made.clients.changed)
                assert not made.transactions.vanished
        result = refresh(path, now=now)
        expected = segments(list(so_far.values()), as_of, marked, plans)
        assert {client.key.upper(): client.segment for client in result.clients} == expected, month
        assert [problem for problem in result.problems if problem.kind.value == "problem"] == []
        book = open_book(path)
        held: dict[str, object] = {
            str(row[4]): (row[0], row[1], row[2]) for row in book.table("Transactions").rows if row[4]
        }
        assert held == {each.number: (each.client, each.day, pytest.approx(each.amount)) for each in so_far.values()}
        table = book.table("Clients")
        at = {name: index for index, name in enumerate(table.headers)}
        assert {row[at["Client ID"]]: row[at["Client"]] for row in table.rows} == names
        if mine:
            assert budget(path) == mine
            assert {row[at["Rating"]] for row in table.rows} == {f"rated {row[0]}" for row in table.rows}
            assert all(row[at["Rating"]] == f"rated {row[0]}" for row in table.rows)
        log = book.table("Actions").rows
        if month == 1:
            own_things(path)
            mine = budget(path)
        if month == 2:
            marked["K5"] = as_of
            decide(path, recorded=as_of, client="K5", action="Mark lost")
        if month == 3:
            plans["K4"] = day_in(7, 15)
            decide(path, recorded=as_of, client="K4", action="Plan revenue", on=plans["K4"], amount=1000)
        if month >= 4:
            assert [(row[1], row[2]) for row in log if row[1]] == [("K5", "Mark lost"), ("K4", "Plan revenue")]
        if month >= 9:
            assert next(row for row in log if row[1] == "K4")[7] == "Fulfilled"


def test_a_monday_with_a_doubt_changes_nothing(tmp_path: Path) -> None:
    path, people, sales = tmp_path / "Year.xlsm", tmp_path / "clients.csv", tmp_path / "invoices.csv"
    new(path, clients(people, NAMES, 0), write(sales, 0, NAMES))
    before = path.read_bytes()
    sales.write_text(sales.read_text("utf-8").replace("Sent", "Archived"), "utf-8")
    with pytest.raises(QuestionError):
        update(path, people, sales, now=datetime(2025, 8, 1, 9))
    assert path.read_bytes() == before
