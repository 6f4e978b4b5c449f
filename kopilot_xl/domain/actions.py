"""The action log: what the user decided, judged row by row and folded over the data."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from math import fsum

from kopilot_xl.domain import formatting, fulfilment
from kopilot_xl.domain.credits import KnownInvoices, is_invoice
from kopilot_xl.domain.fulfilment import Fulfilment, OpenPlans, fulfil
from kopilot_xl.domain.rules import DEFAULT, FIRST_DAY, LAST_DAY, CutOffs, Rules
from kopilot_xl.domain.segments import ALLOWED, Action, Segment
from kopilot_xl.domain.transactions import Booking, Status
from kopilot_xl.texts import marked, t, tn

_MARKS = {Action.MARK_LOST: Segment.LOST, Action.MARK_CANCELED: Segment.CANCELED}


class ActionStatus(StrEnum):
    """What became of a row of the log. Source: docs/rules.md, "Actions"."""

    APPLIED = marked("Applied")
    FULFILLED = marked("Fulfilled")
    OVERDUE = marked("Overdue")
    SUPERSEDED = marked("Superseded")
    REJECTED = marked("Rejected")
    PENDING = marked("Pending")

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return t(self.value)


@dataclass(frozen=True, slots=True)
class LoggedAction:
    """A row of the log. `row` is the number it is called by in the Details of other rows."""

    row: int
    recorded_on: datetime | None
    client: str | None
    """the client's key"""
    action: Action | None
    issue_date: date | None = None
    amount: float | None = None
    flaw: str | None = None
    """why the row cannot be read, where a cell of it cannot"""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of a client."""

    issue_date: date
    amount: float | None
    status: Status

    @property
    def counts(self) -> bool:
        """Whether it is a sign of activity: a credit note or a zero amount is not."""
        return is_invoice(self.amount)


@dataclass(frozen=True, slots=True)
class ClientHistory:
    """What is known of a client beside the log."""

    created_on: date | None
    transactions: Sequence[Transaction] = ()


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What refresh writes beside a row of the log."""

    status: ActionStatus
    detail: str = ""
    far_off: bool = False
    """an applied plan dated past the horizon"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Revenue the log plans that is not fulfilled yet. `amount` is what is not invoiced yet of what was planned."""

    client: str
    issue_date: date
    amount: float


@dataclass(frozen=True)
class ReplayedLog:
    """The log folded over the data as of a day: a result per row, the open plans, the marks in force."""

    results: list[ActionResult]
    plans: list[Plan]
    marks: dict[str, Segment]
    brought: list[Booking] = field(default_factory=list)
    """The invoices that plans of the log took, dated up to the day: what the decisions brought."""

    def brought_since(self, day: date) -> float:
        """Return the sum of the invoices after a day that plans took; blank amounts count 0."""
        return fsum(amount for issued, amount in self.brought if issued > day and amount)


