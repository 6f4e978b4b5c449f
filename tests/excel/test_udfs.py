"""The worksheet functions as Excel calls them: through xlwings' own CallUDF, with what COM hands over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl.domain.segments import BARS
from kopilot_xl.excel import udfs
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import settings
from kopilot_xl.workbook.sheets import snapshot as stored
from tests.portfolios import AS_OF, CLIENTS, NOW, SEGMENTS, make_portfolio

UDFS = "kopilot_xl.excel.udfs"
ROOT = Path(__file__).parents[2]
MISSING = {"missing": True}
N_A = -2146826246


Caller = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def call_udf() -> Iterator[Caller]:
    """Makes calls through the real CallUDF in a process of its own, each a function and its arguments."""
    command = [sys.executable, "-W", "error", "-m", "tests.excel.windows"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as python:
        to, answers = python.stdin, python.stdout
        assert to is not None
        assert answers is not None

        def call(*calls: Sequence[Any]) -> list[Any]:
            given = [[UDFS, name, arguments] for name, *arguments in calls]
            to.write(json.dumps(given, default=_as_excel) + "\n")
            to.flush()
            answered = answers.readline()
            assert answered, "the process ended; its errors are on standard error"
            found: list[Any] = json.loads(answered)
            return found

        yield call
        to.close()


def _as_excel(value: object) -> Any:
    if isinstance(value, ErrorValue):
        return N_A
    assert isinstance(value, date)
    return {"date": value.isoformat()}


def table(book: FileBook, name: str) -> list[list[Any]]:
    data = book.table(name)
    return [list(data.headers), *([_as_double(each) for each in row] for row in data.rows)]


def _as_double(value: Value) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def named(book: FileBook) -> list[list[Any]]:
    return [[each.name, book.cell(each.name)] for each in settings.ALL]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> FileBook:
    path = tmp_path_factory.mktemp("udfs") / "book.xlsm"
    logged: list[Sequence[Value]] = [[date(2026, 6, 20), "D4", "Plan revenue", date(2026, 8, 1), 500.0, "call"]]
    return open_book(make_portfolio(path, action_rows=logged))


@pytest.fixture(scope="module")
def arrays(book: FileBook) -> list[Any]:
    return [*(table(book, name) for name in ("Clients", "Transactions", "Actions")), named(book)]


def expected(book: FileBook, as_of: date | None = None) -> list[list[Value]]:
    result = calculate(read(book, as_of, NOW.date()))
    return stored.rows(result.summary, result.clients, result.as_of, NOW, None)


def without_moment(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Blanks as both sides have them, dates as text, without the moment of refreshing and the mark of the data."""
    plain = [[each.isoformat() if isinstance(each, date) else each for each in row] for row in rows]
    plain[stored.SHAPE_ROW - 1][stored.DATA_COLUMN - 1] = None
    del plain[stored.REFRESHED_ROW - 1]
    return [[None if each == "" else each["date"] if isinstance(each, dict) else each for each in row] for row in plain]


def test_snapshot_through_call_udf(call_udf: Caller, book: FileBook, arrays: list[Any]) -> None:
    ranges = [{"range": each} for each in arrays]
    answers = call_udf(
        ("snapshot", *arrays, AS_OF, 2.0),
        ("snapshot", *ranges, 46204.0, 2),
        ("snapshot", *arrays, "1 July 2026", stored.FORMAT),
        ("snapshot", *arrays, {"range": [[AS_OF]]}, stored.FORMAT),
    )
    wanted = without_moment(expected(book, AS_OF))
    for answer in answers:
        assert without_moment(answer) == wanted
        assert {len(row) for row in answer} == {len(stored.COLUMNS)}


def test_snapshot_without_a_day_takes_the_setting_and_then_today(
    call_udf: Caller, book: FileBook, arrays: list[Any]
) -> None:
    set_to = [*arrays[:3], [[name, date(2026, 3, 1) if name == "AsOf" else value] for name, value in arrays[3]]]
    answers = call_udf(
        ("snapshot", *set_to, MISSING), ("snapshot", *set_to, None), ("snapshot", *arrays, ""), ("snapshot", *arrays)
    )
    days = [answer[1][1]["date"] for answer in answers]
    assert days == ["2026-03-01"] * 2 + [date.today().isoformat()] * 2


