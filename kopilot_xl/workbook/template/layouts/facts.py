"""The layout of the hidden sheet of facts in a new workbook of the macro-free edition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import facts, guards, live_portfolio, portfolio_page
from kopilot_xl.workbook.sheets.facts import ADVICE, FACTS_DAY, NOT_PINNED, PINNED, SEGMENTS, advice
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_DAYS = frozenset(
    {
        FACTS_DAY, facts.DAY, facts.ACTIVE_SINCE, facts.SLEEPING_AWAY_SINCE, facts.HIBERNATING_SINCE,
        facts.LEAVING_SINCE, facts.CREATED_SINCE, facts.HORIZON_END, live_portfolio.FIRST_ROW,
    }
)  # fmt: skip
"""The names of the cells with a date."""
_START: dict[str, Value] = {PINNED: NOT_PINNED, live_portfolio.WORDS_THEN: portfolio_page.FIRST_WORDS}
"""What is in some cells before the first refresh."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: a line for each named cell, the figures of each segment beside them, then what is watched."""
    from kopilot_xl.workbook.template import styles

    styles.widths(ws, (24, 16, 4, 16, 60, 10, 14, 10, 10, 4, 24, 14, 14, 14))
    row = 1
    for block, values, formulas in (
        (facts.CELLS, facts.VALUES, facts.FORMULAS),
        (live_portfolio.CELLS, live_portfolio.VALUES, live_portfolio.FORMULAS),
        (guards.CELLS, (), guards.FORMULAS),
    ):
        styles.name(ws, block, f"B{row}", len(values) + len(formulas))
        for name in (*values, *formulas):
            formula = formulas.get(name)
            shown = Format.DATE if name in _DAYS else Format.TEXT
            styles.put(ws, f"A{row}", name)
            styles.put(ws, f"B{row}", f"={formula}" if formula else _START.get(name), shown=shown)
            styles.name(ws, name, f"B{row}")
            row += 1
    _build_segments(ws)
    _build_guards(ws)


def _build_segments(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    top = live_portfolio.TOP
    for row, (segment, text) in enumerate(advice(), top):
        styles.put(ws, f"D{row}", segment)
        styles.put(ws, f"E{row}", text)
    styles.name(ws, SEGMENTS, f"D{top}", len(advice()))
    styles.name(ws, ADVICE, f"E{top}", len(advice()))
    styles.name(ws, live_portfolio.FIGURES, f"{live_portfolio.COUNT}{top}", len(advice()), 5)
    figures = [live_portfolio.segment_formulas(segment) for segment in live_portfolio.ORDER]
    styles.put_formulas(ws, live_portfolio.FIGURES, figures)


def _build_guards(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    for row, guard in enumerate(guards.GUARDS, 1):
        styles.put(ws, f"K{row}", guard.label)
    styles.name(ws, guards.NOW, "L1", len(guards.GUARDS))
    styles.name(ws, guards.THEN, "M1", len(guards.GUARDS))
    styles.name(ws, guards.WORDS, "N1", len(guards.STATUSES))
    styles.put_formulas(ws, guards.NOW, [[guards.formula(guard)] for guard in guards.GUARDS])
