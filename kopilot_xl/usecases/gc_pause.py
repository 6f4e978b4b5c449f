"""A pause of the garbage collector, for work that makes millions of cells."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_WORTH_WALKING = 50_000
"""How many objects the garbage collector may be left to walk at the end; those of a large workbook are still held."""


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking millions of cells that are all still needed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > _WORTH_WALKING and not gc.get_freeze_count():
                gc.freeze()  # what was made meanwhile counts as old, or all of it would be walked at once
                gc.unfreeze()
            gc.enable()
