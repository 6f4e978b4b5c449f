"""Workbooks of firms that keep clients and invoices in Excel their own way, as different programs save them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet
from pyopenvba import ExcelFile

from tests import libreoffice
from tests.workbook.workbooks import by_hand, sheet_xml, with_parts

NOW = datetime(2026, 7, 1, 9, 30)
PEOPLE: list[tuple[str, str, date]] = [
    ("A1", "Alder & Co", date(2024, 1, 10)),
    ("B2", "Birch Studio", date(2024, 2, 1)),
    ("C3", "Cedar AG", date(2023, 5, 5)),
    ("D4", "Dogwood", date(2023, 6, 1)),
    ("E5", "Elm Partners", date(2022, 3, 3)),
    ("G7", "Ginkgo", date(2026, 6, 2)),
]
SEGMENTS = ["Active", "Sleeping Away", "Hibernating", "Leaving", "Lost", "No Activity"]
"""Where they stand as of `NOW`, by the invoices below."""
INVOICES: list[tuple[str, date, float]] = [
    ("A1", date(2026, 6, 1), 1200.0),
    ("A1", date(2026, 3, 15), 800.0),
    ("B2", date(2025, 12, 20), 2000.0),
    ("C3", date(2025, 9, 1), 5000.0),
    ("D4", date(2025, 6, 10), 700.0),
    ("E5", date(2024, 11, 1), 900.0),
]
NAMES = {key: name for key, name, _ in PEOPLE}


@dataclass(frozen=True)
class Own:
    """A workbook of its owner's.

    Attributes:
        make: writes it.
        clients: the sheet of its clients.
        heading: what the segments are headed by once it was adopted.
        first_row: the sheet row of the first client.
        suffix: its ending.
        options: what `adopt` has to be given.
        libreoffice: whether LibreOffice makes it.
    """

    make: Callable[[Path], Path]
    clients: str
    heading: str = "Segment"
    first_row: int = 2
    suffix: str = ".xlsx"
    options: dict[str, Any] = field(default_factory=dict)
    libreoffice: bool = False


def _plain(ws: Any, top: int, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    for column, heading in enumerate(headings, 1):
        cell = ws.cell(top, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="FFDDEEFF")
    for at, row in enumerate(rows, top + 1):
        for column, value in enumerate(row, 1):
            ws.cell(at, column, value)


def _table(
    ws: Worksheet, name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]], totals: bool = False
) -> None:
    _plain(ws, 1, headings, rows)
    bottom = len(rows) + 1 + totals
    table = Table(displayName=name, ref=f"A1:{get_column_letter(len(headings))}{bottom}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
    table.tableColumns = [TableColumn(id=at, name=heading) for at, heading in enumerate(headings, 1)]
    if totals:
        table.totalsRowCount = 1
        ws.cell(bottom, 1, "Total")
    ws.add_table(table)


def _saved(book: openpyxl.Workbook, path: Path) -> Path:
    book.save(path)
    return with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b' fullCalcOnLoad="1"', b"")})


def german(path: Path) -> Path:
    """Plain ranges below a title, a note, a bar in cells, a drop-down, a name, a formula elsewhere."""
    book = openpyxl.Workbook()
    people = book.worksheets[0]
    people.title = "Kunden"
    people["A1"], people["A1"].font = "Unsere Kunden", Font(bold=True, size=16)
    people["A1"].comment = Comment("Stand Juni", "Ann")
    rows = [(key, name, day, "Bonn", 10 * at) for at, (key, name, day) in enumerate(PEOPLE)]
    _plain(people, 3, ("Kundennr", "Firma", "Angelegt am", "Ort", "Rabatt"), rows)
    people.conditional_formatting.add("E4:E9", DataBarRule("min", None, "max", None, "FF638EC6"))  # type: ignore[no-untyped-call]
    choices = DataValidation(type="list", formula1='"Bonn,Köln"')
    choices.add("D4:D9")
    people.add_data_validation(choices)
    people.freeze_panes = "A4"
    invoices = book.create_sheet("Rechnungen 2024-26")
    states = ("Bezahlt", "Offen", "Bezahlt", "Bezahlt", "Überfällig", "Bezahlt")
    numbered = [(f"R{at}", day, key, amount, states[at]) for at, (key, day, amount) in enumerate(INVOICES)]
    _plain(invoices, 1, ("Rechnungsnummer", "Rechnungsdatum", "Kundennr", "Nettobetrag", "Status"), numbered)
    book.create_sheet("Summen")["A1"] = "=SUM('Rechnungen 2024-26'!D:D)"
    book.defined_names["Rabatt"] = DefinedName("Rabatt", attr_text="Kunden!$E$4:$E$9")
    return _saved(book, path)


def english_tables(path: Path) -> Path:
    """Tables of Excel's with a totals row, the invoices on the same sheet as a list of prices."""
    book = openpyxl.Workbook()
    people = book.worksheets[0]
    people.title = "CRM"
    rows = [(key, name, day, "=1+1") for key, name, day in PEOPLE]
    _table(people, "Customers", ("Customer ID", "Customer name", "Created", "Score"), rows, totals=True)
    invoices = book.create_sheet("Sales")
    sent = [(f"INV-{at}", key, day, amount, "Paid") for at, (key, day, amount) in enumerate(INVOICES)]
    _table(invoices, "Sales", ("Invoice number", "Customer ID", "Invoice date", "Net amount", "Status"), sent)
    _plain(invoices, 20, ("Product", "Price"), [("Audit", 900), ("Website", 4000)])
    return _saved(book, path)


