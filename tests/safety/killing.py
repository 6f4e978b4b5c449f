"""Kill real refreshes at every step of their writing: `python -m tests.safety.killing CASE FOLDER`.

This process imports what a refresh needs and forks; it never refreshes by itself, so that each child starts as a
process of its own would. It prints what became of each kill as JSON.
What the next refresh makes of what a kill left is seen once: kills that leave the same leave it the same to do.
"""

from __future__ import annotations

import fcntl
import gc
import io
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import wraps
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from kopilot_xl import new, open_book, refresh, update
from kopilot_xl.workbook import template
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file import book, locking, saving
from kopilot_xl.workbook.file.ooxml import package
from tests.portfolios import AS_OF, NOW, make_portfolio

OPERATIONS: list[tuple[ModuleType, str]] = [
    *((os, name) for name in ("open", "write", "ftruncate", "fsync", "close")),
    *((os, name) for name in ("chown", "chmod", "setxattr", "replace", "unlink", "scandir")),
    (fcntl, "flock"),
]
RANDOM_KILLS = 25
_LINES = {saving.__file__, locking.__file__}

Left = tuple[str, int, bytes]
"""A file a kill left: its name, its mode, what is in it."""


@dataclass(frozen=True)
class Case:
    """A workbook and how it is refreshed or updated: where to, with a backup or not, and what counts as a step.

    `clients` is how many it has, 0 for the few of `tests.portfolios`.
    """

    name: str
    clients: int = 0
    backup: bool = False
    output: bool = False
    link: bool = False
    mode: int = 0o644
    lines: bool = False
    randomly: bool = False
    update: bool = False


CASES = {
    each.name: each
    for each in (
        Case("every line", lines=True),
        Case("with a backup behind a link", backup=True, link=True, mode=0o640),
        Case("to another file", output=True),
        Case("at any moment", clients=100, randomly=True),
        Case("an update", backup=True, update=True),
        Case("an update at any moment", clients=100, backup=True, update=True, randomly=True),
    )
}


