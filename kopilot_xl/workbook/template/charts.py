"""The charts: the histogram, the trend of the past, the portfolio in the days ahead, the months ahead."""

from __future__ import annotations

from typing import Any

from openpyxl.chart import AreaChart, BarChart, LineChart, Reference, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumRef, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import Legend, LegendEntry
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from kopilot_xl.domain.segments import BARS, PORTFOLIO_BARS, Segment
from kopilot_xl.workbook.addresses import split_address
from kopilot_xl.workbook.sheets import chart_axes, palette, portfolio_grid
from kopilot_xl.workbook.tables.table import Format
from kopilot_xl.workbook.template import styles

EMPTY_WORDS = "Columns stand here as soon as there are clients."
"""What a chart without a client shows."""
EMPTY_FORECAST = "Lines and columns stand here as soon as there are sales or plans."
"""What the chart of the months shows before there are any."""


def histogram(ws: Worksheet) -> None:
    """Draw the histogram of the portfolio's segments; pale bars where a workbook has no clients yet."""
    chart = BarChart()
    chart.type, chart.gapWidth, chart.overlap, chart.varyColors = "col", 28, 100, False
    drawn = [segment for segment in BARS if segment is not Segment.LOST]  # beside it as a number
    top, left = split_address(portfolio_grid.HIDDEN[portfolio_grid.HISTOGRAM].cell)
    _, ghost_left = split_address(portfolio_grid.HIDDEN[portfolio_grid.GHOST].cell)
    first_row = top + len(BARS) - len(drawn)
    last_row = first_row + len(drawn) - 1
    labels = Reference(ws, left, first_row, max_row=last_row)
    series = Series(Reference(ws, left + 1, first_row, max_row=last_row), title="Clients")
    series.cat = _names(labels)
    series.invertIfNegative = False
    series.graphicalProperties = _plain(palette.SEGMENTS[Segment.ACTIVE])
    for index, segment in enumerate(drawn):
        series.dPt.append(DataPoint(idx=index, invertIfNegative=False, spPr=_plain(palette.SEGMENTS[segment])))
    series.dLbls = DataLabelList(
        showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False, dLblPos="outEnd",
        txPr=_text(1000, bold=True),
    )  # fmt: skip
    chart.series.append(series)
    ghost = Series(Reference(ws, ghost_left, first_row, max_row=last_row), title=" ")
    ghost.cat, ghost.invertIfNegative, ghost.graphicalProperties = _names(labels), False, _plain(palette.HAIR)
    chart.series.append(ghost)
    _finish(chart)
    chart.layout = Layout(manualLayout=ManualLayout(
        layoutTarget="inner", xMode="edge", yMode="edge", x=0.0, y=0.115, w=1.0, h=0.68,
    ))  # fmt: skip
    chart.x_axis.txPr = _text(800, turned=False)
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=palette.FRAME))
    chart.legend = None
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    _place(ws, chart, ("H", 10), ("J", 16))


def trend(
    ws: Worksheet,
    left: int,
    header_row: int,
    dates: int,
    top_left: tuple[str, int],
    bottom_right: tuple[str, int],
    reach: str,
) -> None:
    """Draw the portfolio date by date, stacked, from the columns of `sheets.trend.DRAWN_COLUMNS` below a row.

    A date that was looked back at is pale: its counts are in columns of their own.
    """
    last_row = header_row + dates
    labels = Reference(ws, left, header_row + 1, max_row=last_row)
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth, chart.varyColors = "col", "stacked", 100, 25, False
    order = (3, 4, 5, 2, 1, 0)  # Active at the bottom, Leaving on top
    sides = ((palette.SEGMENTS, 0), (palette.TINTS, len(PORTFOLIO_BARS)))
    for colors, offset in sides:
        for at in order:
            column = left + 1 + offset + at
            series = Series(Reference(ws, column, header_row, max_row=last_row), title_from_data=True)
            series.cat = _names(labels)
            series.invertIfNegative = False
            series.graphicalProperties = _plain(colors[PORTFOLIO_BARS[at]])
            chart.series.append(series)
    _finish(chart)
    chart.x_axis.txPr = _text(700, turned=False)
    _number_axis(chart)
    chart.legend.position, chart.legend.txPr = "t", _text(800)
    chart.legend.legendEntry = [LegendEntry(idx=len(order) + at, delete=True) for at in range(len(order))]
    chart += _reach(ws, top_left, reach)
    _place(ws, chart, top_left, bottom_right)


