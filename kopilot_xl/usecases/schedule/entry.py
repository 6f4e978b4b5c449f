"""What is scheduled: which workbooks, at what time, and the command that does it."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t

PREFIX = "kopilot-xl-"
RUNNER = "kopilot_xl.usecases.schedule.run"
"""The module that a scheduler runs."""


@dataclass(frozen=True)
class Entry:
    """A daily refresh.

    Attributes:
        target: the workbook, or the folder of workbooks, as an absolute path.
        at: the time of day, local.
        update: whether what the sources have is brought in first.
        summary: where a summary is written each time, as an absolute path; None for none.
        python: the interpreter that runs it.
    """

    target: Path
    at: time
    update: bool = False
    summary: Path | None = None
    python: str = sys.executable

    @property
    def name(self) -> str:
        """What the scheduler calls it: each target has one entry."""
        return name_of(self.target)

    @property
    def command(self) -> list[str]:
        """The command to run, argument by argument."""
        options = ["--update"] if self.update else []
        options += ["--summary", str(self.summary)] if self.summary else []
        return [self.python, "-m", RUNNER, *options, str(self.target)]

    @property
    def words(self) -> str:
        """What it does, in a line."""
        what = t("update and refresh") if self.update else t("refresh")
        return t("{time} every day: {what} {target}", time=f"{self.at:%H:%M}", what=what, target=self.target)


def name_of(target: Path) -> str:
    """Return what a scheduler calls the entry of a workbook or folder."""
    slug = re.sub(r"[^a-z0-9]+", "-", target.stem.lower()).strip("-")[:32] or "workbook"
    digest = hashlib.blake2b(str(target).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return f"{PREFIX}{slug}-{digest}"


def time_of(text: str) -> time:
    """Return the time of day that a text such as 07:00 names.

    Raises:
        UsageError: it is not a time of day.
    """
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if match is None:
        raise UsageError(t('"{text}" is not a time of day. Write it as in 07:00 or 18:30.', text=text), "daily")
    return time(int(match[1]), int(match[2]))


def read_command(arguments: list[str], at: time) -> Entry | None:
    """Return the entry that a command of ours is of; None where it is not one."""
    if len(arguments) < 4 or arguments[1:3] != ["-m", RUNNER]:
        return None
    *options, target = arguments[3:]
    summary = options[options.index("--summary") + 1] if "--summary" in options[:-1] else None
    return Entry(Path(target), at, "--update" in options, Path(summary) if summary else None, arguments[0])
