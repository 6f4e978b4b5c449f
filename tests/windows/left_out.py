"""What of the project's tests does not run on Windows, or not under Wine, and why: tests/conftest.py goes by it."""

from __future__ import annotations

SUITE = (
    "importing",
    "windows",
    "workbook/file",
)
"""The folders of tests that every build runs there: those whose work meets files, processes, texts and dates."""

FEWEST = 700
"""At least so many tests pass there."""

_PURE = "computes with dates and numbers alone, which every system does alike, and takes minutes"
_BY_HAND = "passes there by hand; too long for every build"
_NOT_YET = "not looked through on Windows yet: it runs there by hand, and its failures are not sorted"

LEFT_OUT = {
    "bigdata": _NOT_YET,
    "cli": _NOT_YET,
    "domain": _PURE,
    "excel": "makes xlwings believe in a Windows that is not there; tests/windows calls the real one",
    "test_house.py": "reads the sources, which are the same everywhere",
    "test_interrupts.py": "Windows cannot send these signals to a process",
    "test_kit.py": "reads the sources, which are the same everywhere",
    "test_public_api.py": "reads the sources, which are the same everywhere",
    "safety": _BY_HAND + ". test_many_stopped.py sends signals, which Windows cannot",
    "texts": "reads the sources, which are the same everywhere",
    "usecases": _NOT_YET,
    "workbook/sheets": _BY_HAND,
    "workbook/tables": _PURE,
    "workbook/live": "needs the stand-in for Excel, which has nothing of Windows",
    "workbook/template": "interprets the macros and draws with LibreOffice, neither of which is on Windows",
    "workbook": _NOT_YET,
}
"""Folders and files of tests that no build runs there, and why; of two that hold a file, the longer one counts."""

SKIPPED = {
    "soffice is not installed": "LibreOffice is not in the host",
    "no symbolic links can be made here": "Wine says that it made one, and made none",
    "only the superuser may give files away": "Windows has no such user",
    "Windows": "the test is about what Windows has in another way",
    "needs a device that is always full": "Linux has one",
    "Python knows extended attributes on Linux only": "Windows has others",
}
"""What tests that are skipped there say, in full or in part, and what it comes from."""
