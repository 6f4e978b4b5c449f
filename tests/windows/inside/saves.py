"""Save a file and end at one of the steps of saving it: `python -m tests.windows.inside.saves FILE [STEP]`.

The process ends itself as the Task Manager would: nothing is tidied up. Without a step it saves to the end and prints
how many steps there are.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kopilot_xl.workbook.file import locking, saving

NEW = b"the new contents" * 1000
OPERATIONS: list[tuple[Any, str]] = [
    *((os, name) for name in ("open", "write", "ftruncate", "fsync", "close", "replace", "unlink", "scandir")),
    (locking, "_open_new"),
    (locking, "_try_lock"),
]


def main(path: str, end_at: int | None = None) -> None:
    """Save with a backup while having the file's lock, as a refresh does."""
    steps = 0

    def step() -> None:
        nonlocal steps
        if steps == end_at:
            os.kill(os.getpid(), signal.SIGTERM)  # which is TerminateProcess
        steps += 1

    def watched(work: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **options: Any) -> Any:
            step()
            done = work(*args, **options)
            step()
            return done

        return watching

    for module, name in OPERATIONS:
        setattr(module, name, watched(getattr(module, name)))
    with locking.file_lock(path):
        old = Path(path).read_bytes()
        saving.write_atomically(path, NEW, instead_of=old, backup=True)
    print(steps)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
