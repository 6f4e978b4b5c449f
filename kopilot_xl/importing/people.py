"""A list of clients: who they are, what they can be found by, and who in it is not a client."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.columns import forced, known_share
from kopilot_xl.importing.date_texts import reading
from kopilot_xl.importing.dates import settled_dates
from kopilot_xl.importing.layout import Column, Table, is_bare_total, listed, text_of
from kopilot_xl.importing.roles import DATE_ROLES
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts import marked, t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """Return what a name is compared by: case, composition, blanks and no-break blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def is_rounded(value: Value) -> bool:
    """Whether a spreadsheet rounded a long id: a number of more than 15 digits, or 4.27167E+18."""
    if isinstance(value, float):
        return 1e15 <= abs(value) < 1e30
    if isinstance(value, str) and 5 <= len(value) <= 24 and "E+" in value.upper():
        head, _, tail = value.upper().replace(",", ".").partition("E+")
        return tail.isdigit() and head.replace(".", "", 1).isdigit() and len(head) > 1 and int(tail) >= 11
    return False


@dataclass
class Contact:
    """One client of a list."""

    row: int
    ids: list[str | None]
    """its key in each column of ids"""
    name: str
    names: list[str]
    email: str | None
    created: Value = None
    parent: int | None = None
    out: str = ""
    """why it is not a client, blank where it is one"""


@dataclass(eq=False)
class People:
    """A list of clients and the ways to find each."""

    table: Table
    contacts: list[Contact]
    ids: list[Column]
    named: Column | None
    """the column of the names, None where they were put together"""
    created: Column | None
    notes: list[str] = field(default_factory=list)
    rounded: list[Column] = field(default_factory=list)
    repeated: int = 0
    id_keys: list[dict[str, int]] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)
    by_email: dict[str, int] = field(default_factory=dict)
    ambiguous: dict[str, list[int]] = field(default_factory=dict)
    """names that several clients have"""

    def owner(self, at: int) -> int:
        """Return the client a contact counts for: its parent's parent, or itself."""
        seen = {at}
        while (parent := self.contacts[at].parent) is not None and parent not in seen:
            seen.add(parent)
            at = parent
        return at

    def id_value(self, at: int, column: int) -> Value:
        """Return a contact's id as it is in a column of ids."""
        return self.table.body[self.contacts[at].row][self.ids[column].at]


def read_people(table: Table, choices: ImportChoices) -> People:
    """Read a list of clients.

    Raises:
        MissingError: no column tells who they are.
        QuestionError: their ids were rounded by a spreadsheet and nothing else tells them.
    """
    fixed = forced(table, choices)
    keep = _client_rows(table, fixed)
    columns = {
        each.at: Column(each.at, each.heading, each.letter, [each.values[row] for row in keep], each.above, each.prefix)
        for each in table.columns
    }
    data = list(columns.values())
    named = columns[fixed["client_name"].at] if "client_name" in fixed else None
    name_columns = _name_columns(data, named)
    people_named = _person_columns(data)
    rounded = [each for each in data if each.role("client_id", "client_id_weak") and any(map(is_rounded, each.sample))]
    if rounded and choices.accept:  # else only where nothing else tells the clients
        passed = t(
            "{label}: the ids under {column} were rounded by a spreadsheet, and were taken as they are.",
            label=table.raw.label,
            column=rounded[0].name,
        )
        choices.settle(rounded_ids(table.raw.label, rounded[0]), passed)
        rounded = []
    ids = [columns[fixed["client_id"].at]] if "client_id" in fixed else _id_columns(data, name_columns, rounded)
    email = columns[fixed["email"].at] if "email" in fixed else _email(data)
    if not name_columns and not ids and people_named is None and email is None:
        if rounded:
            raise rounded_ids(table.raw.label, rounded[0])
        raise _nobody(table)
    contacts, repeated = _contacts(table, keep, ids, name_columns, people_named, email)
    created, days, notes = _created(table, data, keep, fixed, choices)
    for at, contact in enumerate(contacts):
        if days is not None:
            contact.created = days[keep.index(contact.row)] if len(keep) != len(table.body) else days[contact.row]
        del at
    people = People(table, contacts, ids, name_columns[0] if name_columns else None, created, notes, rounded, repeated)
    _mark_others(people, data, keep)
    _index(people)
    return people


