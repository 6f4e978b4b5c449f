"""The layout of "Do next" on the sheet Portfolio: one block of rows, dressed by what column A says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.segments import BARS, Action, Segment
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Formula
from kopilot_xl.workbook.sheets import do_next, palette, portfolio_page
from kopilot_xl.workbook.sheets import portfolio_grid as grid
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_TOP, _BOTTOM = grid.LIST_TOP, grid.LIST_BOTTOM
_DRESSED = (*BARS, Segment.CANCELED)
_IS_CLIENT = (
    f'AND($A{_TOP}<>"",$A{_TOP}<>"{do_next.HEAD}",$A{_TOP}<>"{do_next.MORE}",$A{_TOP}<>"{do_next.STEP}",'
    f'LEFT($A{_TOP},{len(do_next.GROUP)})<>"{do_next.GROUP}")'
)


def build(ws: Worksheet) -> None:
    """Lay the list out, with the steps of a workbook without clients in it."""
    from kopilot_xl.workbook.template import styles

    title = styles.font(size=15, bold=True, color=palette.ACCENT)
    styles.put(ws, "B19:C19", t(portfolio_page.BEGIN), text_font=title)
    styles.put(ws, "D19:J19", t(portfolio_page.LEADS), text_font=styles.font(color=palette.MUTED),
               alignment=styles.align(shrink=True))  # fmt: skip
    styles.put(ws, "K19:N19", text_font=styles.font(bold=True, color=palette.ACCENT),
               alignment=styles.align("right", shrink=True))  # fmt: skip
    _cells(ws)
    _conditions(ws)
    _choices(ws)
    for row, step in enumerate(do_next.steps(), _TOP):
        for at, value in enumerate(step.cells, 1):
            if value is not None:
                cell = ws.cell(row, at)
                cell.value = f"={value.text}" if isinstance(value, Formula) else value  # type: ignore[assignment]


def _cells(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    looks = {
        "A": (";;;", "left", 0, False, palette.INK),
        "B": ("General", "left", 0, False, palette.INK),
        "C": ("General", "left", 1, True, palette.ACCENT),
        "D": ('[<10]"● "0;0', "right", 0, True, palette.INK),
        "E": ("d mmm yyyy", "right", 0, True, palette.INK),
        "F": ("General", "left", 1, False, palette.INK),
        "G": ("#,##0", "right", 0, True, palette.INK),
        "H": ("General", "left", 1, False, palette.INK),
        "I": ("General", "left", 0, False, palette.ACCENT),
        "J": ("General", "left", 1, False, palette.INK),
        "K": ("General", "left", 0, False, palette.INK),
        "L": ("General", "left", 1, True, palette.INK),
        "M": ("d mmm yyyy", "right", 0, False, palette.INK),
        "N": ("#,##0", "right", 0, True, palette.INK),
    }
    for row in range(_TOP, _BOTTOM + 1):
        ws.row_dimensions[row].height = grid.LIST_HEIGHT
        for letter in "PQ":  # hidden, and LibreOffice prints numbers of hidden columns that are seen
            styles.put(ws, f"{letter}{row}", shown=Format.UNSEEN, alignment=styles.align(shrink=True))
        for letter, (shown, side, indent, shrink, color) in looks.items():
            styles.put(
                ws, f"{letter}{row}", text_font=styles.font(size=9.5, color=color), number_format=shown,
                alignment=styles.align(side, indent=indent, shrink=shrink),
            )  # fmt: skip


def _conditions(ws: Worksheet) -> None:
    """Dress the rows: of all conditions that a cell has, one holds at most."""
    from openpyxl.styles import Border, Side

    from kopilot_xl.workbook.template import styles

    line, hair = styles.edge(bottom=palette.LINE), styles.edge(bottom=palette.HAIR)
    side = Side("thin", color=palette.FRAME)
    frame = Border(left=side, right=side, top=side, bottom=side)
    red = Side("thin", color=palette.ALERT)
    alarm = Border(left=red, right=red, top=red, bottom=red)
    head, step = f'$A{_TOP}="{do_next.HEAD}"', f'$A{_TOP}="{do_next.STEP}"'

    def cells(letters: str) -> str:
        first, last = letters[0], letters[-1]
        return f"{first}{_TOP}:{last}{_BOTTOM}"

    def also(*conditions: str) -> str:
        inner = _IS_CLIENT.removeprefix("AND(").removesuffix(")")
        return f"AND({inner},{','.join(conditions)})"

    # B: the strip in the segment's colour.
    styles.when(ws, cells("B"), head, lines=line)
    for segment in _DRESSED:
        for key in (f"{do_next.GROUP}{segment}", segment.value):
            styles.when(ws, cells("B"), f'$A{_TOP}="{key}"', background=palette.SEGMENTS[segment])
    for letters in ("C", "D", "EG", "HI", "JK", "L", "MN"):
        styles.when(ws, cells(letters), head, color=palette.ACCENT if letters == "C" else palette.MUTED, bold=True,
                    lines=line)  # fmt: skip
        for segment in _DRESSED:
            styles.when(
                ws, cells(letters), f'$A{_TOP}="{do_next.GROUP}{segment}"', color=palette.INK,
                background=palette.TINTS[segment], bold=letters == "C",
            )  # fmt: skip
        styles.when(ws, cells(letters), step, lines=hair, bold=letters == "C")
    styles.when(ws, cells("C"), _IS_CLIENT, lines=hair)
    soon = f"ISNUMBER($D{_TOP}),$D{_TOP}<10"
    styles.when(ws, cells("D"), also(soon), color=palette.ALERT, bold=True, lines=hair)
    styles.when(ws, cells("D"), also(f"NOT(AND({soon}))"), lines=hair)
    styles.when(ws, cells("EG"), _IS_CLIENT, lines=hair)
    urgent = f'$Q{_TOP}="{do_next.URGENT}"'
    in_place_of_contacts = f'{urgent},$J{_TOP}=""'
    styles.when(ws, cells("HI"), also(in_place_of_contacts), color=palette.ALERT, bold=True, lines=hair)
    styles.when(ws, cells("HI"), also(f"NOT(AND({in_place_of_contacts}))"), lines=hair)
    styles.when(ws, cells("JK"), also(urgent), color=palette.ALERT, bold=True, lines=hair)
    styles.when(ws, cells("JK"), also(f'$Q{_TOP}<>"{do_next.URGENT}"'), lines=hair)
    # L to N: a frame to write in, blue and bold what is written, red what is missing.
    styles.when(ws, cells("L"), also(f'$L{_TOP}<>""'), color=palette.ACCENT, background=palette.BAR, bold=True,
                lines=frame)  # fmt: skip
    styles.when(ws, cells("L"), also(f'$L{_TOP}=""'), lines=frame)
    missing = f'$L{_TOP}="{Action.PLAN_REVENUE}"'
    styles.when(ws, cells("MN"), also(f'M{_TOP}<>""'), color=palette.ACCENT, background=palette.BAR, bold=True,
                lines=frame)  # fmt: skip
    styles.when(ws, cells("MN"), also(f'M{_TOP}=""', missing), background=palette.ALERT_TINT, lines=alarm)
    styles.when(ws, cells("MN"), also(f'M{_TOP}=""', f"NOT({missing})"), lines=frame)


def _choices(ws: Worksheet) -> None:
    """Offer the decisions that fit the segment, and take dates after the as-of date and amounts above zero."""
    from openpyxl.worksheet.datavalidation import DataValidation

    def told(rule: DataValidation, cells: str, title: str, prompt: str, error: str) -> None:
        rule.allow_blank, rule.showInputMessage, rule.showErrorMessage = True, True, True
        rule.promptTitle, rule.prompt, rule.errorTitle, rule.error = title, prompt, title, error
        rule.add(cells)
        ws.add_data_validation(rule)

    key = f"$A{_TOP}"
    offered = (
        f'IF($P{_TOP}="",{grid.NO_DECISIONS},IF({key}="{Segment.LOST}",{grid.DECISIONS_LOST},'
        f'IF({key}="{Segment.CANCELED}",{grid.DECISIONS_CANCELED},'
        f'IF(OR({key}="{Segment.NO_ACTIVITY}",{key}="{Segment.NEW}"),{grid.DECISIONS_NONE},{grid.DECISIONS_IN}))))'
    )
    told(
        DataValidation(type="list", formula1=offered), f"L{_TOP}:L{_BOTTOM}", t("Decision"),
        t("Pick one. The next refresh writes it into Actions and clears these three cells."),
        t("Pick one of the list."),
    )  # fmt: skip
    told(
        DataValidation(type="date", operator="greaterThan", formula1="$K$1"), f"M{_TOP}:M{_BOTTOM}", t("Date"),
        t("When it will be invoiced; only for Plan revenue."), t("Write a date after the as-of date."),
    )  # fmt: skip
    told(
        DataValidation(type="decimal", operator="greaterThan", formula1="0"), f"N{_TOP}:N{_BOTTOM}", t("Amount"),
        t("What you expect; only for Plan revenue."), t("Write a number above 0."),
    )  # fmt: skip
