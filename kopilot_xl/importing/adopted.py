"""The tables of an owner's workbook that was adopted, read as any export is, where they are.

The block Sources names them (`workbook.sheets.own_tables`). From then on the table of the clients counts as Clients:
its columns go by our headings, and what a refresh writes goes into the columns at its right end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.columns import MAPPED
from kopilot_xl.importing.files import cell_value
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.layout import Column as Source
from kopilot_xl.importing.layout import Table as Laid
from kopilot_xl.importing.layout import laid_out, text_of
from kopilot_xl.importing.output import SourcedData, transaction_rows
from kopilot_xl.importing.reading import Imported, read_tables
from kopilot_xl.importing.totals import SortedRows
from kopilot_xl.texts import marked, t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Block, Book, TableData, Value
from kopilot_xl.workbook.sheets import clients, own_tables, transactions
from kopilot_xl.workbook.sheets.client_formulas import CALCULATED, MACRO_FREE
from kopilot_xl.workbook.sheets.facts import is_macro_free
from kopilot_xl.workbook.sheets.own_tables import OwnTable, OwnTables
from kopilot_xl.workbook.tables.joining import join
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Column, Table, TableRows, same_name

_TAKEN = marked("Taken as it is. Correct it in the table, or settle it in the block Sources of Settings.")


@dataclass(frozen=True)
class _Place:
    """A table of the owner's where it is: its rows as an import reads them, its sheet, and all its headings."""

    laid: Laid
    sheet: str
    headings: Sequence[str]
    """those of the columns that a refresh writes among them"""
    cells: Sequence[Sequence[Value]]
    """its cells as they are, from the first of `laid.raw` on"""

    @property
    def header_row(self) -> int:
        """The sheet row of its (last) headings, counted from 1."""
        return self.laid.raw.row_number(max(self.laid.first - 1, 0))

    def held(self, at: int) -> list[Value]:
        """Return what the cells of a column hold, of all its rows."""
        first = self.laid.first
        rows = [*self.cells[first : first + self.height]]
        return [row[at] if at < len(row) else None for row in rows] + [None] * (self.height - len(rows))

    @property
    def height(self) -> int:
        """How many rows it has below the headings."""
        raw = self.laid.raw
        last = len(raw.rows) - 1 if raw.own else max(self.laid.at, default=self.laid.first)
        return max(raw.row_number(last) - self.header_row, 1)


@dataclass(frozen=True)
class Writable:
    """The tables of an adopted workbook as an update compares and writes them, row by row as they are there.

    Attributes:
        clients: the clients, under our headings.
        transactions: the transactions, under our headings; a row that is none is blank.
        by_name: whether a transaction tells its client by name, not by id.
        without_ids: whether the clients have no ids there: their names serve as ids.
    """

    clients: TableData
    transactions: TableData
    by_name: bool
    without_ids: bool


def writable(book: Book, order: DateOrder | None, today: date) -> Writable | None:
    """Return the tables of an adopted workbook for an update to compare and write; None of any other workbook.

    Afterwards they go by the names Clients and Transactions, their columns by our headings.

    Raises:
        BookError: rows of them are not one invoice each, so that none can be added; the text says why.
        MissingError, QuestionError: as `tables`.
    """
    opened = _opened(book, order, today)
    if opened is None:
        return None
    own, listed, table, found, people = opened.own, opened.listed, opened.table, opened.found, opened.people
    batch, headers = found.batches[0], list(table.headings)
    _check_plain(book, found, table)
    people = _without_rows(people, _rows_after(listed, max((client.at for client in found.clients), default=-1)))
    _declare(book, clients.TABLE, own.clients, people, listed)
    height = table.height - _rows_after(table, _last_row(batch.sorted_rows))
    rows: list[list[Value]] = [[None] * len(transactions.TABLE.columns) for _ in range(height)]
    for row, number in zip(*transaction_rows(found)[:2], strict=True):
        rows[number - table.header_row - 1] = list(row)
    headers = [_marked(header) if _is_ours(header) else header for header in headers]
    for column, source in zip(transactions.TABLE.columns, sources(found), strict=True):
        if source is not None:
            headers[source.at] = column.header
    known = TableData(
        transactions.TABLE.name, table.sheet, table.header_row, table.laid.raw.left,
        [each.header for each in transactions.TABLE.columns], rows,
    )  # fmt: skip
    _declare(book, transactions.TABLE, own.transactions, replace(known, headers=headers), table)
    return Writable(people, known, batch.joined.by == "name", _without_ids(found))


