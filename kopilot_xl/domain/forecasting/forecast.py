"""The next twelve months: what is expected, between what ends, how sure that is, and of whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kopilot_xl.domain.forecasting.bands import Curve, Held, TotalError, curve, held, total_error
from kopilot_xl.domain.forecasting.expected import Adjusted, Book, Expectation, Plans
from kopilot_xl.domain.forecasting.mixing import Ahead, Backtest, Origin, Rule, backtest, by_client
from kopilot_xl.domain.forecasting.months import YEAR, Past, Row, first_day, month_of

UNSURE = 0.6
"""From this error of the 12 months together on, they are better told in words than as a number."""


@dataclass(frozen=True)
class Accuracy:
    """How far a line was off on past dates.

    Attributes:
        dates: how many past dates.
        error: the mean absolute error of a month, in currency.
        share: the same as a share of what a month was; None where nothing was invoiced.
        by_horizon: the mean absolute error by months ahead, 1 to 12; None where no past date tells.
        scale: what a month differs from the same month a year before on average, in currency; None where it is 0 or
            not known. An error divided by it is the mean absolute scaled error (Hyndman and Koehler 2006, seasonal).
        of_total: the error of the sum of the months ahead, as a share; None where too few dates tell.
    """

    dates: int
    error: float
    share: float | None
    by_horizon: Sequence[float | None]
    scale: float | None
    of_total: float | None


@dataclass(frozen=True)
class Line:
    """What one rule, or the mix, expects of the 12 months after the running one.

    Attributes:
        months: the months, without the marked clients and with what is planned.
        share: how much the line weighs in the mix, 0 to 1; 1 for the mix itself.
        rest: what the rest of the running month brings; 0 where it has ended.
        landing: the as-of date's calendar year: what was invoiced so far and what is to come.
        accuracy: how far it was off; None where no past date tells.
    """

    months: Sequence[float]
    share: float
    rest: float
    landing: float
    accuracy: Accuracy | None


@dataclass(frozen=True)
class Total:
    """The 12 months together.

    Attributes:
        expected: their sum.
        low, high: where it lies in 8 of 10 cases by its own past errors; None where too few past dates tell.
        error: the mean error of such sums on past dates, as a share of an average year; None as well.
        dates: how many past dates tell.
        error_months: how many months were added up on them: 12, or as many as the past allows.
        planned: what of it is planned.
    """

    expected: float
    low: float | None
    high: float | None
    error: float | None
    dates: int
    error_months: int
    planned: float

    @property
    def unsure(self) -> bool:
        """Whether past sums were so far off that the number says little."""
        return self.error is not None and self.error > UNSURE

    @property
    def share_planned(self) -> float | None:
        """The share of what is expected that is planned, 0 to 1; None where nothing is expected."""
        return min(self.planned / self.expected, 1.0) if self.expected > 0 else None


@dataclass(frozen=True)
class Forecast:
    """The next twelve months. Source: docs/forecast.md.

    Attributes:
        past: what was invoiced up to the as-of date.
        planned: what is planned in each of the months.
        mix: what is expected; None where too few months are known, or nothing was ever invoiced.
        rules: what each rule expects by itself; empty where there is no mix.
        low, high: where each month lies in 8 of 10 cases; None below 10 past errors.
        told_error: the error of a month to reckon with, by months ahead, in currency; None where no past date tells.
        dates: on how many past dates the mix was tried.
        held: how bands made on past dates held.
        total: the 12 months together; None where there is no mix.
        clients: what is expected of each client that was invoiced or has something planned, by its key.
        new_clients: what clients not yet won are expected to bring.
    """

    past: Past
    planned: Sequence[float]
    mix: Line | None
    rules: Mapping[Rule, Line]
    low: Sequence[float] | None
    high: Sequence[float] | None
    told_error: Sequence[float] | None
    dates: int
    held: Held
    total: Total | None
    clients: Mapping[str, Expectation]
    new_clients: float

    @cached_property
    def months(self) -> Sequence[date]:
        """The first days of the months ahead."""
        running = month_of(self.past.as_of)
        return [first_day(running + ahead) for ahead in range(1, YEAR + 1)]

    @property
    def expected(self) -> Sequence[float] | None:
        """What is expected, month by month; None where there is no forecast."""
        return self.mix.months if self.mix else None

    @property
    def shares(self) -> Mapping[Rule, float]:
        """How much each rule weighs in the mix."""
        return {rule: line.share for rule, line in self.rules.items()}


def forecast(
    past: Past, plans: Iterable[Row] = (), marked: Collection[str] = (), *, rules: Sequence[Rule] = tuple(Rule)
) -> Forecast:
    """Return what to expect of the 12 months after the running one.

    Args:
        past: what was invoiced up to the as-of date.
        plans: what is coming after it: planned revenue, and invoices dated ahead.
        marked: the keys of the clients that are marked lost or canceled: nothing comes from them.
        rules: what is mixed; where only totals are known, By client is to be left out.
    """
    marked = frozenset(marked)
    coming = Plans.of(plans, past, marked)
    planned = coming.total[-YEAR:]
    found = backtest(past, rules)
    if found is None:
        clients = {
            client: Expectation(sum(months[-YEAR:]), 1.0, 0.0, None) for client, months in coming.by_client.items()
        }
        return Forecast(past, planned, None, {}, None, None, None, 0, Held(0, 0), None, clients, 0.0)
    book = Book(found, past)
    gone = [months for client in sorted(marked & book.index.keys()) if (months := book.by_month(client))]
    adjusted = Adjusted(book, gone, coming, _looked_at(by_client(found.view, found.seasons, past.whole), past))
    lines = {rule: _looked_at(ahead, past) for rule, ahead in found.now.rules.items()}
    mixed = _looked_at(found.now.mixed, past)
    alone = {
        rule: _line(adjusted.adjusted(line), found.now.shares[rule], _accuracy(found, rule), past)
        for rule, line in lines.items()
    }
    mix = _line(adjusted.adjusted(mixed), 1.0, _accuracy(found, None), past)
    before, after = sum(mixed[-YEAR:]), sum(adjusted.without_marked(mixed)[-YEAR:])
    level = found.now.level * (after / before if before > 0 else 1.0)
    errors = curve(found.earlier, past.totals, past.whole)
    low, high = _band(mix.months, errors, level)
    clients, new = _clients(book, adjusted, mixed, marked)
    return Forecast(
        past,
        planned,
        mix,
        alone,
        low,
        high,
        [error * level for error in errors.error] if errors else None,
        errors.dates if errors else 0,
        held(found.earlier, past.totals, past.whole),
        _total(mix.months, total_error(found.earlier, past.totals, past.whole), level, sum(planned)),
        clients,
        new,
    )


def _looked_at(ahead: Ahead, past: Past) -> list[float]:
    """The months looked at: the rest of the running month first, unless it has ended."""
    return [*ahead.months] if past.ended else [ahead.rest, *ahead.months]


def _line(looked_at: Sequence[float], share: float, accuracy: Accuracy | None, past: Past) -> Line:
    months = looked_at[-YEAR:]
    rest = 0.0 if past.ended else looked_at[0]
    landing = past.year_to_date + rest + sum(months[: YEAR - past.as_of.month])
    return Line(months, share, rest, landing, accuracy)


def _accuracy(found: Backtest, rule: Rule | None) -> Accuracy | None:
    """How far a rule, or the mix, was off on past dates."""
    past = found.past

    def of(origin: Origin) -> Ahead:
        return origin.rules[rule] if rule else origin.mixed

    totals, whole = past.totals, past.whole
    dates = [origin for origin in found.earlier if origin.start < whole]
    by_horizon: list[list[float]] = [[] for _ in range(YEAR)]
    came = []
    for origin in dates:
        for step, error in enumerate(origin.errors(of(origin).months, totals, whole)):
            by_horizon[step].append(abs(error))
            came.append(abs(totals[origin.start + step]))
    if not came:
        return None
    error = sum(map(sum, by_horizon)) / len(came)
    size = sum(came) / len(came)
    steps = [abs(totals[month] - totals[month - YEAR]) for month in range(YEAR, whole)]
    whole_year = total_error(found.earlier, totals, whole, of)
    return Accuracy(
        len(dates),
        error,
        error / size if size else None,
        [sum(errors) / len(errors) if errors else None for errors in by_horizon],
        sum(steps) / len(steps) if any(steps) else None,
        whole_year.error if whole_year else None,
    )


def _band(
    months: Sequence[float], errors: Curve | None, level: float
) -> tuple[Sequence[float] | None, Sequence[float] | None]:
    """The ends of each month's band, none below zero; None where nothing is expected."""
    if errors is None or errors.width is None or level <= 0 or sum(months) <= 0:
        return None, None
    widths = [width * level for width in errors.width]
    low = [max(value - width, 0.0) for value, width in zip(months, widths, strict=True)]
    return low, [value + width for value, width in zip(months, widths, strict=True)]


