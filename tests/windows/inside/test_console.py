"""Ctrl-C and Ctrl-Break in a console of Windows, which sends them to every process in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl.workbook.file.locking import file_lock
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, make_portfolio

ROOT = Path(__file__).parents[3]
DAY = ("--as-of", AS_OF.isoformat())
CODES = {"c": 130, "break": 149}
"""128 and the number of the signal: SIGINT is 2, and SIGBREAK 21."""
STOPPED = "stopped. Every file is as it was before, or done."
PRODUCT = (sys.executable, "-m", "tests.windows.inside.keys", "product")
STRIDE = 6
"""How many steps of saving to go on from one press to the next."""
NO_WINDOW = 0x08000000
"""Has a process get a console of its own that nobody sees; only on Windows `subprocess` has a name for it."""
keys = pytest.mark.parametrize("key", CODES)


def pressed(key: str, folder: Path, *how: str) -> list[dict[str, Any]]:
    """What keys.py found."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.windows.inside.keys", key, str(folder), *how], cwd=ROOT, capture_output=True,
        encoding="utf-8", check=False, timeout=60, creationflags=NO_WINDOW,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def at_every_step(key: str, folder: Path, *words: str) -> list[dict[str, Any]]:
    """What became of a command that a key was pressed in at one step after the other; the last ran to its end.

    Where nothing has to be cleared away, Ctrl-Break ends a process at once and without a word, as Windows has it.
    """
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    found: list[dict[str, Any]] = []
    while True:
        found += pressed(key, folder, "steps", str(STRIDE * len(found)), str(STRIDE), *words)
        if found and found[-1]["code"] == 0 and found[-1]["heard"] == 0:
            return found
        found.append({"code": CODES[key], "err": STOPPED, "files": digests(folder)})
        for path in folder.iterdir():
            path.unlink()
        for name, data in before.items():
            (folder / name).write_bytes(data)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@keys
@pytest.mark.parametrize(
    "words",
    [
        ("refresh", "Portfolio.xlsm", "--backup", *DAY),
        ("new", "New.xlsm", "--clients", "clients.csv", "--transactions", "invoices.csv"),
    ],
    ids=lambda words: words[0],
)
def test_a_key_at_any_step_of_saving_leaves_no_half_file(key: str, words: Sequence[str], tmp_path: Path) -> None:
    make_portfolio(tmp_path / "Portfolio.xlsm")
    (tmp_path / "clients.csv").write_text("Client ID,Client\nA1,Alder\n")
    (tmp_path / "invoices.csv").write_text("Client ID,Issue date,Amount\nA1,2026-06-01,100\n")
    before = digests(tmp_path)
    *stopped, whole = at_every_step(key, tmp_path, *words)
    assert (whole["code"], whole["err"]) == (0, "")
    assert len(stopped) > 3
    for number, run in enumerate(stopped):
        assert run["code"] in {CODES[key], 0}, f"press {number}: {run}"
        assert "Traceback" not in run["err"]
        assert run["code"] == 0 or STOPPED in run["err"]
        assert set(before) <= set(run["files"]) <= set(whole["files"]), f"press {number} left {run['files']}"
    assert CODES[key] in {run["code"] for run in stopped}
    assert {run["files"].keys() == whole["files"].keys() for run in stopped} == {True, False}


@keys
def test_a_key_ends_the_processes_of_jobs_too(key: str, tmp_path: Path) -> None:
    names = [f"Portfolio {number}.xlsm" for number in range(8)]
    for name in names:
        make_portfolio(tmp_path / name)
    lock = ".kopilot-xl-Portfolio 0.xlsm.lock"
    (run,) = pressed(key, tmp_path, "once", lock, *PRODUCT, "refresh", *names, "--jobs", "2", *DAY)
    assert run["code"] == CODES[key], run
    assert run["err"].endswith(STOPPED + "\n")
    assert "Traceback" not in run["err"]
    assert run["left"] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert_sound(tmp_path / name)


@keys
def test_who_waits_for_another_refresh_stops_too(key: str, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "Portfolio.xlsm")
    with file_lock(path):
        (run,) = pressed(key, tmp_path, "once", "waiting for", *PRODUCT, "refresh", path.name, *DAY)
    assert run["code"] == CODES[key], run
    assert "waiting for it to finish" in run["err"]
    assert run["err"].endswith(STOPPED + "\n")