def _rows_after(place: _Place, last: int) -> int:
    """How many rows a plain range has after the one at a position of its body; a table of Excel's has none."""
    if place.laid.raw.own or last < 0:
        return 0
    return place.height - (place.laid.raw.row_number(place.laid.at[last]) - place.header_row)


def _last_row(rows: SortedRows) -> int:
    """The position of the last row that is an invoice, be it without a date."""
    return max((*rows.data, *rows.dateless), default=-1)


def _without_rows(data: TableData, rows: int) -> TableData:
    """A table without so many of its last rows."""
    end = len(data.rows) - rows
    return replace(data, rows=data.rows[:end], held={header: held[:end] for header, held in data.held.items()})


def _declare(book: Book, ours: Table, own: OwnTable, data: TableData, place: _Place) -> None:
    """Have a table of the owner's go by the name of ours, as far as it has columns."""
    real = data.headers[: len(place.headings)]
    calculated = [clients.IN_ACTIONS.header, *(each.header for each in CALCULATED if is_macro_free(book))]
    block = Block(data.sheet, data.header_row, data.first_column, real, len(data.rows), calculated)
    book.declare(ours.name, block, own.name if book.is_table(own.name) else None)


def _without_ids(found: Imported) -> bool:
    """Whether the clients have no ids but their names."""
    people = found.people
    named = people.named if people is not None else None
    return people is not None and (not people.ids or (named is not None and people.ids[0].at == named.at))


def _check_plain(book: Book, found: Imported, table: _Place) -> None:
    """Make sure that each row is one invoice, told by the cells of its own row, and that rows can be added below.

    Raises:
        BookError: it is not.
    """
    batch = found.batches[0]
    amount, sorted_rows = batch.mapping.amount, batch.sorted_rows
    last = _last_row(sorted_rows)
    if any(document.lines > 1 for document in batch.documents):
        why = t("an invoice of it takes several rows")
    elif amount is not None and (amount.how != "column" or amount.tax is not None):
        why = t("its amounts are in several columns")
    elif batch.joined.column is None or batch.joined.by not in ("id", "name"):
        why = t("its rows do not name the client")
    elif not table.laid.raw.own and min((*sorted_rows.totals, *sorted_rows.remarks), default=last) < last:
        why = t("there are totals or remarks among its rows; turn it into a table (Ctrl+T)")
    else:
        return
    raise BookError(
        t(
            "{book}: nothing can be added to {table}, for {why}. Add what is new there yourself, and refresh.",
            book=book.name,
            table=table.laid.raw.name,
            why=why,
        )
    )


def tables(book: Book, order: DateOrder | None, today: date) -> tuple[TableRows, TableRows, list[Problem]] | None:
    """Return the clients and the transactions of a workbook that was adopted; None of any other.

    Afterwards its table of clients goes by the name Clients, its columns by our headings.

    Args:
        book: the workbook.
        order: how to read a text such as 03/04/2026.
        today: the day after which dates become unlikely.

    Raises:
        MissingError: a table that Settings names is not there, or a column of it.
        QuestionError: a table leaves a doubt that cannot be passed over.
    """
    opened = _opened(book, order, today)
    if opened is None:
        return None
    invoices = _transactions(opened.found, opened.table)
    return TableRows(clients.TABLE, opened.people), TableRows(transactions.TABLE, invoices), opened.problems