def _client_rows(table: Table, fixed: Mapping[str, Column]) -> list[int]:
    """The rows that are contacts: closing remarks and totals at the end are not."""
    fills = Counter(sum(1 for each in row if each is not None) for row in table.body)
    usual = fills.most_common(1)[0][0] if fills else 0
    kept = []
    last = None
    for row, cells in enumerate(table.body):
        filled = [each for each in cells if each is not None]
        gap = last is not None and table.at[row] > last + 1
        if len(filled) <= 2 and isinstance(filled[0], str):
            text = filled[0]
            told = reading(text)
            footer = is_bare_total(text) or (told is not None and told.day is not None) or _is_page(text)
            if (footer and (cells[0] is not None or len(filled) == 1)) or (
                gap and len(filled) == 1 and usual > 1 and row > len(table.body) - 4
            ):
                continue
        last = table.at[row]
        kept.append(row)
    return kept


def _is_page(text: str) -> bool:
    words = text.casefold().split()
    return (
        len(words) in (2, 4)
        and words[0] in ("page", "seite", "pagina", "página", "sida", "side", "strana", "strona")
        and words[1].isdigit()
    )


def _is_unique(column: Column, sure: float = 0.0) -> bool:
    """Whether the values tell rows apart; a column that is surely one of ids may have some twice."""
    keys = [client_key(each) for each in column.filled]
    if sure >= 95:
        return len(set(keys)) >= 0.6 * len(keys)
    return len(set(keys)) >= 0.97 * len(keys) if len(keys) > 30 else len(set(keys)) >= len(keys) - (len(keys) > 8)


def _id_columns(data: Sequence[Column], names: Sequence[Column], rounded: Sequence[Column]) -> list[Column]:
    """The columns of ids, the likeliest first: each client has its own."""
    taken = {each.at for each in rounded}
    found = []
    for each in data:
        sure = max(each.role("client_id"), each.role("client_id_weak") - 15)
        if not sure and each.role("client_name") > 60 and each.filled and _are_codes(each):
            sure = each.role("client_name") - 20
        if _are_names(each) and each.role("client_name") > 60:
            continue
        if sure <= 0 or each.at in taken or (each.role("client_name") > each.role("client_id") and each in names):
            continue
        if not each.filled or each.fill < 0.5 or not _is_unique(each, sure):
            continue
        if each.dates > 0.9 and any(isinstance(one, date) for one in each.sample):
            continue
        found.append((sure + 10 * each.fill, each))
    found.sort(key=lambda one: (-one[0], one[1].at))
    return [each for _, each in found]


def _are_codes(column: Column) -> bool:
    """Whether most values are numbers, as names are not."""
    numbers = sum(1 for one in column.sample if not isinstance(one, str) or one.replace(".", "").isdigit())
    return numbers > 0.5 * len(column.sample)


def _are_names(column: Column) -> bool:
    """Whether many values are of several words, as ids are not."""
    words = sum(1 for one in column.sample if isinstance(one, str) and " " in one.strip())
    return words > 0.3 * len(column.sample)


def _name_columns(data: Sequence[Column], named: Column | None) -> list[Column]:
    """The columns that name the client, the company before the person."""
    if named is not None:
        return [named]
    found = []
    person = _person_columns(data) is not None
    for each in data:
        sure = max(each.role("client_name"), each.role("company"))
        if not sure or not each.filled or (person and each.role("first_name", "last_name") > each.role("client_name")):
            continue
        if each.role("client_id") >= each.role("client_name") and not _are_names(each):
            continue
        if each.role("client_kind", "email") > sure:
            continue
        if len(each.distinct) == 1 and len(each.values) > 3:
            continue  # the firm's own name, or nothing
        if _are_codes(each):
            continue
        rank = (
            2
            if fold(each.heading) in ("customer", "client", "kunde", "klant", "cliente", "kund", "odberatel", "klient")
            else 1
        )
        company = each.role("company") > 60
        found.append((company and each.fill > 0.05, rank, sure + 20 * each.fill, each))
    found.sort(key=lambda one: (-one[0], -one[1], -one[2], one[3].at))
    return [each for *_, each in found]


