"""The three rules on the as-of date and on past dates, and their mix: each weighs by how far it was off until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kopilot_xl.domain.forecasting.by_client import MEMORY, Clients, View
from kopilot_xl.domain.forecasting.months import YEAR, Past
from kopilot_xl.domain.forecasting.seasons import Seasons
from kopilot_xl.domain.forecasting.totals import theta, trend
from kopilot_xl.texts import marked, t

FEWEST_MONTHS = 4
"""How many whole months of the past a forecast needs."""
PAST_DATES = 36
"""On how many past dates, the last ones, the rules are tried."""
FEWEST_DATES = 3
"""On fewer past dates all rules weigh the same."""
POWER = 4
"""A rule that was off by half as much as another weighs 2 to this power as much."""


class Rule(StrEnum):
    """A way to forecast the months ahead. The value is its id, its English name. Source: docs/forecast.md."""

    BY_CLIENT = marked("By client")
    THETA = marked("Theta")
    TREND = marked("Trend")

    @property
    def formula(self) -> str:
        """How a month ahead is computed, in one sentence."""
        return t(_FORMULAS[self])


_FORMULAS = {
    Rule.BY_CLIENT: marked("Each client's chance to be invoiced, from how often and when it was, × its usual amount."),
    Rule.THETA: marked("The recent level, carried on by half of the long-term slope, × the month's season."),
    Rule.TREND: marked("The average of the last 12 months × the month's season."),
}


@dataclass(frozen=True)
class Ahead:
    """What a rule, or the mix, expects.

    Attributes:
        rest: what the rest of the running month brings; 0 where it has ended.
        months: the 12 months after the running one.
    """

    rest: float
    months: Sequence[float]


@dataclass(frozen=True)
class Origin:
    """A date that was forecast from: the as-of date, or the same day of an earlier month.

    Attributes:
        whole: how many whole months were known.
        start: the index of the first month ahead: that after the running one.
        level: the size of an average month of the last 12 known.
        rules: what each rule expected.
        shares: how each weighed, by its errors known on the date; they add up to 1.
        mixed: what the mix expected.
    """

    whole: int
    start: int
    level: float
    rules: Mapping[Rule, Ahead]
    shares: Mapping[Rule, float]
    mixed: Ahead

    def errors(self, months: Sequence[float], totals: Sequence[float], whole: int) -> list[float]:
        """Return by how much months ahead differ from what came, where `whole` months are known: told − came."""
        known = totals[self.start : min(whole, self.start + YEAR)]
        return [told - came for told, came in zip(months, known, strict=False)]


@dataclass(frozen=True)
class Backtest:
    """The rules on the as-of date, and tried on past dates.

    Attributes:
        past: what was invoiced.
        earlier: the past dates, the earliest first.
        now: the as-of date.
        clients: the clients as of the as-of date.
        view: what they are expected to bring.
        seasons: the seasons of the monthly totals, as of the as-of date.
    """

    past: Past
    earlier: Sequence[Origin]
    now: Origin
    clients: Clients
    view: View
    seasons: Seasons


def backtest(past: Past, rules: Sequence[Rule] = tuple(Rule)) -> Backtest | None:
    """Return the rules on the as-of date and on up to 36 past dates, each seeing only what was known on it.

    None where too few months are known for a forecast.
    """
    whole = past.whole
    if whole < FEWEST_MONTHS:
        return None
    first = max(whole - PAST_DATES, FEWEST_MONTHS)
    clients = Clients(past, learn_from=max(first - MEMORY, 0))
    for _ in range(first):
        clients.roll()
    origins: list[Origin] = []
    while True:
        seasons = Seasons.of(past.totals[: clients.known])
        view = clients.view(past.share_after(clients.known))
        origins.append(_origin(past, view, seasons, clients.known, rules, origins))
        if clients.known == whole:
            return Backtest(past, origins[:-1], origins[-1], clients, view, seasons)
        clients.roll()


def _origin(
    past: Past, view: View, seasons: Seasons, whole: int, rules: Sequence[Rule], earlier: Sequence[Origin]
) -> Origin:
    months = past.totals[:whole]
    found: dict[Rule, Ahead] = {}
    for rule in rules:
        if rule is Rule.BY_CLIENT:
            found[rule] = by_client(view, seasons, whole)
        else:
            formula = theta if rule is Rule.THETA else trend
            if past.ended:
                found[rule] = Ahead(0.0, formula(months, seasons, YEAR))
            else:
                running, *later = formula(months, seasons, YEAR + 1)
                found[rule] = Ahead(running * view.share_after, later)
    shares = _shares(earlier, past.totals, whole, rules)
    mixed = Ahead(
        sum(shares[rule] * ahead.rest for rule, ahead in found.items()),
        [
            sum(shares[rule] * value for rule, value in zip(found, values, strict=True))
            for values in zip(*(ahead.months for ahead in found.values()), strict=True)
        ],
    )
    last = months[-YEAR:]
    return Origin(whole, whole + (not past.ended), sum(map(abs, last)) / len(last), found, shares, mixed)


def by_client(view: View, seasons: Seasons, whole: int) -> Ahead:
    """Return what the rule By client expects of all clients, those not yet won among them."""
    values = [sum(pair) for pair in zip(view.from_clients(), view.from_new_clients(), strict=True)]
    months = [value * factor for value, factor in zip(values, season_factors(seasons, whole, len(values)), strict=True)]
    return Ahead(0.0, months) if view.ended else Ahead(months[0], months[1:])


def season_factors(seasons: Seasons, whole: int, ahead: int) -> list[float]:
    """Return what By client multiplies months ahead by: half of each season.

    The clients' own rhythm carries the other half.
    """
    return [seasons.half(whole + step) for step in range(ahead)]


def _shares(earlier: Sequence[Origin], totals: Sequence[float], whole: int, rules: Sequence[Rule]) -> dict[Rule, float]:
    """How much each rule weighs on a date, by the errors of earlier dates that were known on it."""
    dates = [origin for origin in earlier if origin.start < whole]
    if len(dates) < FEWEST_DATES:
        return {rule: 1 / len(rules) for rule in rules}
    off = {rule: _mean_error(dates, rule, totals, whole) for rule in rules}
    least = min(off.values())
    if least == 0:
        weights = {rule: float(error == 0) for rule, error in off.items()}
    else:
        weights = {rule: (least / error) ** POWER for rule, error in off.items()}
    total = sum(weights.values())
    return {rule: weight / total for rule, weight in weights.items()}


def _mean_error(dates: Sequence[Origin], rule: Rule, totals: Sequence[float], whole: int) -> float:
    errors = [abs(error) for date in dates for error in date.errors(date.rules[rule].months, totals, whole)]
    return sum(errors) / len(errors)
