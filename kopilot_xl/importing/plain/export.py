"""Tables outside a Kopilot workbook: exports of accounting software, and what was decided in reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.importing.plain.conversion import _converted, _day, _decimal, _doubtful
from kopilot_xl.importing.plain.files import _grid
from kopilot_xl.importing.plain.headings import (
    _ACTIONS,
    CLIENTS,
    TRANSACTIONS,
    Wanted,
    _Found,
    _no_header,
    _word,
    no_heading,
)
from kopilot_xl.importing.plain.totals import _numbered, _without_totals
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.book import ErrorValue, TableData, Value
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.tables.parsing import DateOrder, is_blank, read_amount
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows

Choices = FileSummary
"""How an export was read."""


@dataclass(frozen=True)
class Export:
    """A table read from a file: `data` has the sheet's own headings for the columns that were taken."""

    table: Table
    data: TableData
    choices: FileSummary

    @property
    def rows(self) -> TableRows:
        """The rows that are not blank, to be read as those of a sheet."""
        return TableRows(self.table, self.data)


def read_clients(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read a list of clients from CSV, Parquet or a workbook.

    A list without ids has its names for ids, one without names its ids for names.

    Raises:
        BookError: there is no such file, or it is not what its ending says.
        MissingError: no heading in it is known as a client's id or name.
    """
    return _export(_named(_look(path, CLIENTS)), date_order)


def read_transactions(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read a list of transactions whose clients are told by their ids.

    Raises:
        BookError: as `read_clients`.
        MissingError: as `read_clients`; or it has no issue date or no client ids.
    """
    rows = _look(path, TRANSACTIONS)
    if transactions.CLIENT_ID not in rows.taken:
        raise no_heading(str(rows.grid.path), transactions.CLIENT_ID, rows.headings)
    return _export(rows, date_order)


def read_actions(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read an action log, with the columns of the Actions sheet.

    Raises:
        BookError: as `read_clients`.
        MissingError: it does not tell the client, the action or when it was recorded.
    """
    return _export(_look(path, _ACTIONS), date_order)


def _named(people: _Found) -> _Found:
    """Have the one column of a list of clients stand for the other where that is missing."""
    if not people.has(clients.CLIENT_ID) and people.has(clients.NAME):
        return people.also(clients.CLIENT_ID, clients.NAME, "There are no client ids: the names serve as ids.")
    if clients.NAME not in people.taken:
        return people.also(clients.NAME, clients.CLIENT_ID, "There are no names: the ids serve as names.")
    return people


# from files to cells


def _look(path: str | PathLike[str], wanted: Wanted) -> _Found:
    """Read a file's cells and find the header row.

    Raises:
        BookError: it cannot be read.
        MissingError: there is no such row.
    """
    grid = _grid(Path(path), wanted)
    if not any(_word(each) for row in grid.rows for each in row):
        raise BookError(t("{path} is empty. Export it again, with a row of headings.", path=grid.path))
    found = wanted.find(grid.rows)
    if found is None:
        raise _no_header(grid, wanted)
    return _Found(grid, wanted, *found)


# from cells to values


def _export(found: _Found, order: DateOrder | None) -> Export:
    """Return the table with true dates and amounts where a text leaves no doubt."""
    grid, table = found.grid, found.wanted.table
    remarks = [each for each in grid.remarks if each]
    taken = {each: found.taken[each] for each in table.columns if each in found.taken}
    body, more = _without_totals(found, taken)
    remarks += more
    wide = [at for at, row in enumerate(body) if any(not is_blank(each) for each in row[len(found.headings) :])]
    if wide:
        first = grid.top + found.header + 1
        remarks.append(
            f"Cells beyond the last heading were not taken, in {_numbered([first + at for at in wide])}: "
            "an amount with a decimal comma may stand there without quotation marks."
        )
    decimal = None
    columns: dict[Column, list[Value]] = {}
    for column, at in taken.items():
        values = [row[at] if at < len(row) else None for row in body]
        if column.format is Format.AMOUNT:
            decimal, said = _decimal(values, grid.delimiter)
            remarks += said
            values = _converted(values, lambda value, sign=decimal: read_amount(value, sign))  # type: ignore[misc]
        elif column.format is Format.DATE and column is not actions.RECORDED_ON:  # of which the time of day counts
            said = _doubtful(column, values, order)
            remarks += said
            values = _converted(values, lambda value: _day(value, order))
        else:
            values = [str(each) if isinstance(each, ErrorValue) else each for each in values]
        columns[column] = values
    headers, rows = _laid_out(columns, taken, found.headings, len(body))
    data = TableData(
        name=table.name,
        sheet=grid.path.name,
        header_row=grid.top + found.header,
        first_column=grid.left,
        headers=headers,
        rows=rows,
    )
    choices = FileSummary(
        file=grid.path.name,
        form=grid.form,
        rows=len(TableRows(table, data)),
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        decimal=decimal,
        columns={each.header: found.headings[at] for each, at in taken.items()},
        ignored=_ignored(found, set(taken.values()), body),
        remarks=remarks,
    )
    return Export(table, data, choices)


def _laid_out(
    columns: Mapping[Column, list[Value]], taken: Mapping[Column, int], headings: Sequence[str], height: int
) -> tuple[list[str], list[Sequence[Value]]]:
    """Our own headings and the values where the file has them, so that problems name the right cell.

    A column that is not taken is blank. One that is taken twice, as id and as name, stands at the end as well.
    """
    headers = [""] * len(headings)
    table: list[list[Value]] = [[None] * height] * len(headings)
    for column, at in taken.items():
        if headers[at]:
            headers.append(column.header)
            table.append(columns[column])
        else:
            headers[at], table[at] = column.header, columns[column]
    return headers, list(zip(*table, strict=True))


def _ignored(found: _Found, used: set[int], body: Sequence[Sequence[Value]]) -> list[str]:
    ignored = []
    for at, heading in enumerate(found.headings):
        if at in used:
            continue
        if heading:
            ignored.append(heading)
        elif any(at < len(row) and not is_blank(row[at]) for row in body):
            ignored.append(f"column {column_letters(found.grid.left + at)}, which has no heading")
    return ignored
