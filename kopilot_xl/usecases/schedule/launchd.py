"""Entries of launchd on a Mac: a property list each among the user's agents."""

from __future__ import annotations

import plistlib
from datetime import time
from xml.parsers.expat import ExpatError

from kopilot_xl.usecases.schedule.entry import PREFIX, Entry, read_command
from kopilot_xl.usecases.schedule.machine import Machine
from kopilot_xl.workbook.file.saving import write_atomically

_LABEL = "com.kopilot-xl."


def plist_of(entry: Entry) -> bytes:
    """Return the property list of an entry."""
    return plistlib.dumps(
        {
            "Label": _LABEL + entry.name.removeprefix(PREFIX),
            "ProgramArguments": entry.command,
            "StartCalendarInterval": {"Hour": entry.at.hour, "Minute": entry.at.minute},
            "ProcessType": "Background",
        }
    )


class Launchd:
    """The user's agents of launchd."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._folder = machine.home / "Library" / "LaunchAgents"

    def entries(self) -> list[Entry]:
        """Return the entries of ours."""
        found = []
        for path in sorted(self._folder.glob(f"{_LABEL}*.plist")):
            try:
                content = plistlib.loads(path.read_bytes())
                at = content["StartCalendarInterval"]
                entry = read_command(content["ProgramArguments"], time(at["Hour"], at["Minute"]))
            except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, ValueError):
                continue
            if entry:
                found.append(entry)
        return found

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{_LABEL}{entry.name.removeprefix(PREFIX)}.plist"
        if path.exists():
            self._machine.run(["launchctl", "unload", str(path)], None)
        write_atomically(path, plist_of(entry))
        self._machine.ask(["launchctl", "load", "-w", str(path)])

    def remove(self, entry: Entry) -> None:
        """Take an entry away."""
        path = self._folder / f"{_LABEL}{entry.name.removeprefix(PREFIX)}.plist"
        self._machine.run(["launchctl", "unload", "-w", str(path)], None)
        path.unlink(missing_ok=True)
