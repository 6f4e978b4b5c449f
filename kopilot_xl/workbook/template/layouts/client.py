"""The layout of the sheet Client in a new workbook: where everything is, and the formulas that find it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kopilot_xl.domain.past_segments import LETTERS
from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.sheets import client_data as data
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.client import (
    AS_OF,
    BARS,
    BLOCKS,
    BOUND,
    BY_YEAR,
    DAYS,
    DECISIONS,
    FIGURES,
    KEYS,
    LABELS,
    LATEST,
    LIST_ROWS,
    MAIL,
    MONTHS,
    MONTHS_SHOWN,
    PHONE,
    PICK,
    SHARES,
    STRIP,
)
from kopilot_xl.workbook.tables.table import Format
from kopilot_xl.workbook.template.layouts import client_formulas as formulas

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_QUESTION = "One client: what it brought, how it pays, what was decided"
_LAST = "AX"
_STARTS = ("B", "G", "P", "Y", "AH", "AQ")
_ENDS = ("F", "O", "X", "AG", "AP", "AX")
"""The first and the last columns of the six figures."""
_LABELS = ("Segment", "Last invoice", "Usually in", "Invoiced in 12 months", "Value", "Contact")
_KEY_ROW, _FIGURE_ROW, _STRIP_ROW, _LIST_ROW = 4, 5, 15, 22
_DAY_ROW, _BAR_ROW = 36, 37
"""Hidden rows: the first days of the months, and what is drawn: invoiced, and in the row below planned."""
_CHART_ROWS = (9, 14)
_Column = tuple[str, str, str | None, Format]
_LATEST_COLUMNS: tuple[_Column, ...] = (
    ("B", "B", "Date", Format.DAY), ("C", "F", "Amount", Format.DASHED), ("G", "K", None, Format.TEXT),
)  # fmt: skip
_DECISION_COLUMNS: tuple[_Column, ...] = (
    ("M", "P", "Recorded on", Format.DAY), ("Q", "T", "Decision", Format.TEXT), ("U", "X", "For", Format.DAY),
    ("Y", "AA", "Amount", Format.DASHED), ("AB", "AE", "Came of it", Format.TEXT), ("AF", "AN", "Note", Format.TEXT),
)  # fmt: skip
_YEAR_COLUMNS: tuple[_Column, ...] = (
    ("AP", "AR", "Year", Format.TEXT), ("AS", "AV", "Invoiced", Format.DASHED), ("AW", "AX", "Share", Format.SHARE_1),
)  # fmt: skip
"""The columns of the lists: from and to which column of the sheet, the head, how cells are shown."""
_BAR_LABELS = '[>=1000]0.0,"k";[>0]0;'
"""How the amount over a bar is shown: nothing over none."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the pick, six figures, the months, and three lists below."""
    from kopilot_xl.workbook.template import charts, styles

    ws.sheet_view.showGridLines = ws.sheet_view.showRowColHeaders = False
    styles.pixels(ws, (14, 122, *(23,) * MONTHS_SHOWN))
    _build_head(ws)
    _build_figures(ws)
    _build_months(ws)
    _build_lists(ws)
    charts.client_months(ws, _DAY_ROW, _BAR_ROW, MONTHS_SHOWN, ("C", _CHART_ROWS[0]), (_LAST, _CHART_ROWS[1]))
    styles.page(ws)
    ws.print_area = f"A1:{_LAST}{_LIST_ROW + LIST_ROWS}"


def _build_head(ws: Worksheet) -> None:
    from openpyxl.styles import Border, Side
    from openpyxl.worksheet.datavalidation import DataValidation

    from kopilot_xl.workbook.template import styles

    for row, height in ((1, 36), (2, 18), (3, 8)):
        styles.heights(ws, [row], height)
    side = Side("thin", color=palette.FRAME)
    styles.put(
        ws, "B1:U1", text_font=styles.font(size=18, bold=True, color=palette.ACCENT),
        alignment=styles.align(indent=1, shrink=True),
        lines=Border(left=side, right=side, top=side, bottom=side),
    )  # fmt: skip
    styles.name(ws, PICK, "B1")
    styles.name_formula(ws, LABELS, formulas.LABELS)
    rule = DataValidation(type="list", formula1=LABELS, allow_blank=True, showErrorMessage=True)
    rule.errorStyle, rule.errorTitle = "stop", "Not in the list"
    rule.error = "Pick a client from the list: press Alt and the down arrow."
    rule.showInputMessage, rule.promptTitle = True, "Client"
    rule.prompt = "Pick a client: press Alt and the down arrow, or the arrow beside the cell."
    rule.add("B1")
    ws.add_data_validation(rule)
    quiet = styles.font(color=palette.MUTED)
    styles.put(ws, "V1", "◄ Pick a client from the list", text_font=quiet, alignment=styles.align(indent=1))
    big = styles.font(size=14, bold=True)
    styles.put(ws, f"AJ1:{_LAST}1", text_font=big, alignment=styles.align("right"))
    ws["AJ1"].number_format = styles.AS_OF_FORMAT
    styles.name(ws, AS_OF, "AJ1")
    styles.put(ws, "B2", _QUESTION, text_font=quiet)
    styles.put(ws, "V2", text_font=styles.font(color=palette.ALERT))
    styles.name(ws, BOUND, "V2")
    styles.back_to_portfolio(ws, f"AQ2:{_LAST}2")
    for cell in ws[f"A3:{_LAST}3"][0]:
        cell.border = styles.edge(top=palette.ACCENT)


