"""Pasts to forecast from: by hand, and at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from hypothesis import strategies as st

from kopilot_xl.domain.forecasting import Past, Row, first_day, month_of

JUNE_30 = date(2026, 6, 30)
JULY_10 = date(2026, 7, 10)


def of_clients(months: Mapping[str, Sequence[float]], as_of: date = JUNE_30) -> Past:
    """Clients' monthly sums, invoiced on the first of each month; the last is that of the as-of date."""
    running = month_of(as_of)
    return Past.of(
        [
            Row(client, first_day(running + 1 - len(amounts) + at), amount)
            for client, amounts in months.items()
            for at, amount in enumerate(amounts)
        ],
        as_of,
    )


CLIENTS = [f"C{number}" for number in range(1, 7)]


@st.composite
def books(draw: st.DrawFn) -> list[Row]:
    """Invoices and credit notes of a few clients, each with a pace of its own, over up to five years."""
    rows = []
    for client in draw(st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=4, unique=True)):
        gap = draw(st.integers(10, 400))
        day = JUNE_30 - timedelta(days=draw(st.integers(0, 1800)))
        for _ in range(draw(st.integers(1, 18))):
            amount = draw(st.sampled_from((100.0, 250.0, 999.99, 5000.0, 120_000.0)))
            if draw(st.integers(0, 9)) == 0:
                amount = -amount
            rows.append(Row(client, day, amount))
            day += timedelta(days=gap)
    return rows


def plans(as_of: date) -> st.SearchStrategy[list[Row]]:
    """What is coming after a day, from clients of the books and from others."""
    return st.lists(
        st.builds(
            Row,
            st.sampled_from([*CLIENTS, "N1", "N2"]),
            st.integers(1, 360).map(lambda days: as_of + timedelta(days=days)),
            st.sampled_from((50.0, 700.0, 40_000.0, 3_000_000.0)),
        ),
        max_size=6,
    )


days = st.sampled_from((JUNE_30, JULY_10, date(2026, 7, 31), date(2026, 2, 28), date(2025, 12, 1)))
