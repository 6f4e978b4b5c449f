"""The same rows give the same numbers, whichever way they are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from typer.testing import CliRunner

from kopilot_xl import check, open_book, refresh, report, segment
from kopilot_xl.cli.group import app
from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import do_next
from kopilot_xl.domain.retention_words import concentration_figures, retention_figures
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Segment
from kopilot_xl.excel import udfs
from kopilot_xl.usecases.forecast import forecast
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import settings, snapshot
from kopilot_xl.workbook.tables.problems import Kind
from tests.portfolios import AS_OF, column
from tests.small_portfolios import PORTFOLIOS


class Doors:
    """A small portfolio, and what a refresh of it finds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refreshed_path = path.with_name("refreshed.xlsm")
        self.found: RefreshResult = refresh(open_book(path), AS_OF, output=self.refreshed_path)


@pytest.fixture(scope="module", params=list(PORTFOLIOS.values()), ids=list(PORTFOLIOS))
def doors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Doors:
    return Doors(request.param.write(tmp_path_factory.mktemp("doors") / "book.xlsm"))


def standing(found: RefreshResult) -> list[tuple[Any, ...]]:
    return [
        (each.id, each.segment, each.last_invoice, each.next_planned, each.leaves_on, each.value)
        for each in found.clients
    ]


def test_there_are_twelve() -> None:
    assert len(PORTFOLIOS) == 12


def test_the_clients_sheet_shows_what_refresh_found(doors: Doors) -> None:
    headers = ("Segment", "Last invoice", "Next planned", "Leaves on", "Value", "Next action")
    written = list(zip(*(column(doors.refreshed_path, "Clients", each) for each in headers), strict=True))
    assert written == [
        (each.segment and each.segment.value, each.last_invoice, each.next_planned, each.leaves_on, each.value,
         each.next_action or None)
        for each in doors.found.clients
    ]  # fmt: skip


def test_check_finds_the_same(doors: Doors) -> None:
    checked = check(open_book(doors.path), AS_OF)
    assert standing(checked) == standing(doors.found)
    assert checked.summary == doors.found.summary
    assert checked.actions == doors.found.actions
    assert (checked.retention, checked.concentration) == (doors.found.retention, doors.found.concentration)
    assert list(map(str, checked.problems)) == list(map(str, doors.found.problems))


def test_segment_finds_the_same(doors: Doors) -> None:
    found = segment(doors.path, doors.path, AS_OF)
    expected = [(key, kind and kind.value, *rest) for key, kind, *rest in standing(doors.found)]
    assert found.rows == expected
    if any(doors.found.actions.values()):
        assert found.actions == doors.found.actions


def test_forecast_finds_the_same(doors: Doors) -> None:
    for found in (forecast(doors.path, as_of=AS_OF), forecast(doors.path, doors.path, AS_OF)):
        assert found.forecast == doors.found.forecast
        assert found.prepared == doors.found.prepared


def test_the_report_shows_the_same(doors: Doors, tmp_path: Path) -> None:
    report(open_book(doors.path), AS_OF, output=tmp_path / "report.html")
    page: Any = html.fromstring((tmp_path / "report.html").read_text(encoding="utf-8"))
    text, summary = " ".join(page.text_content().split()), doors.found.summary
    assert summary.words in text
    assert all(each.text in text for each in summary.checks)
    (bars,) = [
        [[" ".join(cell.text_content().split()) for cell in row.iterchildren("th", "td")] for row in each.iter("tr")]
        for each in page.iter("table")
        if "The portfolio in numbers" in each.find("caption").text_content()
    ]
    assert [(row[1], row[3]) for row in bars[1:]] == [
        *((f"{summary.counts[each]:,}", formatting.whole(summary.values[each])) for each in BARS),
        (f"{summary.size:,}", formatting.whole(summary.value(PORTFOLIO))),
    ]
    figures = [
        *retention_figures(doors.found.retention, doors.found.retention_before),
        *concentration_figures(doors.found.concentration),
    ]
    assert [(each.find("dt").text, each.find("dd").text) for each in page.iterfind(".//dl/div")] == figures
    for clients in do_next(doors.found.clients).values():
        assert all(each.next_action in text for each in clients[:5])


def test_the_functions_in_excel_find_the_same(doors: Doors) -> None:
    book = open_book(doors.path)
    tables = [book.table(name) for name in ("Clients", "Transactions", "Actions")]
    given: list[list[Sequence[Value]]] = [[list(each.headers), *map(list, each.rows)] for each in tables]
    named = [[each.name, book.cell(each.name)] for each in settings.ALL]
    rows = udfs.snapshot(given[0], given[1], given[2], named, AS_OF, snapshot.FORMAT)
    found = doors.found
    mark = rows[snapshot.SHAPE_ROW - 1][snapshot.DATA_COLUMN - 1]
    assert str(mark).startswith("data ")
    written = snapshot.rows(found.summary, found.clients, AS_OF, datetime.now(), None, data=mark)
    assert _plain(rows) == _plain(written)


def _plain(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The rows that are the same whenever they were written, dates as text, blanks as None."""
    kept = [row for number, row in enumerate(rows, 1) if number != snapshot.REFRESHED_ROW]
    return [[None if each in ("", None) else str(each) if isinstance(each, date) else each for each in row[:5]]
            for row in kept]  # fmt: skip


def test_json_says_the_same(doors: Doors, tmp_path: Path) -> None:
    told = json.loads(
        CliRunner().invoke(
            app, ["refresh", str(doors.path), "--as-of", str(AS_OF), "--json", "-o", str(tmp_path / "out.xlsm")]
        ).stdout
    )  # fmt: skip
    found = doors.found
    assert told["segments"] == {each.value: found.summary.counts[each] for each in Segment}
    assert told["values"] == pytest.approx({each.value: found.summary.values[each] for each in Segment})
    assert (told["shape"], told["tilt"], told["won"]) == (found.summary.shape, found.summary.tilt, found.summary.won)
    assert told["actions"] == {each.value: number for each, number in found.actions.items()}
    assert (told["problems"], told["notices"]) == (found.count(Kind.PROBLEM), found.count(Kind.NOTICE))
    kept, parts = found.retention, found.concentration
    assert told["retention"]["net"] == (kept and kept.net)
    assert set(told["retention"]) == {"net", "gross", "clients_kept", "new", "recovered", "gone", "year_before"}
    assert told["concentration"]["largest"] == (parts and parts.largest)
    assert set(told["concentration"]) == {"largest", "largest_five", "clients_for_80_percent", "without_largest"}


def test_nobody_acts_after_the_day(tmp_path: Path) -> None:
    path = PORTFOLIOS["recorded after the day"].write(tmp_path / "book.xlsm")
    refresh(open_book(path), AS_OF)
    leaves = dict(zip(column(path, "Clients", "Client"), column(path, "Clients", "Leaves on"), strict=True))
    gone = dict(zip(column(path, "Departures", "Client"), column(path, "Departures", "Leaves on"), strict=True))
    assert gone == leaves
    assert set(gone) == {"Pending cancel", "Pending plan"}
