"""Entries of the Task Scheduler of Windows: a task each in the folder Kopilot XL."""

from __future__ import annotations

import csv
import subprocess
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from kopilot_xl.errors import SetupError
from kopilot_xl.usecases.schedule.entry import PREFIX, Entry, read_command
from kopilot_xl.usecases.schedule.machine import Machine

_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_FOLDER = "\\Kopilot XL\\"
_FIRST_DAY = "2026-01-01"
"""From when on a task runs; any day that has passed will do."""


def xml_of(entry: Entry) -> bytes:
    """Return the task of an entry as XML: every day, also later that day where the machine was off."""
    task = etree.Element(f"{{{_SPACE}}}Task", nsmap={None: _SPACE}, version="1.2")  # type: ignore[dict-item]  # the stubs know no default namespace

    def add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
        made = etree.SubElement(parent, f"{{{_SPACE}}}{name}", attrib=attributes)
        made.text = text
        return made

    add(add(task, "RegistrationInfo"), "Description", f"Kopilot XL: {entry.words}")
    trigger = add(add(task, "Triggers"), "CalendarTrigger")
    add(trigger, "StartBoundary", f"{_FIRST_DAY}T{entry.at:%H:%M}:00")
    add(trigger, "Enabled", "true")
    add(add(trigger, "ScheduleByDay"), "DaysInterval", "1")
    principal = add(add(task, "Principals"), "Principal", id="Author")
    add(principal, "LogonType", "InteractiveToken")
    add(principal, "RunLevel", "LeastPrivilege")
    settings = add(task, "Settings")
    add(settings, "MultipleInstancesPolicy", "IgnoreNew")
    add(settings, "DisallowStartIfOnBatteries", "false")
    add(settings, "StopIfGoingOnBatteries", "false")
    add(settings, "StartWhenAvailable", "true")
    add(settings, "Hidden", "true")
    add(settings, "ExecutionTimeLimit", "PT4H")
    action = add(add(task, "Actions", Context="Author"), "Exec")
    program, *arguments = entry.command
    add(action, "Command", program)
    add(action, "Arguments", subprocess.list2cmdline(arguments))
    return bytes(etree.tostring(task, encoding="UTF-16", xml_declaration=True, pretty_print=True))  # type: ignore[arg-type]  # never a text here


def entry_of(xml: bytes) -> Entry | None:
    """Return the entry that a task is of; None where it is not one of ours."""
    try:
        task = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return None
    program, arguments = task.findtext(".//{*}Command"), task.findtext(".//{*}Arguments") or ""
    start = task.findtext(".//{*}StartBoundary") or ""
    if not program or len(start) < 16:
        return None
    words = _words(arguments)
    return read_command([program, *words], time(int(start[11:13]), int(start[14:16])))


def _words(line: str) -> list[str]:
    """Return the arguments that `subprocess.list2cmdline` made a line of."""
    words: list[str] = []
    word, quoted, begun, backslashes = "", False, False, 0
    for sign in line:
        if sign == "\\":
            backslashes, begun = backslashes + 1, True
            continue
        if sign == '"':
            word += "\\" * (backslashes // 2)
            if backslashes % 2:
                word += '"'
            else:
                quoted = not quoted
            begun, backslashes = True, 0
            continue
        word, backslashes = word + "\\" * backslashes, 0
        if sign in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + sign, True
    word += "\\" * backslashes
    return [*words, word] if begun else words


class Tasks:
    """The user's tasks of the Task Scheduler."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def entries(self) -> list[Entry]:
        """Return the entries of ours."""
        try:
            listed = self._machine.ask(["schtasks", "/Query", "/FO", "CSV", "/NH"])
        except SetupError:
            return []
        found = []
        for row in csv.reader(listed.splitlines()):
            if row and row[0].startswith(_FOLDER + PREFIX):
                xml = self._machine.ask(["schtasks", "/Query", "/TN", row[0], "/XML"])
                entry = entry_of(xml.partition("?>")[2].strip().encode())
                if entry:
                    found.append(entry)
        return found

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "task.xml")
            path.write_bytes(xml_of(entry))
            self._machine.ask(["schtasks", "/Create", "/F", "/TN", _FOLDER + entry.name, "/XML", str(path)])

    def remove(self, entry: Entry) -> None:
        """Take an entry away."""
        self._machine.ask(["schtasks", "/Delete", "/F", "/TN", _FOLDER + entry.name])
