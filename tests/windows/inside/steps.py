"""Call something before and after every step of locking and saving a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from kopilot_xl.workbook.file import locking

OPERATIONS: list[tuple[Any, str]] = [
    *((os, name) for name in ("open", "write", "ftruncate", "fsync", "close", "replace", "unlink", "scandir")),
    (locking, "_open_new"),
    (locking, "_try_lock"),
]


def watch(at_step: Callable[[], None]) -> None:
    """From now on, call `at_step` before and after each of these operations."""

    def watched(work: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **options: Any) -> Any:
            at_step()
            done = work(*args, **options)
            at_step()
            return done

        return watching

    for module, name in OPERATIONS:
        setattr(module, name, watched(getattr(module, name)))
