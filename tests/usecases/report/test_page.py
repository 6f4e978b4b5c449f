"""The report: what it shows, that it is safe to send, and how a real browser shows it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import html
from openpyxl.utils.cell import coordinate_to_tuple
from typer.testing import CliRunner

from docs.pictures import report as shown
from kopilot_xl import open_book, refresh
from kopilot_xl._version import __version__
from kopilot_xl.cli.group import app
from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import first_day, month_of
from kopilot_xl.domain.portfolio import Summary, do_next
from kopilot_xl.domain.rules import DEFAULT
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Segment
from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.usecases.report.charts import (
    STACK,
    Column,
    amount_in_short,
    histogram,
    stacked,
    steps,
    steps_around_zero,
)
from kopilot_xl.usecases.report.content import DEPARTURES_ROWS, MOVES_ROWS
from kopilot_xl.usecases.report.page import report
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.sample import COMPANY, SAMPLE_DATE, SAMPLE_MOMENT
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import forecast, history, movements, outlook, palette, portfolio, trend
from kopilot_xl.workbook.tables.problems import Kind
from tests import chromium as browser
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio
from tests.systems import MAKES_LINKS

EVIL = "<script>alert(1)</script>\"'&"


def written(path: Path, as_of: date | None = None) -> Any:
    """A book's report, parsed."""
    target = path.with_suffix(".html")
    report(open_book(path), as_of, output=target, now=NOW)
    return parsed(target)


def parsed(page: Path) -> Any:
    return html.fromstring(page.read_text(encoding="utf-8"))


def text(element: Any) -> str:
    return " ".join(element.text_content().split())


