"""The action log: what the user decided, judged row by row and folded over the data."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from kopilot_xl.domain import formatting
from kopilot_xl.domain.activity import Status
from kopilot_xl.domain.rules import DEFAULT, FIRST_DAY, LAST_DAY, CutOffs, Rules
from kopilot_xl.domain.segments import ALLOWED, Action, Segment

EARLY = timedelta(days=30)
"""An invoice may be dated this much before the planned date and still fulfil the plan."""
LEAST_SHARE = 0.5
"""An invoice fulfils a plan if it bills at least this share of the planned amount."""

_MARKS = {Action.MARK_LOST: Segment.LOST, Action.MARK_CANCELED: Segment.CANCELED}


class ActionStatus(StrEnum):
    """What became of a row of the log. Source: docs/rules.md, "Actions"."""

    APPLIED = "Applied"
    FULFILLED = "Fulfilled"
    OVERDUE = "Overdue"
    SUPERSEDED = "Superseded"
    REJECTED = "Rejected"
    PENDING = "Pending"


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
        """Whether it is a sign of activity: a credit note or a zero amount is none."""
        return self.amount is None or self.amount > 0


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
    """Revenue the log plans and no invoice has fulfilled yet."""

    client: str
    issue_date: date
    amount: float


@dataclass(frozen=True)
class ReplayedLog:
    """The log folded over the data as of a day: a result per row, the open plans, the marks in force."""

    results: list[ActionResult]
    plans: list[Plan]
    marks: dict[str, Segment]


def replay(
    entries: Sequence[LoggedAction], clients: Mapping[str, ClientHistory], as_of: date, rules: Rules = DEFAULT
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
    pending = ActionResult(ActionStatus.PENDING, f"Recorded after {formatting.day(as_of)}, the date of this refresh.")
    plans: list[Plan] = []
    marks: dict[str, Segment] = {}
    for key, rows in by_client.items():
        case = ClientReplay(clients[key], rules)
        rows.sort(key=lambda each: each[:2])
        folded = [each for each in rows if each[0].date() <= as_of]
        for moment, position, entry in folded:
            case.take(position, entry, moment.date())
        case.close(as_of)
        results.update(case.results)
        if case.mark:
            marks[key] = case.mark.segment
        else:
            plans += [Plan(key, each.day, each.amount) for each in case.open_plans]
        for moment, position, entry in rows[len(folded) :]:
            case.take(position, entry, moment.date())
            result = case.results[position]
            results[position] = result if result.status is ActionStatus.REJECTED else pending
    return ReplayedLog([results[position] for position in range(len(entries))], plans, marks)


def _flaw(entry: LoggedAction, clients: Mapping[str, ClientHistory]) -> str | None:
    """Why a row is rejected whatever the data say, if it is."""
    if entry.flaw:
        return entry.flaw
    if entry.recorded_on is None:
        return "Recorded on is blank: write the day it was decided."
    if not FIRST_DAY <= entry.recorded_on.date() <= LAST_DAY:
        return f"Recorded on {entry.recorded_on:%Y-%m-%d} is out of range."
    if entry.client is None:
        return "The Client ID is blank."
    if entry.client not in clients:
        return "Unknown client: its id is not in the Clients table."
    if entry.action is None:
        return f"The action is blank: choose {', '.join(Action)}."
    if entry.action is not Action.PLAN_REVENUE:
        return None
    if entry.issue_date is None:
        return "No issue date: write the day the invoice is planned for."
    if entry.issue_date <= entry.recorded_on.date():
        return "The issue date is not after the recording date: plan a later day."
    if entry.amount is None:
        return "No amount: write what is expected, above zero."
    if entry.amount <= 0:
        return "The amount is not above zero."
    return None


@dataclass(frozen=True, slots=True)
class _Mark:
    position: int
    since: date
    segment: Segment
    row: int


@dataclass(frozen=True, slots=True)
class _Planned:
    position: int
    recorded: date
    day: date
    amount: float


@dataclass
class ClientReplay:
    """One client's rows, taken in the order of recording."""

    dossier: ClientHistory
    rules: Rules
    mark: _Mark | None = None
    plans: list[_Planned] = field(default_factory=list)
    open_plans: list[_Planned] = field(default_factory=list)
    results: dict[int, ActionResult] = field(default_factory=dict)

    def __post_init__(self) -> None:
        issued = [each for each in self.dossier.transactions if each.status is Status.ISSUED and each.counts]
        self.invoices = sorted(issued, key=lambda each: each.issue_date)
        self.invoice_days = [each.issue_date for each in self.invoices]

    def take(self, position: int, entry: LoggedAction, recorded: date) -> None:
        """Judge a row by what was known on its recording date, and let it have its effect."""
        assert entry.action is not None  # noqa: S101 - rows without one were rejected before
        self._undo_by_invoice(recorded)
        now = self._segment(recorded)
        if (refusal := self._refusal(entry.action, now, recorded)) is not None:
            self.results[position] = ActionResult(ActionStatus.REJECTED, refusal)
            return
        self.results[position] = ActionResult(ActionStatus.APPLIED)
        if entry.action in _MARKS:
            self.mark = _Mark(position, recorded, _MARKS[entry.action], entry.row)
            return
        if self.mark:
            self._supersede(f"Lifted by row {entry.row}: {entry.action}.")
        elif entry.action is Action.REACTIVATE:
            self.results[position] = ActionResult(
                ActionStatus.APPLIED, "Noted. There is no mark to lift: plan revenue to bring it back."
            )
        if entry.action is Action.PLAN_REVENUE:
            assert entry.issue_date is not None  # noqa: S101 - rows without them were rejected before
            assert entry.amount is not None  # noqa: S101
            self.plans.append(_Planned(position, recorded, entry.issue_date, entry.amount))

    def close(self, as_of: date) -> None:
        """Settle what became of marks and plans by a day."""
        self._undo_by_invoice(as_of)
        taken = self._fulfilled(as_of)
        horizon = CutOffs.at(as_of, self.rules).horizon
        for plan in self.plans:
            self.results[plan.position] = self._settled(plan, taken.get(plan.position), as_of, horizon)
        self.open_plans = [each for each in self.plans if each.position not in taken]

    def _settled(self, plan: _Planned, invoice: Transaction | None, as_of: date, horizon: date) -> ActionResult:
        if invoice:
            billed = "" if invoice.amount is None else f", {formatting.amount(invoice.amount)}"
            return ActionResult(ActionStatus.FULFILLED, f"Invoiced on {formatting.day(invoice.issue_date)}{billed}.")
        if self.mark:
            return ActionResult(
                ActionStatus.SUPERSEDED,
                f"Set aside while the client is marked {self.mark.segment.lower()} by row {self.mark.row}.",
            )
        if plan.day <= as_of:
            return ActionResult(
                ActionStatus.OVERDUE,
                f"Planned for {formatting.day(plan.day)}, not invoiced: invoice it, move it or drop it.",
            )
        if plan.day > horizon:
            months = formatting.count(self.rules.horizon_months, "month")
            return ActionResult(
                ActionStatus.APPLIED, f"More than {months} ahead: it does not count as coming yet.", far_off=True
            )
        return ActionResult(ActionStatus.APPLIED)

    def _invoices_to(self, day: date) -> list[Transaction]:
        return self.invoices[: bisect_right(self.invoice_days, day)]

    def _undo_by_invoice(self, day: date) -> None:
        """Lift the mark if an invoice dated after it, and up to a day, says the client is back."""
        if not self.mark:
            return
        after = bisect_right(self.invoice_days, self.mark.since)
        if after < len(self.invoices) and self.invoice_days[after] <= day:
            self._supersede(f"Undone by the invoice of {formatting.day(self.invoice_days[after])}.")

    def _supersede(self, detail: str) -> None:
        if self.mark:
            self.results[self.mark.position] = ActionResult(ActionStatus.SUPERSEDED, detail)
            self.mark = None

    def _segment(self, day: date) -> Segment | None:
        """Where the client stands on a day, by the invoices up to it, the planned rows and the log so far."""
        if self.mark:
            return self.mark.segment
        cut = CutOffs.at(day, self.rules)
        invoices = self._invoices_to(day)
        coming = any(
            each.status is Status.PLANNED and each.counts and cut.is_coming(each.issue_date)
            for each in self.dossier.transactions
        )
        if not coming and self.plans:
            taken = self._fulfilled(day)
            coming = any(each.position not in taken and cut.is_coming(each.day) for each in self.plans)
        return cut.segment_of(self.dossier.created_on, invoices[-1].issue_date if invoices else None, coming)

    def _refusal(self, action: Action, now: Segment | None, day: date) -> str | None:
        if action is Action.PLAN_REVENUE:
            return None
        if now is None:
            return f"Not allowed: on {formatting.day(day)} it was not yet a client."
        if now not in ALLOWED[action]:
            wanted = [each for each in Segment if each in ALLOWED[action]]
            return (
                f"Not allowed: on {formatting.day(day)} the client was {now}; "
                f"{action.lower()} is for {', '.join(wanted[:-1])} or {wanted[-1]}."
            )
        if action is Action.MARK_CANCELED and now is Segment.LOST and self._invoices_to(day):
            return "Not allowed: a Lost client that was invoiced stays Lost; cancel is for clients never invoiced."
        return None

    def _fulfilled(self, day: date) -> dict[int, Transaction]:
        """The plans that took an invoice by a day: oldest planned date first, each the earliest that fits."""
        free = self._invoices_to(day)
        taken: dict[int, Transaction] = {}
        for plan in sorted(self.plans, key=lambda each: each.day):
            earliest = max(plan.recorded, plan.day - EARLY)
            for index, invoice in enumerate(free):
                enough = invoice.amount is None or invoice.amount >= plan.amount * LEAST_SHARE
                if invoice.issue_date >= earliest and enough:
                    taken[plan.position] = free.pop(index)
                    break
        return taken
