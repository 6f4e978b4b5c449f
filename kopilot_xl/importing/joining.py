"""Which client each row belongs to: by id, by name or by e-mail, through the list of clients itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.importing.columns import InvoiceColumns
from kopilot_xl.importing.layout import Column, Table, listed, text_of
from kopilot_xl.importing.people import People, is_rounded, name_key, rounded_ids
from kopilot_xl.importing.totals import SortedRows
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value

NOBODY = -1
_ENOUGH = 0.95


@dataclass
class Joined:
    """Who each row of data belongs to.

    Attributes:
        clients: the place of the client of each row in the list, NOBODY where none was found.
        column: what tells the client.
        by: `id`, `name`, `email` or `group`.
        id_column: which of the list's columns of ids it is compared with, None where it is no id.
        notes: what was assumed.
    """

    clients: list[int]
    column: Column | None
    by: str
    id_column: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """A column of the invoices and what it is compared with."""

    column: Column | None
    by: str
    keys: Mapping[str, int]
    sure: float
    id_column: int | None = None
    stripped: bool = False

    def find(self, value: Value) -> int:
        key = _key(value, self.by, self.stripped)
        found = NOBODY if key is None else self.keys.get(key, NOBODY)
        while found == NOBODY and self.by == "name" and key and ":" in key:  # a job counts for its client
            key = key.rpartition(":")[0].strip()
            found = self.keys.get(key, NOBODY)
        return found


def _key(value: Value, by: str, stripped: bool = False) -> str | None:
    if value is None:
        return None
    if by == "id":
        key = client_key(value)
        return key.lstrip("0") or "0" if stripped and key is not None else key
    if by == "email":
        return text_of(value).casefold()
    return name_key(text_of(value))


def join(
    mapping: InvoiceColumns, people: People, rows: Sequence[int], counted: Sequence[bool], sorted_rows: SortedRows
) -> Joined:
    """Find the client of each row of data.

    Args:
        mapping: the columns.
        people: the list of clients.
        rows: the rows of data.
        counted: whether each is an invoice or a credit note, which alone must find their client.
        sorted_rows: what group headings and the first rows of groups tell.

    Raises:
        MissingError: no column tells the client.
        QuestionError: ids were rounded by a spreadsheet, or an id and a name of the same row disagree.
    """
    values = {each.at: _values(each, rows, sorted_rows) for each in mapping.table.columns}
    tell = [at for at in range(len(rows)) if counted[at]] or list(range(len(rows)))
    rounded = [each for each in mapping.clients if any(map(is_rounded, each.sample))]
    ways = _ways(mapping.clients, people, rounded)
    scored = [(_share(way, values, tell), way) for way in ways]
    if sorted_rows.groups:
        groups = _group_way(people, rows, sorted_rows)
        if groups is not None and _share_of(groups, tell) >= max((share for share, _ in scored), default=0.0):
            return Joined(groups, None, "group", None, [t("The clients are the headings of the groups.")])
    best = _best(scored)
    if best is None or best[0] < _ENOUGH:
        more = [(_share(way, values, tell), way) for way in _ways_by_content(mapping, people, rounded)]
        more = [one for one in more if one[0] >= _ENOUGH and len(set(values[one[1].column.at])) > 1]  # type: ignore[union-attr]
        if (other := _best(more)) is not None and (best is None or other[0] > best[0]):
            best = other
    if best is None or best[0] < _ENOUGH:
        zeros = [(_share(way, values, tell), way) for way in _ways_without_zeros(mapping.clients, people, values)]
        if (other := _best(zeros)) is not None and (best is None or other[0] > best[0]):
            best = other
    if (best is None or best[0] == 0) and rounded:
        raise rounded_ids(mapping.table.raw.label, rounded[0])
    if (best is None or best[0] < 0.5) and people.rounded and any(each.role("client_id") for each in mapping.clients):
        raise rounded_ids(people.table.raw.label, people.rounded[0])
    if best is None:
        raise _no_client(mapping.table)
    way = best[1]
    assert way.column is not None  # noqa: S101 - only groups have none
    found = _found(way, values[way.column.at])
    notes = _said(way, people)
    found, more_notes = _completed(found, way, scored, values, tell, people, mapping)
    return Joined(found, way.column, way.by, way.id_column, notes + more_notes)


def _values(column: Column, rows: Sequence[int], sorted_rows: SortedRows) -> list[Value]:
    """A column's values on rows of data, with what the head of a group or of a document says."""
    told = sorted_rows.filled.get(column.at)
    if told is not None:
        return [told[row] for row in rows]
    heads = sorted_rows.heads
    if not heads:
        return [column.values[row] for row in rows]
    return [
        column.values[row] if column.values[row] is not None else column.values[heads.get(row, row)] for row in rows
    ]


