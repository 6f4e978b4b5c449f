"""Keep Excel quiet while a workbook is read and written, and put its settings back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kopilot_xl.texts import marked, t

STATUS = marked("Kopilot XL is refreshing the portfolio …")
"""What the status bar shows meanwhile."""

_QUIET = (("screen_updating", False), ("enable_events", False), ("calculation", "manual"))


@contextmanager
def quiet(app: Any) -> Iterator[None]:
    """Keep Excel from redrawing, recalculating and running events for the block, then restore its settings.

    They are restored whatever happens; what restoring one of them raises is raised if the block itself did not fail.
    """
    before: list[tuple[str, object]] = []
    try:
        for setting, value in (*_QUIET, ("status_bar", t(STATUS))):
            before.append((setting, getattr(app, setting)))
            setattr(app, setting, value)
        yield
    finally:
        failed: Exception | None = None
        for setting, old in reversed(before):
            try:
                setattr(app, setting, old)
            except Exception as error:  # the other settings are restored all the same
                failed = failed or error
        if failed is not None and sys.exc_info()[0] is None:
            raise failed
