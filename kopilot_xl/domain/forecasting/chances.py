"""The chance that a client is invoiced next month, learned from the firm's own months; and further ahead.

A client's state at the end of a month is how many months it was invoiced in (1 to 8, the last of which stands for
more), its rhythm (the mean gap of its last seven gaps), and how many months ago the last one was (0 to 14, the last of
which stands for longer). The first two make a row, so that a table is 29 rows of 15 numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from kopilot_xl.domain.forecasting.months import YEAR

Table = Sequence[Sequence[float]]
"""A number for each state: by row, then by months since the last invoiced month."""

MOST_MONTHS = 8
OLDEST = 14
RHYTHMS = (1.5, 3.5, 8.5)
"""The longest mean gap, in months, of each rhythm but the slowest."""
GAPS = 7
"""How many gaps, the last ones, make a rhythm."""
ROWS = 1 + (MOST_MONTHS - 1) * (len(RHYTHMS) + 1)
SINCE = range(OLDEST + 1)

OWN_WEIGHT = 10
"""A state's own chance weighs as much as what it is drawn to once it was seen in this many client-months."""
GROUP_WEIGHT = 1
MOST_CHANCE = 0.995
FADING = 0.8
"""By how much a chance of which nothing is known has fallen after `OLDEST` months."""

_GROUPS = 4
"""Numbers of months that are told apart when chances are learned: 1, 2, 3 or 4, 5 or more."""

_FIRST_ROW = [0, 0, *(1 + (months - 2) * (len(RHYTHMS) + 1) for months in range(2, MOST_MONTHS + 1))]
"""The row of the fastest rhythm, by number of months."""


def rhythm(gap: float) -> int:
    """Return the rhythm, 0 to 3, of a mean gap in months."""
    return bisect_left(RHYTHMS, gap)


def row_of(months: int, gap: float) -> int:
    """Return a state's row, given in how many months the client was invoiced (at least 1) and its mean gap."""
    if months == 1:
        return 0
    return _FIRST_ROW[months if months < MOST_MONTHS else MOST_MONTHS] + bisect_left(RHYTHMS, gap)


def _parts(row: int) -> tuple[int, int]:
    """The number of months and the rhythm of a row; the rhythm of a single month is −1."""
    if row == 0:
        return 1, -1
    months, found = divmod(row - 1, len(RHYTHMS) + 1)
    return months + 2, found


_PARTS = [_parts(row) for row in range(ROWS)]
_GROUP = [(0, 1, 2, 2, 3, 3, 3, 3)[months - 1] for months, _ in _PARTS]
_KINDS = sorted({(_GROUP[row], _PARTS[row][1]) for row in range(ROWS)})
"""The rows that are told apart when chances are learned: group and rhythm."""
_KIND_OF = [_KINDS.index((_GROUP[row], _PARTS[row][1])) for row in range(ROWS)]
NEXT_ROW = [
    row_of(months + 1, 0.0) + kept if kept >= 0 else -1
    for months, kept in _PARTS
]  # fmt: skip
"""The row after one more invoiced month; −1 for the first row, where the gap decides."""
_SECOND = [row_of(2, since + 1) for since in SINCE]
"""The row of a client that is invoiced a second time, by months since the first before it."""


def learn(seen: Table, invoiced: Table) -> list[list[float]]:
    """Return each state's chance to be invoiced in the next month.

    It is found in steps, each drawn to the one before: by months since the last; times a factor of the rhythm, and of
    the rhythm among clients of about as many months; then the state's own share.

    Args:
        seen: in how many months a client was in the state when the month began.
        invoiced: in how many of them it was invoiced.
    """
    seen_of, invoiced_of = _by_kind(seen), _by_kind(invoiced)
    base = _by_since([sum(column) for column in zip(*seen_of, strict=True)],
                     [sum(column) for column in zip(*invoiced_of, strict=True)])  # fmt: skip
    expected = [sum(map(float.__mul__, row, base)) for row in seen_of]
    came = [sum(row) for row in invoiced_of]
    factors = [1.0] * len(_KINDS)
    for names in ([kept for _, kept in _KINDS], range(len(_KINDS))):
        got, foreseen = defaultdict[int, float](float), defaultdict[int, float](float)
        for name, invoiced_in, expected_in, factor in zip(names, came, expected, factors, strict=True):
            got[name] += invoiced_in
            foreseen[name] += expected_in * factor
        factors = [
            factor * (got[name] + GROUP_WEIGHT) / (foreseen[name] + GROUP_WEIGHT)
            for name, factor in zip(names, factors, strict=True)
        ]
    chances = [
        [
            min((got + OWN_WEIGHT * min(factor * chance, 1.0)) / (number + OWN_WEIGHT), MOST_CHANCE)
            for number, got, chance in zip(numbers, gots, base, strict=True)
        ]
        for numbers, gots, factor in zip(seen_of, invoiced_of, factors, strict=True)
    ]
    return [chances[kind] for kind in _KIND_OF]


