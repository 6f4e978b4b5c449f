"""Refresh workbooks in a process of little memory: `python -m tests.safety.child MEGABYTES BOOK...`, a line each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REFRESHED = "refreshed"


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended: `error` is the name of its kind, `message` its text; `megabytes` is the most used so far."""

    path: str
    error: str = ""
    message: str = ""
    seconds: float = 0.0
    megabytes: int = 0

    @property
    def told(self) -> str:
        return f"{self.error}: {self.message}" if self.error else REFRESHED


def outcomes(paths: Sequence[Path], *, megabytes: int, seconds: float) -> dict[Path, Outcome]:
    """Refresh each workbook into a file beside it; one that kills the process or takes too long has that as its end."""
    left = list(paths)
    found: dict[Path, Outcome] = {}
    while left:
        command = [sys.executable, "-m", "tests.safety.child", str(megabytes), *map(str, left)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            try:
                told, wrong = child.communicate(timeout=seconds)
                why = f"the process ended with {child.returncode}: {wrong[-500:]}"
            except subprocess.TimeoutExpired:
                child.kill()
                told, _ = child.communicate()
                why = f"not done within {seconds} seconds"
        done = [Outcome(**json.loads(line)) for line in told.splitlines()]
        found |= {Path(each.path): each for each in done}
        left = left[len(done) :]
        if left:
            found[left[0]] = Outcome(str(left[0]), "Died", why)
            left = left[1:]
    return found


def peak_megabytes() -> int:
    """Return the most memory this process has held; 0 where nobody tells.

    `ru_maxrss` does not tell: a process started by a large one begins with that one's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    if os.name == "nt":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def limit_memory(to: int) -> None:
    """Let this process have so many bytes of address space and no more; Windows knows no such limit."""
    if os.name != "nt":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (to, to))


def main() -> None:
    limit_memory(int(sys.argv[1]) * 1024**2)
    from kopilot_xl import open_book, refresh
    from kopilot_xl.errors import KopilotError
    from tests.portfolios import NOW

    for path in map(Path, sys.argv[2:]):
        start, error, message = time.perf_counter(), "", ""
        try:
            refresh(open_book(path), output=path.with_suffix(".out.xlsm"), now=NOW)
        except KopilotError as reason:
            error, message = "KopilotError", str(reason)
        except BaseException as reason:
            error, message = type(reason).__name__, str(reason)[:300]
        megabytes = peak_megabytes()
        print(
            json.dumps(Outcome(str(path), error, message, time.perf_counter() - start, megabytes).__dict__), flush=True
        )


if __name__ == "__main__":
    main()
