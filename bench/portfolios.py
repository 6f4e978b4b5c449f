"""Workbooks of any size to measure with: the template, filled with a portfolio drawn from a fixed seed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.template import TEMPLATE

AS_OF = date(2026, 7, 1)


def make_portfolio(path: Path, client_count: int, transaction_count: int) -> Path:
    """Write a workbook with so many clients and transactions of the last three years; return its path."""
    draw = random.Random(20260701)
    ids: list[Value] = [f"C{number:06d}" for number in range(1, client_count + 1)]
    book = open_book(TEMPLATE)
    book.write_table(
        clients.TABLE.name,
        {
            clients.CLIENT_ID.header: ids,
            clients.NAME.header: [f"Client {number:06d}" for number in range(1, client_count + 1)],
            clients.CREATED_ON.header: [AS_OF - timedelta(days=draw.randrange(2500)) for _ in ids],
        },
    )
    rows = range(transaction_count)
    book.write_table(
        transactions.TABLE.name,
        {
            transactions.CLIENT_ID.header: [draw.choice(ids) for _ in rows],
            transactions.ISSUE_DATE.header: [AS_OF - timedelta(days=draw.randrange(-120, 1100)) for _ in rows],
            transactions.AMOUNT.header: [round(draw.uniform(80, 9000), 2) for _ in rows],
            transactions.STATUS.header: [draw.choice(("Issued", "Paid", "Paid", "Paid", "Draft")) for _ in rows],
            transactions.REFERENCE.header: [f"INV-{number:06d}" for number in rows],
        },
    )
    book.save(path)
    return path
