"""Retention and concentration in words, a line for each figure."""

from __future__ import annotations

from collections.abc import Callable

from kopilot_xl.domain import formatting
from kopilot_xl.domain.retention import MOST, Concentration, Group, Retention

Figure = tuple[str, str]
"""What a figure is called, and the figure."""


def retention_figures(found: Retention | None, before: Retention | None = None) -> list[Figure]:
    """Return the figures of retention, each with that of the year before where it is known; none if there are none."""
    if found is None:
        return []

    def share(of: Callable[[Retention], float]) -> str:
        earlier = f" ({formatting.share(of(before))} the year before)" if before else ""
        return f"{formatting.share(of(found))}{earlier}"

    return [
        ("Net revenue retention", share(lambda year: year.net)),
        ("Gross revenue retention", share(lambda year: year.gross)),
        ("Clients kept", share(lambda year: year.clients_kept)),
        ("Gone", _group(found.gone)),
        ("New in the year", _group(found.new)),
        ("Recovered", _group(found.recovered)),
    ]


def concentration_figures(found: Concentration | None) -> list[Figure]:
    """Return the figures of concentration; none if there was no revenue."""
    if found is None:
        return []
    return [
        ("Share of the largest client", formatting.share(found.largest)),
        ("Share of the five largest", formatting.share(found.largest_five)),
        (f"Clients that bring {MOST}%", f"{found.clients_for_80_percent:,}"),
        ("Without the largest", formatting.whole(found.without_largest)),
    ]


def _group(group: Group) -> str:
    amount = f", {formatting.whole(group.amount)}" if group.clients else ""
    return f"{formatting.count(group.clients, 'client')}{amount}"