def replay(
    entries: Sequence[LoggedAction],
    clients: Mapping[str, ClientHistory],
    as_of: date,
    rules: Rules = DEFAULT,
    *,
    looking_back: bool = False,
) -> ReplayedLog:
    """Judge each row of the log and add the rows up.

    A row is judged by what was known on its recording date, so whether it is rejected does not depend on the as-of
    date, even while the row is pending; what became of it (fulfilled, overdue, superseded) does.
    Source: docs/rules.md, "Actions".

    Args:
        entries: the log in the order of its rows.
        clients: every known client by its key; transactions need only be there for clients of the log.
        as_of: the day; rows recorded after it are Pending, or Rejected already.
        rules: the thresholds.
        looking_back: whether the day is reconstructed, so that invoices dated after it are unknown: no plan takes them.

    Returns:
        One result per entry, in the order of the entries; the plans not fulfilled of clients without a mark; the
        mark in force of each marked client.

    Raises:
        ValueError: the as-of date is out of range.
    """
    CutOffs.at(as_of, rules)
    results: dict[int, ActionResult] = {}
    by_client: dict[str, list[tuple[datetime, int, LoggedAction]]] = defaultdict(list)
    for position, entry in enumerate(entries):
        reason = _flaw(entry, clients)
        if reason or entry.recorded_on is None or entry.client is None:
            results[position] = ActionResult(ActionStatus.REJECTED, reason or "")
        else:
            by_client[entry.client].append((entry.recorded_on, position, entry))
    pending = ActionResult(
        ActionStatus.PENDING, t("Recorded after {day}, the date of this refresh.", day=formatting.day(as_of))
    )
    plans: list[Plan] = []
    marks: dict[str, Segment] = {}
    brought: list[Booking] = []
    for key, rows in by_client.items():
        client = ClientReplay(clients[key], rules)
        rows.sort(key=lambda row: row[:2])
        recorded = [row for row in rows if row[0].date() <= as_of]
        for moment, position, entry in recorded:
            client.take(position, entry, moment.date())
        mark, found = client.close(as_of, looking_back)
        results.update(client.results)
        if mark:
            marks[key] = mark
        plans += [Plan(key, each.plan.day, each.rest) for each in found if not each.is_enough]
        brought += [invoice for each in found for invoice in each.invoices if invoice[0] <= as_of]
        for moment, position, entry in rows[len(recorded) :]:
            client.take(position, entry, moment.date())
            result = client.results[position]
            results[position] = result if result.status is ActionStatus.REJECTED else pending
    return ReplayedLog([results[position] for position in range(len(entries))], plans, marks, brought)


def looked_back(
    entries: Sequence[LoggedAction], clients: Mapping[str, ClientHistory], days: Sequence[date], rules: Rules = DEFAULT
) -> dict[date, ReplayedLog]:
    """Return the open plans and the marks in force on earlier days, each row taken once and no reason put into words.

    They are what `replay` gives with `looking_back`, day by day.

    Args:
        entries: the log in the order of its rows.
        clients: every known client by its key.
        days: the days, the earliest first.
        rules: the thresholds.

    Returns:
        The log by day, without results and without what plans brought.
    """
    by_client: dict[str, list[tuple[datetime, int, LoggedAction]]] = defaultdict(list)
    for position, entry in enumerate(entries):
        if entry.recorded_on is not None and entry.client is not None and not _flaw(entry, clients):
            by_client[entry.client].append((entry.recorded_on, position, entry))
    logs = {day: ReplayedLog([], [], {}) for day in days}
    for key, rows in by_client.items():
        client = ClientReplay(clients[key], rules, in_words=False)
        rows.sort(key=lambda row: row[:2])
        taken = 0
        for day in days:
            while taken < len(rows) and rows[taken][0].date() <= day:
                moment, position, entry = rows[taken]
                client.take(position, entry, moment.date())
                taken += 1
            if not taken:
                continue
            mark, found = client.close(day, looking_back=True)
            if mark:
                logs[day].marks[key] = mark
            logs[day].plans.extend(Plan(key, each.plan.day, each.rest) for each in found if not each.is_enough)
    return logs


def _flaw(entry: LoggedAction, clients: Mapping[str, ClientHistory]) -> str | None:
    """Why a row is rejected whatever the data say, if it is."""
    if entry.flaw:
        return entry.flaw
    if entry.recorded_on is None:
        return t("Recorded on is blank: write the day it was decided, and the client and the action.")
    if not FIRST_DAY <= entry.recorded_on.date() <= LAST_DAY:
        return t("Recorded on {recorded_on:%Y-%m-%d} is out of range.", recorded_on=entry.recorded_on)
    if entry.client is None:
        return t("The Client ID is blank.")
    if entry.client not in clients:
        return t("Unknown client: its id is not in the Clients table.")
    if entry.action is None:
        return t("The action is blank: choose {actions}.", actions=", ".join(Action))
    if entry.action is not Action.PLAN_REVENUE:
        return None
    if entry.issue_date is None:
        return t("No issue date: write the day the invoice is planned for.")
    if entry.issue_date <= entry.recorded_on.date():
        return t("The issue date is not after the recording date: plan a later day.")
    if entry.amount is None:
        return t("No amount: write what is expected, above zero.")
    if entry.amount <= 0:
        return t("The amount is not above zero.")
    return None


@dataclass(frozen=True, slots=True)
class _Mark:
    position: int
    since: date
    segment: Segment
    row: int