def _ways(columns: Sequence[Column], people: People, rounded: Sequence[Column]) -> list[_Way]:
    found = []
    names = people.by_name
    for each in columns:
        if each in rounded:
            continue
        id_sure = each.role("client_id")
        name_sure = each.role("client_name", "company")
        if id_sure or name_sure:
            for at, keys in enumerate(people.id_keys):
                found.append(_Way(each, "id", keys, max(id_sure, name_sure - 5) - at, at))
            if not people.id_keys and id_sure:
                found.append(_Way(each, "name", names, id_sure))
        if name_sure or id_sure or each.role("last_name"):
            found.append(_Way(each, "name", names, (name_sure or id_sure - 10) - 3))
        if (each.role("email") or name_sure or id_sure) and people.by_email:
            found.append(_Way(each, "email", people.by_email, each.role("email") - 20))
    return found


def _ways_by_content(mapping: InvoiceColumns, people: People, rounded: Sequence[Column]) -> list[_Way]:
    """Any other column whose values are nearly all clients: what its heading says is not known."""
    known = {each.at for each in (*mapping.clients, *rounded, *mapping.statuses)}
    known |= {each.at for each in mapping.amount.columns} if mapping.amount else set()
    found = []
    for each in mapping.table.columns:
        if (
            each.at in known
            or each is mapping.date
            or each is mapping.number
            or not each.filled
            or each.role("number", "item", "quantity", "tax", "employee")
        ):
            continue
        texts = sum(1 for one in each.sample if isinstance(one, str) and not one.isdigit())
        if texts < 0.5 * len(each.sample):
            continue
        found += [_Way(each, "id", keys, 10.0 - at, at) for at, keys in enumerate(people.id_keys)]
        found.append(_Way(each, "name", people.by_name, 9.0))
        found.append(_Way(each, "email", people.by_email, 8.0))
    return found


def _ways_without_zeros(columns: Sequence[Column], people: People, values: Mapping[int, Sequence[Value]]) -> list[_Way]:
    """Ids whose leading zeros one of the files lost, where that leaves no doubt."""
    found = []
    for at, keys in enumerate(people.id_keys):
        bare: dict[str, int] = {}
        for key, place in keys.items():
            bare.setdefault(key.lstrip("0") or "0", place)
        if len(bare) < len(keys):
            continue
        for each in columns:
            told = {one for value in set(values[each.at]) if (one := client_key(value))}
            if each.role("client_id", "client_name") and len({one.lstrip("0") for one in told}) == len(told):
                found.append(_Way(each, "id", bare, each.role("client_id", "client_name") - at, at, stripped=True))
    return found


def _group_way(people: People, rows: Sequence[int], sorted_rows: SortedRows) -> list[int] | None:
    """The client of each row by the headings it stands under: the innermost that is known."""
    known: dict[tuple[str, ...], int] = {}
    found = []
    for row in rows:
        path = sorted_rows.groups.get(row, ())
        if path not in known:
            known[path] = _group_owner(people, path)
        found.append(known[path])
    return found


def _group_owner(people: People, path: Sequence[str]) -> int:
    spaces = [people.by_name, *people.id_keys]
    for depth in range(len(path), 0, -1):
        whole = ":".join(path[:depth])
        for text in (whole, path[depth - 1]):
            for space in spaces:
                known = name_key(text) if space is people.by_name else client_key(text)
                if known is not None and known in space:
                    return people.owner(space[known])
            # a heading such as "10001 Acme Ltd" or "Acme Ltd (10001)"
            for word in (text.split()[0], text.split()[-1].strip("()[]")):
                for space in people.id_keys:
                    if (key := client_key(word)) in space:
                        return people.owner(space[key])
    return NOBODY