def _total(months: Sequence[float], error: TotalError | None, level: float, planned: float) -> Total:
    expected = sum(months)
    if error is None or level <= 0 or expected <= 0:
        return Total(expected, None, None, None, 0, 0, planned)
    width = error.width * level * YEAR
    return Total(
        expected, max(expected - width, 0.0), expected + width, error.error, error.dates, error.months, planned
    )


def _clients(
    book: Book, adjusted: Adjusted, mixed: Sequence[float], marked: Collection[str]
) -> tuple[dict[str, Expectation], float]:
    """What is expected of each client, and of those not yet won; together they are what is expected."""
    with_plans = {client: sum(months[-YEAR:]) for client, _, months in adjusted.changes(mixed)}
    clients: dict[str, Expectation] = {}
    for client, year, chance, usual in book.years(adjusted.scale(mixed)):
        if client in marked:
            clients[client] = Expectation(0.0, 0.0, usual, book.usual_month(client))
        else:
            known = client in with_plans
            amount = with_plans[client] if known else year
            clients[client] = Expectation(amount, 1.0 if known else chance, usual, book.usual_month(client))
    never = {client: sum(months[-YEAR:]) for client, months in adjusted.never_invoiced.items()}
    for client, amount in never.items():
        clients[client] = Expectation(amount, 1.0, 0.0, None)
    return clients, max(with_plans[""] - sum(never.values()), 0.0)
