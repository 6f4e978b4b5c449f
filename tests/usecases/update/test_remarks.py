"""What an import left open or assumed stands in Problems until another import settles it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from kopilot_xl import check, new, refresh, update
from kopilot_xl.errors import KopilotError
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.workbook.tables.problems import Code, Kind, Problem
from tests.importing.einvoices import samples
from tests.usecases.update.test_update import CLIENTS, INVOICES, exports, write

NOW = datetime(2026, 7, 6, 9, 0)
SALES = ["Customer no", "Invoice date", "Net amount", "Status", "Invoice no"]


def found(book: Path, code: Code) -> list[Problem]:
    return [problem for problem in check(book, now=NOW).problems if problem.code is code]


DOUBTS = [
    pytest.param(SALES, [["A1", "03/04/2026", "10", "Sent", "R1"]], "03/04/2026", id="day or month"),
    pytest.param(SALES, [["A1", "13/04/2026", "10", "Sent", "R1"], ["A1", "04/13/2026", "5", "Sent", "R2"]],
                 "two orders in one column", id="both orders"),
    pytest.param(SALES, [["A1", "2026-04-03", "10", "Zorbed", "R1"]], "Zorbed", id="a status"),
    pytest.param(SALES, [["A1", "2026-04-03", "ten", "Sent", "R1"],
                         *(["A1", "2026-04-03", "9", "Sent", f"R{at}"] for at in range(2, 12))],
                 '"ten" is not an amount', id="an amount"),
    pytest.param(SALES, [["A1", "2041-04-03", "10", "Sent", "R1"]], "is dated 3 April 2041", id="a far date"),
    pytest.param(SALES, [["Zz", "2026-04-03", "10", "Sent", "R1"]], "found no client", id="a client"),
    pytest.param(SALES[:2], [["A1", "2026-04-03"]], "no column that can be recognised as Amount", id="no amounts"),
    pytest.param(SALES, [["A1", "2026-04-03", "10", "Sent", "R1"], ["A1", "2026-04-03", "10", "Sent", "R2", "x"]],
                 "more cells than there are headings", id="a wide row"),
    pytest.param(["Customer no", "Date", "Debit", "Credit"],
                 [["A1", "2026-04-03", "10", ""], ["A1", "2026-05-03", "", "10"], ["B2", "2026-05-04", "", "4"]],
                 "taken as credit notes", id="open credits"),
    pytest.param(["Client ID", "Invoice no", "Date", "Item", "Amount"],
                 [["A1", "R1", "2026-04-03", "a", "10"], ["A1", "R1", "2026-04-03", "b", "10"],
                  ["A1", "R2", "2026-05-03", "a", "7"], ["A1", "R2", "2026-05-03", "b", "7"]],
                 "added up", id="a total or a line"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "rows", "words"), DOUBTS)
def test_every_doubt_that_was_accepted_is_a_problem(
    header: list[str], rows: list[list[str]], words: str, tmp_path: Path
) -> None:
    people = exports(tmp_path, CLIENTS, INVOICES)[0]
    sales = write(tmp_path / "invoices.csv", header, rows)
    with pytest.raises(KopilotError):
        new(tmp_path / "Portfolio.xlsm", people, sales)
    new(tmp_path / "Portfolio.xlsm", people, sales, accept=True)
    doubts = found(tmp_path / "Portfolio.xlsm", Code.ACCEPTED_DOUBT)
    assert any(words in problem.wrong for problem in doubts), doubts
    assert {problem.kind for problem in doubts} == {Kind.PROBLEM}


def test_a_clean_export_settles_it(tmp_path: Path) -> None:
    people, sales = exports(tmp_path, CLIENTS, [["A1", "2026-06-01", "1.00", "Zorbed", "R1"]])
    book = tmp_path / "Portfolio.xlsm"
    new(book, people, sales, accept=True)
    refresh(book, now=NOW)
    assert found(book, Code.ACCEPTED_DOUBT)
    with pytest.raises(QuestionError, match="Zorbed"):
        update(book, now=NOW)
    exports(tmp_path, CLIENTS, [["A1", "2026-06-01", "1.00", "Sent", "R1"]])
    update(book, now=NOW)
    assert not found(book, Code.ACCEPTED_DOUBT)


def test_what_was_assumed_is_one_notice_a_file(tmp_path: Path) -> None:
    people = write(tmp_path / "clients.csv", ["Company"], [["Alder"], ["Birch"]])
    sales = write(
        tmp_path / "invoices.csv",
        ["Company", "Invoice date", "Net amount", "Invoice no"],
        [["Alder", "28/01/2026", "10", "R1"], ["Birch", "03/04/2026", "20", "R2"]],
    )
    book = tmp_path / "Portfolio.xlsm"
    new(book, people, sales)
    first, second = found(book, Code.IMPORT_ASSUMPTION)
    assert (first.sheet, first.value, first.kind) == ("Clients", "clients.csv", Kind.NOTICE)
    assert "the names serve as ids" in first.wrong
    assert second.sheet == "Transactions"
    assert 'day and month are read as "28/01/2026" shows them' in second.wrong
    update(book, transactions=sales, date_order="DMY", now=NOW)
    assert [problem.value for problem in found(book, Code.IMPORT_ASSUMPTION)][:1] == ["clients.csv"]
    assert not any("28/01/2026" in problem.wrong for problem in found(book, Code.IMPORT_ASSUMPTION))


def test_our_own_layout_assumes_nothing(tmp_path: Path) -> None:
    new(tmp_path / "Portfolio.xlsm", *exports(tmp_path, CLIENTS, INVOICES))
    assert not check(tmp_path / "Portfolio.xlsm", now=NOW).problems


def test_a_broken_e_invoice_is_a_problem_until_it_is_mended(tmp_path: Path) -> None:
    folder = tmp_path / "invoices"
    folder.mkdir()
    (folder / "1.xml").write_bytes(samples.ubl(samples.Invoice(number="F1")))
    (folder / "2.xml").write_bytes(samples.ubl(samples.Invoice(number="F2"))[:300])
    book = tmp_path / "Portfolio.xlsm"
    new(book, invoices=folder)
    (broken,) = found(book, Code.UNREADABLE_INVOICE)
    assert (broken.value, broken.kind, broken.sheet) == ("2.xml", Kind.PROBLEM, "Transactions")
    assert "2.xml cannot be read as an e-invoice" in str(broken)
    other = tmp_path / "more"
    other.mkdir()
    (other / "3.xml").write_bytes(samples.ubl(samples.Invoice(number="F3")))
    update(book, invoices=other, now=NOW)
    assert found(book, Code.UNREADABLE_INVOICE) == [broken]  # nobody has looked there
    update(book, invoices=folder, now=NOW)
    assert found(book, Code.UNREADABLE_INVOICE) == [broken]
    (folder / "2.xml").write_bytes(samples.ubl(samples.Invoice(number="F2")))
    update(book, now=NOW)
    assert not found(book, Code.UNREADABLE_INVOICE)


def test_a_broken_e_invoice_that_was_taken_away_is_no_problem(tmp_path: Path) -> None:
    folder = tmp_path / "invoices"
    folder.mkdir()
    (folder / "1.xml").write_bytes(samples.ubl(samples.Invoice(number="F1")))
    (folder / "2.xml").write_bytes(b"<Invoice")
    book = tmp_path / "Portfolio.xlsm"
    new(book, invoices=folder)
    assert found(book, Code.UNREADABLE_INVOICE)
    (folder / "2.xml").unlink()
    update(book, now=NOW)
    assert not found(book, Code.UNREADABLE_INVOICE)


def test_each_file_of_a_pattern_keeps_its_remarks(tmp_path: Path) -> None:
    people = exports(tmp_path, CLIENTS, INVOICES)[0]
    book = tmp_path / "Portfolio.xlsm"
    first = write(tmp_path / "sales-1.csv", SALES, [["A1", "2026-04-03", "10", "Sent", "R1"]])
    os.utime(first, (1_780_000_000, 1_780_000_000))
    new(book, people, tmp_path / "sales-*.csv")
    for number, word in ((2, "Zorbed"), (3, "Quuxed")):
        path = write(tmp_path / f"sales-{number}.csv", SALES, [["A1", "2026-05-03", "10", word, f"R{number}"]])
        os.utime(path, (1_780_000_000 + 100 * number,) * 2)
    update(book, accept=True, now=NOW)
    words = " ".join(problem.wrong for problem in found(book, Code.ACCEPTED_DOUBT))
    assert "Zorbed" in words
    assert "Quuxed" in words
