"""Entries of cron: two lines each in the user's table, the first of which names it."""

from __future__ import annotations

import re
import shlex
from datetime import time
from itertools import pairwise

from kopilot_xl.errors import SetupError
from kopilot_xl.usecases.schedule.entry import PREFIX, Entry, read_command
from kopilot_xl.usecases.schedule.machine import Machine

_MARK = re.compile(rf"# ({re.escape(PREFIX)}[a-z0-9-]+)")
_LINE = re.compile(r"([0-9]+) ([0-9]+) \* \* \* (.*)")


def lines_of(entry: Entry) -> list[str]:
    """Return the two lines of an entry. In a table of cron % ends a line, unless a backslash is before it."""
    command = shlex.join(entry.command).replace("%", "\\%")
    return [f"# {entry.name}", f"{entry.at.minute} {entry.at.hour} * * * {command}"]


def with_entry(table: str, entry: Entry) -> str:
    """Return a table with an entry, in the place of an earlier one of its name; every other line stays."""
    kept = without(table, entry.name)
    return "\n".join([*kept.splitlines(), *lines_of(entry)]) + "\n"


def without(table: str, name: str) -> str:
    """Return a table without the entry of a name."""
    kept, lines = [], table.splitlines()
    skip = False
    for line in lines:
        if skip:
            skip = False
            continue
        if line.strip() == f"# {name}":
            skip = True
            continue
        kept.append(line)
    return "\n".join(kept) + ("\n" if kept else "")


def entries_of(table: str) -> list[Entry]:
    """Return the entries of ours in a table."""
    found, lines = [], table.splitlines()
    for mark, line in pairwise(lines):
        match = _LINE.fullmatch(line)
        if _MARK.fullmatch(mark.strip()) and match:
            at = time(int(match[2]) % 24, int(match[1]) % 60)
            entry = read_command(shlex.split(match[3].replace("\\%", "%")), at)
            if entry:
                found.append(entry)
    return found


class Cron:
    """The user's table of cron."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _table(self) -> str:
        try:
            return self._machine.ask(["crontab", "-l"])
        except SetupError as error:
            if "no crontab" in str(error):
                return ""
            raise

    def entries(self) -> list[Entry]:
        """Return the entries of ours."""
        return entries_of(self._table())

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self._machine.ask(["crontab", "-"], with_entry(self._table(), entry))

    def remove(self, entry: Entry) -> None:
        """Take an entry away."""
        self._machine.ask(["crontab", "-"], without(self._table(), entry.name))
