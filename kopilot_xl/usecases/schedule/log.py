"""The log of scheduled runs: what was done to which workbook, and nothing of any client."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

_LONGEST = 256 * 1024
"""From how many bytes on the older half of the log is dropped."""
MODE = 0o600
"""Nobody but its owner may read it."""


def path_of(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] | None = None
) -> Path:
    """Return where the log is."""
    known = os.environ if environment is None else environment
    own = home or Path.home()
    if platform == "win32":
        return Path(known.get("LOCALAPPDATA") or own / "AppData" / "Local") / "Kopilot XL" / "schedule.log"
    if platform == "darwin":
        return own / "Library" / "Logs" / "Kopilot XL" / "schedule.log"
    return Path(known.get("XDG_STATE_HOME") or own / ".local" / "state") / "kopilot-xl" / "schedule.log"


def write(line: str, path: Path | None = None, now: datetime | None = None) -> None:
    """Add a line, with the time before it."""
    target = path or path_of()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _shorten(target)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, MODE)
    try:
        if os.name != "nt":
            os.fchmod(handle, MODE)
        os.write(handle, f"{now or datetime.now():%Y-%m-%d %H:%M:%S} {' '.join(line.split())}\n".encode())
    finally:
        os.close(handle)


def _shorten(path: Path) -> None:
    if path.is_file() and path.stat().st_size > _LONGEST:
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[len(lines) // 2 :]))
