"""The commands on Windows make what they make here: the same parts, texts, exit codes and messages."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from kopilot_xl.usecases.create import demo, new
from tests.windows.host import ROOT, Host

pytestmark = [pytest.mark.windows, pytest.mark.slow]

EXPORTS = ROOT / "tests" / "importing" / "exports"
DAY = ("--as-of", "2026-06-30")
COMMANDS = [
    ("demo",),
    ("new", "from-csv.xlsm", "--clients", "kundenliste.csv", "--transactions", "rechnungen.csv"),
    ("new", "from-text.xlsm", "--clients", "customers_unicode.txt", "--transactions", "transactions_unicode.txt"),
    ("new", "from-excel.xlsm", "--clients", "clients.xlsx", "--transactions", "invoices.xlsx"),
    ("new", "from-parquet.xlsm", "--clients", "clients.parquet", "--transactions", "invoices.parquet"),
    ("refresh", "kopilot-demo.xlsm", *DAY),
    ("refresh", "sample.xlsm", "--output", "elsewhere.xlsm", *DAY),
    ("refresh", "sample.xlsm", "--backup", "--backfill", "3", "--json", *DAY),
    ("refresh", "from-*.xlsm", "--jobs", "2", "--summary", "summary.xlsx", *DAY),
    ("check", "sample.xlsm"),
    ("check", "Company", "no such file.xlsm", "--json"),
    ("report", "kopilot-demo.xlsm", "--output", "report.html", *DAY),
    ("upgrade", "0.1.0.xlsm", "--output", "upgraded.xlsm"),
    ("segment", "kundenliste.csv", "rechnungen.csv", *DAY),
    ("segment", "kundenliste.csv", "rechnungen.csv", "--output", "pandas.csv", "--engine", "pandas", *DAY),
    ("segment", "clients.parquet", "invoices*.parquet", "--output", "duckdb.parquet", "--engine", "duckdb", *DAY),
    ("segment", "clients.parquet", "invoices.parquet", "--output", "folder", *DAY),
    ("forecast", "kopilot-demo.xlsm", *DAY),
    ("forecast", "kundenliste.csv", "rechnungen.csv", "--json", *DAY),
    ("install", "--check"),
]  # fmt: skip
CHANGED = 1_780_000_000
"""When all files were changed last, in whole seconds."""
NOT_THE_SAME = {("install", "--check")}
"""What has another answer on Windows: there may be an Excel."""


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Side:
    """What all commands said on a system, and the folder they worked in."""

    folder: Path
    said: dict[tuple[str, ...], Ran]


def _fill(folder: Path) -> None:
    """Put into a folder what the commands find there."""
    for path in EXPORTS.iterdir():
        shutil.copy(path, folder)
    shutil.copy(ROOT / "tests" / "workbooks" / "0.1.0.xlsm", folder)
    demo(folder / "sample.xlsm")
    (folder / "Company").mkdir()
    new(folder / "Company" / "Kündenfolder é.xlsm", folder / "kundenliste.csv", folder / "rechnungen.csv")
    for name, source in (("clients", "clients"), ("invoices", "transactions")):
        table = pl.read_csv(ROOT / "tests" / "data" / "cdnow_sample" / f"{source}.csv", try_parse_dates=True).head(2000)
        table.write_parquet(folder / f"{name}.parquet")
        table.write_excel(folder / f"{name}.xlsx")
    for path in folder.rglob("*"):
        os.utime(path, (CHANGED, CHANGED))  # a workbook remembers when its sources changed; Wine cuts nanoseconds


@pytest.fixture(scope="module")
def sides(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Linux and Windows, after all commands ran on both in the same folder."""
    source = tmp_path_factory.mktemp("source")
    _fill(source)
    checkout = host.checkout()
    here, there = tmp_path_factory.mktemp("linux"), host.drive / f"commands-{os.getpid()}"
    for folder in (here, there):
        shutil.copytree(source, folder, dirs_exist_ok=True)
    linux, wine = Side(here, {}), Side(there, {})
    for command in COMMANDS:
        ran = subprocess.run(
            [sys.executable, str(ROOT / "tests" / "windows" / "clock.py"), *command], cwd=here, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, check=False, timeout=300,
        )  # fmt: skip
        linux.said[command] = _ran(ran)
        path = host.path(checkout)
        wine.said[command] = _ran(
            host.run(
                r"C:\Py\python.exe", rf"{path}\tests\windows\clock.py", *command, cwd=there, PYTHONPATH=path,
                PYTHONUTF8="1",
            )
        )  # fmt: skip
    yield linux, wine
    shutil.rmtree(there)


