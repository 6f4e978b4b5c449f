"""One workbook: a refresh as a whole process, beside what others need for less, and the least anyone needs.

The workbook was refreshed in each of two weeks before, so that a refresh has as much to write as on a Monday morning.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

from bench.portfolios import AS_OF
from bench.timing import Side

FLOOR = """
import io, sys, zipfile, zlib
import lxml.etree, python_calamine, rich.console, typer
data = open(sys.argv[1], "rb").read()
book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
for sheet in ("Clients", "Transactions"):
    book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
parts = zipfile.ZipFile(io.BytesIO(data))
for part in sys.argv[2:]:
    zlib.compress(parts.read(part), 6)
"""
OPENPYXL = "import sys, openpyxl; openpyxl.load_workbook(sys.argv[1], keep_vba=True).save(sys.argv[2])"
PANDAS = """
import sys
import numpy, pandas
as_of = pandas.Timestamp(sys.argv[2])
sheets = pandas.read_excel(sys.argv[1], sheet_name=["Clients", "Transactions"], engine="openpyxl")
clients, rows = sheets["Clients"], sheets["Transactions"]
sent = rows[rows["Status"].isin(["Issued", "Paid", "Overdue"]) & (rows["Issue date"] <= as_of)]
last = clients["Client ID"].map(sent.groupby("Client ID")["Issue date"].max())
months = [as_of - pandas.DateOffset(months=number) for number in (4, 8)]
days = [as_of - pandas.Timedelta(days=number) for number in (370, 400)]
places = [last >= day for day in (*months, *days)]
clients["Segment"] = numpy.select(places, ["Active", "Sleeping Away", "Hibernating", "Leaving"], "Lost")
print(clients["Segment"].value_counts())
"""


def sides(folder: Path, clients: int, transactions: int, *, alone: bool = False) -> list[Side]:
    """Make the workbook and return the sides: the refresh, and with others beside it unless it is to be alone."""
    source, ours = folder / f"portfolio-{clients}.xlsm", folder / f"refreshed-{clients}.xlsm"
    make(
        f"from bench.portfolios import make_portfolio; make_portfolio(Path({str(source)!r}), {clients}, {transactions})"
    )
    kopilot = ("-m", "kopilot_xl", "refresh", str(source))
    for weeks in (2, 1):
        before = (AS_OF - timedelta(weeks=weeks)).isoformat()
        subprocess.run([sys.executable, *kopilot, "--as-of", before], check=True, capture_output=True)
    refresh = (*kopilot, "--as-of", AS_OF.isoformat(), "--output", str(ours))
    found = [Side("kopilot-xl refresh", refresh)]
    if alone:
        return found
    subprocess.run([sys.executable, *refresh], check=True, capture_output=True)
    found += [
        Side("floor: import, read, inflate, deflate", ("-c", FLOOR, str(ours), *changed(source, ours))),
        Side("openpyxl: load and save only", ("-c", OPENPYXL, str(source), str(folder / "theirs.xlsm"))),
        Side("pandas with openpyxl: read and group only", ("-c", PANDAS, str(source), AS_OF.isoformat())),
    ]
    return found


def formula_sides(folder: Path, clients: int, transactions: int) -> list[Side]:
    """Make the workbook and return the refresh, and LibreOffice working out formulas that say the same, if it is here.

    The time of these formulas goes with the square of the size.
    """
    found = sides(folder, clients, transactions, alone=True)
    office = shutil.which("soffice")
    if office is None:
        return found
    source, formulas = folder / f"portfolio-{clients}.xlsm", folder / "formulas.xlsx"
    make(f"from bench.refreshing import make_formulas; make_formulas(Path({str(source)!r}), Path({str(formulas)!r}))")
    recalculate = f"-env:UserInstallation={(folder / 'profile').as_uri()} --headless --convert-to xlsx --outdir"
    run = [office, *recalculate.split(), str(folder / "office"), str(formulas)]
    code = f"import subprocess; subprocess.run({run!r}, check=True, capture_output=True)"
    return [*found, Side("LibreOffice: MAXIFS, MINIFS, SUMIFS, nested IF", ("-c", code), rounds=1)]


def make(code: str) -> None:
    """Run code in a process of its own: one started by a large process counts that one's memory as its own."""
    subprocess.run([sys.executable, "-c", f"from pathlib import Path; {code}"], check=True)


def changed(before: Path, after: Path) -> list[str]:
    """Return the names of the parts that differ between two workbooks."""
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
        return [name for name in new.namelist() if old.read(name) != new.read(name)]


def make_formulas(book: Path, path: Path) -> None:
    """Write the clients and transactions of a workbook, and formulas that say of each client what a refresh says."""
    import xlsxwriter

    from kopilot_xl.workbook.opening import open_book

    opened = open_book(book)
    people, rows = opened.table("Clients"), opened.table("Transactions")
    last = len(rows.rows) + 1
    client, day, amount, status = (f"Transactions!${letter}$2:${letter}${last}" for letter in "ABCD")
    sent = f'{client},A{{0}},{day},"<="&$H$1,{status},"<>Planned",{status},"<>Draft",{status},"<>Canceled"'
    formulas = (
        f"=_xlfn.MAXIFS({day},{sent})",
        f'=_xlfn.MINIFS({day},{client},A{{0}},{day},">"&$H$1,{status},"<>Draft",{status},"<>Canceled")',
        f'=SUMIFS({amount},{sent},{day},">"&EDATE($H$1,-12))',
        '=IF(C{0}>0,IF(B{0}>=EDATE($H$1,-4),"Active",IF(B{0}>=EDATE($H$1,-8),"Sleeping Away",'
        'IF(B{0}>=$H$1-400,"Hibernating","New"))),'
        'IF(B{0}=0,"No Activity",IF(B{0}>=EDATE($H$1,-4),"Active",IF(B{0}>=EDATE($H$1,-8),"Sleeping Away",'
        'IF(B{0}>=$H$1-370,"Hibernating",IF(B{0}>=$H$1-400,"Leaving","Lost"))))))',
    )
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        workbook.set_calc_mode("auto")
        sheet = workbook.add_worksheet("Clients")
        sheet.write_row(0, 0, ["Client ID", "Last invoice", "Next planned", "Value", "Segment"])
        sheet.write_datetime(0, 7, AS_OF)
        for number, row in enumerate(people.rows, 2):
            sheet.write(number - 1, 0, row[0])
            for column, formula in enumerate(formulas, 1):
                sheet.write_formula(number - 1, column, formula.format(number), None, "")
        sheet = workbook.add_worksheet("Transactions")
        for number, row in enumerate([rows.headers, *rows.rows]):
            sheet.write_row(number, 0, row)
