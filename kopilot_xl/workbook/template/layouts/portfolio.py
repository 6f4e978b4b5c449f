"""The layout of the sheet Portfolio in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.portfolio import (
    AS_OF,
    BALANCE,
    BLOCKS,
    CHECKS,
    DO_NEXT,
    DO_NEXT_COLUMNS,
    DO_NEXT_ROWS,
    FIRST_WORDS,
    HINT,
    HISTOGRAM,
    HISTOGRAM_COLUMNS,
    ICON,
    NOT_REFRESHED,
    OUTSIDE,
    PROBLEMS,
    REFRESHED,
    SHAPE,
    TILT,
    TITLE,
    TOTAL,
    VALUE_LABEL,
    WIDTHS,
    WORDS,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


"""A to O: the clients to turn to take B to H and on, the histogram's table I to O."""
_DO_NEXT_ROW = 18
"""Where the lower part of the page begins."""


def build(ws: Worksheet) -> None:
    """Lay the page out: the shape, the histogram and its table above, the clients to turn to below."""
    from kopilot_xl.workbook.template import styles

    ws.sheet_view.showGridLines = False
    styles.widths(ws, WIDTHS)
    _build_head(ws)
    _build_shape(ws)
    _build_histogram(ws)
    last = _build_do_next(ws)
    _build_foot(ws, last + 1)
    styles.page(ws)
    ws.print_area = f"A1:O{last + 1}"


def build_macro_free(ws: Worksheet) -> None:
    """Lay the page of the macro-free edition out: the same, its figures as formulas."""
    from kopilot_xl.workbook.sheets.portfolio_formulas import BLOCKS as FORMULAS
    from kopilot_xl.workbook.template import styles

    build(ws)
    for name, rows in FORMULAS.items():
        styles.put_formulas(ws, name, rows())


