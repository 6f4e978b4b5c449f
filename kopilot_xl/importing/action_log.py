"""A log of actions in a file, with the columns of the sheet Actions."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from kopilot_xl.importing.amounts import settled_amounts
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.dates import settled_dates
from kopilot_xl.importing.encodings import shown
from kopilot_xl.importing.files import tables_of
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.headings import ACTIONS, no_header
from kopilot_xl.importing.output import ImportedTable, SourcedData
from kopilot_xl.importing.roles import known_headings
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Column, Format


def read_action_log(path: str | PathLike[str], order: DateOrder | None = None) -> ImportedTable:
    """Read a log of actions: CSV, Parquet or a workbook.

    Args:
        path: the file; of a workbook the first table with the columns of a log is read.
        order: how to read a text such as 03/04/2026.

    Raises:
        BookError: there is no such file, or it cannot be read.
        MissingError: it does not tell the client, the action or when it was recorded.
        QuestionError: its dates or amounts leave open what they mean.
    """
    tables = tables_of(Path(path), known_headings)
    for raw in sorted(tables, key=lambda table: (table.hidden, not table.own)):
        found = ACTIONS.find(raw.rows)
        if found is not None:
            return _log(raw, *found, order)
    raise no_header(str(path), tables[0].rows, ACTIONS)


def _log(raw: RawTable, header: int, taken: dict[Column, int], order: DateOrder | None) -> ImportedTable:
    rows = [
        (header + 1 + at, row) for at, row in enumerate(raw.rows[header + 1 :]) if any(cell is not None for cell in row)
    ]
    headings = {column: str(raw.rows[header][at]) for column, at in taken.items()}
    choices = ImportChoices(order)
    columns: dict[Column, Sequence[Value]] = {}
    notes = list(raw.notes)
    decimal = None
    for column, at in taken.items():
        values = [row[at] if at < len(row) else None for _, row in rows]
        label = f"{raw.label}, {headings[column]}"
        if column.format is Format.AMOUNT:
            read = settled_amounts(label, values, choices)
            decimal, values = read.decimal, read.values
            notes += read.notes
        elif column.format is Format.DATE and column is not actions.RECORDED_ON:  # of which the time of day counts
            days = settled_dates(label, values, choices)
            values = list(days.values)
            notes += [f"{headings[column]}: {note}" for note in days.notes]
        columns[column] = [str(value) if isinstance(value, ErrorValue) else value for value in values]
    data = SourcedData(
        name=actions.TABLE.name,
        sheet=raw.path.name,
        header_row=raw.row_number(header),
        first_column=raw.left,
        headers=[column.header for column in columns],
        rows=list(zip(*columns.values(), strict=True)),
        numbers=[raw.row_number(at) for at, _ in rows],
    )
    summary = FileSummary(
        file=raw.path.name,
        form=raw.form,
        rows=len(rows),
        encoding=shown(raw.encoding) if raw.encoding else None,
        delimiter=raw.delimiter,
        decimal=decimal,
        columns={column.header: heading for column, heading in headings.items()},
        ignored=[
            str(cell) for at, cell in enumerate(raw.rows[header]) if cell is not None and at not in taken.values()
        ],
        remarks=notes,
        table="actions",
    )
    return ImportedTable(actions.TABLE, data, summary)
