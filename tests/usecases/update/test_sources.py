"""The block Sources: what an update reads again, what of it is newer, and what the owner wrote there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import SettingError, new, open_book, refresh, update, upgrade
from kopilot_xl.errors import BookError
from kopilot_xl.usecases import databases
from kopilot_xl.workbook.sheets import source_block, sources
from tests.invariants import assert_sound
from tests.usecases.update.test_update import CLIENTS, INVOICES, NOW, exports, rows, write

SALES = ["Customer no", "Invoice date", "Net amount", "Status", "Invoice no"]


def sale(client: str, day: str, number: str, status: str = "Sent") -> list[str]:
    return [client, day, "500.00", status, number]


def at(path: Path, moment: datetime) -> Path:
    """Set when a file was changed."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of a list of clients and a pattern of invoices, of which there is one file."""
    folder = tmp_path / "exports"
    folder.mkdir()
    exports(folder, CLIENTS, [])
    at(write(folder / "invoices-07.csv", SALES, INVOICES), datetime(2026, 7, 1, 8, 0))
    (folder / "invoices.csv").unlink()
    path = tmp_path / "Portfolio.xlsm"
    new(path, folder / "clients.csv", str(folder / "invoices-*.csv"))
    refresh(path, now=NOW)
    return path


def cells(path: Path) -> list[list[object]]:
    """The cells of the block, row by row."""
    book = openpyxl.load_workbook(path)
    ((sheet, area),) = book.defined_names[source_block.NAME].destinations
    return [[cell.value for cell in row] for row in book[sheet][area]]


