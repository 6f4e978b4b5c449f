"""The next export comes into the tables of the owner's: new rows below, changed cells changed, all else left alone."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator

from kopilot_xl import BookError, KopilotError, adopt, refresh, update
from kopilot_xl.workbook.addresses import split_address
from tests.invariants import check as findings
from tests.usecases.adopt.test_adopt import WHO, loaded, segments
from tests.usecases.adopt.workbooks import INVOICES, NOW, OWN, PEOPLE, SEGMENTS, german
from tests.workbook.template.audit_baseline import is_known
from tests.workbook.workbooks import with_parts

NEW = ("H8", "Hornbeam", date(2026, 6, 15))


GERMAN = ["Paid", "Issued", "Paid", "Paid", "Overdue", "Paid"]
STATES = {
    "German, plain ranges": GERMAN,
    "German, by LibreOffice": GERMAN,
    "names like ours": ["Issued"] * 6,
}
"""What the statuses of the workbooks mean, where they are not all paid."""


def export(folder: Path, numbers: list[str], states: Sequence[str] = ("Paid",) * 6) -> tuple[Path, Path]:
    """All clients and one more, all invoices and two more: one of the new client, one of the last one."""
    people, rows = folder / "clients.csv", folder / "invoices.csv"
    with people.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("Client ID", "Client", "Created on"), *PEOPLE, NEW])
    sent: list[Any] = [(*row, state) for row, state in zip(INVOICES, states, strict=True)]
    sent += [("H8", date(2026, 6, 20), 333.0, "Paid"), ("G7", date(2026, 6, 21), 44.0, "Paid")]
    with rows.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("Client ID", "Issue date", "Amount", "Status", "Invoice number"))
        writer.writerows([(*row, number) for row, number in zip(sent, numbers, strict=True)])
    return people, rows


def numbers_of(who: str) -> list[str]:
    """The numbers that the invoices have in a workbook, and two more."""
    form = {
        "German, plain ranges": "R{}", "German, by LibreOffice": "R{}", "English, tables": "INV-{}",
        "French, credit notes by kind": "F{}", "macros of its owner's": "S-{}", "both on one sheet": "I{}",
    }.get(who, "2026-{}")  # fmt: skip
    first = 1 if who.startswith("Dutch") else 0
    return [form.format(at + first) for at in range(len(INVOICES))] + ["N1", "N2"]


@pytest.mark.parametrize("who", WHO)
def test_the_next_export_comes_below_and_nothing_else_changes(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(own.make(tmp_path / f"own{own.suffix}"), now=NOW).path
    before, was = cells(path), findings(path)
    people, rows = export(tmp_path, numbers_of(who), STATES.get(who, ["Paid"] * 6))
    made = update(path, people, rows, now=NOW)
    assert [row.name for row in made.clients.added] == ["Hornbeam"]
    assert len(made.transactions.added) == 2
    wanted = [*SEGMENTS[:-1], "Active", "Active"]
    if who.startswith("French"):
        wanted[5] = "Active"
    assert made.result is not None
    assert [client.segment for client in made.result.clients] == wanted
    assert segments(path, own)[:5] == SEGMENTS[:5]
    after = cells(path)
    for sheet in owners_sheets(path):
        changed = {at for at, cell in before[sheet].items() if after[sheet].get(at) != cell}
        assert all(_is_ours(path, sheet, at, own.heading) for at in changed), (sheet, changed)
    assert findings(path) == was
    assert [client.segment for client in refresh(path, now=NOW).clients] == wanted
    again = update(path, people, rows, now=NOW)
    assert not again.clients.added
    assert not again.transactions.added


@pytest.mark.parametrize("who", WHO)
def test_a_validator_finds_nothing_new_after_any_step(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    source = own.make(tmp_path / f"own{own.suffix}")
    before = audited(source)
    path = adopt(source, now=NOW).path
    people, rows = export(tmp_path, numbers_of(who), STATES.get(who, ["Paid"] * 6))
    for step in (lambda: None, lambda: refresh(path, now=NOW), lambda: update(path, people, rows, now=NOW)):
        step()
        assert audited(path) <= before


def audited(path: Path) -> set[str]:
    """What a validator of Open XML finds, but for what it finds in every workbook of openpyxl."""
    found = OpenXmlValidator().validate(str(path)).errors
    return {f"{each.part_uri}: {each.description}" for each in found if not is_known(each.part_uri, each.description)}


def owners_sheets(path: Path) -> list[str]:
    names = loaded(path).sheetnames
    return names[: next(at for at, name in enumerate(names) if name.startswith("Portfolio") and at > 0)]


def cells(path: Path) -> dict[str, dict[str, bytes]]:
    """The XML of each cell, by sheet and address."""
    found: dict[str, dict[str, bytes]] = {}
    with zipfile.ZipFile(path) as archive:
        links = {
            link.get("Id"): "xl/" + link.get("Target", "").removeprefix("/xl/")
            for link in etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        for sheet in etree.fromstring(archive.read("xl/workbook.xml")).iter("{*}sheet"):
            part = links[next(str(value) for key, value in sheet.items() if str(key).endswith("}id"))]
            root = etree.fromstring(archive.read(part))
            found[sheet.get("name", "")] = {
                cell.get("r", ""): etree.tostring(cell, method="c14n", with_tail=False)
                for cell in root.iter("{*}c")
                if len(cell)
            }
    return found


def _is_ours(path: Path, sheet: str, at: str, heading: str) -> bool:
    """Whether a cell is in a column that a refresh writes, or in a totals row that moved."""
    made = loaded(path)[sheet]
    head = next(
        (cell for row in made.iter_rows() for cell in row if cell.value == heading), None
    )  # fmt: skip
    row, column = split_address(at)
    return (head is not None and column >= int(head.column or 0)) or made.cell(row, 1).value == "H8"


def test_a_changed_status_changes_that_cell_alone(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    before = cells(path)["Rechnungen 2024-26"]
    people, rows = export(tmp_path, numbers_of("German, plain ranges"))
    update(path, people, rows, now=NOW)
    after = cells(path)["Rechnungen 2024-26"]
    assert {at for at in before if before[at] != after[at]} == {"E3", "E6"}  # open and overdue are paid now
    assert loaded(path)["Rechnungen 2024-26"]["E3"].value == "Paid"


def test_new_rows_of_a_table_get_its_formulas_and_totals_move(tmp_path: Path) -> None:
    own = OWN["English, tables"]
    path = adopt(own.make(tmp_path / "own.xlsx"), now=NOW).path
    people, rows = export(tmp_path, numbers_of("English, tables"))
    update(path, people, rows, now=NOW)
    sheet = loaded(path)["CRM"]
    assert [sheet.cell(row, 1).value for row in (7, 8, 9)] == ["G7", "H8", "Total"]
    assert sheet.tables["Customers"].ref.endswith("9")


def with_totals(path: Path) -> Path:
    """Plain ranges with totals of formulas below, a blank row between, and a remark."""
    book = loaded(german(path))
    rows, people = book["Rechnungen 2024-26"], book["Kunden"]
    rows["C9"], rows["D9"], rows["C10"] = "Summe", "=SUM(D2:D7)", "Stand: Juni"
    people["A12"], people["E12"] = "Summe", "=SUM(E4:E9)"
    book["Summen"]["B9"] = "='Rechnungen 2024-26'!D9/2"
    book.save(path)
    return calculated(path)


def calculated(path: Path) -> Path:
    """Store a result for each formula, as programs do that calculate."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    return with_parts(
        path, dict.fromkeys(names, lambda data: re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>7</v>", data))
    )