def table(page: Any, caption: str) -> list[list[str]]:
    """The rows of the table whose caption starts so, its headings first."""
    (found,) = [each for each in page.iter("table") if text(each.find("caption")).startswith(caption)]
    return [[text(cell) for cell in row.iterchildren("th", "td")] for row in found.iter("tr")]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the sample, its workbook beside it."""
    return shown.make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def refreshed(sample: Path) -> RefreshResult:
    """What a refresh of the same workbook finds."""
    return refresh(
        open_book(sample.with_suffix(".xlsm")),
        SAMPLE_DATE,
        output=sample.with_name("refreshed.xlsm"),
        now=SAMPLE_MOMENT,
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a workbook that is full of markup."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.xlsm"
    make_portfolio(
        path,
        client_rows=[[each[0], f"{EVIL}{'long' * 40 if at == 1 else ''}", each[2]] for at, each in enumerate(CLIENTS)],
        transaction_rows=[*TRANSACTIONS, [EVIL, date(2026, 1, 1), EVIL, EVIL, EVIL]],
        settings={"Company": EVIL, "Currency": "</style>"},
    )
    report(open_book(path), AS_OF, output=path.with_suffix(".html"), now=NOW)
    return path.with_suffix(".html")


# what it shows


def test_the_figures_are_those_of_a_refresh(sample: Path, refreshed: RefreshResult) -> None:
    page, summary = parsed(sample), refreshed.summary
    assert text(page.find(".//h1")) == COMPANY
    assert text(page.find(".//header")).endswith(formatting.day(SAMPLE_DATE))
    assert text(page.find(".//h2")) == f"{summary.shape.icon} {summary.shape}"
    assert summary.words in text(page)
    assert [text(each) for each in page.find_class("checks")[0]] == [
        f"{'✓Passed:' if each.passed else '✗Failed:'} {each.text}" for each in summary.checks
    ]
    _, *bars, total = table(page, "The portfolio in numbers")
    assert bars == [
        [
            f"{each.icon} {each}",
            f"{summary.counts[each]:,}",
            "" if (share := summary.share(each)) is None else f"{share:.0%}",
            formatting.whole(summary.values[each]),
            "" if (share := summary.share_of_value(each)) is None else f"{share:.0%}",
        ]
        for each in BARS
    ]
    assert total == ["Portfolio", f"{summary.size:,}", "100%", formatting.whole(summary.value(PORTFOLIO)), "100%"]
    assert summary.tilt is not None
    assert f"By clients: {summary.tilt:+.2f}" in text(page).replace("−", "-")
    assert portfolio.outside(summary) in text(page)
    assert portfolio.found(refreshed.count(Kind.PROBLEM), refreshed.count(Kind.NOTICE)) in text(page)
    assert text(page.find(".//footer")) == f"Computed on 1 July 2026, 08:30 by Kopilot XL {__version__}."


def test_whom_to_turn_to_in_the_order_of_the_portfolio_sheet(sample: Path, refreshed: RefreshResult) -> None:
    page = parsed(sample)
    for heading, clients in do_next(refreshed.clients).items():
        room = portfolio.DO_NEXT_ROWS[heading]
        rows = table(page, f"{heading}: whom to turn to")[1:]
        assert [row[0] for row in rows] == [f"{each.name} {each.id}" for each in clients[:room]]
        assert [row[5] for row in rows] == [each.next_action for each in clients[:room]]
        assert f"… and {formatting.count(len(clients) - room, 'more client')}" in text(page)


def cells(book: FileBook, name: str, blocks: dict[str, tuple[int, int]]) -> list[list[Value]]:
    """What a refresh wrote into a named block."""
    sheet, place = book.cell_address(name).split("!")
    row, column = coordinate_to_tuple(place)
    values, (down, right) = book.sheet_values(sheet.strip("'")), blocks[name]
    rows = [(values[at] if at < len(values) else [])[column - 1 :] for at in range(row - 1, row - 1 + down)]
    return [[line[at] if at < len(line) else None for at in range(right)] for line in rows]


def date_in_short(value: Any) -> str:
    return f"{value.day} {value:%b %Y}" if value else ""


def number(value: Any) -> str:
    return "" if value is None else formatting.whole(value)


def tilt(value: Any) -> str:
    return "none" if value is None else formatting.tilt(value).replace("-", "−")


@pytest.fixture(scope="module")
def book(sample: Path, refreshed: RefreshResult) -> FileBook:
    """The workbook a refresh wrote where the report only looked."""
    return open_book(sample.with_name("refreshed.xlsm"))


def test_the_past_is_that_of_the_history_sheet(sample: Path, book: FileBook) -> None:
    rows = history.TABLE.of(book)
    columns = {each: rows.values(each) for each in history.TABLE.columns}
    told = [
        [
            date_in_short(columns[history.DATE][at]),
            *(number(columns[history.COUNTS[each]][at]) for each in BARS),
            number(columns[history.SIZE][at]),
            tilt(columns[history.TILT][at]),
            tilt(columns[history.TILT_BY_VALUE][at]),
            columns[history.SHAPE][at],
        ]
        for at in sorted(range(len(rows.data.rows)), key=lambda at: str(columns[history.DATE][at]), reverse=True)
    ]
    assert len(told) == history.TREND_DATES
    assert table(parsed(sample), "History in numbers")[1:] == told


def test_the_movements_are_those_of_their_sheet(sample: Path, book: FileBook) -> None:
    page = parsed(sample)
    section = text(page.get_element_by_id("movements"))
    assert str(book.cell(movements.NOTE)) in section
    totals = cells(book, movements.TOTALS, movements.BLOCKS)
    listed = cells(book, trend.MOVED, trend.BLOCKS)
    starts = [next(at for at, row in enumerate(listed) if row[0] == kind) for kind in (trend.BETTER, trend.WORSE)]
    for start, (_, heading), (count, value) in zip(starts, movements.LISTS.values(), totals, strict=False):
        assert count is not None
        rows = listed[start + 1 : start + 1 + int(str(count).partition(".")[0])]
        assert {row[0] for row in rows} == {trend.CLIENT}
        assert f"{heading} {formatting.count(len(rows), 'client')}, {number(value)} EUR" in section
        shown = table(page, heading)[1:]
        assert [[name.rpartition(" ")[0], moved, worth] for name, moved, worth in shown] == [
            [str(name), f"{was} → {now}", number(worth)] for _, name, was, now, worth in rows[:MOVES_ROWS]
        ]
    assert section.endswith(f"{number(totals[2][0])} clients stayed where they were.")
    assert [row[1:] for row in table(page, "From where to where")[1:]] == [
        [number(each) for each in row] for row in cells(book, movements.MATRIX, movements.BLOCKS)
    ]


def test_the_days_ahead_are_those_of_their_sheet(sample: Path, book: FileBook) -> None:
    page = parsed(sample)
    section = text(page.get_element_by_id("ahead"))
    assert str(book.cell(outlook.NOTE)) in section
    blocks = (
        (outlook.DATES, outlook.NOBODY, outlook.NOBODY_LEAVING),
        (outlook.PLANS_DATES, outlook.PLANS, outlook.PLANS_LEAVING),
    )
    for (heading, assumption), names in zip(outlook.VARIANTS.values(), blocks, strict=True):
        (dates,), bars, (count, value, share) = (cells(book, each, outlook.BLOCKS) for each in names)
        heads, *rows = table(page, f"{heading}, in numbers")
        assert heads[1:] == [
            f"{date_in_short(on)}{after.lower()}" for on, after in zip(dates, outlook.COLUMNS, strict=True)
        ]
        assert [row[1:] for row in rows] == [
            *([number(each) for each in row] for row in (*bars, count, value)),
            ["", *(formatting.share(float(str(each))) for each in share[1:])],
        ]
        assert f"{heading} {assumption}" in section
    leave = book.table(outlook.DEPARTURES.name).rows
    assert table(page, "Who leaves when")[1:] == [
        [
            f"{name} {ident}", f"{Segment(str(segment)).icon} {segment}", date_in_short(on), number(days),
            date_in_short(last), number(value),
        ]
        for on, days, ident, name, segment, value, last in leave[:DEPARTURES_ROWS]
    ]  # fmt: skip
    assert f"… and {len(leave) - DEPARTURES_ROWS} more clients" in section


def test_both_pictures_of_the_days_ahead_have_one_scale(tmp_path: Path) -> None:
    """One stays only if the plans come true, another joins meanwhile: only then is the portfolio larger than today."""
    clients: list[Sequence[Value]] = [
        ["P", "Stays if invoiced", date(2024, 1, 1)],
        ["F", "Joins later", AS_OF + timedelta(days=25)],
    ]
    plan: list[Sequence[Value]] = [["P", AS_OF + timedelta(days=20), 500.0, "Planned"]]
    page = written(make_portfolio(tmp_path / "book.xlsm", clients, plan), AS_OF)
    sizes = [
        [sum(map(int, day)) for day in zip(*(row[1:] for row in table(page, f"{each}, in numbers")[2:8]), strict=True)]
        for each in ("If nobody acts", "If all plans come true")
    ]
    assert [max(each) for each in sizes] == [1, 2]
    for screen in ("wide", "phone"):
        nobody, plans = page.xpath(f"//section[@id='ahead']//div[@class='{screen}']/svg")
        today = "1 July 2026, New: 1"
        heights = [
            float(each.getparent().find("rect").get("height"))
            for chart in (nobody, plans)
            for each in chart.xpath(f".//title[.='{today}']")
        ]
        assert len(heights) == 2
        assert heights[0] == heights[1]


def test_the_forecast_is_that_of_the_refresh(sample: Path, refreshed: RefreshResult) -> None:
    page, told = parsed(sample), refreshed.forecast
    assert told is not None
    assert told.expected is not None
    months = table(page, "The next twelve months")[1:]
    assert [row[:2] for row in months] == [
        [formatting.month(month), formatting.whole(value)]
        for month, value in zip(told.months, told.expected, strict=True)
    ]
    assert [row[4] for row in months] == [formatting.whole(each.total) for each in refreshed.prepared]
    assert [row[2:4] for row in months] == [
        [formatting.whole(low or 0), formatting.whole(high or 0)]
        for low, high in zip(told.low or (), told.high or (), strict=True)
    ]
    assert [row[5:] for row in months] == [
        [f"{each.total / value:.0%}", f"{each.to_call:,}"]
        for each, value in zip(refreshed.prepared, told.expected, strict=True)
    ]
    rules = {row[0]: row[1:] for row in table(page, "What is mixed, rule by rule")[1:]}
    assert list(rules) == ["Mixed", *(rule.value for rule in told.rules)]
    mix = told.mix
    assert mix is not None
    assert mix.accuracy is not None
    assert mix.accuracy.of_total is not None
    assert rules["Mixed"] == [
        "100%", formatting.whole(sum(mix.months)), formatting.whole(mix.landing), formatting.whole(mix.accuracy.error),
        f"{mix.accuracy.of_total:.0%}", f"{mix.accuracy.dates}",
    ]  # fmt: skip
    assert forecast.note(told, refreshed.prepared) in text(page)
    assert all(each in text(page) for each in forecast.explanation(told, refreshed.prepared, refreshed.clients))


def drawing(page: Any, shown: str) -> Any:
    """The chart of the forecast, as it is for a `wide` screen or for a `phone`."""
    (found,) = page.xpath(f"//section[@id='forecast']//div[@class='{shown}']/svg")
    return found


def told_by(chart: Any, series: str, shape: str) -> dict[str, Any]:
    """The shapes of a series, by what is said of them under the pointer."""
    return {
        title.text: title.getparent().find(shape) for title in chart.xpath(f".//g[@class='{series}']//title")
    }  # fmt: skip


def points(chart: Any, series: str) -> list[tuple[float, float]]:
    """Where the line of a series, or the outline of an area, goes."""
    (path,) = chart.xpath(f".//g[@class='{series}']/path/@d")
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_the_months_sold_expected_and_planned_are_drawn_to_one_scale(sample: Path, refreshed: RefreshResult) -> None:
    told = refreshed.forecast
    assert told is not None
    assert told.expected is not None
    chart = drawing(parsed(sample), "wide")
    (foot,) = [float(each.get("y")) + float(each.get("height")) for each in chart.xpath(".//rect")[:1]]
    sold, expected = told_by(chart, "sold", "circle"), told_by(chart, "expected", "circle")
    last_year = told.past.totals[-24:-1]
    assert list(sold) == [
        f"{formatting.month(first_day(month_of(told.past.as_of) - 23 + at))}, sold: {formatting.whole(value)}"
        for at, value in enumerate(last_year)
    ]
    assert list(expected)[1:] == [
        f"{formatting.month(month)}, expected: {formatting.whole(value)}"
        for month, value in zip(told.months, told.expected, strict=True)
    ]
    heights = [foot - float(each.get("cy")) for each in (*sold.values(), *list(expected.values())[1:])]
    scale = heights[0] / last_year[0]
    assert heights == pytest.approx([each * scale for each in (*last_year, *told.expected)], abs=0.2)

    columns = told_by(chart, "planned", "rect")
    planned = [(formatting.month(each.month), each.total) for each in refreshed.prepared if each.total]
    assert list(columns) == [f"{month}, planned: {formatting.whole(total)}" for month, total in planned]
    assert [float(each.get("height")) for each in columns.values()] == pytest.approx(
        [total * scale for _, total in planned], abs=0.2
    )
    places = {title.partition(",")[0]: float(each.get("cx")) for title, each in expected.items()}
    assert [float(each.get("x")) + float(each.get("width")) / 2 for each in columns.values()] == pytest.approx(
        [places[month] for month, _ in planned], abs=0.2
    )
    outline = points(chart, "band")
    assert [foot - y for _, y in outline] == pytest.approx(
        [(each or 0) * scale for each in (*(told.high or ()), *reversed(told.low or ()))], abs=0.3
    )
    assert [x for x, _ in outline] == [*list(places.values())[1:], *list(places.values())[:0:-1]]


def test_on_a_phone_the_chart_looks_back_one_year(sample: Path) -> None:
    page = parsed(sample)
    wide, phone = drawing(page, "wide"), drawing(page, "phone")
    assert (len(points(wide, "sold")), len(points(phone, "sold"))) == (23, 11)
    assert len(points(wide, "expected")) == len(points(phone, "expected")) == 13
    assert wide.get("aria-label") == phone.get("aria-label")
    assert (len(wide.xpath(".//circle")), phone.xpath(".//circle")) == (36, []), "nothing points at them there"
    names = [each for each in phone.xpath(".//g[@class='axis x']//text()") if each.strip()]
    assert names == ["Aug 2025", "Nov 2025", "Feb 2026", "May 2026", "Aug 2026", "Nov 2026", "Feb 2027", "May 2027"]


def test_what_is_not_checked_yet_has_no_error(tmp_path: Path) -> None:
    rows: list[Sequence[Value]] = [["B2", first_day(month_of(AS_OF) - back), 9.0, "Paid"] for back in range(5)]
    page = written(make_portfolio(tmp_path / "book.xlsm", CLIENTS, rows), AS_OF)
    rules = {row[0]: row[1:] for row in table(page, "What is mixed")[1:]}
    assert rules["Trend"][3:] == ["", "", ""]
    assert "Not checked: the past is too short to try it on." in text(page)


@pytest.mark.parametrize("amount", [-500.0, 0.4, 7.0, 4.2e6, 1e12])
def test_sales_of_any_size_are_drawn(amount: float, tmp_path: Path) -> None:
    rows: list[Sequence[Value]] = [["B2", first_day(month_of(AS_OF) - back), amount, "Paid"] for back in range(30)]
    chart = drawing(written(make_portfolio(tmp_path / "book.xlsm", CLIENTS, rows), AS_OF), "wide")
    _, _, width, height = map(float, chart.get("viewbox").split())
    for name in ("sold", "expected"):
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points(chart, name))
    labels = [each for each in chart.xpath(".//g[starts-with(@class, 'axis y')]//text()") if each.strip()]
    assert labels[0 if amount >= 0 else -1] == "0"
    assert len(labels) >= 2
    assert all(len(each) <= 14 for each in labels)


@pytest.mark.parametrize(
    ("lowest", "highest", "told"),
    [
        (0, 115_000, ["0", "50,000", "100,000"]),
        (-30_000, 115_000, ["0", "50,000", "100,000"]),
        (-120_000, 60_000, ["−100,000", "−50,000", "0", "50,000"]),
        (0, 6_000_000, ["0", "2 million", "4 million", "6 million"]),
        (0, 2_400_000, ["0", "500,000", "1 million", "1.5 million", "2 million"]),
        (0, 1.2e12, ["0", "500 billion", "1,000 billion"]),
    ],
)
def test_an_axis_of_amounts_has_few_round_numbers(lowest: float, highest: float, told: list[str]) -> None:
    assert [amount_in_short(each) for each in steps_around_zero(lowest, highest)] == told


def test_the_first_problems_are_told_and_the_others_counted(sample: Path, refreshed: RefreshResult) -> None:
    page, found = parsed(sample), refreshed.problems
    for at, kind in enumerate(Kind):
        some = [each for each in found if each.kind is kind]
        listed = page.xpath("//section[@id='data']//ul")[at]
        assert len(listed.findall("li")) == min(5, len(some)) > 0
        more = f"… and {formatting.count(len(some) - 5, f'more {kind.value.lower()}')}"
        assert (more in text(page)) == (len(some) > 5)
    assert len([each for each in found if each.kind is Kind.PROBLEM]) > 5


def test_the_last_dates_are_shown_and_those_filled_in_later_are_marked(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(open_book(path), AS_OF, now=NOW, backfill=30)
    page = written(path, AS_OF)
    heads, *rows = table(page, "History in numbers")
    assert [row[0] for row in rows[:2]] == ["1 Jul 2026", "30 Jun 2026"]
    assert (len(rows), heads[-1], rows[0][-1], rows[1][-1]) == (history.TREND_DATES, "Remark", "", "reconstructed")
    drawn = [page.xpath(f"//section[@id='history']//div[@class='{each}']/svg") for each in ("wide", "phone")]
    for wide, phone in zip(*drawn, strict=True):
        last, before = "1 Jul 26", "30 Jun 26"
        assert {last, before, "31 Aug 24"} <= set(wide.itertext())
        assert {last, before, "31 Aug 25"} <= set(phone.itertext())
        assert not {"31 Jul 24", "31 Aug 24"} & set(phone.itertext())


def test_a_column_stands_on_those_without_activity_and_ends_with_those_that_leave() -> None:
    assert [each.value for each in STACK] == [
        "No Activity", "New", "Active", "Sleeping Away", "Hibernating", "Leaving",
    ]  # fmt: skip


def test_counts_beside_and_above_the_charts_are_written_as_in_the_tables() -> None:
    summary = Summary(dict.fromkeys(Segment, 1_500), dict.fromkeys(Segment, 0.0), DEFAULT)
    for drawn, told in (
        (histogram(summary, "columns"), ["1,500"]),
        (stacked([Column("today", "today", summary)], "columns", 480, summary.size), ["2,000", "8,000"]),
    ):
        wide, phone = html.fromstring(f"<div>{drawn}</div>")
        for each in (wide, phone):
            assert set(told) <= {text(shown) for shown in each.iter("text", "tspan")}


def test_shares_are_rounded_as_in_the_workbook(tmp_path: Path) -> None:
    rows: list[Sequence[Value]] = [[f"C{at}", f"Client {at}", date(2026, 5, 1)] for at in range(8)]
    bills: list[Sequence[Value]] = [[f"C{at}", date(2026, 6, 1), 100.0, "Paid"] for at in range(7)]
    page = written(make_portfolio(tmp_path / "book.xlsm", rows, bills), AS_OF)
    shares = [row[2] for row in table(page, "The portfolio in numbers")[1:8]]
    assert shares == ["", "0%", "0%", "0%", "88%", "0%", "13%"], "7 and 1 of 8"
    assert "Few clients have no activity (1 of 8, 13%; limit 25%)" in text(page)
    assert {"88%", "13%"} <= {text(each) for each in page.iter("tspan")}


def test_a_tilt_to_the_left_has_a_true_minus(tmp_path: Path) -> None:
    page = written(make_portfolio(tmp_path / "book.xlsm"), AS_OF)
    assert "By value: −0.17" in text(page)


def test_where_all_are_named_no_more_are_counted(tmp_path: Path) -> None:
    assert "… and" not in text(written(make_portfolio(tmp_path / "book.xlsm"), AS_OF))


def test_the_day_itself_is_shown_as_it_is_now(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    for day in (AS_OF - timedelta(days=1), AS_OF):
        refresh(open_book(path), day, now=NOW)
    book = open_book(path)
    book.write_table(
        "Clients",
        {
            each: [row[at] for row in book.table("Clients").rows[:2]]
            for at, each in enumerate(book.table("Clients").headers[:3])
        },
    )
    book.save()
    now, before = table(written(path, AS_OF), "History in numbers")[1:]
    assert (now[0], now[8], before[8]) == ("1 Jul 2026", "2", "7")


def test_what_is_no_date_and_no_number_in_history_is_passed_over(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    for day in (AS_OF - timedelta(days=2), AS_OF - timedelta(days=1)):
        refresh(open_book(path), day, now=NOW)
    book = openpyxl.load_workbook(path, keep_vba=True)
    heads, first, second = book["History"][book["History"].tables["History"].ref]
    names = [each.value for each in heads]
    first[0].value = "soon"
    second[names.index("Lost")].value, second[names.index("Tilt")].value = "many", True
    book.save(path)
    dates = table(written(path, AS_OF), "History in numbers")[1:]
    assert [row[0] for row in dates] == ["1 Jul 2026", "30 Jun 2026"]
    assert (dates[1][1], dates[1][9]) == ("0", "none")


def test_without_a_past_the_page_says_why_there_is_no_forecast(tmp_path: Path) -> None:
    page = written(make_portfolio(tmp_path / "book.xlsm", transaction_rows=[]))
    assert "There is no forecast yet. It needs 4 whole months of invoices; there is none." in text(page)
    assert page.xpath("//section[@id='forecast']//svg") == []


def test_movements_since_the_refresh_before(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    assert "no earlier date to compare with" in text(written(path))
    refresh(open_book(path), now=NOW)
    later = NOW.date() + timedelta(days=60)
    page = written(path, later)
    assert table(page, "For the worse")[1:] == [
        ["Birch Studio B2", "Sleeping Away → Hibernating", "2,000"],
        ["Dogwood D4", "Leaving → Lost", "700"],
    ]
    assert f"From {formatting.day(NOW.date())} to {formatting.day(later)}" in text(page)
    assert "A look ahead" in text(page.find(".//header"))
    assert table(page, "If nobody acts, in numbers")[0][1].endswith("as of"), "it is not today"


@pytest.mark.parametrize("rows", [0, 1])
def test_a_portfolio_with_next_to_nothing_in_it(rows: int, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", client_rows=CLIENTS[:rows], transaction_rows=TRANSACTIONS[:rows])
    page = written(path)
    assert text(page.find(".//h1")) == "Client portfolio"
    assert ("Empty" in text(page.find(".//h2"))) is (rows == 0)
    assert bool(page.findall(".//figure")) is (rows == 1)
    assert "No one." in text(page)


def test_no_chart_of_the_past_is_empty(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", client_rows=[], transaction_rows=[])
    refresh(open_book(path), AS_OF - timedelta(days=10), now=NOW - timedelta(days=10))
    page = written(path, AS_OF)
    assert len(table(page, "History in numbers")) == 3
    assert page.findall(".//figure") == []
    make_portfolio(path, client_rows=[["G7", "Ginkgo", date(2026, 1, 2)]], transaction_rows=[])
    refresh(open_book(path), AS_OF - timedelta(days=10), now=NOW - timedelta(days=10))
    captions = [text(each) for each in written(path, AS_OF).xpath("//section[@id='history']//figcaption")]
    assert captions == ["The portfolio over time"], "No Activity alone tilts nothing"


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("\U0001f469\u200d\U0001f467 Family", "\U0001f469\u200d\U0001f467 Family"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("turned \u202e round", "turned \ufffd round"),
        ("  two\n lines ", "two lines"),
        ("W" * 121, "W" * 119 + "…"),
        ("W" * 120, "W" * 120),
    ],
)
def test_a_name_is_shown_with_what_belongs_to_its_letters(name: str, shown_as: str, tmp_path: Path) -> None:
    rows: list[Sequence[Value]] = [["B2", name, date(2024, 2, 1)]]
    page = written(make_portfolio(tmp_path / "book.xlsm", client_rows=rows), AS_OF)
    assert page.xpath("//section[@id='next']//th/bdi[1]/text()") == [shown_as]


def test_a_large_portfolio_makes_no_large_page(tmp_path: Path) -> None:
    clients: list[Sequence[Value]] = [
        [f"C{at}", f"Client number {at} & Partners", date(2023, 1, 1)] for at in range(10_000)
    ]
    invoices: list[Sequence[Value]] = [
        [f"C{at}", AS_OF - timedelta(days=at % 450), 100.0 + at, "Paid"] for at in range(3_000)
    ]
    path = make_portfolio(tmp_path / "book.xlsm", client_rows=clients, transaction_rows=invoices)
    page = written(path)
    assert path.with_suffix(".html").stat().st_size < 300_000
    assert "more clients" in text(page)


def test_round_numbers_beside_a_chart() -> None:
    assert [steps(each) for each in (0, 1, 4, 97, 2_600)] == [
        [0, 1], [0, 1], [0, 1, 2, 3, 4], [0, 20, 40, 60, 80], [0, 1000, 2000],
    ]  # fmt: skip


# what it writes


def test_nothing_is_written_into_the_workbook(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["report", str(path), "--as-of", "2026-07-01"])
    assert (result.exit_code, path.read_bytes()) == (0, before)
    assert "shows the portfolio as of 2026-07-01" in result.stdout
    assert sorted(each.name for each in tmp_path.iterdir()) == ["book.html", "book.xlsm"]


def test_what_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "no portfolio.xlsx")
    book = open_book(tmp_path / "no portfolio.xlsx")
    with pytest.raises(SaveError, match="there is no folder"):
        report(book, output=tmp_path / "nowhere" / "page.html")
    with pytest.raises(BookError, match="is not a Kopilot workbook"):
        report(book, output=tmp_path / "page.html")


def test_a_page_that_is_there_is_replaced_and_a_workbook_never(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    page = tmp_path / "page.html"
    page.write_text("<html>of somebody else</html>")
    with pytest.raises(SaveError, match="is not a result that may be replaced"):
        report(open_book(path), AS_OF, output=page, now=NOW)
    report(open_book(path), AS_OF, output=page, force=True, now=NOW)
    assert "somebody else" in (tmp_path / "page.html.kopilot-backup").read_text()
    once = page.read_bytes()
    report(open_book(path), AS_OF, output=page, now=NOW)
    assert page.read_bytes() == once
    assert report(open_book(path), AS_OF, output=tmp_path / "PAGE.HTM", now=NOW).path.read_bytes() == once
    before = path.read_bytes()
    targets = [path, tmp_path / "page.pdf"]
    if MAKES_LINKS:
        targets.append(tmp_path / "link.html")
        targets[-1].symlink_to(path)
    for target in targets:
        with pytest.raises(SaveError, match=r"\.html"):
            report(open_book(path), output=target)
    assert path.read_bytes() == before
    assert not (tmp_path / "page.pdf").exists()


def test_its_libraries_are_loaded_by_this_command_only(tmp_path: Path) -> None:
    make_portfolio(tmp_path / "book.xlsm")
    code = (
        "import sys\nfrom kopilot_xl.cli import main\nsys.argv = ['kopilot-xl', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    pass\n"
        "print('LOADED', sorted({'pygal', 'jinja2', 'markupsafe'} & sys.modules.keys()))"
    )
    for arguments in (["report", "--help"], ["check", str(tmp_path / "book.xlsm")]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=True,
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "LOADED []"


def test_the_picture_in_the_documentation_shows_the_report_as_it_is(sample: Path) -> None:
    told = json.loads(shown.SOURCE.read_text(encoding="utf-8"))
    assert told == {"source": shown.source(sample)}, "run python -m docs.pictures.report"
    assert (shown.HERE / "report.png").stat().st_size < 300_000


# safe to send


@pytest.fixture(params=["sample", "hostile"])
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def test_it_needs_nothing_but_itself(page: Path) -> None:
    tree = parsed(page)
    assert not {each.tag for each in tree.iter() if isinstance(each.tag, str)} & {
        "script", "link", "iframe", "object", "embed", "img", "image", "use", "base", "form", "foreignobject",
    }  # fmt: skip
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), (element.tag, name)
            assert name not in {"src", "srcset", "style", "action", "formaction", "xlink:href"}, (element.tag, name)
            if name == "href":
                assert tree.get_element_by_id(value.removeprefix("#")) is not None
    (style,) = tree.iter("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_the_policy_lets_only_its_own_style_in(page: Path) -> None:
    tree = parsed(page)
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    digest = base64.b64encode(hashlib.sha256(next(tree.iter("style")).text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert tree.xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]


def test_a_client_called_script_is_a_client_called_script(hostile: Path) -> None:
    source, tree = hostile.read_text(encoding="utf-8"), parsed(hostile)
    assert "<script" not in source.casefold()
    assert source.count("</style>") == 1
    assert text(tree.find(".//h1")) == EVIL
    assert EVIL in tree.find(".//title").text
    assert [row[0] for row in table(tree, "Decide")[1:]] == [f"{EVIL} G7"]
    assert table(tree, "The portfolio in numbers")[0][3] == "Value, </style>"
    assert EVIL in " ".join(row[0] for row in table(tree, "Keep"))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 has it, 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", [palette.PAPER, palette.BAND])
@pytest.mark.parametrize("letters", [palette.INK, palette.MUTED, palette.ACCENT, palette.ALERT, palette.GOOD])
def test_every_text_can_be_read_by_day_and_at_night(letters: str, ground: str) -> None:
    assert contrast(letters, ground) >= 4.5
    assert contrast(palette.AT_NIGHT[letters], palette.AT_NIGHT[ground]) >= 4.5


@pytest.mark.parametrize("colours", [{}, palette.AT_NIGHT], ids=["by day", "at night"])
def test_every_line_of_the_forecast_can_be_seen(colours: dict[str, str]) -> None:
    ground = colours.get(palette.PAPER, palette.PAPER)
    assert contrast(colours.get(palette.SOLD, palette.SOLD), ground) >= 4.5
    assert contrast(colours.get(palette.EXPECTED, palette.EXPECTED), ground) >= 4.5


# in a real browser

in_chromium = [
    pytest.mark.chromium,
    pytest.mark.skipif(bool(browser.MISSING), reason=f"{' and '.join(browser.MISSING)} not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Chromium]:
    with browser.chromium() as running:
        yield running


def marked(test: Any) -> Any:
    for each in in_chromium:
        test = each(test)
    return test


@marked
def test_it_loads_without_a_word_and_without_the_network(page: Path, chromium: browser.Chromium) -> None:
    chromium.open(page)
    assert chromium.requests() == [page.as_uri()]
    assert chromium.messages() == []
    assert chromium.run("return getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 79, 114)"
    chromium.run("fetch('https://example.com/').catch(() => 0); document.body.append(new Image())")
    assert any("Content Security Policy" in each for each in chromium.messages())


@marked
def test_it_is_light_or_dark_as_the_screen_is(sample: Path, chromium: browser.Chromium) -> None:
    grounds = []
    for dark in (False, True):
        chromium.open(sample, dark=dark)
        grounds.append(chromium.run("return getComputedStyle(document.body).backgroundColor"))
        picture = chromium.picture(1000)
        assert struct.unpack(">II", picture[16:24])[1] == 1000
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 24, 31)"]


@marked
@pytest.mark.parametrize("width", [320, 375, 700, 1180])
def test_no_screen_is_too_narrow(width: int, page: Path, chromium: browser.Chromium) -> None:
    chromium.open(page, width=width)
    assert chromium.run("return document.documentElement.scrollWidth") <= width
    assert chromium.run("return window.innerWidth") == width


@marked
@pytest.mark.parametrize("width", [375, 1180])
def test_what_a_screen_reader_is_told(
    width: int, sample: Path, refreshed: RefreshResult, chromium: browser.Chromium
) -> None:
    chromium.open(sample, width=width)
    told = chromium.accessibility()

    def named(role: str) -> list[str]:
        return [each["name"] for each in told if each["role"] == role]

    assert [each["name"] for each in told if each["role"] == "heading" and each["level"] == 1] == [COMPANY]
    assert [each["name"].strip() for each in told if each["role"] == "heading" and each["level"] == 2] == [
        refreshed.summary.shape.value, "Do next", "History", "Movements", "Days ahead", "Forecast", "Data",
    ]  # fmt: skip
    levels = [each["level"] for each in told if each["role"] == "heading"]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    roles = [each["role"] for each in told]
    assert [roles.count(each) for each in ("banner", "navigation", "main", "contentinfo")] == [1, 1, 1, 1]
    pictures = named("image") + named("img")
    assert len(pictures) == 8
    assert all(len(each) > 40 for each in pictures)
    assert "Active 48" in pictures[0]
    assert [each for each in named("table") if not each] == []
    assert len(named("table")) == 13
    assert "Days left" in named("columnheader")
    assert "Fromagerie des Trois Vals 1043" in named("rowheader")
    assert len(named("row")) > 80


@marked
def test_it_prints_on_a_few_sheets_of_a4(sample: Path, chromium: browser.Chromium, tmp_path: Path) -> None:
    chromium.open(sample, dark=True)
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(chromium.paper())
    told = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, encoding="utf-8", check=True).stdout
    assert "A4" in told
    pages = re.search(r"Pages:\s+(\d+)", told)
    assert pages is not None
    assert 4 <= int(pages[1]) <= 8
    words_on_paper = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, encoding="utf-8", check=True)
    assert "Fromagerie des Trois Vals" in words_on_paper.stdout
    assert "On this page" not in words_on_paper.stdout
    sheets = [" ".join(each.split()) for each in words_on_paper.stdout.split("\f")]
    for heading, end in (
        ("Movements", "99 clients stayed where they were."),
        ("Planned revenue is invoiced on its date", "If nobody acts, in numbers"),
        ("Who leaves when, if nobody acts", "Hofladen Apfelgrund"),
        ("About 880,000 in the next twelve months", "month by month, EUR"),
        ("The next twelve months", "July 2027"),
    ):
        (found,) = [each for each in sheets if heading in each]
        assert end in found.partition(heading)[2], f"{heading} stands apart from what it is about"


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a workbook of clients with long names that are worth thousands of millions."""
    path = tmp_path_factory.mktemp("rich") / "rich.xlsm"
    names = ["W" * 100, "Donaudampfschifffahrtsgesellschaft " * 3, "北京科技有限公司" * 12, "شركة النور للتجارة " * 6]
    make_portfolio(
        path,
        client_rows=[[row[0], names[at % 4], row[2]] for at, row in enumerate(CLIENTS)],
        transaction_rows=[[row[0], row[1], 1e6 * float(str(row[2])), *row[3:]] for row in TRANSACTIONS],
    )
    report(open_book(path), AS_OF, output=path.with_suffix(".html"), now=NOW)
    return path.with_suffix(".html")


