"""A new workbook from CSV: clients and invoices of made-up firms, beside what reads and writes them with pandas."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

from bench.timing import Side

PANDAS = """
import sys
import pandas
clients, rows = (pandas.read_csv(path) for path in sys.argv[1:3])
for frame, column in ((clients, "Created on"), (rows, "Issue date")):
    frame[column] = pandas.to_datetime(frame[column])
assert rows["Client ID"].isin(clients["Client ID"]).all()
with pandas.ExcelWriter(sys.argv[3], engine="xlsxwriter") as book:
    clients.to_excel(book, sheet_name="Clients", index=False)
    rows.to_excel(book, sheet_name="Transactions", index=False)
"""


def sides(folder: Path, clients: int, transactions: int) -> list[Side]:
    """Write the files and return the sides."""
    folder.mkdir(exist_ok=True)
    people, rows = folder / "clients.csv", folder / "invoices.csv"
    write(people, rows, clients, transactions)
    ours, theirs = folder / "ours.xlsm", folder / "theirs.xlsx"
    files = ("--clients", str(people), "--transactions", str(rows))
    return [
        Side("kopilot-xl new", ("-m", "kopilot_xl", "new", str(ours), "--force", *files)),
        Side("pandas and XlsxWriter: the same rows", ("-c", PANDAS, str(people), str(rows), str(theirs))),
    ]


def write(people: Path, rows: Path, clients: int, transactions: int) -> None:
    """Write a list of clients and their invoices."""
    draw = random.Random(7)
    first = date(2022, 1, 1)
    with people.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Client ID", "Client", "Created on"])
        for number in range(clients):
            writer.writerow([f"C{number:05}", f"Client {number}", first + timedelta(draw.randrange(1_000))])
    with rows.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Client ID", "Issue date", "Amount", "Status", "Reference"])
        for number in range(transactions):
            client, day = f"C{draw.randrange(clients):05}", first + timedelta(draw.randrange(1_780))
            status = draw.choice(["Paid", "Paid", "Paid", "Sent", "Overdue"])
            writer.writerow([client, day, f"{draw.randrange(100, 900_000) / 100:.2f}", status, f"INV-{number:06}"])