@dataclass(frozen=True, slots=True)
class _End:
    """A row of the log that ends the mark before it, and what the mark's Detail says about that."""

    recorded: date
    detail: str


@dataclass
class ClientReplay:
    """One client's rows, taken in the order of recording.

    What a credit note takes back counts from the note's own date on. So whether a mark was in force when a row was
    recorded, and whether it is as of a later day, are two questions; the marks and what ended them are all kept.
    """

    history: ClientHistory
    rules: Rules
    in_words: bool = True
    """Whether reasons are put into words; marks and plans are the same without."""
    marks: list[tuple[_Mark, _End | None]] = field(default_factory=list)
    plans: list[fulfilment.Plan] = field(default_factory=list)
    results: dict[int, ActionResult] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.history.transactions
        self.known = KnownInvoices([(row.issue_date, row.amount) for row in rows if row.status is Status.ISSUED])
        self.open_plans = None if self.known.has_notes else OpenPlans(self.known.open_invoices())
        self.planned_days = sorted(row.issue_date for row in rows if row.status is Status.PLANNED and row.counts)

    def take(self, position: int, entry: LoggedAction, recorded: date) -> None:
        """Judge a row by what was known on its recording date, and let it have its effect."""
        assert entry.action is not None  # noqa: S101 - rows without one were rejected before
        self.known.advance(recorded)
        if self.open_plans:
            self.open_plans.advance(recorded)
        mark = self._mark()
        refusal = None if entry.action is Action.PLAN_REVENUE else self._refusal(entry.action, mark, recorded)
        if refusal is not None:
            self.results[position] = ActionResult(ActionStatus.REJECTED, refusal)
            return
        noted = t("Noted. There is no mark to lift: plan revenue to bring it back.")
        only_a_note = entry.action is Action.REACTIVATE and mark is None
        self.results[position] = ActionResult(ActionStatus.APPLIED, noted if only_a_note else "")
        if self.marks and self.marks[-1][1] is None:
            verb = "Replaced" if entry.action in _MARKS else "Lifted"
            self.marks[-1] = (
                self.marks[-1][0],
                _End(recorded, t("{verb} by row {row}: {action}.", verb=verb, row=entry.row, action=entry.action)),
            )
        if entry.action in _MARKS:
            self.marks.append((_Mark(position, recorded, _MARKS[entry.action], entry.row), None))
        if entry.action is Action.PLAN_REVENUE:
            assert entry.issue_date is not None  # noqa: S101 - rows without them were rejected before
            assert entry.amount is not None  # noqa: S101
            self.plans.append(fulfilment.Plan(position, recorded, entry.issue_date, entry.amount))
            if self.open_plans:
                self.open_plans.add(self.plans[-1])

    def close(self, as_of: date, looking_back: bool) -> tuple[Segment | None, list[Fulfilment]]:
        """Settle what became of marks and plans by a day; return the mark in force, and what came of the plans.

        Nothing comes of plans while a mark is in force.
        """
        self.known.advance(as_of)
        invoice_days = [day for day, _ in self.known.open_invoices(as_of)] if self.in_words else []
        for mark, end in self.marks if self.in_words else ():
            after = bisect_right(invoice_days, mark.since)
            undone_on = invoice_days[after] if after < len(invoice_days) else None
            if undone_on and (end is None or undone_on <= end.recorded):
                detail = t("Undone by the invoice of {day}.", day=formatting.day(undone_on))
                self.results[mark.position] = ActionResult(ActionStatus.SUPERSEDED, detail)
            elif end:
                self.results[mark.position] = ActionResult(ActionStatus.SUPERSEDED, end.detail)
        if (mark_in_force := self._mark()) and not self.in_words:
            return mark_in_force.segment, []
        if mark_in_force:
            aside = t(
                "On hold while the client is marked {segment} by row {row}.",
                segment=mark_in_force.segment.label.lower(),
                row=mark_in_force.row,
            )
            superseded = ActionResult(ActionStatus.SUPERSEDED, aside)
            self.results.update((plan.position, superseded) for plan in self.plans)
            return mark_in_force.segment, []
        found = fulfil(self.plans, self.known.open_invoices(as_of if looking_back else None))
        horizon = CutOffs.at(as_of, self.rules).horizon
        for each in found if self.in_words else ():
            self.results[each.plan.position] = self._settled(each, as_of, horizon)
        return None, found

    def _settled(self, found: Fulfilment, as_of: date, horizon: date) -> ActionResult:
        if found.is_enough:
            return ActionResult(ActionStatus.FULFILLED, _invoiced(found))
        day, part = found.plan.day, ""
        if found.invoices:
            part = t(
                "{invoiced} of {planned} invoiced",
                invoiced=formatting.amount(found.invoiced),
                planned=formatting.amount(found.plan.amount),
            )
        if day <= as_of:
            what = t("{part}: invoice the rest, move it or drop it", part=part) if part else t(_NOT_INVOICED)
            return ActionResult(
                ActionStatus.OVERDUE, t("Planned for {day}, {state}.", day=formatting.day(day), state=what)
            )
        details = [f"{part}."] if part else []
        if day > horizon:
            details.append(
                tn(
                    "More than {count:,} month ahead: it does not count as coming yet.",
                    "More than {count:,} months ahead: it does not count as coming yet.",
                    self.rules.horizon_months,
                )
            )
        return ActionResult(ActionStatus.APPLIED, " ".join(details), far_off=day > horizon)

    def _mark(self) -> _Mark | None:
        """The mark in force by what is known: the last one, unless a row ended it or an invoice came after it."""
        if not self.marks or self.marks[-1][1] is not None:
            return None
        mark, last = self.marks[-1][0], self.known.last
        return None if last is not None and last > mark.since else mark

    def _refusal(self, action: Action, mark: _Mark | None, day: date) -> str | None:
        """Why an action other than a plan is not allowed on a day, if it is not."""
        now = mark.segment if mark else self._segment(day)
        if not self.in_words:
            never = action is Action.MARK_CANCELED and now is Segment.LOST and self.known.last
            return "" if now not in ALLOWED[action] or never else None
        if now is None:
            return t("Not allowed: on {day} it was not yet a client.", day=formatting.day(day))
        if now not in ALLOWED[action]:
            wanted = [segment for segment in Segment if segment in ALLOWED[action]]
            return t(
                "Not allowed: on {day} the client was {now}; {action} is for {segments} or {last}.",
                day=formatting.day(day),
                now=now.label,
                action=action.label.lower(),
                segments=", ".join(segment.label for segment in wanted[:-1]),
                last=wanted[-1].label,
            )
        if action is Action.MARK_CANCELED and now is Segment.LOST and self.known.last:
            return t("Not allowed: a Lost client that was invoiced stays Lost; cancel is for clients never invoiced.")
        return None

    def _segment(self, day: date) -> Segment | None:
        """Where the client without a mark stood on a day, by the invoices up to it, planned rows and the log so far."""
        return CutOffs.at(day, self.rules).segment_of(self.history.created_on, self.known.last, self._is_coming(day))

    def _is_coming(self, day: date) -> bool:
        horizon = CutOffs.at(day, self.rules).horizon
        after = bisect_right(self.planned_days, day)
        if after < len(self.planned_days) and self.planned_days[after] <= horizon:
            return True
        if self.open_plans:
            return self.open_plans.any_between(day, horizon)
        found = fulfil(self.plans, self.known.open_invoices(day))
        return any(day < each.plan.day <= horizon and not each.is_enough for each in found)


_NOT_INVOICED = marked("not invoiced: invoice it, move it or drop it")


def _invoiced(found: Fulfilment) -> str:
    """What fulfilled a plan, in words."""
    billed = [formatting.amount(amount) for _, amount in found.invoices if amount is not None]
    last = formatting.day(found.invoices[-1][0])
    if len(found.invoices) == 1:
        return t("Invoiced on {day}{amounts}.", day=last, amounts=f", {billed[0]}" if billed else "")
    total = t(", {amount} in all", amount=formatting.amount(found.invoiced)) if billed else ""
    return t("Invoiced in {count} parts{total}, the last on {last}.", count=len(found.invoices), total=total, last=last)