@dataclass
class Kill:
    """What became of one kill.

    Attributes:
        step: where it was.
        file: `old`, `new` or `broken`: what the workbook was afterwards.
        backup: the same for the backup: `none`, `earlier`, `old` or `broken`.
        left: the files it left beside.
        wrong: what the next refresh did not put right.
    """

    step: str
    file: str = ""
    backup: str = ""
    left: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Steps:
    """Counts the steps of a refresh in this process, and kills it at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at = kill_at
        self.labels: list[str] = []

    def step(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) - 1 == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_operations(self) -> None:
        """Make each operation on files two steps, before and after it, and each writing one in its middle too."""
        for module, name in OPERATIONS:
            setattr(module, name, self._watched(name, getattr(module, name)))
        steps = self

        class Halved(io.BufferedWriter):
            def write(self, data: Any, /) -> int:
                view = memoryview(data)
                done = super().write(view[: len(view) // 2])
                self.flush()
                steps.step("within write")
                return done + super().write(view[len(view) // 2 :])

        os.fdopen = lambda handle, *_: Halved(io.FileIO(handle, "wb"))  # type: ignore[assignment]

    def watch_lines(self) -> None:
        """Make each line of the code that locks and saves a step."""

        def within(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                self.step(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
            return within

        def entered(frame: FrameType, event: str, _: Any) -> Any:
            return within if frame.f_code.co_filename in _LINES else None

        def traced(work: Callable[..., Any]) -> Callable[..., Any]:
            def tracing(*args: Any, **options: Any) -> Any:
                sys.settrace(entered)
                try:
                    return work(*args, **options)
                finally:
                    sys.settrace(None)

            return tracing

        plain_lock = locking.file_lock

        @contextmanager
        def traced_lock(*args: Any) -> Iterator[None]:
            manager = plain_lock(*args)
            traced(manager.__enter__)()
            try:
                yield
            finally:
                traced(manager.__exit__)(None, None, None)

        # Only where it is wanted: tracing the whole refresh would take most of the time.
        for module, name in ((book, "check_writable"), (package, "check_writable"), (package, "write_atomically")):
            setattr(module, name, traced(getattr(module, name)))
        setattr(book, "file_lock", traced_lock)  # noqa: B010

    def _watched(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def watched(*args: Any, **options: Any) -> Any:
            self.step(f"before {name}")
            done = work(*args, **options)
            self.step(f"after {name}")
            return done

        return watched


TEMPLATE = Path(template.__file__).with_name("template.xlsm")
"""A workbook in which nothing is recorded: a refresh with an output may replace it."""


class Killer:
    """A workbook in a folder of its own, refreshed and killed over and over."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.place = folder / "place"
        self.place.mkdir()
        source = (
            _imported(folder, case.clients or 6) if case.update else _workbook(folder / "source.xlsm", case.clients)
        )
        self.target = self.place / "Portfolio.xlsm"
        self.book = source if case.output else self.target
        if case.link:
            self.book = folder / "link.xlsm"
            self.book.symlink_to(self.target)
        self.output = self.target if case.output else None
        # With an output, what is replaced is another file than what is read.
        self.old = source.read_bytes() if not case.output else TEMPLATE.read_bytes()
        self.backup = self.place / f"Portfolio.xlsm{saving.BACKUP}"
        self.seen: dict[frozenset[Left], list[str]] = {}
        self.reset()
        self.refresh()
        self.new = self.target.read_bytes()
        assert self.new != self.old

    def reset(self) -> None:
        """Put the old workbook, and the backup of an earlier day, where they were."""
        for item in list(self.place.iterdir()):
            item.unlink()
        self.target.write_bytes(self.old)
        self.target.chmod(self.case.mode)
        if self.case.backup:
            self.backup.write_bytes(b"of an earlier day")

    def refresh(self) -> None:
        """Refresh in a process of its own; it must succeed, and must not wait."""
        code = self._wait(self._start(None, report=None))
        assert code == 0, f"the refresh ended with {code}"

    def count(self) -> list[str]:
        """Return the steps of a whole refresh."""
        self.reset()
        reading, writing = os.pipe()
        child = self._start(Steps(None), report=writing)
        os.close(writing)
        with open(reading, encoding="ascii") as pipe:
            labels: list[str] = json.loads(pipe.read())
        assert self._wait(child) == 0
        return labels

    def kills(self) -> Iterator[Kill]:
        """Kill at every step, or at any moment, and tell what became of each."""
        if self.case.randomly:
            yield from self._random_kills()
            return
        # Of a line that runs several times, the last time: by then the most is at stake.
        labels = self.count()
        last = {label if ":" in label else place: place for place, label in enumerate(labels)}
        for place in sorted(last.values()):
            label = labels[place]
            self.reset()
            code = self._wait(self._start(Steps(place), report=None))
            assert code == -signal.SIGKILL, f"at {label} it ended with {code}"
            yield self._judged(Kill(label))

    def _random_kills(self) -> Iterator[Kill]:
        self.reset()
        start = time.perf_counter()
        self.refresh()
        usual, killed = time.perf_counter() - start, 0
        chance = random.Random(2026)
        while killed < RANDOM_KILLS:
            self.reset()
            child = self._start(None, report=None)
            pause = chance.uniform(0, usual)
            time.sleep(pause)
            os.kill(child, signal.SIGKILL)
            if self._wait(child) == 0:
                continue  # it was done before
            killed += 1
            yield self._judged(Kill(f"after {pause * 1000:.1f} ms"))

    def _judged(self, kill: Kill) -> Kill:
        now = self.target.read_bytes()
        kill.file = {self.old: "old", self.new: "new"}.get(now, "broken")
        kill.backup = self._backup_is()
        kill.left = sorted(item.name for item in self.place.iterdir() if item not in (self.target, self.backup))
        state = self._left()
        if state not in self.seen:
            self.seen[state] = self._wrong()
        kill.wrong = self.seen[state]
        return kill

    def _left(self) -> frozenset[Left]:
        """Everything in the folder, but for what differs each time: the number in a name and the process in a lock."""
        found = []
        for item in self.place.iterdir():
            data = item.read_bytes()
            if item.suffix == ".lock":
                data = re.sub(rb"\d+", b"", data)
            found.append((re.sub("-[0-9a-f]{16}", "", item.name), item.stat().st_mode, data))
        assert len(set(found)) == len(found)
        return frozenset(found)

    def _wrong(self) -> list[str]:
        """Return what the next refresh does not put right."""
        found = []
        code = self._wait(self._start(None, report=None))
        if code:
            found.append(f"the next refresh ended with {code}")
        if self.target.read_bytes() != self.new:
            found.append("the next refresh gave another file")
        if self.target.stat().st_mode & 0o777 != self.case.mode:
            found.append("the mode changed")
        left = {item.name for item in self.place.iterdir()} - {self.target.name, self.backup.name}
        return found + [f"{name} is still there" for name in sorted(left)]

    def _backup_is(self) -> str:
        if not self.backup.exists():
            return "none"
        return {self.old: "old", b"of an earlier day": "earlier"}.get(self.backup.read_bytes(), "broken")

    def _start(self, steps: Steps | None, report: int | None) -> int:
        """Fork a process that refreshes the workbook; it ends with 0, 1 if it failed or 2 if it had to wait."""
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            waits: list[str] = []
            if steps and self.case.lines:
                steps.watch_lines()
            elif steps:
                steps.watch_operations()
            if self.case.update:
                update(self.book, as_of=AS_OF, now=NOW, waiting=waits.append)
            else:
                refresh(
                    open_book(self.book),
                    AS_OF,
                    output=self.output,
                    backup=self.case.backup,
                    now=NOW,
                    waiting=waits.append,
                )
            if report is not None and steps:
                told = list(steps.labels)
                with open(report, "w", encoding="ascii") as pipe:
                    json.dump(told, pipe)
            code = 2 if waits else 0
        except BaseException as error:  # a fork must never go on as its parent
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)

    def _wait(self, child: int) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _workbook(path: Path, clients: int) -> Path:
    if not clients:
        return make_portfolio(path)
    people: list[list[Value]] = [[f"C{n}", f"Client {n}", date(2024, 1, 1 + n % 28)] for n in range(clients)]
    invoices: list[list[Value]] = [[f"C{n % clients}", date(2025, 1 + n % 12, 5), 10.0 + n] for n in range(3 * clients)]
    return make_portfolio(path, people, invoices)


