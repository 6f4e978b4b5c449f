"""What an export changes in the rows of a workbook: which are the same, which are new, which have vanished."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from kopilot_xl.domain.ids import client_key

ANSWERS_WITHIN = timedelta(days=30)
"""How far from a plan's date an invoice may lie to be one that answers it."""

ANSWERS_FROM = 0.5
"""The share of a plan's amount that an invoice must have to answer it."""

_CENTS = 2


_MANY = 1 << 18
"""How many ids and numbers are known at once: they are compared again and again."""


@lru_cache(_MANY)
def id_key(client: str) -> str:
    """What a client's id is compared by."""
    return client_key(client) or ""


@lru_cache(_MANY)
def number_key(reference: str) -> str:
    """What a document's number is compared by."""
    return "".join(reference.split()).casefold()


def memory_key(key: str, number: str, issued: date | None, amount: float | None) -> tuple[object, ...]:
    """Return what an imported row is known by again, given what its id and its reference are compared by."""
    return (key, number) if number else (key, issued, _cents(amount))


def _cents(amount: float | None) -> int | None:
    return None if amount is None else round(amount * 10**_CENTS)


@dataclass(frozen=True)
class ClientRow:
    """A client as an export or a workbook has it. `own` are columns of the user's, by their headings."""

    id: str
    name: str | None
    created: date | None
    own: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What the id is compared by."""
        return id_key(self.id)


@dataclass(slots=True, unsafe_hash=True)
class TransactionRow:
    """A transaction as an export or a workbook has it. Nothing changes it: that it is not frozen halves the time to
    make one, of which there are hundreds of thousands.

    Attributes:
        client: the client's id.
        issued: the issue date; None where a workbook's cell cannot be read.
        amount: the amount; None where it is blank or cannot be read.
        status: the status word as it is written, blank where there is none.
        reference: the document's number, blank where there is none.
        planned: whether the status says that it is a plan.
        key: what the client's id is compared by.
        number: what the reference is compared by: without regard to case and blanks.
    """

    client: str
    issued: date | None
    amount: float | None
    status: str = ""
    reference: str = ""
    planned: bool = False
    key: str = field(init=False, repr=False, compare=False)
    number: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what it is compared by once: it is asked for again and again."""
        self.key = id_key(self.client)
        self.number = number_key(self.reference)

    @property
    def memory_key(self) -> tuple[object, ...]:
        """What an imported row is known by again: client and number, without a number client, day and amount."""
        return memory_key(self.key, self.number, self.issued, self.amount)

    @property
    def figures(self) -> tuple[str, date | None, int | None]:
        """What two rows without numbers are compared by: client, day and amount to the cent."""
        return self.key, self.issued, _cents(self.amount)


@dataclass(frozen=True)
class Change:
    """A row of the workbook that the export has otherwise. `before` and `after` hold the fields that differ."""

    index: int
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """A planned row of the workbook, and the new invoice that seems to be what was planned."""

    index: int
    invoice: TransactionRow


@dataclass(frozen=True)
class ClientMerge:
    """What an export does to the clients of a workbook, whose rows are named by their index."""

    changed: Sequence[Change]
    added: Sequence[ClientRow]
    unchanged: int
    vanished: Sequence[int]


@dataclass(frozen=True)
class TransactionMerge:
    """What an export does to the transactions of a workbook, whose rows are named by their index.

    Attributes:
        changed: rows that get other values.
        added: rows that are new.
        unchanged: how many rows are the same.
        vanished: rows that an earlier import brought, of the days that the export covers, that it no longer has.
        by_hand: rows that no import touches: plans, and those without a number where the export has numbers.
        same_as_by_hand: rows without a number that the export has too: they stay, and are not added again.
        answers: plans with the new invoices that seem to answer them.
    """

    changed: Sequence[Change]
    added: Sequence[TransactionRow]
    unchanged: int
    vanished: Sequence[int]
    by_hand: Sequence[int]
    same_as_by_hand: Sequence[int]
    answers: Sequence[Answer]