def words_of(paper: bytes) -> list[Any]:
    return list(html.fromstring(paper).iter("word"))


@marked
def test_nothing_is_cut_off_on_paper(rich: Path, chromium: browser.Chromium, tmp_path: Path) -> None:
    chromium.open(rich)
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(chromium.paper())
    told = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, check=True).stdout
    margin, width = (length / 25.4 * 72 for length in (13, 210))
    places = [(each.text, *(float(str(each.get(side))) for side in ("xmin", "xmax"))) for each in words_of(told)]
    assert len(places) > 500
    assert [word for word, left, right in places if left < margin - 1 or right > width - margin + 1] == []


@marked
@pytest.mark.parametrize("width", [375, 1180])
def test_the_words_of_a_chart_lie_in_it_and_apart(
    width: int, page: Path, rich: Path, chromium: browser.Chromium
) -> None:
    for each in (page, rich):
        chromium.open(each, width=width)
        places = chromium.run(
            """return [...document.querySelectorAll('svg')].filter(svg => svg.getClientRects().length).map(svg => {
            const box = each => { const {left, right, top, bottom} = each.getBoundingClientRect();
                                  return [left, right, top, bottom] };
            return [box(svg), [...svg.querySelectorAll('text')].filter(each => each.textContent.trim()).map(
                each => [each.textContent, each.hasAttribute('transform'), ...box(each)])] })"""
        )
        assert places
        for (left, right, top, bottom), words_in_it in places:
            for at, (word, turned, x, to_x, y, to_y) in enumerate(words_in_it):
                assert left - 1 <= x <= to_x <= right + 1, word
                assert top - 1 <= y <= to_y <= bottom + 1, word
                for other, also_turned, x2, to_x2, y2, to_y2 in words_in_it[:at]:
                    apart = x > to_x2 - 1 or x2 > to_x - 1 or y > to_y2 - 2 or y2 > to_y - 2
                    assert apart or (turned and also_turned), (word, other)


@marked
def test_on_a_phone_a_table_keeps_its_title_and_its_rows_their_names(sample: Path, chromium: browser.Chromium) -> None:
    chromium.open(sample, width=375)
    places = chromium.run(
        """return [...document.querySelectorAll('.scroll')].map(region => { region.scrollLeft = 60;
        const {left, right} = region.getBoundingClientRect(); const title = document.createRange();
        title.selectNodeContents(region.querySelector('caption'));
        return [region.scrollLeft, left, right, title.getBoundingClientRect().left, title.getBoundingClientRect().right,
                ...[...region.querySelectorAll('th:first-child')].map(each => each.getBoundingClientRect().left)] })"""
    )
    assert sum(moved > 0 for moved, *_ in places) >= 6
    for _, left, right, title, title_to, *names in places:
        assert left <= title <= title_to <= right
        assert {round(each - left) for each in names} == {0}
