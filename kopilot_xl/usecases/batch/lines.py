"""The portfolios of many workbooks, a line each: what is shown of them on a screen and in a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.domain import formatting
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Shape, Summary
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.usecases.news import News
from kopilot_xl.usecases.result import Changes
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.tasks import Done


@dataclass(frozen=True)
class Line:
    """One workbook: its portfolio in figures, or the error for which there is none (then `summary` is None).

    Attributes:
        book: its path, as it was named.
        company: whose portfolio it is, blank if that is not set.
        as_of: the day it was looked at.
        summary: the portfolio in figures.
        currency: of all amounts.
        problems: how many data problems there are.
        notices: how many notices there are.
        error: why the work failed, or why a part of it could not be done.
        rejected: how many decisions of the log were rejected.
        changes: what changed since the refresh before.
        kept: what the clients of the year before brought in the last year, as a share of what they brought then.
        news: what an update brought; None where there was none.
    """

    book: str
    company: str = ""
    as_of: date | None = None
    summary: Summary | None = None
    currency: str = ""
    problems: int = 0
    notices: int = 0
    error: str = ""
    rejected: int = 0
    changes: Changes | None = None
    kept: float | None = None
    news: News | None = None

    @classmethod
    def of(cls, done: Done) -> Line:
        """Return the line of a workbook that was worked on."""
        found = done.report
        if found is None:
            return cls(str(done.path), error=done.why)
        return cls(
            str(done.path),
            found.company,
            found.as_of,
            found.summary,
            found.currency,
            found.count(Kind.PROBLEM),
            found.count(Kind.NOTICE),
            done.why,
            found.actions[ActionStatus.REJECTED],
            found.changes,
            found.retention.net if found.retention else None,
            found.news,
        )

    @property
    def name(self) -> str:
        """What to call it by: the company, or the workbook with its folder where that is not set."""
        path = Path(self.book)
        return " ".join(self.company.split()) or (f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem)

    @property
    def changed(self) -> str:
        """What changed since the refresh before, and what an update brought, in words; blank where nothing is known."""
        parts = [self.news.words(self.currency)] if self.news is not None else []
        if self.changes is not None:
            since = formatting.day(self.changes.since)
            if self.changes.better or self.changes.worse:
                lost = t(", {count:,} of them lost", count=self.changes.lost) if self.changes.lost else ""
                moved = t("{better:,} up, {worse:,} down", better=self.changes.better, worse=self.changes.worse)
                parts.append(t("since {day}: {moved}{lost}", day=since, moved=moved, lost=lost))
            else:
                parts.append(t("no client moved since {day}", day=since))
        return "; ".join(filter(None, parts))

    @property
    def is_urgent(self) -> bool:
        """Whether something was not done, or not counted."""
        return bool(self.error or self.rejected or self.problems)

    @property
    def needs(self) -> list[str]:
        """What needs somebody's attention, the most urgent first; it names no client."""
        found = [without_addresses(self.error)] if self.error else []
        if self.rejected:
            found.append(tn("{count:,} decision was rejected", "{count:,} decisions were rejected", self.rejected))
        others = self.problems - self.rejected
        if others > 0:
            found.append(tn("{count:,} data problem", "{count:,} data problems", others))
        if self.news is not None and self.news.vanished:
            rows = formatting.count(self.news.vanished, "row")
            found.append(t("{rows} no longer in the export", rows=rows))
        if self.summary is not None and self.summary.counts[Segment.LEAVING]:
            found.append(
                tn("{count:,} client is leaving", "{count:,} clients are leaving", self.summary.counts[Segment.LEAVING])
            )
        return found


@dataclass(frozen=True)
class Total:
    """The portfolios of one currency together. Amounts without a currency are not added up: they are None."""

    currency: str
    portfolios: int
    clients: int
    value: float | None
    leaving: int
    leaving_value: float | None
    problems: int

    @property
    def name(self) -> str:
        """What it is the total of."""
        if not self.currency:
            return tn(
                "{count:,} portfolio without a currency", "{count:,} portfolios without a currency", self.portfolios
            )
        return tn(
            "{count:,} portfolio in {currency}",
            "{count:,} portfolios in {currency}",
            self.portfolios,
            currency=self.currency,
        )


def without_addresses(text: str) -> str:
    """Return a message without e-mail addresses, which an error may quote from a file."""
    return _ADDRESS.sub("…", text)


def totals(lines: Iterable[Line]) -> list[Total]:
    """Return the totals of each currency, the one of most portfolios first; no two currencies are ever added up."""
    groups: dict[str, list[tuple[Line, Summary]]] = {}
    for line in lines:
        if line.summary is not None:
            groups.setdefault(line.currency.casefold(), []).append((line, line.summary))
    return [
        Total(
            currency=group[0][0].currency,
            portfolios=len(group),
            clients=sum(summary.size for _, summary in group),
            value=sum(summary.value(PORTFOLIO) for _, summary in group) if key else None,
            leaving=sum(summary.counts[Segment.LEAVING] for _, summary in group),
            leaving_value=sum(summary.values[Segment.LEAVING] for _, summary in group) if key else None,
            problems=sum(line.problems for line, _ in group),
        )
        for key, group in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def shapes(lines: Iterable[Line]) -> dict[Shape, int]:
    """Return how many portfolios have each shape, those shapes that occur."""
    found = Counter(line.summary.shape for line in lines if line.summary is not None)
    return {shape: found[shape] for shape in Shape if found[shape]}


def leftmost_first(lines: Sequence[Line]) -> list[Line]:
    """Return lines by tilt, what leans most to the left first; without a tilt, and failed ones, at the end."""

    def by_tilt(line: Line) -> tuple[bool, float]:
        tilt = line.summary.tilt if line.summary else None
        return tilt is None, tilt or 0.0

    return sorted(lines, key=by_tilt)


_ADDRESS = re.compile(r"(?<![^\s<>\"'(),;:])[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]*[^\s<>\"'(),;:.]")
"""An e-mail address, which no summary shows."""
_SHAPES = (Shape.DECLINING, Shape.INACCURATE, Shape.GROWING, Shape.MATURE, Shape.EMPTY)
"""The shapes, the worst first."""


def worst_first(lines: Sequence[Line]) -> list[Line]:
    """Return lines in the order in which to look at them: stopped ones, then by shape, decisions rejected, and tilt."""

    def rank(line: Line) -> tuple[float, ...]:
        summary = line.summary
        if summary is None:
            return (0,)
        return (
            1 if line.error else 2,
            _SHAPES.index(summary.shape),
            -line.rejected,
            2.0 if summary.tilt is None else summary.tilt,
            -line.problems,
        )

    return sorted(lines, key=rank)
