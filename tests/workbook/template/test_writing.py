"""The macro that writes for Python all at once: every cell where it belongs, hidden or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from pyopenvba.interpreter import VBADate

from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.live.patches import HEADING, MACRO, Patch, joined, plan
from tests.excel import stand_in as engine
from tests.portfolios import NOW, make_portfolio
from tests.workbook.template.stand_in import as_array, excel, from_vba
from tests.workbook.template.test_macros import evaluate, sources

SHEET = "Mine"
PLACES = {
    "Portfolio": "A1:A2",
    "_Segments": "A1:F25",
    "History": "A28:N28",
}
"""Where a refresh writes every cell itself."""
FILLED = [[number, f"text {number}", number % 3] for number in range(8)]


def made(folder: Path, *sheets: str) -> Any:
    """A plain workbook with the macros: the interpreter knows no row heights of the fonts ours has."""
    book = Workbook()
    for sheet in sheets:
        book.create_sheet(sheet)
    book.save(folder / "plain.xlsx")
    return excel(folder / "plain.xlsx")


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    return made(tmp_path, SHEET, "_Segments")


def write(host: Any, *patches: Patch) -> int:
    written: int = host.run(MACRO, as_array(_without_zones(plan(patches))))
    return written


def _without_zones(rows: list[list[Any]]) -> list[list[Any]]:
    """Moments as Excel gets them: pywin32 drops the zone, UTC."""
    return [[each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in row] for row in rows]


def cells(host: Any, address: str, sheet: str = SHEET) -> Any:
    return from_vba(evaluate(host, f'Worksheets("{sheet}").Range("{address}").Value'))


def test_a_plan_has_one_shape_whatever_the_patches_are() -> None:
    patches = [Patch("A", 1, 1, [["x"] * 9]), Patch("B", 2, 3, [[1], [datetime(2026, 7, 1, 8)], [None]], formulas=True)]
    rows = plan(patches)
    assert {len(row) for row in rows} == {9}
    assert rows[0][:HEADING] == ["A", 1, 1, 1, 9, False]
    assert rows[2][:HEADING] == ["B", 2, 3, 3, 1, True]
    assert [row[0] for row in rows[3:]] == [1.0, datetime(2026, 7, 1, 8, tzinfo=UTC), ""]


def test_every_patch_is_written_in_its_place(opened: Any) -> None:
    given = [
        Patch(SHEET, 1, 1, [["a", 1, True], [None, "'007", datetime(2026, 7, 1)]]),
        Patch(SHEET, 4, 2, [["=1+1"], ["=B4*2"]], formulas=True),
        Patch("_Segments", 400, 9, [[7.5]]),
    ]
    assert write(opened, *given) == 3
    assert cells(opened, "A1:C2") == [["a", 1, True], [None, "007", datetime(2026, 7, 1)]]
    assert evaluate(opened, f'Worksheets("{SHEET}").Range("B5").Formula') == "=B4*2"
    assert cells(opened, "I400", "_Segments") == 7.5


def test_what_cannot_be_written_ends_it_and_the_count_tells_where(opened: Any) -> None:
    given = [Patch(SHEET, 9, 9, [["x"]]), Patch("No such sheet", 1, 1, [["x"]]), Patch(SHEET, 9, 10, [["x"]])]
    assert write(opened, *given) == 1
    assert cells(opened, "I9") == "x"
    assert cells(opened, "J9") is None


@pytest.mark.parametrize("criterion", ["1", "<>1", "5"])
def test_rows_a_filter_hides_are_written_and_the_filter_stays(opened: Any, criterion: str) -> None:
    host = opened
    write(host, Patch(SHEET, 1, 1, [["Number", "Text", "Rest"], *FILLED]))
    host.run("Filter", SHEET, 3, criterion)
    hidden = [evaluate(host, f'Worksheets("{SHEET}").Rows({row}).Hidden') for row in range(1, 10)]
    assert any(hidden)
    host.run("HideColumn", SHEET, "B")
    new: list[list[Any]] = [[number + 100, f"new {number}", number] for number in range(len(FILLED))]
    assert write(host, Patch(SHEET, 2, 1, new)) == 1
    assert cells(host, "A2:C9") == new
    assert hidden == [evaluate(host, f'Worksheets("{SHEET}").Rows({row}).Hidden') for row in range(1, 10)]
    assert evaluate(host, f'Worksheets("{SHEET}").FilterMode') is True


def test_what_a_refresh_hands_over_is_written_as_the_engine_of_the_other_tests_does(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    given: list[Any] = []

    class Watched(engine.App):
        def _write(self, plan: list[list[Any]]) -> int:
            given.extend(plan)
            return super()._write(plan)

    over = engine.StandIn(path)
    over.app = Watched
    refresh(LiveBook(over.book), now=NOW)
    book = over.workbook
    host = made(tmp_path, *book.sheetnames)
    headings = [row for row in given if row[0] in book.sheetnames and isinstance(row[HEADING - 1], bool)]
    assert host.run(MACRO, as_array(_without_zones(given))) == len(headings)
    for name, address in PLACES.items():
        ours = [[_plain(each) for each in row] for row in cells(host, address, name)]
        theirs = [[_plain(cell.value) for cell in row] for row in book[name][address]]
        assert ours == theirs[: len(ours)], name
        assert all(each is None for row in theirs[len(ours) :] for each in row)


def _plain(value: Any) -> Any:
    if isinstance(value, VBADate):
        value = value.to_datetime()
    return round(float(value), 9) if isinstance(value, (int, float)) and not isinstance(value, bool) else value or None


def test_patches_side_by_side_or_below_each_other_are_joined() -> None:
    found = joined(
        [
            Patch("A", 1, 1, [[1], [2]]),
            Patch("A", 1, 2, [[3], [4]]),
            Patch("A", 3, 1, [[5, 6]]),
            Patch("A", 5, 1, [[7]]),
            Patch("B", 4, 1, [[8, 9]]),
        ]
    )
    assert [(each.sheet, each.top, each.left, each.rows) for each in found] == [
        ("A", 1, 1, [[1, 3], [2, 4], [5, 6]]),
        ("A", 5, 1, [[7]]),
        ("B", 4, 1, [[8, 9]]),
    ]


def test_texts_longer_than_an_array_takes_are_written_cell_by_cell(opened: Any) -> None:
    rows = [["short", "x" * 8203], ["y" * 8204, "z" * 32_000]]
    assert write(opened, Patch(SHEET, 3, 2, rows)) == 1
    assert cells(opened, "B3:C4") == rows


def test_no_array_holds_a_text_that_is_too_long() -> None:
    source = sources()["KopilotWriting"]
    assert 'If IsLong(cells(r, c)) Then cells(r, c) = ""\n' in source
    assert "LONGEST As Long = 8203" in source
