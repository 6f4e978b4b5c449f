"""From a table of invoices to its documents: columns, dates, kinds, signs, clients, lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kopilot_xl.domain.ids import client_key
from kopilot_xl.importing import checks
from kopilot_xl.importing.amount_columns import AmountPlan
from kopilot_xl.importing.amounts import check_decimal_sign
from kopilot_xl.importing.batch import Batch
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.columns import InvoiceColumns, map_columns
from kopilot_xl.importing.dates import settled_dates
from kopilot_xl.importing.documents import (
    COUNTED,
    check_open_credits,
    currency_of,
    fold_lines,
    read_plan,
    reconcile_credits,
    set_signs,
    sides_of_postings,
)
from kopilot_xl.importing.joining import NOBODY, Joined, join
from kopilot_xl.importing.layout import Table
from kopilot_xl.importing.other_lists import check_purpose
from kopilot_xl.importing.people import People
from kopilot_xl.importing.programs import Program, recognised
from kopilot_xl.importing.roles import DATE_ROLES
from kopilot_xl.importing.states import States, tell_states
from kopilot_xl.importing.totals import SortedRows, sort_rows
from kopilot_xl.importing.vocabulary import Kind
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import Value


@dataclass
class Draft:
    """A table of invoices before its rows have found their clients."""

    mapping: InvoiceColumns
    days: list[Value]
    rows: list[int]
    sorted_rows: SortedRows
    states: States
    amounts: list[Value]
    decimal: str | None
    currencies: list[str | None] | None
    program: Program | None
    notes: list[str]
    repeated: int


def drafted(table: Table, choices: ImportChoices) -> Draft:
    """Return what the rows of a table of invoices are, before they have found their clients.

    Raises:
        MissingError: a column that is needed is not there.
        QuestionError: the table leaves a doubt.
    """
    program = recognised(table.headings)
    if program is not None and program.columns:
        choices = replace(choices, columns={**program.columns, **choices.columns})
    check_purpose(table, choices)
    mapping = map_columns(table, choices)
    checks.shape(table, mapping, choices)
    notes = [*table.raw.notes, *mapping.notes]
    days = _days(mapping, choices, notes)
    sorted_rows = sort_rows(mapping, days)
    notes += sorted_rows.notes
    rows, repeated = _once(table, mapping, sorted_rows.data)
    for row, head in sorted_rows.heads.items():
        days[row] = days[head]
    side = [mapping.side.values[row] for row in rows] if mapping.side is not None else None
    read = read_plan(mapping.amount, rows, side)
    notes += read.notes
    if mapping.amount is not None:
        check_decimal_sign(f"{table.raw.label}, {mapping.amount.column.name}", read.doubt, choices)
    amounts = read.values
    numbers = [each if isinstance(each, float) else None for each in amounts]
    states = tell_states(mapping, rows, numbers, choices, program)
    notes += states.notes
    sides_of_postings(mapping, rows, amounts, states, notes)
    quantities = None
    if mapping.quantity is not None and (mapping.amount is None or mapping.amount.how == "column"):
        quantities = read_plan(AmountPlan(mapping.quantity), rows).values
    set_signs(amounts, states, quantities, notes)
    currencies = currency_of(mapping, rows, read.currencies)
    return Draft(mapping, days, rows, sorted_rows, states, amounts, read.decimal, currencies, program, notes, repeated)


def _days(mapping: InvoiceColumns, choices: ImportChoices, notes: list[str]) -> list[Value]:
    table, column = mapping.table, mapping.date
    beside = [
        each.values
        for each in table.columns
        if each is not column and each.role(*DATE_ROLES) and each.filled and each.dates > 0.8
    ]
    read = settled_dates(
        f"{table.raw.label}, {column.name}", column.values, choices, beside=beside, period=table.raw.period
    )
    notes += [f"{column.name}: {each}" for each in read.notes]
    return list(read.values)


def _once(table: Table, mapping: InvoiceColumns, rows: Sequence[int]) -> tuple[list[int], int]:
    """The rows without those that an earlier file has too, where a number tells that they are the same."""
    if len(table.sources) < 2 or mapping.number is None:
        return list(rows), 0
    begins = [begin for begin, _ in table.sources]
    seen: dict[tuple[Value, ...], int] = {}
    kept = []
    for row in rows:
        source = sum(begin <= row for begin in begins)
        cells = tuple(table.body[row])
        if mapping.number.values[row] is not None and seen.setdefault(cells, source) != source:
            continue
        kept.append(row)
    return kept, len(rows) - len(kept)


def completed(draft: Draft, people: People, choices: ImportChoices) -> Batch:
    """Return the documents of a table, each with its client where one was found.

    Raises:
        MissingError: no column tells the client.
        QuestionError: a word is not known, or lines leave a doubt.
    """
    mapping, rows, states = draft.mapping, draft.rows, draft.states
    if states.questions:
        raise checks.asked(states.questions, mapping.table.raw.label)
    counted = [kind in COUNTED and at not in states.left for at, kind in enumerate(states.kinds)]
    joined = join(mapping, people, rows, counted, draft.sorted_rows)
    notes = [*draft.notes, *joined.notes]
    _leave_others(joined, people, states, counted)
    tell = joined.column.values if joined.column is not None else None

    def key(row: int) -> object:
        return None if tell is None else client_key(tell[row])

    documents = fold_lines(
        mapping,
        rows,
        draft.sorted_rows.heads,
        draft.days,
        joined.clients,
        key,
        draft.amounts,
        states,
        draft.currencies,
        choices,
        notes,
    )
    soft_rows = {rows[at] for at in states.soft}
    check_open_credits(mapping, documents, choices)
    if reconciled := reconcile_credits(documents, soft_rows):
        notes.append(
            t(
                "{count:,} credited invoices are there beside their credit notes: both count.",
                count=reconciled,
            )
        )
    left: Counter[str] = Counter()
    for at, kind in enumerate(states.kinds):
        if kind is Kind.PAYMENT:
            left[marked("payments")] += 1
        elif kind in (Kind.OTHER, Kind.QUOTE, Kind.ORDER):
            left[marked("quotes, bills and other documents")] += 1
        elif at in states.left:
            aside = marked("other side of postings or set to be left out")
            left[aside if not counted[at] else marked("of suppliers")] += 1
    left[marked("totals")] = len(draft.sorted_rows.totals)
    left[marked("remarks")] = len(draft.sorted_rows.remarks)
    left[marked("in two files")] = draft.repeated
    unread = [at for at, each in enumerate(documents) if isinstance(each.amount, str)]
    return Batch(
        mapping, rows, draft.sorted_rows, states, joined, documents, draft.decimal, draft.program, notes, +left, unread
    )


def _leave_others(joined: Joined, people: People, states: States, counted: list[bool]) -> None:
    """Leave the documents of suppliers out; who was invoiced as a lead or while out of use is a client."""
    for at, client in enumerate(joined.clients):
        if client != NOBODY and people.contacts[client].out == "supplier" and counted[at]:
            states.left.add(at)
    for at, client in enumerate(joined.clients):
        if client != NOBODY and counted[at] and people.contacts[client].out in ("lead", "inactive"):
            people.contacts[client].out = ""
