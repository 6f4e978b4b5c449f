"""Lists that are no invoices, amounts that do not count ones, and what is remarked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.importing.amount_columns import scale_of
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.importing.layout import Column
from tests.importing.reading import amounts, imported, said


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("total_in_cents", 0.01), ("Amount (cents)", 0.01), ("Amount (k)", 1000.0), ("Betrag in TEUR", 1000.0),
        ("Umsatz T€", 1000.0), ("Amount in thousands", 1000.0), ("Montant HT (EUR)", 1.0), ("Percentage", 1.0),
        ("Accent total", 1.0), ("Total", 1.0),
    ],
)  # fmt: skip
def test_what_an_amount_counts(heading: str, scale: float) -> None:
    assert scale_of(Column(0, heading, "A", [])) == scale


def test_cents_with_decimals_are_no_cents(tmp_path: Path) -> None:
    pair = imported(tmp_path, "Client ID,Invoice date,Amount (cents)\n1,2026-10-15,1050\n2,2026-10-16,10.5\n")
    assert amounts(pair) == [1050.0, 10.5]


@pytest.mark.parametrize(
    "headings",
    [
        "Buchungstag;Valutadatum;Verwendungszweck;Begünstigter;Betrag",
        "Deal name;Deal stage;Close date;Client;Amount",
        "User;Task;Start time;Duration;Client",
        "Date;Supplier;Amount;Category;Note",
    ],
)
def test_what_is_no_list_of_invoices_is_refused_and_may_be_accepted(tmp_path: Path, headings: str) -> None:
    rows = f"{headings}\n2026-10-15;2026-10-15;x;Acme;10\n"
    with pytest.raises(QuestionError, match=r"looks like") as stop:
        imported(tmp_path, rows)
    assert stop.value.code == "no-invoices"


def test_a_list_of_which_nothing_is_paid_is_remarked_on(tmp_path: Path) -> None:
    rows = "".join(f"1,2026-{month:02}-15,100,100\n" for month in range(1, 10))
    pair = imported(tmp_path, f"Client ID,Invoice date,Amount,Open balance\n{rows}")
    assert "Open balance: no invoice is paid." in said(pair)
    paid = imported(tmp_path, f"Client ID,Invoice date,Amount,Open balance\n{rows}2,2026-10-15,100,0\n")
    assert "no invoice is paid" not in said(paid)


def test_kinds_that_disagree_are_a_question(tmp_path: Path) -> None:
    rows = "1,2026-10-15,Invoice,10\n1,2026-10-16,Invoice reminder,10\n2,2026-10-17,Sales quote,99\n"
    with pytest.raises(QuestionError, match=r'"Invoice reminder"'):
        imported(tmp_path, f"Client ID,Invoice date,Type,Amount\n{rows}")