def _share(way: _Way, values: Mapping[int, Sequence[Value]], tell: Sequence[int]) -> float:
    assert way.column is not None  # noqa: S101
    counts = (
        Counter(values[way.column.at][at] for at in tell)
        if len(tell) < len(values[way.column.at])
        else Counter(values[way.column.at])
    )
    joined = sum(times for value, times in counts.items() if way.find(value) != NOBODY)
    return joined / len(tell) if tell else 1.0


def _share_of(clients: Sequence[int], tell: Sequence[int]) -> float:
    return sum(clients[at] != NOBODY for at in tell) / len(tell) if tell else 1.0


def _best(scored: Sequence[tuple[float, _Way]]) -> tuple[float, _Way] | None:
    """The way that finds most; among equals an id before a name before an address, then the surer heading."""
    rank = {"id": 2, "name": 1, "email": 0}
    return max(scored, key=lambda one: (round(one[0], 2), rank[one[1].by], one[1].sure), default=None)


def _found(way: _Way, values: Sequence[Value]) -> list[int]:
    known = {each: way.find(each) for each in set(values)}
    return [known[each] for each in values]


def _completed(
    found: list[int],
    way: _Way,
    scored: Sequence[tuple[float, _Way]],
    values: Mapping[int, Sequence[Value]],
    tell: Sequence[int],
    people: People,
    mapping: InvoiceColumns,
) -> tuple[list[int], list[str]]:
    """Check the clients that were found against the other columns, and let these find those that are missing."""
    notes: list[str] = []
    for share, other in sorted(scored, key=lambda one: -one[0]):
        if other.column is way.column or other.by == way.by or share < 0.3 or other.column is None:
            continue
        if other.by == "email" and way.by == "id":
            continue
        again = _found(other, values[other.column.at])
        both = [at for at in tell if found[at] != NOBODY and again[at] != NOBODY]
        agree = sum(people.owner(found[at]) == people.owner(again[at]) for at in both)
        if both and agree < 0.9 * len(both):
            if other.by == "name" and share >= _ENOUGH:
                if way.by == "id" and way.sure < 60:
                    name = way.column.name if way.column else ""
                    return again, [
                        t(
                            "{column} identifies the client; the numbers under {other} are something else.",
                            column=other.column.name,
                            other=name,
                        )
                    ]
                raise _disagree(mapping, way, other)
            continue
        missing = [at for at in tell if found[at] == NOBODY and again[at] != NOBODY]
        if missing and agree == len(both):
            for at in range(len(found)):
                if found[at] == NOBODY:
                    found[at] = again[at]
            notes.append(
                t("{count:,} rows found their client by {name} only.", count=len(missing), name=other.column.name)
            )
    return [each if each == NOBODY else people.owner(each) for each in found], notes


def _said(way: _Way, people: People) -> list[str]:
    assert way.column is not None  # noqa: S101
    if way.stripped and way.id_column is not None:
        return [
            t("{name} lost its leading zeros in one of the files: they were compared without.", name=way.column.name)
        ]
    if way.by == "name":
        return [t("The clients are matched by name.")]
    if way.by == "email":
        return [t("The clients are matched by e-mail address.")]
    if way.id_column is not None and way.sure < 60:
        return [t("The column {name} holds the client ids.", name=way.column.name)]
    return []


def _disagree(mapping: InvoiceColumns, way: _Way, other: _Way) -> QuestionError:
    one = way.column.name if way.column else ""
    two = other.column.name if other.column else ""
    return QuestionError(
        t(
            "{label}: {one} and {two} name different clients in the same rows. Say which of them counts: --map "
            '"Client={two}" or --map "Client ID={one}".',
            label=mapping.table.raw.label,
            one=one,
            two=two,
        ),
        "clients-disagree",
    )


def _no_client(table: Table) -> MissingError:
    return MissingError(
        t(
            '{label} has no column that identifies the client (its columns: {columns}). Name it: --map "Client=…".',
            label=table.raw.label,
            columns=listed(filter(None, table.headings), 12),
        )
    )
