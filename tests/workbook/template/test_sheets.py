"""What is on the sheets of the built workbooks: tables, names, drop-downs, colours, pages."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from kopilot_xl.domain.forecasting import Rule
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, PORTFOLIO_BARS, Action, Heading, Segment
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.sheets import (
    actions,
    chart_axes,
    client,
    client_data,
    clients,
    forecast,
    guide,
    history,
    movements,
    outlook,
    palette,
    portfolio,
    portfolio_grid,
    problems,
    settings,
    snapshot,
    sources,
    transactions,
    trend,
)
from kopilot_xl.workbook.tables.table import Format, Table
from kopilot_xl.workbook.template import build, styles
from kopilot_xl.workbook.template.row_heights import sheets_of

TABLES = [each.TABLE for each in (clients, transactions, actions, problems)]
TREND = {history.TREND: (history.TREND_DATES, len(history.TREND_COLUMNS)), history.REACH: (1, 1)}
PAGES = {
    portfolio.SHEET: portfolio.BLOCKS,
    history.TABLE.name: TREND,
    client.SHEET: client.BLOCKS,
    trend.SHEET: trend.BLOCKS | {trend.REACH: (1, 1)} | movements.BLOCKS,
    outlook.SHEET: outlook.BLOCKS | dict.fromkeys(outlook.REACHES.values(), (1, 1)),
    forecast.SHEET: forecast.BLOCKS | {forecast.REACH: (1, 1)},
}
BLOCKS = {name: size for blocks in PAGES.values() for name, size in blocks.items()}
LISTS = [
    (history.TABLE.name, history.TABLE, history.CORNER),
    (outlook.SHEET, outlook.DEPARTURES, outlook.CORNER),
]
"""The tables that stand on a sheet with more than them: the sheet, the table, its corner."""


@pytest.fixture(scope="module")
def book(committed: Path) -> Workbook:
    """A workbook to look at and not to change."""
    return load_workbook(committed, keep_vba=True)


def worksheets(book: Workbook) -> Iterator[Worksheet]:
    for sheet in book.worksheets:
        assert isinstance(sheet, Worksheet)
        yield sheet


def charts_of(path: Path, title: str) -> list[str]:
    """The charts of a sheet, in the order of their parts."""
    package = Package(path)
    drawings = [
        link.target for link in package.relationships(str(dict(sheets_of(package))[title])) if link.kind == "drawing"
    ]
    charts = [str(link.target) for drawing in drawings for link in package.relationships(str(drawing))]
    return [
        package.read(chart).decode()
        for chart in sorted(charts, key=lambda name: int("".join(filter(str.isdigit, name))))
    ]


def bounds(cells: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = range_boundaries(cells)
    return left or 0, top or 0, right or 0, bottom or 0


def area(book: Workbook, name: str) -> tuple[str, tuple[int, int]]:
    ((sheet, cells),) = book.defined_names[name].destinations
    left, top, right, bottom = bounds(cells)
    return sheet, (bottom - top + 1, right - left + 1)


def test_the_sheets_stand_in_their_order_and_seven_are_hidden(book: Workbook) -> None:
    assert book.sheetnames == [*build.SHEETS, build.XLWINGS_SHEET]
    hidden = {each.title: each.sheet_state for each in book.worksheets if each.sheet_state != "visible"}
    assert hidden == {
        **dict.fromkeys((history.TABLE.name, client_data.CLIENTS, client_data.ROWS, client_data.LOG), "hidden"),
        snapshot.SHEET: "veryHidden",
        sources.SHEET: "veryHidden",
        build.XLWINGS_SHEET: "hidden",
    }
    assert book.active is book[portfolio.SHEET]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_its_columns_with_widths_formats_and_filter(book: Workbook, table: Table) -> None:
    sheet = book[table.name]
    drawn = sheet.tables[table.name]
    assert drawn.ref.startswith("A1:")
    assert [each.name for each in drawn.tableColumns] == table.headers
    assert drawn.autoFilter is not None
    assert sheet.freeze_panes == "A2"
    for number, column in enumerate(table.columns, 1):
        header, first = sheet.cell(1, number), sheet.cell(2, number)
        assert header.value == column.header
        assert sheet.column_dimensions[header.column_letter].width == column.width
        assert first.number_format == column.format.value
        assert bool(first.alignment.wrap_text) is column.wrap is (column in {actions.NOTE, clients.NAME})
        assert (header.fill.start_color.rgb == "00" + palette.ACCENT) is not column.written, "the user's stand out"


def test_a_header_has_room_for_its_text_and_the_filter_button() -> None:
    assert [
        column.header for table in TABLES for column in table.columns if len(column.header) + 1 > column.width
    ] == []


def test_every_block_has_its_name_and_size(book: Workbook) -> None:
    assert {name: area(book, name)[1] for name in BLOCKS} == BLOCKS
    assert {sheet: {name: area(book, name)[0] for name in blocks} for sheet, blocks in PAGES.items()} == {
        sheet: dict.fromkeys(blocks, sheet) for sheet, blocks in PAGES.items()
    }


def test_no_block_overlaps_another(book: Workbook) -> None:
    seen: dict[tuple[str, int, int], str] = {}
    for name in BLOCKS:
        ((sheet, cells),) = book.defined_names[name].destinations
        left, top, right, bottom = bounds(cells)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                assert seen.setdefault((sheet, row, column), name) == name


def test_no_cell_of_a_block_is_merged_away(book: Workbook) -> None:
    for name in BLOCKS:
        ((sheet, cells),) = book.defined_names[name].destinations
        found = book[sheet][cells.replace("$", "")]
        rows = found if isinstance(found, tuple) else ((found,),)
        assert not [each.coordinate for row in rows for each in row if type(each).__name__ == "MergedCell"], name


def test_every_setting_has_its_named_cell_with_its_default() -> None:
    book = load_workbook(build.TEMPLATE)
    for each in settings.ALL:
        assert area(book, each.name) == (settings.SHEET, (1, 1))
        ((sheet, cell),) = book.defined_names[each.name].destinations
        assert book[sheet][cell].value == each.default


def test_the_empty_workbook_has_one_blank_row_per_table() -> None:
    book = load_workbook(build.TEMPLATE)
    for table in TABLES:
        sheet = book[table.name]
        assert sheet.tables[table.name].ref.endswith("2")
        values = {table.headers[at]: cell.value for at, cell in enumerate(sheet[2][: len(table.columns)]) if cell.value}
        links = clients.log_link(actions.TABLE.name, "B", "A2")
        calculated = {"Segment": "=SEGMENT(A2)", "In Actions": f"={links}"} if table is clients.TABLE else {}
        if table is problems.TABLE:
            quoted = """SUBSTITUTE(C2,"'","''")"""
            calculated = {"Go to": f'=IF(C2="","",HYPERLINK("#\'"&{quoted}&"\'!"&F2,C2&"!"&F2))'}
        assert values == calculated


def test_the_segment_column_is_calculated(book: Workbook) -> None:
    column = next(each for each in book[clients.TABLE.name].tables["Clients"].tableColumns if each.name == "Segment")
    assert column.calculatedColumnFormula is not None
    assert column.calculatedColumnFormula.attr_text == clients.SEGMENT.rule
    cells = [row[3].value for row in book[clients.TABLE.name].iter_rows(min_row=2)]
    assert cells == [f"=SEGMENT(A{row})" for row in range(2, len(cells) + 2)]


def test_excel_marks_neither_text_ids_nor_the_calculated_column(committed: Path) -> None:
    with zipfile.ZipFile(committed) as package:
        parts = {
            name: package.read(f"xl/worksheets/sheet{number}.xml").decode()
            for number, name in enumerate(build.SHEETS, 1)
        }
    found = {name: re.findall(r'<ignoredError sqref="([^"]+)" (\w+)="1"/>', part) for name, part in parts.items()}
    assert found.pop("Clients") == [
        ("A2:A1048576", "numberStoredAsText"),
        ("D2:D1048576", "calculatedColumn"),
        ("I2:I1048576", "calculatedColumn"),
    ]
    assert found.pop("Transactions") == [("A2:A1048576", "numberStoredAsText")]
    assert found.pop("Actions") == [("B2:B1048576", "numberStoredAsText")]
    assert found.pop("If nobody acts") == [("C34:C1048576", "numberStoredAsText")]
    assert found.pop("Problems") == [("G2:G1048576", "numberStoredAsText"), ("B2:B1048576", "calculatedColumn")]
    assert len(found.pop("Portfolio")) == len(portfolio.DO_NEXT) + 1, "and the ids of Do next"
    assert not any(found.values())


def test_cells_of_actions_say_what_they_need_and_rejected_rows_are_red(book: Workbook) -> None:
    sheet = book[actions.TABLE.name]
    prompts = {str(each.sqref)[0]: each for each in sheet.data_validations.dataValidation if each.prompt}
    assert [sheet[f"{letter}1"].value for letter in sorted(prompts)] == ["Recorded on", "Issue date", "Amount"]
    assert not any(each.showErrorMessage for each in prompts.values())
    red = {
        letter
        for area in sheet.conditional_formatting
        for rule in area.rules
        for letter in str(area.sqref)[0]
        if "Rejected" in rule.formula[0] and rule.dxf.font.color.rgb[-6:] == palette.ALERT[-6:]
    }
    assert red == set("ABCDEFGHI")


def test_drop_downs_reach_the_last_row(book: Workbook) -> None:
    def offered(sheet: str) -> dict[str, str | None]:
        rules = book[sheet].data_validations.dataValidation
        return {str(each.sqref): each.formula1 for each in rules if each.type == "list"}

    assert offered(transactions.TABLE.name) == {"D2:D1048576": f'"{",".join(transactions.STATUS.choices)}"'}
    assert offered(actions.TABLE.name) == {"B2:B1048576": clients.IDS, "C2:C1048576": f'"{",".join(Action)}"'}
    assert book.defined_names[clients.IDS].attr_text == "Clients[Client ID]"
    refusing = [each for each in book[actions.TABLE.name].data_validations.dataValidation if each.showErrorMessage]
    assert refusing == [], "other spellings may be typed"


def test_settings_refuse_what_makes_no_sense(book: Workbook) -> None:
    rules = {str(each.sqref): each for each in book[settings.SHEET].data_validations.dataValidation}
    for each in settings.NUMBERS:
        ((_, cell),) = book.defined_names[each.name].destinations
        rule = rules[cell.replace("$", "")]
        assert rule.showErrorMessage
        assert rule.type == ("whole" if isinstance(each.default, int) else "decimal")
    ((_, cell),) = book.defined_names[settings.DATE_ORDER.name].destinations
    assert rules[cell.replace("$", "")].formula1 == '"DMY,MDY"'


def test_the_companys_name_has_room_for_two_lines_in_a_frame_of_its_own(book: Workbook) -> None:
    sheet = book[settings.SHEET]
    ((_, cell),) = book.defined_names[settings.COMPANY.name].destinations
    (merged,) = [each for each in sheet.merged_cells.ranges if each.start_cell.coordinate == cell.replace("$", "")]
    widths = [sheet.column_dimensions[get_column_letter(at)].width for at in range(merged.min_col, merged.max_col + 1)]
    assert sum(widths) > 50
    assert sheet.row_dimensions[merged.min_row].height == 30
    edges = [sheet.cell(merged.min_row, at).border for at in (merged.min_col, merged.max_col)]
    assert (edges[0].left.style, edges[1].right.style) == ("thin", "thin")
    assert sheet.cell(merged.min_row, merged.max_col + 1).alignment.indent == 1, "clear of the frame"


def test_segments_are_tinted_down_to_the_last_row(book: Workbook) -> None:
    tints, links, bars = book[clients.TABLE.name].conditional_formatting
    assert str(tints.sqref) == "D2:D1048576"
    assert {rule.formula[0] for rule in tints.rules} == {f'D2="{each}"' for each in Segment} | {"ISERROR(D2)"}
    assert str(links.sqref) == "I2:I1048576"
    assert str(bars.sqref) == "G2:G1048576"
    (rule,) = bars.rules
    ends = [end.val for end in rule.dataBar.cfvo]
    assert ends == ["PortfolioAsOf", "PortfolioAsOf+LifespanDays"], "names, wherever their cells are moved"
    assert {"PortfolioAsOf", "LifespanDays"} <= set(book.defined_names)


def test_pages_are_a4_and_headers_repeat(book: Workbook) -> None:
    for sheet in worksheets(book):
        if sheet.sheet_state == "visible":
            assert sheet.page_setup.paperSize == 9, sheet.title
            upright = sheet.title == transactions.TABLE.name
            assert sheet.page_setup.orientation == ("portrait" if upright else "landscape")
            assert not sheet.protection.sheet
    assert {table.name: book[table.name].print_title_rows for table in TABLES} == {
        each.name: "$1:$1" for each in TABLES
    }


def test_the_charts_read_the_blocks_and_have_the_segments_colours(committed: Path, book: Workbook) -> None:
    bars, stacked, tilts, *ahead = charts = [
        chart for sheet in (portfolio.SHEET, trend.SHEET, outlook.SHEET) for chart in charts_of(committed, sheet)
    ]
    assert area(book, portfolio.HISTOGRAM)[1][0] == len(BARS)
    ((_, block),) = book.defined_names[portfolio.HISTOGRAM].destinations
    ((_, ghost),) = book.defined_names[portfolio_grid.GHOST].destinations
    left, top, _, bottom = bounds(block)
    names, counts = (
        f"'Portfolio'!${get_column_letter(at)}${top + 1}:${get_column_letter(at)}${bottom}" for at in (left, left + 1)
    )
    pale = (
        f"'Portfolio'!${get_column_letter(bounds(ghost)[0])}${top + 1}:${get_column_letter(bounds(ghost)[0])}${bottom}"
    )
    assert BARS[0] is Segment.LOST, "which is beside the bars as a number"
    assert re.findall(r"<f>([^<]*)</f>", bars) == [names, counts, names, pale]
    points = re.findall(r'<dPt><idx val="(\d)"/>.*?srgbClr val="(\w+)"', bars)
    assert points == [(str(at), palette.SEGMENTS[each]) for at, each in enumerate(BARS[1:])]
    ((_, block),) = book.defined_names[trend.DRAWN].destinations
    left, top, right, bottom = bounds(block)
    columns = {get_column_letter(left + at): header for at, header in enumerate(trend.DRAWN_COLUMNS)}
    drawn = re.findall(r"<val><numRef><f>'Trend'!\$(\w+)\$(\d+):\$\w+\$(\d+)</f>", stacked)
    assert {(int(first), int(last)) for _, first, last in drawn} == {(top, bottom)}
    colors = re.findall(r'<ser>.*?srgbClr val="(\w+)"', stacked.partition("<lineChart>")[0])
    for (letter, _, _), color in zip(drawn, colors, strict=True):
        name, _, looked_back = columns[letter].partition(", ")
        assert color == (palette.TINTS if looked_back else palette.SEGMENTS)[Segment(name)]
    assert len(drawn) == 2 * len(PORTFOLIO_BARS)
    assert re.findall(r"<f>([^<]*)</f>", stacked)[-1] == reached(book, trend.REACH)
    assert palette.SEGMENTS[Segment.LOST] not in stacked
    lines = re.findall(r"<val><numRef><f>'Trend'!\$(\w+)\$", tilts)
    assert {columns[letter] for letter in lines} == {"Tilt", "Tilt, looked back"}
    for chart, name in zip(ahead, (outlook.NOBODY, outlook.PLANS), strict=True):
        ((_, block),) = book.defined_names[name].destinations
        left, top, right, bottom = bounds(block)
        rows = [row for row in range(top, bottom + 1) if BARS[row - top] is not Segment.LOST]
        values = re.findall(r"<val><numRef><f>'If nobody acts'!\$(\w+)\$(\d+):\$(\w+)\$(\d+)</f>", chart)
        edges = (get_column_letter(left), get_column_letter(right))
        assert values == [(edges[0], str(row), edges[1], str(row)) for row in reversed(rows)]
        drawn = re.findall(r'<ser>.*?srgbClr val="(\w+)"', chart.partition("<lineChart>")[0])
        assert drawn == [palette.SEGMENTS[BARS[row - top]] for row in reversed(rows)]
    for chart in charts:
        assert '<plotVisOnly val="0"/>' in chart


def reached(book: Workbook, name: str) -> str:
    """The cell that tells how high an axis reaches, as a chart names it; nobody sees its number."""
    ((sheet, place),) = book.defined_names[name].destinations
    cell = book[sheet][place.replace("$", "")]
    assert cell.number_format == Format.UNSEEN.value
    return f"'{sheet}'!{place}"


def test_the_charts_with_an_axis_of_numbers_reach_as_high_as_told(committed: Path, book: Workbook) -> None:
    names = (trend.REACH, forecast.REACH, *outlook.REACHES.values())
    empty = committed == build.TEMPLATE
    heights = [chart_axes.NOTHING if empty else 0 if name == forecast.REACH else chart_axes.FEWEST for name in names]
    drawn = [
        charts_of(committed, trend.SHEET)[0],
        *charts_of(committed, forecast.SHEET),
        *charts_of(committed, outlook.SHEET),
    ]
    for chart, name, height in zip(drawn, names, heights, strict=True):
        place = reached(book, name)
        assert re.findall(r"<val><numRef><f>([^<]*)</f>", chart)[-1] == place
        sheet, _, cell = place.replace("$", "").partition("!")
        assert book[sheet.strip("'")][cell].value == height
        shown = chart_axes.NUMBERS.replace("&", "&amp;").replace(">", "&gt;").replace('"', "&quot;")
        assert f'<numFmt formatCode="{shown}"' in chart
        assert "Gridlines" not in chart, "they would be seen where nothing is drawn"


def test_the_forecasts_chart_draws_its_block(committed: Path, book: Workbook) -> None:
    (chart,) = charts_of(committed, forecast.SHEET)
    ((_, block),) = book.defined_names[forecast.DRAWN].destinations
    left, top, right, bottom = bounds(block)
    months, invoiced, expected, low, band, planned = [
        f"'Forecast'!${letter}${top}:${letter}${bottom}" for letter in map(get_column_letter, range(left, right + 1))
    ]
    *values, _ = re.findall(r"<val><numRef><f>([^<]*)</f>", chart)
    assert values == [low, band, planned, invoiced, expected], "the band is behind the columns, they behind the lines"
    assert set(re.findall(r"<cat><strRef><f>([^<]*)</f>", chart)) == {months}
    assert re.findall(r'<symbol val="(\w+)"/>', chart) == ["circle", "circle", "none"], "a month alone is seen too"
    assert '<grouping val="stacked"/>' in chart, "the band is what lies above its lower end"
    assert '<legendEntry><idx val="0"/><delete val="1"/></legendEntry>' in chart, "which is not seen"
    assert book[forecast.SHEET].print_area == "'Forecast'!$A$1:$O$1048576"
    assert left > column_index_from_string("O"), "what it is drawn from is not printed"
    assert [book[forecast.SHEET].cell(top - 1, column).value for column in range(left, right + 1)] == list(
        forecast.CHART_COLUMNS
    )


def test_the_facts_of_the_forecast_are_named_and_its_rules_folded_away(book: Workbook) -> None:
    sheet = book[forecast.SHEET]
    ((_, block),) = book.defined_names[forecast.FACT].destinations
    left, top, _, bottom = bounds(block)
    named = [sheet.cell(row, left - 1).value for row in range(top, bottom + 1)]
    assert named[:: forecast.FACT_ROWS] == list(forecast.FACTS)
    rules = {str(area.sqref): [rule.formula for rule in area.rules] for area in sheet.conditional_formatting}
    assert rules[f"K{top}:K{bottom}"] == [[f'$L{top}=""']], "no names without facts"
    ((_, block),) = book.defined_names[forecast.LINES].destinations
    _, top, _, bottom = bounds(block)
    assert all(sheet.row_dimensions[row].hidden and sheet.row_dimensions[row].outlineLevel == 1
               for row in range(top, bottom + 1))  # fmt: skip
    assert not sheet.row_dimensions[top - 1].hidden


def test_amounts_of_any_size_are_seen_on_the_forecast(book: Workbook) -> None:
    sheet = book[forecast.SHEET]
    for name in (forecast.MONTHS, forecast.LINES):
        ((_, block),) = book.defined_names[name].destinations
        left, top, right, bottom = bounds(block)
        cells = [sheet.cell(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
        assert all(cell.alignment.shrink_to_fit for cell in cells)


def test_amounts_of_any_size_are_seen_everywhere(book: Workbook) -> None:
    amounts = [
        cell for ws in worksheets(book) for row in ws.iter_rows() for cell in row
        if cell.number_format == Format.AMOUNT.value
    ]  # fmt: skip
    assert {cell.parent.title for cell in amounts} >= {"Portfolio", "Clients", "Transactions", "Actions", "Trend"}
    assert [str(cell) for cell in amounts if not cell.alignment.shrink_to_fit] == []


def test_the_guide_tells_every_segment_and_formula(book: Workbook) -> None:
    texts = {str(cell.value) for row in book[guide.SHEET].iter_rows() for cell in row if cell.value}
    assert {each.value for each in Segment} <= texts
    assert {each.advice for each in Segment} <= texts
    assert {each.icon for each in Segment} <= texts
    assert {formula for formula, _ in guide.FORMULAS} <= texts
    assert {rule.formula for rule in Rule} <= texts
    assert {each.value for each in (*Shape, *Heading)} <= texts
    assert {text for _, text in (*guide.TERMS, *guide.STEPS)} <= texts
    assert not [cell for row in book[guide.SHEET].iter_rows() for cell in row if cell.data_type == "f"]


def test_the_add_in_leaves_the_workbooks_folder_off_the_path(book: Workbook) -> None:
    row = next(book[build.XLWINGS_SHEET].iter_rows(values_only=True))
    assert row == ("ADD_WORKBOOK_TO_PYTHONPATH", False)


def test_dates_of_the_snapshot_are_shown_as_dates(book: Workbook) -> None:
    sheet = book[snapshot.SHEET]
    assert sheet.cell(snapshot.AS_OF_ROW, 2).number_format == Format.DATE.value
    assert sheet.cell(snapshot.REFRESHED_ROW, 2).number_format == Format.MOMENT.value


@pytest.mark.parametrize(("sheet", "table", "corner"), LISTS, ids=[table.name for _, table, _ in LISTS])
def test_a_list_has_its_columns_and_nothing_below(book: Workbook, sheet: str, table: Table, corner: str) -> None:
    drawn = book[sheet].tables[table.name]
    assert drawn.ref.startswith(f"{corner}:")
    assert [each.name for each in drawn.tableColumns] == table.headers
    left, top, right, _ = bounds(drawn.ref)
    for number, column in zip(range(left, right + 1), table.columns, strict=True):
        assert book[sheet].cell(top, number).value == column.header
        assert book[sheet].cell(top + 1, number).number_format == column.format.value
        assert book[sheet].column_dimensions[get_column_letter(number)].width >= len(column.header) + 1
    for name in PAGES[sheet]:
        ((_, cells),) = book.defined_names[name].destinations
        assert bounds(cells)[3] < top, f"{name} would be run over"
    pictures = [each.anchor for page in worksheets(book) if page.title == sheet for each in page._charts]  # type: ignore[attr-defined]  # there is no public one
    assert all(each.to.row <= top for each in pictures)
    assert not [each for each in book[sheet].merged_cells.ranges if each.max_row >= top]


@pytest.mark.parametrize(
    ("page", "name"),
    [(movements, movements.NOTE), (trend, trend.NOTE), (outlook, outlook.NOTE), (forecast, forecast.NOTE)],
)
def test_before_the_first_refresh_a_page_says_so(page: ModuleType, name: str) -> None:
    book = load_workbook(build.TEMPLATE)
    ((sheet, cell),) = book.defined_names[name].destinations
    assert book[sheet][cell].value == page.FIRST_WORDS


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_can_be_read_on_its_background(book: Workbook) -> None:
    for sheet in worksheets(book):
        for row in sheet.iter_rows():
            for cell in row:
                ink = str(cell.font.color.rgb)[2:] if cell.font.color and cell.font.color.type == "rgb" else palette.INK
                paper = str(cell.fill.start_color.rgb)[2:] if cell.fill.fill_type else palette.PAPER
                if cell.value is not None:
                    assert contrast(ink, paper) >= 4.5, f"{sheet.title}!{cell.coordinate}"
    for color in (palette.ALERT, palette.GOOD, palette.ACCENT, palette.MUTED):
        assert contrast(color, palette.PAPER) >= 4.5
    for tint in (*palette.TINTS.values(), palette.BETTER_TINT, palette.WORSE_TINT, palette.BAND, palette.BAR):
        assert contrast(palette.INK, tint) >= 7
        assert contrast(palette.MUTED, tint) >= 4.5


def test_a_sheet_is_styled_in_one_face(book: Workbook) -> None:
    faces = {cell.font.name for sheet in worksheets(book) for row in sheet.iter_rows() for cell in row}
    assert faces == {styles.FONT, styles.MONOSPACED}
