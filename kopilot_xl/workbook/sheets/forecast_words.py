"""The forecast in sentences: the same on the sheet, in the report and on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10

from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import FEWEST_MONTHS, SURE, YEAR, Forecast, Rule, Total, first_day, month_of
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.sales import Prepared, expected_by_segment
from kopilot_xl.domain.segments import Segment
from kopilot_xl.texts import t, tn

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
            tn(
                "There is no forecast yet. It needs {months} whole months of invoices; there is {count}.",
                "There is no forecast yet. It needs {months} whole months of invoices; there are {count}.",
                whole,
                months=FEWEST_MONTHS,
            )
            if whole
            else t(
                "There is no forecast yet. It needs {months} whole months of invoices; there is none.",
                months=FEWEST_MONTHS,
            )
        )
        return t("{text} {planned} is planned.", text=text, planned=formatting.whole(planned)) if planned else text
    if total.expected <= 0:
        return t("Nothing is expected in the next twelve months.")
    if total.unsure and total.low is not None and total.high is not None:
        return t(
            "Hard to tell: between {low} and {high} in the next twelve months",
            low=about(total.low),
            high=about(total.high),
        )
    if total.error is None:
        return t(
            "Perhaps {expected} in the next twelve months: the past is too short to say how certain that is",
            expected=about(total.expected),
        )
    return t(
        "About {expected} in the next twelve months{compared}",
        expected=about(total.expected),
        compared=_compared(told, total),
    )


def _compared(told: Forecast, total: Total) -> str:
    """How the months ahead compare with the last 12 whole ones; blank where there are fewer."""
    if told.past.whole < YEAR:
        return ""
    last = sum(told.past.totals[told.past.whole - YEAR : told.past.whole])
    if last <= 0:
        return ""
    share = formatting.share(abs(total.expected / last - 1))
    if share == "0%":
        return t(", as much as in the last")
    if total.expected > last:
        return t(", {share} more than in the last", share=share)
    return t(", {share} less than in the last", share=share)


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
        return "" if total.expected <= 0 else t("Not known: the past is too short to say how far off this may be.")
    if total.high - total.low < 0.01 * total.expected:
        return t("Past forecasts were hardly ever off, so no range is given.")
    low, high = about(total.low), about(total.high)
    coverage = told.held.coverage
    if told.held.trusted or coverage is None:
        return t("In 8 of 10 cases between {low} and {high}.", low=low, high=high)
    if coverage > SURE:
        return t("In 8 of 10 cases, or more, between {low} and {high}.", low=low, high=high)
    return t(
        "Between {low} and {high} by its past errors; but {share} of past months lay in their range, where {wanted} "
        "should.",
        low=low,
        high=high,
        share=formatting.share(coverage),
        wanted=formatting.share(SURE),
    )


def _planned(total: Total) -> str:
    if not total.planned:
        return t("Nothing of it is planned yet.") if total.expected > 0 else ""
    share = total.share_planned
    part = f" ({formatting.share(share)})" if share is not None else ""
    open_ = max(total.expected - total.planned, 0.0)
    return t(
        "{planned} of it{part} is planned. {open} is still open.",
        planned=about(total.planned),
        part=part,
        open=about(open_),
    )


def _sure(told: Forecast, total: Total) -> str:
    if total.expected <= 0:
        return ""
    made = t(" It is made {shares}.", shares=mixed(told.shares))
    if total.error is not None:
        what = t("the year")
        if total.error_months != YEAR:
            what = tn("{count:,} month together", "{count:,} months together", total.error_months)
        return tn(
            "On {count:,} past date {what} was off by {off} on average.{made}",
            "On {count:,} past dates {what} was off by {off} on average.{made}",
            total.dates,
            what=what,
            off=formatting.share(total.error),
            made=made,
        )
    found = told.mix.accuracy if told.mix else None
    if found is None or found.share is None:
        return t("Not checked: the past is too short to try it on.{made}", made=made)
    off = formatting.share(found.share)
    return tn(
        "On {count:,} past date a month was off by {off} on average.{made}",
        "On {count:,} past dates a month was off by {off} on average.{made}",
        found.dates,
        off=off,
        made=made,
    )


def mixed(shares: Mapping[Rule, float]) -> str:
    """Return how the rules are mixed, as in `mostly by client, a bit of Theta`."""
    parts = sorted(((share, rule) for rule, share in shares.items() if share >= _PARTLY), key=lambda part: -part[0])
    share, first = parts[0]
    name = _named(first)
    if len(parts) == 1:
        return name
    others = t(" and ").join(_named(rule) for _, rule in parts[1:])
    if share >= _MOSTLY:
        return t("mostly {name}, a bit {others}", name=name, others=others)
    if len(parts) == 2:
        return t("about equally {name} and {other}", name=name, other=others)
    return t("about equally {name}, {others}", name=name, others=others)


def _named(rule: Rule) -> str:
    names = {Rule.BY_CLIENT: t("client by client"), Rule.THETA: t("by Theta"), Rule.TREND: t("by the trend")}
    return names[rule]


def _clients(told: Forecast, total: Total, clients: Sequence[Client]) -> str:
    if total.expected <= 0:
        return ""
    new = formatting.share(min(told.new_clients / total.expected, 1.0))
    text = (
        t("All of it comes from clients of today.")
        if new == "0%"
        else t("{new} comes from clients yet to be won.", new=new)
    )
    quiet = sum(expected_by_segment(clients, told.clients)[segment] for segment in _QUIET)
    if quiet > 0:
        text += t(" {quiet} is at stake with clients who went quiet.", quiet=about(quiet))
    return text


def _year(told: Forecast) -> str:
    if told.mix is None:
        return ""
    as_of, so_far = told.past.as_of, told.past.year_to_date
    text = t(
        "{year} is heading for {landing}: {so_far} by {day}.",
        year=as_of.year,
        landing=about(told.mix.landing),
        so_far=formatting.whole(so_far),
        day=formatting.day_of_year(as_of),
    )
    if not told.past.ended:
        running = formatting.month(first_day(month_of(as_of)))
        text += t(
            " {running} brought {so_far} so far; {rest} more is expected.",
            running=running,
            so_far=formatting.whole(told.past.so_far),
            rest=about(told.mix.rest),
        )
    return text
