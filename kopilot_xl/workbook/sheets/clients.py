"""The Clients sheet: who the clients are, and what a refresh writes beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kopilot_xl.domain.clients import Identity
from kopilot_xl.domain.ids import ClientDirectory, shown_id
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import column_letters, quote_sheet
from kopilot_xl.workbook.book import Book, ErrorValue, Value
from kopilot_xl.workbook.tables.parsing import DateOrder, id_key, is_blank, read_date, shown
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows

CLIENT_ID = Column(
    "Client ID",
    width=12,
    required=True,
    shrink=True,
)
NAME = Column(
    "Client",
    width=40,
    required=True,
    wrap=True,
    clear=True,
)  # fmt: skip
CREATED_ON = Column(
    "Created on",
    Format.DATE,
    width=14,
)  # fmt: skip
SEGMENT = Column(
    "Segment",
    width=16,
    written=True,
    formula=f"SEGMENT({{{CLIENT_ID.header}}})",
    rule=f"SEGMENT(Clients[[#This Row],[{CLIENT_ID.header}]])",
)
LAST_INVOICE = Column("Last invoice", Format.DATE, width=14, written=True)
NEXT_PLANNED = Column("Next planned", Format.DATE, width=15, written=True)
LEAVES_ON = Column("Leaves on", Format.DATE, width=13, written=True)
VALUE = Column("Value", Format.AMOUNT, width=15, written=True)


def log_link(sheet: str, letter: str, client_id: str) -> str:
    """Return the formula that counts a client's rows in the log and leads to the first of them; blank without any.

    It looks at the whole column of ids, so it stays right while rows are added there. An id may be a number in one
    table and a text in the other.

    Args:
        sheet: the sheet of the log.
        letter: the column of the ids there.
        client_id: the cell with the client's id, as a formula writes it.
    """
    ids = f"{quote_sheet(sheet)}!${letter}:${letter}"
    forms = (client_id, f'{client_id}&""', f"--{client_id}")
    row = "IFERROR({},IFERROR({},{}))".format(*(f"MATCH({form},{ids},0)" for form in forms))
    target = f"#{quote_sheet(sheet)}!{letter}".replace('"', '""')
    return f'IFERROR(HYPERLINK("{target}"&{row},MAX(1,COUNTIF({ids},{client_id}))),"")'


LOG, LOG_ID_LETTER = "Actions", "B"
"""The table of the log, and the column of its ids in a new workbook."""
IN_ACTIONS = Column(
    "In Actions",
    Format.ROWS,
    width=14,
    written=True,
    formula=log_link(LOG, LOG_ID_LETTER, f"{{{CLIENT_ID.header}}}"),
    rule=log_link(LOG, LOG_ID_LETTER, f"Clients[[#This Row],[{CLIENT_ID.header}]]"),
)
NEXT_ACTION = Column("Next action", width=112, written=True)

TABLE = Table(
    "Clients",
    (CLIENT_ID, NAME, CREATED_ON, SEGMENT, LAST_INVOICE, NEXT_PLANNED, LEAVES_ON, VALUE, IN_ACTIONS, NEXT_ACTION),
    needed=((CLIENT_ID,),),
)

IDS = "ClientIds"
"""The name under which the ids of the table are offered elsewhere."""


@dataclass(frozen=True)
class ClientRows:
    """The clients of the table, each once, as parallel lists.

    Attributes:
        rows: the table.
        all_keys: the key of every row, those of duplicates too, None where there is no id.
        keys: the clients' keys.
        ids: their ids as shown.
        names: their names, blank where there is none.
        created: their creation dates, None where unknown.
        positions: their positions in `rows`.
        problems: what was found while reading.
    """

    rows: TableRows
    all_keys: Sequence[str | None]
    keys: Sequence[str]
    ids: Sequence[str]
    names: Sequence[str]
    created: Sequence[date | None]
    positions: Sequence[int]
    problems: Sequence[Problem] = ()

    @cached_property
    def key_positions(self) -> Mapping[str, int]:
        """Where each client is among these lists, by its key."""
        return {key: position for position, key in enumerate(self.keys)}

    def raw_id(self, key: str) -> Value:
        """Return a client's id as its cell has it, a number as a number."""
        at = self.rows.position(CLIENT_ID)
        if at is None:
            return None
        position = self.positions[self.key_positions[key]]
        return self.rows.data.rows[self.rows.indices[position]][at]

    @property
    def directory(self) -> ClientDirectory:
        """The clients by id and by name."""
        return ClientDirectory.of(self.keys, self.ids, self.names)

    @property
    def identities(self) -> list[Identity]:
        """Who the clients are."""
        return list(map(Identity, self.keys, self.ids, self.names, self.created))


