"""Have workbooks refreshed every day by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from kopilot_xl.errors import BookError, UsageError
from kopilot_xl.texts import t
from kopilot_xl.usecases.batch.summary_table import check_ending
from kopilot_xl.usecases.schedule.entry import Entry, time_of
from kopilot_xl.usecases.schedule.log import path_of
from kopilot_xl.usecases.schedule.machine import Machine
from kopilot_xl.usecases.schedule.schedulers import System, scheduler, system_of
from kopilot_xl.workbook.opening import check_is_no_export


@dataclass(frozen=True)
class Scheduled:
    """What is scheduled, or was taken away.

    Attributes:
        system: the scheduler.
        entries: what is scheduled now, of those asked about.
        removed: what was taken away.
        log: where the runs are noted.
    """

    system: System
    entries: Sequence[Entry]
    removed: Sequence[Entry]
    log: Path


def schedule(
    book: str | PathLike[str] | None = None,
    *,
    daily: str | None = None,
    update: bool = False,
    summary: str | PathLike[str] | None = None,
    listing: bool = False,
    remove: bool = False,
    using: System | str | None = None,
    machine: Machine | None = None,
) -> Scheduled:
    """Have a workbook, or all workbooks of a folder, refreshed every day by the scheduler of the operating system.

    Args:
        book: the workbook or the folder; None to list all that is scheduled.
        daily: the time of day, as 07:00.
        update: first bring in what the workbooks' own sources have.
        summary: where a summary is written each time.
        listing: only return what is scheduled.
        remove: take the entry of the book away.
        using: the scheduler: cron, systemd, launchd or task-scheduler; by default that of the machine.
        machine: the machine; by default this one.

    Raises:
        BookError: there is no such workbook or folder; an export is a `NotBookError`.
        OutputError: the summary has no ending of a summary.
        SetupError: there is no scheduler, or it refuses.
        UsageError: the arguments do not fit together.
        ValueError: there is no such scheduler.
    """
    for asked, option in ((listing, "listing"), (remove, "remove")):
        if asked and (daily is not None or update or summary is not None or (listing and remove)):
            raise UsageError(t("it goes with nothing but the workbook or folder."), option)
    here = machine or Machine()
    system = System(using) if using else system_of(here)
    chosen = scheduler(system, here)
    target = None if book is None else Path(book).absolute()
    known = [entry for entry in chosen.entries() if target in (None, entry.target)]
    log = path_of(here.platform, here.home, here.environment)
    if listing:
        return Scheduled(system, known, (), log)
    if remove:
        if target is None:
            raise UsageError(t("name the workbook or folder whose entry to remove; --list shows them."), "book")
        for entry in known:
            chosen.remove(entry)
        return Scheduled(system, (), known, log)
    if book is None or target is None or daily is None:
        raise UsageError(t("name a workbook or folder and a time, as in --daily 07:00."), "daily")
    check_is_no_export(book)
    entry = Entry(target, time_of(daily), update, None if summary is None else Path(summary).absolute())
    if not target.exists():
        raise BookError(t("There is no file or folder {path}. Check its name.", path=target))
    if entry.summary is not None:
        check_ending(entry.summary)
    chosen.add(entry)
    return Scheduled(system, [entry], (), log)
