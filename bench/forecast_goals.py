"""How good the forecast is: on real monthly series, on a real book of clients, and on firms drawn from a seed.

Sets that cannot be shipped, to measure on by hand: the monthly series of M3 and M1 (R package Mcomp), Australian retail
(R package tsibbledata, aus_retail) and the whole CDNOW book (www.brucehardie.com/datasets/CDNOW_master.zip).
"""

from __future__ import annotations

import csv
import gc
import random
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean

from bench.firms import BASE, FIRST_MONTH, WORLDS, firm, last_day, monthly
from kopilot_xl.domain.forecasting import YEAR, Forecast, Past, Row, Rule, first_day, forecast, month_of

DATA = Path(__file__).parents[1] / "tests" / "data"
SEEDS = range(101, 121)
HISTORY = 72
"""The months of a drawn firm; the last date forecast from is a year before their end."""
OF_TOTALS = (Rule.THETA, Rule.TREND)
"""What can be told from monthly totals alone."""
YOUNG, OLDER = (18, 24), (36, 48, 60)


@dataclass
class Figures:
    """What a set of forecasts came to."""

    errors: list[float] = field(default_factory=list)
    """each forecast's mean absolute scaled error"""
    last_year: list[float] = field(default_factory=list)
    """that of the same months a year before"""
    within: list[bool] = field(default_factory=list)
    """whether each month lay in its band"""
    ratios: list[float] = field(default_factory=list)
    """each forecast's error ÷ the error to reckon with"""
    totals_within: list[bool] = field(default_factory=list)

    def add(self, found: Forecast, before: Sequence[float], came: Sequence[float], scale: float) -> None:
        """Add a forecast, given the 12 months before and those that came."""
        if found.mix is None:
            return
        off = [abs(told - real) for told, real in zip(found.mix.months, came, strict=True)]
        self.errors.append(fmean(off) / scale)
        self.last_year.append(fmean(abs(told - real) for told, real in zip(before, came, strict=True)) / scale)
        if found.low and found.high:
            self.within += [low <= real <= high for low, real, high in zip(found.low, came, found.high, strict=True)]
        if found.told_error and fmean(found.told_error):
            self.ratios.append(fmean(off) / fmean(found.told_error))
        if found.total and found.total.low is not None and found.total.high is not None:
            self.totals_within.append(found.total.low <= sum(came) <= found.total.high)

    @property
    def line(self) -> str:
        """The figures in one line."""
        return (
            f"{len(self.errors)} forecasts: MASE {fmean(self.errors):.3f} (last year {fmean(self.last_year):.3f}), "
            f"band holds {fmean(self.within):.0%}, that of the year {fmean(self.totals_within):.0%}, "
            f"came ÷ told {fmean(self.ratios):.2f}"
        )


def scale(months: Sequence[float]) -> float:
    """Return what a month differs from the same one a year before, on average."""
    return fmean(abs(late - early) for early, late in zip(months, months[YEAR:], strict=False))


