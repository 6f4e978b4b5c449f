"""The macro-free edition through every use case: an .xlsx in the place of an .xlsm."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator

from kopilot_xl import check, demo, new, refresh, report, update, upgrade
from kopilot_xl.errors import SaveError
from kopilot_xl.usecases.sample import SAMPLE_DATE
from kopilot_xl.usecases.upgrade.copy import Copied
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import client_formulas, facts
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, template_for
from tests import libreoffice, recalculation
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, CLIENTS, NOW, SEGMENTS, TRANSACTIONS, column, make_portfolio
from tests.workbook.template.audit_baseline import is_known

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "Sample.xlsx"
    demo(path)
    return path


def test_it_carries_nothing_of_macros(sample: Path) -> None:
    with zipfile.ZipFile(sample) as package:
        names = [name.casefold() for name in package.namelist()]
        types = package.read("[Content_Types].xml").decode()
        texts = package.read("xl/workbook.xml").decode() + package.read("_rels/.rels").decode()
    assert [name for name in names if "vba" in name or "customui" in name or name.endswith(".bin")] == []
    assert f'PartName="/xl/workbook.xml" ContentType="{CONTENT_TYPE}"' in types
    assert "macroEnabled" not in types
    assert "xlwings" not in texts
    assert "extensibility" not in texts


def test_the_sample_is_the_same_portfolio_in_both_editions(sample: Path, tmp_path: Path) -> None:
    other = demo(tmp_path / "Sample.xlsm")
    with_formulas = check(sample, SAMPLE_DATE)
    assert with_formulas.summary == other.summary
    shown = [client.segment and client.segment.value for client in other.clients]
    assert [segment for segment in column(sample, "Clients", "Segment") if segment] == [each for each in shown if each]
    assert column(sample, "Clients", "Segment").count(None) == 2, "an id that is there already; not yet a client"


def test_it_keeps_excels_rules(sample: Path) -> None:
    assert_sound(sample)
    found = OpenXmlValidator().validate(str(sample)).errors
    new = [f"{each.part_uri}: {each.description}" for each in found if not is_known(each.part_uri, each.description)]
    assert new == []


def test_refreshing_twice_changes_nothing_but_the_time(sample: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    refresh(sample, output=one, now=NOW)
    refresh(one, output=two, now=NOW)
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(two) as second:
        assert [name for name in first.namelist() if first.read(name) != second.read(name)] == []


def test_new_and_update(tmp_path: Path) -> None:
    people, rows = tmp_path / "clients.csv", tmp_path / "invoices.csv"
    people.write_text("Client ID,Client,Created on,Region\nA1,Alder,2024-01-10,North\nB2,Birch,2024-02-01,South\n")
    rows.write_text("Client ID,Issue date,Amount,Status\nA1,2026-06-01,1200,Paid\nB2,2025-12-20,2000,Paid\n")
    path = tmp_path / "Portfolio.xlsx"
    created = new(path, people, rows)
    assert (created.clients, created.transactions) == (2, 2)
    refresh(path, AS_OF, now=NOW)
    assert column(path, "Clients", "Segment") == ["Active", "Sleeping Away"]
    assert column(path, "Clients", "Region") == ["North", "South"]

    people.write_text(people.read_text() + "C3,Cedar,2023-05-05,West\n")
    rows.write_text(rows.read_text() + "C3,2025-09-01,5000,Paid\nC3,2026-10-01,100,Planned\n")
    update(path, people, rows, as_of=AS_OF, now=NOW)
    assert column(path, "Clients", "Segment") == ["Active", "Sleeping Away", "Hibernating"]
    assert column(path, "Clients", "Region") == ["North", "South", "West"]
    assert column(path, "Clients", "Day 1") == [None, None, date(2026, 10, 1)]
    added = openpyxl.load_workbook(path)["Clients"][4]
    assert [cell.coordinate for cell in added[:10] if str(cell.value).startswith("=")] == ["D4", "E4", "F4", "G4", "J4"]
    assert open_book(path).table("Clients").headers[-1] == "Region"
    assert_sound(path)


def test_report_and_check(sample: Path, tmp_path: Path) -> None:
    page = tmp_path / "portfolio.html"
    report(sample, output=page)
    assert "Fjordlicht Software" in page.read_text(encoding="utf-8")
    assert check(sample).problems


def test_upgrade_finds_nothing_to_add_and_keeps_the_edition(sample: Path) -> None:
    found = upgrade(sample, check=True)
    assert isinstance(found, Upgraded)
    assert found.is_current
    assert found.macros is None


@pytest.mark.parametrize(("before", "after"), [(".xlsm", ".xlsx"), (".xlsx", ".xlsm"), (".xlsx", ".xlsx")])
def test_a_copy_may_be_of_the_other_edition(before: str, after: str, tmp_path: Path) -> None:
    old = tmp_path / f"old{before}"
    make_portfolio(old, CLIENTS, TRANSACTIONS, template=template_for(old))
    refresh(old, AS_OF, now=NOW)
    made = upgrade(old, tmp_path / f"made{after}", copy=True)
    assert isinstance(made, Copied)
    assert made.columns == []
    assert facts.is_macro_free(open_book(made.path)) is (after == ".xlsx")
    refresh(made.path, AS_OF, now=NOW)
    assert column(made.path, "Clients", "Segment") == SEGMENTS
    hidden = {each.header for each in client_formulas.MACRO_FREE.columns if each.hidden}
    assert bool(hidden & set(open_book(made.path).table("Clients").headers)) is (after == ".xlsx")


def test_a_copy_keeps_the_edition_unless_it_is_told(tmp_path: Path) -> None:
    old = make_portfolio(tmp_path / "old.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    made = upgrade(old, copy=True)
    assert made.path.suffix == ".xlsx"


def test_an_ending_of_neither_edition_is_refused(tmp_path: Path) -> None:
    for make in (new, demo):
        with pytest.raises(SaveError, match=r"must end in \.xlsm, or in \.xlsx for a workbook without macros"):
            make(tmp_path / "book.xlsb")


def test_rows_pasted_below_the_table_get_formulas_and_facts(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    refresh(path, AS_OF, now=NOW)
    book = openpyxl.load_workbook(path)
    sheet = book["Clients"]
    row = len(CLIENTS) + 2
    sheet[f"A{row}"], sheet[f"B{row}"], sheet[f"C{row}"] = "Z9", "Zelkova", datetime(2026, 6, 20)
    book["Transactions"].append(["Z9", datetime(2026, 6, 25), 100, "Paid"])
    book.save(path)
    refresh(path, AS_OF, now=NOW)
    assert column(path, "Clients", "Segment") == [*SEGMENTS, "Active"]
    assert column(path, "Clients", "Facts of")[-1] == "Z9"


def clients_table(path: Path) -> tuple[str, bytes]:
    """The part of the table Clients, and what it holds."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist() if name.startswith("xl/tables/")}
    return next((name, data) for name, data in parts.items() if b'displayName="Clients"' in data)


