"""Nothing of a workbook, a file's name or an argument gives orders to the terminal it is shown on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.cli.visible import visible
from tests.portfolios import make_portfolio

CLIPBOARD, LINK, CLEAR = "\x1b]52;c;ZXZpbA==\x07", "\x1b]8;;http://evil.example\x1b\\", "\x9b2J"
EVIL = f"Alder{CLIPBOARD}{LINK}{CLEAR}\u202etxt"
OURS = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[2?K|\x1b\[1A")
"""Colours, and what a progress bar needs: the cursor hidden and shown, a line cleared, a line up."""


@given(st.text())
def test_no_control_character_is_left_and_nothing_else_changes(text: str) -> None:
    shown = visible(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert len(shown) == len(text)
    assert all(one in {other, "\ufffd"} for one, other in zip(shown, text, strict=True))
    assert visible("Müller & Söhne\t日本\n\u200d") == "Müller & Söhne\t日本\n\u200d"


def on_a_terminal(folder: Path, *arguments: str) -> bytes:
    """What a terminal receives from both streams of a command."""
    import pty

    ours, theirs = pty.openpty()
    received = b""

    def read() -> None:
        nonlocal received
        with suppress(OSError):
            while piece := os.read(ours, 65536):
                received += piece

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "kopilot_xl", *arguments]
    subprocess.run(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, check=False)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return received


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evil")
    text = "Alder\u202etxt"  # a CSV file with control characters is refused
    (folder / "clients.csv").write_text(f"Client ID,Client\nA,{text}\n{text},B\n", "utf-8")
    (folder / "invoices.csv").write_text(f"Client ID,Issue date,Amount\nA,{text},1\n{text},2026-06-01,2\n", "utf-8")
    make_portfolio(
        folder / f"{EVIL.replace('/', '')}.xlsm", [["A", EVIL, None], [EVIL, EVIL, EVIL]], [["A", EVIL, 1, EVIL]]
    )
    make_portfolio(folder / "one.xlsm")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals, and no such names")
@pytest.mark.parametrize(
    "command",
    [
        ["refresh", "."],
        ["refresh", "{book}"],
        ["check", "."],
        ["report", "{book}"],
        ["forecast", "{book}"],
        ["upgrade", "{book}"],
        ["segment", "clients.csv", "invoices.csv"],
        ["forecast", "clients.csv", "invoices.csv"],
        ["new", f"new {CLEAR} Alder.xlsm", "--clients", "clients.csv", "--force"],
        ["refresh", EVIL],
        ["refresh", "{book}", "--as-of", EVIL],
        ["refresh", f"--{EVIL}"],
        [EVIL],
    ],
    ids=lambda command: " ".join(command)[:40].encode("ascii", "replace").decode().replace("\x1b", "?"),
)
def test_a_terminal_gets_no_order_from_data(command: list[str], folder: Path) -> None:
    book = next(path.name for path in folder.glob("Alder*.xlsm") if "(upgraded)" not in path.name)
    received = on_a_terminal(folder, *(argument.replace("{book}", book) for argument in command))
    assert b"Traceback" not in received
    assert b"Alder" in received or command[0] == "forecast"  # which counts what it could not read
    left = OURS.sub(b"", received.replace(b"\r\n", b"\n").replace(b"\r\x1b", b"\x1b"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", left.decode("utf-8"))
