"""The VBA of the workbook: clean source, and worksheet functions that answer from the stored snapshot."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from datetime import datetime
from typing import Any

import pytest

from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.segments import BARS
from kopilot_xl.usecases import sample
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from kopilot_xl.usecases.refresh import check
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import guide, snapshot
from kopilot_xl.workbook.template import build, vba_names
from tests.workbook.template.stand_in import excel

NOT_AVAILABLE = 2042


@pytest.fixture(scope="module")
def report() -> RefreshResult:
    return check(open_book(rebuild.SAMPLE), now=sample.SAMPLE_MOMENT)


@pytest.fixture(scope="module")
def host() -> Any:
    return excel(rebuild.SAMPLE)


def evaluate(host: Any, expression: str) -> Any:
    value = host.evaluate(expression)
    return getattr(value, "code", value) if type(value).__name__.endswith("Error") else value


def is_error(value: Any, number: int) -> bool:
    return str(number) in repr(value)


def sources() -> dict[str, str]:
    return {name: "\n".join(source.splitlines()) for name, source in build.modules().items()}


def test_the_analyser_finds_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pyvbaanalysis", "--fail-level", "information", str(build.TEMPLATE)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_this_workbook_is_named_through_the_application() -> None:
    # Alone it is not to be found in a copy that LibreOffice saved.
    alone = re.compile(r"(?<!Application\.)\bThisWorkbook\.")
    lines = [line for source in sources().values() for line in source.splitlines()]
    assert [line for line in lines if alone.search(line)] == []
    assert any("Application.ThisWorkbook." in line for line in lines)


def test_both_workbooks_hold_the_same_macros() -> None:
    template, filled = (zipfile.ZipFile(each) for each in (build.TEMPLATE, rebuild.SAMPLE))
    with template, filled:
        assert template.read("xl/vbaProject.bin") == filled.read("xl/vbaProject.bin")


def test_other_programs_read_the_modules() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "oletools.olevba", "--code", str(build.TEMPLATE)],
        capture_output=True,
        text=True,
        check=True,
    )
    read = [line.rstrip() for line in run.stdout.splitlines() if line.strip()]
    for name, source in sources().items():
        at = read.index(f"VBA MACRO {name}.{'cls' if name == build.WORKBOOK_MODULE else 'bas'}")
        lines = [line.rstrip() for line in source.splitlines() if line.strip()]
        start = read.index(lines[0], at)
        assert read[start : start + len(lines)] == lines


@pytest.mark.parametrize("word", ["#If", "Declare ", "Option VBASupport", "Application.Volatile"])
def test_the_source_runs_in_every_program(word: str) -> None:
    assert [name for name, source in sources().items() if word in source] == []
    assert [name for name, source in sources().items() if "Option Explicit" not in source] == []


def test_the_macros_know_the_layout_of_the_snapshot() -> None:
    written = dict(re.findall(r'Public Const (\w+) As \w+ = "?([^"\n]*)"?', sources()[vba_names.MODULE]))
    assert written == {name: str(value) for name, value in vba_names.constants().items()}
    asked = dict(re.findall(r"(\w+) = KopilotAnswer\(client, (\w+), as_of\)", sources()["KopilotFunctions"]))
    headers = {"SEGMENT": "Segment", "NEXT_ACTION": "Next action", "LEAVES_ON": "Leaves on"}
    assert {name: snapshot.COLUMNS[int(written[column]) - 1] for name, column in asked.items()} == headers


def test_no_name_is_two_things() -> None:
    """Case does not count in VBA: a parameter `title` would hide the constant `TITLE`."""
    shared = {each.casefold() for each in vba_names.constants()}
    for name, source in sources().items():
        own = {each.casefold() for each in re.findall(r"Private Const (\w+)", source)}
        given = re.findall(r"^(?:Public|Private) (?:Sub|Function) \w+\((.*?)\)(?: As \w+)?$", source, re.M | re.S)
        words = {each.casefold() for text in given for each in re.findall(r"(\w+) As ", text)}
        words |= {
            each.casefold()
            for line in re.findall(r"^ +Dim (.*)$", source, re.M)
            for each in re.findall(r"(\w+)(?:\(\))? As ", line)
        }
        assert (name, (shared | own) & words) == (name, set())


def test_every_formula_of_the_guide_is_there() -> None:
    made = set(re.findall(r"Public Function (\w+)\(", sources()["KopilotFunctions"]))
    assert made == {formula[1:].partition("(")[0] for formula, _ in guide.FORMULAS}


def test_every_client_gets_what_the_refresh_computed(host: Any, report: RefreshResult) -> None:
    for client in report.clients:
        segment = client.segment.value if client.segment else ""
        assert evaluate(host, f'SEGMENT("{client.id}")') == segment
        assert evaluate(host, f'NEXT_ACTION("{client.id}")') == client.next_action
        leaves = evaluate(host, f'LEAVES_ON("{client.id}")')
        assert (leaves.date() if isinstance(leaves, datetime) else leaves or None) == client.leaves_on


def test_the_portfolio_as_a_whole(host: Any, report: RefreshResult) -> None:
    assert evaluate(host, "PORTFOLIO_SHAPE()") == report.summary.shape.value
    counts = evaluate(host, "SEGMENT_COUNTS()")
    assert [[name, int(count)] for name, count in counts] == [
        [each.value, report.summary.counts[each]] for each in BARS
    ]


def test_what_is_expected_of_a_month_is_what_the_refresh_told(host: Any) -> None:
    told = calculate(read(open_book(rebuild.SAMPLE), None, sample.SAMPLE_DATE)).forecast
    assert told
    assert told.expected is not None
    for month, expected in zip(told.months, told.expected, strict=True):
        for given in (f"DateSerial({month.year}, {month.month}, 28)", f'"{month:%Y-%m}-05"'):
            assert evaluate(host, f"FORECAST_REVENUE({given})") == pytest.approx(expected)
    asked = evaluate(host, 'FORECAST_REVENUE(Worksheets("_Segments").Range("E3:E4"))')
    assert [float(row[0]) for row in asked] == pytest.approx(told.expected[:2])
    assert evaluate(host, 'FORECAST_REVENUE("")') == ""
    assert is_error(evaluate(host, "FORECAST_REVENUE(DateSerial(2026, 7, 31))"), NOT_AVAILABLE)
    assert is_error(evaluate(host, "FORECAST_REVENUE(DateSerial(2027, 8, 1))"), NOT_AVAILABLE)
    assert is_error(evaluate(host, 'FORECAST_REVENUE("1/8/2026")'), 2015)
    assert is_error(evaluate(host, "FORECAST_REVENUE(CVErr(2007))"), 2007)
    assert is_error(evaluate(excel(build.TEMPLATE), "FORECAST_REVENUE(46300)"), NOT_AVAILABLE)


def test_what_another_version_stored_is_no_answer() -> None:
    other = excel(rebuild.SAMPLE)
    asked = "FORECAST_REVENUE(DateSerial(2026, 8, 28))"
    assert evaluate(other, asked) > 0
    other.run("Edit", snapshot.SHEET, "B1", snapshot.FORMAT + 1)
    assert is_error(evaluate(other, asked), NOT_AVAILABLE)


@pytest.mark.parametrize("given", ["1001", "1001.0", '"1001"', '"1001.0"', '" 1001 "', 'Chr(9) & "1001" & Chr(160)'])
def test_an_id_is_known_however_it_is_written(host: Any, given: str, report: RefreshResult) -> None:
    first = report.clients[0]
    assert (first.id, evaluate(host, f"SEGMENT({given})")) == ("1001", first.segment)


@pytest.mark.parametrize("given", ['"P-014"', '" p-014"'])
def test_case_does_not_count(host: Any, given: str) -> None:
    assert evaluate(host, f"SEGMENT({given})") == "Active"


@pytest.mark.parametrize(
    "value", [7, 7.0, -7.0, 1.5, 0.5, -0.25, 1e15, "007", "7.0", "-7.00", "7.", ".0", "1.0.0", "A1.0", " Ab ", "", "ß"]
)
def test_a_key_is_the_domains(host: Any, value: float | str) -> None:
    written = f'"{value}"' if isinstance(value, str) else format(value, "f") if abs(value) < 1e9 else "1E15"
    written = "ChrW(223)" if value == "ß" else written
    assert evaluate(host, f"ClientKey({written})") == (client_key(value) or "")


def test_a_range_gives_an_array_of_its_shape(host: Any) -> None:
    book = open_book(rebuild.SAMPLE)
    shown = [row[3] for row in book.table("Clients").rows]
    answer = evaluate(host, 'SEGMENT(Worksheets("Clients").Range("A2:A9"))')
    assert answer == [[each] for each in shown[:8]]
    assert evaluate(host, 'SEGMENT(Worksheets("Clients").Range("A3"))') == shown[1]


def test_a_blank_gives_a_blank(host: Any) -> None:
    assert evaluate(host, 'SEGMENT("")') == ""
    assert evaluate(host, "SEGMENT(Empty)") == ""
    assert evaluate(host, 'SEGMENT(Worksheets("Clients").Range("A900"))') == ""


def test_an_unknown_client_is_not_available(host: Any) -> None:
    for formula in ("SEGMENT(9999)", 'NEXT_ACTION("9999")', "LEAVES_ON(9999)"):
        assert is_error(evaluate(host, formula), NOT_AVAILABLE)


def test_an_error_is_passed_on(host: Any) -> None:
    assert is_error(evaluate(host, "SEGMENT(CVErr(2007))"), 2007)


def test_only_the_stored_date_is_known(host: Any) -> None:
    assert evaluate(host, "SEGMENT(1001, DateSerial(2026, 7, 1))") == "Active"
    assert evaluate(host, "SEGMENT(1001, 46204)") == "Active"
    assert evaluate(host, "SEGMENT(1001, Empty)") == "Active"
    assert is_error(evaluate(host, "SEGMENT(1001, DateSerial(2026, 7, 2))"), NOT_AVAILABLE)
    assert is_error(evaluate(host, "PORTFOLIO_SHAPE(DateSerial(2025, 7, 1))"), NOT_AVAILABLE)
    assert is_error(evaluate(host, "SEGMENT_COUNTS(DateSerial(2025, 7, 1))"), NOT_AVAILABLE)
    assert evaluate(host, 'SEGMENT(1001, "2026-07-01")') == "Active"
    assert evaluate(host, 'SEGMENT(1001, "")') == "Active"
    for nonsense in ('"some day"', '"01/07/2026"', '"2026-02-30"', "-3", "9999999", "True", "Array(1, 2)"):
        assert is_error(evaluate(host, f"SEGMENT(1001, {nonsense})"), 2015)
    assert is_error(evaluate(host, "SEGMENT(1001, CVErr(2007))"), 2007)


def test_no_key_is_taken_for_another(host: Any) -> None:
    keys = ["é", "e", "ａ", "a", "ss", "ß", "\U0001f600", "a\\e9;"]
    written = ['"a" & Chr(92) & "e9;"' if "\\" in key else " & ".join(chars(key)) for key in keys]
    spelt = [evaluate(host, f"CollectionKey({each})") for each in written]
    assert len({each.casefold() for each in spelt}) == len(keys)
    assert all(each.isascii() for each in spelt)


def chars(key: str) -> list[str]:
    units = key.encode("utf-16-le")
    return [f"ChrW({int.from_bytes(units[at : at + 2], 'little')})" for at in range(0, len(units), 2)]


def test_before_the_first_refresh_nothing_is_available() -> None:
    host = excel(build.TEMPLATE)
    for formula in ("SEGMENT(1001)", "LEAVES_ON(1001)", "PORTFOLIO_SHAPE()", "SEGMENT_COUNTS()"):
        assert is_error(evaluate(host, formula), NOT_AVAILABLE)
    assert evaluate(host, 'SEGMENT("")') == ""


def test_the_snapshot_is_read_once_until_it_is_forgotten() -> None:
    host = excel(rebuild.SAMPLE)
    change = f'Worksheets("{snapshot.SHEET}").Range("B{snapshot.FIRST_CLIENT_ROW}").Value = "Changed"'
    host.add_module(f'Attribute VB_Name = "Change"\r\nPublic Sub ChangeIt()\r\n    {change}\r\nEnd Sub\r\n')
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    host.run("ChangeIt")
    assert evaluate(host, "SEGMENT(1001)") == "Active"
    host.run("KopilotForget")
    assert evaluate(host, "SEGMENT(1001)") == "Changed"