def _build_figures(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    styles.heights(ws, [4, 6], 20)
    styles.heights(ws, [_FIGURE_ROW], 30)
    styles.heights(ws, [7], 10)
    small = styles.font(size=9, bold=True, color=palette.MUTED)
    for row, formula in enumerate(formulas.keys(_KEY_ROW), _KEY_ROW):
        styles.put(ws, f"A{row}", formula, text_font=styles.font(size=6), shown=Format.UNSEEN)
    styles.name(ws, KEYS, f"A{_KEY_ROW}", *BLOCKS[KEYS])
    names = [*FIGURES, PHONE, MAIL]
    for at, (first, end, label) in enumerate(zip(_STARTS, _ENDS, _LABELS, strict=True)):
        last = "E" if label == "Segment" else end  # its tint keeps clear of the next figure
        styles.put(ws, f"{first}4", label, text_font=small)
        value, note = names[2 * at : 2 * at + 2]
        size = 12 if value == PHONE else 15
        shown = Format.DAY if label == "Last invoice" else Format.DASHED
        styles.put(
            ws, f"{first}{_FIGURE_ROW}:{last}{_FIGURE_ROW}", formulas.figure(value, _KEY_ROW),
            text_font=styles.font(size=size, bold=True), shown=shown,
            alignment=styles.align(shrink=True, indent=int(label == "Segment")),
        )  # fmt: skip
        styles.put(
            ws, f"{first}6:{end}6", formulas.figure(note, _KEY_ROW),
            text_font=styles.font(size=9, color=palette.MUTED), alignment=styles.align(shrink=True),
        )  # fmt: skip
        styles.name(ws, value, f"{first}{_FIGURE_ROW}")
        styles.name(ws, note, f"{first}6")
    cells = f"B{_FIGURE_ROW}:E{_FIGURE_ROW}"
    styles.tint_segments(ws, cells, f"$B${_FIGURE_ROW}")


def _build_months(ws: Worksheet) -> None:
    from openpyxl.styles import Border, Side
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    head = styles.font(size=11, bold=True, color=palette.ACCENT)
    styles.heights(ws, range(8, _STRIP_ROW + 1), 20)
    styles.heights(ws, [_STRIP_ROW + 1, _STRIP_ROW + 2], 16)
    styles.put(ws, "B8", "Invoiced and planned, month by month", text_font=head)
    for place, text, color in (("AO8", "■ invoiced", palette.EXPECTED), ("AT8", "■ planned", palette.PLANNED_TEXT)):
        styles.put(ws, place, text, text_font=styles.font(size=9, bold=True, color=color))
    quiet = styles.font(size=9, color=palette.MUTED)
    styles.put(
        ws, f"B{_STRIP_ROW}", "Segment, looked back", text_font=styles.font(size=9, bold=True, color=palette.MUTED)
    )
    letters = [get_column_letter(3 + at) for at in range(MONTHS_SHOWN + 1)]
    ink, line, center = styles.font(size=8, bold=True), palette.LINE, styles.align("center")
    for at, letter in enumerate(letters):
        styles.put(ws, f"{letter}{_DAY_ROW}", text_font=styles.font(size=6), shown=Format.UNSEEN)
        if at == MONTHS_SHOWN:
            break
        invoiced, planned = formulas.bars(letter, letters[at + 1], _DAY_ROW, _KEY_ROW)
        for row, formula in ((_BAR_ROW, invoiced), (_BAR_ROW + 1, planned)):
            styles.put(ws, f"{letter}{row}", formula, text_font=styles.font(size=6))
            ws[f"{letter}{row}"].number_format = _BAR_LABELS
        styles.put(
            ws, f"{letter}{_STRIP_ROW}", formulas.strip(at, _KEY_ROW), text_font=ink, alignment=center,
            lines=styles.edge(top=line),
        )  # fmt: skip
        styles.put(
            ws, f"{letter}{_STRIP_ROW + 1}", text_font=styles.font(size=8, color=palette.MUTED), alignment=center
        )
        styles.put(ws, f"{letter}{_STRIP_ROW + 2}", text_font=styles.font(size=9, bold=True, color=palette.MUTED))
    today = letters[data.BACK]
    for row in range(_CHART_ROWS[0], _STRIP_ROW + 3):
        above = Side("thin", color=line) if row == _STRIP_ROW else Side()
        ws[f"{today}{row}"].border = Border(left=Side("thin", color=palette.ACCENT), top=above)
    styles.name(ws, DAYS, f"C{_DAY_ROW}", *BLOCKS[DAYS])
    styles.name(ws, BARS, f"C{_BAR_ROW}", *BLOCKS[BARS])
    styles.name(ws, STRIP, f"C{_STRIP_ROW}", *BLOCKS[STRIP])
    styles.name(ws, MONTHS, f"C{_STRIP_ROW + 1}", *BLOCKS[MONTHS])
    cells = f"C{_STRIP_ROW}:{_LAST}{_STRIP_ROW}"
    for segment, letter in LETTERS.items():
        if segment is not None:
            styles.when(ws, cells, f'C{_STRIP_ROW}="{letter}"', background=palette.TINTS[segment])
    styles.when(ws, cells, f'C{_STRIP_ROW}="✗"', background=palette.TINTS[Segment.LEAVING], color=palette.ALERT)
    legend = "   ".join(f"{letter} {segment}" for segment, letter in LETTERS.items() if segment)
    styles.put(ws, f"C{_STRIP_ROW + 3}", f"{legend}      ✗ leaves in that month if nothing comes", text_font=quiet)
    styles.heights(ws, [_STRIP_ROW + 3], 20)
    styles.heights(ws, [_STRIP_ROW + 4], 6)
    for row in (_DAY_ROW, _BAR_ROW, _BAR_ROW + 1):
        ws.row_dimensions[row].hidden = True


def _build_lists(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    styles.heights(ws, range(_LIST_ROW - 2, _LIST_ROW + LIST_ROWS + 1), 20)
    head = styles.font(size=11, bold=True, color=palette.ACCENT)
    for letter, text in (("B", "Invoices and plans, latest first"), ("M", "Decisions"), ("AP", "Year by year")):
        styles.put(ws, f"{letter}{_LIST_ROW - 2}", text, text_font=head)
    _build_list(ws, zip(LATEST, _LATEST_COLUMNS, formulas.latest(_KEY_ROW), strict=True), LIST_ROWS)
    _build_list(ws, zip(DECISIONS, _DECISION_COLUMNS, formulas.decisions(_KEY_ROW), strict=True), LIST_ROWS)
    years = list(formulas.by_year("AP", _LIST_ROW, _KEY_ROW))
    _build_list(ws, zip((SHARES, *BY_YEAR), _YEAR_COLUMNS, ([], *years), strict=True), data.YEARS)


def _build_list(
    ws: Worksheet, columns: Iterable[tuple[str, tuple[str, str, str | None, Format], Sequence[str]]], rows: int
) -> None:
    """A list below its heads: for each column its name, where it is and how its cells are shown, their formulas."""
    from kopilot_xl.workbook.template import styles

    small = styles.font(size=9, bold=True, color=palette.MUTED)
    first_letter = None
    for name, (first, last, header, shown), found in columns:
        first_letter = first_letter or first
        amount = shown in {Format.DASHED, Format.SHARE_1}
        side = styles.align("right" if amount else "left", shrink=True, indent=int(header in {None, "Came of it"}))
        styles.put(
            ws, f"{first}{_LIST_ROW - 1}:{last}{_LIST_ROW - 1}", header, text_font=small, alignment=side,
            lines=styles.edge(bottom=palette.LINE),
        )  # fmt: skip
        look = styles.font(
            size=8 if header == "Note" else styles.SIZE, color=palette.MUTED if not header else palette.INK
        )
        cells = f"{first}{_LIST_ROW}:{last}{_LIST_ROW + rows - 1}"
        for at in range(rows):
            row = _LIST_ROW + at
            place = f"{first}{row}" if first == last else f"{first}{row}:{last}{row}"
            styles.put(ws, place, found[at] if found else None, text_font=look, alignment=side, shown=shown)
        styles.name(ws, name, f"{first}{_LIST_ROW}", rows)
        styles.when(ws, cells, f'${first_letter}{_LIST_ROW}<>""', below=palette.HAIR)
