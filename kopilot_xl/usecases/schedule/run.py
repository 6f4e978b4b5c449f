"""What a scheduler runs: `python -m kopilot_xl.usecases.schedule.run [--update] [--summary FILE] TARGET`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from kopilot_xl.domain import formatting
from kopilot_xl.errors import KopilotError, reason
from kopilot_xl.texts import t
from kopilot_xl.usecases.batch.several import refresh_all
from kopilot_xl.usecases.batch.tasks import BUSY, Done
from kopilot_xl.usecases.schedule import log
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import portfolio


def run(target: Path, *, update: bool = False, summary: Path | None = None, now: datetime | None = None) -> int:
    """Refresh what is scheduled, and note in the log what became of it.

    A workbook that is open is left for the next time. What failed is noted on its Portfolio sheet too, where its owner
    sees it; the log names no more than the workbook and what kind of failure it was.

    Returns:
        The exit code: 0 if all is done or waits, else 1.
    """
    moment = now or datetime.now()
    failed = False
    try:
        for done in refresh_all([target], update=update, summary=summary):
            failed = _noted(done, moment) or failed
    except KopilotError as error:
        log.write(t("{target}: {reason}", target=target, reason=reason(error)), now=now)
        return 1
    return int(failed)


def _noted(done: Done, moment: datetime) -> bool:
    """Note what became of a workbook; return whether it failed."""
    if done.code == BUSY:
        log.write(t("{path} is in use: it will be tried at the next time.", path=done.path))
        return False
    if not done.why:
        if done.report is not None:
            log.write(t("{path}: done.", path=done.path))
        return False
    what = t("refreshed, not updated") if done.report is not None else t("stopped")
    log.write(
        t(
            "{path}: {what} ({code}). Its Portfolio sheet says why, or: kopilot-xl refresh --update",
            path=done.path,
            what=what,
            code=done.code,
        )
    )
    note = t(
        "On {day} at {time} it could not be brought up to date by itself. {why}",
        day=formatting.day(moment.date()),
        time=f"{moment:%H:%M}",
        why=done.why,
    )
    with suppress(KopilotError, OSError):  # it may be what cannot be read
        book = open_book(done.path)
        with book.locked():
            if book.write_block(portfolio.HINT, [[note]]):
                book.save()
    return True


def main(arguments: Sequence[str]) -> int:
    """Run as a scheduler does."""
    *options, target = arguments
    summary = Path(options[options.index("--summary") + 1]) if "--summary" in options else None
    return run(Path(target), update="--update" in options, summary=summary)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
