"""The list "Do next" as it is worked through: whom to turn to, and what is particular about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import Client, do_next
from kopilot_xl.domain.rules import add_months
from kopilot_xl.domain.segments import WORK_ORDER, Heading, Segment
from kopilot_xl.domain.transactions import Ledger
from kopilot_xl.domain.usual import Usual, usual
from kopilot_xl.texts import t, tn

ROOM: dict[Segment, int] = {
    Segment.LEAVING: 15,
    Segment.HIBERNATING: 5,
    Segment.SLEEPING_AWAY: 4,
    Segment.ACTIVE: 3,
    Segment.NEW: 3,
    Segment.LOST: 4,
    Segment.CANCELED: 2,
    Segment.NO_ACTIVITY: 4,
}
"""How many clients of each segment are named; the others are counted."""
COUNTED_DOWN = (Segment.LEAVING, Segment.HIBERNATING)
"""The segments whose clients have their days left shown."""
SHARE = 0.015
"""From which share of the year's turnover on a client's share is worth a word."""
MISSED = COMING = 2
"""For how many full months a missed month is spoken of, and how many months before it comes."""


@dataclass(frozen=True)
class Task:
    """A client to turn to.

    Attributes:
        client: the client.
        days_left: the days until it leaves, where they are counted down.
        usual: when it is usually invoiced, and about how much; None where it never was.
        particular: the one thing to know about it before turning to it.
        urgent: whether that is a matter of money that should have come.
    """

    client: Client
    days_left: int | None
    usual: Usual | None
    particular: str
    urgent: bool


@dataclass(frozen=True)
class Group:
    """The clients of a segment that are on the list: those named, and how many there are."""

    heading: Heading
    segment: Segment
    clients: int
    tasks: Sequence[Task]

    @property
    def more(self) -> int:
        """How many there are beside those named."""
        return max(self.clients - len(self.tasks), 0)


@dataclass(frozen=True)
class Worklist:
    """The list "Do next". Source: docs/rules.md, "Do next".

    Attributes:
        groups: the segments with clients to turn to, in the order to work through them.
        listed: every client on the list, under the three headings.
    """

    groups: Sequence[Group]
    listed: Mapping[Heading, Sequence[Client]]


def worklist(
    clients: Sequence[Client],
    ledger: Ledger,
    as_of: date,
    turnover: float,
    pinned: Collection[str] = (),
    room: int = 60,
) -> Worklist:
    """Return whom to turn to.

    Args:
        clients: every client as of the day.
        ledger: their transactions, and the open plans of the action log as such.
        as_of: the day.
        turnover: what was invoiced in the year up to it, by all of them.
        pinned: the keys of clients that are named in any case: something was entered about them.
        room: how many rows there are for headings, segments, clients, and the counts of the others.
    """
    listed = do_next(clients)
    by_segment: defaultdict[Segment, list[Client]] = defaultdict(list)
    for client in (client for some in listed.values() for client in some):
        if client.segment is not None:
            by_segment[client.segment].append(client)
    counts = {segment: len(some) for segment, some in by_segment.items()}
    for client in clients:
        if client.key in pinned and client.segment is not None and client not in by_segment[client.segment]:
            by_segment[client.segment].append(client)
            counts[client.segment] = counts.get(client.segment, 0)
    named = {segment: _named(some, ROOM[segment], pinned) for segment, some in by_segment.items() if some}
    overhead = len(listed) + 2 * len(named)
    while sum(map(len, named.values())) + overhead > room:
        if not _shorten(named, pinned):
            break
    groups = [
        Group(heading, segment, counts[segment], [_task(client, ledger, as_of, turnover) for client in named[segment]])
        for heading, segments in WORK_ORDER.items()
        for segment in segments
        if segment in named
    ]
    return Worklist(groups, listed)


def _named(clients: Sequence[Client], room: int, pinned: Collection[str]) -> list[Client]:
    """The clients that are named, in their order: those pinned, and the first of the others that there is room for."""
    free = max(room - sum(client.key in pinned for client in clients), 0)
    found = []
    for client in clients:
        if client.key in pinned:
            found.append(client)
        elif free:
            free -= 1
            found.append(client)
    return found


def _shorten(named: Mapping[Segment, list[Client]], pinned: Collection[str]) -> bool:
    """Leave out the last client without an entry of the longest group; tell whether there was one."""
    for some in sorted(named.values(), key=len, reverse=True):
        for at in range(len(some) - 1, -1, -1):
            if some[at].key not in pinned:
                del some[at]
                return True
    return False


def _task(client: Client, ledger: Ledger, as_of: date, turnover: float) -> Task:
    rows = ledger.issued.get(client.key, ())
    habit = usual(rows, as_of)
    counted = client.segment in COUNTED_DOWN and client.leaves_on
    since = add_months(as_of, -12)
    brought = sum(amount for day, amount in rows if amount and since < day <= as_of)
    particular, urgent = _particular(client, habit, as_of, brought / turnover if turnover > 0 else 0.0)
    return Task(client, (client.leaves_on - as_of).days if counted and client.leaves_on else None, habit,
                particular, urgent)  # fmt: skip


def _particular(client: Client, habit: Usual | None, as_of: date, share: float) -> tuple[str, bool]:
    """What to know about a client, and whether money should have come: the first of these that holds."""
    if client.unpaid_since:
        since = formatting.short_day(client.unpaid_since, as_of)
        if client.unpaid:
            return t("{amount} unpaid since {day}", amount=formatting.whole(client.unpaid), day=since), True
        return t("Unpaid since {day}", day=since), True
    if client.overdue:
        return t("Overdue plan: {day}, not invoiced", day=formatting.short_day(client.overdue, as_of)), True
    if client.next_planned:
        planned = formatting.short_day(client.next_planned, as_of)
        if client.next_amount:
            return t("Planned {day}: {amount}", day=planned, amount=formatting.whole(client.next_amount)), False
        return t("Planned {day}", day=planned), False
    if client.far_off:
        return t("Planned {month}, too far ahead to count", month=formatting.short_month_of(client.far_off)), False
    if habit is None:
        return _nothing_yet(client, as_of), False
    if (month := _missed(client, habit, as_of)) is not None:
        if client.value and client.value > 0:
            return t(
                "Missed its {month}, value {amount}", month=formatting.month_name(month),
                amount=formatting.whole(client.value),
            ), False  # fmt: skip
        return t("Missed its {month}", month=formatting.month_name(month)), False
    if (month := _comes(habit, as_of)) is not None:
        return t("Its month comes: {month}", month=formatting.month_name(month)), False
    if share >= SHARE:
        return t("{share} of turnover", share=formatting.share_1(share)), False
    return tn(
        "{count:,} invoice in its last 12 months", "{count:,} invoices in its last 12 months", habit.invoices
    ), False  # fmt: skip


def _missed(client: Client, habit: Usual, as_of: date) -> int | None:
    """The latest of its months that went by without an invoice in it or since, of the last few full months."""
    last = client.last_invoice
    for back in range(1, MISSED + 1):
        first = add_months(as_of.replace(day=1), -back)
        if first.month in habit.months and last is not None and last < first:
            return first.month
    return None


def _comes(habit: Usual, as_of: date) -> int | None:
    """The next of its months, the running one included, where it is near."""
    for ahead in range(COMING + 1):
        month = add_months(as_of.replace(day=1), ahead).month
        if month in habit.months:
            return month
    return None


def _nothing_yet(client: Client, as_of: date) -> str:
    if client.created_on is None or client.created_on > as_of:
        return t("Nothing invoiced yet")
    months = (as_of.year - client.created_on.year) * 12 + as_of.month - client.created_on.month
    months -= as_of.day < client.created_on.day
    if months < 1:
        return t("New on the list, nothing yet")
    return tn("Client for {count} month, nothing yet", "Client for {count} months, nothing yet", months)
