"""The portfolio as a whole: counts, shares, tilt, shape and its checks; and what to do next, with whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from kopilot_xl.domain import formatting, shape_words
from kopilot_xl.domain.credits import cents
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.segments import ENGAGED, INACTIVE, PORTFOLIO, WORK_ORDER, Heading, Segment
from kopilot_xl.texts import marked, t

TOKEN_PART = 10
"""What is coming from a client is a token if it is below this part of the client's value: a tenth."""


class Shape(StrEnum):
    """The portfolio's shape. Source: docs/rules.md, "The portfolio's shape"."""

    EMPTY = marked("Empty")
    INACCURATE = marked("Inaccurate")
    DECLINING = marked("Declining")
    GROWING = marked("Growing")
    MATURE = marked("Mature")

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return t(self.value)

    @property
    def icon(self) -> str:
        """The sign shown beside the label."""
        return _SHAPE_ICONS[self]


_SHAPE_ICONS = {
    Shape.EMPTY: "◻️",
    Shape.INACCURATE: "❓",
    Shape.DECLINING: "📉",
    Shape.GROWING: "📈",
    Shape.MATURE: "⚖️",
}


@dataclass(frozen=True)
class Check:
    """One of the three checks under the label, with its figures in words."""

    passed: bool
    text: str
    failing: str
    """how a sentence goes on when it fails"""
    short: str = ""
    """whether it passed, on one short line"""


@dataclass(frozen=True)
class Client:
    """One client as of a day. `segment` is None for one that is not yet a client."""

    key: str
    id: str
    name: str
    segment: Segment | None
    created_on: date | None = None
    last_invoice: date | None = None
    next_planned: date | None = None
    next_amount: float | None = None
    overdue: date | None = None
    far_off: date | None = None
    leaves_on: date | None = None
    value: float | None = None
    coming_amount: float | None = None
    """the sum of all that is coming, None where nothing is or where one of its amounts is not known"""
    unpaid: float | None = None
    """the sum of its unpaid invoices (overdue, or bad debt), None where there is none"""
    unpaid_since: date | None = None
    """the issue date of the oldest unpaid invoice"""
    first_invoice: date | None = None

    @property
    def weight(self) -> float:
        """Its value where values are added up: one below zero weighs nothing."""
        return max(self.value or 0.0, 0.0)

    @cached_property
    def next_action(self) -> str:
        """What to do about the client, or the plan that is already there; blank if not yet a client.

        Source: docs/rules.md, "Next action".
        """
        if self.segment is None:
            return ""
        if self.unpaid_since:
            since = formatting.day(self.unpaid_since)
            if not self.unpaid:
                return t("Unpaid, invoiced {day}: collect it first.", day=since)
            owed = formatting.amount(self.unpaid)
            return t("{amount} unpaid, invoiced {day}: collect it first.", amount=owed, day=since)
        if self.overdue:
            overdue = formatting.day(self.overdue)
            return t("Planned for {day}, not invoiced: invoice it, move it or drop it.", day=overdue)
        if self.next_planned:
            expected = f", {formatting.amount(self.next_amount)}" if self.next_amount else ""
            return t("Planned: {day}{amount}.", day=formatting.day(self.next_planned), amount=expected)
        if self.far_off:
            return t("Planned for {day}, too far ahead to count yet.", day=formatting.day(self.far_off))
        return self.segment.advice

    @property
    def has_only_a_token(self) -> bool:
        """Whether all that is coming is known and below a tenth of its value; never for a New client."""
        if self.next_planned is None or self.coming_amount is None or self.segment is Segment.NEW:
            return False
        return TOKEN_PART * cents(self.coming_amount) < cents(self.value or 0.0)

    @property
    def to_do(self) -> bool:
        """Whether it is on the list "Do next": unpaid, with a plan overdue, or with nothing coming but a token."""
        if self.unpaid_since or self.overdue:
            return True
        return self.next_planned is None or self.has_only_a_token


