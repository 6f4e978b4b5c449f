"""A workbook of its owner's becomes a Kopilot workbook, and all that is its owner's stays as it was."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.utils import get_column_letter
from pyopenvba import ExcelFile
from python_calamine import CalamineWorkbook

from kopilot_xl import (
    BookError,
    MissingError,
    QuestionError,
    SaveError,
    adopt,
    check,
    forecast,
    open_book,
    refresh,
    report,
    upgrade,
)
from kopilot_xl.usecases.adopt.adopt import Adopted
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from kopilot_xl.workbook.addresses import split_address
from kopilot_xl.workbook.sheets import portfolio_grid
from kopilot_xl.workbook.tables.problems import Code
from tests import libreoffice
from tests.invariants import check as findings
from tests.usecases.adopt.workbooks import NOW, OWN, PEOPLE, SEGMENTS, Own, english_tables, german, with_macros
from tests.workbook.workbooks import raw_entries, with_parts

ALLOWED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
"""The parts that list parts, sheets and formats, and so must grow."""
WHO = [
    pytest.param(name, marks=[pytest.mark.libreoffice, pytest.mark.skipif(bool(libreoffice.missing()), reason="none")])
    if own.libreoffice
    else name
    for name, own in OWN.items()
]


def loaded(path: Path, *, data_only: bool = False, keep_vba: bool = False) -> openpyxl.Workbook:
    with warnings.catch_warnings():  # openpyxl's, of what it does not carry
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path, data_only=data_only, keep_vba=keep_vba)


def made(own: Own, folder: Path) -> Path:
    return own.make(folder / f"own{own.suffix}")


def segments(path: Path, own: Own) -> list[object]:
    """The segments as calamine reads them."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(own.clients).to_python(skip_empty_area=False)
    at = rows[own.first_row - 2].index(own.heading)
    return [row[at] for row in rows[own.first_row - 1 : own.first_row - 1 + len(PEOPLE)]]