def real_series() -> Figures:
    """Return the figures on tests/data/monthly: every 6 months from the 60th to the 120th."""
    series: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with (DATA / "monthly" / "series.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            series[row["Series"]].append((row["Month"], float(row["Value"])))
    figures = Figures()
    for points in series.values():
        first = month_of(date.fromisoformat(f"{points[0][0]}-01"))
        values = [value for _, value in points]
        for known in range(60, min(120, len(values) - YEAR) + 1, 6):
            found = forecast(of_months(values[:known], first), rules=OF_TOTALS)
            figures.add(found, values[known - YEAR : known], values[known : known + YEAR], scale(values[:known]))
    return figures


def of_months(values: Sequence[float], first: int) -> Past:
    """Return a past of monthly sums that belong to no client."""
    rows = [Row("", first_day(first + at), value) for at, value in enumerate(values)]
    return Past.of(rows, first_day(first + len(values)) - timedelta(days=1))


def cdnow(as_of: date, months: int) -> float:
    """Return by how much the sum of months ahead of the CDNOW sample was off, as a share of what came."""
    with (DATA / "cdnow_sample" / "transactions.csv").open(encoding="utf-8") as file:
        rows = [
            Row(row["Client ID"], date.fromisoformat(row["Issue date"]), float(row["Amount"]))
            for row in csv.DictReader(file)
        ]
    end = first_day(month_of(as_of) + 1 + months)
    came = sum(row.amount or 0.0 for row in rows if as_of < row.day < end)
    found = forecast(Past.of(rows, as_of))
    return sum((found.expected or ())[:months]) / came - 1


def drawn(known: Sequence[int], seeds: Sequence[int] = SEEDS) -> tuple[Figures, dict[str, Figures]]:
    """Return the figures on drawn firms of which so many months are known: of all, and world by world."""
    every, by_world = Figures(), defaultdict[str, Figures](Figures)
    for world in WORLDS:
        for seed in seeds:
            rows = firm(world, seed, HISTORY)
            months = monthly(rows, HISTORY)
            for count in known:
                past = Past.of(rows, last_day(count - 1))
                if any(months[: count + YEAR]) and past.whole >= YEAR:
                    found = forecast(past)
                    size = scale(months[: count + YEAR])
                    for figures in (every, by_world[world.name]):
                        figures.add(found, months[count - YEAR : count], months[count : count + YEAR], size)
    return every, by_world


def running_month(days: Sequence[int] = (10, 20), seeds: Sequence[int] = SEEDS[:5]) -> tuple[float, float]:
    """Return by how much the rest of a running month was off, and the same month's rest a year before would have been.

    On drawn firms with 47 whole months known, on these days of the 48th; both against what a month differs from the
    same one a year before.
    """
    ours, year_before = [], []
    for world in WORLDS:
        for seed in seeds:
            rows = firm(world, seed, HISTORY)
            size = scale(monthly(rows, HISTORY)[: 48 + YEAR])
            for day in days:
                past = Past.of(rows, last_day(47).replace(day=day))
                found = forecast(past)
                if found.mix is not None and len(past.after) > YEAR:
                    came = sum(row.amount or 0.0 for row in rows if past.as_of < row.day <= last_day(47))
                    ours.append(abs(found.mix.rest - came) / size)
                    year_before.append(abs(past.after[-1 - YEAR] - came) / size)
    return fmean(ours), fmean(year_before)


def marked_lost(share: float, seeds: Sequence[int] = (1, 2, 3)) -> list[float]:
    """Return by how much firms expect less once the client of such a share of turnover is marked lost."""
    falls = []
    for seed in seeds:
        rows = firm(BASE, seed, 48)
        year = sum(monthly(rows, 48)[-YEAR:])
        amount = year * share / (1 - share) / YEAR
        rows += [Row("giant", first_day(FIRST_MONTH + month), amount) for month in range(48)]
        past = Past.of(rows, last_day(47))
        before, after = (sum(forecast(past, marked=marked).expected or ()) for marked in ((), ("giant",)))
        falls.append(1 - after / before)
    return falls


def cost(clients: int, invoices: int, months: int = 84) -> tuple[float, float]:
    """Return what a forecast takes by itself, with 36 past dates: seconds of the processor, and most MB of its own."""
    draw = random.Random(20260701)
    as_of = date(2026, 7, 1)
    days = round(months * 30.44)
    rows = [
        Row(f"C{draw.randrange(clients)}", as_of - timedelta(days=draw.randrange(-120, days)), draw.uniform(80, 9000))
        for _ in range(invoices)
    ]
    coming = [row for row in rows if row.day > as_of]
    gc.collect()
    gc.disable()  # as a refresh does
    start = time.process_time()
    forecast(Past.of(rows, as_of), coming)
    seconds = time.process_time() - start
    tracemalloc.start()
    forecast(Past.of(rows, as_of), coming)
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    gc.enable()
    return seconds, megabytes


def goals() -> Iterator[tuple[str, str, str]]:
    """Measure, and return each goal: on what, the goal, and what was measured."""
    real = real_series()
    yield "tests/data/monthly, every 6 months from 60 on: MASE, 12 ahead", "≤ .93", real.line
    yield (
        "CDNOW sample, half-year after 1997-12-31; after 1997-09-30: 6, 9 months",
        "within 15 %",
        "; ".join(
            f"{cdnow(as_of, months):+.1%}"
            for as_of, months in ((date(1997, 12, 31), 6), (date(1997, 9, 30), 6), (date(1997, 9, 30), 9))
        ),
    )
    for name, known in (("18–24", YOUNG), ("36–60", OLDER)):
        every, by_world = drawn(known)
        yield f"drawn firms, {name} months known", "≤ .88, band 75–88 %, came ÷ told .85–1.10", every.line
        for world, figures in by_world.items():
            yield f"  {world}", "", figures.line
    ours, year_before = running_month()
    yield "drawn firms, the rest of a running month", "", f"off by {ours:.2f}; as a year before {year_before:.2f}"
    for share in (0.3, 0.6, 0.87):
        falls = ", ".join(f"{fall:.0%}" for fall in marked_lost(share))
        goal = "falls by 40–65 %" if share == 0.6 else ""
        yield f"client of {share:.0%} of turnover marked lost, 3 firms", goal, falls
    seconds, megabytes = cost(10_000, 100_000)
    yield "10,000 clients × 100,000 invoices, 36 past dates", "≤ 0.8 s, ≤ 40 MB", f"{seconds:.2f} s, {megabytes:.0f} MB"