def _ran(done: subprocess.CompletedProcess[bytes]) -> Ran:
    """What was said, without what is no difference: line ends, the sign between folders, seconds."""
    took = re.compile(r'\b\d+(\.\d+)?(?= s\b| seconds\b)|(?<="seconds": )[\d.]+')
    texts = (took.sub("…", text.decode()) for text in (done.stdout, done.stderr))
    out, err = (text.replace("\r\n", "\n").replace("\\\\", "/").replace("\\", "/") for text in texts)
    return Ran(done.returncode, out, err)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in NOT_THE_SAME], ids=" ".join)
def test_a_command_says_the_same(command: tuple[str, ...], sides: tuple[Side, Side]) -> None:
    linux, wine = sides
    assert wine.said[command] == linux.said[command]


def test_commands_succeed_or_say_what_is_wrong(sides: tuple[Side, Side]) -> None:
    codes = {command[0]: side.code for command, side in sides[1].said.items() if command[0] not in ("check", "install")}
    assert set(codes.values()) == {0}
    found = {command: side.code for command, side in sides[1].said.items() if command[0] == "check"}
    assert list(found.values()) == [1, 1]


def test_the_same_files_are_there(sides: tuple[Side, Side]) -> None:
    linux, wine = (_files(side.folder) for side in sides)
    assert list(wine) == list(linux)
    assert "sample.xlsm.kopilot-backup" in wine
    assert len([name for name in wine if name.endswith((".xlsm", ".xlsx"))]) == 13


def test_their_contents_are_the_same(sides: tuple[Side, Side]) -> None:
    """Workbooks part by part: how well the parts are packed is up to the zlib of each system."""
    linux, wine = (_files(side.folder) for side in sides)
    different = {name: _differences(linux[name], wine[name]) for name in linux}
    assert {name: found for name, found in different.items() if found} == {}


def test_the_sample_is_as_large_on_both(sides: tuple[Side, Side]) -> None:
    linux, wine = (_files(side.folder)["kopilot-demo.xlsm"] for side in sides)
    assert abs(wine.stat().st_size - linux.stat().st_size) < linux.stat().st_size // 100
    with zipfile.ZipFile(wine) as there, zipfile.ZipFile(linux) as here:
        print(f"Windows: {wine.stat().st_size:,} bytes in {len(there.namelist())} parts")
        print(f"Linux:   {linux.stat().st_size:,} bytes in {len(here.namelist())} parts")
        assert there.testzip() is None


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _differences(one: Path, other: Path) -> list[str]:
    if one.suffix == ".parquet":
        return [] if pl.read_parquet(one).equals(pl.read_parquet(other)) else ["rows"]
    first, second = _parts(one), _parts(other)
    if list(first) != list(second):
        return [f"{sorted(first)} and {sorted(second)}"]
    return [name for name in first if first[name] != second[name]]


def _parts(path: Path) -> dict[str, str]:
    """The parts of a workbook by name, or a file as its one part, each as what stands for its contents."""
    if not zipfile.is_zipfile(path):
        return {"": hashlib.sha256(path.read_bytes()).hexdigest()}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if path.suffix == ".xlsx":  # a summary says when it was made
        parts["docProps/core.xml"] = re.sub(rb">[\dT:-]+Z<", b"><", parts["docProps/core.xml"])
    return {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