@pytest.mark.parametrize("who", WHO)
def test_what_is_the_owners_stays_byte_for_byte(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = made(own, tmp_path)
    before, was_sound = path.read_bytes(), findings(path)
    result = adopt(path, now=NOW, **own.options)
    assert path.read_bytes() == before
    after = result.path.read_bytes()
    assert [client.segment for client in result.result.clients] == SEGMENTS
    assert_only_ours(before, after, own)
    assert findings(result.path) == was_sound


@pytest.mark.parametrize("who", WHO)
def test_every_reader_sees_the_segments(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW, **own.options).path
    assert segments(path, own) == SEGMENTS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pd.read_excel(path, sheet_name=own.clients, header=own.first_row - 2, engine="openpyxl")
    assert list(frame[own.heading])[: len(SEGMENTS)] == SEGMENTS
    sheet = loaded(path, data_only=True)[own.clients]
    heads = [cell.value for cell in sheet[own.first_row - 1]]
    column = heads.index(own.heading) + 1
    assert [sheet.cell(own.first_row + at, column).value for at in range(len(SEGMENTS))] == SEGMENTS


@pytest.mark.parametrize("who", WHO)
def test_it_is_refreshed_checked_reported_and_forecast_as_any(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW, **own.options).path
    once = path.read_bytes()
    found = refresh(path, now=NOW)
    assert [client.segment for client in found.clients] == SEGMENTS
    assert path.read_bytes() == once, "a second refresh gives another file"
    assert check(path, NOW.date()).summary == found.summary
    assert report(path, NOW.date()).path.exists()
    assert forecast(path).forecast.months
    assert not [each for each in found.problems if each.code not in (Code.STALE_FORMULAS, Code.ROWS_JOINED)]


@pytest.mark.parametrize("who", WHO)
def test_a_client_and_an_invoice_typed_since_count_at_the_next_refresh(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW, **own.options).path
    book = loaded(path, keep_vba=own.suffix == ".xlsm")
    type_an_invoice(book, own)
    book.save(path)
    found = refresh(path, now=NOW)
    assert [client.segment for client in found.clients] == [*SEGMENTS[:-1], "Active"]
    assert segments(path, own) == [*SEGMENTS[:-1], "Active"]


def type_an_invoice(book: openpyxl.Workbook, own: Own) -> None:
    """Copy the first invoice below the last one, for the last client, a day after it was created."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            heads = {str(cell.value).casefold(): cell.column for cell in row if isinstance(cell.value, str)}
            dated = [column for head, column in heads.items() if "dat" in head and "cr" not in head]
            worth = [column for head, column in heads.items() if re.search("amount|betrag|bedrag|montant|total", head)]
            if not dated or not worth or "expected" in heads:
                continue
            first, last = int(row[0].row or 0) + 1, int(row[0].row or 0)
            while sheet.cell(last + 1, dated[0]).value is not None:
                last += 1
            for column in range(1, len(row) + 1):
                value = sheet.cell(first, column).value
                value = {"A1": "G7", "Alder & Co": "Ginkgo"}.get(str(value), value)
                is_number = re.search("number|nummer|invoice no|n°", str(row[column - 1].value).casefold())
                sheet.cell(last + 1, column, f"{value}-new" if is_number else value)
                sheet.cell(last + 1, column).number_format = sheet.cell(first, column).number_format
            return
    raise AssertionError(own)


@pytest.mark.libreoffice
@pytest.mark.skipif(bool(libreoffice.missing()), reason=str(libreoffice.missing()))
@pytest.mark.parametrize("who", [who for who, own in OWN.items() if own.suffix == ".xlsx" and not own.libreoffice])
def test_libreoffice_opens_it_and_shows_the_segments(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW).path
    book = open_book(path)
    book.write_block("AsOf", [[NOW.date()]])  # else its formulas tell of today
    book.save()
    again = libreoffice.store(path, tmp_path / "again.xlsx", "Calc MS Excel 2007 XML")
    assert segments(again, own) == SEGMENTS
    names = CalamineWorkbook.from_path(again).sheet_names
    assert set(open_book(path).sheet_names) <= set(names)
    with zipfile.ZipFile(again) as archive:
        assert sum(name.startswith("xl/charts/chart") for name in archive.namelist()) >= 3


def test_the_owners_titles_stay_the_first_tabs_and_ours_follow(tmp_path: Path) -> None:
    result = adopt(german(tmp_path / "own.xlsx"), now=NOW)
    names = openpyxl.load_workbook(result.path).sheetnames
    assert names[:3] == ["Kunden", "Rechnungen 2024-26", "Summen"]
    assert names[3 : 3 + len(result.sheets)] == list(result.sheets)
    assert result.path.name == "own (Kopilot).xlsx"
    assert (result.clients, result.transactions) == ("Kunden", "Rechnungen 2024-26")


def test_in_place_keeps_the_version_before(tmp_path: Path) -> None:
    path = german(tmp_path / "own.xlsx")
    before = path.read_bytes()
    result = adopt(path, in_place=True, now=NOW)
    assert result.path == path
    assert (tmp_path / "own.xlsx.kopilot-backup").read_bytes() == before
    assert f"The version before is kept as {path}.kopilot-backup." in result.lines
    assert segments(path, OWN["German, plain ranges"]) == SEGMENTS


def test_the_owners_macros_stay_and_ours_come_only_when_asked_for(tmp_path: Path) -> None:
    path = with_macros(tmp_path / "own.xlsm")
    without = adopt(path, output=tmp_path / "a.xlsm", now=NOW)
    assert modules(without.path) == modules(path)
    assert without.kept_macros
    assert any("--macros adds them" in line for line in without.lines)
    with_ours = adopt(path, output=tmp_path / "b.xlsm", macros=True, now=NOW)
    assert "Mine" in modules(with_ours.path)
    assert "KopilotRibbon" in modules(with_ours.path)
    added = adopt(german(tmp_path / "plain.xlsx"), macros=True, now=NOW)
    assert added.path.name == "plain (Kopilot).xlsm"
    assert "KopilotRibbon" in modules(added.path)
    assert [client.segment for client in refresh(added.path, now=NOW).clients] == SEGMENTS


def modules(path: Path) -> list[str]:
    with ExcelFile(path) as file:
        return sorted(module.name for module in file.vba_project().modules)


def test_the_ids_are_offered_in_actions(tmp_path: Path) -> None:
    plain = open_book(adopt(german(tmp_path / "a.xlsx"), now=NOW).path)
    assert plain.cell_address("ClientIds") == "Kunden!A4"
    table = openpyxl.load_workbook(adopt(english_tables(tmp_path / "b.xlsx"), now=NOW).path)
    assert table.defined_names["ClientIds"].attr_text == "Customers[Customer ID]"


def test_an_action_counts(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    book = open_book(path)
    columns = {"Client ID": ["D4"], "Action": ["Mark lost"], "Recorded on": [NOW.date()]}
    book.write_table("Actions", columns)  # type: ignore[arg-type]
    book.save()
    assert [client.segment for client in refresh(path, now=NOW).clients][3] == "Lost"


@pytest.mark.parametrize("who", ["German, plain ranges", "English, tables", "Dutch, by names, XlsxWriter"])
def test_in_actions_counts_the_decisions_and_leads_to_them(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW).path
    book = open_book(path)
    ids = [client.id for client in check(path, now=NOW).clients]
    columns = {"Client ID": [ids[3], ids[3]], "Action": ["Plan revenue"] * 2, "Amount": [10.0, 20.0]}
    book.write_table("Actions", columns)  # type: ignore[arg-type]
    book.save()
    refresh(path, now=NOW)
    sheet, shown = loaded(path)[own.clients], loaded(path, data_only=True)[own.clients]
    heads = [cell.value for cell in sheet[own.first_row - 1]]
    at = heads.index("In Actions") + 1
    rows = range(own.first_row, own.first_row + len(PEOPLE))
    assert [shown.cell(row, at).value for row in rows] == [None, None, None, 2, None, None]
    assert "#Actions!B" in str(sheet.cell(own.first_row + 3, at).value)
    rules = [str(rule.sqref) for rule in sheet.conditional_formatting]
    assert f"{get_column_letter(at)}{own.first_row}:{get_column_letter(at)}1048576" in rules


def test_the_links_of_portfolio_lead_to_the_owners_sheets(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    page = loaded(path)["Portfolio"]
    cells = [cell for row in page.iter_rows() for cell in row]
    leads = {found for cell in cells for found in re.findall(r'"#([^"!]+)!', str(cell.value))}
    leads |= {str(cell.hyperlink.location).rpartition("!")[0] for cell in cells if cell.hyperlink}
    assert "Kunden" in leads
    assert {lead.strip("'") for lead in leads} <= set(loaded(path).sheetnames)


def test_what_is_decided_on_portfolio_goes_into_actions(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    book = loaded(path)
    page = book["Portfolio"]
    rows = range(portfolio_grid.LIST_TOP, portfolio_grid.LIST_BOTTOM + 1)
    row = next(row for row in rows if page.cell(row, 16).value == "C3")
    page.cell(row, 12).value = "Mark lost"
    book.save(path)
    assert [client.segment for client in refresh(path, now=NOW).clients][2] == "Lost"
    assert [row[1] for row in open_book(path).table("Actions").rows] == ["C3"]


def test_a_status_word_nobody_knows_is_a_question_with_its_answer_ready(tmp_path: Path) -> None:
    path = german(tmp_path / "own.xlsx")
    book = openpyxl.load_workbook(path)
    book["Rechnungen 2024-26"]["E2"] = "Wird geprüft"
    book.save(path)
    with pytest.raises(QuestionError, match='--status "Wird geprüft=Issued"'):
        adopt(path, now=NOW)
    result = adopt(path, statuses={"Wird geprüft": "Draft"}, now=NOW)
    first = result.result.clients[0]
    assert first.last_invoice is not None
    assert first.last_invoice.isoformat() == "2026-03-15"
    assert next(client.last_invoice for client in refresh(result.path, now=NOW).clients) == first.last_invoice


def test_such_a_word_typed_later_is_a_problem_at_its_cell(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    book = openpyxl.load_workbook(path)
    book["Rechnungen 2024-26"]["E2"] = "Wird geprüft"
    book.save(path)
    (problem,) = [each for each in refresh(path, now=NOW).problems if each.code is Code.UNKNOWN_STATUS]
    assert (problem.sheet, problem.cell, problem.value) == ("Rechnungen 2024-26", "E2", "Wird geprüft")


def test_a_problem_names_the_cell_of_the_owners_table(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    book = openpyxl.load_workbook(path)
    book["Rechnungen 2024-26"]["C3"] = "Z9"
    book["Rechnungen 2024-26"]["D4"] = "viel"
    book["Kunden"]["C5"] = "gestern"
    book.save(path)
    found = {each.code: each for each in refresh(path, now=NOW).problems}
    assert (found[Code.UNKNOWN_CLIENT].sheet, found[Code.UNKNOWN_CLIENT].cell) == ("Rechnungen 2024-26", "C3")
    assert (found[Code.UNREADABLE_AMOUNT].sheet, found[Code.UNREADABLE_AMOUNT].cell) == ("Rechnungen 2024-26", "D4")
    assert (found[Code.UNREADABLE_DATE].sheet, found[Code.UNREADABLE_DATE].cell) == ("Kunden", "C5")


def protected(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book.security.lockStructure = True
    book.save(path)


def strict(path: Path) -> None:
    mark = b'<workbook conformance="strict" xmlns:y="http://purl.oclc.org/ooxml/x"'
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b"<workbook", mark, 1)})


def merged(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["Kunden"]["E3"].value = None
    book["Kunden"].merge_cells("D3:E3")
    book.save(path)


def in_use(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["Kunden"]["H6"] = "mine"
    book.save(path)


def same_name(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book.defined_names["Currency"] = openpyxl.workbook.defined_name.DefinedName("Currency", attr_text="Kunden!$E$4")
    book.save(path)


def no_clients(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    del book["Kunden"]
    book.save(path)


def twice(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book["Kunden"]).title = "Kunden Kopie"
    book.save(path)


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (protected, BookError, "structure of the workbook is protected"),
        (strict, BookError, "Strict Open XML"),
        (merged, SaveError, "Kunden!D3:E3 is a heading merged over several columns"),
        (in_use, SaveError, "H6 is in use"),
        (same_name, BookError, "the name Currency of its own"),
        (no_clients, MissingError, "has no list of clients"),
        (twice, QuestionError, r'Give --clients "Kunden"'),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_clear_line_and_nothing_is_written(
    spoil: object, error: type[Exception], words: str, tmp_path: Path
) -> None:
    path = german(tmp_path / "own.xlsx")
    spoil(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(error, match=words) as refused:
        adopt(path, now=NOW)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["own.xlsx"]


@pytest.mark.parametrize("who", ["German, plain ranges", "macros of its owner's", "names like ours"])
def test_an_upgrade_brings_what_is_missing_and_no_tables_of_ours(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(made(own, tmp_path), now=NOW).path
    current = upgrade(path)
    assert isinstance(current, Upgraded)
    assert current.is_current
    before = open_book(path).sheet_names

    def lose(data: bytes) -> bytes:
        text = re.sub(r'<sheet [^>]*name="Forecast"[^>]*/>', "", data.decode())
        return re.sub(r"<definedName [^>]*>'?Forecast'?![^<]*</definedName>", "", text).encode()

    with_parts(path, {"xl/workbook.xml": lose})
    brought = upgrade(path)
    assert isinstance(brought, Upgraded)
    assert brought.sheets == ["Forecast"]
    assert brought.macros is None
    assert sorted(open_book(path).sheet_names) == sorted(before)
    assert [client.segment for client in refresh(path, now=NOW).clients] == SEGMENTS
    with pytest.raises(BookError, match="without --copy"):
        upgrade(path, copy=True)


def test_a_kopilot_workbook_is_not_adopted_again(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    with pytest.raises(BookError, match="was adopted already"):
        adopt(path, now=NOW)


def test_a_table_that_was_renamed_since_is_named(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), now=NOW).path
    book = openpyxl.load_workbook(path)
    book["Kunden"].title = "Alle Kunden"
    book.save(path)
    with pytest.raises(MissingError, match="has no table or sheet Kunden, where the block Sources of Settings says"):
        refresh(path, now=NOW)


def test_lines_say_what_was_done(tmp_path: Path) -> None:
    result: Adopted = adopt(german(tmp_path / "own.xlsx"), now=NOW)
    assert result.lines[1:3] == [
        "Clients are in Kunden, transactions in Rechnungen 2024-26.",
        "Columns added at the right end of Kunden: Segment, Last invoice, Next planned, Leaves on, Value, In Actions, "
        "Next action",
    ]


# comparing


def assert_only_ours(before: bytes, after: bytes, own: Own) -> None:
    """Fail if anything of the owner's changed: parts, cells, columns of tables, tabs, names."""
    old, new = raw_entries(before), raw_entries(after)
    changed = {name for name in old if old[name] != new.get(name)}
    with zipfile.ZipFile(BytesIO(before)) as one, zipfile.ZipFile(BytesIO(after)) as two:
        sheet, table = _parts_of(one, own.clients)
        assert changed <= ALLOWED | {sheet} | table, changed
        first = _first_added(two.read(sheet), one.read(sheet))
        assert _without(one.read(sheet), first) == _without(two.read(sheet), first)
        for part in table & changed:
            assert _columns(one.read(part)) == _columns(two.read(part))[: len(_columns(one.read(part)))]
        assert list(_listed(one)) == list(_listed(two))[: len(list(_listed(one)))]
        names = [etree.tostring(name) for name in etree.fromstring(one.read("xl/workbook.xml")).iter("{*}definedName")]
        kept = [etree.tostring(name) for name in etree.fromstring(two.read("xl/workbook.xml")).iter("{*}definedName")]
        assert [name.strip() for name in names] == [name.strip() for name in kept[: len(names)]]


def _listed(archive: zipfile.ZipFile) -> Iterator[tuple[str, ...]]:
    for sheet in etree.fromstring(archive.read("xl/workbook.xml")).iter("{*}sheet"):
        yield tuple(map(str, sheet.values()))


def _parts_of(archive: zipfile.ZipFile, title: str) -> tuple[str, set[str]]:
    book = etree.fromstring(archive.read("xl/workbook.xml"))
    links = {
        link.get("Id"): "xl/" + link.get("Target", "").removeprefix("/xl/")
        for link in etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    (sheet,) = [
        links[next(str(value) for key, value in each.items() if str(key).endswith("}id"))]
        for each in book.iter("{*}sheet")
        if each.get("name") == title
    ]
    return sheet, {name for name in archive.namelist() if name.startswith("xl/tables/")}


def _first_added(after: bytes, before: bytes) -> int:
    """The column of the first cell that was not there."""
    cells = {cell.get("r") for cell in etree.fromstring(before).iter("{*}c")}
    added = [cell.get("r", "") for cell in etree.fromstring(after).iter("{*}c") if cell.get("r") not in cells]
    return min(split_address(cell)[1] for cell in added)


def _without(xml: bytes, first: int) -> bytes:
    """A sheet's canonical XML without what our columns brought."""
    root = etree.fromstring(xml)
    for cell in list(root.iter("{*}c")):
        if split_address(cell.get("r", "A1"))[1] >= first:
            cell.getparent().remove(cell)  # type: ignore[union-attr]
    for row in root.iter("{*}row"):
        if "spans" in row.attrib:
            del row.attrib["spans"]
    for column in list(root.iter("{*}col")):
        if int(column.get("min", "0")) >= first:
            column.getparent().remove(column)  # type: ignore[union-attr]
    for rule in list(root.iter("{*}conditionalFormatting")):
        if split_address(rule.get("sqref", "A1").split(":")[0])[1] >= first:
            rule.getparent().remove(rule)  # type: ignore[union-attr]
    for name in ("cols", "dimension"):
        for element in root.findall(f"{{*}}{name}"):
            if name == "dimension" or not len(element):
                root.remove(element)
    for element in root.iter():
        element.tail = None
    return bytes(etree.tostring(root, method="c14n"))


def _columns(xml: bytes) -> list[bytes]:
    return [bytes(etree.tostring(column, with_tail=False)) for column in etree.fromstring(xml).iter("{*}tableColumn")]