@dataclass(frozen=True)
class _Opened:
    """The tables of an adopted workbook: where they are, what is in them, and what is doubtful about them."""

    own: OwnTables
    listed: _Place
    table: _Place
    found: Imported
    people: TableData
    problems: list[Problem]


def _opened(book: Book, order: DateOrder | None, today: date) -> _Opened | None:
    """Read both tables and have that of the clients go by the name Clients; None of a workbook with tables of ours."""
    own = own_tables.read(book)
    if own is None:
        return None
    listed, joined = _placed(book, own.clients, clients.TABLE)
    table, more = _placed(book, own.transactions, transactions.TABLE)
    found, doubts = _read(listed, table, own, order, today)
    people = _clients(found, listed, own)
    _declare(book, clients.TABLE, own.clients, people, listed)
    return _Opened(own, listed, table, found, people, [*joined, *more, *doubts])


def _placed(book: Book, own: OwnTable, ours: Table) -> tuple[_Place, list[Problem]]:
    """A table of the owner's with its headings found; rows right under a table of Excel's count as its own."""
    problems: list[Problem] = []
    source, columns = own.name, _with_facts(own.columns) if ours is clients.TABLE else own.columns
    if book.is_table(source):
        data = book.table(source)
        headers = [_ours(header, columns) for header in data.headers]
        book.declare(ours.name, Block(data.sheet, data.header_row, data.first_column, headers, len(data.rows)), source)
        found = join(book, ours)
        below = data.row_number(len(book.table(ours.name).rows))
        # What is further below, or beside, is the owner's.
        problems += [each for each in found if each.code is not Code.ROWS_OUTSIDE_TABLE or each.row == below]
        cells: list[Sequence[Value]] = [list(data.headers), *book.table(ours.name).rows]
        top, left, sheet = max(data.header_row, 1), data.first_column, data.sheet
    elif book.has_sheet(source):
        cells, top, left, sheet = list(book.sheet_values(source)), 1, 1, source
    else:
        raise MissingError(
            t(
                "{book} has no table or sheet {source}, where the block Sources of Settings says that the {table} are. "
                "Correct it there.",
                book=book.name,
                source=source,
                table=ours.name,
            )
        )
    end = _first_written(cells, columns) if ours is clients.TABLE else None
    rows = [[cell_value(value) for value in row[:end]] for row in cells]
    form = t("Excel, {source}", source=source)
    raw = RawTable(Path(book.name), form, rows, source, top, left, own=book.is_table(source))
    laid = laid_out(raw, columns.values())
    more = [text_of(cell_value(value)) for value in cells[laid.header][end:]] if end is not None else []
    while more and not more[-1]:
        more.pop()
    return _Place(laid, sheet, [*_padded(laid.headings, end), *more], cells), problems


def _padded(headings: Sequence[str], end: int | None) -> list[str]:
    return [*headings, *[""] * ((end or 0) - len(headings))]


def _ours(header: str, columns: Mapping[str, str]) -> str:
    """What a column of the owner's goes by: our heading, or its own, marked where that is one of ours by chance."""
    for name, heading in columns.items():
        if same_name(heading) == same_name(header):
            return name
    return _marked(header) if _is_ours(header) else header


