"""The next export in a workbook: nothing is lost, nothing is counted twice, nothing of the user's moves."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from kopilot_xl import KopilotError, SaveError, UsageError, new, open_book, refresh, update
from kopilot_xl.cli.group import app
from kopilot_xl.errors import BookError
from kopilot_xl.workbook.sheets import sources
from tests.invariants import assert_sound
from tests.portfolios import make_portfolio
from tests.workbook.workbooks import rich

NOW = datetime(2026, 7, 6, 9, 0)
TODAY = NOW.date()

CLIENTS = [["A1", "Alder", "Ghent", "2024-01-10"], ["B2", "Birch", "Bruges", "2024-02-01"]]
INVOICES = [
    ["A1", "2026-06-01", "1200.00", "Sent", "R1"],
    ["B2", "2025-09-20", "2000.00", "Paid", "R2"],
]


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def exports(folder: Path, clients: Sequence[Sequence[str]], invoices: Sequence[Sequence[str]]) -> tuple[Path, Path]:
    return (
        write(folder / "clients.csv", ["Customer no", "Company", "City", "Created on"], clients),
        write(folder / "invoices.csv", ["Customer no", "Invoice date", "Net amount", "Status", "Invoice no"], invoices),
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    new(path, *exports(tmp_path, CLIENTS, INVOICES))
    refresh(path, now=NOW)
    return path


def rows(path: Path, table: str) -> list[list[object]]:
    return [list(row) for row in open_book(path).table(table).rows]


def test_what_is_new_is_added_and_what_changed_is_changed(book: Path) -> None:
    people = [["C3", "Cedar", "Ypres", "2026-07-01"], ["B2", "Birch NV", "Bruges", "2024-02-01"], CLIENTS[0]]
    sales = [["C3", "2026-07-02", "50.00", "Sent", "R3"], INVOICES[1], [*INVOICES[0][:3], "Paid", "R1"]]
    made = update(book, *exports(book.parent, people, sales), now=NOW)
    assert [row[:3] for row in rows(book, "Clients")] == [
        ["A1", "Alder", date(2024, 1, 10)],
        ["B2", "Birch NV", date(2024, 2, 1)],
        ["C3", "Cedar", date(2026, 7, 1)],
    ]
    assert rows(book, "Transactions") == [
        ["A1", date(2026, 6, 1), 1200.0, "Paid", "R1"],
        ["B2", date(2025, 9, 20), 2000.0, "Paid", "R2"],
        ["C3", date(2026, 7, 2), 50.0, "Issued", "R3"],
    ]
    assert (made.amount_added, made.status_changes()) == (50.0, [("Issued", "Paid", 1)])
    assert [(key, now and now.value) for key, _, now in made.moved] == [("c3", "Active")]
    assert made.result is not None
    assert made.result.summary.size == 3
    assert_sound(book)
    assert (book.parent / f"{book.name}.kopilot-backup").exists()


def test_own_columns_stay_with_their_client_and_new_rows_fill_those_the_export_has(book: Path) -> None:
    workbook = openpyxl.load_workbook(book, keep_vba=True)
    headers = [cell.value for cell in workbook["Clients"][1]]
    assert "City" in headers
    workbook["Clients"].cell(2, headers.index("City") + 1).value = "Antwerp"
    workbook["Clients"]["M2"] = "call on Monday"
    workbook.save(book)
    people = [["C3", "Cedar", "Ypres", "2026-07-01"], CLIENTS[1], CLIENTS[0]]
    update(book, *exports(book.parent, people, INVOICES), now=NOW)
    table = open_book(book).table("Clients")
    at = list(table.headers).index("City")
    assert [row[at] for row in table.rows] == ["Ghent", "Bruges", "Ypres"]  # the export has its own say on it
    assert openpyxl.load_workbook(book, keep_vba=True)["Clients"]["M2"].value == "call on Monday"


def test_the_same_export_twice_changes_nothing_and_says_so(book: Path) -> None:
    first = rows(book, "Transactions"), rows(book, "Clients")
    made = update(book, now=NOW)  # it remembers its files
    assert not made.is_news
    assert (rows(book, "Transactions"), rows(book, "Clients")) == first
    assert (made.transactions.unchanged, made.clients.unchanged) == (2, 2)


def test_what_was_decided_and_typed_stays(book: Path) -> None:
    workbook = openpyxl.load_workbook(book, keep_vba=True)
    workbook["Actions"]["A2"], workbook["Actions"]["B2"] = NOW, "B2"
    workbook["Actions"]["C2"] = "Mark lost"
    workbook["Transactions"]["A4"], workbook["Transactions"]["B4"] = "A1", date(2026, 8, 1)
    workbook["Transactions"]["C4"], workbook["Transactions"]["D4"] = 500, "Planned"
    workbook["Settings"]["H3"] = "mine"
    workbook.save(book)
    refresh(book, now=NOW)
    invoice = ["A1", "2026-07-30", "480.00", "Sent", "R9"]
    made = update(book, None, exports(book.parent, CLIENTS, [*INVOICES, invoice])[1], now=NOW)
    assert rows(book, "Actions")[0][1:3] == ["B2", "Mark lost"]
    assert rows(book, "Transactions")[2][3] == "Planned"
    (answer,) = made.transactions.answers
    assert answer.invoice.reference == "R9"
    assert openpyxl.load_workbook(book, keep_vba=True)["Settings"]["H3"].value == "mine"


def test_what_vanished_is_told_and_cleared_only_when_asked(book: Path) -> None:
    sales = [*INVOICES, ["A1", "2026-01-05", "10.00", "Sent", "R0"]]
    update(book, *exports(book.parent, CLIENTS, sales), now=NOW)
    files = exports(book.parent, CLIENTS, INVOICES)
    made = update(book, *files, now=NOW)
    assert [made.known[index].reference for index in made.transactions.vanished] == ["R0"]
    assert len([row for row in rows(book, "Transactions") if row[0]]) == 3
    update(book, *files, remove_vanished=True, now=NOW)
    assert [row[4] for row in rows(book, "Transactions") if row[0]] == ["R1", "R2"]


def test_a_dry_run_writes_nothing(book: Path) -> None:
    before = book.read_bytes()
    made = update(book, *exports(book.parent, CLIENTS, [*INVOICES, ["A1", "2026-07-01", "5", "Sent", "R7"]]), now=NOW,
                  dry_run=True)  # fmt: skip
    assert (len(made.transactions.added), made.written) == (1, False)
    assert book.read_bytes() == before
    assert sorted(path.name for path in book.parent.iterdir()) == ["Portfolio.xlsm", "clients.csv", "invoices.csv"]


def test_a_doubt_stops_and_changes_nothing(book: Path) -> None:
    before = book.read_bytes()
    odd = [["A1", "2026-06-01", "1200.00", "Zorbed", "R1"], ["B2", "2026-06-02", "1.00", "Zorbed", "R2"]]
    with pytest.raises(KopilotError, match="Zorbed"):
        update(book, None, exports(book.parent, CLIENTS, odd)[1], now=NOW)
    assert book.read_bytes() == before
    update(book, None, book.parent / "invoices.csv", statuses={"Zorbed": "Canceled"}, now=NOW)
    memory = sources.read(open_book(book))
    assert memory is not None
    assert memory.sources["transactions"].choices["statuses"] == {"Zorbed": "Canceled"}
    update(book, now=NOW)  # what was settled is remembered


def test_a_change_meanwhile_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def interfere(source: Path, target: Path) -> None:
        if str(target).endswith("kopilot-backup"):
            book.write_bytes(book.read_bytes() + b"x")
        replace(source, target)

    monkeypatch.setattr(os, "replace", interfere)
    with pytest.raises(SaveError, match="changed meanwhile"):
        update(book, *exports(book.parent, CLIENTS, INVOICES), now=NOW)
    assert book.read_bytes().endswith(b"x")


def test_a_workbook_that_remembers_nothing_asks_for_files(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    with pytest.raises(UsageError, match="name the export"):
        update(path, now=NOW)


def test_a_workbook_that_is_not_ours(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="is not a Kopilot workbook"):
        update(rich(tmp_path / "other.xlsx"), *exports(tmp_path, CLIENTS, INVOICES), now=NOW)


def test_rows_of_a_workbook_without_memory_are_known_again(tmp_path: Path) -> None:
    path = make_portfolio(
        tmp_path / "book.xlsm",
        [["A1", "Alder", date(2024, 1, 10)]],
        [["A1", date(2026, 6, 1), 1200.0, "Issued", "R1"], ["A1", date(2026, 5, 1), 80.0, "Issued", None]],
    )
    sales = [*INVOICES[:1], ["A1", "2026-05-01", "80.00", "Sent", "R8"]]
    made = update(path, *exports(tmp_path, CLIENTS[:1], sales), now=NOW)
    assert len(rows(path, "Transactions")) == 2
    assert (made.transactions.unchanged, made.transactions.same_as_by_hand, made.transactions.vanished) == (1, [1], [])


def test_paths_are_kept_relative_to_the_workbook(book: Path) -> None:
    memory = sources.read(open_book(book))
    assert memory is not None
    assert {table: list(source.files) for table, source in memory.sources.items()} == {
        "clients": ["clients.csv"],
        "transactions": ["invoices.csv"],
    }
    moved = book.parent / "elsewhere"
    moved.mkdir()
    for file in (book, book.parent / "clients.csv", book.parent / "invoices.csv"):
        file.rename(moved / file.name)
    assert not update(moved / book.name, now=NOW).is_news


def test_the_command(book: Path) -> None:
    exports(book.parent, CLIENTS, [*INVOICES, ["A1", "2026-07-01", "5.00", "Sent", "R7"]])
    shown = CliRunner().invoke(app, ["update", str(book), "--as-of", "2026-07-06", "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "+1 transaction" in shown.output
    assert "Nothing was written." in shown.output
    done = CliRunner().invoke(app, ["update", str(book), "--as-of", "2026-07-06", "--json"])
    found = json.loads(done.output.splitlines()[-1])
    assert found["clients"] == {"added": 0, "changed": 0, "unchanged": 2, "vanished": 0}
    assert found["transactions"] == {"added": 1, "changed": 0, "unchanged": 2, "vanished": 0}
    assert (found["written"], found["kept_by_hand"], found["shape"]) == (True, 0, found["shape"])
    again = CliRunner().invoke(app, ["update", str(book)])
    assert "The export holds nothing new." in again.output


@pytest.mark.parametrize("words", ["import book.xlsm x.csv", "add x.csv", "refresh book.xlsm --transactions x.csv"])
def test_other_words_are_answered_with_update(words: str) -> None:
    result = CliRunner().invoke(app, words.split())
    assert result.exit_code == 2
    assert "kopilot-xl update" in " ".join(result.output.replace("│", " ").split())


# a year


def month(number: int, layout: int) -> tuple[list[str], list[list[str]]]:
    """The heading and all invoices up to a month of a firm's year, as one of two programs exports them."""
    found = []
    for at in range(number + 1):
        for client in range(1, 6):
            if (at + client) % client == 0 and not (client == 5 and at > 2):
                paid = at < number
                day, amount = date(2025, 7, 1 + client) if at < 1 else _month_of(at, client), 100.0 * client + at
                canceled = (client, at) == (2, 3) and number > 4
                found.append((f"K{client}", day, amount, canceled, paid, f"2025-{at:02}-{client}"))
        if at == 6 <= number:
            found.append(("K1", _month_of(at, 20), -100.0 - at, False, True, "CN-1"))
    if layout == 0:
        header = ["Customer no", "Invoice date", "Net amount", "Status", "Invoice no"]
        words = {(True, True): "Void", (True, False): "Void", (False, True): "Paid", (False, False): "Sent"}
        return header, [
            [key, day.isoformat(), f"{amount:.2f}", words[void, paid], number]
            for key, day, amount, void, paid, number in found
        ]
    header = ["Belegnr", "Kundennummer", "Rechnungsdatum", "Nettobetrag", "Status"]
    words = {(True, True): "Storniert", (True, False): "Storniert", (False, True): "Bezahlt", (False, False): "Offen"}
    german = [
        [number, key, f"{day:%d.%m.%Y}", f"{amount:.2f}".replace(".", ","), words[void, paid]]
        for key, day, amount, void, paid, number in found
    ]
    return header, german[::-1]


