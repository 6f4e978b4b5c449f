"""What a refresh or a check found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.forecasting import Forecast
from kopilot_xl.domain.movements import Movements
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.retention import Concentration, Retention
from kopilot_xl.domain.sales import Prepared, expected_by_segment
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.news import News
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.tables.problems import Kind, Problem, count


@dataclass(frozen=True)
class Changes:
    """What changed since the day a refresh compares with.

    Attributes:
        since: that day.
        better: how many clients moved for the better, those that joined included.
        worse: how many moved for the worse.
        lost: how many of those are Lost now.
    """

    since: date
    better: int
    worse: int
    lost: int

    @classmethod
    def of(cls, movements: Movements) -> Changes:
        """Return the figures of movements."""
        worse = movements.worse
        lost = sum(move.after is Segment.LOST for move in worse)
        return cls(movements.earlier.since, len(movements.better), len(worse), lost)


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh, or a check, found.

    Attributes:
        book: the workbook's name.
        company: whose portfolio it is, blank if that is not set.
        as_of: the day it was looked at.
        summary: the portfolio in figures.
        clients: every client, in the order of the Clients table.
        actions: how many rows of the log have each status.
        problems: every problem and notice.
        currency: the currency of all amounts, blank if none is set.
        seconds: how long it took.
        forecast: the next twelve months; None for a check, which makes no forecast.
        prepared: what is planned in each of them, and whom to call about it.
        retention: what the clients of the year before brought in the last year; None where that cannot be known.
        retention_before: the same a year earlier.
        expected: what the clients of each segment are expected to bring in the next twelve months.
        concentration: how much of the last year's revenue hangs on a few clients; None where there was none.
        changes: what changed since the refresh before; None where there is nothing to compare with.
        news: what an update before the refresh brought; None where there was none.
    """

    book: str
    company: str
    as_of: date
    summary: Summary
    clients: Sequence[Client]
    actions: Mapping[ActionStatus, int]
    problems: Sequence[Problem]
    currency: str
    seconds: float
    forecast: Forecast | None = None
    prepared: Sequence[Prepared] = ()
    retention: Retention | None = None
    retention_before: Retention | None = None
    concentration: Concentration | None = None
    expected: Mapping[Segment, float] = field(default_factory=dict)
    changes: Changes | None = None
    news: News | None = None

    @classmethod
    def of(cls, result: Result, book: str, seconds: float) -> RefreshResult:
        """Return the part of a result that is reported, given the workbook's name and how long it took."""
        statuses = Counter(row.status for row in result.log.results)
        return cls(
            book=book,
            company=result.inputs.settings.company,
            as_of=result.as_of,
            summary=result.summary,
            clients=result.clients,
            actions={status: statuses[status] for status in ActionStatus},
            problems=result.problems,
            currency=result.inputs.settings.currency,
            seconds=seconds,
            forecast=result.forecast,
            prepared=result.months,
            retention=result.retention,
            retention_before=result.retention_before,
            concentration=result.concentration,
            expected=expected_by_segment(result.clients, result.forecast.clients) if result.forecast else {},
            changes=Changes.of(result.movements) if result.movements else None,
        )

    def count(self, kind: Kind) -> int:
        """Return how many problems, or notices, were found."""
        return count(self.problems, kind)
