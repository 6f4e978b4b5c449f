"""Whole processes, timed from outside: fresh ones, in turn, so that a slow moment of the machine hits both sides."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its name and the Python it runs, as arguments of the interpreter.

    `rounds` is how often it runs, where that is less often than the others: it takes minutes.
    """

    name: str
    arguments: Sequence[str]
    rounds: int | None = None


@dataclass(frozen=True)
class Measured:
    """The median of the rounds: seconds of the processor, seconds on the wall, most memory in MB."""

    cpu: float
    wall: float
    memory: float


def compare(*sides: Side, rounds: int = ROUNDS) -> list[Measured]:
    """Run the sides in turn, after one uncounted turn each, and return what each took.

    Raises:
        RuntimeError: a side failed.
    """
    runs: list[list[Measured]] = [[] for _ in sides]
    for turn in range(rounds + 1):
        for side, measured in zip(sides, runs, strict=True):
            if side.rounds is None or turn < side.rounds:
                one = run(side)
                if turn or side.rounds is not None:
                    measured.append(one)
    return [median(measured) for measured in runs]


def median(measured: Sequence[Measured]) -> Measured:
    """Return the median of each figure."""
    return Measured(
        *(statistics.median(getattr(each, name) for each in measured) for name in ("cpu", "wall", "memory"))
    )


def run(side: Side) -> Measured:
    """Run a side once and return what it took.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    # Compiled modules are kept, as everywhere but in some containers: the first turn, which is not counted, makes them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, *side.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{side.name} failed with exit code {process.returncode}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Measured(used.ru_utime + used.ru_stime, wall, kilobytes / 1024)
