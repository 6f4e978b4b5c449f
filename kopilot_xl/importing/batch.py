"""The documents of one table of invoices, and how they were found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kopilot_xl.importing.columns import InvoiceColumns
from kopilot_xl.importing.documents import Document
from kopilot_xl.importing.joining import Joined
from kopilot_xl.importing.programs import Program
from kopilot_xl.importing.states import States
from kopilot_xl.importing.totals import SortedRows


@dataclass
class Batch:
    """The documents of a table of invoices, and how they were found."""

    mapping: InvoiceColumns
    rows: list[int]
    sorted_rows: SortedRows
    states: States
    joined: Joined
    documents: list[Document]
    decimal: str | None
    program: Program | None
    notes: list[str]
    left_out: Counter[str]
    unread: list[int]
    """documents whose amount cannot be read"""
