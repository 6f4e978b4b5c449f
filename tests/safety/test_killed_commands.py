"""Every command that writes is killed at its writing: each file is old or new, and the next call mends all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from kopilot_xl.cli.group import app
from tests.safety.killing_commands import COMMANDS, run

WRITES_NOTHING = {"check", "forecast"}
ELSEWHERE = {"install"}
"""It writes where Excel is, which is nowhere here: tests/excel."""


def test_every_command_that_writes_is_among_them() -> None:
    group = typer.main.get_command(app)
    assert {arguments[0] for arguments in COMMANDS.values()} == set(group.commands) - WRITES_NOTHING - ELSEWHERE  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed as Unix does it; tests/windows has its own")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_old_or_new(name: str, tmp_path: Path) -> None:
    kills, wrong = run(name, tmp_path)
    assert kills > 0
    assert wrong == []