@dataclass(frozen=True)
class Summary:
    """The portfolio in figures. Source: docs/rules.md, "The histogram" and "The portfolio's shape".

    `counts` and `values` have all eight segments; a value is the sum of the clients' weights. `won` is how many clients
    were invoiced for the first time within the Active months, None where that cannot be known.
    """

    counts: Mapping[Segment, int]
    values: Mapping[Segment, float]
    rules: Rules = DEFAULT
    won: int | None = None

    @classmethod
    def of(cls, clients: Iterable[Client], rules: Rules = DEFAULT, won: int | None = None) -> Summary:
        """Return the summary of some clients; those not yet clients are counted nowhere."""
        counts = dict.fromkeys(Segment, 0)
        values = dict.fromkeys(Segment, 0.0)
        for client in clients:
            if client.segment is not None:
                counts[client.segment] += 1
                values[client.segment] += client.weight
        return cls(counts, values, rules, won)

    def clients(self, segments: Iterable[Segment]) -> int:
        """Return the number of clients in some segments."""
        return sum(self.counts.get(each, 0) for each in segments)

    def value(self, segments: Iterable[Segment]) -> float:
        """Return the value of the clients in some segments."""
        return sum(self.values.get(each, 0.0) for each in segments)

    @property
    def size(self) -> int:
        """N: the clients in the portfolio."""
        return self.clients(PORTFOLIO)

    def share(self, segment: Segment) -> float | None:
        """Return a segment's share of the portfolio's clients; None for Lost, Canceled or an empty portfolio."""
        return self.counts[segment] / self.size if segment in PORTFOLIO and self.size else None

    def share_of_value(self, segment: Segment) -> float | None:
        """Return a segment's share of the portfolio's value; None for Lost, Canceled or one without value."""
        total = self.value(PORTFOLIO)
        return self.values[segment] / total if segment in PORTFOLIO and total else None

    @property
    def tilt(self) -> float | None:
        """The centre of gravity by number of clients, −1 (far left) … +1 (far right); None when M = 0."""
        return _tilt(self.clients(ENGAGED), self.clients(INACTIVE))

    @property
    def tilt_by_value(self) -> float | None:
        """The centre of gravity by value, −1 … +1; None when engaged and inactive clients have none."""
        return _tilt(self.value(ENGAGED), self.value(INACTIVE))

    @cached_property
    def shape(self) -> Shape:
        """The label, first match wins."""
        inactive, engaged = self.clients(INACTIVE), self.clients(ENGAGED)
        active, new = self.counts[Segment.ACTIVE], self.counts[Segment.NEW]
        minority = 2 * active <= engaged + inactive
        if self.size == 0:
            return Shape.EMPTY
        if not self._few_without_activity:
            return Shape.INACCURATE
        if inactive >= engaged or (minority and new < self.counts[Segment.LEAVING]):
            return Shape.DECLINING
        if new > inactive or minority:
            return Shape.GROWING
        return Shape.MATURE

    @property
    def _few_without_activity(self) -> bool:
        limit = Fraction(self.rules.inaccurate_share).limit_denominator(1_000_000)
        return self.counts[Segment.NO_ACTIVITY] < limit * self.size

    @property
    def checks(self) -> tuple[Check, ...]:
        """The three checks, none for an empty portfolio."""
        if self.shape is Shape.EMPTY:
            return ()
        counts = self.counts
        active, new, leaving = counts[Segment.ACTIVE], counts[Segment.NEW], counts[Segment.LEAVING]
        some = self.clients(ENGAGED) + self.clients(INACTIVE)
        none, limit = counts[Segment.NO_ACTIVITY], self.rules.inaccurate_share
        of_active = t("{count:,} of {all:,}", count=active, all=some)
        of_active += f", {formatting.share(active / some)}" if some else ""
        came = t("{new:,} new", new=new)
        if self.won is not None:
            came = t("{new:,} new, {won:,} won", new=new, won=self.won)
        won = t(" ({won:,} won)", won=self.won) if self.won is not None else ""
        of_none, most = formatting.share(none / self.size), formatting.share(limit)
        return (
            Check(
                2 * active > some,
                t("Active clients are the majority ({figures})", figures=of_active),
                t("active clients are not the majority"),
                t("Active clients are the majority: {figures}", figures=of_active)
                if 2 * active > some
                else t("Active clients are not the majority: {figures}", figures=of_active),
            ),
            Check(
                new >= leaving,
                t("New clients make up for the leaving ones ({came}, {leaving:,} leaving)", came=came, leaving=leaving),
                t(
                    "new clients do not make up for the leaving ones ({came}, {leaving:,} leaving)",
                    came=came,
                    leaving=leaving,
                ),
                t(
                    "New clients make up for leaving: {new:,} to {leaving:,}{beside}",
                    new=new,
                    leaving=leaving,
                    beside=won,
                )
                if new >= leaving
                else t(
                    "New clients do not make up for leaving: {new:,} to {leaving:,}{beside}",
                    new=new,
                    leaving=leaving,
                    beside=won,
                ),
            ),
            Check(
                self._few_without_activity,
                t(
                    "Few clients have no activity ({none:,} of {all:,}, {share}; limit {limit})",
                    none=none,
                    all=self.size,
                    share=of_none,
                    limit=most,
                ),
                t("many clients have no activity ({none:,} of {all:,})", none=none, all=self.size),
                t("Few clients have no activity: {share}, limit {limit}", share=of_none, limit=most)
                if self._few_without_activity
                else t("Too many clients have no activity: {share}, limit {limit}", share=of_none, limit=most),
            ),
        )

    @property
    def words(self) -> str:
        """The sentence under the label: what the shape means and what to do."""
        if self.shape is Shape.EMPTY:
            return shape_words.empty()
        figures = shape_words.Figures(
            size=self.size,
            no_activity=self.counts[Segment.NO_ACTIVITY],
            new=self.counts[Segment.NEW],
            leaving=self.counts[Segment.LEAVING],
            engaged=self.clients(ENGAGED),
            quiet=self.clients(INACTIVE),
            tilt=self.tilt or 0.0,
            won=self.won,
            active_months=self.rules.active_months,
            failing=[check.failing for check in self.checks if not check.passed],
        )
        return _SHAPE_WORDS[self.shape](figures)


