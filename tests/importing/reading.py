"""Invented files of one firm, and what is read from them: helpers of the tests of an import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.output import Pair, read_pair
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.tables.parsing import DateOrder

PEOPLE = "Client ID,Client\n1,Acme\n2,Bolt\n3,Cole\n"
"""Three clients, as most tests have them."""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def imported(
    folder: Path, rows: str | bytes, people: str | bytes | None = PEOPLE, order: DateOrder | None = None, **choices: Any
) -> Pair:
    """Read a text of invoices, and one of clients."""
    listed = None if people is None else written(folder, "clients.csv", people)
    return read_pair(listed, written(folder, "invoices.csv", rows), ImportChoices(order, **choices))


def documents(pair: Pair) -> list[tuple[Value, ...]]:
    """Return client, day as ISO text, amount and status of each document."""
    found: list[tuple[Value, ...]] = []
    for client, day, amount, status, _ in pair.transactions.data.rows:
        found.append((client, str(day), amount, status))
    return found


def amounts(pair: Pair) -> list[Value]:
    """Return the amounts of the documents."""
    return [row[2] for row in pair.transactions.data.rows]


def days(pair: Pair) -> list[str]:
    """Return the issue dates of the documents, as ISO texts."""
    return [str(row[1]) for row in pair.transactions.data.rows]


def said(pair: Pair) -> str:
    """Return all that was assumed."""
    return " ".join(remark for each in pair.files for remark in each.remarks)
