"""Segments of data beyond a sheet: frames, files, folders and databases of any size.

Others import what they need from here; each name is loaded when it is first used, so that `--help` loads no library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kopilot_xl.bigdata.engines import LOCAL, Engine
    from kopilot_xl.bigdata.frames import COLUMNS, classify
    from kopilot_xl.bigdata.result import Segmentation
    from kopilot_xl.bigdata.segmentation import segment

__all__ = ["COLUMNS", "LOCAL", "Engine", "Segmentation", "classify", "segment"]

_MODULES = {
    "COLUMNS": "frames",
    "LOCAL": "engines",
    "Engine": "engines",
    "Segmentation": "result",
    "classify": "frames",
    "segment": "segmentation",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
