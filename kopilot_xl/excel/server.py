"""The Python that Excel started: how it ends when the last Kopilot workbook is closed."""

from __future__ import annotations

from importlib import import_module

import xlwings as xw


@xw.script
def end() -> None:
    """Have this process leave its loop of messages, which ends it once this answer is delivered."""
    import_module("win32api").PostQuitMessage(0)
