"""Firms drawn from a seed, in seven worlds: clients that come, are invoiced in their own way, and leave."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kopilot_xl.domain.forecasting import Row, first_day

FIRST_MONTH = 2018 * 12
"""January 2018."""


@dataclass(frozen=True)
class World:
    """How the firms of a world are drawn.

    Attributes:
        name: what a reader sees.
        retainers, projects, yearly: the shares of clients invoiced every month, now and then, and once a year.
        spread: the standard deviation of the logarithm of a client's size; None for .8 to 1.3.
        growth: by how much arrivals grow in a year.
        stops: after how many months nobody arrives any more, at random from a third of them on; 0 for never.
        season: by how much of the level the best and the worst month differ from it.
    """

    name: str
    retainers: float
    projects: float
    yearly: float
    spread: float | None = None
    growth: float = 0.0
    stops: int = 0
    season: float = 0.0


BASE = World("base", 0.25, 0.55, 0.20)
WORLDS = (
    BASE,
    World("retainers", 0.65, 0.30, 0.05),
    World("few projects", 0.05, 0.90, 0.05, spread=1.3),
    replace(BASE, name="growing 40 % a year", growth=0.4),
    replace(BASE, name="arrivals that stop", stops=60),
    replace(BASE, name="seasonal", season=0.5),
    World("yearly", 0.10, 0.25, 0.65),
)


def firm(world: World, seed: int, months: int) -> list[Row]:
    """Return the invoices of a firm over so many months, by date."""
    draw = random.Random(f"{world.name} {seed}")
    arrivals = draw.uniform(0.2, 3)
    life = draw.choice((8, 24, 48))
    spread = world.spread or draw.uniform(0.8, 1.3)
    stop = draw.randint(world.stops // 3, world.stops) if world.stops else months
    best = draw.randrange(12)
    clients = [-draw.randrange(12) for _ in range(draw.randint(5, 30))]
    for month in range(min(stop, months)):
        clients += [month] * _poisson(draw, arrivals * (1 + world.growth) ** (month / 12))
    rows = []
    for number, begins in enumerate(clients, 1):
        size = 1000 * math.exp(draw.gauss(0, spread))
        for month in _invoiced(draw, world, begins, life, months, best):
            amount = size * math.exp(draw.gauss(0, 0.3))
            amount *= 1 + world.season * math.cos((month - best) * math.tau / 12) / 2
            day = first_day(FIRST_MONTH + month).replace(day=draw.randint(1, 28))
            rows.append(Row(f"C{number:04}", day, round(amount, 2)))
    return sorted(rows, key=lambda row: (row.day, row.client))


def _invoiced(
    draw: random.Random, world: World, begins: int, life: float, months: int, best: int
) -> list[int]:  # fmt: skip
    """The months a client is invoiced in."""
    kind = draw.choices(("retainer", "project", "yearly"), (world.retainers, world.projects, world.yearly))[0]
    ends = begins + 1 + draw.expovariate(1 / life)
    lived = range(begins, min(math.ceil(ends), months))
    if kind == "retainer":
        found = [month for month in lived if draw.random() < 0.96]
    elif kind == "yearly":
        found = [month + draw.choice((0, 0, 0, 1)) for month in lived[::12]]
    else:
        pace = draw.uniform(0.05, 0.4)
        season = [1 + world.season * math.cos((month - best) * math.tau / 12) / 2 for month in range(12)]
        found = [month for month in lived if month == begins or draw.random() < pace * season[month % 12]]
    return [month for month in found if 0 <= month < months]


def _poisson(draw: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


def monthly(rows: Sequence[Row], months: int) -> list[float]:
    """Return what a firm invoiced in each of its months."""
    sums = [0.0] * months
    for row in rows:
        sums[row.day.year * 12 + row.day.month - 1 - FIRST_MONTH] += row.amount or 0.0
    return sums


def last_day(month: int) -> date:
    """Return the last day of a firm's month, by its index."""
    following = first_day(FIRST_MONTH + month + 1)
    return date.fromordinal(following.toordinal() - 1)
