"""Client segmentation by activity level, in the Excel workbook where clients and invoices already live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl._version import __version__

if TYPE_CHECKING:
    from kopilot_xl.bigdata.classify import classify
    from kopilot_xl.domain.rules import Rules
    from kopilot_xl.domain.segments import Segment
    from kopilot_xl.usecases.refresh import refresh
    from kopilot_xl.workbook.opening import open_book


__all__ = ["Rules", "Segment", "__version__", "classify", "open_book", "refresh"]

_HOMES = {
    "Rules": "kopilot_xl.domain.rules",
    "Segment": "kopilot_xl.domain.segments",
    "classify": "kopilot_xl.bigdata.classify",
    "open_book": "kopilot_xl.workbook.opening",
    "refresh": "kopilot_xl.usecases.refresh",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `kopilot-xl --help` loads no frame library."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
