"""The Transactions table: which rows count, and what is said about the others."""

from __future__ import annotations

from datetime import date

import pytest

from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.domain.transactions import Status
from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.book import ErrorValue
from kopilot_xl.workbook.sheets import transactions
from kopilot_xl.workbook.sheets.transactions import TransactionRows, read_status
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError
from tests.workbook.sheets.rows import table_rows, told

HEADERS = ["Client ID", "Issue date", "Amount", "Status", "Reference"]
DAY = date(2026, 5, 4)
BAD_DEBT = (
    "Bad debt", "Written off", "Write-off", "Uncollectible", "Irrecoverable", "In collection", "Uneinbringlich",
    "Abgeschrieben", "Inkasso", "Irrécouvrable", "Créance irrécouvrable", "Oninbaar", "Afgeschreven", "Incasso",
)  # fmt: skip
WORDS = {
    Status.ISSUED: (
        "Issued", "Sent", "Paid", "Overdue", "Unpaid", "Partially paid", "Open", "Invoiced", "Posted", "Approved",
        "Credit note", "Not paid", "In payment", "Partial", "Authorised", "Authorized", "Awaiting payment",
        "Outstanding", "Viewed", "Closed", "Bezahlt", "Offen", "Überfällig", "Teilbezahlt", "Versendet", "Payée",
        "Payé", "Émise", "Envoyée", "En retard", "Impayée", "Betaald", "Verzonden", "Openstaand", "Achterstallig",
        "Past due", "Cobrada", "Uhrazeno", *BAD_DEBT,
    ),
    Status.PLANNED: ("Planned", "Forecast", "Geplant", "Prévue", "Prévu", "Gepland"),
    Status.DRAFT: ("Draft", "Submitted", "Awaiting approval", "Entwurf", "Brouillon", "Concept"),
    Status.CANCELED: (
        "Canceled", "Cancelled", "Void", "Voided", "Deleted", "Refunded", "Credited", "Reversed", "Annulled",
        "Storniert", "Erstattet", "Gutgeschrieben", "Annulée", "Annulé", "Remboursée", "Remboursé", "Geannuleerd",
        "Gecrediteerd", "Terugbetaald",
    ),
}  # fmt: skip
"""Some words of each status, in several languages."""


def _read(*rows: list[object], headers: list[str] = HEADERS, order: DateOrder | None = None) -> TransactionRows:
    return transactions.read(table_rows(transactions.TABLE, headers, *rows), {"a", "1001"}, order)  # type: ignore[arg-type]


def test_a_transaction_is_read() -> None:
    read = _read([1001.0, DAY, 1200.0, "paid", "INV-1"])
    assert (read.clients, read.days, read.amounts, read.statuses) == (["1001"], [DAY], [1200.0], [Status.ISSUED])
    assert read.problems == []


def test_an_id_that_is_an_error_is_a_problem() -> None:
    read = _read([ErrorValue("#CALC!"), DAY, 5.0, "Paid", None], ["A", DAY, 6.0, "Paid", None])
    assert read.clients == ["a"]
    assert told(read.problems) == ["Transactions!A2: The client id is an error. The row was left out."]


@pytest.mark.parametrize(("spelling", "status"), [(word, status) for status, words in WORDS.items() for word in words])
def test_every_spelling_of_a_status_is_read_in_any_case(spelling: str, status: Status) -> None:
    assert {read_status(spelling), read_status(f" {spelling.upper()} "), read_status(spelling.lower())} == {status}


def test_the_spellings_the_rules_name_are_there() -> None:
    issued = {read_status(each) for each in ("Issued", "Sent", "Paid", "Overdue", "", None)}
    planned = {read_status(each) for each in ("Planned", "Forecast")}
    canceled = {read_status(each) for each in ("Canceled", "Cancelled", "Void")}
    assert (issued, planned, canceled) == ({Status.ISSUED}, {Status.PLANNED}, {Status.CANCELED})
    assert read_status("Draft") is Status.DRAFT


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(UnreadableError, match=r'"Maybe" is not a status\. Write Issued, Paid'):
        read_status("Maybe")


def test_every_bad_cell_is_a_line_and_the_rest_counts() -> None:
    read = _read(
        ["A", DAY, "lots", "Issued", None],
        [None, DAY, 1.0, "Issued", None],
        ["A", None, 1.0, "Issued", None],
        ["A", "03/04/2026", 1.0, "Issued", None],
        ["A", DAY, 1.0, "Maybe", None],
        ["Z9", DAY, 1.0, "Issued", None],
        ["A", DAY, 5.0, "Issued", None],
    )
    assert (read.amounts, read.positions) == ([None, 5.0], [0, 6])
    assert sorted(told(read.problems)) == [
        "Transactions!A3: The transaction has no client id. The row was left out.",
        "Transactions!A7: No client has this id. Add it to Clients, or correct it. The row was left out.",
        "Transactions!B4: The transaction has no issue date. The row was left out.",
        'Transactions!B5: "03/04/2026" could be 3 April or 4 March. Write 2026-04-03, or set Date order to DMY or MDY. '
        "The row was left out.",
        'Transactions!C2: "lots" is not an amount. Write a number. Taken as blank.',
        'Transactions!D6: "Maybe" is not a status. Write Issued, Paid, Overdue, Bad debt, Planned, Draft or Canceled. '
        "The row was left out.",
    ]


