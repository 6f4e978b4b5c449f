"""The next twelve months for data outside a workbook: the same as in one, in words and as JSON."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl import open_book, refresh
from kopilot_xl.cli.group import app
from kopilot_xl.domain import formatting
from kopilot_xl.domain.scenarios import Scenario
from kopilot_xl.usecases.forecast import forecast_book, forecast_files
from kopilot_xl.usecases.seasonal_model import NOT_INSTALLED
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import clients, transactions
from tests.portfolios import NOW, make_portfolio
from tests.workbook.sheets.test_forecast import AS_OF, LAST_YEAR, PEOPLE, SALES


def write(path: Path, headers: Sequence[str], rows: Sequence[Sequence[Value]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        made = csv.writer(file)
        made.writerow(headers[: len(rows[0])])
        made.writerows(rows)
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return (
        str(write(tmp_path / "clients.csv", clients.TABLE.headers, PEOPLE)),
        str(write(tmp_path / "invoices.csv", transactions.TABLE.headers, SALES)),
    )


@pytest.fixture
def without_statsmodels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.exponential_smoothing.ets", None)


@pytest.mark.usefixtures("without_statsmodels")
def test_a_workbook_tells_what_its_refresh_tells(tmp_path: Path) -> None:
    action = [[AS_OF, PEOPLE[0][0], "Plan revenue", AS_OF.replace(year=AS_OF.year + 1), 777.0]]
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES, action)
    before = path.read_bytes()
    found = forecast_book(open_book(path), AS_OF)
    assert path.read_bytes() == before
    assert found.missing == NOT_INSTALLED
    report = refresh(open_book(path), AS_OF, now=NOW)
    assert report.forecast is not None
    assert found.forecast.expected == report.forecast.expected
    assert found.prepared == report.prepared
    assert found.prepared[11].total == 777.0, "a planned action is planned revenue"
    done = CliRunner().invoke(app, ["forecast", str(path), "--as-of", AS_OF.isoformat(), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["as_of"] == AS_OF.isoformat()


@pytest.mark.slow  # fitting takes seconds; the sheet does it in every run
def test_the_seasonal_model_is_tried_for_a_workbook_whatever_its_setting(tmp_path: Path) -> None:
    found = forecast_book(open_book(make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)), AS_OF)
    assert found.missing == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["clients.csv"], "invoices too"),
        (["clients.PARQUET"], "invoices too"),
        (["clients.tsv"], "invoices too"),
        (["book.xlsm", "--date-order", "DMY"], "on Settings"),
    ],
)
def test_what_a_workbook_alone_needs(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["forecast", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.usefixtures("without_statsmodels")
def test_files_and_a_workbook_of_the_same_rows_give_the_same(files: tuple[str, str], tmp_path: Path) -> None:
    found = forecast_files(*files, AS_OF)
    book = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    report = refresh(open_book(book), AS_OF, now=NOW)
    assert found.forecast == report.forecast
    assert found.prepared == report.prepared
    assert (found.as_of, found.missing, found.problems) == (AS_OF, NOT_INSTALLED, [])


@pytest.mark.slow  # fitting takes seconds; the sheet does it in every run
def test_the_seasonal_model_is_among_the_scenarios(files: tuple[str, str]) -> None:
    found = forecast_files(*files, AS_OF)
    assert found.forecast.lines[Scenario.SEASONAL_MODEL].values is not None
    assert found.missing == ""


@pytest.mark.usefixtures("without_statsmodels")
def test_the_command_tells_the_months_and_the_scenarios(files: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["forecast", *files, "--as-of", str(AS_OF)])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Expected in the 12 months from July 2026 on: 2,100. 5% of it is planned."
    assert "  As last year did best: tried on 12 past dates, it was off by 0% on average." in lines
    (july,) = [each.split() for each in lines if each.strip().startswith("July 2026")]
    assert july == ["July", "2026", "100", "100", "100", "60", "0"]
    (chosen,) = [each.split() for each in lines if each.strip().startswith("As last year  ")]
    assert chosen == ["As", "last", "year", "2,100", "2,100", "0", "0%", "12"]
    (trend,) = [each.split() for each in lines if each.strip().startswith("Trend")]
    told = forecast_files(*files, AS_OF).forecast.lines[Scenario.TREND]
    assert told.values is not None
    assert told.landing is not None
    assert told.accuracy is not None
    assert told.accuracy.share is not None
    assert trend[1:] == [
        formatting.whole(sum(told.values)), formatting.whole(told.landing), formatting.whole(told.accuracy.error),
        f"{told.accuracy.share:.0%}", "12",
    ]  # fmt: skip
    assert not any(each.lstrip().startswith("Trend:") for each in lines), "it lacks nothing"
    assert NOT_INSTALLED in done.stderr


@pytest.mark.usefixtures("without_statsmodels")
def test_as_json_it_is_alone_on_standard_output(files: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["forecast", *files, "--as-of", str(AS_OF), "--json"])
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert (told["as_of"], told["expected"], told["checked"]) == ("2026-06-30", "As last year", True)
    assert [each["expected"] for each in told["months"]] == LAST_YEAR
    assert told["months"][9] == {
        "month": "2027-04", "expected": 1000.0, "at_least": 1000.0, "at_most": 1000.0, "planned": 0.0, "to_call": 1,
    }  # fmt: skip
    assert list(told["scenarios"]) == [each.value for each in Scenario if each is not Scenario.SEASONAL_MODEL]


@pytest.mark.usefixtures("without_statsmodels")
def test_files_are_read_in_an_order_of_dates_and_what_is_wrong_in_them_is_told(tmp_path: Path) -> None:
    wrong: list[list[Value]] = [["S", "03/04/2026", 70.0, "Paid"], ["nobody", AS_OF, 1.0, "Paid"]]
    people = str(write(tmp_path / "clients.csv", clients.TABLE.headers, [*PEOPLE, ["S", "Twice", None]]))
    rows = str(write(tmp_path / "invoices.csv", transactions.TABLE.headers, [*SALES, *wrong]))
    unread = forecast_files(people, rows, AS_OF)
    read = forecast_files(people, rows, AS_OF, date_order="DMY")
    assert sum(read.forecast.sales.months) == sum(unread.forecast.sales.months) + 70.0
    assert (len(unread.problems), len(read.problems)) == (3, 2)
    done = CliRunner().invoke(app, ["forecast", people, rows, "--as-of", str(AS_OF), "--date-order", "DMY"])
    assert done.exit_code == 0
    for told in ("invoices.csv: CSV", "clients.csv!A5", f"invoices.csv!A{len(SALES) + 3}"):
        assert told in done.stderr


@pytest.mark.parametrize("day", [date(1800, 1, 1), date(9999, 12, 31)])
def test_a_day_out_of_range_is_refused(day: date, files: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="between"):
        forecast_files(*files, day)


def test_too_short_a_past_is_told_without_a_table_of_months(tmp_path: Path) -> None:
    people = write(tmp_path / "clients.csv", clients.TABLE.headers, PEOPLE)
    rows = write(tmp_path / "invoices.csv", transactions.TABLE.headers, SALES[:1])
    done = CliRunner().invoke(app, ["forecast", str(people), str(rows), "--as-of", str(AS_OF)])
    assert done.exit_code == 0
    assert done.stdout.startswith("There is no forecast yet. It needs 12 whole months of sales; there is 1.")
    assert "July 2026" not in done.stdout
    assert "Year lands at" not in done.stdout
    assert "  Statistics: It needs 36 whole months of sales; there is 1." in done.stdout.splitlines()


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["forecast", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert done.exit_code == 1
    assert "a.csv" in done.stderr
