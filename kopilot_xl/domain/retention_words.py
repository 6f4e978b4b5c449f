"""Retention and concentration in words, a line for each figure."""

from __future__ import annotations

from collections.abc import Callable

from kopilot_xl.domain import formatting
from kopilot_xl.domain.retention import MOST, Concentration, Group, Retention
from kopilot_xl.texts import t, tn

Figure = tuple[str, str]
"""What a figure is called, and the figure."""


def retention_figures(found: Retention | None, before: Retention | None = None) -> list[Figure]:
    """Return the figures of retention, each with that of the year before where it is known; none if there are none."""
    if found is None:
        return []

    def share(of: Callable[[Retention], float]) -> str:
        now = formatting.share(of(found))
        if before is None:
            return now
        return t("{share} ({before} the year before)", share=now, before=formatting.share(of(before)))

    return [
        (t("Net revenue retention"), share(lambda year: year.net)),
        (t("Gross revenue retention"), share(lambda year: year.gross)),
        (t("Clients kept"), share(lambda year: year.clients_kept)),
        (t("Gone"), _group(found.gone)),
        (t("New in the year"), _group(found.new)),
        (t("Recovered"), _group(found.recovered)),
    ]


def concentration_figures(found: Concentration | None) -> list[Figure]:
    """Return the figures of concentration; none if there was no revenue."""
    if found is None:
        return []
    return [
        (t("Share of the largest client"), formatting.share(found.largest)),
        (t("Share of the five largest"), formatting.share(found.largest_five)),
        (t("Clients that bring {share}", share=formatting.share(MOST / 100)), f"{found.clients_for_80_percent:,}"),
        (t("Without the largest"), formatting.whole(found.without_largest)),
    ]


def _group(group: Group) -> str:
    amount = f", {formatting.whole(group.amount)}" if group.clients else ""
    return tn("{count:,} client{amount}", "{count:,} clients{amount}", group.clients, amount=amount)
