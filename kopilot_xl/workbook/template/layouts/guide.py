"""The layout of the sheet Guide in a new workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kopilot_xl.domain.forecasting import Rule
from kopilot_xl.domain.rules import Rules
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.guide import (
    CONDITIONS,
    FORECAST,
    FORMULAS,
    MACRO_FREE_FORMULAS,
    MACRO_FREE_OWNERSHIP,
    MACRO_FREE_STEPS,
    MEANINGS,
    OWNERSHIP,
    SEGMENTS,
    SHAPES,
    SHEET,
    STEPS,
    TERMS,
    condition,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the page out."""
    _build(ws, STEPS, FORMULAS, OWNERSHIP)


def build_macro_free(ws: Worksheet) -> None:
    """Lay the page of the macro-free edition out: no ribbon and no functions, but formulas of Excel's own."""
    _build(ws, MACRO_FREE_STEPS, MACRO_FREE_FORMULAS, MACRO_FREE_OWNERSHIP)


def _build(
    ws: Worksheet, steps: Sequence[tuple[str, str]], formulas: Sequence[tuple[str, str]], ownership: str
) -> None:
    from kopilot_xl.workbook.template import styles

    quiet, strong = styles.font(color=palette.MUTED), styles.font(bold=True)
    reading = styles.align(wrap=True, indent=1)
    ws.sheet_view.showGridLines = False
    styles.widths(ws, (3, 5, 30, 62, 84))
    styles.put(ws, "B1", SHEET, text_font=styles.font(size=18, bold=True, color=palette.ACCENT))
    ws.row_dimensions[1].height = 32

    def heading(row: int, *texts: str) -> None:
        ws.row_dimensions[row].height = 24
        for letter, text in zip("BCDE", (*texts, *[""] * 4), strict=False):
            look = styles.font(size=12 if text == texts[0] else styles.SIZE, bold=True, color=palette.ACCENT)
            styles.put(
                ws,
                f"{letter}{row}",
                text or None,
                text_font=look,
                alignment=styles.align(indent=int(letter in "DE")),
                lines=styles.edge(bottom=palette.ACCENT),
            )

    heading(2, "The month, step by step")
    row = 2
    for number, text in steps:
        row += 1
        styles.put(
            ws,
            f"B{row}",
            number,
            text_font=styles.font(bold=True, color=palette.ACCENT),
            alignment=styles.align("center"),
        )
        styles.put(ws, f"C{row}:E{row}", text, alignment=styles.align(wrap=True))
        ws.row_dimensions[row].height = 18
    row += 2
    heading(row, "The segments", "", "Who is in it", "What to do")
    styles.name(ws, MEANINGS, f"D{row + 1}", len(SEGMENTS), 1)
    for segment in SEGMENTS:
        row += 1
        styles.put(ws, f"B{row}", segment.icon, text_font=styles.font(size=12), alignment=styles.align("center"))
        tint = palette.TINTS[segment]
        styles.put(ws, f"C{row}", segment, text_font=strong, alignment=styles.align(indent=1), background=tint)
        styles.put(ws, f"D{row}", Rules().meaning(segment), alignment=reading)
        styles.put(ws, f"E{row}", segment.advice, alignment=reading)
        ws.row_dimensions[row].height = 28
    row += 2
    heading(row, "The shape of the portfolio", "", "When, the first that holds", "What to do")
    styles.name(ws, CONDITIONS, f"D{row + 1}", len(SHAPES), 1)
    for shape, (_, advice) in SHAPES.items():
        row += 1
        styles.put(ws, f"B{row}", shape.icon, text_font=styles.font(size=12), alignment=styles.align("center"))
        styles.put(ws, f"C{row}", shape.value, text_font=strong, alignment=styles.align(indent=1))
        styles.put(ws, f"D{row}", condition(shape, Rules()), alignment=reading)
        styles.put(ws, f"E{row}", advice, alignment=reading)
        ws.row_dimensions[row].height = 28
    row += 2
    heading(row, "The words of Portfolio and Do next")
    for term, text in TERMS:
        row += 1
        styles.put(ws, f"C{row}", term, text_font=strong, alignment=styles.align(indent=1))
        styles.put(ws, f"D{row}:E{row}", text, alignment=reading)
        ws.row_dimensions[row].height = 18
    row += 2
    heading(row, "The formulas")
    for formula, text in formulas:
        row += 1
        styles.put(ws, f"B{row}:C{row}", formula, text_font=styles.font(name=styles.MONOSPACED, bold=True))
        ws[f"B{row}"].data_type = "s"  # shown, not computed
        styles.put(ws, f"D{row}:E{row}", text, alignment=styles.align(indent=1))
        ws.row_dimensions[row].height = 16
    row += 2
    heading(row, "The forecast", "", "A month ahead is")
    for rule in Rule:
        row += 1
        styles.put(ws, f"B{row}:C{row}", rule.value, text_font=strong)
        styles.put(ws, f"D{row}:E{row}", rule.formula, alignment=styles.align(indent=1))
        ws.row_dimensions[row].height = 16
    row += 1
    styles.put(ws, f"B{row}:E{row}", FORECAST, text_font=quiet, alignment=styles.align(vertical="top", wrap=True))
    ws.row_dimensions[row].height = 18
    row += 2
    heading(row, "What is yours, and what refresh writes")
    row += 1
    styles.put(ws, f"B{row}:E{row}", ownership, text_font=quiet, alignment=styles.align(vertical="top", wrap=True))
    ws.row_dimensions[row].height = 30
    styles.page(ws, across=True)
