"""Names and open files on Windows itself: what the rules of `workbook.file.windows` are for."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl import SaveError, new, open_book, refresh
from kopilot_xl.errors import BookError
from kopilot_xl.workbook.file.saving import BACKUP
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, make_portfolio

_create: Any = getattr(ctypes, "windll").kernel32.CreateFileW if os.name == "nt" else None  # noqa: B009
READ = 0x80000000
SHARE_NOTHING, SHARE_READING = 0, 1


@contextmanager
def held(path: Path, share: int) -> Iterator[None]:
    """Have a file open as other programs have it: a scanner shares nothing, Excel only the reading."""
    _create.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(_create(str(path), READ, share, None, 3, 0, None))
    assert handle.value != ctypes.c_void_p(-1).value
    try:
        yield
    finally:
        getattr(ctypes, "windll").kernel32.CloseHandle(handle)  # noqa: B009


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return make_portfolio(tmp_path / "Portfolio.xlsm")


@pytest.mark.parametrize("name", ["nul", "CON.xlsm", r"com1\Portfolio.xlsm", "Portfolio.xlsm.", "x.xlsm ", "x.xlsm:y"])
def test_nothing_is_written_under_a_name_of_windows(name: str, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.parent)
    before = book.read_bytes()
    with pytest.raises(SaveError, match="cannot be written: Windows "):
        refresh(book, AS_OF, output=name)
    assert [path.name for path in book.parent.iterdir()] == [book.name]
    assert book.read_bytes() == before


def test_a_device_is_not_read(book: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl", "refresh", "CON"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "CON cannot be read: Windows takes CON for a device" in done.stderr


def test_a_path_of_any_length_is_refreshed_and_backed_up(tmp_path: Path) -> None:
    folder = tmp_path
    while len(str(folder)) < 300:
        folder /= "a folder with a long name"
    folder.mkdir(parents=True)
    path = make_portfolio(folder / "Portfolio.xlsm")
    refresh(path, AS_OF, backup=True)
    assert_sound(path)
    assert {each.name for each in folder.iterdir()} == {path.name, path.name + BACKUP}


def test_the_form_of_any_length_is_a_path_like_others(book: Path) -> None:
    given = Path(f"\\\\?\\{book}")
    assert refresh(given, AS_OF).summary == refresh(book, AS_OF).summary
    (book.parent / "clients.csv").write_text("Client ID,Client\nA1,Alder\n")
    (book.parent / "invoices.csv").write_text("Client ID,Issue date,Amount\nA1,2026-06-01,100\n")
    made = Path(f"\\\\?\\{book.parent}\\New.xlsm")
    new(made, f"\\\\?\\{book.parent}\\clients.csv", f"\\\\?\\{book.parent}\\invoices.csv")
    assert open_book(book.parent / "New.xlsm").table("Clients").rows[0][0] == "A1"


@pytest.mark.parametrize("share", [SHARE_NOTHING, SHARE_READING])
def test_who_holds_a_workbook_for_a_moment_is_waited_for(share: int, book: Path) -> None:
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with held(book, share):
            begun.set()
            done.wait(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    refresh(book, AS_OF)
    holder.join()
    assert_sound(book)


def test_who_holds_a_workbook_longer_is_said(book: Path) -> None:
    before = book.read_bytes()
    with held(book, SHARE_NOTHING), pytest.raises(BookError, match="cannot be read: another program holds it"):
        refresh(book, AS_OF)
    with held(book, SHARE_READING), pytest.raises(SaveError, match="Close it "):
        refresh(book, AS_OF)
    assert book.read_bytes() == before
    assert [path.name for path in book.parent.iterdir()] == [book.name]
