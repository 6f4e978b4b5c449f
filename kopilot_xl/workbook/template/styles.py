"""The drawing steps the sheets share: fonts, table sheets, drop-downs, conditional colours, pages to print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy

from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table as SheetTable
from openpyxl.worksheet.table import TableColumn, TableFormula, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.tables.table import Column, Format, Table

FONT = "Arial"
"""On every Windows and Mac; Linux has a face of the same widths."""
MONOSPACED = "Courier New"
SIZE = 10
LAST_ROW = 1_048_576
PIXELS = 7
"""How many pixels one digit is wide, in which widths of columns are counted."""
AS_OF_FORMAT = '"as of "d mmmm yyyy'


def font(*, size: float = SIZE, bold: bool = False, color: str = palette.INK, name: str = FONT) -> Font:
    """Return a font of the house."""
    return Font(name=name, size=size, bold=bold, color=color, family=3 if name == MONOSPACED else 2)


def fill(color: str) -> PatternFill:
    """Return a plain background."""
    return PatternFill("solid", start_color=color, end_color=color)


def edge(*, top: str | None = None, bottom: str | None = None) -> Border:
    """Return thin lines above or below a cell, by colour."""
    return Border(
        top=Side("thin", color=top) if top else Side(), bottom=Side("thin", color=bottom) if bottom else Side()
    )


def align(
    horizontal: str = "left", vertical: str = "center", *, wrap: bool = False, indent: int = 0, shrink: bool = False
) -> Alignment:
    """Return where a cell's text is in it."""
    return Alignment(
        horizontal=horizontal, vertical=vertical, wrap_text=wrap, indent=indent, shrink_to_fit=shrink or None
    )


def put(
    ws: Worksheet,
    cells: str,
    value: Value = None,
    *,
    text_font: Font | None = None,
    alignment: Alignment | None = None,
    shown: Format | None = None,
    background: str | None = None,
    lines: Border | None = None,
    number_format: str | None = None,
) -> None:
    """Fill a cell, or the first of a range that is merged into one, and format it."""
    first, _, last = cells.partition(":")
    cell = ws[first]
    if value is not None:
        cell.value = value
    alignment = copy(alignment) if alignment else align()
    if shown is Format.AMOUNT:  # which may be in rupiah
        alignment.shrink_to_fit = True
    for one in [one for row in ws[cells] for one in row] if last else [cell]:
        one.font = text_font or font()
        one.alignment = alignment
        if shown or number_format:
            one.number_format = number_format or (shown.value if shown else "General")
        if background:
            one.fill = fill(background)
        if lines:
            one.border = lines
    if last:
        ws.merge_cells(cells)


def put_input(ws: Worksheet, cells: str, value: Value, shown: Format, *, wrap: bool = False) -> None:
    """Make a cell, or a range merged into one, what the user is to write in: framed, with its default in it."""
    side = Side("thin", color=palette.ACCENT)
    frame = Border(left=side, right=side, top=side, bottom=side)
    put(ws, cells, value, alignment=align(indent=1, wrap=wrap), shown=shown, lines=frame)


def number_only(ws: Worksheet, cell: str, label: str, *, whole: bool) -> None:
    """Refuse what is not a number above zero (a share: above 0 % and at most 100 %)."""
    text = f"{label} must be a whole number above 0." if whole else f"{label} must be above 0 % and at most 100 %."
    if whole:
        rule = DataValidation(type="whole", operator="greaterThan", formula1="0", allow_blank=True)
    else:
        rule = DataValidation(type="decimal", operator="between", formula1="0.0001", formula2="1", allow_blank=True)
    rule.showErrorMessage, rule.errorStyle, rule.errorTitle, rule.error = True, "stop", label, text
    rule.add(cell)
    ws.add_data_validation(rule)


def widths(ws: Worksheet, by_column: Iterable[float]) -> None:
    """Set the columns' widths, from A on."""
    for number, width in enumerate(by_column, 1):
        ws.column_dimensions[get_column_letter(number)].width = width


