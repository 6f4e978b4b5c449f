"""The invented sample portfolio: a small software house, its clients and its invoices of three years."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from io import StringIO
from os import PathLike
from pathlib import Path

from kopilot_xl.domain.rules import add_months
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import actions as action_log
from kopilot_xl.workbook.sheets import client as card
from kopilot_xl.workbook.sheets import clients as client_list
from kopilot_xl.workbook.sheets import history as past
from kopilot_xl.workbook.sheets import settings as chosen
from kopilot_xl.workbook.sheets import transactions as invoices
from kopilot_xl.workbook.tables.table import Column, Format, Table
from kopilot_xl.workbook.template import template_for

HERE = Path(__file__).parent

SAMPLE_DATE = date(2026, 7, 1)
"""The day the sample is looked at."""
_CLOCK = time(8, 30)


def clock(day: date) -> datetime:
    """Return when the sample was refreshed on a day."""
    return datetime.combine(day, _CLOCK)


SAMPLE_MOMENT = clock(SAMPLE_DATE)
"""When the sample was refreshed last."""

COMPANY = "Fjordlicht Software"
PICKED = "Bäckerei Wolkenstein (1012)"
"""The client whose card is shown."""


def clients() -> list[list[Value]]:
    """Return the rows of the Clients table: the columns the user keeps."""
    return _rows(client_list.TABLE)


def transactions() -> list[list[Value]]:
    """Return the rows of the Transactions table."""
    return _rows(invoices.TABLE)


def actions() -> list[list[Value]]:
    """Return the rows of the Actions table: the columns the user keeps."""
    return _rows(action_log.TABLE)


def history() -> list[list[Value]]:
    """Return the rows of the History table: what refreshing each month before the sample's date gave."""
    return _rows(past.TABLE, lambda column: True)


def settings() -> Mapping[str, Value]:
    """Return the settings that differ from their defaults, by the names of their cells."""
    return {chosen.COMPANY.name: COMPANY, chosen.AS_OF.name: SAMPLE_DATE}


def write_sample(
    path: str | PathLike[str], *, template: str | PathLike[str] | None = None, with_history: bool = True
) -> None:
    """Write the sample as a new workbook: a copy of the template with the rows filled in.

    The template is that of the edition which the ending of the path means, unless it is given.

    With its history it was refreshed last a month before its date; without, never.

    Raises:
        KopilotError: it cannot be written.
    """
    shutil.copyfile(template or template_for(path), path)
    book = open_book(path)
    tables = {client_list.TABLE: clients(), invoices.TABLE: transactions(), action_log.TABLE: actions()}
    if with_history:
        tables[past.TABLE] = history()
    for table, rows in tables.items():
        headers = [column.header for column in table.columns if table is past.TABLE or not column.written]
        book.write_table(table.name, dict(zip(headers, map(list, zip(*rows, strict=True)), strict=True)))
    for name, value in {**settings(), card.PICK: PICKED}.items():
        book.write_block(name, [[value]])
    book.save()
    if with_history:
        month_before = add_months(SAMPLE_DATE, -1)
        refresh(open_book(path), month_before, now=clock(month_before))


def _rows(table: Table, wanted: Callable[[Column], bool] = lambda column: not column.written) -> list[list[Value]]:
    """The rows of a table in its file, each cell read as its column's format says, else as text."""
    columns = [column for column in table.columns if wanted(column)]
    with (HERE / f"{table.name.lower()}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if header != [column.header for column in columns]:
        raise ValueError(f"{file.name}: its header is not that of the table {table.name}")
    return [[_typed(text, column) for text, column in zip(row, columns, strict=True)] for row in rows]


def _typed(text: str, column: Column) -> Value:
    """What a user typing this into Excel would get; an apostrophe keeps it a text."""
    if not text:
        return None
    if text.startswith("'"):
        return text[1:]
    try:
        if column.format in {Format.DATE, Format.MOMENT}:
            return datetime.fromisoformat(text) if ":" in text else date.fromisoformat(text)
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def as_csv(table: Table, rows: Sequence[Sequence[Value]]) -> str:
    """Return rows of a whole table as the text of the file they are read back from."""
    text = StringIO()
    file = csv.writer(text, lineterminator="\n")
    file.writerow(table.headers)
    file.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def _plain(value: Value) -> Value:
    """A value as a user would type it: a whole number without decimals."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
