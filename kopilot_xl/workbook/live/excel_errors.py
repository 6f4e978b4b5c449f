"""What Excel says when it refuses, in plain words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kopilot_xl.errors import KopilotError
from kopilot_xl.texts import marked, t

ATTEMPTS = 200
"""How often a call that Excel rejects is made again; xlwings by itself never gives up."""
_REJECTED, _IGNORED, _TIMED_OUT = -2147418111, -2146777998, -1712
"""What Excel says while a cell is being edited or a dialog is open: on Windows the first two, on a Mac the last."""

BUSY = marked(
    "Excel does not answer: a cell is being edited, or a dialog is open. Press Enter or "
    "Esc in Excel, close the dialog, and try again."
)


@contextmanager
def patience() -> Iterator[None]:
    """Let xlwings give up on a call that Excel goes on rejecting, as it does while a cell is being edited."""
    windows: Any = sys.modules.get("xlwings._xlwindows")
    before = getattr(windows, "N_COM_ATTEMPTS", None)
    if before != 0:
        yield
        return
    windows.N_COM_ATTEMPTS = ATTEMPTS
    try:
        yield
    finally:
        windows.N_COM_ATTEMPTS = before


@contextmanager
def formatting_only() -> Iterator[None]:
    """Pass over what Excel refuses where nothing but the formatting of new cells is at stake."""
    try:
        yield
    except Exception as error:
        if is_busy(error) or not is_from_excel(error):
            raise


@contextmanager
def explained(kind: type[KopilotError]) -> Iterator[None]:
    """Turn what Excel says into an error that says what to do; a defect stays what it is."""
    try:
        yield
    except KopilotError:
        raise
    except Exception as error:
        if is_busy(error):
            raise kind(t(BUSY)) from error
        if is_from_excel(error):
            raise kind(
                t(
                    "Excel refused: {error}. If the workbook is in Protected View, click Enable Editing; "
                    "else save it, close Excel, open it again and try once more.",
                    error=_message_of(error),
                )
            ) from error
        raise


def _codes_of(error: Exception) -> set[object]:
    """The codes by which Excel says what is wrong."""
    codes: set[object] = {getattr(error, "hresult", None), getattr(error, "errornumber", None)}
    details = error.args[2] if len(error.args) > 2 else None
    if isinstance(details, tuple) and details:
        codes.add(details[-1])
    return codes - {None}


def is_busy(error: Exception) -> bool:
    """Tell whether Excel does not answer, as while a cell is being edited."""
    return type(error).__name__ == "ExcelBusyError" or bool(_codes_of(error) & {_REJECTED, _IGNORED, _TIMED_OUT})


def is_from_excel(error: Exception) -> bool:
    """Tell whether an error is an answer of Excel, not a defect."""
    return type(error).__name__ in {"com_error", "CommandError", "XlwingsError"} or bool(_codes_of(error))


def _message_of(error: Exception) -> str:
    details = error.args[2] if len(error.args) > 2 else None
    if isinstance(details, tuple) and len(details) > 2 and details[2]:
        return str(details[2]).rstrip(". ")
    return (str(error.args[1]) if len(error.args) > 1 else str(error)).rstrip(". ")
