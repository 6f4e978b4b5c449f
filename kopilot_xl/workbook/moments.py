"""Moments as cells hold them."""

from __future__ import annotations

from datetime import datetime, timedelta

_LAST = datetime(9999, 12, 31, 23, 59, 59)


def to_second(moment: datetime) -> datetime:
    """Return a moment to the nearest second: a computed day may end up a hair below the midnight that is meant."""
    if moment.microsecond < 500_000:
        return moment.replace(microsecond=0)
    return min(moment.replace(microsecond=0) + timedelta(seconds=1), _LAST) if moment < _LAST else _LAST