def _with_facts(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns with the hidden ones of facts, whose headings are only kept where they are not their own."""
    facts = {column.header: column.header for column in MACRO_FREE.columns if column.hidden}
    return {**columns, **{header: heading for header, heading in facts.items() if header not in columns}}


def _is_ours(header: str) -> bool:
    return same_name(header) in {same_name(name) for name in (*MACRO_FREE.headers, *transactions.TABLE.headers)}


def _marked(header: str) -> str:
    return t("{header} (your own)", header=header)


def _first_written(cells: Sequence[Sequence[Value]], columns: Mapping[str, str]) -> int | None:
    """The index of the first column that a refresh writes: what is right of it is no part of the list."""
    ours = [each.header for each in MACRO_FREE.columns if each.written and each.header in columns]
    written = {same_name(columns[header]) for header in ours}
    for row in cells:
        found = [index for index, value in enumerate(row) if isinstance(value, str) and same_name(value) in written]
        if len(found) > len(written) / 2:
            return found[0]
    return None


def _read(
    listed: _Place, table: _Place, own: OwnTables, order: DateOrder | None, today: date
) -> tuple[Imported, list[Problem]]:
    """Read both; what is in doubt is taken as it is, and is a problem."""
    people = ImportChoices(date_order=order, columns=_mappable(own.clients.columns))
    rows = ImportChoices(
        date_order=order, columns=_mappable(own.transactions.columns), statuses=own.transactions.statuses
    )
    try:
        return read_tables(listed.laid, table.laid, people, rows, today), []
    except QuestionError:
        people, rows = replace(people, accept=True, passed=[]), replace(rows, accept=True, passed=[])
        found = read_tables(listed.laid, table.laid, people, rows, today)
    return found, [
        about_sheet(Code.ACCEPTED_DOUBT, place.sheet, text, t(_TAKEN))
        for place, choices in ((listed, people), (table, rows))
        for text in choices.passed
    ]


def _mappable(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: heading for name, heading in columns.items() if fold(name) in MAPPED}


def _clients(found: Imported, listed: _Place, own: OwnTables) -> TableData:
    """The clients as rows of the owner's table: those that are no clients are blank."""
    people = found.people
    assert people is not None  # noqa: S101 - there is a list of clients
    id_column = next((each.joined.id_column for each in found.batches if each.joined.id_column is not None), 0)
    named = people.named.at if people.named else None
    sources: dict[Column, int | None] = {
        clients.CLIENT_ID: people.ids[id_column].at if people.ids else named,
        clients.NAME: named,
        clients.CREATED_ON: people.created.at if people.created else None,
    }
    columns = _with_facts(own.clients.columns)
    headers = [_ours(header, columns) for header in listed.headings]
    inputs = {same_name(column.header) for column in sources}
    headers = [_marked(listed.headings[at]) if same_name(each) in inputs else each for at, each in enumerate(headers)]
    places: dict[Column, int] = {}
    for column, at in sources.items():
        if at is None or at in places.values():
            headers.append(column.header)  # told by another column, or by none: beyond the last one
            at = len(headers) - 1
        headers[at] = column.header
        places[column] = at
    raw = listed.laid.raw
    rows: list[list[Value]] = [[None] * len(headers) for _ in range(listed.height)]
    for client in found.clients:
        row = rows[raw.row_number(listed.laid.at[client.at]) - listed.header_row - 1]
        row[: len(listed.laid.headings)] = listed.laid.body[client.at]
        row[places[clients.CLIENT_ID]] = client.id
        row[places[clients.NAME]] = client.name
        row[places[clients.CREATED_ON]] = client.created
    held: dict[str, list[Value]] = {clients.CREATED_ON.header: [None] * listed.height}
    held |= {header: listed.held(at) for at, header in enumerate(headers[: len(listed.headings)])}
    return TableData(clients.TABLE.name, listed.sheet, listed.header_row, raw.left, headers, rows, held=held)


def _transactions(found: Imported, table: _Place) -> SourcedData:
    """The transactions, each with the row of the owner's table that it is from."""
    rows, numbers, _ = transaction_rows(found)
    raw = table.laid.raw
    letters = [each.letter if each is not None else raw.letters(0) for each in sources(found)]
    headers = [each.header for each in transactions.TABLE.columns]
    return SourcedData(
        transactions.TABLE.name, table.sheet, table.header_row, raw.left, headers, rows, numbers, letters
    )


def sources(found: Imported) -> tuple[Source | None, ...]:
    """Return the columns of the owner's that our columns of transactions are from, None where no one column is."""
    batch = found.batches[0]
    mapping = batch.mapping
    return (
        batch.joined.column,
        mapping.date,
        mapping.amount.column if mapping.amount else None,
        mapping.statuses[0] if mapping.statuses else None,
        mapping.number,
    )