def _person_columns(data: Sequence[Column]) -> tuple[Column, Column] | None:
    """The first and the last names."""
    first = max(
        (each for each in data if each.role("first_name") and each.filled),
        key=lambda each: each.role("first_name"),
        default=None,
    )
    last = max(
        (each for each in data if each.role("last_name") and each.filled),
        key=lambda each: each.role("last_name"),
        default=None,
    )
    return (first, last) if first is not None and last is not None and first is not last else None


def _email(data: Sequence[Column]) -> Column | None:
    found = [each for each in data if each.role("email") and any("@" in text_of(one) for one in each.sample)]
    return max(found, key=lambda each: each.role("email") + 20 * each.fill, default=None)


def _contacts(
    table: Table,
    keep: Sequence[int],
    ids: Sequence[Column],
    names: Sequence[Column],
    person: tuple[Column, Column] | None,
    email: Column | None,
) -> tuple[list[Contact], int]:
    contacts: list[Contact] = []
    seen: dict[tuple[object, ...], int] = {}
    repeated = 0
    for position, row in enumerate(keep):
        cells = table.body[row]
        keys = [client_key(cells[each.at]) for each in ids]
        spelled = [text_of(cells[each.at]) for each in names]
        spelled = [each for each in spelled if each]
        if person is not None:
            first, last = (text_of(cells[each.at]) for each in person)
            whole = f"{first} {last}".strip()
            if whole:
                spelled.append(whole)
                if first and last:
                    spelled += [f"{last} {first}", f"{last}, {first}"]
        address = text_of(cells[email.at]).casefold() if email is not None else ""
        shown = _shown_name(cells, names, spelled)
        if not shown:
            shown = next((text_of(cells[each.at]) for each in ids if cells[each.at] is not None), "") or address
        if not shown:  # it stays, for the workbook to say what is wrong with it
            contacts.append(Contact(row, keys, "", [], None))
            continue
        mark = (
            tuple(keys) if any(keys) else None,
            name_key(shown),
            None if any(keys) else address if not names else "",
        )
        if mark in seen:
            repeated += 1
            continue
        seen[mark] = position
        contacts.append(Contact(row, keys, shown, spelled or [shown], address or None))
    return contacts, repeated


def _shown_name(cells: Sequence[Value], names: Sequence[Column], spelled: Sequence[str]) -> str:
    """The name as the file writes it, its own blanks included."""
    for each in names:
        value = cells[each.at]
        if value is not None:
            return value if isinstance(value, str) else text_of(value)
    return spelled[0] if spelled else ""


def _created(
    table: Table, data: Sequence[Column], keep: Sequence[int], fixed: Mapping[str, Column], choices: ImportChoices
) -> tuple[Column | None, list[Value] | None, list[str]]:
    """The column of creation dates, and their days."""
    if "created" in fixed:
        column: Column | None = next(each for each in data if each.at == fixed["created"].at)
    else:
        found = [each for each in data if each.role("created") and each.filled and each.dates >= 0.7]
        column = max(found, key=lambda each: each.role("created"), default=None)
    if column is None:
        return None, None, []
    beside = [each.values for each in data if each.role(*DATE_ROLES) and each is not column]
    read = settled_dates(f"{table.raw.label}, {column.name}", column.values, choices, beside=beside, strict=False)
    notes = [f"{column.name}: {each}" for each in read.notes]
    if len(keep) == len(table.body):
        return column, list(read.values), notes
    days: list[Value] = list(read.values)
    return column, days, notes


_ACTIVE = ("activ", "aktiv", "actif", "actief", "attiv", "ativ", "enabled")