def tilt(
    ws: Worksheet, left: int, header_row: int, dates: int, top_left: tuple[str, int], bottom_right: tuple[str, int]
) -> None:
    """Draw the tilt date by date as a line, from the two last of the same columns; a date looked back at is pale."""
    last_row = header_row + dates
    labels = Reference(ws, left, header_row + 1, max_row=last_row)
    line = LineChart()
    for column, color in enumerate((palette.EXPECTED, palette.GHOST_LINE), left + 1 + 2 * len(PORTFOLIO_BARS)):
        series = Series(Reference(ws, column, header_row, max_row=last_row), title_from_data=True)
        series.cat = _names(labels)
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=color, w=25400))
        series.smooth = False
        series.marker.symbol, series.marker.size = "circle", 3  # a date alone is not a line
        series.marker.graphicalProperties = _plain(color)
        line.series.insert(0, series)
    _finish(line)
    line.x_axis.delete = True  # its ends are in cells below
    line.y_axis.delete = False
    hair = GraphicalProperties(ln=LineProperties(solidFill=palette.HAIR))
    line.y_axis.majorGridlines = ChartLines(spPr=hair)
    line.y_axis.scaling.min, line.y_axis.scaling.max, line.y_axis.majorUnit = -1, 1, 0.5
    line.y_axis.number_format = "+0.0;-0.0;0"
    line.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    line.legend = None
    _place(ws, line, top_left, bottom_right)


def client_months(
    ws: Worksheet, day_row: int, bar_row: int, months: int, top_left: tuple[str, int], bottom_right: tuple[str, int]
) -> None:
    """Draw what a client was invoiced and what is planned, each month over its cell: the plot fills the cells exactly.

    `day_row` has the first days of the months, `bar_row` what was invoiced, the row below it what is planned.
    """
    left = column_index_from_string(top_left[0])
    right = left + months - 1
    labels = Reference(ws, left, day_row, max_col=right)
    chart = BarChart()
    chart.type, chart.overlap, chart.gapWidth, chart.varyColors = "col", 100, 25, False
    for row, title, color in ((bar_row + 1, "Planned", palette.PLANNED), (bar_row, "Invoiced", palette.EXPECTED)):
        series = Series(Reference(ws, left, row, max_col=right), title=title)
        series.cat = _numbers(labels)
        series.invertIfNegative = False
        series.graphicalProperties = _plain(color)
        series.dLbls = DataLabelList(
            showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False,
            dLblPos="outEnd", txPr=_text(700),
        )  # fmt: skip
        chart.series.append(series)
    _finish(chart)
    chart.legend = None
    chart.x_axis.delete = chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.layout = Layout(
        manualLayout=ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=0, y=0.12, w=1, h=0.875)
    )
    _place(ws, chart, top_left, bottom_right)


def ahead(
    ws: Worksheet,
    names: str,
    header_row: int,
    first_row: int,
    columns: int,
    top_left: tuple[str, int],
    bottom_right: tuple[str, int],
    reach: str,
) -> None:
    """Draw the portfolio in the days ahead, stacked, from a block of bars by days; `names` is the column before it."""
    left = column_index_from_string(names) + 1
    right = left + columns - 1
    labels = Reference(ws, left, header_row, max_col=right)
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth, chart.varyColors = "col", "stacked", 100, 40, False
    for segment in reversed(BARS):
        if segment is not Segment.LOST:
            row = first_row + BARS.index(segment)
            series = Series(Reference(ws, left - 1, row, max_col=right), title_from_data=True)
            series.cat = _names(labels)
            series.invertIfNegative = False
            series.graphicalProperties = _plain(palette.SEGMENTS[segment])
            chart.series.append(series)
    _finish(chart)
    chart.x_axis.txPr = _text(800)
    _number_axis(chart)
    chart.y_axis.scaling.min = 0
    chart.legend.position = "r"
    chart.legend.txPr = _text(900)
    chart += _reach(ws, top_left, reach)
    _place(ws, chart, top_left, bottom_right)


def _reach(ws: Worksheet, place: tuple[str, int], called: str) -> LineChart:
    """Return a line nobody sees, as high as the axis reaches at least; its height is in a named cell for refresh."""
    letter, row = place
    styles.put(ws, f"{letter}{row}", chart_axes.NOTHING, shown=Format.UNSEEN)
    styles.name(ws, called, f"{letter}{row}")
    line = LineChart()
    series = Series(Reference(ws, column_index_from_string(letter), row), title=" ")
    series.graphicalProperties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    series.marker.symbol, series.smooth = "none", False
    line.series.append(series)
    return line


def _number_axis(chart: BarChart | AreaChart) -> None:
    """Give a chart an axis of numbers without lines across: where nothing is drawn they would be an empty chart."""
    chart.y_axis.delete = False
    chart.y_axis.majorGridlines = None
    chart.y_axis.number_format = chart_axes.NUMBERS
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))