def _month_of(at: int, day: int) -> date:
    return date(2025 + (6 + at) // 12, (6 + at) % 12 + 1, day)


def test_a_year_of_months_gives_what_one_reading_of_all_gives(tmp_path: Path) -> None:
    people = [[f"K{client}", f"Client {client}", "Ghent", "2024-01-01"] for client in range(1, 6)]
    names = write(tmp_path / "clients.csv", ["Customer no", "Company", "City", "Created on"], people)
    path = tmp_path / "Year.xlsm"
    for number in range(12):
        day = _month_of(number, 28)
        header, sales = month(number, number % 2)
        file = write(tmp_path / "invoices.csv", header, sales, ";" if number % 2 else ",")
        now = datetime.combine(day, NOW.time())
        if number == 0:
            new(path, names, file)
            refresh(path, now=now)
        elif number != 8:  # a month nobody thought of it
            names.write_text(names.read_text().replace("Client 3", "Client Three") if number > 3 else names.read_text())
            for _ in range(2 if number == 5 else 1):
                update(path, names, file, now=now)
            fresh = tmp_path / f"fresh{number}.xlsm"
            new(fresh, names, file)
            expected = refresh(fresh, now=now)
            found = refresh(path, now=now)
            assert {client.key: (client.segment, client.value) for client in found.clients} == {
                client.key: (client.segment, client.value) for client in expected.clients
            }
            assert sorted(map(repr, rows(path, "Transactions"))) == sorted(map(repr, rows(fresh, "Transactions")))
    assert_sound(path)
    assert len(open_book(path).table("History").rows) == 11
