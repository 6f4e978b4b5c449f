"""What was sold in each month, what is planned in the months ahead, and whom to call about each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import narwhals as nw
from narwhals.typing import IntoFrameT

from kopilot_xl.domain.activity import Status, frame_of, literal
from kopilot_xl.domain.portfolio import Client, do_next
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.segments import Segment

YEAR = 12
"""The months of a year, and how many of them are looked ahead."""
CALLS_NAMED = 25
"""How many clients the call list of a month names; all are counted."""


def month_of(day: date) -> int:
    """Return the number of a day's month: months are counted on from the year 0, so that they can be added to."""
    return day.year * YEAR + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month, by its number."""
    return date(month // YEAR, month % YEAR + 1, 1)


def ends_month(day: date) -> bool:
    """Tell whether a day is the last of its month."""
    return (day + timedelta(days=1)).day == 1


@dataclass(frozen=True)
class Sales:
    """What was sold in each month up to the as-of date, each month split at that day of the month.

    Source: docs/rules.md, "The forecast". The split is what makes a past date comparable with the as-of date: on the
    same day of an earlier month, what came after it was not known.

    Attributes:
        as_of: the as-of date.
        first: the number of the first month with sales; that of the running month if there are none.
        before: the sums of the months from `first` to the running one, up to the day of the month of the as-of date;
            a month without sales is 0. Where the as-of date ends its month, whole months.
        after: the same after that day; 0 for the running month.
    """

    as_of: date
    first: int
    before: Sequence[float]
    after: Sequence[float]

    @classmethod
    def of(cls, as_of: date, sums: Mapping[tuple[int, bool], float]) -> Sales:
        """Return the sales, given sums by month and whether after the as-of date's day of the month."""
        running = month_of(as_of)
        first = min((month for month, _ in sums), default=running)
        months = range(first, running + 1)
        return cls(
            as_of,
            first,
            [sums.get((month, False), 0.0) for month in months],
            [sums.get((month, True), 0.0) for month in months],
        )

    @cached_property
    def months(self) -> Sequence[float]:
        """The sums of the months from `first` to the running one, which is sold in part unless it has ended."""
        return [sum(each) for each in zip(self.before, self.after, strict=True)]

    @property
    def ended(self) -> bool:
        """Whether the as-of date ends its month, so that the running month is whole."""
        return ends_month(self.as_of)

    @property
    def whole(self) -> int:
        """How many whole months there are; the first counts as one. 0 where nothing was ever sold."""
        sold = any(self.before) or any(self.after)
        return len(self.months) - (not self.ended) if sold else 0

    @property
    def so_far(self) -> float:
        """What was sold in the running month up to the as-of date."""
        return self.before[-1]

    @property
    def year_to_date(self) -> float:
        """What was sold from 1 January of the as-of date's year up to the as-of date."""
        return sum(self.months[-self.as_of.month :])


def monthly_sales(transactions: IntoFrameT, as_of: date) -> Sales:
    """Return what was sold in each month: amounts, credit notes included, of invoices up to the as-of date.

    Args:
        transactions: `issue_date`, `amount` (null if blank), `status` (a value of `Status`).
        as_of: the day; nothing dated after it has happened.
    """
    rows = frame_of(transactions)
    day = nw.col("issue_date")
    split = 31 if ends_month(as_of) else as_of.day
    sums = (
        rows.filter(
            nw.col("status") == Status.ISSUED.value,
            day <= literal(as_of, rows.collect_schema()["issue_date"]),
            ~nw.col("amount").is_null(),
            nw.col("amount") != 0,
        )
        .select("amount", month=_month(day), after=day.dt.day() > split)
        .group_by("month", "after")
        .agg(nw.col("amount").sum())
    )
    return Sales.of(as_of, {(month, after): amount for month, after, amount in _rows(sums, "month", "after", "amount")})


@dataclass(frozen=True)
class Call:
    """A client to call about a month: it was invoiced in that month of the year before, and has nothing coming."""

    client: Client
    amount: float
    """what it was invoiced then, credit notes included"""


