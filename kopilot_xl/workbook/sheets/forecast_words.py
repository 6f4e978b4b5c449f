"""The forecast in sentences: the same on the sheet, in the report and on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10

from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import FEWEST_MONTHS, SURE, YEAR, Forecast, Rule, Total, first_day, month_of
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.sales import Prepared, expected_by_segment
from kopilot_xl.domain.segments import Segment

FACTS = ("Range", "Planned", "How sure", "Clients", "This year")
"""What the sentences beside the chart are about, in their order."""
_QUIET = (Segment.LEAVING, Segment.HIBERNATING, Segment.SLEEPING_AWAY)
_MOSTLY, _PARTLY = 0.5, 0.1


def about(value: float) -> str:
    """Return an amount rounded to two digits that count, as in `770,000`."""
    if abs(value) < 100:
        return formatting.whole(value)
    step = 10 ** (floor(log10(abs(value))) - 1)
    return formatting.whole(floor(value / step + 0.5) * step)


def note(told: Forecast, months: Sequence[Prepared] = ()) -> str:
    """Return the sentence that sums the forecast up."""
    total = told.total
    if total is None:
        planned = sum(month.total for month in months)
        whole = told.past.whole
        text = (
            f"There is no forecast yet. It needs {formatting.count(FEWEST_MONTHS, 'whole month')} of invoices; "
            f"there {'is 1' if whole == 1 else f'are {whole}' if whole else 'is none'}."
        )
        return f"{text} {formatting.whole(planned)} is planned." if planned else text
    if total.expected <= 0:
        return "Nothing is expected in the next twelve months."
    if total.unsure and total.low is not None and total.high is not None:
        return f"Hard to tell: between {about(total.low)} and {about(total.high)} in the next twelve months"
    if total.error is None:
        return (
            f"Perhaps {about(total.expected)} in the next twelve months: the past is too short to tell how sure that is"
        )
    return f"About {about(total.expected)} in the next twelve months{_compared(told, total)}"


def _compared(told: Forecast, total: Total) -> str:
    """How the months ahead compare with the last 12 whole ones; blank where there are fewer."""
    if told.past.whole < YEAR:
        return ""
    last = sum(told.past.totals[told.past.whole - YEAR : told.past.whole])
    if last <= 0:
        return ""
    share = formatting.share(abs(total.expected / last - 1))
    if share == "0%":
        return ", as much as in the last"
    return f", {share} {'more' if total.expected > last else 'less'} than in the last"


def facts(told: Forecast, months: Sequence[Prepared], clients: Sequence[Client]) -> Mapping[str, str]:
    """Return the five facts: the range, what is planned, how sure it is, of whom it comes, where the year ends."""
    if told.mix is None or told.total is None:
        return {}
    values = (
        _range(told, told.total),
        _planned(told.total),
        _sure(told, told.total),
        _clients(told, told.total, clients),
        _year(told),
    )
    return {name: text for name, text in zip(FACTS, values, strict=True) if text}


def explanation(told: Forecast, months: Sequence[Prepared], clients: Sequence[Client]) -> list[str]:
    """Return the five facts as sentences alone."""
    return list(facts(told, months, clients).values())


def _range(told: Forecast, total: Total) -> str:
    if total.low is None or total.high is None:
        return "" if total.expected <= 0 else "Not known: the past is too short to tell how far off this may be."
    if total.high - total.low < 0.01 * total.expected:
        return "Its past months were hardly ever off, so there is no range to tell."
    ends = f"between {about(total.low)} and {about(total.high)}"
    coverage = told.held.coverage
    if told.held.trusted or coverage is None:
        return f"In 8 of 10 cases {ends}."
    if coverage > SURE:
        return f"In 8 of 10 cases, or more, {ends}."
    return (
        f"{ends[0].upper()}{ends[1:]} by its past errors; but {formatting.share(coverage)} of past months lay in their "
        "range, where 80% should."
    )


def _planned(total: Total) -> str:
    if not total.planned:
        return "Nothing of it is planned yet." if total.expected > 0 else ""
    share = total.share_planned
    part = f" ({formatting.share(share)})" if share is not None else ""
    open_ = max(total.expected - total.planned, 0.0)
    return f"{about(total.planned)} of it{part} is planned. {about(open_)} is still open."


def _sure(told: Forecast, total: Total) -> str:
    if total.expected <= 0:
        return ""
    made = f" It is made {mixed(told.shares)}."
    if total.error is not None:
        what = "the year" if total.error_months == YEAR else f"{formatting.count(total.error_months, 'month')} together"
        text = f"On {formatting.count(total.dates, 'past date')} {what} came out off by {formatting.share(total.error)}"
        return f"{text} on average.{made}"
    found = told.mix.accuracy if told.mix else None
    if found is None or found.share is None:
        return f"Not checked: the past is too short to try it on.{made}"
    off = formatting.share(found.share)
    return f"On {formatting.count(found.dates, 'past date')} a month was off by {off} on average.{made}"


def mixed(shares: Mapping[Rule, float]) -> str:
    """Return how the rules are mixed, as in `mostly by client, a bit of Theta`."""
    parts = sorted(((share, rule) for rule, share in shares.items() if share >= _PARTLY), key=lambda part: -part[0])
    share, first = parts[0]
    name = _named(first)
    if len(parts) == 1:
        return name
    others = " and ".join(_named(rule) for _, rule in parts[1:])
    if share >= _MOSTLY:
        return f"mostly {name}, a bit {others}"
    return f"about equally {name} and {others}" if len(parts) == 2 else f"about equally {name}, {others}"


def _named(rule: Rule) -> str:
    return {Rule.BY_CLIENT: "client by client", Rule.THETA: "by Theta", Rule.TREND: "by the trend"}[rule]


def _clients(told: Forecast, total: Total, clients: Sequence[Client]) -> str:
    if total.expected <= 0:
        return ""
    new = formatting.share(min(told.new_clients / total.expected, 1.0))
    text = "All of it comes from clients of today." if new == "0%" else f"{new} comes from clients yet to be won."
    quiet = sum(expected_by_segment(clients, told.clients)[segment] for segment in _QUIET)
    if quiet > 0:
        text += f" {about(quiet)} is at stake with clients who went quiet."
    return text


def _year(told: Forecast) -> str:
    if told.mix is None:
        return ""
    as_of, so_far = told.past.as_of, told.past.year_to_date
    text = f"{as_of.year} is heading for {about(told.mix.landing)}: {formatting.whole(so_far)} by "
    text += f"{formatting.day_of_year(as_of)}."
    if not told.past.ended:
        running = formatting.month(first_day(month_of(as_of)))
        text += (
            f" {running} brought {formatting.whole(told.past.so_far)} so far; {about(told.mix.rest)} more is expected."
        )
    return text
