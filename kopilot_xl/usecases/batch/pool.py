"""Processes that share the work on many workbooks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import connection as connections
from multiprocessing import get_context, resource_tracker
from typing import TYPE_CHECKING

from kopilot_xl import interrupts
from kopilot_xl.errors import KopilotError
from kopilot_xl.interrupts import Stopped
from kopilot_xl.texts import language, t
from kopilot_xl.texts.languages import speak
from kopilot_xl.usecases.batch.discovery import Target
from kopilot_xl.usecases.batch.tasks import Done, ProgressListener, Task, done_to

if TYPE_CHECKING:
    import sys
    from multiprocessing.context import SpawnProcess

    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

_PAUSE = 0.1
"""How many seconds it takes at most to hear that somebody asked to stop."""


@dataclass(eq=False)
class _Worker:
    """A process, and this end of the pipe to it. `index` is that of the workbook it has, None before its first."""

    process: SpawnProcess
    pipe: Connection
    index: int | None = None
    is_up: bool = False


@dataclass
class Pool:
    """Some processes that each take one workbook after the other.

    A worker hears from us only when it has nothing to do, or when it is to stop: so it need only look whether there is
    something to hear. It hears the end of the pipe too, should this process die: then it stops as well.
    """

    task: Task
    books: Sequence[Target]
    jobs: int
    listener: ProgressListener
    workers: list[_Worker] = field(default_factory=list)
    given: int = 0
    done: dict[int, Done] = field(default_factory=dict)

    def results(self) -> Iterator[Done]:
        """Yield what became of each workbook, in the order given.

        Raises:
            Stopped, KopilotError: see `many.work`.
        """
        yielded = 0
        try:
            for _ in range(self.jobs):
                self._start()
            try:
                while yielded < len(self.books):
                    interrupts.checkpoint()
                    self._hear()
                    while yielded in self.done:
                        yield self.done.pop(yielded)
                        yielded += 1
            except Stopped:
                self._stop()
                yield from (self.done[index] for index in sorted(self.done))
                raise
        except KeyboardInterrupt as error:
            if not isinstance(error, Stopped):
                self._kill()
            raise
        finally:
            self._end()

    def _start(self) -> None:
        spawn = get_context("spawn")  # as on Windows and Mac; and a fork would share the pipes of all
        here, there = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(there, self.task, language()), daemon=True)
        if os.name != "nt":
            resource_tracker.ensure_running()  # it would let signals through while a process starts
        with interrupts.signals_blocked():
            process.start()
        there.close()
        self.workers.append(_Worker(process, here))

    def _hear(self) -> None:
        """Take in what workers say, and give those that are done the next workbook."""
        for worker in self._with_news(_PAUSE):
            try:
                said = _said(worker)
            except (EOFError, OSError):
                self._lost(worker)
                continue
            if isinstance(said, str):
                self.listener.on_wait(said)
                continue
            worker.is_up = True
            if isinstance(said, Done):
                self._finished(worker, said)
            self._give(worker)

    def _with_news(self, seconds: float | None = None) -> list[_Worker]:
        """Return the workers that have said something or have ended, once one has; at the latest after so many seconds.

        The end of its pipe does not tell that a worker ended before it took its pipe over: on Windows the other end
        then stays with this process.
        """
        ends: dict[object, _Worker] = {}
        for worker in self.workers:
            ends |= {worker.pipe: worker, worker.process.sentinel: worker}
        try:
            heard = connections.wait([*ends], seconds)  # type: ignore[list-item]
        except InterruptedError:  # Windows breaks off a wait on Ctrl-C, even if that is handled
            return []
        return list(dict.fromkeys(ends[end] for end in heard))

    def _give(self, worker: _Worker) -> None:
        if self.given == len(self.books):
            self._dismiss(worker)
            return
        worker.index, self.given = self.given, self.given + 1
        self.listener.on_begin(self.books[worker.index].path)
        try:
            worker.pipe.send(self.books[worker.index])
        except OSError:
            self._lost(worker)

    def _finished(self, worker: _Worker, done: Done) -> None:
        assert worker.index is not None  # noqa: S101 - it was given what it has done
        self.done[worker.index] = done
        self.listener.on_end(done.path)
        worker.index = None

    def _dismiss(self, worker: _Worker) -> None:
        """Have a worker end; the end of its pipe tells it."""
        self.workers.remove(worker)
        worker.pipe.close()
        worker.process.join()

    def _lost(self, worker: _Worker) -> None:
        """Go on without a worker that died, and take another one for it."""
        self._dismiss(worker)
        if not worker.is_up:
            time.sleep(_PAUSE)  # on Windows Ctrl-Break ends those that just begin, perhaps before it is heard here
            interrupts.checkpoint()
            raise KopilotError(
                t(
                    "No process could be started beside this one: it {process}. Try again with --jobs 1.",
                    process=_how_ended(worker.process),
                )
            )
        if worker.index is not None:
            path = self.books[worker.index].path
            self._finished(
                worker,
                Done(
                    path,
                    why=t(
                        "{path}: the process that worked on it {process}, perhaps for lack of memory. The "
                        "workbook is as it was, or done. Try it by itself, or with fewer jobs.",
                        path=path,
                        process=_how_ended(worker.process),
                    ),
                ),
            )
        if self.given < len(self.books):
            self._start()

    def _stop(self) -> None:
        """Have all workers stop, and take in what they have done by then."""
        for worker in self.workers:
            if worker.index is None:  # it has no file to leave half done, and may be far from hearing
                worker.process.kill()
                continue
            with suppress(OSError):
                worker.pipe.send(None)
        while self.workers:
            for worker in self._with_news():
                try:
                    said = _said(worker)
                except (EOFError, OSError):
                    self._dismiss(worker)
                    continue
                if isinstance(said, Done):
                    self._finished(worker, said)

    def _kill(self) -> None:
        for worker in self.workers:
            worker.process.kill()

    def _end(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            worker.pipe.close()
        try:
            for worker in self.workers:
                worker.process.join()
        except KeyboardInterrupt:
            self._kill()
            raise


def _said(worker: _Worker) -> object:
    """Return what a worker has said; Windows breaks off the reading on Ctrl-C, even if that is handled.

    Raises:
        EOFError, OSError: it has ended.
    """
    while True:
        try:
            if worker.pipe.poll():
                return worker.pipe.recv()
            raise EOFError
        except InterruptedError:
            continue


def _serve(pipe: Connection, task: Task, spoken: str) -> None:
    """What a worker does: say that it is there, then take workbooks until the pipe ends."""
    speak(spoken)
    if hasattr(signal, "SIGBREAK"):  # what Windows sends to all in a console, even to those that ignore Ctrl-C
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)
    with interrupts.stop_when(lambda: signal.SIGTERM if pipe.poll() else None):
        try:
            pipe.send(None)
            while book := pipe.recv():
                done = done_to(task, book, pipe.send)
                pipe.send(replace(done, report=done.report and replace(done.report, clients=())))
        except (Stopped, EOFError, OSError):
            return


def _how_ended(process: SpawnProcess) -> str:
    code = process.exitcode
    if code is not None and code < 0:
        return t("was ended by signal {signal}", signal=-code)
    return t("ended with exit code {code}", code=code)
