"""Clients made from the invoices alone, where there is no list of them."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.columns import InvoiceColumns, is_account
from kopilot_xl.importing.layout import Column, text_of
from kopilot_xl.importing.people import Contact, People, is_rounded, name_key, rounded_ids
from kopilot_xl.importing.totals import SortedRows
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value

Source = tuple[InvoiceColumns, Sequence[int], SortedRows, Sequence[Value], Sequence[bool]]


def people_of(sources: Sequence[Source]) -> People:
    """Return the clients that lists of invoices name, in the order of their first row.

    Raises:
        MissingError: no column tells the client.
        QuestionError: the ids were rounded by a spreadsheet.
    """
    contacts: list[Contact] = []
    by_key: dict[str, int] = {}
    ids: list[Column] = []
    named: Column | None = None
    table = sources[0][0].table if sources else None
    for mapping, rows, sorted_rows, _, counted in sources:
        tell = [row for at, row in enumerate(rows) if counted[at]] or list(rows)
        number, name, pair = _columns(mapping, tell, sorted_rows)
        ids = ids or ([number] if number is not None else [])
        named = named or name
        if number is None and name is None and pair is None and not sorted_rows.groups and tell:
            raise _no_client(mapping)
        for row in tell:
            identity = _value(number, row, sorted_rows)
            shown = _shown(name, pair, row, sorted_rows)
            key = client_key(identity) if identity is not None else None
            keyed = key if key is not None else name_key(shown) if number is None and shown else None
            if keyed is None:
                continue
            at = by_key.get(keyed)
            if at is None:
                by_key[keyed] = len(contacts)
                names = [each for each in (shown,) if each]
                whole = key is not None and key.lstrip("-").isdigit()
                identity = key if whole else identity
                contacts.append(
                    Contact(
                        row,
                        [key] if number is not None else [],
                        shown or text_of(identity),
                        names or [text_of(identity)],
                        None,
                    )
                )
    if table is None:
        raise MissingError(t("There are no files to read."))
    people = People(table, contacts, ids, named, None)
    for column in range(len(ids)):
        people.id_keys.append({key: at for at, each in enumerate(contacts) if (key := each.ids[column]) is not None})
    for at, each in enumerate(contacts):
        for spelled in each.names:
            key = name_key(spelled)
            if people.by_name.setdefault(key, at) != at:
                people.ambiguous.setdefault(key, [people.by_name[key]]).append(at)
    for key in people.ambiguous:
        people.by_name.pop(key, None)
    return people


def _value(column: Column | None, row: int, sorted_rows: SortedRows) -> Value:
    if column is None:
        return None
    value = column.values[row]
    if value is None and (told := sorted_rows.filled.get(column.at)):
        value = told.get(row)
    if value is None and row in sorted_rows.heads:
        value = column.values[sorted_rows.heads[row]]
    return value


def _shown(name: Column | None, pair: tuple[Column, Column] | None, row: int, sorted_rows: SortedRows) -> str:
    value = text_of(_value(name, row, sorted_rows))
    if not value and pair is not None:
        value = " ".join(text_of(_value(each, row, sorted_rows)) for each in pair).strip()
    if not value and (path := sorted_rows.groups.get(row)):
        value = path[0]
    return value


def _columns(
    mapping: InvoiceColumns, rows: Sequence[int], sorted_rows: SortedRows
) -> tuple[Column | None, Column | None, tuple[Column, Column] | None]:
    """The columns of the client's id, its name, and of a person's first and last name."""
    number: Column | None = None
    name: Column | None = None
    rounded: Column | None = None
    for each in sorted(
        mapping.clients, key=lambda one: -max(one.role("client_id"), one.role("client_name", "company"))
    ):
        values = [_value(each, row, sorted_rows) for row in rows]
        filled = [one for one in values if one is not None]
        if len(filled) < 0.5 * len(values) or not filled:
            continue
        if len(set(filled)) == 1 and len(rows) > 1 and (each.role("company") or is_account(each)):
            continue  # the firm itself, or the account of all receivables
        if each.role("client_id") > each.role("client_name", "company") and not each.role("email"):
            if any(map(is_rounded, filled)):
                rounded = rounded or each
            elif number is None and not is_account(each):
                number = each
        elif each.role("client_name", "company") and name is None and not _is_numbering(each, filled):
            name = each
        elif each.role("email") and number is None and name is None:
            number = each
    columns = mapping.table.columns
    first = max(
        (one for one in columns if one.role("first_name") and one.filled),
        key=lambda one: one.role("first_name"),
        default=None,
    )
    last = max(
        (one for one in columns if one.role("last_name") and one.filled),
        key=lambda one: one.role("last_name"),
        default=None,
    )
    pair = (first, last) if first is not None and last is not None and name is None else None
    if number is not None and number.role("email") and (name is not None):
        number = None
    if number is None and name is None and pair is None and rounded is not None:
        raise rounded_ids(mapping.table.raw.label, rounded)
    return number, name, pair


def _is_numbering(column: Column, filled: Sequence[Value]) -> bool:
    """Whether a column headed Name holds the numbers of documents, a new one on nearly every row."""
    texts = [text_of(each) for each in filled]
    return len(set(texts)) > 0.9 * len(texts) and len(texts) > 3 and all(any(map(str.isdigit, each)) for each in texts)


def _no_client(mapping: InvoiceColumns) -> MissingError:
    listed = ", ".join(each for each in mapping.table.headings[:12] if each)
    return MissingError(
        t(
            '{label} has no column that identifies the client (its columns: {listed}). Name it: --map "Client=…", '
            "or give the list of clients too (--clients).",
            label=mapping.table.raw.label,
            listed=listed,
        )
    )
