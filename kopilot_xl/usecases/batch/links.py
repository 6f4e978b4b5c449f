"""Links from a summary to what it is about."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from kopilot_xl.workbook import outputs


def link(path: Path, page: Path) -> str:
    """Return how a page leads to a file: relative to its folder, so that both can be moved together."""
    try:
        text = os.path.relpath(path, page.absolute().parent)
    except ValueError:  # on another drive
        return path.absolute().as_uri()
    return quote(text.replace(os.sep, "/"), errors="surrogateescape")


def report_of(book: str) -> Path | None:
    """Return the report beside a workbook; None where there is none."""
    path = Path(book).with_suffix(".html")
    return path if path.is_file() and outputs.is_report(path) else None