def pixels(ws: Worksheet, by_column: Iterable[int]) -> None:
    """Set the columns' widths from A on, in pixels."""
    widths(ws, (width / PIXELS for width in by_column))


def heights(ws: Worksheet, rows: Iterable[int], height: int) -> None:
    """Set the height of rows, in pixels."""
    for row in rows:
        ws.row_dimensions[row].height = height * 0.75


def page_head(ws: Worksheet, names: tuple[str, str], words: str, question: str, edges: tuple[str, str, str]) -> None:
    """Draw the head that the pages share: the title, the day, the question the page answers, the way back to Portfolio.

    Args:
        ws: the sheet.
        names: the names of the cells of the title and of the day.
        words: the title until the first refresh.
        question: the question.
        edges: the column of the title, the first one of the day, and the last one of the page.
    """
    left, middle, right = edges
    for row, height in ((1, 34), (2, 17), (3, 8)):
        heights(ws, [row], height)
    put(ws, f"{left}1", words, text_font=font(size=18, bold=True, color=palette.ACCENT))
    name(ws, names[0], f"{left}1")
    put(ws, f"{middle}1:{right}1", text_font=font(size=14, bold=True), alignment=align("right"))
    ws[f"{middle}1"].number_format = AS_OF_FORMAT
    name(ws, names[1], f"{middle}1")
    put(ws, f"{left}2", question, text_font=font(color=palette.MUTED))
    back_to_portfolio(ws, f"{middle}2:{right}2")
    for cell in ws[f"A3:{right}3"][0]:
        cell.border = edge(top=palette.ACCENT)


def back_to_portfolio(ws: Worksheet, cells: str) -> None:
    """Lead back to Portfolio from some cells, which are merged into one."""
    first = cells.partition(":")[0]
    put(ws, cells, "‹ Portfolio", text_font=font(color=palette.ACCENT), alignment=align("right"))
    ws[first].hyperlink = Hyperlink(ref=first, location="PortfolioTitle", tooltip="Back to Portfolio")


def name_formula(ws: Worksheet, called: str, formula: str) -> None:
    """Define a name for what a formula refers to."""
    assert ws.parent is not None  # noqa: S101 - a sheet of a workbook
    ws.parent.defined_names[called] = DefinedName(called, attr_text=formula)


def name(ws: Worksheet, called: str, first: str, rows: int = 1, columns: int = 1) -> str:
    """Define a name for a block of cells that starts at `first`; return the block's address on its sheet."""
    start = ws[first]
    row, column = start.row, start.column
    corner = f"${get_column_letter(column)}${row}"
    end = f"${get_column_letter(column + columns - 1)}${row + rows - 1}"
    reference = corner if corner == end else f"{corner}:{end}"
    assert ws.parent is not None  # noqa: S101 - a sheet of a workbook
    sheet = ws.title if ws.title.isidentifier() else f"'{ws.title}'"
    ws.parent.defined_names[called] = DefinedName(called, attr_text=f"{sheet}!{reference}")
    return reference.replace("$", "")


def put_formulas(ws: Worksheet, called: str, rows: Sequence[Sequence[str | None]]) -> None:
    """Write formulas, without `=`, into the block of a name that was defined before; None leaves a cell as it is."""
    assert ws.parent is not None  # noqa: S101 - a sheet of a workbook
    ((_, area),) = ws.parent.defined_names[called].destinations
    first = ws[area.partition(":")[0].replace("$", "")]
    for down, row in enumerate(rows):
        for right, formula in enumerate(row):
            if formula is not None:
                ws.cell(first.row + down, first.column + right).value = f"={formula}"


def name_column(ws: Worksheet, called: str, table: Table, column: Column) -> None:
    """Define a name for a column of a table; it grows with the table."""
    assert ws.parent is not None  # noqa: S101 - a sheet of a workbook
    ws.parent.defined_names[called] = DefinedName(called, attr_text=f"{table.name}[{column.header}]")


