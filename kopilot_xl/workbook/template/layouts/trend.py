"""The layout of the sheet Trend in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.sheets import movements, palette
from kopilot_xl.workbook.sheets.movements import JOINED
from kopilot_xl.workbook.sheets.trend import (
    AS_OF,
    BETTER,
    BLOCKS,
    CLIENT,
    COLUMNS,
    DATES,
    DRAWN,
    DRAWN_COLUMNS,
    DRAWN_DATES,
    EARLIEST,
    FIRST_WORDS,
    LATEST,
    MORE,
    MOVED,
    MOVED_HEAD,
    MOVED_ROWS,
    NOTE,
    PALE,
    REACH,
    REST,
    WORSE,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_QUESTION = "Is the portfolio getting better, and who moved?"
_WIDTHS = (14, 82, *(56,) * 6, 48, 66, 56, 56, 80, 62, 24, 8, 172, 92, 92, 68)
"""The widths of the columns in pixels: a margin, the dates, a gap, who moved."""
_TOP = 18
"""The lower row of the dates' headings."""
_MOVED_TOP = 5
"""The row of the headings of who moved."""
_SIDE = len(_WIDTHS) + 2
"""The column of what the charts are drawn from."""
_LAST = "T"
_HEADS = {"Hibernating": "Hiber-\nnating", "Remark": None}
"""What the heading of a column is where that is not its name."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: two charts and the dates below them, to the right who moved."""
    from kopilot_xl.workbook.template import charts, styles

    ws.sheet_view.showGridLines = ws.sheet_view.showRowColHeaders = False
    styles.pixels(ws, _WIDTHS)
    styles.page_head(ws, (NOTE, AS_OF), FIRST_WORDS, _QUESTION, ("B", "Q", _LAST))
    styles.heights(ws, range(4, _TOP + 1 + MOVED_ROWS), 20)
    head = styles.font(size=11, bold=True, color=palette.ACCENT)
    styles.put(ws, "B4", "Clients by segment", text_font=head)
    pale = styles.font(size=8, color=palette.MUTED)
    styles.put(ws, "I4", text_font=pale, alignment=styles.align("right"))
    styles.name(ws, PALE, "I4")
    styles.put(ws, "K4", "Tilt by clients", text_font=head)
    for called, left, right, side in ((EARLIEST, "K", "L", "left"), (LATEST, "M", "N", "right")):
        place = f"{left}{_TOP - 2}:{right}{_TOP - 2}"
        alignment = styles.align(side, indent=4 if side == "left" else 0)
        styles.put(ws, place, text_font=pale, alignment=alignment, shown=Format.DAY)
        styles.name(ws, called, f"{left}{_TOP - 2}")
    _build_dates(ws)
    _build_moved(ws)
    _build_drawn(ws)
    _build_figures(ws)
    charts.trend(ws, _SIDE, _TOP, DRAWN_DATES, ("B", 5), ("J", _TOP - 2), REACH)
    charts.tilt(ws, _SIDE, _TOP, DRAWN_DATES, ("K", 5), ("N", _TOP - 3))
    charts.words_until(ws, "B10:J10", charts.EMPTY_WORDS, f"SUM({_counted_cells()})>0")
    styles.page(ws, across=True)
    ws.print_area = f"A1:{_LAST}{_TOP + MOVED_ROWS}"