def merge_clients(
    known: Sequence[ClientRow], incoming: Sequence[ClientRow], imported: Collection[str] = ()
) -> ClientMerge:
    """Compare the clients of a workbook with those of an export, by id.

    Args:
        known: the workbook's rows.
        incoming: the export's rows; a blank name or date says nothing.
        imported: the keys of the clients that earlier imports brought: only such a client can vanish.

    Returns:
        What changes; clients that vanished keep their rows.
    """
    first = {row.key: index for index, row in reversed(list(enumerate(known)))}
    changed: list[Change] = []
    added: dict[str, ClientRow] = {}
    seen: set[str] = set()
    unchanged = 0
    for row in incoming:
        if not row.key or row.key in seen:
            continue
        seen.add(row.key)
        index = first.get(row.key)
        if index is None:
            added[row.key] = row
            continue
        old = known[index]
        pairs: dict[str, tuple[object, object]] = {"name": (old.name, row.name), "created": (old.created, row.created)}
        pairs |= {heading: (old.own.get(heading), value) for heading, value in row.own.items() if heading in old.own}
        differing = {name: pair for name, pair in pairs.items() if _says(pair[1]) and pair[0] != pair[1]}
        if differing:
            changed.append(_change(index, differing))
        else:
            unchanged += 1
    vanished = [index for key, index in first.items() if key in imported and key not in seen]
    return ClientMerge(changed, list(added.values()), unchanged, sorted(vanished))


def merge_transactions(
    known: Sequence[TransactionRow],
    incoming: Sequence[TransactionRow],
    imported: Container[int] = (),
) -> TransactionMerge:
    """Compare the transactions of a workbook with those of an export.

    Rows with a number are the same if client and number are; one whose number moved to another client, with the same
    day and amount, is that row too. Rows without a number are compared by client, day and amount, and counted: two
    equal invoices stay two. Plans are typed by hand and are never touched.

    Args:
        known: the workbook's rows.
        incoming: the export's rows.
        imported: the indices of the rows that earlier imports brought: only such a row can vanish.
    """
    plans = [index for index, row in enumerate(known) if row.planned]
    rows = [index for index, row in enumerate(known) if not row.planned]
    matched: dict[int, int] = {}
    rest = list(range(len(incoming)))
    for stage in (_by_number, _by_moved_number):
        rest = stage(known, incoming, rows, rest, matched)
    numbered_export = _has_numbers(incoming)
    without = [index for index in rows if index not in matched and (not known[index].number or not numbered_export)]
    by_figures: dict[int, int] = {}
    rest = _by_figures(known, incoming, without, rest, by_figures)

    changed: list[Change] = []
    unchanged, same_as_by_hand = 0, []
    for index, at in matched.items():
        old, new = known[index], incoming[at]
        if (
            old.amount == new.amount
            and old.status == new.status
            and old.issued == new.issued
            and old.client == new.client
        ):
            unchanged += 1  # as nearly all are
            continue
        change = _changed(index, old, new, fields=("client", "issued", "amount", "status"))
        if change:
            changed.append(change)
        else:
            unchanged += 1
    for index, at in by_figures.items():
        if numbered_export and not known[index].number and index not in imported:
            same_as_by_hand.append(index)
            continue
        change = _changed(index, known[index], incoming[at], fields=("status", "reference"))
        if change:
            changed.append(change)
        else:
            unchanged += 1
    added = [incoming[at] for at in rest]
    found = matched.keys() | by_figures.keys()
    first, last = _period(incoming)
    vanished = [
        index
        for index in rows
        if index not in found and _within(known[index].issued, first, last) and index in imported
    ]
    by_hand = [index for index in rows if index not in found and index not in imported]
    return TransactionMerge(
        changed=sorted(changed, key=lambda change: change.index),
        added=added,
        unchanged=unchanged,
        vanished=vanished,
        by_hand=sorted([*plans, *by_hand]),
        same_as_by_hand=sorted(same_as_by_hand),
        answers=_answers(known, plans, added),
    )


def _by_number(
    known: Sequence[TransactionRow],
    incoming: Sequence[TransactionRow],
    rows: Sequence[int],
    rest: Sequence[int],
    matched: dict[int, int],
) -> list[int]:
    """Match rows of one client and number; where several have them, those that are the same in all else first."""
    rows, rest = _by_single_number(known, incoming, rows, rest, matched)
    waiting: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for index in rows:
        if known[index].number:
            waiting[known[index].key, known[index].number].append(index)

    left = list(rest)
    for fields in ((_figures, _status), (_figures,), ()):
        unmatched = []
        for at in left:
            row = incoming[at]
            candidates = waiting.get((row.key, row.number), ()) if row.number else ()
            same = next((index for index in candidates if all(of(known[index]) == of(row) for of in fields)), None)
            if same is None:
                unmatched.append(at)
            else:
                waiting[row.key, row.number].remove(same)
                matched[same] = at
        left = unmatched
    return left


def _by_single_number(
    known: Sequence[TransactionRow],
    incoming: Sequence[TransactionRow],
    rows: Sequence[int],
    rest: Sequence[int],
    matched: dict[int, int],
) -> tuple[list[int], list[int]]:
    """Match rows whose client and number only one row on either side has, as nearly all do; return the others."""
    here = [(known[index].key, known[index].number) for index in rows]
    there = [(incoming[at].key, incoming[at].number) for at in rest]
    counts, others = Counter(here), Counter(there)
    single = {pair: index for index, pair in zip(rows, here, strict=True) if pair[1] and counts[pair] == 1}
    left = []
    for at, pair in zip(rest, there, strict=True):
        index = single.get(pair) if others[pair] == 1 else None
        if index is None:
            left.append(at)
        else:
            matched[index] = at
    return [index for index in rows if index not in matched], left


