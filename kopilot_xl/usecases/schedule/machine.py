"""The machine whose scheduler is asked: its platform, its folders, and its commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kopilot_xl.errors import SetupError
from kopilot_xl.texts import t

_WAIT = 60
"""How many seconds a scheduler may take to answer."""

Run = Callable[[Sequence[str], str | None], "subprocess.CompletedProcess[str]"]
"""Runs a command, given what it reads on standard input."""


@dataclass(frozen=True)
class Machine:
    """What a scheduler needs to know of a machine.

    Attributes:
        platform: as `sys.platform` says.
        home: the user's own folder.
        environment: the environment variables.
        run: runs a command.
    """

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    run: Run = field(default_factory=lambda: _run)

    def has(self, program: str) -> bool:
        """Tell whether a program is installed."""
        return shutil.which(program, path=self.environment.get("PATH")) is not None

    def ask(self, command: Sequence[str], said: str | None = None) -> str:
        """Run a command and return what it prints.

        Raises:
            SetupError: it failed; the text says what it said.
        """
        try:
            done = self.run(command, said)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupError(t("{program} cannot be run: {error}.", program=command[0], error=error)) from error
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines() or [t("it failed without a word")]
            raise SetupError(t("{program} refused: {said}", program=command[0], said=lines[-1]))
        return done.stdout


def _run(command: Sequence[str], said: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the commands are made here, of constants and paths
        command, input=said, capture_output=True, text=True, timeout=_WAIT, check=False
    )
