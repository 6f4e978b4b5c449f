"""The portfolios of many workbooks in one table, on a screen and as a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from rich.console import Console

from kopilot_xl.cli import progress, screen, show_batch
from kopilot_xl.domain.portfolio import Client, Shape, Summary
from kopilot_xl.domain.segments import Segment
from kopilot_xl.errors import SaveError
from kopilot_xl.usecases.batch import summary_table
from kopilot_xl.usecases.batch.lines import Line, worst_first
from kopilot_xl.usecases.news import News
from kopilot_xl.usecases.result import Changes

DAY = date(2026, 7, 1)


def line(book: str, currency: str, *clients: tuple[Segment, float], company: str = "", problems: int = 0) -> Line:
    people = [Client(str(n), str(n), "", segment, value=value) for n, (segment, value) in enumerate(clients)]
    return Line(book, company, DAY, Summary.of(people), currency, problems, notices=2)


MATURE = (*((Segment.ACTIVE, value) for value in (700.0, 200.0, 0.0)), (Segment.LEAVING, 100.25), (Segment.NEW, 1.0))
DECLINING = ((Segment.ACTIVE, 50.0), (Segment.LEAVING, 400.5), (Segment.LEAVING, 0.0), (Segment.LOST, 9.0))
LINES = (
    line("a.xlsm", "EUR", *MATURE, company="Alder Advice", problems=3),
    line("b.xlsm", "CHF", *DECLINING),
    Line("c.xlsm", error="There is no file c.xlsm: check its name and folder."),
    line("d.xlsm", "eur", *DECLINING, company="=1+1", problems=1),
    line("e.xlsm", ""),
    line("f.xlsm", "", *DECLINING),
)


def shown(lines: Sequence[Line]) -> str:
    stream = io.StringIO()
    show_batch.portfolios(screen.Screen(stream), lines)
    return stream.getvalue()


# totals


def test_no_two_currencies_are_added_up() -> None:
    found = summary_table.totals(LINES)
    assert [(each.currency, each.portfolios, each.clients, each.leaving, each.problems) for each in found] == [
        ("EUR", 2, 8, 3, 4),
        ("", 2, 3, 2, 0),
        ("CHF", 1, 3, 2, 0),
    ]
    assert [each.leaving_value for each in found] == [500.75, None, 400.5]


def test_shapes_are_counted_in_the_order_of_the_rules() -> None:
    assert list(summary_table.shapes(LINES).items()) == [(Shape.EMPTY, 1), (Shape.DECLINING, 3), (Shape.MATURE, 1)]


def test_what_leans_to_the_left_comes_first() -> None:
    assert [each.book[0] for each in summary_table.leftmost_first(LINES)] == ["b", "d", "f", "a", "c", "e"]


# on a screen


def test_the_table() -> None:
    assert shown(LINES).splitlines() == [
        "",
        "Workbook                         Company       Shape       Tilt  Clients  Leaving  Leaving value  Problems",
        "a.xlsm                           Alder Advice  Mature     +0.60        5        1        EUR 100         3",
        "b.xlsm                                         Declining  -0.33        3        2        CHF 401         0",
        "c.xlsm                                         failed",
        "d.xlsm                           =1+1          Declining  -0.33        3        2        eur 401         1",
        "e.xlsm                                         Empty       none        0        0              0         0",
        "f.xlsm                                         Declining  -0.33        3        2            401         0",
        "2 portfolios in EUR                                                    8        3        EUR 501         4",
        "2 portfolios without a currency                                        3        2                        0",
        "1 portfolio in CHF                                                     3        2        CHF 401         0",
        "",
        "5 of 6 workbooks done: 1 Empty, 3 Declining, 1 Mature.",
    ]


def test_of_very_many_the_table_shows_those_that_need_it_most() -> None:
    told = shown([line(f"{n:04}.xlsm", "EUR", *(DECLINING if n % 20 == 7 else MATURE)) for n in range(1000)])
    assert told.count(".xlsm") == 50
    assert told.count("Declining  -0.33") == 50
    assert "1,000 portfolios in EUR" in told
    assert "1,000 of 1,000 workbooks done: 50 Declining, 950 Mature." in told
    assert "shows the 50 that lean furthest to the left. --summary FILE writes all of them." in told


def test_of_very_many_those_that_failed_are_told_once_more_at_the_end() -> None:
    failed = [Line(f"{n}.xlsm", error=f"{n}.xlsm is damaged.") for n in range(12)]
    told = shown([*failed, *(line(f"{n:04}.xlsm", "EUR", *MATURE) for n in range(60))]).splitlines()
    assert told[-12:] == ["12 workbooks failed:", *(f"  {n}.xlsm is damaged." for n in range(10)), "  … and 2 more"]
    assert "failed" not in shown([line(f"{n:04}.xlsm", "EUR", *MATURE) for n in range(60)])


def test_a_long_path_stays_whole() -> None:
    path = f"clients/{'x' * 150}.xlsm"
    told = shown([line(path, "EUR", *MATURE), LINES[1]])
    assert path in "".join(each.split(" ")[0] for each in told.splitlines())


@pytest.mark.parametrize(
    ("speed", "said"), [(12.4, "12 a second"), (4.25, "4.2 a second"), (0.5, "30 a minute"), (0.02, "1.2 a minute")]
)
def test_a_pace_as_people_say_it(speed: float, said: str) -> None:
    assert progress.pace(speed) == said


# as a file

HEADERS = [
    "Workbook", "Company", "As of", "Shape", "Tilt", "Tilt by value", "Clients", *(each.value for each in Segment),
    "Currency", "Value", "Leaving value", "Problems", "Notices", "Error", "Decisions rejected", "Compared with",
    "Moved up", "Moved down", "Now lost", "Revenue kept", "Transactions added", "Transactions changed",
    "Clients added", "Transactions vanished",
]  # fmt: skip


def written(ending: str, folder: Path) -> Path:
    target = folder / f"all{ending}"
    summary_table.SummaryFile.of(target, [folder / "a.xlsm"]).write(LINES)
    return target


def test_csv(tmp_path: Path) -> None:
    header, first, _, failed, formula, *_ = written(".csv", tmp_path).read_text().splitlines()
    assert header.split(",") == HEADERS
    assert (
        first == "a.xlsm,Alder Advice,2026-07-01,Mature,0.6,0.7998,5,0,1,3,0,0,1,0,0,EUR,1001.25,100.25,3,2,,0,,,,,,,,,"
    )
    assert failed == f"c.xlsm{',' * 20}There is no file c.xlsm: check its name and folder.{',' * 10}"
    assert formula.split(",")[1] == "'=1+1"


def test_parquet(tmp_path: Path) -> None:
    table = pl.read_parquet(written(".parquet", tmp_path))
    assert table.columns == HEADERS
    assert [str(table.schema[each]) for each in ("As of", "Tilt", "Clients", "Company")] == [
        "Date", "Float64", "Int64", "String",
    ]  # fmt: skip
    assert table["Company"].to_list() == ["Alder Advice", None, None, "=1+1", None, None]
    assert table["Leaving value"].to_list() == [100.25, 400.5, None, 400.5, 0.0, 400.5]
    assert table["Problems"].to_list() == [3, 0, None, 1, 0, 0]


def test_xlsx(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(".XLSX", tmp_path))[summary_table.FIGURES]
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == HEADERS
    assert len(rows) == 1 + len(LINES)
    first = dict(zip(HEADERS, rows[1], strict=True))
    assert (first["As of"].date(), first["Tilt"], first["Value"]) == (DAY, 0.6, 1001.25)  # type: ignore[union-attr]  # a day reads as a datetime
    assert rows[4][1] == "=1+1"
    assert sheet["B5"].data_type == "s", "it must never be computed"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.freeze_panes == "B2"
    formats = {each.value: below.number_format for each, below in zip(sheet[1], sheet[2], strict=True)}
    assert (formats["Tilt"], formats["Value"], formats["As of"]) == ("0.00", "#,##0", "yyyy-mm-dd")
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.cell(4, HEADERS.index("Error") + 1).alignment.wrap_text, (
        "or the page is printed as wide as the longest error"
    )


CHANGED = Line(
    "Clients/alder/P.xlsm", "Alder Advice", DAY, LINES[0].summary, "EUR", 3, 0, "", 1,
    Changes(date(2026, 6, 1), 2, 5, 1), 0.82, News(transactions=12, amount=31_400.0, changed=3, clients=1, vanished=2),
)  # fmt: skip
STOPPED = Line(
    "Clients/birch/P.xlsm", "", DAY, LINES[0].summary, "EUR",
    error="Clients/birch/P.xlsm was refreshed, but not updated: there is nobody called anna@example.com.",
    news=News(stopped="…"),
)  # fmt: skip


def test_a_line_says_what_changed_and_what_needs_attention() -> None:
    assert CHANGED.changed == (
        "+12 transactions (EUR 31,400), 3 changed, +1 client; since 1 June 2026: 2 up, 5 down, 1 of them lost"
    )
    assert CHANGED.needs == [
        "1 decision was rejected", "2 data problems", "2 rows no longer in the export", "1 client is leaving",
    ]  # fmt: skip
    assert STOPPED.name == "birch/P"
    assert STOPPED.needs[0].endswith("there is nobody called ….")


def test_the_worst_comes_first() -> None:
    assert [each.book for each in worst_first([*LINES, CHANGED, STOPPED])] == [
        "c.xlsm", "Clients/birch/P.xlsm", "d.xlsm", "b.xlsm", "f.xlsm", "Clients/alder/P.xlsm", "a.xlsm", "e.xlsm",
    ]  # fmt: skip


def page_of(lines: Sequence[Line], ending: str, folder: Path) -> Path:
    target = folder / f"page{ending}"
    summary_table.SummaryFile.of(target, []).write(lines)
    return target


def test_the_page_of_a_workbook_is_the_first_sheet(tmp_path: Path) -> None:
    (tmp_path / "Clients/alder").mkdir(parents=True)
    target = page_of([*LINES, replace(CHANGED, book=str(tmp_path / "Clients/alder/P.xlsm"))], ".xlsx", tmp_path)
    sheet = openpyxl.load_workbook(target).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == [
        "Company", "Shape", "Clients", "What changed", "Revenue kept", "Value", "Leaving value",
        "What needs attention", "Workbook", "Report",
    ]  # fmt: skip
    assert [row[1] for row in rows[1:8]] == [
        "failed", "Declining", "Declining", "Declining", "Mature", "Mature", "Empty",
    ]  # fmt: skip
    alder = next(cell for cell in sheet["I"] if str(cell.value).endswith("P.xlsm"))
    assert alder.hyperlink.target == "Clients/alder/P.xlsm"
    assert [row[0] for row in rows[8:]] == [
        "3 portfolios in EUR", "2 portfolios without a currency", "1 portfolio in CHF",
    ]  # fmt: skip
    formula = next(cell for cell in sheet["A"] if cell.value == "=1+1")
    assert formula.data_type == "s", "it must never be computed"
    assert sheet["B6"].fill.start_color.rgb != sheet["B9"].fill.start_color.rgb
    again = summary_table.SummaryFile.of(target, [])
    assert not again.backup, "a summary of ours is replaced without a question"


def test_the_page_as_html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page_of([*LINES, CHANGED, STOPPED], ".html", tmp_path).read_text("utf-8")
    assert text.index("c.xlsm") < text.index("birch/P") < text.index("Alder Advice")
    assert "82%" in text
    assert "1 decision was rejected" in text
    assert "anna@example.com" not in text
    assert 'href="Clients/alder/P.xlsm"' in text
    assert text.count("<script") == text.count("http") - text.count("http-equiv") == 0
    page_of(LINES[:1], ".html", tmp_path)  # one of ours is replaced
    (tmp_path / "page.html").write_text("somebody's")
    with pytest.raises(SaveError, match="is there already"):
        summary_table.SummaryFile.of(tmp_path / "page.html", [])


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_figures_are_never_cut_however_narrow_a_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    console = screen.Screen(stream)
    console.console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    big = line("a/long/path/of/a/workbook.xlsm", "EUR", (Segment.LEAVING, 12_345_678.0), company="A company of a name")
    show_batch.portfolios(console, [big, *LINES])
    told = " ".join(stream.getvalue().split())
    assert "EUR 12,345,678" in told
    assert "EUR 12,346,178" in told or "EUR 12,346,179" in told
    assert "…" not in told
    assert max(map(len, stream.getvalue().splitlines())) <= width


def test_a_summary_is_replaced_and_never_written_over(tmp_path: Path) -> None:
    target = written(".csv", tmp_path)
    (tmp_path / "same").hardlink_to(target)
    summary_table.SummaryFile.of(target, []).write(LINES[:1])
    assert len((tmp_path / "same").read_text().splitlines()) == 1 + len(LINES)


def test_a_name_that_no_file_can_hold(tmp_path: Path) -> None:
    for ending in summary_table.SUFFIXES:
        summary_table.SummaryFile.of(tmp_path / f"b{ending}", []).write([line("a\udcff\x07.xlsm", "EUR", *MATURE)])
    assert pl.read_csv(tmp_path / "b.csv")["Workbook"].to_list() == ["a\ufffd\ufffd.xlsm"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("all.txt", "ends in none of .csv, .parquet, .xlsx, .html"),
        ("all", "ends in none of"),
        ("a.xlsx", "is one of the files to read"),
        ("none/all.csv", "there is no folder"),
    ],
)
def test_where_it_cannot_go(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=says):
        summary_table.SummaryFile.of(tmp_path / name, [tmp_path / "a.xlsx"])
