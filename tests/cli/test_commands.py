"""The commands: their exit codes, what goes to which stream, and what they say when something is wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from kopilot_xl import open_book
from kopilot_xl._version import __version__
from kopilot_xl.cli.group import app
from kopilot_xl.cli.program import _with_homes
from kopilot_xl.domain.rules import month_ends
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.create import new
from kopilot_xl.usecases.sample import SAMPLE_DATE, write_sample
from tests.invariants import assert_sound

ROOT = Path(__file__).parents[2]
EXPORTS = ROOT / "tests" / "importing" / "exports"
DAY = ("--as-of", "2026-06-30")
CDNOW = ROOT / "tests" / "data" / "cdnow_sample"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    write_sample(folder / "sample.xlsm")
    new(folder / "clean.xlsm", EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv")
    return folder


@pytest.fixture
def folder(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a workbook that has data problems and one that has none."""
    shutil.copytree(originals, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    """Run a command in this process, with its two streams apart."""
    return CliRunner().invoke(app, list(arguments), prog_name="kopilot-xl")


def process(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "kopilot_xl.cli", *arguments],
        capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1", **(env or {})}, check=False,
        timeout=60, **options,
    )  # fmt: skip


def one_line(result: Any, code: int = 1) -> str:
    """The one line a failure says, with nothing else on either stream."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("kopilot-xl: ")
    return str(lines[0])


# every command


def test_version() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"kopilot-xl {__version__}\n")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom kopilot_xl.cli import main\nsys.argv = ['kopilot-xl', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'polars', 'pandas', 'numpy', 'narwhals', 'openpyxl', 'lxml', 'xlwings', 'python_calamine'}\n"
        "print('LOADED', sorted(heavy & sys.modules.keys()))"
    )
    for arguments in (["--help"], ["refresh", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=True,
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "LOADED []"


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def test_the_commands() -> None:
    assert list(commands()) == [
        "new",
        "demo",
        "update",
        "refresh",
        "check",
        "report",
        "upgrade",
        "adopt",
        "segment",
        "forecast",
        "install",
        "schedule",
    ]


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_help_and_examples(name: str) -> None:
    command = commands()[name]
    assert len(command.help) > 20
    assert f"kopilot-xl {name}" in command.epilog
    for each in command.params:
        assert each.help, f"{name}: {each.name}"
        assert each.help.endswith("."), f"{name}: {each.name}"
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"kopilot-xl {name}" in result.stdout
    assert "[/" not in result.stdout


def test_the_page_of_commands_is_as_the_commands_are() -> None:
    spec = importlib.util.spec_from_file_location("generate_commands", ROOT / "docs" / "generate_commands.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = generator.PAGE.read_text(encoding="utf-8")
    assert written == generator.page(), "run: python docs/generate_commands.py"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["refresh"],
        ["refresh", "sample.xlsm", "--as-of", "31 June"],
        ["refresh", "sample.xlsm", "--as-of", "03/04/2026"],
        ["refresh", "sample.xlsm", "--as-of", ""],
        ["refresh", "sample.xlsm", "--as-of", "1850-01-01"],
        ["refresh", "sample.xlsm", "clean.xlsm", "--output", "out.xlsm"],
        ["refresh", "sample.xlsm", "--unknown"],
        ["segment", "clients.csv"],
        ["segment", "c.csv", "t.csv", "--engine", "excel"],
        ["segment", "c.csv", "t.csv", "--memory", "much"],
        ["segment", "c.csv", "t.csv", "--json"],
        ["segment", "c.csv", "t.csv", "--as-of", "soon"],
        ["new", "book.xlsm", "--date-order", "YMD"],
        ["new"],
        ["new", "book.xlsm", "--map", "Client"],
        ["check"],
        ["check", "clean.xlsm", "--jobs", "0"],
        ["refresh", "sample.xlsm", "--jobs", "many"],
        ["refresh", ".", "--output", "out.xlsm"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], folder: Path) -> None:
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    result = run(*arguments)
    assert result.exit_code == 2
    if arguments:
        assert "Usage: kopilot-xl" in result.stderr
        assert result.stdout == ""
    assert "Traceback" not in result.output
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def test_an_unreadable_day_says_how_to_write_it(folder: Path) -> None:
    said = " ".join(run("refresh", "sample.xlsm", "--as-of", "31 June").stderr.replace("│", " ").split())
    assert '"31 June" is not a date that can be read. Write 2026-04-03, or today.' in said


# new and demo


def test_new_tells_what_it_read_and_how_to_go_on(folder: Path) -> None:
    result = run(
        "new", "Portfolio.xlsm", "--clients", str(EXPORTS / "contacts.csv"),
        "--transactions", str(EXPORTS / "sales_invoices.csv"),
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Client ID from *ContactName" in result.stdout
    assert result.stdout.endswith(
        "Portfolio.xlsm was made, with 4 clients and 5 transactions.\nNext: kopilot-xl refresh Portfolio.xlsm\n"
    )
    assert_sound(folder / "Portfolio.xlsm")
    again = one_line(run("new", "Portfolio.xlsm"))
    assert "Portfolio.xlsm is there already" in again
    assert "kopilot-xl update" in again
    assert "--force" not in again
    assert run("new", "Portfolio.xlsm", "--force").stdout.startswith("Portfolio.xlsm was made, with no clients yet.")
    assert_sound(folder / "Portfolio.xlsm")


def test_new_takes_a_date_order_in_any_case(folder: Path) -> None:
    result = run("new", "a.xlsm", "--clients", str(EXPORTS / "customers_unicode.txt"), "--date-order", "mdy")
    assert result.exit_code == 0
    assert open_book("a.xlsm").cell("DateOrder") == "MDY"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no file"),
        (b"", "is empty"),
        (bytes(range(256)), "cannot be read as text"),
        (b"a,b\n1,2\n", "no column that can be recognised as Client ID"),
    ],
)
def test_new_from_a_bad_export(content: bytes | None, says: str, folder: Path) -> None:
    if content is not None:
        Path("c.csv").write_bytes(content)
    line = one_line(run("new", "book.xlsm", "--clients", "c.csv"))
    assert says in line
    assert "c.csv" in line
    assert not Path("book.xlsm").exists()


def test_demo(tmp_path: Path) -> None:
    done = process("demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("kopilot-demo.xlsm  as of 1 July 2026\n")
    assert_sound(tmp_path / "kopilot-demo.xlsm")
    again = process("demo", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (1, "")
    assert "kopilot-demo.xlsm is there already" in again.stderr
    assert process("demo", "--force", cwd=tmp_path).returncode == 0


# refresh


def test_refresh_and_its_exit_codes(folder: Path) -> None:
    assert run("refresh", "clean.xlsm", "--as-of", "2026-06-30", "--strict").exit_code == 0
    result = run("refresh", "sample.xlsm", "--strict")
    assert result.exit_code == 1
    assert "9 data problems" in result.stdout
    assert result.stderr == ""
    assert run("refresh", "sample.xlsm").exit_code == 0
    for each in ("clean.xlsm", "sample.xlsm"):
        assert_sound(folder / each)
    assert {row[3] for row in open_book("sample.xlsm").table("Clients").rows} > {"Active", "Leaving", "Canceled"}


def test_the_past_months_can_be_filled_in(folder: Path) -> None:
    assert run("refresh", "clean.xlsm", "--as-of", "2026-07-01", "--backfill", "12").exit_code == 0
    assert_sound(folder / "clean.xlsm")
    rows = open_book("clean.xlsm").table("History").rows
    assert len(rows) == 13
    assert [row[0] for row in rows[:12]] == month_ends(date(2026, 6, 30), 12)
    assert {row[-1] for row in rows[:12]} == {"reconstructed"}
    refused = run("refresh", "clean.xlsm", "--backfill", "-1")
    assert (refused.exit_code, "--backfill" in refused.stderr) == (2, True)


def test_notices_never_fail_a_strict_refresh(folder: Path) -> None:
    new("empty.xlsm")
    result = run("refresh", "empty.xlsm", "--strict")
    assert result.exit_code == 0
    assert "2 notices" in result.stdout


@pytest.mark.parametrize("day", ["2026-06-30", "30 June 2026", "30.06.2026"])
def test_the_day_may_be_written_in_many_ways(day: str, folder: Path) -> None:
    assert "as of 30 June 2026" in run("refresh", "clean.xlsm", "--as-of", day).stdout


def test_today(folder: Path) -> None:
    result = run("refresh", "sample.xlsm", "--as-of", "today", "--json")
    assert json.loads(result.stdout)["as_of"] in {date.today().isoformat()}


def test_output_leaves_the_workbook_alone(folder: Path) -> None:
    before = Path("clean.xlsm").read_bytes()
    Path("out.xlsm").write_text("old")
    assert run("refresh", "clean.xlsm", "--output", "out.xlsm").exit_code == 1
    assert run("refresh", "clean.xlsm", "--output", "out.xlsm", "--force").exit_code == 0
    assert Path("out.xlsm.kopilot-backup").read_text() == "old"
    assert run("refresh", "clean.xlsm", "--output", "out.xlsm").exit_code == 0
    assert Path("clean.xlsm").read_bytes() == before
    assert_sound(folder / "out.xlsm")
    Path("out").mkdir()
    assert "out is a folder" in one_line(run("refresh", "clean.xlsm", "-o", "out"))


def test_json_is_alone_on_its_stream(folder: Path) -> None:
    result = run("refresh", "sample.xlsm", "none.xlsm", "clean.xlsm", "--json")
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["book"] for each in found] == ["sample.xlsm", "clean.xlsm"]
    assert found[0]["as_of"] == SAMPLE_DATE.isoformat()
    assert set(found[0]["segments"]) == set(Segment)
    assert result.stderr == "kopilot-xl: There is no file none.xlsm: check its name and folder.\n"


def test_several_books_go_on_after_a_failure(folder: Path) -> None:
    Path("broken.xlsm").write_text("no workbook")
    books = ("none.xlsm", "sample.xlsm", "broken.xlsm", "./sample.xlsm", "clean.xlsm", "sample.xlsm")
    result = run("refresh", *books, *DAY)
    assert result.exit_code == 1
    lines, _, table = result.stdout.partition("\n\n")
    assert [line.split(":")[0] for line in lines.splitlines()] == ["sample.xlsm", "clean.xlsm"]
    assert "9 data problems" in lines
    assert [line.split()[0] for line in table.splitlines() if ".xlsm" in line] == [
        "none.xlsm", "sample.xlsm", "broken.xlsm", "clean.xlsm",
    ]  # fmt: skip
    assert table.endswith("2 of 4 workbooks done: 1 Inaccurate, 1 Mature.\n")
    assert len(result.stderr.splitlines()) == 2
    assert Path("broken.xlsm").read_text() == "no workbook"


def test_the_same_book_twice_is_one(folder: Path) -> None:
    result = run("refresh", "clean.xlsm", "./clean.xlsm", "--output", "out.xlsm", "--json")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1


def test_a_pattern_the_shell_left_alone(folder: Path) -> None:
    Path("~$gone.xlsm").write_bytes(b"owner")
    result = run("refresh", "*.xlsm", "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["book"] for line in result.stdout.splitlines()] == ["clean.xlsm", "sample.xlsm"]
    assert "no file x*.xlsm" in one_line(run("refresh", "x*.xlsm"))


def test_an_action_recorded_is_read_back(folder: Path) -> None:
    before = json.loads(run("refresh", "clean.xlsm", "--as-of", "2026-06-30", "--json").stdout)
    assert before["actions"]["Applied"] == 0
    book = open_book("clean.xlsm")
    book.write_table("Actions", {"Recorded on": [date(2026, 6, 1)], "Client ID": ["00101"], "Action": ["Mark lost"]})
    book.save()
    after = json.loads(run("refresh", "clean.xlsm", "--as-of", "2026-06-30", "--json").stdout)
    assert after["actions"]["Applied"] == 1
    assert after["segments"]["Lost"] == before["segments"]["Lost"] + 1


# many books


@pytest.fixture
def companies(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of client companies: two workbooks of theirs, one that is broken and one of something else."""
    import openpyxl

    for name, original in (("alder", "sample.xlsm"), ("birch/2026", "clean.xlsm")):
        (tmp_path / "companies" / name).mkdir(parents=True)
        shutil.copyfile(originals / original, tmp_path / "companies" / name / "Portfolio.xlsm")
    (tmp_path / "companies" / "alder" / "broken.xlsx").write_text("no workbook")
    openpyxl.Workbook().save(tmp_path / "companies" / "prices.xlsx")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "companies"


