"""The schedulers of the operating systems, behind one face."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from kopilot_xl.errors import SetupError
from kopilot_xl.texts import t
from kopilot_xl.usecases.schedule.entry import Entry
from kopilot_xl.usecases.schedule.machine import Machine


class System(StrEnum):
    """A scheduler."""

    CRON = "cron"
    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    TASKS = "task-scheduler"


class Scheduler(Protocol):
    """What keeps entries and runs them."""

    def entries(self) -> list[Entry]:
        """Return the entries of ours."""
        ...

    def add(self, entry: Entry) -> None:
        """Add an entry in the place of an earlier one of the same target.

        Raises:
            SetupError: the scheduler refuses it.
        """
        ...

    def remove(self, entry: Entry) -> None:
        """Take an entry away.

        Raises:
            SetupError: the scheduler refuses.
        """
        ...


def system_of(machine: Machine) -> System:
    """Return the scheduler of a machine.

    Raises:
        SetupError: it has none that is known.
    """
    if machine.platform == "win32":
        return System.TASKS
    if machine.platform == "darwin":
        return System.LAUNCHD
    if machine.has("systemctl"):
        try:
            machine.ask(["systemctl", "--user", "show-environment"])
        except SetupError:
            pass
        else:
            return System.SYSTEMD
    if machine.has("crontab"):
        return System.CRON
    raise SetupError(
        t("There is no scheduler here: neither systemd for this user nor crontab. Install cron, and try again.")
    )


def scheduler(system: System, machine: Machine) -> Scheduler:
    """Return a scheduler."""
    if system is System.CRON:
        from kopilot_xl.usecases.schedule.cron import Cron

        return Cron(machine)
    if system is System.SYSTEMD:
        from kopilot_xl.usecases.schedule.systemd import Systemd

        return Systemd(machine)
    if system is System.LAUNCHD:
        from kopilot_xl.usecases.schedule.launchd import Launchd

        return Launchd(machine)
    from kopilot_xl.usecases.schedule.tasks import Tasks

    return Tasks(machine)
