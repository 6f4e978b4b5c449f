"""E-invoices into a workbook: from files to clients, and again next month."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kopilot_xl import QuestionError, UsageError, new, open_book, refresh, update
from kopilot_xl.cli.group import app
from kopilot_xl.importing.einvoices import reading
from tests.importing.einvoices.samples import BIRCH, CEDAR, US, Invoice, Side, cii, ubl

NOW = datetime(2026, 7, 6, 9, 0)


def folder_of(tmp_path: Path, *contents: bytes) -> Path:
    folder = tmp_path / "invoices"
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(contents):
        (folder / f"{number:03}.xml").write_bytes(content)
    return folder


def rows(path: Path, table: str, width: int) -> list[list[Any]]:
    return [list(row)[:width] for row in open_book(path).table(table).rows]


def test_a_workbook_of_e_invoices(tmp_path: Path) -> None:
    bill = ubl(Invoice(seller=Side("Dogwood", "FR12345678901"), buyer=US, number="F1"))
    folder = folder_of(
        tmp_path, ubl(Invoice(number="1")), cii(Invoice(number="2", buyer=CEDAR)), bill, b"<html/>",
        ubl(Invoice(number="3", code="381", net="50", issued="2026-03-06"), "CreditNote"), ubl(Invoice(code="325")),
    )  # fmt: skip
    made = new(tmp_path / "P.xlsm", invoices=folder)
    assert (made.clients, made.transactions) == (2, 3)
    assert sorted(row[4] for row in rows(made.path, "Transactions", 5)) == ["1", "2", "3"]
    assert sum(row[2] for row in rows(made.path, "Transactions", 5)) == 2450.0
    assert {tuple(row) for row in rows(made.path, "Clients", 2)} == {
        ("DE123456788", "Birch & Sons"),
        ("09876543", "Cedar Ltd"),
    }
    assert open_book(made.path).cell("Currency") == "EUR"
    assert made.verdict is not None
    assert made.verdict.left_out == {
        "bills, in which Alder Software is the buyer": 1,
        "pro-forma": 1,
        "no e-invoices": 1,
    }
    (summary,) = made.choices
    assert any("Yours are the invoices of Alder Software (BE0123456749)" in line for line in summary.lines)
    assert refresh(made.path, now=NOW).summary.size == 2


def test_next_months_invoices_join_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice(number="1")))
    path = new(tmp_path / "P.xlsm", invoices=folder).path
    folder_of(tmp_path, ubl(Invoice(number="1")), ubl(Invoice(number="2", issued="2026-07-01")))
    made = update(path, now=NOW)
    assert [row.reference for row in made.transactions.added] == ["2"]
    assert not update(path, now=NOW).is_news


def test_only_new_files_are_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, ubl(Invoice(number="1")), ubl(Invoice(number="2")))
    path = new(tmp_path / "P.xlsm", invoices=folder).path
    parsed: list[str] = []
    real = reading.read

    def read(data: bytes, name: str) -> Any:
        parsed.append(name)
        return real(data, name)

    monkeypatch.setattr(reading, "read", read)
    (folder / "bill.xml").write_bytes(ubl(Invoice(seller=CEDAR, buyer=US, number="C1")))
    (folder / "new.xml").write_bytes(ubl(Invoice(number="3")))
    made = update(path, now=NOW)
    assert parsed == ["bill.xml", "new.xml"]
    assert ([row.reference for row in made.transactions.added], made.transactions.vanished) == (["3"], [])
    assert any("2 files were read before" in line for line in made.choices[0].lines)
    parsed.clear()
    assert not update(path, now=NOW).is_news
    assert parsed == []
    (folder / "new.xml").write_bytes(ubl(Invoice(number="3", issued="2026-04-01")))
    (change,) = update(path, now=NOW).transactions.changed
    assert "issued" in change.after


def test_a_broken_file_is_named_until_it_is_mended(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice(number="1")), ubl(Invoice(number="2"))[:-200])
    path = new(tmp_path / "P.xlsm", invoices=folder).path
    for _ in range(2):
        made = update(path, now=NOW)
        assert not made.is_news
        assert any("Cannot be read: 001.xml, it is damaged XML" in line for line in made.choices[0].lines)
    (folder / "001.xml").write_bytes(ubl(Invoice(number="2")))
    assert [row.reference for row in update(path, now=NOW).transactions.added] == ["2"]
    assert not any("Cannot be read" in line for line in update(path, now=NOW).choices[0].lines)


def test_another_currency_than_the_workbooks_stops(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice(number="1")))
    path = new(tmp_path / "P.xlsm", invoices=folder).path
    before = path.read_bytes()
    (folder / "new.xml").write_bytes(ubl(Invoice(number="2", currency="USD")))
    with pytest.raises(QuestionError, match="The export is in USD, and the workbook in EUR"):
        update(path, now=NOW)
    assert path.read_bytes() == before


def test_several_currencies_are_a_question(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice(number="1")), ubl(Invoice(number="2", currency="USD", net="10")))
    with pytest.raises(QuestionError, match=r"1,250 EUR, 10 USD.*--currency EUR"):
        new(tmp_path / "P.xlsm", invoices=folder)
    assert not (tmp_path / "P.xlsm").exists()
    made = new(tmp_path / "P.xlsm", invoices=folder, currency="usd")
    assert (made.transactions, open_book(made.path).cell("Currency")) == (1, "USD")


def test_contradicting_files_are_a_question(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice()), ubl(Invoice(net="1")))
    with pytest.raises(QuestionError, match=r"000\.xml and 001\.xml both have the number 2026-001"):
        new(tmp_path / "P.xlsm", invoices=folder)
    made = new(tmp_path / "P.xlsm", invoices=folder, accept=True)
    assert made.transactions == 1
    assert made.verdict is not None
    assert made.verdict.warnings


def test_the_company_is_remembered(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ubl(Invoice()), ubl(Invoice(number="2")))
    path = new(tmp_path / "P.xlsm", invoices=folder, company="Birch & Sons").path
    assert rows(path, "Clients", 2) == [[None, None]]
    folder_of(tmp_path, ubl(Invoice()), ubl(Invoice(number="2")), ubl(Invoice(number="3", seller=BIRCH, buyer=CEDAR)))
    update(path, now=NOW)
    assert rows(path, "Clients", 2) == [["09876543", "Cedar Ltd"]]


def test_e_invoices_need_no_exports(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give --invoices alone"):
        new(tmp_path / "P.xlsm", clients="c.csv", invoices=tmp_path)


def test_the_command(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.xml", ubl(Invoice()))
    result = CliRunner().invoke(
        app, ["new", str(tmp_path / "P.xlsm"), "--invoices", str(tmp_path / "all.zip"), "--json"]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert (found["clients"], found["transactions"]) == (1, 1)
    assert found["verdict"]["sums"] == {"2026": {"EUR": 1250.0}}