def read(rows: TableRows, as_of: date, order: DateOrder | None) -> ClientRows:
    """Return the clients. A row without an id is left out, of a duplicate id the first row counts."""
    ids, names = rows.values(CLIENT_ID), rows.values(NAME)
    created, unreadable = rows.typed(CREATED_ON, lambda value: read_date(value, order), t("Taken as unknown."))
    problems = list(unreadable.values())
    first: dict[str, int] = {}
    all_keys = list(map(id_key, ids))
    for position, key in enumerate(all_keys):
        if key is None:
            wrong, done = t("The client has no id."), t("The row was left out.")
            if isinstance(ids[position], ErrorValue):
                wrong = t("The client's id is an error.")
            problems.append(rows.problem(position, CLIENT_ID, Code.MISSING_ID, wrong, done))
        elif key in first:
            row = rows.row_number(first[key])
            wrong, done = t("Duplicate of row {row}.", row=row), t("Row {row} is used.", row=row)
            problems.append(rows.problem(position, CLIENT_ID, Code.DUPLICATE_ID, wrong, done))
        else:
            first[key] = position
            day = created[position]
            if day is not None and day > as_of:
                wrong, done = (
                    t("The creation date is in the future."),
                    t("It is not yet a client, unless it was invoiced."),
                )
                problems.append(rows.problem(position, CREATED_ON, Code.CREATED_IN_FUTURE, wrong, done))
    if not first:
        problems.append(
            about_sheet(Code.NO_CLIENTS, rows.data.sheet, t("There are no clients."), t("The portfolio is empty."))
        )
    positions = list(first.values())
    return ClientRows(
        rows=rows,
        all_keys=all_keys,
        keys=list(first),
        ids=[shown_id(ids[position]) for position in positions],
        names=["" if is_blank(names[position]) else shown(names[position]) for position in positions],
        created=[created[position] for position in positions],
        positions=positions,
        problems=problems,
    )


def negative_values(rows: ClientRows, clients: Sequence[Client]) -> list[Problem]:
    """Return a notice for each client whose credit notes outweigh its invoices."""
    wrong, done = t("The value is negative: credit notes outweigh the invoices."), t("It weighs nothing in sums.")
    return [
        rows.rows.problem(position, VALUE, Code.NEGATIVE_VALUE, wrong, done, value=client.value)
        for client, position in zip(clients, rows.positions, strict=True)
        if client.value is not None and client.value < 0
    ]


def fill(book: Book, rows: ClientRows, clients: Sequence[Client], log: TableRows, logged: Mapping[str, int]) -> None:
    """Write refresh's columns, one value per row of the table; blank beside a blank or unknown id.

    Args:
        book: where to.
        rows: the clients as they were read.
        clients: the same clients as of the day.
        log: the table of the log.
        logged: how many rows of it are about each client, by key.
    """
    data = rows.rows.data
    known = {client.key: client for client in clients}
    here: list[Client | None] = [None] * len(data.rows)
    for index, key in zip(rows.rows.indices, rows.all_keys, strict=True):
        here[index] = known.get(key) if key else None
    columns: dict[Column, list[Value]] = {
        SEGMENT: [client.segment.value if client and client.segment else None for client in here],
        LAST_INVOICE: [client.last_invoice if client else None for client in here],
        NEXT_PLANNED: [client.next_planned if client else None for client in here],
        LEAVES_ON: [client.leaves_on if client else None for client in here],
        VALUE: [client.value if client else None for client in here],
        NEXT_ACTION: [client.next_action if client else None for client in here],
    }
    for column, values in columns.items():
        book.write_column(data.name, column.header, values, formula=column.formula)
    fill_links(book, rows, log, [logged.get(client.key) if client else None for client in here])


def fill_links(book: Book, rows: ClientRows, log: TableRows, counts: Sequence[int | None]) -> None:
    """Write what leads to the rows of the log, given how many are about the client of each row of the table."""
    ids = log.position(CLIENT_ID)
    if ids is not None:
        letter = column_letters(log.data.first_column + ids)
        link = log_link(log.data.sheet, letter, f"{{{CLIENT_ID.header}}}")
        book.write_links(rows.rows.data.name, IN_ACTIONS.header, counts, link)