def rules(path: Path) -> dict[str, str]:
    """The rules of the calculated columns of Clients, by heading."""
    columns = etree.fromstring(clients_table(path)[1]).iterfind("{*}tableColumns/{*}tableColumn")
    found = {column.get("name", ""): column.findtext("{*}calculatedColumnFormula") for column in columns}
    return {name: rule for name, rule in found.items() if rule}


@pytest.mark.libreoffice
def test_a_workbook_that_libreoffice_saved_goes_on(tmp_path: Path, office: None) -> None:
    path = make_portfolio(tmp_path / "book.xlsx", CLIENTS, TRANSACTIONS, template=MACRO_FREE_TEMPLATE)
    refresh(path, AS_OF, now=NOW)
    saved = libreoffice.store(path, tmp_path / "saved.xlsx", "Calc MS Excel 2007 XML")
    assert facts.is_macro_free(open_book(saved))
    assert rules(saved) == {}, "which LibreOffice drops"
    (found,) = recalculation.in_libreoffice(saved, [AS_OF])
    assert [client.segment for client in found.clients.values()] == SEGMENTS
    refresh(saved, date(2026, 12, 1), now=NOW)
    expected = [client.segment and client.segment.value for client in check(path, date(2026, 12, 1)).clients]
    assert column(saved, "Clients", "Segment") == expected
    kept = rules(path)
    del kept["In Actions"]  # which is as it is wherever no client has rows in Actions
    assert rules(saved) == kept


def test_a_table_that_lost_its_rules_gets_them_back(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", CLIENTS, TRANSACTIONS)
    refresh(path, AS_OF, now=NOW)
    book = open_book(path)
    before = rules(path)
    package = Package(path)
    part, data = clients_table(path)
    bare = re.sub(rb"<calculatedColumnFormula>.*?</calculatedColumnFormula>", b"", data)
    package.replace(part, bare)
    package.save(path)
    assert rules(path) == {}
    refresh(path, AS_OF, now=NOW)
    assert rules(path)["Segment"] == before["Segment"] == "SEGMENT(Clients[[#This Row],[Client ID]])"
    assert book.table("Clients").headers == open_book(path).table("Clients").headers
