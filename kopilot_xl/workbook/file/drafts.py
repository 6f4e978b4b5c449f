"""Folders for drafts: what a killed process left of them in the temporary directory is cleared away by a later one."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_PREFIX = "kopilot-xl-draft-"
_OLD = 24 * 60 * 60.0
"""Seconds after which nobody works on a draft any more."""


@contextmanager
def draft_folder() -> Iterator[Path]:
    """Yield an empty folder that only this user can look into, and remove it with all that is in it after the block."""
    _clear(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield Path(folder)


@cache
def _clear(folder: str) -> None:
    """Remove what is left over of this user's drafts; once in a process, as it takes a look at the whole folder."""
    me = os.geteuid() if hasattr(os, "geteuid") else None
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if time.time() - status.st_mtime > _OLD and me in (None, status.st_uid):
                    shutil.rmtree(entry.path, ignore_errors=True)