def _by_moved_number(
    known: Sequence[TransactionRow],
    incoming: Sequence[TransactionRow],
    rows: Sequence[int],
    rest: Sequence[int],
    matched: dict[int, int],
) -> list[int]:
    """Match a number that only one row on either side has, of the same day and amount, but of another client."""

    def mark(row: TransactionRow) -> tuple[str, object, object]:
        return row.number, *row.figures[1:]

    free = [index for index in rows if index not in matched and known[index].number]
    there = Counter(mark(known[index]) for index in free)
    here = Counter(mark(incoming[at]) for at in rest if incoming[at].number)
    by_mark = {mark(known[index]): index for index in free}
    left = []
    for at in rest:
        found = mark(incoming[at])
        if incoming[at].number and there[found] == here[found] == 1:
            matched[by_mark[found]] = at
        else:
            left.append(at)
    return left


def _by_figures(
    known: Sequence[TransactionRow],
    incoming: Sequence[TransactionRow],
    rows: Sequence[int],
    rest: Sequence[int],
    matched: dict[int, int],
) -> list[int]:
    """Match rows of one client, day and amount, each once, those of one status first."""
    waiting: dict[object, deque[int]] = defaultdict(deque)
    for index in rows:
        waiting[known[index].figures].append(index)
    left = list(rest)
    for fields in ((_status,), ()):
        unmatched = []
        for at in left:
            row = incoming[at]
            fitting = next(
                (
                    index
                    for index in waiting.get(row.figures, ())
                    if not (row.number and known[index].number)  # two different numbers are two documents
                    and all(of(known[index]) == of(row) for of in fields)
                ),
                None,
            )
            if fitting is None:
                unmatched.append(at)
            else:
                waiting[row.figures].remove(fitting)
                matched[fitting] = at
        left = unmatched
    return left


def _figures(row: TransactionRow) -> object:
    return row.figures


def _status(row: TransactionRow) -> object:
    return row.status.casefold()


def _changed(index: int, old: TransactionRow, new: TransactionRow, *, fields: Sequence[str]) -> Change | None:
    """What of a row the export has otherwise; what it leaves blank says nothing."""
    if old == new:
        return None
    differing = {}
    for name in fields:
        before, after = getattr(old, name), getattr(new, name)
        if not _says(after) or before == after:
            continue
        if name == "client" and old.key == new.key:
            continue
        if name == "amount" and old.figures[2] == new.figures[2]:
            continue
        if name == "status" and str(before).casefold() == str(after).casefold():
            continue
        differing[name] = (before, after)
    return _change(index, differing) if differing else None


def _change(index: int, differing: Mapping[str, tuple[object, object]]) -> Change:
    return Change(
        index, {name: pair[0] for name, pair in differing.items()}, {name: pair[1] for name, pair in differing.items()}
    )


def _says(value: object) -> bool:
    return value is not None and value != ""


def _has_numbers(incoming: Sequence[TransactionRow]) -> bool:
    """Tell whether an export numbers its documents."""
    return 2 * sum(bool(row.number) for row in incoming) > len(incoming)


def _period(incoming: Sequence[TransactionRow]) -> tuple[date | None, date | None]:
    days = [row.issued for row in incoming if row.issued]
    return (min(days), max(days)) if days else (None, None)


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    return day is not None and first is not None and last is not None and first <= day <= last


def _answers(known: Sequence[TransactionRow], plans: Sequence[int], added: Sequence[TransactionRow]) -> list[Answer]:
    """Name for each plan the new invoice nearest to it that may be what was planned, each invoice once."""
    by_client: dict[str, list[TransactionRow]] = defaultdict(list)
    for row in added:
        if row.issued and not row.planned and (row.amount is None or row.amount > 0):
            by_client[row.key].append(row)
    found = []
    for index in plans:
        plan = known[index]
        if plan.issued is None:
            continue
        on = plan.issued
        near = [
            row
            for row in by_client[plan.key]
            if row.issued
            and abs(row.issued - on) <= ANSWERS_WITHIN
            and (row.amount is None or plan.amount is None or row.amount >= ANSWERS_FROM * plan.amount)
        ]
        if near:
            nearest = min(near, key=lambda row: abs((row.issued or on) - on))
            by_client[plan.key].remove(nearest)
            found.append(Answer(index, nearest))
    return found