def test_snapshot_of_nothing(call_udf: Caller, arrays: list[Any]) -> None:
    headers = [rows[:1] for rows in arrays[:3]]
    blank = [[*rows[:1], [None] * len(rows[0])] for rows in arrays[:3]]
    for answer in call_udf(("snapshot", *headers, arrays[3], AS_OF), ("snapshot", *blank, arrays[3], AS_OF)):
        assert answer[stored.SHAPE_ROW - 1][1] == "Empty"
        assert len(answer) == stored.FIRST_CLIENT_ROW - 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: [a[0], a[1], a[2], a[3][1:], AS_OF], "no cell named Company"),
        (lambda a: [[["Id", *a[0][0][1:]], *a[0][1:]], *a[1:], AS_OF], 'the table Clients has no column "Client ID"'),
        (lambda a: [*a[:3], [["SleepingMonths", 2.0] if r[0] == "SleepingMonths" else r for r in a[3]], AS_OF],
         "Settings!ActiveMonths, the setting Active, must be below the sleeping limit of 2 months"),
        (lambda a: [*a, "soon"], 'The as-of date: "soon" is not a date. Write it as 2026-04-03.'),
        (lambda a: [*a, ErrorValue("#N/A")], 'The as-of date: "#N/A" is not a date.'),
        (lambda a: [*a, [[AS_OF], [AS_OF]]], "several cells were given"),
        (lambda a: [*a, date(1900, 5, 1)], "must lie between 1910-01-01"),
    ],
)  # fmt: skip
def test_snapshot_says_why_there_is_none(arrays: list[Any], change: Any, words: str) -> None:
    given = change(arrays)
    first, second = udfs.snapshot(*given)
    assert first[0] == stored.REFUSED
    assert words in first[1]
    assert len(first) == len(second) == 2


def test_snapshot_takes_cells_as_excel_hands_them_over(arrays: list[Any]) -> None:
    ids = [["Client ID", "Client", "Created on"], [123.0, "A", 45000.0], ["x", "B", "2024-05-01"], [N_A, "C", N_A]]
    rows = [
        ["Client ID", "Issue date", "Amount", "Status"],
        ["123", datetime(2026, 6, 1, 12, 30), 100.0, None],
        [" X ", 46174.0, "1 200,50 €", "paid"],
        ["X", N_A, 5.0, "Paid"],
    ]
    known = {row[0]: row[1:] for row in udfs.snapshot(ids, rows, arrays[2][:1], arrays[3], AS_OF)}
    assert known["123"][0] == known["x"][0] == "Active"
    assert known["x"][3] == 1200.5


# the pure rule


DAY = AS_OF


@pytest.mark.parametrize(
    ("given", "segment"),
    [
        ((None, date(2026, 6, 1), None), "Active"),
        ((None, "2026-06-01", ""), "Active"),
        ((None, 46174.0, None), "Active"),
        ((None, date(2025, 12, 20), None), "Sleeping Away"),
        ((None, date(2024, 1, 1), None), "Lost"),
        ((None, date(2024, 1, 1), date(2026, 9, 1)), "New"),
        ((None, None, date(2026, 9, 1)), "New"),
        ((None, date(2026, 9, 1), None), "New"),
        ((date(2026, 5, 1), None, None), "No Activity"),
        ((date(2026, 5, 1), None, date(2026, 6, 1)), "No Activity"),
        ((date(2024, 5, 1), None, date(2029, 6, 1)), "Lost"),
        ((date(2026, 8, 1), None, None), ""),
        ((None, None, None), ""),
        (("", MISSING, None), ""),
        ((None, "03/04/2026", None), "#VALUE!"),
        ((None, "yesterday", None), "#VALUE!"),
        ((None, ErrorValue("#N/A"), None), "#VALUE!"),
        ((True, None, None), "#VALUE!"),
    ],
)
def test_activity_segment(given: tuple[Any, Any, Any], segment: str) -> None:
    plain = [-2147352572 if each is MISSING else each for each in given]
    assert udfs.ACTIVITY_SEGMENT(plain[0], plain[1], plain[2], DAY) == segment