def _by_kind(table: Table) -> list[list[float]]:
    rows: list[list[float]] = [[0.0] * len(SINCE) for _ in _KINDS]
    for row, kind in zip(table, _KIND_OF, strict=True):
        rows[kind] = list(map(float.__add__, rows[kind], row))
    return rows


def _by_since(seen: Sequence[float], invoiced: Sequence[float]) -> list[float]:
    """The chance by months since the last alone.

    Months from the third on are pooled with their neighbours; the first two are not, for where retainers end a pause
    would look like a habit.
    """
    every = (sum(invoiced) + 0.5) / (sum(seen) + 1)
    chances = []
    for since in SINCE:
        low, high = (since, since + 1) if since < 2 else (max(since - 1, 2), since + 2)
        number, got = sum(seen[low:high]), sum(invoiced[low:high])
        chances.append((got + every * (1 - FADING * since / OLDEST)) / (number + 1))
    return chances


def ahead(chances: Table, months: int = YEAR) -> list[list[list[float]]]:
    """Return each state's chance to be invoiced in the next month, the one after it, and so on, as tables."""
    tables = [[list(row) for row in chances]]
    against = [[1 - chance for chance in row] for row in chances]
    for _ in range(months - 1):
        last = tables[-1]
        table = []
        for row, (yes, no, now) in enumerate(zip(chances, against, last, strict=True)):
            later = [*now[1:], now[-1]]
            if row:
                again = last[NEXT_ROW[row]][0]
                table.append([y * again + n * stay for y, n, stay in zip(yes, no, later, strict=True)])
            else:
                starts = [last[second][0] for second in _SECOND]
                table.append([y * start + n * stay for y, n, stay, start in zip(yes, no, later, starts, strict=True)])
        tables.append(table)
    return tables


def within(chances: Table, months: int = YEAR) -> list[list[float]]:
    """Return each state's chance to be invoiced at least once in so many months."""
    never = [[1.0] * len(SINCE) for _ in chances]
    for _ in range(months):
        never = [
            [(1 - chance) * later for chance, later in zip(row, [*now[1:], now[-1]], strict=True)]
            for row, now in zip(chances, never, strict=True)
        ]
    return [[1 - chance for chance in row] for row in never]


def through(chances: Table, table: Table, share_after: float) -> list[list[float]]:
    """Return a table read one month later: after the rest of a month in which a client was not invoiced so far.

    Args:
        chances: of being invoiced in that month, as it was when the month began.
        table: what each state is worth at the end of that month.
        share_after: how much of a month's invoices come in its rest.
    """
    rows = []
    for row, now in enumerate(table):
        again = [table[NEXT_ROW[row]][0]] * len(SINCE) if row else [table[second][0] for second in _SECOND]
        later = [*now[1:], now[-1]]
        rest = [in_rest(chance, share_after) for chance in chances[row]]
        rows.append([r * a + (1 - r) * stay for r, a, stay in zip(rest, again, later, strict=True)])
    return rows


def pushed(chances: Table, table: Table, share_after: float) -> tuple[float, list[list[float]]]:
    """Return what the rest of a month brings, and what is in each state at its end, of clients not invoiced so far.

    Args:
        chances: of being invoiced in that month, as it was when the month began.
        table: an amount for each state, as of the month's beginning.
        share_after: how much of a month's invoices come in its rest.
    """
    brought = 0.0
    found = [[0.0] * len(SINCE) for _ in table]
    for row, amounts in enumerate(table):
        mine, mine_chances, again = found[row], chances[row], NEXT_ROW[row]
        for since, amount in enumerate(amounts):
            if amount:
                chance = mine_chances[since]
                rest = amount * chance * share_after / (1 - chance * (1 - share_after))  # as `in_rest`
                brought += rest
                found[again if row else _SECOND[since]][0] += rest
                mine[since + 1 if since < OLDEST else OLDEST] += amount - rest
    return brought, found


def in_rest(chance: float, share_after: float) -> float:
    """Return the chance to be invoiced in the rest of a month, given that it was not invoiced so far."""
    return chance * share_after / (1 - chance * (1 - share_after))
