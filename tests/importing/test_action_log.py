"""A log of actions from a file: the columns of the sheet, in any layout an export has."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.importing.action_log import read_action_log
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.tables.parsing import DateOrder

HEADINGS = ["Recorded on", "Client ID", "Action", "Issue date", "Amount", "Note"]
ROWS = [
    [date(2026, 6, 1), "A1", "Plan revenue", date(2026, 9, 1), 1250.5, "by phone"],
    [date(2026, 6, 2), "B2", "Mark lost", None, None, None],
]


def values(path: Path, order: DateOrder | None = None) -> list[tuple[object, ...]]:
    rows = read_action_log(path, order).rows
    return list(zip(*(rows.values(column) for column in actions.TABLE.columns[:6]), strict=True))


def csv_of(folder: Path, text: str) -> Path:
    path = folder / "log.csv"
    path.write_text(text, "utf-8")
    return path


def test_csv_with_a_title_and_other_headings_for_the_client(tmp_path: Path) -> None:
    path = csv_of(
        tmp_path,
        "Our decisions\n\nKundennummer;Recorded on;Action;Issue date;Amount;Who\n"
        "A1;2026-06-01;Plan revenue;01.09.2026;1.250,50;Ann\n\nB2;2026-06-02 14:30;Mark lost;;;Bo\n",
    )
    log = read_action_log(path, DateOrder.DMY)
    (first, second) = zip(*(log.rows.values(column) for column in actions.TABLE.columns[:5]), strict=True)
    assert first == ("2026-06-01", "A1", "Plan revenue", date(2026, 9, 1), 1250.5)
    assert second[:3] == ("2026-06-02 14:30", "B2", "Mark lost")
    assert log.choices.ignored == ["Who"]
    assert [log.data.row_number(at) for at in (0, 1)] == [4, 6]


def test_a_workbook_takes_the_table_that_is_a_log(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Client ID", "Client"])
    book.active.append(["A1", "Alder"])
    sheet = book.create_sheet("Decisions")
    for row in (HEADINGS, *ROWS):
        sheet.append(row)
    book.save(tmp_path / "log.xlsx")
    assert [row[1:5] for row in values(tmp_path / "log.xlsx")] == [tuple(row[1:5]) for row in ROWS]


def test_parquet(tmp_path: Path) -> None:
    pl.DataFrame(ROWS, schema=HEADINGS, orient="row").write_parquet(tmp_path / "log.parquet")
    assert [row[1:5] for row in values(tmp_path / "log.parquet")] == [tuple(row[1:5]) for row in ROWS]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("Client ID,Action\nA1,Mark lost\n", MissingError, "no column that can be recognised as Recorded on"),
        ("", BookError, "is empty"),
        ("Recorded on,Client ID,Action,Issue date\n2026-06-01,A1,Plan revenue,03/04/2026\n", QuestionError,
         "--date-order"),
        ("Recorded on,Client ID,Action,Amount\n2026-06-01,A1,Plan revenue,1.5\n2026-06-01,A1,Plan revenue,\"1,5\"\n"
         "2026-06-01,A1,Plan revenue,1.200\n", QuestionError, "both a comma and a point"),
    ],
)  # fmt: skip
def test_what_is_missing_or_in_doubt_stops(text: str, error: type[Exception], words: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=words):
        read_action_log(csv_of(tmp_path, text))