@dataclass(frozen=True)
class Prepared:
    """What is planned in a month ahead, and whom to call about it. Source: docs/rules.md, "The forecast".

    Attributes:
        month: its first day.
        planned: what is coming in it, by the segment of the clients it is coming from.
        calls: the first `CALLS_NAMED` clients to call, in the order to work through the portfolio.
        to_call: how many clients there are to call.
        last_year: what all of them were invoiced in that month of the year before.
    """

    month: date
    planned: Mapping[Segment, float]
    calls: Sequence[Call]
    to_call: int
    last_year: float

    @property
    def total(self) -> float:
        """What is planned in the month."""
        return sum(self.planned.values())


def prepared(
    clients: Sequence[Client], transactions: IntoFrameT, as_of: date, rules: Rules = DEFAULT
) -> list[Prepared]:
    """Return what is planned in each of the months after the running one, and whom to call about it.

    Args:
        clients: every client as it stands on the as-of date.
        transactions: `client`, `issue_date`, `amount`, `status`, the plans of the action log among them.
        as_of: the day.
        rules: the thresholds.
    """
    rows, running = frame_of(transactions), month_of(as_of)
    coming = [each for each in clients if each.next_planned is not None and each.segment is not None]
    planned: dict[int, dict[Segment, float]] = {}
    for month, segment, amount in _planned(rows, coming, CutOffs.at(as_of, rules)):
        planned.setdefault(month, {})[Segment(segment)] = amount
    since = first_day(running + 1 - YEAR)
    idle = [each for each in clients if each.next_planned is None and each.last_invoice and each.last_invoice >= since]
    order = [each for some in do_next(idle).values() for each in some]
    calls = _calls(rows, order, since, as_of)
    months = []
    for month in range(running + 1, running + 1 + YEAR):
        mine = calls.filter(nw.col("month") == month - YEAR)
        named = [Call(order[place], amount) for place, amount in _rows(mine.head(CALLS_NAMED), "place", "amount")]
        months.append(Prepared(first_day(month), planned.get(month, {}), named, len(mine), float(mine["amount"].sum())))
    return months


def _planned(rows: nw.DataFrame[Any], coming: Sequence[Client], cut: CutOffs) -> list[tuple[int, str, float]]:
    """What is coming by month and segment."""
    kind = rows.collect_schema()["issue_date"]
    day = nw.col("issue_date")
    people = _with(rows, {"client": [each.key for each in coming], "segment": [str(each.segment) for each in coming]})
    sums = (
        rows.filter(
            nw.col("status").is_in([Status.ISSUED.value, Status.PLANNED.value]),
            day > literal(cut.as_of, kind),
            day <= literal(cut.horizon, kind),
            nw.col("amount") > 0,
        )
        .join(people, on="client", how="inner")
        .select("segment", "amount", month=_month(day))
        .group_by("month", "segment")
        .agg(nw.col("amount").sum())
    )
    return _rows(sums, "month", "segment", "amount")


def _calls(rows: nw.DataFrame[Any], order: Sequence[Client], since: date, as_of: date) -> nw.DataFrame[Any]:
    """Who was invoiced in which month of the year before: month, place in the order, amount; sorted by both."""
    kind = rows.collect_schema()["issue_date"]
    day, amount = nw.col("issue_date"), nw.col("amount")
    people = _with(rows, {"client": [each.key for each in order], "place": list(range(len(order)))})
    return (
        rows.filter(nw.col("status") == Status.ISSUED.value, day >= literal(since, kind), day <= literal(as_of, kind))
        .join(people, on="client", how="inner")
        .select("place", "amount", month=_month(day), invoiced=(amount.is_null() | (amount > 0)).cast(nw.Int8))
        .group_by("month", "place")
        .agg(amount.sum(), nw.col("invoiced").max())
        .filter(nw.col("invoiced") == 1)
        .sort("month", "place")
    )


def _month(day: nw.Expr) -> nw.Expr:
    return day.dt.year().cast(nw.Int64) * YEAR + day.dt.month().cast(nw.Int64) - 1


def _with(like: nw.DataFrame[Any], columns: Mapping[str, Sequence[Any]]) -> nw.DataFrame[Any]:
    """A frame of the same engine as another one."""
    kinds: dict[str, Any] = {"place": nw.Int64()}
    schema = {name: kinds.get(name, nw.String()) for name in columns}
    return nw.from_dict(dict(columns), schema, backend=like.implementation)


def _rows(frame: nw.DataFrame[Any], *names: str) -> list[Any]:
    return list(zip(*(frame[name].to_list() for name in names), strict=True))
