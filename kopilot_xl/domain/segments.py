"""The segments: their names, icons, advice and order, each written here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kopilot_xl.texts import marked, t


class Action(StrEnum):
    """What a user may record about a client.

    Source: docs/rules.md, "Actions". The value is its id, which is its English name.
    """

    PLAN_REVENUE = marked("Plan revenue")
    MARK_LOST = marked("Mark lost")
    MARK_CANCELED = marked("Mark canceled")
    REACTIVATE = marked("Reactivate")

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return t(self.value)


class Segment(StrEnum):
    """The activity level of a client. The value is its id, which is its English name.

    Source: docs/rules.md, "The segments".
    """

    NO_ACTIVITY = marked("No Activity")
    NEW = marked("New")
    ACTIVE = marked("Active")
    SLEEPING_AWAY = marked("Sleeping Away")
    HIBERNATING = marked("Hibernating")
    LEAVING = marked("Leaving")
    LOST = marked("Lost")
    CANCELED = marked("Canceled")

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return t(self.value)

    @property
    def icon(self) -> str:
        """The sign shown beside the name."""
        return _PROFILES[self].icon

    @property
    def meaning(self) -> str:
        """Who is in this segment, in one sentence of the reader's language; `Rules.meaning` fills in the thresholds."""
        return t(_PROFILES[self].meaning)

    @property
    def advice(self) -> str:
        """What to do about a client of this segment, in one sentence of the reader's language."""
        return t(_PROFILES[self].advice)

    @property
    def short_advice(self) -> str:
        """The same where there is one line for it; that of a Canceled client is about its unpaid invoice."""
        return t(_PROFILES[self].short or _PROFILES[self].advice)


@dataclass(frozen=True)
class _Profile:
    icon: str
    meaning: str
    advice: str
    short: str = ""


_PROFILES = {
    Segment.NO_ACTIVITY: _Profile(
        "😕",
        marked("Never invoiced and nothing planned; created in the last {lifespan_days} days or on an unknown date."),
        marked("Plan the first revenue, or mark it canceled if the expected income is gone."),
    ),
    Segment.NEW: _Profile(
        "🆕",
        marked(
            "Revenue is planned within {horizon_months} months, "
            "and no invoice was sent in the last {lifespan_days} days."
        ),
        marked("Keep the plan true: this is the engine of future growth."),
    ),
    Segment.ACTIVE: _Profile(
        "💖",
        marked("Invoiced within the last {active_months} months."),
        marked(
            "Plan its revenue so that today's turnover goes on; mark it lost if none is expected in the coming year."
        ),
        marked("Plan its revenue so that today's turnover goes on."),
    ),
    Segment.SLEEPING_AWAY: _Profile(
        "👻",
        marked("Last invoiced more than {active_months} and at most {sleeping_months} months ago."),
        marked(
            "Going cold: offer another product or service, then plan the revenue; mark it lost if none is "
            "expected in the coming six months."
        ),
        marked("Going cold: offer another product or service, then plan the revenue."),
    ),
    Segment.HIBERNATING: _Profile(
        "🧊",
        marked(
            "Last invoiced more than {sleeping_months} months and at most {lifespan_days} days ago, "
            "and not leaving yet."
        ),
        marked(
            "Propose maintenance, an upgrade or a new project, then plan the revenue; "
            "mark it lost if none is expected in the coming months."
        ),
        marked(
            "Propose maintenance, an upgrade or a new project, then plan the revenue. Mark it lost if none will come."
        ),
    ),
    Segment.LEAVING: _Profile(
        "🚪",
        marked("Leaves the portfolio within {leaving_days} days, and nothing is planned."),
        marked(
            "The last chance: plan revenue; mark it lost if no prospect is near "
            "and none is expected in the coming six months."
        ),
        marked("The last chance: plan revenue. Mark it lost if none is expected in the coming six months."),
    ),
    Segment.LOST: _Profile(
        "⚰️",
        marked("No invoice for more than {lifespan_days} days and nothing planned, or marked lost."),
        marked("Try to reactivate it, then plan revenue."),
    ),
    Segment.CANCELED: _Profile(
        "🚫",
        marked("Marked canceled: out of the portfolio."),
        marked("Nothing to do: it is out of the portfolio."),
        marked("Out of the portfolio, but its invoice is unpaid."),
    ),
}

BARS: tuple[Segment, ...] = (
    Segment.LOST,
    Segment.LEAVING,
    Segment.HIBERNATING,
    Segment.SLEEPING_AWAY,
    Segment.ACTIVE,
    Segment.NEW,
    Segment.NO_ACTIVITY,
)
"""The histogram's bars from left to right. Lost is drawn set apart and is in no percentage."""

INACTIVE = (Segment.SLEEPING_AWAY, Segment.HIBERNATING, Segment.LEAVING)
ENGAGED = (Segment.ACTIVE, Segment.NEW)
PORTFOLIO = (Segment.NO_ACTIVITY, *ENGAGED, *INACTIVE)
"""The segments that make up the portfolio: all but Lost and Canceled."""
PORTFOLIO_BARS = tuple(segment for segment in BARS if segment in PORTFOLIO)
"""The same in the order of the histogram's bars."""


class Heading(StrEnum):
    """The three headings of "Do next", in the order to work through them."""

    KEEP = marked("Keep")
    WIN_BACK = marked("Win back")
    DECIDE = marked("Decide")

    @property
    def label(self) -> str:
        """The heading in the reader's language."""
        return t(self.value)


WORK_ORDER: dict[Heading, tuple[Segment, ...]] = {
    Heading.KEEP: (Segment.LEAVING, Segment.HIBERNATING, Segment.SLEEPING_AWAY, Segment.ACTIVE),
    Heading.WIN_BACK: (Segment.NEW, Segment.LOST, Segment.CANCELED),
    Heading.DECIDE: (Segment.NO_ACTIVITY,),
}
"""The order to work through the portfolio. A Canceled client is in it only with an unpaid invoice."""

ALLOWED: dict[Action, frozenset[Segment]] = {
    Action.PLAN_REVENUE: frozenset(Segment),
    Action.MARK_LOST: frozenset({Segment.ACTIVE, Segment.SLEEPING_AWAY, Segment.HIBERNATING, Segment.LEAVING}),
    Action.MARK_CANCELED: frozenset({Segment.NO_ACTIVITY, Segment.NEW, Segment.LOST}),
    Action.REACTIVATE: frozenset({Segment.LOST, Segment.CANCELED}),
}
"""The segments in which an action may be recorded; a Lost client may be canceled only if never invoiced."""

WORST_TO_BEST: tuple[Segment, ...] = (
    Segment.CANCELED,
    Segment.LOST,
    Segment.LEAVING,
    Segment.HIBERNATING,
    Segment.SLEEPING_AWAY,
    Segment.NO_ACTIVITY,
    Segment.NEW,
    Segment.ACTIVE,
)
"""From the worst standing to the best: what tells a movement for the better from one for the worse."""