_FIRST_FREE_FORMAT = 164
"""The numbers of formats below are those of the file format itself."""


def when(
    ws: Worksheet,
    cells: str,
    formula: str,
    *,
    color: str | None = None,
    background: str | None = None,
    bold: bool | None = None,
    below: str | None = None,
    lines: Border | None = None,
    shown: str | None = None,
) -> None:
    """Colour cells where a formula, written for the first of them, holds; `below` is the colour of a line under them.

    `shown` is the number format they have then, `lines` are lines around them. Two rules that can both hold must not
    share a cell: LibreOffice takes the first alone, Excel mixes them.
    """
    style = DifferentialStyle(
        font=Font(color=color, bold=bold or None) if color or bold else None,
        fill=fill(background) if background else None,
        border=Border(bottom=Side("thin", color=below)) if below else lines,
        numFmt=NumberFormat(numFmtId=_FIRST_FREE_FORMAT, formatCode=shown) if shown else None,
    )
    ws.conditional_formatting.add(cells, Rule(type="expression", dxf=style, formula=[formula]))


def link(ws: Worksheet, cells: str) -> None:
    """Make cells whose formula leads somewhere look like it."""
    when(ws, cells, f'{cells.partition(":")[0]}<>""', color=palette.ACCENT)


def hide(ws: Worksheet, cells: str, formula: str) -> None:
    """Make cells look blank where a formula, written for the first of them, holds."""
    when(ws, cells, formula, color=palette.PAPER, background=palette.PAPER)


def tint_segments(ws: Worksheet, cells: str, first: str) -> None:
    """Tint cells that name a segment with its colour; `first` is the first of them as a formula writes it."""
    for segment, color in palette.TINTS.items():
        when(ws, cells, f'{first}="{segment}"', background=color)


def days_left(ws: Worksheet, cells: str, since: str, days: str) -> None:
    """Draw a bar in the cells with a date: none on the day named `since`, full so many days later.

    The rule knows names only, so that it holds wherever the cells behind them are moved.
    """
    bar = DataBar(
        cfvo=[FormatObject("formula", since), FormatObject("formula", f"{since}+{days}")],
        color=Color(palette.BAR), minLength=0, maxLength=100,
    )  # fmt: skip
    ws.conditional_formatting.add(cells, Rule(type="dataBar", dataBar=bar))


def choices(ws: Worksheet, cells: str, formula: str, *, refuse: str | None = None, blank: bool = True) -> None:
    """Offer a drop-down. Other values may be typed too, unless `refuse` says what to write instead."""
    rule = DataValidation(type="list", formula1=formula, allow_blank=blank, showErrorMessage=refuse is not None)
    if refuse:
        rule.errorStyle, rule.errorTitle, rule.error = "stop", "Not in the list", refuse
    rule.add(cells)
    ws.add_data_validation(rule)


def explain(ws: Worksheet, cells: str, title: str, text: str) -> None:
    """Show a text beside cells while one of them is selected; what may be typed there stays free."""
    told = DataValidation(type="custom", formula1="TRUE", allow_blank=True, showInputMessage=True)
    told.promptTitle, told.prompt = title, text
    told.add(cells)
    ws.add_data_validation(told)


def listed(values: Iterable[str]) -> str:
    """Return the formula of a drop-down's fixed choices."""
    return f'"{",".join(values)}"'


def down(table: Table, column: Column, corner: str = "A1") -> str:
    """Return the cells of a table's column, down to the last row of the sheet: what grows needs no new rule."""
    letters, top = coordinate_from_string(corner)
    letter = get_column_letter(column_index_from_string(letters) + table.columns.index(column))
    return f"{letter}{top + 1}:{letter}{LAST_ROW}"