def test_totals_below_plain_ranges_move_along_and_take_in_what_is_new(tmp_path: Path) -> None:
    path = adopt(with_totals(tmp_path / "own.xlsx"), now=NOW).path
    was = findings(path)
    people, export_rows = export(tmp_path, numbers_of("German, plain ranges"), GERMAN)
    made = update(path, people, export_rows, now=NOW)
    assert (len(made.clients.added), len(made.transactions.added)) == (1, 2)
    assert findings(path) == was
    book = loaded(path)
    rows, listed = book["Rechnungen 2024-26"], book["Kunden"]
    assert [rows.cell(row, 3).value for row in (8, 9, 10, 11, 12)] == ["H8", "G7", None, "Summe", "Stand: Juni"]
    assert rows["D11"].value == "=SUM(D2:D9)"
    assert [listed.cell(row, 1).value for row in (9, 10, 11)] == ["G7", "H8", None]
    assert (listed["A13"].value, listed["E13"].value) == ("Summe", "=SUM(E4:E10)")
    for row in range(4, 14):  # our formulas are about their own rows
        assert str(listed.cell(row, 6).value).startswith(f"=IF(ISERROR(A{row}),")
    assert book["Summen"]["B9"].value == "='Rechnungen 2024-26'!D11/2"
    assert segments(path, OWN["German, plain ranges"]) == [*SEGMENTS[:-1], "Active"]
    again = update(path, people, export_rows, now=NOW)
    assert not again.clients.added
    assert not again.transactions.added


@pytest.mark.parametrize("at", ["D9", "D5"])
def test_totals_that_would_be_wrong_are_not_moved(at: str, tmp_path: Path) -> None:
    """A total that is a typed number, and one among the rows."""
    path = german(tmp_path / "own.xlsx")
    book = loaded(path)
    rows = book["Rechnungen 2024-26"]
    if at == "D5":
        rows.insert_rows(5)
    rows[at.replace("D", "C")], rows[at] = "Summe", 4950.0 if at == "D9" else "=SUM(D2:D4)"
    book.save(path)
    copy = adopt(calculated(path), now=NOW, accept=True).path
    people, export_rows = export(tmp_path, numbers_of("German, plain ranges"), GERMAN)
    before = copy.read_bytes()
    with pytest.raises(KopilotError, match="below it is in use" if at == "D9" else "totals or remarks among its rows"):
        update(copy, people, export_rows, now=NOW)
    assert copy.read_bytes() == before


def test_lines_of_invoices_are_not_added_to(tmp_path: Path) -> None:
    path = german(tmp_path / "own.xlsx")
    book = loaded(path)
    sheet = book["Rechnungen 2024-26"]
    sheet["A3"], sheet["B3"], sheet["C3"] = "R0", sheet["B2"].value, "A1"
    book.save(path)
    copy = adopt(path, now=NOW, accept=True).path
    people, rows = export(tmp_path, numbers_of("German, plain ranges"))
    before = copy.read_bytes()
    with pytest.raises(BookError, match="an invoice of it takes several rows"):
        update(copy, people, rows, now=NOW)
    assert copy.read_bytes() == before
