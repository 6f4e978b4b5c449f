"""Trouble of every day is no defect: each command says in a line what is wrong, and ends with the right exit code."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.portfolios import make_portfolio
from tests.safety.test_either_old_or_new import may_mount, small_disk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, users and deleted folders are Linux's")

UNHEARD = 141
DATA = ("clients.csv", "invoices.csv")
COMMANDS: dict[str, list[str]] = {
    "help": ["--help"],
    "version": ["--version"],
    "help of a command": ["refresh", "--help"],
    "new": ["new", "new.xlsm", "--clients", DATA[0], "--transactions", DATA[1]],
    "demo": ["demo", "demo.xlsm"],
    "update": ["update", "book.xlsm", "--clients", DATA[0], "--transactions", DATA[1]],
    "refresh": ["refresh", "book.xlsm"],
    "refresh as JSON": ["refresh", "book.xlsm", "--json"],
    "refresh of several": ["refresh", "books"],
    "check": ["check", "book.xlsm"],
    "report": ["report", "book.xlsm"],
    "upgrade": ["upgrade", "book.xlsm"],
    "adopt": ["adopt", "own.xlsx"],
    "segment": ["segment", *DATA],
    "segment into a file": ["segment", *DATA, "--output", "segments.csv"],
    "segment into a folder": ["segment", *DATA, "--output", "segments"],
    "forecast": ["forecast", *DATA],
    "schedule": ["schedule", "book.xlsm", "--daily", "07:00", "--using", "cron"],
    "schedule of a Mac": ["schedule", "books", "--daily", "07:00", "--using", "launchd"],
    "schedule of systemd": ["schedule", "books", "--daily", "07:00", "--using", "systemd"],
    "schedule's list": ["schedule", "--list", "--using", "cron"],
    "schedule's removal": ["schedule", "book.xlsm", "--remove", "--using", "cron"],
    "install": ["install", "--yes"],
    "install's check": ["install", "--check"],
}
ANYWHERE = ("help", "version", "help of a command", "schedule's list", "install", "install's check")
"""What needs no working folder."""
PRINTING = [name for name in COMMANDS if name not in ("adopt",)]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stock")
    (folder / "bin").mkdir()
    for name in ("crontab", "launchctl", "systemctl"):
        (folder / "bin" / name).write_text("#!/bin/sh\nexec true\n")
        (folder / "bin" / name).chmod(0o755)
    make_portfolio(folder / "book.xlsm")
    (folder / "books").mkdir()
    for name in ("a.xlsm", "b.xlsm"):
        shutil.copy(folder / "book.xlsm", folder / "books" / name)
    (folder / DATA[0]).write_text("Client ID,Client\nA1,Alder\n")
    (folder / DATA[1]).write_text("Client ID,Issue date,Amount\nA1,2026-06-01,100\n")
    return folder


@pytest.fixture
def folder(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder; the schedulers stand in, so that nothing is scheduled on the machine of the tests."""
    monkeypatch.setenv("PATH", f"{stock / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "own"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return Path(shutil.copytree(stock, tmp_path / "work"))


def run(
    arguments: list[str], cwd: Path, prepare: Callable[[], object] | None = None, **more: object
) -> tuple[int, str]:
    """Return the exit code of a command and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl", *arguments],
        cwd=cwd,
        stderr=subprocess.PIPE,
        preexec_fn=prepare,
        text=True,
        check=False,
        timeout=120,
        **more,  # type: ignore[call-overload]
    )
    return done.returncode, done.stderr


def assert_plain(said: str) -> None:
    for word in ("defect", "Traceback", "Errno", "Exception ignored"):
        assert word not in said, said


@pytest.mark.parametrize("name", PRINTING)
def test_a_full_disk_behind_standard_output(name: str, folder: Path) -> None:
    with open("/dev/full", "w") as full:
        code, said = run(COMMANDS[name], folder, stdout=full)
    assert_plain(said)
    if code or "no room left" in said:
        assert code == 1
        assert said.splitlines()[-1] == (
            "kopilot-xl: the output could not be written: there is no room left on the disk. Free some and try again."
        )
    else:
        assert not subprocess.run(
            [sys.executable, "-m", "kopilot_xl", *COMMANDS[name]], cwd=folder, capture_output=True, check=False
        ).stdout  # it prints nothing


@pytest.mark.parametrize("name", PRINTING)
@pytest.mark.parametrize("closed", [(1,), (1, 2), (0, 1, 2)], ids=["output", "output and error", "all, as of pythonw"])
def test_closed_streams(name: str, closed: tuple[int, ...], folder: Path) -> None:
    expected, _ = run(COMMANDS[name], Path(shutil.copytree(folder, folder.parent / "open")), stdout=subprocess.DEVNULL)

    def close() -> None:
        for number in closed:
            os.close(number)

    code, said = run(COMMANDS[name], folder, close)
    assert code == expected
    assert_plain(said)


@pytest.mark.parametrize("name", ["help", "version", "help of a command", "check", "refresh", "segment", "forecast"])
def test_nobody_reads_what_is_printed(name: str, folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    code, said = run(COMMANDS[name], folder, stdout=write)
    os.close(write)
    assert code == UNHEARD
    assert_plain(said)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_working_folder_that_was_deleted(name: str, folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    code, said = run(COMMANDS[name], gone, lambda: os.rmdir(gone), stdout=subprocess.DEVNULL)
    assert_plain(said)
    assert code == (0 if name in ANYWHERE else 1)
    if code:
        assert len(said.splitlines()) == 1


def obey_permissions() -> None:
    """Have the superuser of this process heed permissions, as everybody else does."""
    libc, drop = ctypes.CDLL(None), 24
    for right in (1, 2):  # to write and to read whatever the permissions are
        libc.prctl(drop, right, 0, 0, 0)


UNREADABLE = {
    "refresh": ["refresh", "secret/book.xlsm"],
    "refresh of several": ["refresh", "secret/books"],
    "check": ["check", "secret/book.xlsm"],
    "report": ["report", "secret/book.xlsm", "--output", "../open/report.html"],
    "upgrade": ["upgrade", "secret/book.xlsm"],
    "update": ["update", "secret/book.xlsm", "--clients", "secret/clients.csv"],
    "new": ["new", "open/new.xlsm", "--clients", "secret/clients.csv", "--transactions", "secret/invoices.csv"],
    "new from a folder": ["new", "open/new.xlsm", "--clients", "secret", "--transactions", "secret"],
    "new from e-invoices": ["new", "open/new.xlsm", "--invoices", "secret"],
    "segment": ["segment", "secret/clients.csv", "secret/invoices.csv"],
    "segment of a folder": ["segment", "secret", "secret"],
    "forecast": ["forecast", "secret/clients.csv", "secret/invoices.csv"],
    "adopt": ["adopt", "secret/book.xlsm"],
    "schedule": ["schedule", "secret/book.xlsm", "--daily", "07:00", "--using", "cron"],
    "schedule of a folder's folder": ["schedule", "secret/books", "--daily", "07:00", "--using", "launchd"],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_folder_that_may_not_be_read(name: str, folder: Path) -> None:
    (folder / "open").mkdir()
    shutil.copytree(folder, folder.parent / "secret")
    shutil.move(folder.parent / "secret", folder / "secret")
    (folder / "secret").chmod(0)

    code, said = run(UNREADABLE[name], folder, obey_permissions, stdout=subprocess.DEVNULL)
    (folder / "secret").chmod(0o700)
    assert code == 1
    assert_plain(said)
    assert "ermission" in said or "may not" in said, said


@pytest.mark.parametrize("name", [name for name in COMMANDS if "help" not in name and name != "version"])
def test_without_a_home(name: str, folder: Path, stock: Path) -> None:
    bare = {key: value for key, value in os.environ.items() if key not in ("HOME", "USER", "LOGNAME")}
    code, said = run(COMMANDS[name], folder, stdout=subprocess.DEVNULL, env=bare)
    assert_plain(said)
    expected, _ = run(COMMANDS[name], Path(shutil.copytree(stock, folder.parent / "home")), stdout=subprocess.DEVNULL)
    assert code == expected


@pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
@pytest.mark.parametrize("output", ["segments", "segments.csv", "segments.parquet"])
@pytest.mark.parametrize("engine", ["polars", "pandas", "duckdb"])
def test_a_full_disk_behind_a_result(engine: str, output: str, folder: Path, tmp_path: Path) -> None:
    clients = "".join(f"C{n},Client number {n * 7919 % 100_003}\n" for n in range(40_000))
    (folder / DATA[0]).write_text(f"Client ID,Client\n{clients}")
    with small_disk(tmp_path / "disk") as disk:
        (disk / "filler").write_bytes(bytes(900_000))
        given = ["segment", *DATA, "--engine", engine, "--output", str(disk / output)]
        code, said = run(given, folder, stdout=subprocess.DEVNULL)
        assert code == 1, said
        assert_plain(said)
        assert "there is no room left on the disk. Free some and try again." in said.splitlines()[-1]
        assert [path.name for path in disk.iterdir()] == ["filler"], "nothing of it is left"