def _build_head(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    ws.row_dimensions[1].height, ws.row_dimensions[2].height, ws.row_dimensions[3].height = 30, 16, 8
    title = styles.font(size=20, bold=True, color=palette.ACCENT)
    styles.put(ws, "B1:J1", "Client portfolio", text_font=title, alignment=styles.align(shrink=True))
    styles.put(ws, "K1:M1", "as of", text_font=quiet, alignment=styles.align("right", "bottom"))
    styles.put(
        ws,
        "N1:O1",
        text_font=styles.font(size=16, bold=True),
        alignment=styles.align("right", "bottom"),
        shown=Format.DATE,
    )
    styles.put(ws, "B2:G2", "Who brings revenue, who is going, and whom to turn to", text_font=quiet)
    styles.put(ws, "H2:O2", text_font=styles.font(color=palette.ALERT), alignment=styles.align("right"))
    for letter in "BCDEFGHIJKLMNO":
        ws[f"{letter}3"].border = styles.edge(top=palette.ACCENT)
    for name, place in ((TITLE, "B1"), (AS_OF, "N1"), (HINT, "H2")):
        styles.name(ws, name, place)
    styles.when(ws, "N1", "LEN($H$2)>0", color=palette.ALERT)


def _build_shape(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    ws.row_dimensions[4].height = 34
    styles.put(ws, "A4", text_font=styles.font(size=18), alignment=styles.align("center"))
    styles.put(ws, "B4:D4", NOT_REFRESHED, text_font=styles.font(size=24, bold=True, color=palette.ACCENT))
    for shape in (Shape.DECLINING, Shape.INACCURATE):
        styles.when(ws, "B4", f'$B$4="{shape}"', color=palette.ALERT)
    for shape in (Shape.GROWING, Shape.MATURE):
        styles.when(ws, "B4", f'$B$4="{shape}"', color=palette.GOOD)
    styles.put(
        ws, "B5:D8", FIRST_WORDS, text_font=styles.font(size=10), alignment=styles.align(vertical="top", wrap=True)
    )
    for row in range(9, 12):
        styles.put(ws, f"A{row}", text_font=styles.font(bold=True), alignment=styles.align("center"))
        styles.put(ws, f"B{row}:D{row}")
    styles.when(ws, "A9:A11", 'A9="✓"', color=palette.GOOD)
    styles.when(ws, "A9:A11", 'A9="✗"', color=palette.ALERT)
    styles.put(ws, "B13", "Tilt", text_font=styles.font(bold=True, color=palette.ACCENT))
    scale = "inactive".ljust(BALANCE * 2 + 1 - len("engaged")) + "engaged"
    aside = styles.align(indent=1)
    styles.put(ws, "D13", scale, text_font=styles.font(name=styles.MONOSPACED, color=palette.MUTED), alignment=aside)
    for row in (14, 15):
        styles.put(ws, f"B{row}", text_font=quiet)
        styles.put(ws, f"C{row}", text_font=styles.font(bold=True), alignment=styles.align("right"), shown=Format.TILT)
        styles.put(
            ws,
            f"D{row}",
            text_font=styles.font(name=styles.MONOSPACED, bold=True, color=palette.ACCENT),
            alignment=aside,
        )
    for name, place in ((ICON, "A4"), (SHAPE, "B4"), (WORDS, "B5"), (CHECKS, "A9"), (TILT, "B14")):
        styles.name(ws, name, place, *BLOCKS[name])


def _build_histogram(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import charts, styles

    top, letters = 4, "KLMNO"
    formats = (Format.TEXT, Format.COUNT, Format.SHARE, Format.AMOUNT, Format.SHARE)
    quiet = styles.font(bold=True, color=palette.MUTED)
    for letter, header in zip("IJ" + letters, ("", "", *HISTOGRAM_COLUMNS), strict=True):
        side = styles.align("left" if letter in "IJK" else "right", "bottom", wrap=True)
        styles.put(
            ws,
            f"{letter}{top}",
            header or None,
            text_font=quiet,
            alignment=side,
            lines=styles.edge(bottom=palette.LINE),
        )
    for row, segment in enumerate(BARS, top + 1):
        ws[f"I{row}"].fill = styles.fill(palette.SEGMENTS[segment])
        styles.put(ws, f"J{row}", segment.icon, alignment=styles.align("center"))
        for letter, shown in zip(letters, formats, strict=True):
            out = styles.font(color=palette.MUTED) if segment is Segment.LOST else None
            side = styles.align("left" if letter == "K" else "right")
            styles.put(
                ws, f"{letter}{row}", segment if letter == "K" else None, text_font=out, alignment=side, shown=shown
            )
    total = top + 1 + len(BARS)
    for letter, shown in zip("IJ" + letters, (Format.TEXT, Format.TEXT, *formats), strict=True):
        side = styles.align("left" if letter in "IJK" else "right")
        styles.put(
            ws, f"{letter}{total}", text_font=styles.font(bold=True), alignment=side, shown=shown,
            lines=styles.edge(top=palette.INK),
        )  # fmt: skip
    ws[f"K{total}"].value = "Portfolio"
    styles.put(ws, f"J{total + 1}:O{total + 1}", text_font=styles.font(color=palette.MUTED))
    styles.name(ws, VALUE_LABEL, f"N{top}")
    styles.name(ws, HISTOGRAM, f"K{top + 1}", *BLOCKS[HISTOGRAM])
    styles.name(ws, TOTAL, f"K{total}", *BLOCKS[TOTAL])
    styles.name(ws, OUTSIDE, f"J{total + 1}")
    charts.histogram(ws, "K", "L", top + 1, ("E", top), ("H", _DO_NEXT_ROW - 2))
    charts.words_until(ws, "F9:H9", charts.EMPTY_WORDS, f"SUM($L${top + 1}:$L${total - 1})>0")


def _build_do_next(ws: Worksheet) -> int:
    """Lay out the lower part; return its last row."""
    from kopilot_xl.workbook.template import styles

    row = _DO_NEXT_ROW
    ws.row_dimensions[row].height = 24
    styles.put(ws, f"B{row}", "Do next", text_font=styles.font(size=14, bold=True, color=palette.ACCENT))
    styles.put(
        ws, f"D{row}:O{row}", "From top to bottom. Clients with revenue coming are not listed.",
        text_font=styles.font(color=palette.MUTED),
    )  # fmt: skip
    formats = (Format.TEXT, Format.TEXT, Format.TEXT, Format.COUNT, Format.DATE, Format.AMOUNT, Format.TEXT)
    for heading, room in DO_NEXT_ROWS.items():
        row += 1
        ws.row_dimensions[row].height = 18
        for letter, text in zip("BCDEFGH", DO_NEXT_COLUMNS, strict=True):
            first = letter == "B"
            look = styles.font(bold=True, color=palette.ACCENT if first else palette.MUTED)
            side = styles.align("right" if letter in "EG" else "left", indent=1 if letter in "BCFH" else 0)
            place = f"H{row}:O{row}" if letter == "H" else f"{letter}{row}"
            styles.put(ws, place, heading if first else text, text_font=look, alignment=side, background=palette.BAND)
        styles.name(ws, DO_NEXT[heading], f"B{row + 1}", *BLOCKS[DO_NEXT[heading]])
        for _ in range(room + 1):
            row += 1
            for letter, shown in zip("BCDEFGH", formats, strict=True):
                place = f"H{row}:O{row}" if letter == "H" else f"{letter}{row}"
                indent = 1 if letter in "BCFH" else 0
                # An id is shown in letters that fit.
                side = styles.align("right" if letter in "EG" else "left", indent=indent, shrink=letter == "C")
                small = styles.font(size=9, color=palette.MUTED) if letter == "H" else None
                styles.put(ws, place, text_font=small, alignment=side, shown=shown)
            ws.row_dimensions[row].height = 15.75
    styles.tint_segments(ws, f"B{_DO_NEXT_ROW + 1}:B{row}", f"$B{_DO_NEXT_ROW + 1}")
    return row


def _build_foot(ws: Worksheet, row: int) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    from kopilot_xl.workbook.template import styles

    ws.row_dimensions[row].height = 20
    styles.put(ws, f"B{row}:G{row}", "Problems", text_font=styles.font(bold=True, color=palette.ACCENT))
    ws[f"B{row}"].hyperlink = Hyperlink(ref=f"B{row}", location="Problems!A1", tooltip="Go to the Problems sheet")
    quiet = styles.font(color=palette.MUTED)
    styles.put(ws, f"H{row}:M{row}", "last refreshed", text_font=quiet, alignment=styles.align("right"))
    styles.put(ws, f"N{row}:O{row}", text_font=quiet, alignment=styles.align("right"), shown=Format.MOMENT)
    styles.name(ws, PROBLEMS, f"B{row}")
    styles.name(ws, REFRESHED, f"N{row}")
