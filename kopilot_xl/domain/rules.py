"""The settings of the segmentation, and the boundary dates they give on a day."""

from __future__ import annotations

import calendar
import re
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from functools import cached_property, lru_cache

from kopilot_xl.domain.segments import Segment
from kopilot_xl.texts import t

VALUE_MONTHS = 12
"""A client's value is what it was billed in this many months up to its last invoice."""

FIRST_DAY, LAST_DAY = date(1910, 1, 1), date(9989, 12, 31)
"""The as-of dates that can be computed: every boundary date stays inside Excel's calendar."""


class RuleError(ValueError):
    """A setting that makes no sense. `field` is the name of the setting in `Rules`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Rules:
    """The thresholds of the segmentation.

    Source: docs/rules.md, "Settings". Months are calendar months, `inaccurate_share` is a fraction of 1.

    Raises:
        RuleError: a value is not a whole number where one is needed, or the thresholds contradict each other.
    """

    active_months: int = 4
    sleeping_months: int = 8
    horizon_months: int = 12
    lifespan_days: int = 400
    leaving_days: int = 30
    inaccurate_share: float = 0.25

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            whole = each.name != "inaccurate_share"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise RuleError(each.name, _not_a_number(whole, value))
            if not 0 < value < 100_000:
                raise RuleError(each.name, t("must be above 0 and reasonable, not {value}", value=f"{value:g}"))
        if not self.active_months < self.sleeping_months:
            raise RuleError(
                "active_months",
                t(
                    "must be below the sleeping limit of {sleeping} months, not {active}",
                    sleeping=self.sleeping_months,
                    active=self.active_months,
                ),
            )
        if not self.leaving_days < self.lifespan_days:
            raise RuleError(
                "leaving_days",
                t(
                    "must be below the lifespan of {lifespan} days, not {leaving}",
                    lifespan=self.lifespan_days,
                    leaving=self.leaving_days,
                ),
            )
        if not self.sleeping_months * 31 <= self.lifespan_days - self.leaving_days:
            raise RuleError(
                "sleeping_months",
                t(
                    "of {months} months can reach past day {day}, where Leaving begins (lifespan − leaving days)",
                    months=self.sleeping_months,
                    day=self.lifespan_days - self.leaving_days,
                ),
            )
        if self.horizon_months > 120:
            raise RuleError(
                "horizon_months", t("must be at most {most}, not {value}", most=120, value=self.horizon_months)
            )
        if self.lifespan_days > 3650:
            raise RuleError(
                "lifespan_days", t("must be at most {most}, not {value}", most=3650, value=self.lifespan_days)
            )
        if not self.inaccurate_share <= 1:
            share = f"{self.inaccurate_share:.0%}"
            raise RuleError("inaccurate_share", t("must be at most 100 %, not {share}", share=share))

    def meaning(self, segment: Segment) -> str:
        """Return who is in a segment, in one sentence with these thresholds."""
        return _ONE.sub(r"1 \1", segment.meaning.format(**asdict(self)))


_ONE = re.compile(r"\b1 (month|day)s\b")


def _not_a_number(whole: bool, value: object) -> str:
    shown = repr(value)
    if whole:
        return t("must be a whole number, not {value}", value=shown)
    return t("must be a number, not {value}", value=shown)


DEFAULT = Rules()


def add_months(day: date, months: int) -> date:
    """Return the day `months` calendar months later (or earlier), clipped at the end of the month.

    30 June minus 4 months is 28 or 29 February. Source: docs/rules.md, "The segments".
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= 28:  # every month has it: no need to ask the calendar
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def running_month(as_of: date) -> date:
    """Return the first day of the month that is not over yet: of the next one, where the day ends its month."""
    return (as_of + timedelta(days=1)).replace(day=1)


def month_ends(as_of: date, months: int) -> list[date]:
    """Return the last days of so many whole months up to a day, the earliest first; the day itself if it is one."""
    first = running_month(as_of)
    return [add_months(first, -back) - timedelta(days=1) for back in reversed(range(months))]


@dataclass(frozen=True)
class Band:
    """Clients whose last invoice is on or after `since`, and before the band above."""

    since: date
    idle: Segment
    """their segment when nothing is coming"""
    coming: Segment
    """their segment when revenue is coming"""


@dataclass(frozen=True)
class CutOffs:
    """The dates that part one segment from the next, as of a given day.

    Source: docs/rules.md, "The segments". The first four are the earliest last-invoice date (inclusive) that
    still counts for the segment it names; `created` is the earliest creation date of a client never invoiced
    that still is No Activity; `horizon` is the last day on which planned revenue counts as coming.
    """

    as_of: date
    active: date
    sleeping_away: date
    hibernating: date
    leaving: date
    created: date
    horizon: date

    @classmethod
    def at(cls, as_of: date, rules: Rules = DEFAULT) -> CutOffs:
        """Return the boundary dates as of a day.

        Raises:
            ValueError: the day is outside `FIRST_DAY` … `LAST_DAY`.
        """
        return _cut_offs(as_of, rules)

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """Where a client that was invoiced stands, latest last invoice first; older than all: `beyond`.

        This is the one definition of the segments by date: the frame's expression and the single client's
        look-up are both read off it.
        """
        return (
            Band(self.active, Segment.ACTIVE, Segment.ACTIVE),
            Band(self.sleeping_away, Segment.SLEEPING_AWAY, Segment.SLEEPING_AWAY),
            Band(self.hibernating, Segment.HIBERNATING, Segment.HIBERNATING),
            Band(self.leaving, Segment.LEAVING, Segment.HIBERNATING),
            Band(date.min, Segment.LOST, Segment.NEW),
        )

    @cached_property
    def never_invoiced(self) -> tuple[Band, ...]:
        """Where a client that was never invoiced stands, by its creation date (unknown counts as recent)."""
        return (
            Band(self.created, Segment.NO_ACTIVITY, Segment.NEW),
            Band(date.min, Segment.LOST, Segment.NEW),
        )

    def is_coming(self, day: date) -> bool:
        """Tell whether revenue dated on a day lies after the as-of date and within the horizon."""
        return self.as_of < day <= self.horizon

    def segment_of(self, created_on: date | None, last_invoice: date | None, coming: bool) -> Segment | None:
        """Return the segment of one client without a mark; None for one that is not yet a client.

        Source: docs/rules.md, "The segments". `last_invoice` is on or before the as-of date.
        """
        if last_invoice is not None:
            day, bands = last_invoice, self.bands
        elif created_on is not None and created_on > self.as_of:
            return None
        else:
            day, bands = created_on or self.as_of, self.never_invoiced
        for band in bands:
            if day >= band.since:
                break
        return band.coming if coming else band.idle


@lru_cache(maxsize=256)
def _cut_offs(as_of: date, rules: Rules) -> CutOffs:
    """Asked for again and again: the log of actions looks at each of its days."""
    if not FIRST_DAY <= as_of <= LAST_DAY:
        raise ValueError(f"an as-of date lies between {FIRST_DAY} and {LAST_DAY}, not on {as_of}")
    return CutOffs(
        as_of=as_of,
        active=add_months(as_of, -rules.active_months),
        sleeping_away=add_months(as_of, -rules.sleeping_months),
        hibernating=as_of - timedelta(days=rules.lifespan_days - rules.leaving_days),
        leaving=as_of - timedelta(days=rules.lifespan_days),
        created=as_of - timedelta(days=rules.lifespan_days - 1),
        horizon=add_months(as_of, rules.horizon_months),
    )