def dutch_names(path: Path) -> Path:
    """Clients without ids, known by name; sparklines, a chart, a text box and notes, by XlsxWriter."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "dd-mm-yyyy"})
    people = book.add_worksheet("Klanten")
    columns = [{"header": heading} for heading in ("Klant", "Klant sinds", "Plaats", "Uren")]
    people.add_table(0, 0, len(PEOPLE), 3, {"name": "Klanten", "columns": columns, "style": "Table Style Light 11"})
    for row, (_, name, created) in enumerate(PEOPLE, 1):
        people.write_row(row, 0, (name,))
        people.write_datetime(row, 1, datetime.combine(created, datetime.min.time()), day)
        people.write_row(row, 2, ("Gent", row * 3))
    people.write_comment("A2", "Belt altijd terug")
    people.conditional_format(1, 3, len(PEOPLE), 3, {"type": "data_bar", "data_bar_2010": True})
    invoices = book.add_worksheet("Facturen")
    invoices.write_row(0, 0, ("Factuurnummer", "Factuurdatum", "Klant", "Bedrag excl btw", "Status"))
    for row, (key, issued, amount) in enumerate(INVOICES, 1):
        invoices.write_row(row, 0, (f"2026-{row}",))
        invoices.write_datetime(row, 1, datetime.combine(issued, datetime.min.time()), day)
        invoices.write_row(row, 2, (NAMES[key], amount, "Betaald"))
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Facturen!$D$2:$D$7"})
    notes = book.add_worksheet("Notities")
    notes.insert_chart("B2", chart)
    notes.insert_textbox("B20", "Bel Alder")
    notes.add_sparkline("A1", {"range": "Facturen!D2:D7"})
    notes.protect("geheim")
    book.close()
    return with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b' fullCalcOnLoad="1"', b"")})


def french_credit_notes(path: Path) -> Path:
    """Credit notes with positive amounts, told by their kind; one takes the only invoice of a client back."""
    book = openpyxl.Workbook()
    people = book.worksheets[0]
    people.title = "Clients"
    _plain(people, 1, ("Code client", "Raison sociale", "Date de création"), PEOPLE)
    rows: list[tuple[Any, ...]] = [
        ("Facture", f"F{at}", day, key, amount) for at, (key, day, amount) in enumerate(INVOICES)
    ]
    rows += [("Facture", "F8", date(2026, 6, 20), "G7", 50.0), ("Avoir", "A9", date(2026, 6, 25), "G7", 50.0)]
    heads = ("Type", "N° de facture", "Date de facture", "Code client", "Montant HT")
    _plain(book.create_sheet("Factures"), 1, heads, rows)
    return _saved(book, path)


def from_1904(path: Path) -> Path:
    """A workbook that counts days from 1904, as those of older Macs do."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    people = book.worksheets[0]
    people.title = "Customers"
    _plain(people, 1, ("Customer ID", "Customer", "Created on"), PEOPLE)
    rows = [(key, day, amount) for key, day, amount in INVOICES]
    _plain(book.create_sheet("Invoices"), 1, ("Customer ID", "Invoice date", "Amount"), rows)
    return _saved(book, path)