def forecast(
    ws: Worksheet,
    left: int,
    header_row: int,
    months: int,
    top_left: tuple[str, int],
    bottom_right: tuple[str, int],
    reach: str,
) -> None:
    """Draw the months invoiced and expected as lines, where they may lie as an area, those planned as columns.

    The block below `header_row` has the columns of `sheets.forecast.CHART_COLUMNS`; the area is what is stacked on its
    lower end, which is not seen.
    """
    last_row = header_row + months
    labels = Reference(ws, left, header_row + 1, max_row=last_row)

    def series_of(column: int, look: GraphicalProperties) -> Any:
        series = Series(Reference(ws, column, header_row, max_row=last_row), title_from_data=True)
        series.cat, series.graphicalProperties = _names(labels), look
        return series

    area = AreaChart()
    area.grouping = "stacked"
    nothing = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    area.series += [series_of(left + 3, nothing), series_of(left + 4, _plain(palette.BAR))]
    _finish(area)
    area.x_axis.txPr = _text(700)
    area.x_axis.tickLblPos = "low"
    _number_axis(area)
    area.y_axis.crossBetween = "between"  # as columns need it
    area.legend = Legend()
    area.legend.position, area.legend.txPr = "t", _text(800)
    area.legend.legendEntry = [LegendEntry(idx=0, delete=True)]  # what the area is stacked on

    columns = BarChart()
    columns.type, columns.gapWidth, columns.varyColors = "col", 60, False
    columns.x_axis, columns.y_axis = area.x_axis, area.y_axis
    planned = series_of(left + 5, _plain(palette.PLANNED))
    planned.invertIfNegative = False
    columns.series.append(planned)

    line = LineChart()
    line.x_axis, line.y_axis = area.x_axis, area.y_axis
    for column, color in enumerate((palette.SOLD, palette.EXPECTED), left + 1):
        series = series_of(column, GraphicalProperties(ln=LineProperties(solidFill=color, w=25400)))
        series.smooth = False
        series.marker.symbol, series.marker.size = "circle", 3  # a month alone is not a line
        series.marker.graphicalProperties = _plain(color)
        line.series.append(series)
    area += columns
    area += line
    area += _reach(ws, top_left, reach)
    _place(ws, area, top_left, bottom_right)


def words_until(ws: Worksheet, cells: str, words: str, drawn: str) -> None:
    """Let words stand behind a chart, which lets them show, until a formula tells that something is drawn."""
    styles.put(ws, cells, words, text_font=styles.font(color=palette.MUTED), alignment=styles.align("center"))
    styles.hide(ws, cells, drawn)


def _finish(chart: BarChart | AreaChart | LineChart, title: str | None = None) -> None:
    """Give a chart the looks all share."""
    chart.title = _title(title, 1200, bold=True) if title else None
    chart.x_axis.delete, chart.x_axis.axPos = False, "b"
    chart.x_axis.majorTickMark = "none"
    chart.x_axis.txPr = _text(900)
    chart.y_axis.txPr = _text(900)
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=palette.LINE))
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    chart.plot_area.graphicalProperties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    chart.roundedCorners = False
    chart.visible_cells_only = False
    chart.display_blanks = "gap"


def _plain(color: str) -> GraphicalProperties:
    return GraphicalProperties(solidFill=color, ln=LineProperties(noFill=True))


def _names(cells: Reference) -> AxDataSource:
    return AxDataSource(strRef=StrRef(f=str(cells)))


def _numbers(cells: Reference) -> AxDataSource:
    return AxDataSource(numRef=NumRef(f=str(cells)))


def _letters(size: int, *, bold: bool = False, color: str = palette.INK) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=color, latin=Font(typeface=styles.FONT))


def _text(size: int, *, bold: bool = False, turned: bool | None = None) -> RichText:
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=_letters(size, bold=bold)), endParaRPr=_letters(size))
    body = RichTextProperties() if turned is None else RichTextProperties(rot=-5_400_000 if turned else 0, vert="horz")
    return RichText(bodyPr=body, p=[paragraph])


def _title(text: str, size: int, *, bold: bool = False) -> Title:
    look = _letters(size, bold=bold, color=palette.ACCENT if bold else palette.INK)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=text)])
    return Title(tx=Text(rich=RichText(bodyPr=RichTextProperties(), p=[paragraph])), overlay=False)


def _place(
    ws: Worksheet, chart: BarChart | AreaChart | LineChart, top_left: tuple[str, int], bottom_right: tuple[str, int]
) -> None:
    """Put a chart over the cells from one corner to the other, both included; it keeps its size."""
    start = AnchorMarker(col=column_index_from_string(top_left[0]) - 1, row=top_left[1] - 1)
    end = AnchorMarker(col=column_index_from_string(bottom_right[0]), row=bottom_right[1])
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=start, to=end)  # type: ignore[assignment]  # it takes both
    ws.add_chart(chart)
