"""What the client card looks up: three hidden sheets that a refresh writes, sorted, so that formulas find it at once.

`_Clients` has a row for each client with its figures and where its rows begin in the others; `_Rows` the invoices and
plans, `_Log` the decisions, both client by client, the latest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from operator import itemgetter

from kopilot_xl.domain import formatting
from kopilot_xl.domain.actions import ReplayedLog
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import CutOffs, add_months, running_month
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.domain.transactions import Booking, Ledger
from kopilot_xl.domain.usual import usual
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import clients
from kopilot_xl.workbook.sheets.contacts import Contacts
from kopilot_xl.workbook.sheets.contents import Inputs, Result

CLIENTS, ROWS, LOG = SHEETS = "_Clients", "_Rows", "_Log"
BACK, AHEAD = 36, 12
"""How many whole months a card looks back, and how many months ahead, the running one among them."""
YEARS = 4
"""How many calendar years a card shows, the running one among them."""
MOST_ROWS = 30_000
"""How many rows of invoices, plans and clients are kept at most: of those that leave next, then of those worth most.

So a card adds little to the time of a refresh and to the size of a large workbook."""
OLDER_ROWS = 10
"""How many rows of a client are kept at least, though they are older than what the card adds up."""

COLUMNS = (
    "Label", "Client ID", "Segment", "About the segment", "Last invoice", "About it", "Usually in", "About the amount",
    "Invoiced in 12 months", "About its share", "Value", "About the value", "Segments by month", "First row", "Rows",
    "First decision", "Decisions",
)  # fmt: skip
"""The columns of `_Clients`."""
LABEL, CLIENT_ID, SEGMENT, SEGMENT_NOTE, LAST, LAST_NOTE, USUAL, USUAL_NOTE, INVOICED, INVOICED_NOTE = range(10)
VALUE, VALUE_NOTE, STRIP, FIRST_ROW, ROW_COUNT, FIRST_LOG, LOG_COUNT = range(10, 17)
"""Where each of them is."""
HEAD_ROW = 2
"""The row of their headings; the clients follow. The first row holds what is the same for all: how many clients there
are, the as-of date, what was invoiced in each of the years, the latest first, and the contact columns of Clients."""
YEAR_TOTALS, CONTACT_COLUMNS = 3, 3 + YEARS
"""The columns, counted from 1, of the first row from which on it has them."""
KINDS = ("Invoiced", "Credit note", "Planned", "Overdue plan", "Sent ahead", "Far-off plan")
"""What a row is, in the words of the card's formulas. `_Rows` has the number of the word, but for the first: most rows
are that."""
_CREDIT, _PLANNED, _OVERDUE, _AHEAD, _FAR = range(2, 7)
ROW_COLUMNS = ("Date", "Invoiced", "Planned", "Kind")
LOG_COLUMNS = ("Recorded on", "Decision", "For", "Amount", "Came of it", "Note")


_day: Callable[[Sequence[Value]], date] = itemgetter(0)


@dataclass(frozen=True)
class ClientData:
    """The contents of the three sheets.

    Attributes:
        as_of: the day looked at.
        clients: a row of `COLUMNS` for each client that has a card, sorted by label.
        rows: rows of `ROW_COLUMNS`.
        log: rows of `LOG_COLUMNS`.
        invoiced: what was invoiced by all clients in each of the years shown, the latest first.
        contact_columns: how far right of the ids the table Clients has its telephone numbers, and their heading, and
            the same of e-mail addresses; blank where there is none. What they hold is looked up there, not kept here.
        left_out: how many clients have no card, for there are too many rows.
    """

    as_of: date
    clients: Sequence[Sequence[Value]]
    rows: Sequence[Sequence[Value]]
    log: Sequence[Sequence[Value]]
    invoiced: Sequence[float]
    contact_columns: Sequence[Value] = ()
    left_out: int = 0

    def sheets(self) -> dict[str, list[Sequence[Value]]]:
        """Return the rows of each sheet from its first one on."""
        head: list[Value] = [len(self.clients), self.as_of, *self.invoiced, *self.contact_columns]
        return {
            CLIENTS: [head, COLUMNS, *self.clients],
            ROWS: [ROW_COLUMNS, *self.rows],
            LOG: [LOG_COLUMNS, *self.log],
        }


def first_month(as_of: date) -> date:
    """Return the first day of the earliest month a card shows."""
    return add_months(running_month(as_of), -BACK)


def client_data(result: Result) -> ClientData:
    """Return what the card looks up of a result.

    Where there are more rows than `MOST_ROWS`, Leaving clients come first, then others of the portfolio, then the rest,
    those that are worth most before others.
    """
    inputs, as_of = result.inputs, result.as_of
    ledger = inputs.transactions.ledger
    plans = defaultdict[str, list[Booking]](list)
    for plan in result.log.plans:
        plans[plan.client].append((plan.issue_date, plan.amount))
    chosen = _chosen(result.clients, ledger, plans)
    since = min(first_month(as_of), date(as_of.year - YEARS + 1, 1, 1))
    horizon = CutOffs.at(as_of, inputs.settings.rules).horizon
    sums, years = _sums(result.clients, ledger, as_of)
    total = fsum(sums.values())
    ranks = {key: rank for rank, key in enumerate(sorted(sums, key=lambda key: -sums[key]), 1)}
    log = _log_rows(inputs, result.log)
    written_ids = dict(zip(inputs.clients.keys, raw_ids(inputs), strict=True))
    worth = result.summary.value(PORTFOLIO)
    rows, entries = list[Sequence[Value]](), list[Sequence[Value]]()
    cards = list[list[Value]]()
    for client, label in _labelled(chosen):
        own = _rows_of(client, ledger, plans.get(client.key, ()), as_of, horizon, since)
        logged = log.get(client.key, ())
        cards.append(
            [
                label,
                written_ids.get(client.key),
                client.segment.value if client.segment else None,
                segment_note(client, as_of),
                client.last_invoice,
                last_note(client, as_of),
                *_usual(ledger.issued.get(client.key, ()), as_of),
                sums.get(client.key, 0.0),
                _share_note(sums.get(client.key, 0.0), total, ranks.get(client.key, 0)),
                client.value,
                _value_note(client, worth),
                result.past_segments.get(client.key, "") + _ahead(client, as_of),
                len(rows) + 2,
                len(own),
                len(entries) + 2,
                len(logged),
            ]
        )
        rows += own
        entries += logged
    return ClientData(as_of, cards, rows, entries, years, _contact_columns(inputs), len(result.clients) - len(chosen))


def _contact_columns(inputs: Inputs) -> list[Value]:
    found, rows = Contacts.of(inputs.clients), inputs.clients.rows
    ids = rows.position(clients.CLIENT_ID) or 0
    places = (found.phone, found.mail)
    return [value for at in places for value in ((None, None) if at is None else (at - ids, rows.data.headers[at]))]


def _chosen(people: Sequence[Client], ledger: Ledger, plans: Mapping[str, Sequence[Booking]]) -> Sequence[Client]:
    """The clients that have a card: all, or as many as `MOST_ROWS` has room for."""
    counts = [
        len(ledger.issued.get(client.key, ()))
        + len(ledger.planned.get(client.key, ()))
        + len(plans.get(client.key, ()))
        for client in people
    ]
    if sum(counts) + len(people) <= MOST_ROWS:
        return people
    inside = set(PORTFOLIO)

    def rank(at: int) -> tuple[bool, bool, float, int]:
        segment = people[at].segment
        return segment is not Segment.LEAVING, segment not in inside, -people[at].weight, at

    order = sorted(range(len(people)), key=rank)
    room, kept = MOST_ROWS, list[int]()
    for at in order:
        if counts[at] < room:
            room -= counts[at] + 1
            kept.append(at)
    return [people[at] for at in sorted(kept)]


def _labelled(people: Sequence[Client]) -> Iterator[tuple[Client, str]]:
    """The clients and what they are called in the list, no two alike, in the order of the alphabet."""
    named = sorted(((label_of(client), client) for client in people), key=lambda pair: (pair[0].casefold(), pair[1].id))
    taken = set[str]()
    for label, client in named:
        unique, number = label, 2
        while unique.casefold() in taken:
            unique, number = f"{label} ·{number}", number + 1
        taken.add(unique.casefold())
        yield client, unique


def label_of(client: Client) -> str:
    """Return what a client is called in the list: its name and its id, cut so that a formula can look it up."""
    name = " ".join(client.name.split())
    shown_id = " ".join(client.id.split())[:60]
    return f"{name[:160].rstrip()} ({shown_id})" if name else shown_id


def raw_ids(inputs: Inputs) -> list[Value]:
    """Return the ids of the clients as their cells hold them, in the order of the clients."""
    values = inputs.clients.rows.values(clients.CLIENT_ID)
    return [values[position] for position in inputs.clients.positions]


# figures in words


def segment_note(client: Client, as_of: date) -> str | None:
    """Return what is next for a client, or until when it stays."""
    if client.segment is None:
        return t("not yet a client")
    if client.unpaid_since:
        day = formatting.short_day(client.unpaid_since)
        if client.unpaid:
            return t("{amount} unpaid since {day}", amount=formatting.whole(client.unpaid), day=day)
        return t("unpaid since {day}", day=day)
    if client.overdue:
        return t("planned for {day}, not invoiced", day=formatting.short_day(client.overdue))
    if client.next_planned:
        day = formatting.short_day(client.next_planned)
        if client.next_amount:
            return t("{amount} planned for {day}", amount=formatting.whole(client.next_amount), day=day)
        return t("planned for {day}", day=day)
    if client.leaves_on:
        left = (client.leaves_on - as_of).days
        day = formatting.short_day(client.leaves_on)
        if client.segment is Segment.LEAVING:
            return tn("{count} day left: leaves on {day}", "{count} days left: leaves on {day}", left, day=day)
        return t("leaves on {day} if nothing comes", day=day)
    return None


def last_note(client: Client, as_of: date) -> str:
    """Return how long ago a client was invoiced."""
    if client.last_invoice is None:
        return t("never invoiced")
    days = (as_of - client.last_invoice).days
    return t("today") if days == 0 else t("yesterday") if days == 1 else t("{days:,} days ago", days=days)


def _usual(issued: Sequence[Booking], as_of: date) -> tuple[str | None, str | None]:
    found = usual(issued, as_of)
    if found is None:
        return None, None
    return found.text, None if found.amount is None else t("about {amount} each", amount=formatting.whole(found.amount))


def _share_note(amount: float, total: float, rank: int) -> str:
    if amount <= 0 or total <= 0:
        return t("nothing in 12 months") if not amount else t("credit notes outweigh it")
    return t("{share} of turnover, no. {rank:,}", share=formatting.share_1(amount / total), rank=rank)


def _value_note(client: Client, worth: float) -> str | None:
    if client.segment not in PORTFOLIO:
        return t("outside the portfolio")
    return t("{share} of the portfolio", share=formatting.share_1(client.weight / worth)) if worth > 0 else None


def _ahead(client: Client, as_of: date) -> str:
    """The signs of the months ahead: one where the client leaves if nothing comes, blanks."""
    signs = [" "] * AHEAD
    if client.leaves_on:
        first = running_month(as_of)
        at = (client.leaves_on.year - first.year) * 12 + client.leaves_on.month - first.month
        if 0 <= at < AHEAD:
            signs[at] = "✗"
    return "".join(signs)


# sums and rows


def _sums(people: Sequence[Client], ledger: Ledger, as_of: date) -> tuple[dict[str, float], list[float]]:
    """What each client was invoiced in the last 12 months, those without a row left out; what all were, year by year.

    Credit notes are included.
    """
    since, first_year = add_months(as_of, -12), as_of.year - YEARS + 1
    earliest = min(since, date(first_year, 1, 1))
    in_year = dict[str, float]()
    years: list[list[float]] = [[] for _ in range(YEARS)]
    for client in people:
        late = [row for row in ledger.issued.get(client.key, ()) if row[1] and earliest <= row[0] <= as_of]
        for day, amount in late:
            if amount and day.year >= first_year:
                years[as_of.year - day.year].append(amount)
        if recent := [amount for day, amount in late if amount and day > since]:
            in_year[client.key] = fsum(recent)
    return in_year, [fsum(amounts) for amounts in years]


def _rows_of(
    client: Client, ledger: Ledger, logged: Sequence[Booking], as_of: date, horizon: date, since: date
) -> list[Sequence[Value]]:
    """A client's invoices and plans, the latest first; those before a day as far as there are few of them."""
    rows = list[Sequence[Value]]()
    for day, amount in ledger.issued.get(client.key, ()):
        if day > as_of:
            rows.append((day, None, amount, _AHEAD))
        elif amount is not None and amount < 0:
            rows.append((day, amount, None, _CREDIT))
        else:
            rows.append((day, amount))
    for day, amount in (*ledger.planned.get(client.key, ()), *logged):
        kind = _OVERDUE if day <= as_of else _PLANNED if day <= horizon else _FAR
        rows.append((day, None, amount, kind))
    rows.sort(key=_day, reverse=True)
    late = sum(1 for row in rows if _day(row) >= since)
    return rows[: max(late, OLDER_ROWS)]


def _log_rows(inputs: Inputs, log: ReplayedLog) -> dict[str, list[Sequence[Value]]]:
    """The decisions about each client, the latest first."""
    from kopilot_xl.workbook.sheets.actions import NOTE

    notes = inputs.actions.rows.values(NOTE)
    found: defaultdict[str, list[tuple[date, int, list[Value]]]] = defaultdict(list)
    for at, (entry, outcome) in enumerate(zip(inputs.actions.entries, log.results, strict=True)):
        if entry.client is None:
            continue
        recorded = entry.recorded_on.date() if entry.recorded_on else None
        note = outcome.detail or notes[at]
        row: list[Value] = [
            recorded, entry.action.value if entry.action else None, entry.issue_date, entry.amount,
            outcome.status.value, note,
        ]  # fmt: skip
        found[entry.client].append((recorded or date.min, at, row))
    return {
        key: [row for _, _, row in sorted(rows, key=lambda each: each[:2], reverse=True)] for key, rows in found.items()
    }