def with_names_like_ours(path: Path) -> Path:
    """Sheets and columns called as some of ours are."""
    book = openpyxl.Workbook()
    people = book.worksheets[0]
    people.title = "Portfolio"
    rows = [(key, name, day, "Retail", 7.5, "x") for key, name, day in PEOPLE]
    heads = ("Client ID", "Client", "Created on", "Segment", "Value", "Next action")
    _table(people, "People", heads, rows)
    invoices = book.create_sheet("Transactions")
    sent = [(key, day, amount, "Issued") for key, day, amount in INVOICES]
    _plain(invoices, 1, ("Client ID", "Issue date", "Amount", "Status"), sent)
    for title in ("Settings", "History", "Actions", "Problems"):
        book.create_sheet(title)["A1"] = f"My {title}"
    return _saved(book, path)


def with_macros(path: Path) -> Path:
    """A workbook with macros of its owner's."""
    with ExcelFile.create_new(path) as file:
        file.vba_project().add_module("Mine", "Sub Mine()\r\nEnd Sub\r\n")
        file.save(path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    people = book.worksheets[0]
    people.title = "Clients"
    _table(people, "ClientList", ("Account no", "Company", "Since"), PEOPLE)
    rows = [(f"S-{at}", key, day, amount) for at, (key, day, amount) in enumerate(INVOICES)]
    _plain(book.create_sheet("Invoices"), 1, ("Invoice no", "Account no", "Date", "Total"), rows)
    return _saved(book, path)


def on_one_sheet(path: Path) -> Path:
    """Both tables on one sheet, the clients above with room at their right, and a totals row of typed cells."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "All"
    _plain(sheet, 1, ("Customer ID", "Customer name", "Created"), PEOPLE)
    people = Table(displayName="Customers", ref=f"A1:C{len(PEOPLE) + 1}")
    sheet.add_table(people)
    rows = [(f"I{at}", key, day, amount) for at, (key, day, amount) in enumerate(INVOICES)]
    _plain(sheet, 20, ("Invoice no", "Customer ID", "Invoice date", "Net amount"), rows)
    sheet.add_table(Table(displayName="Invoices", ref=f"A20:D{20 + len(rows)}"))
    return _saved(book, path)


def of_the_fewest_parts(path: Path) -> Path:
    """Two sheets of inline texts without styles, as a script writes them."""

    def cell(value: object, at: str) -> str:
        if isinstance(value, float):
            return f'<c r="{at}"><v>{value}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    def rows(table: Sequence[Sequence[Any]]) -> bytes:
        found = []
        for at, row in enumerate(table, 1):
            cells = (cell(value, f"{get_column_letter(column)}{at}") for column, value in enumerate(row, 1))
            found.append(f'<row r="{at}">{"".join(cells)}</row>')
        return sheet_xml(*found)

    made = by_hand(
        path,
        rows([("Client ID", "Client", "Created on"), *PEOPLE]),
        {"xl/worksheets/sheet2.xml": rows([("Client ID", "Issue date", "Amount"), *INVOICES])},
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    second = f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{kind}"/></Types>'.encode()
    leads = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    target = f'<Relationship Id="rId2" Type="{leads}" Target="worksheets/sheet2.xml"/></Relationships>'
    link = target.encode()
    return with_parts(
        made,
        {
            "[Content_Types].xml": lambda data: data.replace(b"</Types>", second),
            "xl/_rels/workbook.xml.rels": lambda data: data.replace(b"</Relationships>", link),
            "xl/workbook.xml": lambda data: data.replace(
                b"</sheets>", b'<sheet name="Invoices" sheetId="2" r:id="rId2"/></sheets>'
            ),
        },
    )


def by_libreoffice(path: Path) -> Path:
    """The German one, saved by LibreOffice."""
    source = german(path.with_name("source.xlsx"))
    return libreoffice.store(source, path, "Calc MS Excel 2007 XML")


OWN: dict[str, Own] = {
    "German, plain ranges": Own(german, "Kunden", first_row=4),
    "English, tables": Own(english_tables, "CRM"),
    "Dutch, by names, XlsxWriter": Own(dutch_names, "Klanten"),
    "French, credit notes by kind": Own(french_credit_notes, "Clients"),
    "counted from 1904": Own(from_1904, "Customers"),
    "names like ours": Own(with_names_like_ours, "Portfolio", "Segment (Kopilot)"),
    "macros of its owner's": Own(with_macros, "Clients", suffix=".xlsm"),
    "both on one sheet": Own(on_one_sheet, "All"),
    "fewest parts": Own(of_the_fewest_parts, "Sheet1"),
    "German, by LibreOffice": Own(by_libreoffice, "Kunden", first_row=4, libreoffice=True),
}