_SHAPE_WORDS = {
    Shape.INACCURATE: shape_words.inaccurate,
    Shape.DECLINING: shape_words.declining,
    Shape.GROWING: shape_words.growing,
    Shape.MATURE: shape_words.mature,
}


def won(clients: Iterable[Client], first_row: date | None, as_of: date, rules: Rules = DEFAULT) -> int | None:
    """Return how many clients were invoiced for the first time within the Active months.

    Args:
        clients: every client as of the day.
        first_row: the earliest date known: a client's creation, an invoice or a credit note; None without any.
        as_of: the day.
        rules: the thresholds.

    Returns:
        The number; None where the rows begin less than a lifespan before the day, since a client may have been
        invoiced before.
    """
    if first_row is None or (as_of - first_row).days < rules.lifespan_days:
        return None
    since = CutOffs.at(as_of, rules).active
    return sum(1 for client in clients if client.first_invoice is not None and client.first_invoice >= since)


def _tilt(engaged: float, inactive: float) -> float | None:
    total = engaged + inactive
    return (engaged - inactive) / total if total else None


def do_next(clients: Sequence[Client]) -> dict[Heading, list[Client]]:
    """Return whom to turn to, under the three headings, in the order to work through the portfolio.

    Source: docs/rules.md, "Do next". Within Leaving whoever leaves first comes first; then, and in the other segments,
    the most valuable client, then by name.
    """
    listed: dict[Heading, list[Client]] = {}
    for heading, segments in WORK_ORDER.items():
        rank: dict[Segment | None, int] = {segment: at for at, segment in enumerate(segments)}
        here = [
            (rank[client.segment], _leaving_first(client), -(client.value or 0.0), client.name, client.id, index)
            for index, client in enumerate(clients)
            if client.segment in rank and client.to_do
            if client.segment is not Segment.CANCELED or client.unpaid_since
        ]
        listed[heading] = [clients[index] for *_, index in sorted(here)]
    return listed


def _leaving_first(client: Client) -> date:
    return client.leaves_on or date.max if client.segment is Segment.LEAVING else date.max