def _mark_others(people: People, data: Sequence[Column], keep: Sequence[int]) -> None:
    """Mark suppliers, leads and contacts out of use."""
    words = vocabulary()
    places = {row: position for position, row in enumerate(keep)}
    for each in data:
        told = {one: fold(text_of(one)) for one in each.distinct}
        if each.role("client_kind") and known_share(each, words.customers | words.others) >= 0.6:
            parts = {
                one: {
                    fold(part) for part in text_of(one).replace("&", ",").replace("/", ",").replace(";", ",").split(",")
                }
                for one in told
            }
            for contact in people.contacts:
                value = each.values[places[contact.row]]
                if (
                    value is not None
                    and not (parts[value] | {told[value]}) & words.customers
                    and (parts[value] | {told[value]}) & words.others
                ):
                    contact.out = marked("supplier") if not _is_lead(told[value]) else marked("lead")
        elif each.role("is_customer") and set(told.values()) <= words.yes | words.no:
            for contact in people.contacts:
                value = each.values[places[contact.row]]
                if value is not None and told[value] in words.no:
                    contact.out = marked("supplier")
        elif (
            each.role("client_state") and known_share(each, words.active | words.inactive | words.yes | words.no) >= 0.9
        ):
            heading = fold(each.heading)
            against = heading in words.inactive or any(heading.endswith(one) for one in words.inactive)
            for contact in people.contacts:
                value = each.values[places[contact.row]]
                if value is None or contact.out:
                    continue
                folded = told[value]
                unset = folded in words.no and any(part in heading for part in _ACTIVE)
                off = folded in words.inactive or (folded in words.yes if against else unset)
                if off:
                    contact.out = marked("inactive")


def _is_lead(folded: str) -> bool:
    return folded not in {
        fold(each)
        for each in ("Vendor", "Supplier", "Lieferant", "Fournisseur", "Leverancier", "Proveedor", "Fornitore")
    }


def _index(people: People) -> None:
    """Fill the ways to find a client; a job (Parent:Job) counts for its parent."""
    contacts = people.contacts
    names: dict[str, list[int]] = {}
    for at, contact in enumerate(contacts):
        for each in contact.names:
            found = names.setdefault(name_key(each), [])
            if at not in found:
                found.append(at)
    for at, contact in enumerate(contacts):
        head, colon, _ = contact.name.partition(":")
        if colon and head.strip():
            parents = names.get(name_key(head), [])
            if parents and parents[0] != at:
                contact.parent = parents[0]
    for spelled, found in names.items():
        if len(found) > 1:
            shown = [at for at in found if name_key(contacts[at].name) == spelled]
            shown = [at for at in shown if not contacts[at].out] or shown
            if len(shown) == 1:
                people.by_name[spelled] = shown[0]
            else:
                people.ambiguous[spelled] = found
        else:
            people.by_name[spelled] = found[0]
    for column in range(len(people.ids)):
        keys: dict[str, int] = {}
        for at, contact in enumerate(contacts):
            if (key := contact.ids[column]) is not None:
                keys.setdefault(key, at)
        people.id_keys.append(keys)
    addresses: dict[str, list[int]] = {}
    for at, contact in enumerate(contacts):
        if contact.email and "@" in contact.email:
            addresses.setdefault(contact.email, []).append(at)
    people.by_email.update({address: found[0] for address, found in addresses.items() if len(found) == 1})


def rounded_ids(label: str, column: Column) -> QuestionError:
    """Return what to raise where ids were rounded and nothing else tells the clients."""
    return QuestionError(
        t(
            "{label}: the ids under {column} were rounded by a spreadsheet (such as {example}), "
            "so that clients cannot be told apart. Export it again and give the file as it is, "
            "without opening it in Excel.",
            label=label,
            column=column.name,
            example=column.filled[0],
        ),
        "rounded-ids",
    )


def _nobody(table: Table) -> MissingError:
    return MissingError(
        t(
            "{label} has no column that can be recognised as Client ID or Client (its columns: {columns}). Name "
            'the column of the names: --map "Client=…".',
            label=table.raw.label,
            columns=listed(filter(None, table.headings), 12),
        )
    )


def listed_names(contacts: Iterable[Contact], most: int = 3) -> str:
    """Return the first of some names."""
    names = [each.name for each in contacts]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
