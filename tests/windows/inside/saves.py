"""Save a file and end at one of the steps of saving it: `python -m tests.windows.inside.saves FILE [STEP]`.

The process ends itself as the Task Manager would: nothing is tidied up. Without a step it saves to the end and prints
how many steps there are.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from kopilot_xl.workbook.file import locking, saving
from tests.windows.inside import steps

NEW = b"the new contents" * 1000


def main(path: str, end_at: int | None = None) -> None:
    """Save with a backup while having the file's lock, as a refresh does."""
    count = 0

    def at_step() -> None:
        nonlocal count
        if count == end_at:
            os.kill(os.getpid(), signal.SIGTERM)  # which is TerminateProcess
        count += 1

    steps.watch(at_step)
    with locking.file_lock(path):
        old = Path(path).read_bytes()
        saving.write_atomically(path, NEW, instead_of=old, backup=True)
    print(count)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
