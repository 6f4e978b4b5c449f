"""The sentence under the portfolio's label, composed from its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kopilot_xl.domain import formatting
from kopilot_xl.texts import marked, t, tn

PLAN_WELL = marked("Plan the revenue well, so that work goes to the months that still need it.")
CONTACT = marked("Offer the quiet ones a product or service, an upgrade, maintenance.")


@dataclass(frozen=True)
class Figures:
    """What the sentence is composed from: numbers of clients, the tilt, and how the failed checks go on."""

    size: int
    no_activity: int
    new: int
    leaving: int
    engaged: int
    quiet: int
    tilt: float
    won: int | None
    active_months: int
    failing: Sequence[str]


def empty() -> str:
    """Return what an empty portfolio says."""
    return t("There are no clients in the portfolio.")


def inaccurate(figures: Figures) -> str:
    """Return what a portfolio says whose clients without activity are too many."""
    none = figures.no_activity
    of_all = tn(
        "{count:,} of {clients} has no activity",
        "{count:,} of {clients} have no activity",
        none,
        clients=tn("{count:,} client", "{count:,} clients", figures.size),
    )
    return t(
        "{of_all}, so the share of active clients cannot be trusted. Plan their first "
        "revenue or mark them canceled: every decision makes the picture truer.",
        of_all=of_all,
    )


def declining(figures: Figures) -> str:
    """Return what a declining portfolio says: where it leans, who leaves and who came, what failed, what to do."""
    return " ".join([*_figures(figures), *_failed(figures), t(CONTACT)])


def growing(figures: Figures) -> str:
    """Return what a growing portfolio says."""
    return " ".join([*_figures(figures), *_failed(figures), t(PLAN_WELL)])


def mature(figures: Figures) -> str:
    """Return what a mature portfolio says: that it is well balanced, or which check failed."""
    failing = t(" and ").join(figures.failing)
    start = t("Active clients carry the portfolio, but {failing}.", failing=failing) if failing else t("Well balanced.")
    return " ".join([start, *_figures(figures)])


def _figures(figures: Figures) -> list[str]:
    """Where it leans and by how much; who leaves, against who is new or was won, unless a failed check says so."""
    made_up_for = figures.new >= figures.leaving
    return [text for text in (_lean(figures), _exits(figures) if made_up_for else "") if text]


def _lean(figures: Figures) -> str:
    quiet, engaged = figures.quiet, figures.engaged
    by = formatting.tilt(abs(figures.tilt)).lstrip("+")
    by = t("less than 0.01") if by == "0.00" else by
    if quiet > engaged:
        return t(
            "It leans left by {by}: more clients went quiet ({quiet:,}) than are active or new ({engaged:,}).",
            by=by,
            quiet=quiet,
            engaged=engaged,
        )
    if engaged > quiet:
        return t(
            "It leans right by {by}: more clients are active or new ({engaged:,}) than went quiet ({quiet:,}).",
            by=by,
            engaged=engaged,
            quiet=quiet,
        )
    return t("It leans neither way: as many clients went quiet as are active or new ({quiet:,}).", quiet=quiet)


def _exits(figures: Figures) -> str:
    new, leaving, won = figures.new, figures.leaving, figures.won
    came = [tn("{count:,} is new", "{count:,} are new", new)] if new else []
    if won:
        months = tn("{count:,} month", "{count:,} months", figures.active_months)
        came.append(
            tn("{count:,} was won in the last {months}", "{count:,} were won in the last {months}", won, months=months)
        )
    if not came:
        return ""
    news = t(" and ").join(came)
    if not leaving:
        return t("Nobody is leaving, {news}.", news=news)
    return tn("{count:,} is leaving, {news}.", "{count:,} are leaving, {news}.", leaving, news=news)


def _failed(figures: Figures) -> list[str]:
    failing = t(" and ").join(figures.failing)
    return [f"{failing[0].upper()}{failing[1:]}."] if failing else []
