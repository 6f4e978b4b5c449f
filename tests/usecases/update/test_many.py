"""Many workbooks, each updated from its own sources: one that stops does not stop the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from kopilot_xl import new, open_book, refresh_all, update_all
from kopilot_xl.cli.group import app
from tests.portfolios import make_portfolio
from tests.usecases.update.test_update import CLIENTS, INVOICES, exports

NEWS = ["A1", "2026-07-01", "5.00", "Sent", "R7"]


@pytest.fixture
def companies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four companies: one with news, one without, one whose clients are gone, one that was typed by hand."""
    for name in ("alder", "birch", "cedar"):
        folder = tmp_path / "Clients" / name
        folder.mkdir(parents=True)
        new(folder / "Portfolio.xlsm", *exports(folder, CLIENTS, INVOICES))
    exports(tmp_path / "Clients/alder", CLIENTS, [*INVOICES, NEWS])
    (tmp_path / "Clients/cedar/clients.csv").unlink()
    make_portfolio(tmp_path / "Clients/elm.xlsm", [["E1", "Elm", None]], [])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words, "--as-of", "2026-07-06"])
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_is_updated_from_its_own_sources(companies: Path, jobs: str) -> None:
    before = (companies / "Clients/cedar/Portfolio.xlsm").read_bytes()
    words = ["update", "Clients", "--jobs", jobs, "--summary", "All.xlsx", "--json", "--as-of", "2026-07-06"]
    done = subprocess.run([sys.executable, "-m", "kopilot_xl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no file Clients/cedar/clients.csv" in done.stderr.replace("\\", "/")
    assert "elm.xlsm does not know where its data come from. Name the files once: kopilot-xl update" in done.stderr
    assert [json.loads(line)["book"] for line in done.stdout.splitlines()] == [
        "Clients/alder/Portfolio.xlsm", "Clients/birch/Portfolio.xlsm",
    ]  # fmt: skip
    (alder, birch) = (json.loads(line)["update"] for line in done.stdout.splitlines())
    assert (alder["transactions"]["added"], alder["amount_added"], alder["stopped"]) == (1, 5.0, None)
    assert birch["transactions"] == {"added": 0, "changed": 0, "vanished": 0}
    assert (companies / "Clients/cedar/Portfolio.xlsm").read_bytes() == before
    assert len(open_book("Clients/alder/Portfolio.xlsm").table("Transactions").rows) == 3
    page = openpyxl.load_workbook("All.xlsx").worksheets[0]
    rows = {row[8]: row for row in page.iter_rows(min_row=5, values_only=True) if row[8]}
    assert "+1 transaction (EUR 5)" in str(rows["Clients/alder/Portfolio.xlsm"][3])
    assert "nothing new in the sources" in str(rows["Clients/birch/Portfolio.xlsm"][3])
    assert "clients.csv" in str(rows["Clients/cedar/Portfolio.xlsm"][7])
    assert "--transactions FILE" in str(rows["Clients/elm.xlsm"][7])


def test_refresh_with_update_does_both_and_refreshes_where_sources_stop(companies: Path) -> None:
    code, out, errors = run("refresh", "Clients", "--update")
    assert code == 1
    assert "Clients/cedar/Portfolio.xlsm was refreshed, but not updated: There is no file" in errors
    assert "elm" not in errors, "a workbook typed by hand has nothing to be updated from"
    assert "Clients/alder/Portfolio.xlsm: as of 6 July 2026, " in out
    assert "+1 transaction (EUR 5)" in out
    assert "4 of 4 workbooks done" in out
    (companies / "Clients/cedar/Portfolio.xlsm").unlink()
    assert run("refresh", "Clients", "--update")[0] == 0


def test_a_summary_of_one_workbook(companies: Path) -> None:
    (done,) = update_all(["Clients/alder/Portfolio.xlsm"], summary="one.csv")
    assert done.report is not None
    assert done.report.news is not None
    assert done.report.news.transactions == 1
    assert "Alder" not in Path("one.csv").read_text("utf-8"), "no client is named in a summary"


def test_files_belong_to_one_workbook(companies: Path) -> None:
    code, _, errors = run("update", "Clients", "--transactions", "x.csv")
    assert code == 2
    assert "files and how to read them belong to one workbook" in errors.replace("│ ", "")


@pytest.mark.parametrize("command", ["refresh", "update", "check", "report"])
@pytest.mark.parametrize(("name", "option"), [("x.csv", "transactions"), ("R 1.xml", "invoices")])
def test_an_export_in_the_place_of_a_workbook_is_answered(
    command: str, name: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("a,b\n")
    done = CliRunner().invoke(app, [command, name])
    assert done.exit_code == 2
    file = f'"{name}"' if " " in name else name
    assert f"kopilot-xl new Portfolio.xlsm --{option} {file} makes a workbook of it" in done.stderr
    assert f"kopilot-xl update Portfolio.xlsm --{option} {file} brings it into one" in done.stderr


def test_reports_of_a_folder_and_the_page_that_leads_to_them(companies: Path) -> None:
    for done in refresh_all(["Clients"]):
        assert done.report
    result = CliRunner().invoke(app, ["report", "Clients", "--as-of", "2026-07-06", "--jobs", "2"])
    assert result.exit_code == 0, result.stderr
    index = (companies / "Clients/Portfolios.html").read_text("utf-8")
    for name in ("alder/Portfolio", "birch/Portfolio", "cedar/Portfolio", "elm"):
        assert (companies / f"Clients/{name}.html").is_file()
        assert f'href="{name}.html"' in index
        assert f'href="{name}.xlsm"' in index
    again = CliRunner().invoke(app, ["report", "Clients", "--output", "index.htm"])
    assert again.exit_code == 0, again.stderr
    assert 'href="Clients/alder/Portfolio.html"' in (companies / "index.htm").read_text("utf-8")