def lay_out(ws: Worksheet, table: Table, *, upright: bool = False) -> None:
    """Lay out the sheet of a table with one blank row: headers, widths, formats, filter, frozen header, page.

    Long texts that refresh writes stay on one line: nobody fits the height of rows that a headless refresh fills.
    """
    put_table(ws, table)
    for number, column in enumerate(table.columns, 1):
        letter = get_column_letter(number)
        dimension, first = ws.column_dimensions[letter], ws[f"{letter}2"]
        dimension.font, dimension.number_format = copy(first.font), first.number_format
        dimension.alignment = copy(first.alignment)
        dimension.hidden = column.hidden
        if column.formula:
            pieces = re.split(r"\{([^{}]*)\}", column.formula)
            pieces[1::2] = [f"{get_column_letter(table.headers.index(header) + 1)}2" for header in pieces[1::2]]
            first.value = "=" + "".join(pieces)
        if column.choices:
            choices(ws, down(table, column), listed(column.choices))
    ws.freeze_panes = "A2"
    page(ws, across=True, upright=upright)
    ws.print_title_rows = "1:1"


def put_table(ws: Worksheet, table: Table, corner: str = "A1") -> None:
    """Draw a table with one blank row from a corner on: headers, widths, formats, filter."""
    left, top = ws[corner].column, ws[corner].row
    after_number = False  # or after what may be cut: the texts of two columns do not run into one
    for number, column in enumerate(table.columns, left):
        letter = get_column_letter(number)
        is_number = column.format in {Format.AMOUNT, Format.COUNT, Format.SHARE, Format.TILT}
        side, indent = ("right", 1) if is_number else ("left", int(after_number))
        after_number = is_number or column.clear
        header = ws[f"{letter}{top}"]
        header.value = column.header
        header.font = font(bold=True, color=palette.MUTED if column.written else palette.PAPER)
        header.fill = fill(palette.BAND if column.written else palette.ACCENT)
        header.alignment = align(side, indent=indent + is_number)  # a number's is clear of the filter button
        header.border = edge(bottom=palette.LINE)
        ws.column_dimensions[letter].width = column.width
        first = ws[f"{letter}{top + 1}"]
        first.font = font(color=palette.MUTED if column.written else palette.INK)
        first.number_format = column.format.value
        first.alignment = align(
            side, "top", indent=indent, shrink=column.shrink or column.format is Format.AMOUNT, wrap=column.wrap
        )
    ws.row_dimensions[top].height = 22
    ws.add_table(_table(table, f"{corner}:{get_column_letter(left + len(table.columns) - 1)}{top + 1}"))


def _table(table: Table, area: str) -> SheetTable:
    columns = [
        TableColumn(
            id=number,
            name=column.header,
            calculatedColumnFormula=TableFormula(attr_text=column.rule) if column.rule else None,
        )
        for number, column in enumerate(table.columns, 1)
    ]
    return SheetTable(
        displayName=table.name,
        name=table.name,
        ref=area,
        autoFilter=AutoFilter(ref=area),
        tableColumns=columns,
        tableStyleInfo=TableStyleInfo(name="TableStyleLight1", showRowStripes=True, showColumnStripes=False),
    )


def page(ws: Worksheet, *, across: bool = False, upright: bool = False) -> None:
    """Set up an A4 page, lying, one page wide; `across` lets it run over several pages in height."""
    ws.page_setup.orientation = "portrait" if upright else "landscape"
    ws.page_setup.paperSize = 9
    ws.page_setup.fitToWidth = 1
    ws.page_setup.fitToHeight = 0 if across else 1
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = ws.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.4, 0.5, 0.2, 0.25
    ws.print_options.horizontalCentered = True
    footer = ws.oddFooter
    assert footer is not None  # noqa: S101 - openpyxl makes it, and its parts
    for part, text in ((footer.left, "&A"), (footer.right, "&P / &N")):
        assert part is not None  # noqa: S101
        part.text, part.size, part.font, part.color = text, 8, f"{FONT},Regular", palette.MUTED
