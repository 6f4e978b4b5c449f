"""Whose books they are, which names and numbers are one client, and which documents count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.importing.einvoices import Books, books, read_all, sources
from tests.importing.einvoices.samples import BIRCH, CEDAR, US, Invoice, Side, cii, fatturapa, ubl

SUPPLIER = Side("Dogwood Hosting", "FR12345678901")


def read(tmp_path: Path, *contents: bytes, company: str | None = None) -> Books:
    for number, content in enumerate(contents):
        (tmp_path / f"{number:03}.xml").write_bytes(content)
    return books(read_all(sources([tmp_path])), company)


def test_of_one_file_the_seller_is_ours(tmp_path: Path) -> None:
    found = read(tmp_path, ubl(Invoice()))
    assert found.ours is not None
    assert (found.ours.party.name, found.ours.documents, found.ours.assumed) == ("Alder Software", 1, True)
    (client,) = found.clients
    assert (client.id, client.name, client.created) == ("DE123456788", "Birch & Sons", date(2026, 3, 5))


def test_most_files_name_us_and_bills_do_not_count(tmp_path: Path) -> None:
    bill = ubl(Invoice(seller=SUPPLIER, buyer=US, number="F-1"))
    found = read(tmp_path, bill, bill.replace(b"F-1", b"F-2"), ubl(Invoice()), cii(Invoice(number="2", buyer=CEDAR)))
    assert found.ours is not None
    assert found.ours.party.name == "Alder Software"
    assert len(found.bills) == 2
    assert [(each.client, each.net, each.number) for each in found.documents] == [
        ("09876543", 1250.0, "2"),
        ("DE123456788", 1250.0, "2026-001"),
    ]
    assert found.currencies == {"EUR": 2500.0}


@pytest.mark.parametrize("company", ["dogwood  hosting", "FR 12 345 678 901"])
def test_the_company_can_be_named(tmp_path: Path, company: str) -> None:
    found = read(tmp_path, ubl(Invoice(seller=SUPPLIER, buyer=US)), ubl(Invoice(number="2")), company=company)
    assert found.ours is not None
    assert (found.ours.party.name, found.ours.assumed) == ("Dogwood Hosting", False)
    assert [each.name for each in found.clients] == ["Alder Software"]
    assert len(found.others) == 1


def test_a_company_nobody_is_called(tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"No party in the e-invoices is called Elm\. Choose from: Alder Software"):
        read(tmp_path, ubl(Invoice()), company="Elm")


def test_one_client_under_two_numbers_is_one(tmp_path: Path) -> None:
    by_legal = Side("Birch and Sons", legal="HRB 1000")
    by_name = Side("BIRCH & SONS")
    found = read(
        tmp_path,
        ubl(Invoice(number="1", buyer=by_legal)),
        ubl(Invoice(number="2", buyer=BIRCH)),
        ubl(Invoice(number="3", buyer=by_name)),
    )
    (client,) = found.clients
    assert client.id == "DE123456788"
    assert {each.client for each in found.documents} == {"DE123456788"}


def test_small_numbers_prove_nothing(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ubl(Invoice(number="1", buyer=Side("Elm", legal="1"))),
        ubl(Invoice(number="2", buyer=Side("Fir", legal="1"))),
    )
    assert sorted(each.name for each in found.clients) == ["Elm", "Fir"]
    assert len({each.id for each in found.clients}) == 2


def test_a_number_beside_two_vat_numbers_proves_nothing(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ubl(Invoice(number="1", buyer=Side("Elm", "DE111111111", legal="CUSTOMER"))),
        ubl(Invoice(number="2", buyer=Side("Fir", "DE222222222", legal="CUSTOMER"))),
    )
    assert sorted(each.id for each in found.clients) == ["DE111111111", "DE222222222"]


def test_a_copy_counts_once_and_a_contradiction_is_named(tmp_path: Path) -> None:
    one = Invoice()
    found = read(tmp_path, ubl(one), cii(one), ubl(one.but(net="99")), ubl(one.but(issued="2025-03-05", net="7")))
    assert len(found.repeated) == 1
    assert [(known.net, other.net) for known, other in found.conflicts] == [(1250.0, 99.0)]
    assert [each.net for each in found.documents] == [7.0, 1250.0]  # numbers begin anew each year


def test_a_credit_note_may_have_the_number_of_an_invoice(tmp_path: Path) -> None:
    found = read(tmp_path, ubl(Invoice()), ubl(Invoice(code="381", net="1250"), "CreditNote"))
    assert sorted(each.net for each in found.documents) == [-1250.0, 1250.0]


def test_pro_forma_is_left_out_and_prepayments_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, ubl(Invoice(code="325")), ubl(Invoice(number="2", code="386")), ubl(Invoice(number="3")))
    assert [each.number for each in found.pro_forma] == ["2026-001"]
    assert [each.number for each in found.documents] == ["2", "3"]
    assert found.prepayments == 1


def test_contact_data_come_along(tmp_path: Path) -> None:
    found = read(tmp_path, ubl(Invoice(seller=SUPPLIER, buyer=US)))
    assert found.clients[0].contact == {"E-mail": "hello@alder.example"}


def test_currencies_are_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, ubl(Invoice()), ubl(Invoice(number="2", currency="USD", net="10")))
    assert found.currencies == {"EUR": 1250.0, "USD": 10.0}


def test_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="not an XML file"):
        read(tmp_path, b"hello")


def test_formats_may_be_mixed(tmp_path: Path) -> None:
    italian = fatturapa(Invoice(number="9", code="TD01"))
    found = read(tmp_path, italian, ubl(Invoice()))
    assert len(found.clients) == 1
    assert [each.number for each in found.documents] == ["2026-001", "9"]