BROKEN = "kopilot-xl: companies/alder/broken.xlsx is not an Excel workbook, whatever its name says"
LEFT_ALONE = "kopilot-xl: 1 other workbook, not of Kopilot, was left alone: companies/prices.xlsx."


@pytest.mark.skipif(sys.platform == "win32", reason="folders are written otherwise there")
def test_a_folder(companies: Path) -> None:
    result = run("refresh", "companies", *DAY)
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:2]] == [
        "companies/alder/Portfolio.xlsm", "companies/birch/2026/Portfolio.xlsm",
    ]  # fmt: skip
    assert "2 portfolios in EUR" in result.stdout
    broken, left_alone = result.stderr.splitlines()
    assert broken.startswith(BROKEN)
    assert left_alone == LEFT_ALONE
    (companies / "alder" / "broken.xlsx").unlink()
    assert run("refresh", "companies", *DAY).exit_code == 0
    assert run("refresh", "companies", *DAY, "--strict").exit_code == 1
    for each in companies.rglob("Portfolio.xlsm"):
        assert_sound(each)


def test_what_is_named_must_be_a_workbook_of_ours(companies: Path) -> None:
    before = Path("companies/prices.xlsx").read_bytes()
    assert "is not a Kopilot workbook" in one_line(run("refresh", "companies/prices.xlsx"))
    (companies / "only").mkdir()
    shutil.move(companies / "prices.xlsx", companies / "only")
    result = run("refresh", "companies/only")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no Kopilot workbook among them: kopilot-xl new makes one." in result.stderr
    assert Path("companies/only/prices.xlsx").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("refresh", []),
        ("check", ["--json"]),
        # Each command and each form is played above; these are the pairs left.
        pytest.param("refresh", ["--json"], marks=pytest.mark.slow),
        pytest.param("check", [], marks=pytest.mark.slow),
    ],
)
def test_jobs_change_nothing_but_the_speed(command: str, form: list[str], companies: Path) -> None:
    day = DAY if command == "refresh" else ()
    one, two = (process(command, "companies", "none.xlsm", *form, *day, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.returncode == two.returncode == 1
    assert one.stderr == two.stderr
    if form:
        found = [[json.loads(line) | {"seconds": 0} for line in each.stdout.splitlines()] for each in (one, two)]
        assert found[0] == found[1]
        assert len(found[0]) == 2
    else:
        assert one.stdout == two.stdout
        assert one.stdout.count("Portfolio.xlsm") == (4 if command == "refresh" else 2)


def test_a_book_more_than_jobs(companies: Path) -> None:
    for number in range(5):
        shutil.copyfile(companies / "birch" / "2026" / "Portfolio.xlsm", companies / f"{number}.xlsm")
    (companies / "1.xlsm").chmod(0o444)
    (companies / "~$2.xlsm").write_bytes(b"owner")
    done = process("refresh", "companies", "--jobs", "3", *DAY, "--backup", "--backfill", "2")
    assert done.returncode == 1
    assert "1.xlsm is read-only" in done.stderr
    assert "2.xlsm is open in Excel" in done.stderr
    assert done.stdout.count(": as of 30 June 2026, ") == 5
    assert len(open_book(companies / "4.xlsm").table("History").rows) == 3
    assert (companies / "4.xlsm.kopilot-backup").exists()
    assert not [each for each in companies.iterdir() if each.name.startswith(".")]


def test_the_summary_as_a_file(companies: Path) -> None:
    import polars

    for jobs in ("1", "2"):
        done = process("refresh", "companies", "--jobs", jobs, *DAY, "--json", "--summary", "companies/all.csv")
        assert done.returncode == 1
        assert "all.csv" not in done.stderr
        table = polars.read_csv("companies/all.csv")
        assert table["Shape"].to_list() == ["Mature", None, "Inaccurate"]
        assert table["Clients"].to_list()[2] == json.loads(done.stdout.splitlines()[1])["portfolio"]
        assert "broken.xlsx is not an Excel workbook" in table["Error"].to_list()[1]
    result = run("refresh", "companies", *DAY, "--summary", "companies/all.xlsx")
    again = run("refresh", "companies", *DAY, "--summary", "companies/all.xlsx")
    assert result.stderr == again.stderr, "the table of the last time is no workbook to look at"


def test_a_summary_that_cannot_be_written_is_refused_before_any_work(folder: Path) -> None:
    before = Path("clean.xlsm").read_bytes()
    assert "ends in none of" in one_line(run("refresh", "clean.xlsm", "--summary", "all.txt"), 2)
    Path("x.xlsx").write_bytes(before)
    assert "is one of the files to read" in one_line(run("refresh", "clean.xlsm", "x.xlsx", "--summary", "./x.xlsx"), 2)
    assert Path("clean.xlsm").read_bytes() == Path("x.xlsx").read_bytes() == before


def test_one_book_starts_no_process_and_loads_nothing_for_many(folder: Path) -> None:
    code = (
        "import sys\nfrom kopilot_xl.cli import main\n"
        "sys.argv = ['kopilot-xl', 'refresh', 'clean.xlsm', '--jobs', '4']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', sorted({'multiprocessing', 'kopilot_xl.pool', 'rich.progress'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


# bad books


def without(part: str) -> Callable[[Path], None]:
    """Take a part out of a workbook, and what leads to it."""

    def change(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            parts = {each: archive.read(each) for each in archive.namelist() if each != part}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)

    return change


def header(table: str, old: str, changed: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        import openpyxl

        book = openpyxl.load_workbook(path, keep_vba=True)
        cell = next(each for each in next(book[table].iter_rows()) if each.value == old)
        cell.value = changed
        book.save(path)

    return change


def setting(name: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        book = open_book(path)
        assert book.write_block(name, [[value]])  # type: ignore[list-item]  # any value a user may type
        book.save()

    return change


def no_sheet(name: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        import openpyxl

        book = openpyxl.load_workbook(path, keep_vba=True)
        del book[name]
        book.save(path)

    return change


def no_name(name: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        import openpyxl

        book = openpyxl.load_workbook(path, keep_vba=True)
        del book.defined_names[name]
        book.save(path)

    return change


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


BAD_BOOKS: list[tuple[str, Callable[[Path], object], str]] = [
    ("book.xlsm", Path.unlink, "There is no file book.xlsm"),
    ("book.xlsm", a_folder, "folder"),
    ("book.xlsm", lambda path: path.write_bytes(b""), "book.xlsm"),
    ("book.xlsm", lambda path: path.write_text("hello"), "book.xlsm"),
    ("book.xlsm", lambda path: path.write_bytes(path.read_bytes()[:9000]), "book.xlsm"),
    ("book.xlsm", lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600), "book.xlsm"),
    ("book.xls", lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600), ".xlsx"),
    ("book.xlsb", lambda path: path.write_bytes(b"x"), ".xlsx"),
    ("book.ods", lambda path: path.write_bytes(b"x"), ".xlsx"),
    ("book.xlsm", without("xl/workbook.xml"), "book.xlsm"),
    ("book.xlsm", no_sheet("Clients"), "Clients"),
    ("book.xlsm", no_sheet("Transactions"), "Transactions"),
    ("book.xlsm", header("Clients", "Client ID", "Key"), 'no column "Client ID"'),
    ("book.xlsm", header("Transactions", "Issue date", "Day"), "Issue date"),
    ("book.xlsm", no_name("LifespanDays"), "LifespanDays"),
    ("book.xlsm", setting("LifespanDays", 10), "Settings!"),
    ("book.xlsm", setting("ActiveMonths", "four"), "Settings!"),
    ("book.xlsm", setting("AsOf", "tomorrow"), "Settings!"),
    ("book.xlsm", setting("DateOrder", "YMD"), "Settings!"),
    ("book.xlsm", lambda path: path.with_name("~$book.xlsm").write_bytes(b"owner"), "~$book.xlsm"),
    ("book.xlsm", lambda path: path.chmod(0o444), "read-only"),
]
if sys.platform != "win32":  # where a folder's own permissions do not say so
    BAD_BOOKS.append(("book.xlsm", lambda path: path.parent.chmod(0o555), "read-only"))


@pytest.mark.parametrize(
    ("name", "spoil", "says"), BAD_BOOKS, ids=[f"{at} {each[2]}" for at, each in enumerate(BAD_BOOKS)]
)
def test_a_bad_book_is_one_line_and_untouched(
    name: str,
    spoil: Callable[[Path], object],
    says: str,
    originals: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    shutil.copyfile(originals / "clean.xlsm", path)
    try:
        spoil(path)
        before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}
        line = one_line(run("refresh", name))
        assert says in line
        assert "defect" not in line
        assert {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()} == before
    finally:
        tmp_path.chmod(0o755)


# check


def test_check(folder: Path) -> None:
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    assert run("check", "clean.xlsm").exit_code == 0
    result = run("check", "sample.xlsm")
    assert result.exit_code == 1
    assert "9 data problems and 5 notices." in result.stdout
    assert sum(line.startswith("  ") for line in result.stdout.splitlines()) == 14
    found = json.loads(run("check", "sample.xlsm", "--json").stdout)
    assert list(found) == ["book", "as_of", "problems", "notices"]
    assert (len(found["problems"]), len(found["notices"])) == (9, 5)
    assert found["problems"][0]["place"] == "Clients!C38"
    assert {each["code"] for each in found["problems"]} == {
        "action-rejected", "ambiguous-date", "duplicate-id", "unknown-client", "unknown-status", "unreadable-amount",
        "unreadable-date",
    }  # fmt: skip
    assert one_line(run("check", "none.xlsm")).startswith("kopilot-xl: There is no file none.xlsm")
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


# segment


def test_segment_prints_the_table_alone(tmp_path: Path) -> None:
    done = process(
        "segment", str(CDNOW / "clients.csv"), str(CDNOW / "transactions.csv"), "--as-of", "1998-06-30", cwd=tmp_path
    )
    assert done.returncode == 0
    header, *lines = done.stdout.splitlines()
    assert header == "Client ID,Segment,Last invoice,Next planned,Leaves on,Value"
    assert lines[0] == "C00001,Sleeping Away,1997-12-12,,1999-01-17,100.5"
    assert sum(",Lost," in line for line in lines) == 1473
    assert "transactions.csv: CSV, UTF-8, comma between the columns, decimal point; 6,919 rows" in done.stderr


def test_segment_tells_problems_and_succeeds(folder: Path) -> None:
    result = run("segment", "sample.xlsm", "sample.xlsm", "--as-of", "2026-07-01", "--output", "out.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    assert 'Transactions!C754: "4.2k" is not an amount. Write a number. Taken as blank.' in result.stderr
    assert Path("out.csv").read_text().startswith("Client ID,Segment,")


def test_segment_takes_an_engine_and_a_date_order(folder: Path) -> None:
    files = (str(EXPORTS / "customers_unicode.txt"), str(EXPORTS / "transactions_unicode.txt"))
    for engine in ("polars", "pandas", "duckdb"):
        result = run("segment", *files, "--as-of", "2026-06-30", "--date-order", "MDY", "--engine", engine)
        assert result.stdout == (
            "Client ID,Segment,Last invoice,Next planned,Leaves on,Value\n"
            "007,Active,2026-04-30,,2027-06-05,1200.0\n"
            "7,Active,2026-05-04,,2027-06-09,310.5\n"
            "1001,Active,2026-06-19,,2027-07-25,79.95\n"
        )


def test_segment_with_a_bad_output(folder: Path) -> None:
    Path("c.csv").write_text("Client ID,Client\n1,Acme\n")
    Path("t.csv").write_text("Client ID,Issue date\n1,2026-01-31\n")
    assert "neither .csv nor .parquet" in one_line(run("segment", "c.csv", "t.csv", "--output", "out.txt"), 2)
    assert "one of the files" in one_line(run("segment", "c.csv", "t.csv", "--output", "t.csv"), 2)


# what must never show


def boom(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a\nb")


def test_a_defect_is_one_line_without_a_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kopilot_xl.usecases.refresh.check", boom)
    line = one_line(run("check", "clean.xlsm"))
    assert "this is a defect, please report it: ZeroDivisionError: a b" in line
    assert "KOPILOT_XL_DEBUG=1" in line
    monkeypatch.setenv("KOPILOT_XL_DEBUG", "1")
    assert "Traceback" in run("check", "clean.xlsm").stderr


def test_a_defect_in_one_book_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kopilot_xl.usecases.refresh.refresh", boom)
    result = run("refresh", "clean.xlsm", "sample.xlsm")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("command", ["refresh", "check"])
def test_an_interruption_is_one_line(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"kopilot_xl.usecases.refresh.{command}", stop)
    result = run(command, "clean.xlsm")
    assert result.exit_code == 130
    assert result.stderr.startswith("kopilot-xl: stopped.")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("books", [["sample.xlsm", "clean.xlsm", "none.xlsm"], ["sample.xlsm"]], ids=len)
def test_progress_is_for_several_books_on_a_terminal(books: list[str], jobs: str, folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    shown = b""

    end = b"the end"

    def watch() -> None:
        nonlocal shown
        while not shown.endswith(end):
            shown += os.read(ours, 65536)

    # Read meanwhile: a terminal nobody reads holds a few thousand characters, then the writer waits.
    reader = threading.Thread(target=watch)
    reader.start()
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl.cli", "refresh", *books, "--json", "--jobs", jobs],
        stdout=subprocess.PIPE, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200", "PYTHONUTF8": "1"}, check=False,
    )  # fmt: skip
    # A terminal that is closed may lose what nobody has read yet: so it is closed once all of it was.
    os.write(theirs, end)
    reader.join(60)
    os.close(theirs)
    os.close(ours)
    several = len(books) > 1
    assert shown.endswith(end)
    assert [json.loads(line)["book"] for line in done.stdout.splitlines()] == books[:2]
    assert (b"Refreshing" in shown) == several
    assert (b"3/3" in shown) == several  # the numbers before may be over between two pictures
    assert (b"kopilot-xl: There is no file none.xlsm" in shown) == several


def test_a_reader_that_goes_away(folder: Path) -> None:
    for arguments in (["refresh", "sample.xlsm"], ["check", "sample.xlsm", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "kopilot_xl.cli", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert done.stderr == b""
        assert done.returncode == 141


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_process_without_streams_works(stream: str, folder: Path) -> None:
    """As pythonw starts them, which has no console."""
    code = f"import sys\nsys.{stream} = None\nfrom kopilot_xl.cli import main\nmain()"
    for arguments, code_of_exit in (
        (["refresh", "clean.xlsm"], 0),
        (["refresh", "none.xlsm"], 1),
        (["segment", str(EXPORTS / "kundenliste.csv"), str(EXPORTS / "rechnungen.csv")], 0),
        (["--help"], 0),
    ):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=False)
        assert done.returncode == code_of_exit, done.stderr
        assert getattr(done, stream) == b""


def test_a_home_is_resolved_where_the_shell_does_not() -> None:
    home = os.path.expanduser("~")
    assert _with_homes(["refresh", "~", "~/a.xlsm"]) == ["refresh", home, f"{home}/a.xlsm"]
    same = ["~$a.xlsm", "~somebody/a.xlsm", "a~/b", "postgresql://u:~$HOME@h/d#t", "*.xlsm", "%TEMP%", "--output=~/x"]
    assert _with_homes(same) == same


def test_a_terminal_of_windows_reads_every_text(folder: Path) -> None:
    for arguments in (["--help"], ["refresh", "--help"], ["refresh", "sample.xlsm"], ["check", "sample.xlsm"]):
        done = subprocess.run(
            [sys.executable, "-m", "kopilot_xl.cli", *arguments], capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        )  # fmt: skip
        assert done.stderr == b""
        assert done.returncode == (1 if arguments[0] == "check" else 0)
        done.stdout.decode("cp1252")


def test_a_name_no_terminal_can_show(folder: Path) -> None:
    done = process("refresh", "漢字 ✓.xlsm", env={"PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 1
    assert done.stderr == "kopilot-xl: There is no file ?? +.xlsm: check its name and folder.\n"
