"""Exports of accounting software: what is read from them, what is told about it, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table as ExcelTable

from kopilot_xl.errors import BookError, KopilotError, MissingError
from kopilot_xl.importing.plain.export import Export, read_clients, read_transactions
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Column

EXPORTS = Path(__file__).parents[1] / "exports"


def values(export: Export, *columns: Column) -> list[tuple[Any, ...]]:
    rows = export.rows
    return list(zip(*(rows.values(each) for each in columns), strict=True))


def people(text: str | bytes, folder: Path, name: str = "clients.csv") -> Export:
    return read_clients(written(text, folder, name))


def invoices(text: str | bytes, folder: Path, order: DateOrder | None = None) -> Export:
    return read_transactions(written(text, folder, "invoices.csv"), order)


def written(text: str | bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def remarks(export: Export) -> str:
    return " ".join(export.choices.remarks)


# whole files


def test_german_semicolons() -> None:
    own, rows = read_clients(EXPORTS / "kundenliste.csv"), read_transactions(EXPORTS / "rechnungen.csv")
    assert own.choices.title == "kundenliste.csv: CSV, Windows-1252, semicolon between the columns; 5 rows"
    assert own.choices.lines == [
        "Columns: Client ID from Kundennummer, Client from Firma, Created on from Kunde seit",
        "Not taken: Ort, E-Mail",
    ]
    assert values(own, clients.CLIENT_ID, clients.NAME, clients.CREATED_ON)[1:4] == [
        ("00102", "Café Süßstoff", date(2024, 11, 25)),
        ("00103", "Tischlerei Groß", date(2026, 5, 14)),
        ("00104", "Stahl; Blech & Co. KG", date(2022, 1, 30)),
    ]
    assert rows.choices.decimal == ","
    assert rows.choices.columns["Amount"] == "Betrag netto (EUR)"
    assert rows.choices.remarks == ["Left out at the end, as totals or remarks: row 11."]
    assert values(rows, transactions.CLIENT_ID, transactions.ISSUE_DATE, transactions.AMOUNT)[:3] == [
        ("00102", date(2025, 5, 15), 890.0),
        ("00101", date(2025, 11, 20), 1250.5),
        ("00104", date(2026, 1, 28), 4000.0),
    ]
    assert len(rows.rows) == 7


def test_unicode_text_of_excel() -> None:
    own, rows = read_clients(EXPORTS / "customers_unicode.txt"), read_transactions(EXPORTS / "transactions_unicode.txt")
    assert (own.choices.encoding, own.choices.delimiter) == ("UTF-16", "\t")
    assert [each for (each,) in values(own, clients.CLIENT_ID)] == ["007", "7", "1001"]
    assert "05/04/2026 could be two different days. Give --date-order MDY, as the other rows suggest." in remarks(own)
    assert "rows 8, 10" in remarks(rows)
    assert values(rows, transactions.ISSUE_DATE, transactions.AMOUNT) == [
        (date(2026, 4, 30), 1200.0),
        ("05/04/2026", 310.5),
        (date(2026, 6, 18), -20.0),
        (date(2026, 6, 19), 99.95),
    ]


def test_a_date_order_makes_true_dates_and_needs_no_remark() -> None:
    own, rows = (
        read_clients(EXPORTS / "customers_unicode.txt", date_order=DateOrder.MDY),
        read_transactions(EXPORTS / "transactions_unicode.txt", date_order=DateOrder.MDY),
    )
    assert values(own, clients.CREATED_ON)[2] == (date(2026, 5, 4),)
    assert values(rows, transactions.ISSUE_DATE)[1] == (date(2026, 5, 4),)
    assert "date-order" not in remarks(own) + remarks(rows)


def test_problems_name_the_row_and_column_of_the_file() -> None:
    own, rows = read_clients(EXPORTS / "customers_unicode.txt"), read_transactions(EXPORTS / "transactions_unicode.txt")
    known = clients.read(own.rows, date(2026, 6, 30), None)
    read = transactions.read(rows.rows, set(known.keys), None)
    assert [each.place for each in (*known.problems, *read.problems)] == [
        "customers_unicode.txt!C4",
        "transactions_unicode.txt!A5",
    ]


# text files


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiters_ends_and_encodings(delimiter: str, end: str, encoding: str, tmp_path: Path) -> None:
    lines = ["Customer no|Name|Since|", "007|Müller & Co|2026-01-31|", "", '8|"Zwei\nZeilen, ein; Feld"|2025-02-28|']
    text = end.join(lines).replace("|", delimiter) + end
    export = people(text.encode(encoding), tmp_path)
    assert export.choices.delimiter == delimiter
    assert values(export, clients.CLIENT_ID, clients.NAME, clients.CREATED_ON) == [
        ("007", "Müller & Co", date(2026, 1, 31)),
        ("8", "Zwei\nZeilen, ein; Feld", date(2025, 2, 28)),
    ]
    assert export.choices.ignored == []
    assert [export.rows.row_number(at) for at in range(2)] == [2, 4]


def test_the_separator_line_of_excel_settles_the_delimiter(tmp_path: Path) -> None:
    export = people("sep=;\r\nClient ID;Client\r\n1;A, B, C and D\r\n", tmp_path)
    assert values(export, clients.CLIENT_ID, clients.NAME) == [("1", "A, B, C and D")]
    assert export.rows.row_number(0) == 3


def test_a_single_column_of_names(tmp_path: Path) -> None:
    export = people("Customer\nAcme\nBolt\n", tmp_path)
    assert export.choices.delimiter is None
    assert values(export, clients.CLIENT_ID, clients.NAME) == [("Acme", "Acme"), ("Bolt", "Bolt")]


def test_ids_serve_as_names(tmp_path: Path) -> None:
    export = people("Client ID,Created on\n1,2026-01-31\n", tmp_path)
    assert values(export, clients.CLIENT_ID, clients.NAME) == [("1", "1")]
    assert "the ids serve as names" in remarks(export)


def test_an_id_kept_from_excel_as_a_formula(tmp_path: Path) -> None:
    assert values(people('Client ID,Client\n="007",Acme\n', tmp_path), clients.CLIENT_ID) == [("007",)]


def test_a_quotation_mark_inside_a_text(tmp_path: Path) -> None:
    export = people('Client ID,Client\n1,"5" pipes" Ltd\n2,Bolt\n', tmp_path)
    assert "quotation marks" in remarks(export)
    assert len(export.rows) == 2


def test_cells_beyond_the_headings_are_told(tmp_path: Path) -> None:
    export = invoices("Client ID,Issue date,Amount\n1,2026-01-31,1,50\n2,2026-02-28,3\n", tmp_path)
    assert "row 2: an amount with a decimal comma may stand there" in remarks(export)


def test_a_column_without_a_heading_is_told(tmp_path: Path) -> None:
    assert people("Client ID,Client,\n1,Acme,x\n", tmp_path).choices.ignored == ["column C, which has no heading"]


def test_only_headings_is_no_error(tmp_path: Path) -> None:
    own = read_clients(written("Client ID,Client\n", tmp_path, "c.csv"))
    rows = read_transactions(written("Client ID,Issue date\n", tmp_path, "t.csv"))
    assert (own.choices.rows, rows.choices.rows) == (0, 0)


# headings


@pytest.mark.parametrize(
    ("headings", "taken"),
    [
        ("Client ID,Issue date,Amount,Status,Reference", "Client ID,Issue date,Amount,Status,Reference"),
        ("CLIENT_ID,issue-date, amount ,status,reference", "CLIENT_ID,issue-date,amount,status,reference"),
        ("Customer Number,Invoice Date,Total,State,Invoice #", "Customer Number,Invoice Date,Total,State,Invoice #"),
        ("A/C,Date,Net Amount,Gross amount,Number", "A/C,Date,Net Amount,,Number"),
        ("Account,Num,Date,Customer ID,Amount", "Customer ID,Date,Amount,,Num"),
        ("N° client,Date de facture,Montant HT,Statut,Facture", "N° client,Date de facture,Montant HT,Statut,Facture"),
        ("Klantnummer,Factuurdatum,Bedrag,Factuurnummer", "Klantnummer,Factuurdatum,Bedrag,,Factuurnummer"),
        ("Kunden-Nr.,Rechnungsdatum,Betrag in EUR", None),
        ("Kundennr.,Rechnungsdatum,Betrag in EUR", "Kundennr.,Rechnungsdatum,Betrag in EUR,,"),
    ],
)
def test_headings_of_invoices(headings: str, taken: str | None, tmp_path: Path) -> None:
    text = headings + "\n" + ",".join("1" for _ in headings.split(",")) + "\n"
    if taken is None:
        taken = headings + ",,"
    names = [each.header for each in transactions.TABLE.columns]
    expected = {name: heading for name, heading in zip(names, taken.split(","), strict=True) if heading}
    assert invoices(text, tmp_path).choices.columns == expected


def test_the_own_heading_comes_first(tmp_path: Path) -> None:
    export = people("Number,Name,Company,Client ID,Client\n9,x,y,1,Acme\n", tmp_path)
    assert export.choices.columns == {"Client ID": "Client ID", "Client": "Client"}
    assert export.choices.ignored == ["Number", "Name", "Company"]


# amounts and dates


@pytest.mark.parametrize(
    ("amounts", "delimiter", "expected", "decimal", "told"),
    [
        (["1.200", "3,50"], ";", [1200.0, 3.5], ",", ""),
        (["1,200", "3.50"], ";", [1200.0, 3.5], ".", ""),
        (["1.200", "1.200.000"], ",", [1200.0, 1_200_000.0], ",", ""),
        (["1.200", "€ 4"], ";", [1200.0, 4.0], ",", "a decimal comma was assumed, so that 1.200 is 1,200"),
        (["1.200", "7"], ",", [1.2, 7.0], ".", "a decimal point was assumed, so that 1.200 is 1.20"),
        (["1.200", "3,5", "2.5"], ";", [1200.0, 3.5, 2.5], ",", "both a comma and a point"),
        (["12", "-7"], ";", [12.0, -7.0], None, ""),
        (["4.2k", "12"], ";", ["4.2k", 12.0], None, ""),
    ],
)
def test_the_decimal_sign_of_a_whole_column(
    amounts: list[str], delimiter: str, expected: list[object], decimal: str | None, told: str, tmp_path: Path
) -> None:
    lines = ["Client ID,Issue date,Amount", *(f'1,2026-01-31,"{each}"' for each in amounts)]
    if delimiter == ";":
        lines = [
            line.replace(",", ";", 2) if at else line.replace(",", ";") for at, line in enumerate(lines)
        ]  # the amount's own comma stays
    export = invoices("\n".join(lines), tmp_path)
    assert [each for (each,) in values(export, transactions.AMOUNT)] == expected
    assert export.choices.decimal == decimal
    assert told in remarks(export)
    assert bool(told) == bool(export.choices.remarks)


def test_both_ways_to_read_a_date_are_offered_where_nothing_suggests_one(tmp_path: Path) -> None:
    export = invoices("Client ID,Issue date\n1,03/04/2026\n2,2026-05-01\n", tmp_path)
    assert values(export, transactions.ISSUE_DATE) == [("03/04/2026",), (date(2026, 5, 1),)]
    assert "Give --date-order DMY or MDY." in remarks(export)


def test_a_day_before_excels_calendar_stays_as_it_is(tmp_path: Path) -> None:
    export = people("Client ID,Client,Created on\n1,Acme,1899-12-31\n", tmp_path)
    assert values(export, clients.CREATED_ON) == [("1899-12-31",)]


# who the client is


# workbooks and Parquet


def workbook(path: Path, rows: list[list[Any]], *, table: str | None = None, top: int = 1) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.cell(top + at, 2 + column, value)
    if table:
        end = get_column_letter(1 + len(rows[0]))
        sheet.add_table(ExcelTable(displayName=table, ref=f"B{top}:{end}{top + len(rows) - 1}"))
    book.save(path)
    return path


ROWS: list[list[Any]] = [
    ["Invoice no", "Customer no", "Invoice date", "Total", "Extra"],
    ["R1", 1001, datetime(2026, 5, 4), 12.5, "x"],
    ["R2", "007", "2026-05-05", "1.200,50", None],
]


def test_the_first_table_of_a_workbook(tmp_path: Path) -> None:
    book = workbook(tmp_path / "invoices.xlsx", ROWS, table="Debtors", top=4)
    export = read_transactions(book)
    assert export.choices.form == "Excel, table Debtors"
    assert values(export, transactions.CLIENT_ID, transactions.ISSUE_DATE, transactions.AMOUNT) == [
        (1001.0, date(2026, 5, 4), 12.5),
        ("007", date(2026, 5, 5), 1200.5),
    ]
    assert (export.data.header_row, export.data.first_column) == (4, 2)


def test_the_first_sheet_of_a_workbook_without_tables(tmp_path: Path) -> None:
    titled: list[list[Any]] = [
        ["Invoices of 2026", "in EUR", None, None, None],
        [None] * 5,
        *ROWS,
        ["Total", None, None, 1213, None],
    ]
    book = workbook(tmp_path / "invoices.xlsx", titled)
    export = read_transactions(book)
    assert export.choices.form == "Excel, sheet Sheet"
    assert [each for (each,) in values(export, transactions.AMOUNT)] == [12.5, 1200.5]
    assert "row 6" in remarks(export)


def test_parquet(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"Customer no": ["007", "8"], "Name": ["Acme", None], "Created at": [datetime(2026, 1, 31, 9), None]}
    )
    frame.write_parquet(tmp_path / "clients.parquet")
    export = read_clients(tmp_path / "clients.parquet")
    assert values(export, clients.CLIENT_ID, clients.NAME, clients.CREATED_ON) == [
        ("007", "Acme", date(2026, 1, 31)),
        ("8", None, None),
    ]


# what is refused


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("c.csv", "", "is empty"),
        ("c.csv", "\n , \n", "is empty"),
        ("c.csv", bytes(range(256)), "is not a text"),
        ("c.csv", "PK\x03\x04zip", "give it the ending .xlsx"),
        ("c.csv", "PAR1", "give it the ending .parquet"),
        ("c.csv", "%PDF-1.7", "PDF"),
        ("c.csv", "<html><table></table></html>", "web page"),
        ("c.csv", 'Client ID,Client\n1,"Acme\n2,Bolt\n', "never closed, in the record that begins in line 2"),
        ("c.csv", "First,Second\n1,2\n", r"no column that is known as Client ID or Client .*First, Second"),
        ("c.xlsx", "no zip", "workbook"),
        ("c.parquet", "no parquet", "not a Parquet file"),
        ("c.xls", "x", "save it as .xlsx"),
        ("c.ods", "x", "save it as .xlsx or CSV"),
        ("c.doc", "x", "what can be read is .csv, .txt, .tsv, .parquet, .xlsx, .xlsm"),
    ],
)
def test_refused(name: str, content: str | bytes, says: str, tmp_path: Path) -> None:
    path = written(content, tmp_path, name)
    with pytest.raises(KopilotError, match=says) as refusal:
        read_clients(path)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"There is no file .*none\.csv"):
        read_clients(tmp_path / "none.csv")
    with pytest.raises(BookError, match="is a folder"):
        read_clients(tmp_path)


def test_a_missing_issue_date_names_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"known as Issue date .*Client ID, When.* headings: Issue date, I"):
        invoices("Client ID,When\n1,2026-01-31\n", tmp_path)
