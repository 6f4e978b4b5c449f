"""The Clients table: which rows are clients, and what is said about the others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.segments import Segment
from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.book import ErrorValue
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import actions, clients
from kopilot_xl.workbook.sheets.clients import ClientRows
from tests.workbook.sheets.books import make_book
from tests.workbook.sheets.rows import table_rows, told

AS_OF = date(2026, 7, 1)
HEADERS = ["Client ID", "Client", "Created on"]


def _read(*rows: list[object], headers: list[str] = HEADERS) -> ClientRows:
    return clients.read(table_rows(clients.TABLE, headers, *rows), AS_OF, None)  # type: ignore[arg-type]


def test_clients_are_read_in_any_column_order_and_beside_other_columns() -> None:
    read = _read(
        ["north", date(2024, 1, 2), "  Alder & Co ", " a1 "],
        headers=["Region", "CREATED  on", "client", "Client ID"],
    )
    assert (read.keys, read.ids, read.names, read.created) == (["a1"], ["a1"], ["  Alder & Co "], [date(2024, 1, 2)])
    assert read.problems == []


def test_numbers_and_texts_are_the_same_id_but_leading_noughts_count() -> None:
    read = _read([1001.0, "A", None], ["007", "B", None], [7.0, "C", None], ["1001", "D", None])
    assert read.keys == ["1001", "007", "7"]
    assert read.ids == ["1001", "007", "7"]
    assert told(read.problems) == ["Clients!A5: Duplicate of row 2. Row 2 is used."]


@pytest.mark.parametrize("code", ["#N/A", "#SPILL!"])
def test_an_id_that_is_an_error_is_a_problem_and_no_client(code: str) -> None:
    read = _read([ErrorValue(code), "Alder", None], ["A", "Ash", None], [ErrorValue(code), "Birch", None])
    assert read.keys == ["a"]
    assert told(read.problems) == [f"Clients!A{n}: The client's id is an error. The row was left out." for n in (2, 4)]
    assert {problem.value for problem in read.problems} == {code}


def test_blank_rows_are_no_clients_and_no_problem() -> None:
    read = _read([None, None, None], ["A", "Alder", None], ["  ", "", None])
    assert read.keys == ["A".casefold()]
    assert read.problems == []


def test_a_row_of_refreshs_columns_alone_is_blank() -> None:
    read = _read(["A", "Alder", None, None], [None, None, None, "Active"], headers=[*HEADERS, "Segment"])
    assert len(read.keys) == 1
    assert read.problems == []


def test_a_missing_id_an_unreadable_date_and_a_future_one_are_reported() -> None:
    read = _read([None, "Nobody", None], ["B", "Birch", "soon"], ["C", "Cedar", date(2026, 7, 2)])
    assert told(read.problems) == [
        'Clients!C3: "soon" is not a date. Write it as 2026-04-03. Taken as unknown.',
        "Clients!A2: The client has no id. The row was left out.",
        "Clients!C4: The creation date is in the future. It is not yet a client, unless it was invoiced.",
    ]
    assert [each.kind.value for each in read.problems] == ["Problem", "Problem", "Notice"]
    assert read.created == [None, date(2026, 7, 2)]


def test_no_clients_is_a_notice() -> None:
    read = _read([None, None, None])
    assert [each.kind.value for each in read.problems] == ["Notice"]
    assert "no clients" in told(read.problems)[0]


@pytest.mark.parametrize("gone", ["Client ID", "Client"])
def test_a_missing_column_is_named_with_those_that_are_there(gone: str) -> None:
    headers = [each for each in HEADERS if each != gone]
    with pytest.raises(MissingError, match=f'book.xlsx: the table Clients has no column "{gone}"'):
        table_rows(clients.TABLE, headers, ["x", "y"])


def test_created_on_may_be_missing() -> None:
    assert _read(["A", "Alder"], headers=HEADERS[:2]).created == [None]


def test_a_negative_value_is_a_notice() -> None:
    read = _read(["A", "Alder", None], ["B", "Birch", None])
    states = [
        Client("a", "A", "Alder", Segment.ACTIVE, value=-50.0),
        Client("b", "B", "Birch", Segment.ACTIVE, value=50.0),
    ]
    notices = clients.negative_values(read, states)
    assert told(notices) == [
        "Clients, row 2: The value is negative: credit notes outweigh the invoices. It weighs nothing in sums."
    ]
    assert notices[0].value == "-50"


def test_what_is_written_stands_beside_its_client_whatever_rows_are_between(tmp_path: Path) -> None:
    ids = ["A", None, "B", "a "]
    lines = [[each, None, None, "before", *[None] * (len(clients.TABLE.columns) - 4)] for each in ids]
    book = make_book(tmp_path / "b.xlsx", {clients.TABLE: lines})
    read = clients.read(clients.TABLE.of(book), AS_OF, None)
    here = [Client(key, key, key, segment) for key, segment in zip(read.keys, (Segment.NEW, Segment.LOST), strict=True)]
    clients.fill(book, read, here, table_rows(actions.TABLE, actions.TABLE.headers), {})
    book.save()
    written = FileBook(tmp_path / "b.xlsx").table("Clients")
    at = written.headers.index(clients.SEGMENT.header)
    assert [row[at] for row in written.rows] == ["New", None, "Lost", "New"]
