"""What a refresh or a check found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.forecast import Forecast
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.usecases.calculation import Computation
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.tables.problems import Kind, Problem, count


@dataclass(frozen=True)
class Report:
    """What a refresh, or a check, found.

    Attributes:
        book: the workbook's name.
        company: whose portfolio it is, blank if that is not set.
        as_of: the day it was looked at.
        summary: the portfolio in figures.
        clients: every client, in the order of the Clients table.
        actions: how many rows of the log came to each outcome.
        problems: every problem and notice.
        currency: the currency of all amounts, blank if none is set.
        seconds: how long it took.
        forecast: the next twelve months; None for a check, which makes no forecast.
        prepared: what is planned in each of them, and whom to call about it.
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

    def count(self, kind: Kind) -> int:
        """Return how many problems, or notices, were found."""
        return count(self.problems, kind)


def _report(book: Book, known: Computation, found: Sequence[Problem], start: float) -> Report:
    outcomes = Counter(each.status for each in known.folded.results)
    return Report(
        book=book.name,
        company=known.inputs.settings.company,
        as_of=known.inputs.as_of,
        summary=known.summary,
        clients=known.clients,
        actions={each: outcomes[each] for each in ActionStatus},
        problems=found,
        currency=known.inputs.settings.currency,
        seconds=time.perf_counter() - start,
    )
