"""The next twelve months for data outside a workbook: the same as in one, in words and as JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl import open_book, refresh
from kopilot_xl.cli.group import app
from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import Rule
from kopilot_xl.usecases.forecast import forecast_book, forecast_files
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import clients, forecast, transactions
from tests.portfolios import NOW, make_portfolio
from tests.workbook.sheets.test_forecast import AS_OF, PEOPLE, SALES


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


def test_a_workbook_tells_what_its_refresh_tells(tmp_path: Path) -> None:
    action = [[AS_OF, PEOPLE[0][0], "Plan revenue", AS_OF.replace(year=AS_OF.year + 1), 777.0]]
    path = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES, action)
    before = path.read_bytes()
    found = forecast_book(open_book(path), AS_OF)
    assert path.read_bytes() == before
    report = refresh(open_book(path), AS_OF, now=NOW)
    assert report.forecast is not None
    assert found.forecast.expected == report.forecast.expected
    assert found.prepared == report.prepared
    assert found.prepared[11].total == 777.0, "a planned action is planned revenue"
    done = CliRunner().invoke(app, ["forecast", str(path), "--as-of", AS_OF.isoformat(), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["as_of"] == AS_OF.isoformat()


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


def test_files_and_a_workbook_of_the_same_rows_give_the_same(files: tuple[str, str], tmp_path: Path) -> None:
    found = forecast_files(*files, AS_OF)
    book = make_portfolio(tmp_path / "book.xlsm", PEOPLE, SALES)
    report = refresh(open_book(book), AS_OF, now=NOW)
    assert found.forecast == report.forecast
    assert found.prepared == report.prepared
    assert (found.as_of, found.problems) == (AS_OF, [])


def test_the_command_tells_the_months_and_the_rules(files: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["forecast", *files, "--as-of", str(AS_OF)])
    assert done.exit_code == 0
    found = forecast_files(*files, AS_OF)
    told = found.forecast
    assert told.mix is not None
    assert told.low is not None
    assert told.high is not None
    lines = done.stdout.splitlines()
    assert lines[0] == forecast.note(told, found.prepared)
    for name, words in forecast.facts(told, found.prepared, found.clients).items():
        assert f"  {name}: {words}" in lines
    (july,) = [line.split() for line in lines if line.strip().startswith("July 2026")]
    numbers = (told.mix.months[0], told.low[0], told.high[0])
    assert july == ["July", "2026", *map(formatting.whole, numbers), "60", "0"]
    for name, line in (("Mixed", told.mix), *((rule.value, told.rules[rule]) for rule in Rule)):
        (row,) = [each.split() for each in lines if each.strip().startswith(f"{name} ")]
        assert line.accuracy is not None
        assert line.accuracy.of_total is not None
        assert row[len(name.split()) :] == [
            formatting.share(line.share), formatting.whole(sum(line.months)), formatting.whole(line.landing),
            formatting.whole(line.accuracy.error), formatting.share(line.accuracy.of_total), f"{line.accuracy.dates}",
        ]  # fmt: skip


def test_as_json_it_is_alone_on_standard_output(files: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["forecast", *files, "--as-of", str(AS_OF), "--json"])
    (line,) = done.stdout.splitlines()
    found, told = forecast_files(*files, AS_OF), json.loads(line)
    assert found.forecast.mix is not None
    assert found.forecast.total is not None
    assert (told["as_of"], told["expected"], told["checked"]) == ("2026-06-30", "Mix", True)
    assert [month["expected"] for month in told["months"]] == list(found.forecast.mix.months)
    assert list(told["scenarios"]) == ["Mix", *(rule.value for rule in Rule)]
    assert told["scenarios"]["Mix"]["months"] == list(found.forecast.mix.months)
    assert sum(told["shares"].values()) == pytest.approx(1)
    assert told["total"]["expected"] == found.forecast.total.expected
    assert {client["client"]: client["expected"] for client in told["clients"]} == {
        client.id: found.forecast.clients[client.key].amount for client in found.clients
    }
    parts = sum(client["expected"] for client in told["clients"]) + told["new_clients"]
    assert parts == pytest.approx(told["total"]["expected"])
    assert sum(told["expected_by_segment"].values()) + told["new_clients"] == pytest.approx(told["total"]["expected"])


def test_files_are_read_in_an_order_of_dates_and_what_is_wrong_in_them_is_told(tmp_path: Path) -> None:
    wrong: list[list[Value]] = [["S", "03/04/2026", 70.0, "Paid"], ["nobody", AS_OF, 1.0, "Paid"]]
    people = str(write(tmp_path / "clients.csv", clients.TABLE.headers, [*PEOPLE, ["S", "Twice", None]]))
    rows = str(write(tmp_path / "invoices.csv", transactions.TABLE.headers, [*SALES, *wrong]))
    unread = forecast_files(people, rows, AS_OF)
    read = forecast_files(people, rows, AS_OF, date_order="DMY")
    assert sum(read.forecast.past.totals) == sum(unread.forecast.past.totals) + 70.0
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
    assert done.stdout.startswith("There is no forecast yet. It needs 4 whole months of invoices; there is 1.")
    assert "July 2026" not in done.stdout
    assert "Year ends at" not in done.stdout


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["forecast", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert done.exit_code == 1
    assert "a.csv" in done.stderr