def _imported(folder: Path, clients: int) -> Path:
    """A workbook made of an export that has grown since, in a folder beside that of the one that is killed."""
    (folder / "made").mkdir()
    people, sales, path = folder / "clients.csv", folder / "invoices.csv", folder / "made" / "Portfolio.xlsm"
    people.write_text(
        "Client ID,Client,Created on\n" + "".join(f"C{n},Client {n},2024-01-05\n" for n in range(clients))
    )

    def write(invoices: int) -> None:
        rows = (f"C{n % clients},{2025 + n % 2}-0{1 + n % 5}-05,{10 + n}.00,Paid,R{n}\n" for n in range(invoices))
        sales.write_text("Client ID,Issue date,Amount,Status,Reference\n" + "".join(rows))
        os.utime(sales, (invoices, invoices))

    write(3 * clients)
    new(path, people, sales)
    refresh(path, AS_OF, now=NOW)
    write(4 * clients)
    return path


def main() -> None:
    """Print every kill of a case as a line of JSON, and first the workbook as it is when all went well."""
    gc.freeze()  # what is shared with the children is not touched by their collectors
    killer = Killer(CASES[sys.argv[1]], Path(sys.argv[2]))
    for kill in killer.kills():
        print(json.dumps(asdict(kill)), flush=True)


if __name__ == "__main__":
    main()