def test_the_date_order_settles_a_text_date() -> None:
    assert _read(["A", "03/04/2026", 1.0, None, None], order=DateOrder.DMY).days == [date(2026, 4, 3)]
    assert _read(["A", "03/04/2026", 1.0, None, None], order=DateOrder.MDY).days == [date(2026, 3, 4)]


def test_amount_status_and_reference_may_be_missing() -> None:
    read = _read(["A", DAY], headers=HEADERS[:2])
    assert (read.amounts, read.statuses, read.problems) == ([None], [Status.ISSUED], [])


@pytest.mark.parametrize("gone", ["Client ID", "Issue date"])
def test_client_id_and_issue_date_may_not(gone: str) -> None:
    with pytest.raises(MissingError, match=f'no column "{gone}"'):
        table_rows(transactions.TABLE, [each for each in HEADERS if each != gone])


def test_an_empty_table_is_a_notice() -> None:
    read = _read([None] * 5)
    assert [each.kind.value for each in read.problems] == ["Notice"]


def test_overdue_and_far_off_plans_are_notices_and_others_are_not() -> None:
    read = _read(
        ["A", date(2026, 6, 30), 5.0, "Planned", None],
        ["A", date(2026, 7, 1), None, "Planned", None],
        ["A", date(2026, 7, 2), 5.0, "Planned", None],
        ["A", date(2027, 7, 1), 5.0, "Forecast", None],
        ["A", date(2027, 7, 2), 5.0, "Forecast", None],
        ["A", date(2027, 7, 2), 5.0, "Issued", None],
        ["A", date(2026, 6, 1), -5.0, "Planned", None],
    )
    notices = transactions.plan_notices(read, CutOffs.at(date(2026, 7, 1)))
    assert told(notices) == [
        "Transactions!B2: Planned for 30 June 2026, not invoiced. Not counted: invoice it, move it or drop it.",
        "Transactions!B3: Planned for 1 July 2026, not invoiced. Not counted: invoice it, move it or drop it.",
        "Transactions!B6: Planned for 2 July 2027, past 1 July 2027. Not counted yet: it is too far ahead.",
        "Transactions!B8: Planned for 1 June 2026, not invoiced. Not counted: invoice it, move it or drop it.",
    ]
    assert {each.kind.value for each in notices} == {"Notice"}
    assert read.problems == []


def test_an_amount_without_end_is_named_among_numbers() -> None:
    found = _read(["a", DAY, 1.0], ["a", DAY, float("inf")], headers=HEADERS[:3])
    assert found.amounts == [1.0, None]
    assert [each.wrong for each in found.problems] == ["inf is not an amount. Write a number."]


def test_a_row_of_spaces_is_a_blank_one() -> None:
    found = _read(["a", DAY, 1.0], ["  ", None, None], headers=HEADERS[:3])
    assert found.amounts == [1.0]
    assert found.problems == []


@pytest.mark.parametrize(
    "text", ["-12x", "12x-", "−12x", "–12x", "—?", "(12x)", "(?", "12x CR", "CR 12x", "12cr", "[12x]", "－12x"]
)
def test_an_unreadable_amount_that_looks_negative_is_not_an_invoice(text: str) -> None:
    found = _read(["a", DAY, text], headers=HEADERS[:3])
    assert found.amounts == [0.0]
    (problem,) = found.problems
    assert problem.done == "It looks negative: not counted as an invoice."


@pytest.mark.parametrize("text", ["12x", "lots", "1.2.3,4", "cream 5", "12 crates"])
def test_another_unreadable_amount_counts_as_blank(text: str) -> None:
    found = _read(["a", DAY, text], headers=HEADERS[:3])
    assert found.amounts == [None]
    assert found.problems[0].done == "Taken as blank."


@pytest.mark.parametrize(
    ("status", "unpaid"),
    [
        *((word, True) for word in ("Overdue", "OVERDUE ", "Impayée", "Achterstallig", *BAD_DEBT)),
        *((word, False) for word in ("Issued", "Paid", "Sent", "", None, "Open")),
    ],
)
def test_overdue_and_bad_debt_are_unpaid_invoices(status: str | None, unpaid: bool) -> None:
    found = _read(["nobody", DAY, 1.0, status], ["a", DAY, 5.0, status], headers=HEADERS[:4])
    assert found.statuses == [Status.ISSUED]
    assert found.ledger.unpaid == ({"a": [0]} if unpaid else {})


def test_what_was_paid_back_or_credited_is_canceled() -> None:
    words = ("Refunded", "Credited", "Reversed", "Annulled")
    assert {read_status(word) for word in words} == {Status.CANCELED}
