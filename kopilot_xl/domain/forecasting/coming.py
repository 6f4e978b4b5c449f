"""What marks take off a forecast, and what plans do to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Months = Sequence[float]


def kept(expected: Months, marked: Months) -> list[float]:
    """Return the share of each month that is kept without the marked clients, 0 to 1.

    In a month in which nothing was expected of anybody it is that of all months together.

    Args:
        expected: what all clients, those not yet won among them, were expected to bring.
        marked: what the marked clients were expected to bring.
    """
    every = _left(sum(expected), sum(marked), 1.0)
    return [_left(whole, lost, every) for whole, lost in zip(expected, marked, strict=True)]


def _left(whole: float, lost: float, otherwise: float) -> float:
    return min(max(1 - lost / whole, 0.0), 1.0) if whole > 0 else otherwise


def with_plans(expected: Months, planned: Months, dropped: Months | None = None) -> list[float]:
    """Return a client's months ahead, given what was expected of it and what is planned (0 where nothing is).

    A month with a plan brings at least that. What it brings more than expected comes out of the client's other months,
    as far as they go: a plan is mostly what was expected of the client anyway.

    Args:
        expected: what was expected, month by month.
        planned: what is planned.
        dropped: what was planned, and is not coming any more. It does not come back to the other months: of the new
            clients that were expected, one has fallen through.
    """
    once = list(map(float.__add__, planned, dropped)) if dropped else planned
    fixed = 0.0
    others = 0.0
    for one, plan in zip(expected, once, strict=True):
        if plan:
            fixed += one if one > plan else plan
        else:
            others += one
    share = min(max((sum(expected) - fixed) / others, 0.0), 1.0) if others > 0 else 0.0
    return [max(one, plan) if ever else one * share for one, plan, ever in zip(expected, planned, once, strict=True)]


def total(rows: Iterable[Months], months: int) -> list[float]:
    """Return the sums of months, by month; zeros where there is nothing to add."""
    return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * months