def put(path: Path, row: int, heading: str, value: object) -> None:
    """Write into a cell of the block, as its owner would."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    ((sheet, area),) = book.defined_names[source_block.NAME].destinations
    column = [each.text for each in source_block.HEADINGS].index(heading)
    book[sheet][area][row][column].value = value
    book.save(path)


def test_new_fills_the_block_and_update_keeps_it_up_to_date(book: Path) -> None:
    assert cells(book)[0][:7] == ["Clients", "exports/clients.csv", None, None, None, None, None]
    assert cells(book)[1] == [
        "Transactions", "exports/invoices-*.csv", None, None, None, None, None, "invoices-07.csv",
        datetime(2026, 7, 1, 8, 0), 2,
    ]  # fmt: skip
    at(
        write(book.parent / "exports/invoices-08.csv", SALES, [*INVOICES, sale("B2", "2026-07-03", "R3")]),
        datetime(2026, 8, 1, 8, 0),
    )
    made = update(book, now=NOW)
    assert [row.reference for row in made.transactions.added] == ["R3"]
    assert cells(book)[1][7:] == ["invoices-08.csv", datetime(2026, 8, 1, 8, 0), 3]
    assert_sound(book)


def test_each_newer_file_is_read_the_oldest_first_and_nothing_newer_is_said(book: Path) -> None:
    folder = book.parent / "exports"
    first, second = sale("B2", "2026-07-03", "R3"), sale("A1", "2026-08-03", "R4")
    at(write(folder / "invoices-09.csv", SALES, [[*first[:3], "Paid", "R3"], second]), datetime(2026, 9, 1))
    at(write(folder / "invoices-08.csv", SALES, [first]), datetime(2026, 8, 1))
    made = update(book, now=NOW)
    assert "invoices-08.csv of 1 August 2026, invoices-09.csv of 1 September 2026" in made.notes[0]
    assert {row[4]: row[3] for row in rows(book, "Transactions")} == {
        "R1": "Issued", "R2": "Paid", "R3": "Paid", "R4": "Issued",
    }  # fmt: skip
    assert (len(made.transactions.added), len(made.transactions.changed)) == (2, 1)
    again = update(book, now=NOW)
    assert again.notes == [
        "exports/invoices-*.csv: nothing newer than invoices-09.csv of 1 September 2026, which was read again."
    ]
    assert not again.is_news


def test_an_older_file_that_was_never_read_is_named_and_not_read(book: Path) -> None:
    late = write(book.parent / "exports/invoices-06.csv", SALES, [sale("A1", "2026-05-01", "R0")])
    at(late, datetime(2026, 6, 1))
    made = update(book, now=NOW)
    assert not made.is_news
    assert "invoices-06.csv of 1 June 2026" in made.notes[0]
    assert "--transactions" in made.notes[0]


def test_what_the_owner_writes_is_obeyed(book: Path) -> None:
    other = book.parent / "other"
    other.mkdir()
    write(
        other / "sales.csv", ["Customer no", "Day", "Worth", "State", "No"], [["A1", "03/04/2026", "5.00", "Z", "R9"]]
    )
    put(book, 1, "File, pattern, folder or database", "other/sales.csv")
    put(book, 1, "Columns", "Issue date = Day\nAmount = Worth\nStatus = State\nReference = No")
    put(book, 1, "Status words", "Z = Paid")
    put(book, 1, "Date order", "MDY")
    update(book, now=NOW)
    row = next(row for row in rows(book, "Transactions") if row[4] == "R9")
    assert (str(row[1])[:10], row[3]) == ("2026-03-04", "Paid")
    assert cells(book)[1][1:6] == [
        "other/sales.csv", None, "Issue date = Day\nAmount = Worth\nStatus = State\nReference = No", "Z = Paid", "MDY",
    ]  # fmt: skip


def test_a_blanked_date_reads_all_files_again(book: Path) -> None:
    two = [sale("A1", "2026-05-01", "R0"), sale("B2", "2026-05-02", "R00")]
    at(write(book.parent / "exports/invoices-06.csv", SALES, two), datetime(2026, 6, 1))
    put(book, 1, "Its date", None)
    made = update(book, now=NOW)
    assert [row.reference for row in made.transactions.added] == ["R0", "R00"]


@pytest.mark.parametrize(
    ("heading", "value", "words"),
    [
        ("For", "Invoices", '"Invoices" is not one of Clients, Transactions or E-invoices'),
        ("Columns", "Amount", "has no equals sign"),
        ("Date order", "YMD", "DMY or MDY"),
        ("Options", "codepage = 1250", "encoding, currency, year or company"),
        ("Its date", "soon", "is not a date"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(book: Path, heading: str, value: str, words: str) -> None:
    put(book, 1, heading, value)
    before = book.read_bytes()
    with pytest.raises(SettingError, match="Settings!") as refused:
        update(book, now=NOW)
    assert words in str(refused.value)
    assert book.read_bytes() == before


def test_a_pattern_without_a_file_stops(book: Path) -> None:
    (book.parent / "exports/invoices-07.csv").unlink()
    with pytest.raises(BookError, match=r"exports/invoices-\*\.csv: there is no such file"):
        update(book, now=NOW)


def test_a_folder_is_read_like_a_pattern(book: Path) -> None:
    sales = book.parent / "sales"
    sales.mkdir()
    put(book, 1, "File, pattern, folder or database", "sales")
    put(book, 1, "Its date", None)
    other = sale("B2", "2026-07-01", "R6")
    at(write(sales / "b.csv", SALES, [sale("A1", "2026-07-01", "R5", "Paid"), other]), datetime(2026, 8, 2))
    at(write(sales / "a.csv", SALES, [sale("A1", "2026-07-01", "R5"), other]), datetime(2026, 8, 1))
    update(book, now=NOW)
    assert next(row[3] for row in rows(book, "Transactions") if row[4] == "R5") == "Paid"
    assert update(book, now=NOW).notes == ["sales: nothing newer than b.csv of 2 August 2026, which was read again."]


def test_the_owners_own_workbook_is_a_source(tmp_path: Path) -> None:
    own = openpyxl.Workbook()
    people, sales = own.worksheets[0], own.create_sheet("Invoices")
    people.title = "Customers"
    for row in [["Customer no", "Company", "City", "Created on"], *CLIENTS]:
        people.append(row)
    for row in [SALES, *INVOICES]:
        sales.append(row)
    own.save(tmp_path / "Own.xlsx")
    path = tmp_path / "Portfolio.xlsm"
    new(path, f"{tmp_path}/Own.xlsx#Customers", f"{tmp_path}/Own.xlsx#Invoices")
    assert [row[:3] for row in cells(path)[:2]] == [
        ["Clients", "Own.xlsx", "Customers"], ["Transactions", "Own.xlsx", "Invoices"],
    ]  # fmt: skip
    sales.append(sale("B2", "2026-07-01", "R3"))
    own.save(tmp_path / "Own.xlsx")
    assert [row.reference for row in update(path, now=NOW).transactions.added] == ["R3"]


def test_invoices_named_alone_join_the_clients_that_are_remembered(book: Path) -> None:
    by_name = write(book.parent / "one.csv", ["Company", *SALES[1:]], [sale("Alder", "2026-07-01", "R7")])
    made = update(book, transactions=by_name, now=NOW)
    assert (len(made.clients.added), [row.client for row in made.transactions.added]) == (0, ["A1"])


def test_no_path_of_a_home_folder_and_no_half_of_a_source_is_kept(
    book: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("anna")
    monkeypatch.setattr(Path, "home", lambda: home)
    far = write(home / "june.csv", SALES, [sale("A1", "2026-06-09", "R8")])
    made = update(book, transactions=[book.parent / "exports/invoices-07.csv", far], now=NOW)
    assert "june.csv is not remembered" in made.notes[-1]
    assert [row[0] for row in cells(book)] == ["Clients", None, None, None, None, None]
    assert home.name not in str(cells(book))


def test_a_workbook_without_the_block_goes_on_and_upgrade_brings_it_filled(
    book: Path,
) -> None:
    whole = openpyxl.load_workbook(book, keep_vba=True)
    ((sheet, area),) = whole.defined_names[source_block.NAME].destinations
    for row in whole[sheet][area]:
        for cell in row:
            cell.value = None
    top = whole[sheet][area][0][0].row
    whole[sheet].delete_rows(top - 3, source_block.ROWS + 3)
    whole[sheet].data_validations.dataValidation = [
        rule
        for rule in whole[sheet].data_validations.dataValidation
        if int(str(rule.sqref).split(":")[0][1:]) < top - 3
    ]
    del whole.defined_names[source_block.NAME]
    whole["_Sources"]["B1"].value = None
    whole.save(book)
    memory = sources.read(open_book(book))
    assert memory is not None
    assert not memory.is_visible
    assert not update(book, now=NOW).is_news
    made = upgrade(book)
    assert made.lines[1:2] == ["  1 setting: Sources"]
    assert_sound(book, recalculates=True)
    assert cells(book)[1][:2] == ["Transactions", "exports/invoices-*.csv"]
    assert cells(book)[1][9] == 2
    assert update(book, now=NOW).notes[0].startswith("exports/invoices-*.csv: nothing newer than invoices-07.csv")
    assert upgrade(book).lines[0].endswith("has everything of this version.")


def test_an_upgraded_copy_remembers_too(book: Path) -> None:
    target = book.parent / "Copy.xlsm"
    upgrade(book, target, copy=True)
    assert cells(target)[1] == cells(book)[1]
    assert not update(target, now=NOW).is_news


def test_a_database_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("books.db")) as books:
        books.execute('CREATE TABLE customers ("Customer no" TEXT, "Company" TEXT, "Created on" TEXT)')
        books.execute(
            'CREATE TABLE invoices ("Customer no", "Invoice date", "Net amount" REAL, "Status", "Invoice no")'
        )
        books.executemany("INSERT INTO customers VALUES (?, ?, ?)", [[row[0], row[1], row[3]] for row in CLIENTS])
        books.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?, ?)", INVOICES)
        books.commit()
        path = tmp_path / "Portfolio.xlsm"
        new(path, "sqlite:///books.db#customers", "sqlite:///books.db#invoices")
        assert [row[:2] for row in cells(path)[:2]] == [
            ["Clients", "sqlite:///books.db#customers"], ["Transactions", "sqlite:///books.db#invoices"],
        ]  # fmt: skip
        books.execute("INSERT INTO invoices VALUES (?, ?, ?, ?, ?)", sale("B2", "2026-07-01", "R3"))
        books.commit()
    monkeypatch.chdir(tmp_path.parent)
    assert [row.reference for row in update(path, now=NOW).transactions.added] == ["R3"]


def test_an_address_is_kept_without_its_password() -> None:
    def relative(path: str) -> str | None:
        return None if path.startswith("/home") else f"rel/{path}"

    kept = databases.kept
    address = "postgresql://anna:secret@db.example.com:5432/books?sslmode=require&sslpassword=s2#public.invoices"
    assert kept(address, relative) == "postgresql://anna@db.example.com:5432/books?sslmode=require#public.invoices"
    assert kept("postgresql://db/books#select 1 from a", relative) == "postgresql://db/books#select 1 from a"
    assert kept("sqlite:///b.db#invoices", relative) == "sqlite:///rel/b.db#invoices"
    assert kept("duckdb:////home/anna/b.db#invoices", relative) is None
