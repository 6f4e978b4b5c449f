"""Many workbooks, one after the other or in several processes; a failure does not stop the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kopilot_xl import interrupts
from kopilot_xl.usecases.batch.discovery import Target
from kopilot_xl.usecases.batch.tasks import Done, ProgressListener, Task, done_to

MOST_JOBS = 60
"""How many processes there may be; Windows waits for 63 at once."""


def work(task: Task, books: Sequence[Target], jobs: int, listener: ProgressListener) -> Iterator[Done]:
    """Do a task for each workbook, and yield what became of it, in the order given.

    Args:
        task: what to do.
        books: the workbooks.
        jobs: how many processes work at the same time. With one, or one workbook, it is this process that works; the
            reports of others come without their clients.
        listener: called for what is going on, at once, whatever the order.

    Raises:
        Stopped: somebody asked to stop. What was done until then has been yielded, and every file is old or new.
        KopilotError: no process can be started.
    """
    jobs = min(jobs, len(books), MOST_JOBS)
    if jobs > 1:
        from kopilot_xl.usecases.batch.pool import Pool

        yield from Pool(task, books, jobs, listener).results()
        return
    for book in books:
        interrupts.checkpoint()
        listener.on_begin(book.path)
        done = done_to(task, book, listener.on_wait)
        listener.on_end(book.path)
        yield done
