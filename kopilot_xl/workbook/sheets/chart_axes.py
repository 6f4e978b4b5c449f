"""How far the axes of the charts reach at least: a number that refresh writes beside what they draw."""

from __future__ import annotations

FEWEST = 6
"""How many clients an axis of counts has room for at least, so that it has no halves of one."""
NOTHING = 1e18
"""The height of an axis along which nothing is drawn: so high that none of its numbers but zero is shown."""
NUMBERS = '[=0]0;[>=1000000000000000]"";#,##0'
"""How the numbers of an axis are shown."""


def clients(*, drawn: bool) -> float:
    """Return how high an axis of clients reaches at least, by whether any is drawn."""
    return FEWEST if drawn else NOTHING


def amounts(*, drawn: bool) -> float:
    """Return what an axis of amounts reaches at least: where any is drawn, down to zero, where columns begin."""
    return 0.0 if drawn else NOTHING
