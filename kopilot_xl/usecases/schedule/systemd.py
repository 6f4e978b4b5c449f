"""Entries of systemd: a service and a timer each, of the user's own."""

from __future__ import annotations

import re
import shlex
from datetime import time
from pathlib import Path

from kopilot_xl.usecases.schedule.entry import PREFIX, Entry, read_command
from kopilot_xl.usecases.schedule.machine import Machine
from kopilot_xl.workbook.file.saving import write_atomically

_STARTS = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)
_AT = re.compile(r"^OnCalendar=\*-\*-\* ([0-9]{2}):([0-9]{2}):00$", re.MULTILINE)


def service_of(entry: Entry) -> str:
    """Return the unit that runs an entry's command. There % begins a specifier, and $ a variable."""
    command = shlex.join(entry.command).replace("%", "%%").replace("$", "$$")
    return (
        "[Unit]\n"
        f"Description=Kopilot XL: {entry.words.replace('%', '%%')}\n\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart={command}\n"
    )


def timer_of(entry: Entry) -> str:
    """Return the unit that starts it every day; a day on which the machine was off is made up for."""
    return (
        "[Unit]\n"
        f"Description=Kopilot XL: {entry.words.replace('%', '%%')}\n\n"
        "[Timer]\n"
        f"OnCalendar=*-*-* {entry.at:%H:%M}:00\n"
        "Persistent=true\n\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


class Systemd:
    """The user's units of systemd."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        config = machine.environment.get("XDG_CONFIG_HOME")
        self._folder = (Path(config) if config else machine.home / ".config") / "systemd" / "user"

    def _control(self, *words: str) -> None:
        self._machine.ask(["systemctl", "--user", *words])

    def entries(self) -> list[Entry]:
        """Return the entries of ours."""
        found = []
        for timer in sorted(self._folder.glob(f"{PREFIX}*.timer")):
            service = timer.with_suffix(".service")
            starts = _STARTS.search(service.read_text("utf-8")) if service.is_file() else None
            at = _AT.search(timer.read_text("utf-8"))
            if starts and at:
                command = shlex.split(starts[1].replace("%%", "%").replace("$$", "$"))
                entry = read_command(command, time(int(at[1]), int(at[2])))
                if entry:
                    found.append(entry)
        return found

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / f"{entry.name}.service", service_of(entry).encode())
        write_atomically(self._folder / f"{entry.name}.timer", timer_of(entry).encode())
        self._control("daemon-reload")
        self._control("enable", "--now", f"{entry.name}.timer")

    def remove(self, entry: Entry) -> None:
        """Take an entry away."""
        self._control("disable", "--now", f"{entry.name}.timer")
        for suffix in (".timer", ".service"):
            (self._folder / f"{entry.name}{suffix}").unlink(missing_ok=True)
        self._control("daemon-reload")
