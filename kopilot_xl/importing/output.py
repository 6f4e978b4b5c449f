"""An import as our tables: Clients with the user's own columns, and Transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from os import PathLike

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.joining import NOBODY
from kopilot_xl.importing.layout import Table as Source
from kopilot_xl.importing.reading import Imported, Paths, read_exports
from kopilot_xl.importing.summary import FileSummary, Verdict
from kopilot_xl.importing.vocabulary import State
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Table, TableRows, same_name

_LONGEST_HEADING = 240
"""Excel allows 255 characters in the heading of a table."""


@dataclass(frozen=True)
class SourcedData(TableData):
    """A table whose rows are from files: `numbers` and `letters` are their rows and columns there."""

    numbers: Sequence[int] = ()
    letters: Sequence[str] = ()

    @property
    def shows_its_cells(self) -> bool:
        """Return False: its rows were read as those of an export are."""
        return False

    def column_letter(self, index: int) -> str:
        """Return the letters of the column of the file that `headers[index]` is from."""
        return self.letters[index] if index < len(self.letters) else super().column_letter(index)

    def row_number(self, index: int) -> int:
        """Return the row of the file, counted from 1, of the data row at `index`."""
        return self.numbers[index] if index < len(self.numbers) else self.header_row + 1 + index


@dataclass(frozen=True)
class ImportedTable:
    """A table read from files.

    Attributes:
        table: our table.
        data: its rows, under our own headings.
        choices: how the file was read.
        own: columns of the user's that come along.
    """

    table: Table
    data: TableData
    choices: FileSummary
    own: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    @property
    def rows(self) -> TableRows:
        """The rows that are not blank, to be read as those of a sheet."""
        return TableRows(self.table, self.data)


@dataclass(frozen=True)
class Pair:
    """Both tables of an import, how its files were read, and the verdict."""

    clients: ImportedTable
    transactions: ImportedTable
    files: Sequence[FileSummary]
    verdict: Verdict
    currency: str | None

    @property
    def summaries(self) -> list[FileSummary]:
        """How the files were read, the last with the doubts that were let pass."""
        *others, last = self.files
        return [*others, replace(last, remarks=[*last.remarks, *self.verdict.warnings])]


def read_pair(
    client_files: Paths | str | PathLike[str] | None,
    transaction_files: Paths | str | PathLike[str] | None,
    choices: ImportChoices | None = None,
    today: date | None = None,
    client_choices: ImportChoices | None = None,
) -> Pair:
    """Read lists of clients and of their invoices, as `read_exports` does, into our tables.

    Raises:
        KopilotError: as `read_exports`.
    """
    found = read_exports(_several(client_files), _several(transaction_files), choices, today, client_choices)
    people, rows = _clients(found), _transactions(found)
    return Pair(people, rows, found.files, found.verdict, found.currency)


def choices_of(order: DateOrder | None) -> ImportChoices:
    """Return the choices that only an order of day and month makes."""
    return ImportChoices(date_order=order)


def _several(paths: Paths | str | PathLike[str] | None) -> Paths | None:
    return [paths] if isinstance(paths, str | PathLike) else paths


def _clients(found: Imported) -> ImportedTable:
    source = found.people.table if found.people is not None else None
    rows = [(each.id, each.name, each.created) for each in found.clients]
    headers = [clients.CLIENT_ID.header, clients.NAME.header, clients.CREATED_ON.header]
    numbers = [_number(source, each.at) for each in found.clients]
    summary = found.files[0] if found.files else FileSummary("", "", 0)
    return ImportedTable(
        clients.TABLE, _data(clients.TABLE, source, headers, rows, numbers), summary, _named(found.own)
    )


def _named(own: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """The user's own columns under headings that no other column of the table has."""
    taken = {same_name(each) for each in clients.TABLE.headers}
    found: dict[str, Sequence[Value]] = {}
    for heading, values in own.items():
        plain = " ".join(heading.split())[:_LONGEST_HEADING]
        name, number = plain, 1
        while same_name(name) in taken:
            number += 1
            name = f"{plain} ({number})"
        taken.add(same_name(name))
        found[name] = values
    return found


def transaction_rows(found: Imported) -> tuple[list[tuple[Value, ...]], list[int], Source | None]:
    """Return the transactions of an import, the rows they are from, and the table of the first of them."""
    rows: list[tuple[Value, ...]] = []
    numbers: list[int] = []
    source: Source | None = None
    for batch in found.batches:
        source = source or batch.mapping.table
        column = batch.joined.column
        state_of = {state: state.value for state in State}
        for each in batch.documents:
            if each.client == NOBODY or each.client not in found.id_of:
                known: Value = (
                    column.values[each.row]
                    if column is not None
                    else " / ".join(batch.sorted_rows.groups.get(each.row, ()))
                )
            else:
                known = found.id_of[each.client]
            status: Value = each.word if each.state is None else state_of[each.state]
            rows.append((known, each.day, each.amount, status, each.number or None))
        numbers += _numbers(batch.mapping.table, [each.row for each in batch.documents])
        for row in batch.sorted_rows.dateless:  # accepted: the workbook says what is wrong with them
            mapping = batch.mapping
            rows.append(
                (
                    None if column is None else column.values[row],
                    mapping.date.values[row],
                    mapping.amount.column.values[row] if mapping.amount else None,
                    mapping.statuses[0].values[row] if mapping.statuses else None,
                    mapping.number.values[row] if mapping.number else None,
                )
            )
            numbers.append(_number(mapping.table, row))
    return rows, numbers, source


def _transactions(found: Imported) -> ImportedTable:
    rows, numbers, source = transaction_rows(found)
    headers = [each.header for each in transactions.TABLE.columns]
    summary = next((each for each in reversed(found.files)), FileSummary("", "", 0))
    return ImportedTable(transactions.TABLE, _data(transactions.TABLE, source, headers, rows, numbers), summary, {})


def _number(source: Source | None, row: int) -> int:
    return 0 if source is None else source.source(row).row_number(source.at[row])


def _numbers(source: Source, rows: Sequence[int]) -> list[int]:
    if source.sources:
        return [_number(source, row) for row in rows]
    top, at = source.raw.row_number(0), source.at
    return [top + at[row] for row in rows]


def _data(
    table: Table, source: Source | None, headers: Sequence[str], rows: Sequence[Sequence[Value]], numbers: Sequence[int]
) -> TableData:
    return SourcedData(
        name=table.name,
        sheet=source.raw.path.name if source is not None else table.name,
        header_row=source.raw.row_number(source.header) if source is not None else 1,
        first_column=source.raw.left if source is not None else 1,
        headers=headers,
        rows=rows,
        numbers=numbers,
    )
