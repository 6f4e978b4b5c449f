"""The questions of an import at a terminal: answered by number or word, asked again until the answer is one of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from kopilot_xl import open_book
from kopilot_xl.cli.settling import _one_of
from kopilot_xl.importing.states import ANSWERS
from kopilot_xl.workbook.sheets import sources

PROMPT = b"Number or word: "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text("Client ID,Client\nA1,Alder\n", "utf-8")
    (tmp_path / "sales.csv").write_text(
        "Client ID,Invoice date,Amount,Status\nA1,2026-06-01,10,Zorbed\nA1,2026-06-02,20,Quuxed\n", "utf-8"
    )
    return tmp_path


def at_a_terminal(command: Sequence[str], answers: Sequence[bytes], folder: Path) -> tuple[int, str]:
    """Run a command at a terminal of its own, type an answer at each prompt, and return exit code and screen."""
    import pty

    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "PYTHONUTF8": "1"}
    running = subprocess.Popen(
        [sys.executable, "-m", "kopilot_xl.cli", *command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env=env, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown, typed, until = b"", 0, time.monotonic() + 120
    while time.monotonic() < until:
        try:
            read = os.read(ours, 65536)
        except OSError:  # how Linux says that nobody has the other end any more
            break
        if not read:
            break
        shown += read
        if shown.endswith(PROMPT) and shown.count(PROMPT) > typed:
            os.write(ours, answers[typed] + b"\n")
            typed += 1
    os.close(ours)
    return running.wait(60), re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())


def test_each_word_is_asked_about_until_the_answer_is_one(folder: Path) -> None:
    command = ["new", "P.xlsm", "--clients", "clients.csv", "--transactions", "sales.csv"]
    code, screen = at_a_terminal(command, [b"perhaps", b"canc", b"", b"1"], folder)
    assert code == 0, screen
    assert '"Zorbed" under Status (1 row) is not known' in screen
    assert '"perhaps" is not one of them.' in screen
    book = open_book(folder / "P.xlsm")
    assert [row[3] for row in book.table("Transactions").rows] == ["Canceled", "Issued"]
    memory = sources.read(book)
    assert memory is not None
    assert memory.sources["transactions"].choices["statuses"] == {"Zorbed": "Canceled", "Quuxed": "Issued"}


def test_without_a_terminal_it_stops_with_the_ready_option(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl.cli", "new", "P.xlsm", "--clients", "clients.csv", "--transactions",
         "sales.csv"],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert '--status "Zorbed=Issued"' in done.stderr
    assert not (folder / "P.xlsm").exists()


@pytest.mark.parametrize(
    ("text", "answer"), [("1", "Issued"), ("pl", "Planned"), (" LEAVE ", "Leave out"), ("8", "Leave out")]
)
def test_an_answer(text: str, answer: str) -> None:
    assert _one_of(ANSWERS)(text) == answer


@pytest.mark.parametrize("text", ["", "0", "9", "p", "zorbed", "\x1b[31m"])
def test_what_is_no_answer(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not one of them"):
        _one_of(ANSWERS)(text)
