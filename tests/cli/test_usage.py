"""Wrong usage ends with exit code 2, whatever is wrong: a word, an option, a pair of options, an ending, a file."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl import open_book
from kopilot_xl.cli.group import app
from kopilot_xl.errors import BookError, NotBookError, OutputError, SaveError, UsageError
from tests.portfolios import make_portfolio

EXPORTS = ["x.csv", "x.tsv", "x.txt", "x.parquet", "x.xml", "x.pdf", "x.zip", "X.CSV"]
TAKES_BOOKS = {
    "refresh": [],
    "update": [],
    "check": [],
    "report": [],
    "upgrade": [],
    "adopt": [],
    "schedule": ["--daily", "07:00", "--using", "cron"],
}
WRONG = {
    "no command": ["--quiet"],
    "an unknown command": ["bogus"],
    "a blank command": [""],
    "help of an unknown command": ["help", "bogus"],
    "an unknown option": ["refresh", "book.xlsm", "--bogus"],
    "an option without its value": ["refresh", "book.xlsm", "--output"],
    "no workbook": ["refresh"],
    "a blank workbook": ["refresh", ""],
    "a blank workbook among others": ["check", "book.xlsm", ""],
    "one argument of two": ["segment", "clients.csv"],
    "one file of two": ["forecast", "clients.csv"],
    "too many arguments": ["upgrade", "book.xlsm", "other.xlsm"],
    "a value out of range": ["refresh", "book.xlsm", "--jobs", "0"],
    "a value that is not one of a list": ["segment", "clients.csv", "invoices.csv", "--engine", "bogus"],
    "not a date": ["refresh", "book.xlsm", "--as-of", "31.31.2026"],
    "not a time": ["schedule", "book.xlsm", "--daily", "25:00"],
    "not a pair": ["update", "book.xlsm", "--clients", "clients.csv", "--map", "Client"],
    "a meaning that is none": ["new", "new.xlsm", "--transactions", "states.csv", "--status", "Late=Bogus"],
    "an encoding that is none": ["new", "new.xlsm", "--transactions", "invoices.csv", "--encoding", "bogus"],
    "thresholds that do not fit": ["segment", "clients.csv", "invoices.csv", "--active-months", "99"],
    "an output for several": ["refresh", "book.xlsm", "other.xlsm", "--output", "new.xlsm"],
    "an output of an update": ["refresh", "book.xlsm", "--update", "--output", "new.xlsm"],
    "files of several": ["update", "book.xlsm", "other.xlsm", "--clients", "clients.csv"],
    "check and copy": ["upgrade", "book.xlsm", "--check", "--copy"],
    "output and in place": ["adopt", "own.xlsx", "--in-place", "--output", "new.xlsx"],
    "an output that is the workbook": ["refresh", "book.xlsm", "--output", "book.xlsm"],
    "an output that is read": ["segment", "clients.csv", "invoices.csv", "--output", "clients.csv"],
    "a summary that is the workbook": ["refresh", "own.xlsx", "--summary", "own.xlsx"],
    "a workbook with the ending of another kind": ["refresh", "book.xlsm", "--output", "new.xlsx"],
    "a workbook with the ending of a table": ["refresh", "book.xlsm", "--output", "new.csv"],
    "a workbook without an ending": ["refresh", "book.xlsm", "--output", "new"],
    "a new workbook with another ending": ["new", "new.csv"],
    "a sample with another ending": ["demo", "demo.txt"],
    "a report with another ending": ["report", "book.xlsm", "--output", "new.xlsm"],
    "an index with another ending": ["report", "book.xlsm", "other.xlsm", "--output", "new.csv"],
    "a summary with another ending": ["refresh", "book.xlsm", "--summary", "new.foo"],
    "segments with another ending": ["segment", "clients.csv", "invoices.csv", "--output", "new.foo"],
    "an upgrade with another ending": ["upgrade", "book.xlsm", "--output", "new.xlsx"],
    "an adopted workbook with another ending": ["adopt", "own.xlsx", "--macros", "--output", "new.xlsx"],
    "a schedule without a time": ["schedule", "book.xlsm"],
    "a schedule without a workbook": ["schedule", "--daily", "07:00"],
    "an entry to remove without a workbook": ["schedule", "--remove", "--using", "cron"],
    "a list and a time": ["schedule", "book.xlsm", "--list", "--daily", "07:00"],
    "a list and a removal": ["schedule", "book.xlsm", "--list", "--remove"],
    "a removal and a time": ["schedule", "book.xlsm", "--remove", "--daily", "07:00"],
    "a removal and an update": ["schedule", "book.xlsm", "--remove", "--update"],
    "an unknown scheduler": ["schedule", "--list", "--using", "at"],
    "a scheduled summary with another ending": [
        "schedule", "book.xlsm", "--daily", "07:00", "--summary", "new.foo", "--using", "cron",
    ],
    "an unknown language": ["--language", "xx", "refresh", "book.xlsm"],
}  # fmt: skip


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stock")
    make_portfolio(folder / "book.xlsm")
    shutil.copy(folder / "book.xlsm", folder / "other.xlsm")
    (folder / "clients.csv").write_text("Client ID,Client\nA1,Alder\n")
    (folder / "invoices.csv").write_text("Client ID,Issue date,Amount\nA1,2026-06-01,100\n")
    (folder / "states.csv").write_text("Client ID,Issue date,Amount,Status\nA1,2026-06-01,100,Late\n")
    for name in (*EXPORTS, "own.xlsx"):
        (folder / name).write_text("Client ID,Client\nA1,Alder\n")
    return folder


@pytest.fixture
def folder(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = Path(shutil.copytree(stock, tmp_path / "work"))
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "crontab").write_text("#!/bin/sh\necho no crontab for anna >&2\nexit 1\n")
    (binaries / "crontab").chmod(0o755)
    monkeypatch.setenv("PATH", f"{binaries}{os.pathsep}{os.environ['PATH']}")  # nothing is written to a real table
    monkeypatch.chdir(work)
    return work


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_ends_with_two_and_writes_nothing(name: str, folder: Path) -> None:
    before = contents(folder)
    done = CliRunner().invoke(app, WRONG[name])
    assert done.exit_code == 2, done.output
    assert done.stderr.strip()
    assert contents(folder) == before


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("command", TAKES_BOOKS)
def test_an_export_where_a_workbook_belongs(command: str, export: str, folder: Path) -> None:
    done = CliRunner().invoke(app, [command, export, *TAKES_BOOKS[command]])
    assert done.exit_code == 2
    option = "--invoices" if export.endswith(("xml", "pdf", "zip")) else "--transactions"
    assert done.stderr == (
        f"kopilot-xl: {export} is an export, not a workbook: kopilot-xl new Portfolio.xlsm {option} {export} makes a "
        f"workbook of it, kopilot-xl update Portfolio.xlsm {option} {export} brings it into one.\n"
    )


@pytest.mark.parametrize("command", ["refresh", "check", "report"])
@pytest.mark.parametrize("names", [["x.csv", "book.xlsm"], ["book.xlsm", "x.csv"], ["x.csv", "none.xlsm"]])
def test_an_export_among_workbooks_stops_none_of_them(command: str, names: list[str], folder: Path) -> None:
    done = CliRunner().invoke(app, [command, *names])
    assert done.exit_code == 2
    assert "x.csv is an export" in done.stderr
    assert (os.path.exists("book.html") if command == "report" else "book.xlsm" in done.stdout) is (
        "book.xlsm" in names
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["refresh", "none.xlsm"], ["refresh", "own.xlsx"], ["report", "none.xlsm"], ["demo", "book.xlsm"],
        ["new", "new.xlsm", "--clients", "none.csv"], ["segment", "clients.csv", "none.csv"],
        ["refresh", "book.xlsm", "--output", "none/new.xlsm"],
        ["schedule", "none.xlsm", "--daily", "07:00", "--using", "cron"],
    ],
)  # fmt: skip
def test_what_depends_on_files_is_a_failure(arguments: list[str], folder: Path) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 1


def test_wrong_files_are_of_both_kinds_of_error(folder: Path) -> None:
    assert issubclass(NotBookError, BookError)
    assert issubclass(NotBookError, UsageError)
    assert issubclass(OutputError, SaveError)
    with pytest.raises(NotBookError, match=r"^x\.csv is an export"):
        open_book("x.csv")


@pytest.mark.parametrize("command", sorted(each.callback.__name__ for each in app.registered_commands if each.callback))
def test_help_breaks_lines_where_the_screen_ends(command: str) -> None:
    """A paragraph is one line in what the terminal wraps: the lines of the source are not seen."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "400", "TERMINAL_WIDTH": "400"}).output
    text = shown.split("╭", 1)[0]
    lines = [line.strip() for line in text.splitlines()]
    for line, following in pairwise(lines):
        assert not (line and following), f"{line!r} goes on with {following!r}"