def _build_dates(ws: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    rows, columns = BLOCKS[DATES]
    formats = (Format.DAY, *(Format.DASHED,) * 8, Format.TILT, Format.TILT, Format.TEXT, Format.TEXT)
    quiet, bold = styles.font(color=palette.MUTED), styles.font(bold=True)
    for at, (header, shown) in enumerate(zip(COLUMNS, formats, strict=True)):
        letter = get_column_letter(2 + at)
        is_text = shown in {Format.DAY, Format.TEXT}
        side = "left" if is_text else "right"
        indent = int(header == "Shape")
        text = _HEADS.get(header, header)
        styles.put(
            ws, f"{letter}{_TOP - 1}:{letter}{_TOP}", text,
            text_font=styles.font(size=9, bold=True, color=palette.MUTED),
            alignment=styles.align(side, "bottom", wrap=True, indent=indent), lines=styles.edge(bottom=palette.LINE),
        )  # fmt: skip
        look = styles.font()
        if header == Segment.LOST:
            look = quiet
        elif header == "Portfolio":
            look = bold
        elif header == "Remark":
            look = styles.font(size=8, color=palette.MUTED)
        for row in range(_TOP + 1, _TOP + 1 + rows):
            strong = row == _TOP + 1 and header not in {Segment.LOST, "Remark"}
            styles.put(
                ws, f"{letter}{row}", text_font=bold if strong else look, shown=shown,
                alignment=styles.align(side, indent=indent, shrink=True),
            )  # fmt: skip
    styles.name(ws, DATES, f"B{_TOP + 1}", rows, columns)
    first, last = _TOP + 1, _TOP + rows
    cells = f"B{first}:{get_column_letter(1 + columns)}{last}"
    remark = get_column_letter(1 + columns)
    styles.when(ws, cells, f'${remark}{first}<>""', color=palette.MUTED, below=palette.HAIR)
    styles.when(ws, cells, f'AND(${remark}{first}="",$B{first}<>"")', below=palette.HAIR)
    styles.put(ws, f"B{last + 1}", text_font=quiet)
    styles.name(ws, MORE, f"B{last + 1}")


def _build_moved(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    styles.put(ws, "P4", "Who moved", text_font=styles.font(size=11, bold=True, color=palette.ACCENT))
    styles.name(ws, MOVED_HEAD, "P4")
    line = styles.edge(bottom=palette.LINE)
    first, last = _MOVED_TOP + 1, _MOVED_TOP + MOVED_ROWS
    heads = (None, "Client", "from", "to", "Value")
    formats = (Format.UNSEEN, Format.TEXT, Format.TEXT, Format.TEXT, Format.AMOUNT)
    for letter, header, shown in zip("PQRST", heads, formats, strict=True):
        side = styles.align("right" if letter == "T" else "left", indent=int(letter in "RS"), shrink=letter in "QRST")
        quiet = styles.font(size=9, bold=True, color=palette.MUTED)
        styles.put(ws, f"{letter}{_MOVED_TOP}", header, text_font=quiet, alignment=side, lines=line)
        look = styles.font(size=9) if letter in "RS" else styles.font()
        for row in range(first, last + 1):
            styles.put(ws, f"{letter}{row}", text_font=look, alignment=side, shown=shown)
    styles.name(ws, MOVED, f"P{first}", *BLOCKS[MOVED])
    heading, a_client = f'OR($P{first}="{WORSE}",$P{first}="{BETTER}")', f'$P{first}="{CLIENT}"'
    sides = f"R{first}:S{last}"
    for cells in (f"P{first}:Q{last}", f"T{first}:T{last}"):
        styles.when(ws, cells, a_client, below=palette.HAIR)
        styles.when(ws, cells, f'$P{first}="{REST}"', color=palette.MUTED)
    styles.when(ws, sides, f'AND({a_client},R{first}="{JOINED}")', color=palette.MUTED, below=palette.HAIR)
    for segment, tint in palette.TINTS.items():
        styles.when(ws, sides, f'AND({a_client},R{first}="{segment}")', background=tint, below=palette.HAIR)
    for cells in (f"P{first}:Q{last}", sides, f"T{first}:T{last}"):
        styles.when(ws, cells, heading, bold=True, background=palette.BAND)


def _counted_cells() -> str:
    """The cells that the columns are drawn from."""
    from openpyxl.utils import get_column_letter

    first, last = (get_column_letter(_SIDE + at) for at in (1, len(DRAWN_COLUMNS) - 3))
    return f"${first}${_TOP + 1}:${last}${_TOP + DRAWN_DATES}"


def _build_drawn(ws: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    for at, header in enumerate(DRAWN_COLUMNS):
        letter = get_column_letter(_SIDE + at)
        styles.put(ws, f"{letter}{_TOP}", header.partition(",")[0], text_font=quiet)
        ws.column_dimensions[letter].hidden = True
        shown = Format.TEXT if at == 0 else Format.TILT if header.startswith("Tilt") else Format.COUNT
        for row in range(_TOP + 1, _TOP + 1 + DRAWN_DATES):
            styles.put(ws, f"{letter}{row}", text_font=quiet, shown=shown)
    styles.name(ws, DRAWN, f"{get_column_letter(_SIDE)}{_TOP + 1}", *BLOCKS[DRAWN])


def _build_figures(ws: Worksheet) -> None:
    """Who moved, in figures, out of sight: formulas of the owner's may ask for them by their names."""
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    letter = get_column_letter(_SIDE)
    styles.put(ws, f"{letter}1", movements.FIRST_WORDS, text_font=quiet)
    styles.name(ws, movements.NOTE, f"{letter}1")
    for name, first_row in ((movements.TOTALS, 2), (movements.MATRIX, 6)):
        rows, columns = movements.BLOCKS[name]
        for row in range(first_row, first_row + rows):
            for column in range(_SIDE, _SIDE + columns):
                shown = Format.AMOUNT if name == movements.TOTALS and column > _SIDE else Format.COUNT
                styles.put(
                    ws, f"{get_column_letter(column)}{row}", text_font=quiet, shown=shown,
                    alignment=styles.align(shrink=True),
                )  # fmt: skip
        styles.name(ws, name, f"{letter}{first_row}", rows, columns)
