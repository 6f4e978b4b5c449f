"""Commands on Windows, whose shells hand over arguments as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kopilot_xl.usecases.create import demo

CLIENTS = "Client ID,Client\nA1,Alder\n"
INVOICES = "Client ID,Issue date,Amount\nA1,2026-06-01,100\n"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kopilot_xl", *arguments]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pattern_of_workbooks_is_resolved(folder: Path) -> None:
    for name in ("one", "two"):
        demo(folder / f"{name}.xlsm")
    done = run("refresh", "*.xlsm", "--json")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["book"] for line in done.stdout.splitlines()] == ["one.xlsm", "two.xlsm"]


def test_a_pattern_of_files_is_one_table(folder: Path) -> None:
    Path("clients.csv").write_text(CLIENTS)
    Path("invoices").mkdir()
    for month in ("May", "June"):
        Path("invoices", f"{month}.csv").write_text(INVOICES)
    done = run("segment", "clients.csv", "invoices/*.csv", "--as-of", "2026-06-30")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("A1,Active,2026-06-01,,")
    assert done.stdout.splitlines()[1].endswith(",200.0")


@pytest.mark.parametrize("word", ["$NOBODY", "%NOBODY%"])
def test_no_variable_is_put_into_an_argument(word: str, folder: Path) -> None:
    Path("clients.csv").write_text(CLIENTS)
    name = f"invoices {word}.csv"
    Path(name).write_text(INVOICES)
    done = run("segment", "clients.csv", name, "--as-of", "2026-06-30", NOBODY="somebody")
    assert done.returncode == 0, done.stderr


def test_the_home_folder_is_resolved(folder: Path) -> None:
    done = run("demo", "~\\mine.xlsm", USERPROFILE=str(folder))
    assert done.returncode == 0, done.stderr
    assert Path("mine.xlsm").exists()


def test_pythonw_has_no_streams(folder: Path) -> None:
    for name, code in (("mine.xlsm", 0), (r"nowhere\mine.xlsm", 1)):
        command = [str(Path(sys.executable).with_name("pythonw.exe")), "-m", "kopilot_xl", "demo", name]
        assert subprocess.run(command, check=False).returncode == code
    assert Path("mine.xlsm").exists()
