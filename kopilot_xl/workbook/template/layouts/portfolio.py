"""The layout of the sheet Portfolio in a new workbook: the page above, and "Do next" below it, on the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, PORTFOLIO_BARS, Action, Segment
from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets import palette, portfolio_page
from kopilot_xl.workbook.sheets import portfolio_grid as grid
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_COUNT, _DELTA, _POINTS = '#,##0;-#,##0;"–"', '"▲ "#,##0;"▼ "#,##0;"–"', '"▲ "0" pts";"▼ "0" pts";"–"'
_PERCENT, _PLAIN = '"▲ "0%;"▼ "0%;"–"', "#,##0"
_BARS = "#,##0;;"
"""How the chart writes over its bars, which takes it from the cells: nothing where there is none."""
_SHARE = '0%;;"–"'


def build(ws: Worksheet) -> None:
    """Lay the page out as a workbook without clients has it, and hide what it is drawn from."""
    from kopilot_xl.workbook.template import charts, styles
    from kopilot_xl.workbook.template.layouts import portfolio_list

    ws.sheet_view.showGridLines = ws.sheet_view.showRowColHeaders = False
    styles.widths(ws, grid.WIDTHS)
    for row, height in grid.HEIGHTS.items():
        ws.row_dimensions[row].height = height
    for letter in grid.HIDDEN_COLUMNS:
        ws.column_dimensions[letter].hidden = True
    for name, block in (grid.PAGE | grid.HIDDEN | grid.LISTS).items():
        styles.name(ws, name, block.cell, *block.size)
    _build_head(ws)
    _build_shape(ws)
    _build_segments(ws)
    _build_keys(ws)
    _build_tilt(ws)
    _build_hidden(ws)
    charts.histogram(ws)
    portfolio_list.build(ws)
    styles.page(ws, across=True)
    ws.print_area = f"A1:{grid.LAST_COLUMN}{grid.LIST_BOTTOM}"


def build_macro_free(ws: Worksheet) -> None:
    """Lay the page of the macro-free edition out: the same, its figures as formulas."""
    from kopilot_xl.workbook.sheets.portfolio_formulas import BLOCKS as FORMULAS
    from kopilot_xl.workbook.template import styles

    build(ws)
    ws[grid.HIDDEN[grid.DATA_STATE].cell] = None  # there is no macro to ask
    for name, rows in FORMULAS.items():
        styles.put_formulas(ws, name, rows())


def _build_head(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    styles.put(ws, "B1:J1", t("Client portfolio"), text_font=styles.font(size=20, bold=True, color=palette.ACCENT),
               alignment=styles.align(vertical="bottom", shrink=True))  # fmt: skip
    styles.put(ws, "K1:N1", text_font=styles.font(size=14, bold=True), alignment=styles.align("right", "bottom"),
               number_format='"as of "d mmmm yyyy')  # fmt: skip
    styles.put(ws, "B2:E2", t(portfolio_page.QUESTION), text_font=quiet, alignment=styles.align(shrink=True))
    styles.put(ws, "F2:J2", text_font=styles.font(color=palette.ALERT), alignment=styles.align("right", shrink=True))
    styles.put(ws, "K2:N2", t("not refreshed yet"), text_font=styles.font(size=9, color=palette.MUTED),
               alignment=styles.align("right"), number_format='"refreshed "d mmmm yyyy, hh:mm')  # fmt: skip
    changed = grid.HIDDEN[grid.DATA_STATE].cell
    styles.when(ws, "K2:N2", f"LEN(${changed[0]}${changed[1:]})>0", color=palette.ALERT,
                shown='"data changed since "d mmmm yyyy, hh:mm')  # fmt: skip
    for letter in "BCDEFGHIJKLMN":
        ws[f"{letter}3"].border = styles.edge(top=palette.ACCENT)
    styles.when(ws, "K1", "LEN($F$2)>0", color=palette.ALERT)


def _build_shape(ws: Worksheet) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    from kopilot_xl.workbook.template import styles

    label = styles.font(size=26, bold=True, color=palette.ACCENT)
    styles.put(ws, "B4:C5", t(portfolio_page.START), text_font=label, alignment=styles.align(shrink=True))
    for shape in (Shape.DECLINING, Shape.INACCURATE):
        styles.when(ws, "B4", f'$B$4="{shape}"', color=palette.ALERT)
    for shape in (Shape.GROWING, Shape.MATURE):
        styles.when(ws, "B4", f'$B$4="{shape}"', color=palette.GOOD)
    styles.put(ws, "D4:J5", t(portfolio_page.FIRST_WORDS), text_font=styles.font(size=9.5),
               alignment=styles.align(wrap=True))  # fmt: skip
    loud = styles.font(bold=True, color=palette.ACCENT)
    styles.put(ws, "K4:N4", text_font=loud, alignment=styles.align(indent=1, shrink=True))
    styles.put(ws, "K5:N5", text_font=styles.font(color=palette.ACCENT), alignment=styles.align(indent=1, shrink=True))
    styles.when(ws, "K4:N4", 'LEFT($K$4,1)="✗"', color=palette.ALERT, background=palette.ALERT_TINT)
    styles.when(ws, "K4:N4", 'LEFT($K$4,1)="✓"', color=palette.GOOD)
    for cell, sheet in (("K4", "Actions"), ("K5", "Problems")):
        ws[cell].hyperlink = Hyperlink(ref=cell, location=f"{sheet}!A1")
    aside = styles.align(indent=1, shrink=True)
    styles.put(ws, "C7", text_font=styles.font(bold=True, color=palette.MUTED), alignment=aside)
    styles.put(ws, "D7:N7", t(portfolio_page.FIRST_HINT), alignment=styles.align(shrink=True))
    for cells in ("C8:G8", "H8:J8", "K8:N8"):
        styles.put(ws, cells, alignment=aside)
        first = cells[:2]
        styles.when(ws, cells, f'LEFT(${first[0]}${first[1]},1)="✗"', color=palette.ALERT, bold=True)


def _heads(ws: Worksheet, heads: dict[str, str | None]) -> None:
    """Write the headings over columns of figures, the first over their labels."""
    from kopilot_xl.workbook.template import styles

    small = styles.font(size=9, bold=True, color=palette.MUTED)
    first = next(iter(heads))
    for letter, head in heads.items():
        side = styles.align("left" if letter == first else "right", "bottom", indent=int(letter == first), shrink=True)
        styles.put(ws, f"{letter}10", head, text_font=small, alignment=side, lines=styles.edge(bottom=palette.LINE))


def _build_segments(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    heads = {"C": t("Segment"), "D": t("Clients"), "E": t("since last"), "F": t("Share"), "G": t("Value")}
    _heads(ws, dict(heads))
    ws["B10"].border = styles.edge(bottom=palette.LINE)
    bold, muted = styles.font(bold=True), styles.font(color=palette.MUTED)
    formats = {"C": "General", "D": _COUNT, "E": _DELTA, "F": _SHARE, "G": _COUNT}
    labels = [segment.value for segment in PORTFOLIO_BARS] + [t("Portfolio"), t("Outside: lost")]
    for row, label in enumerate(labels, 11):
        total, outside = row == 17, row == 18
        fonts = {"C": None, "D": bold, "E": muted, "F": muted, "G": None}
        for letter, shown in formats.items():
            look = bold if total else muted if outside else fonts[letter]
            side = styles.align("left", indent=1, shrink=True) if letter == "C" else styles.align("right", shrink=True)
            styles.put(
                ws, f"{letter}{row}", label if letter == "C" else None, text_font=look, alignment=side,
                number_format=shown, lines=styles.edge(top=palette.INK) if total else None,
            )  # fmt: skip
    ws["B17"].border = styles.edge(top=palette.INK)
    for row, segment in enumerate(PORTFOLIO_BARS, 11):
        ws[f"B{row}"].fill = styles.fill(palette.SEGMENTS[segment])
    ws["B18"].fill = styles.fill(palette.SEGMENTS[Segment.LOST])
    for cells in ("B11:B16", "B18"):
        styles.when(ws, cells, "N($D$17)=0", background=palette.HAIR)
    styles.when(ws, "C11:C16", "N($D$17)=0", color=palette.MUTED)
    # Red only where it got much worse: by a twentieth of the portfolio.
    for cells, worse in (("E11:E13", ">=0.05*$D$17"), ("E14:E15", "<=-0.05*$D$17"), ("E16", ">=0.05*$D$17")):
        first = cells.partition(":")[0]
        styles.when(ws, cells, f"AND(ISNUMBER({first}),{first}<>0,{first}{worse})", color=palette.ALERT, bold=True)


def _build_keys(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    _heads(ws, {"K": t("Does it last?"), "L": t("12 months"), "M": t("year before"), "N": t("change")})
    for row, (key, label) in enumerate(zip(portfolio_page.KEYS, portfolio_page.key_labels(""), strict=True), 11):
        change = _PERCENT if key.relative else _POINTS if key.points else _DELTA
        styles.put(ws, f"K{row}", label, alignment=styles.align(indent=1, shrink=True))
        looks = {"L": (styles.font(bold=True), key.shown), "M": (styles.font(color=palette.MUTED), key.shown),
                 "N": (styles.font(color=palette.MUTED), change)}  # fmt: skip
        for letter, (look, shown) in looks.items():
            styles.put(ws, f"{letter}{row}", text_font=look, number_format=shown,
                       alignment=styles.align("right", shrink=True))  # fmt: skip
        styles.explain(ws, f"K{row}", label.strip("– ").capitalize(), t(key.meaning))
    styles.when(ws, "K11:K18", "N($D$17)=0", color=palette.MUTED)
    styles.when(ws, "L12:L14", "ISTEXT(L12)", color=palette.MUTED)
    worse = {"N11": "N11<=-0.1", "N12:N14": "N12<=-10", "N15": "N15<=-M15/3", "N16": "N16>=M16/3", "N17:N18": "N17>=10"}
    for cells, condition in worse.items():
        first = cells.partition(":")[0]
        styles.when(ws, cells, f"AND(ISNUMBER({first}),{first}<>0,{condition})", color=palette.ALERT, bold=True)


def _build_tilt(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    beam = styles.font(size=9, bold=True, color=palette.ACCENT, name=styles.MONOSPACED)
    styles.put(ws, "H17:J17", text_font=beam, alignment=styles.align("center"))
    styles.put(ws, "H18:J18", t(portfolio_page.NO_BARS), text_font=styles.font(color=palette.MUTED),
               alignment=styles.align("center", shrink=True))  # fmt: skip


def _build_hidden(ws: Worksheet) -> None:
    """Fill what the chart is drawn from, and what the drop-downs offer."""
    from kopilot_xl.workbook.addresses import split_address
    from kopilot_xl.workbook.template import styles

    ws[grid.HIDDEN[grid.DATA_STATE].cell] = f"={grid.DATA_STATE_FORMULA}"
    top, left = split_address(grid.HIDDEN[grid.HISTOGRAM].cell)
    ghost_top, ghost_left = split_address(grid.HIDDEN[grid.GHOST].cell)
    for at, (segment, height) in enumerate(zip(BARS, portfolio_page.GHOSTS, strict=True)):
        ws.cell(top + at, left).value = segment.value
        ws.cell(ghost_top + at, ghost_left).value = height
    offered = {
        grid.DECISIONS_IN: (Action.PLAN_REVENUE, Action.MARK_LOST),
        grid.DECISIONS_NONE: (Action.PLAN_REVENUE, Action.MARK_CANCELED),
        grid.DECISIONS_LOST: (Action.PLAN_REVENUE, Action.REACTIVATE, Action.MARK_CANCELED),
        grid.DECISIONS_CANCELED: (Action.PLAN_REVENUE, Action.REACTIVATE),
    }
    for name, choices in offered.items():
        row, column = split_address(grid.LISTS[name].cell)
        for at, action in enumerate(choices):
            ws.cell(row + at, column).value = action.value
    shown = {grid.HISTOGRAM: (Format.TEXT, Format.COUNT, Format.SHARE, Format.AMOUNT, Format.SHARE)}
    for name, formats in shown.items():
        row, column = split_address(grid.HIDDEN[name].cell)
        for down in range(grid.HIDDEN[name].rows):
            for at, one in enumerate(formats):
                cell = ws.cell(row + down, column + at)
                cell.number_format = _BARS if one is Format.COUNT else one.value
                cell.alignment = styles.align("right", shrink=True) if one is Format.AMOUNT else styles.align()
    for name in grid.DO_NEXT.values():
        row, column = split_address(grid.HIDDEN[name].cell)
        for down in range(grid.HIDDEN[name].rows):
            ws.cell(row + down, column + grid.DO_NEXT_COLUMNS.index("Last invoice")).number_format = Format.DATE.value