def test_activity_segment_through_call_udf(call_udf: Caller) -> None:
    last = {"range": [[date(2026, 6, 1)], [None], ["soon"], [N_A]]}
    across = {"range": [[date(2026, 6, 1), None]]}
    answers = call_udf(
        ("ACTIVITY_SEGMENT", None, date(2026, 6, 1), MISSING, DAY),
        ("ACTIVITY_SEGMENT", date(2026, 5, 1), last, None, DAY),
        ("ACTIVITY_SEGMENT", {"range": [[None]] * 4}, last, {"range": [[None]] * 4}, {"range": [[DAY]]}),
        ("ACTIVITY_SEGMENT", None, across, None, DAY),
        ("ACTIVITY_SEGMENT", across, last, None, DAY),
        ("ACTIVITY_SEGMENT", None, date.today(), None, MISSING),
        ("ACTIVITY_SEGMENT", None, date.today(), None),
        ("ACTIVITY_SEGMENT", None, DAY, None, "never"),
        ("ACTIVITY_SEGMENT", None, DAY, None, 5.0),
    )
    assert answers == [
        "Active",
        [["Active"], ["No Activity"], ["#VALUE!"], ["#VALUE!"]],
        [["Active"], [""], ["#VALUE!"], ["#VALUE!"]],
        ["Active", ""],
        "#VALUE!",
        "Active",
        "Active",
        "#VALUE!",
        "#VALUE!",
    ]


# looking up


def test_looking_up_through_call_udf(call_udf: Caller, book: FileBook) -> None:
    rows = [list(row) for row in expected(book, AS_OF)]
    ids = {"range": [[row[0]] for row in CLIENTS]}
    told = [list(row) for row in rows]
    for at, (month, amount) in enumerate(((date(2026, 8, 1), 120.0), (date(2026, 9, 1), 80.5)), 2):
        told[at][4:6] = [month, amount]
    answers = call_udf(
        ("SEGMENT", ids, MISSING, rows),
        ("SEGMENT", {"range": [["a1 ", None, "nobody", N_A, 1001.0]]}, AS_OF, {"range": rows}),
        ("SEGMENT", "A1", date(2026, 6, 30), rows),
        ("SEGMENT", "A1", "x", rows),
        ("SEGMENT", None, MISSING, rows),
        ("SEGMENT", "A1", MISSING, MISSING),
        ("NEXT_ACTION", "F6", MISSING, rows),
        ("LEAVES_ON", "B2", MISSING, rows),
        ("LEAVES_ON", "F6", MISSING, rows),
        ("PORTFOLIO_SHAPE", MISSING, rows),
        ("PORTFOLIO_SHAPE", MISSING, [["Error", "x"], [None, None]]),
        ("SEGMENT_COUNTS", 46204.0, rows),
        ("FORECAST_REVENUE", {"range": [[date(2026, 8, 31), None, "2026-09-05", "x", N_A, date(2026, 10, 1)]]}, told),
        ("FORECAST_REVENUE", date(2026, 8, 31), rows),
    )
    segments = ["Hibernating" if each == "Leaving" else each for each in SEGMENTS]  # revenue is planned for D4
    assert answers[0] == [[each] for each in segments]
    assert answers[1] == ["Active", "", "#N/A", "#N/A", "Active"]
    assert answers[2:6] == ["#N/A", "#VALUE!", "", "#N/A"]
    assert answers[6] == "Planned: 1 September 2026, 3,000."
    assert answers[7:9] == [{"date": "2027-01-25"}, ""]
    assert answers[9:11] == ["Declining", "#N/A"]
    assert [name for name, _ in answers[11]] == [each.value for each in BARS]
    assert sum(number for _, number in answers[11]) == len(CLIENTS)
    assert answers[12:] == [[120.0, "", 80.5, "#VALUE!", "#N/A", "#N/A"], "#N/A"]


def test_the_wizard_shows_every_function_and_argument(call_udf: Caller) -> None:
    (shown,) = call_udf(("__docs__",))
    assert set(shown) == {
        "snapshot", "ACTIVITY_SEGMENT", "SEGMENT", "NEXT_ACTION", "LEAVES_ON", "PORTFOLIO_SHAPE", "SEGMENT_COUNTS",
        "FORECAST_REVENUE",
    }  # fmt: skip
    for text, arguments in shown.values():
        assert text.startswith("Tell ")
        assert not [name for name, doc in arguments.items() if doc.startswith("Positional argument")]


def test_the_stand_ins_are_not_in_this_process() -> None:
    assert not {"pythoncom", "pywintypes", "win32com"} & set(sys.modules)
