"""What the Portfolio page says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from kopilot_xl.domain.portfolio import Client, Summary, do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.workbook.sheets import portfolio
from kopilot_xl.workbook.sheets.portfolio import Page
from tests.workbook.sheets.books import block, make_book, serial

AS_OF = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("tilt", "picture"),
    [
        (None, None),
        (-1.0, "●─────────┼──────────"),
        (0.0, "──────────●──────────"),
        (0.04, "──────────●──────────"),
        (0.41, "──────────┼───●──────"),
        (1.0, "──────────┼─────────●"),
    ],
)
def test_the_tilt_is_drawn_as_a_balance(tilt: float | None, picture: str | None) -> None:
    assert portfolio.balance(tilt) == picture


@pytest.mark.parametrize(
    ("problems", "notices", "sentence"),
    [
        (0, 0, "No data problems."),
        (1, 0, "1 data problem: see the Problems sheet."),
        (3, 2, "3 data problems and 2 notices: see the Problems sheet."),
        (0, 1, "1 notice: see the Problems sheet."),
    ],
)
def test_problems_are_counted_in_words(problems: int, notices: int, sentence: str) -> None:
    assert portfolio.found(problems, notices) == sentence


def test_lost_and_canceled_are_told_apart_from_the_portfolio() -> None:
    counts = dict.fromkeys(Segment, 0) | {Segment.LOST: 1234, Segment.CANCELED: 2}
    assert portfolio.outside(Summary(counts, dict.fromkeys(Segment, 0.0))) == (
        "Outside the portfolio: 1,234 lost, 2 canceled."
    )


PAGE = Page("Alder Advice", "CHF", AS_OF, "A look back.", 2, 1, datetime(2026, 7, 1, 9, 30))


def _filled(path: Path, counts: dict[Segment, int], clients: Sequence[Client] = (), page: Page = PAGE) -> Summary:
    summary = Summary(
        dict.fromkeys(Segment, 0) | counts,
        {each: 100.0 * counts.get(each, 0) * (at + 1) for at, each in enumerate(Segment)},
    )
    book = make_book(path, blocks=portfolio.BLOCKS)
    portfolio.fill(book, summary, do_next(clients), page)
    book.save()
    return summary


def test_every_figure_of_the_page_is_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    summary = _filled(path, {Segment.LOST: 9, Segment.ACTIVE: 6, Segment.LEAVING: 2, Segment.NEW: 1})
    shown = {name: block(path, name) for name in portfolio.BLOCKS}
    assert [shown[name][0][0] for name in (portfolio.TITLE, portfolio.HINT, portfolio.SHAPE, portfolio.ICON)] == [
        "Alder Advice", "A look back.", summary.shape.value, summary.shape.icon,
    ]  # fmt: skip
    assert shown[portfolio.AS_OF] == [[serial(AS_OF)]]
    assert shown[portfolio.REFRESHED] == [[pytest.approx(serial(AS_OF) + 9.5 / 24)]]
    assert shown[portfolio.HISTOGRAM] == [
        pytest.approx(
            [each.value, summary.counts[each], summary.share(each), summary.values[each], summary.share_of_value(each)]
        )
        for each in BARS
    ]
    assert shown[portfolio.TOTAL] == [["Portfolio", 9, 1, summary.value(PORTFOLIO), 1]]
    assert shown[portfolio.VALUE_LABEL] == [["Value, CHF"]]
    assert summary.tilt != summary.tilt_by_value
    assert shown[portfolio.TILT] == [
        pytest.approx(["by clients", summary.tilt, portfolio.balance(summary.tilt)]),
        pytest.approx(["by value", summary.tilt_by_value, portfolio.balance(summary.tilt_by_value)]),
    ]
    assert shown[portfolio.CHECKS] == [["✓" if each.passed else "✗", each.text] for each in summary.checks]
    assert shown[portfolio.PROBLEMS] == [["2 data problems and 1 notice: see the Problems sheet."]]
    assert {shown[name][0][2] for name in portfolio.DO_NEXT.values()} == {"No one."}


def test_a_page_without_clients_states_no_share_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    _filled(path, {}, page=replace(PAGE, company="", currency="", hint=""))
    assert block(path, portfolio.TOTAL) == [["Portfolio", 0, None, 0, None]]
    assert (block(path, portfolio.TITLE), block(path, portfolio.HINT)) == ([["Client portfolio"]], [[None]])
    assert block(path, portfolio.VALUE_LABEL) == [["Value"]]
    assert block(path, portfolio.TILT)[0] == ["by clients", None, None]


@pytest.mark.parametrize(
    ("number", "more"), [(10, None), (11, "… and 1 more client"), (1200, "… and 1,190 more clients")]
)
def test_so_many_clients_are_named_and_the_others_are_counted(number: int, more: str | None, tmp_path: Path) -> None:
    clients = [
        Client(
            key=f"c{at}",
            id=f"C{at}",
            name=f"Client number {at} & Partners",
            segment=Segment.ACTIVE,
            last_invoice=AS_OF - timedelta(days=at),
            leaves_on=AS_OF + timedelta(days=401 - at),
            value=5000.0 - at,
        )
        for at in range(number)
    ]
    _filled(tmp_path / "book.xlsx", {Segment.ACTIVE: number}, clients)
    rows = block(tmp_path / "book.xlsx", portfolio.DO_NEXT[Heading.KEEP])
    assert rows[1] == [
        "Active", "C1", "Client number 1 & Partners", 400, serial(AS_OF - timedelta(days=1)), 4999,
        Segment.ACTIVE.advice,
    ]  # fmt: skip
    assert [row[1] for row in rows] == [*(f"C{at}" for at in range(10)), None]
    assert rows[-1][2] == more
    assert len(rows) == portfolio.DO_NEXT_ROWS[Heading.KEEP] + 1


@pytest.mark.parametrize(
    ("number", "shown"), [("2024-000117-B", "2024-000117-B"), ("2024-000117-B-0005-0006", "2024-000117-B-0…")]
)
def test_an_id_is_cut_only_where_letters_would_be_too_small_to_read(number: str, shown: str, tmp_path: Path) -> None:
    _filled(tmp_path / "book.xlsx", {Segment.NO_ACTIVITY: 1}, [Client("a", number, "Alder", Segment.NO_ACTIVITY)])
    (row, *_) = block(tmp_path / "book.xlsx", portfolio.DO_NEXT[Heading.DECIDE])
    assert row[1:3] == [shown, "Alder"]


def test_a_name_too_long_ends_in_an_ellipsis_and_a_client_may_never_leave(tmp_path: Path) -> None:
    client = Client("a", "A", "Alder and all the other trees of the forest", Segment.NO_ACTIVITY)
    _filled(tmp_path / "book.xlsx", {Segment.NO_ACTIVITY: 1}, [client])
    (row, *_) = block(tmp_path / "book.xlsx", portfolio.DO_NEXT[Heading.DECIDE])
    assert row == [
        "No Activity",
        "A",
        "Alder and all the other trees of t…",
        None,
        None,
        None,
        Segment.NO_ACTIVITY.advice,
    ]
