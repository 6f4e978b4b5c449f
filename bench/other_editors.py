"""Have another library write a cell: `python -m bench.other_editors EDITOR MEGABYTES BOOK...`.

It prints a line of JSON for each workbook; what is saved is beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

EDITORS = ("openpyxl", "wolfxl")
"""What the safety of a refresh is compared with. They are packages for any workbook; neither promises what we do."""
SAVED = "saved"
_CELL = ("Clients", "Z99")


def installed() -> list[str]:
    """Return the editors that are installed."""
    return [each for each in EDITORS if find_spec(each)]


def edit(editor: str, source: Path, target: Path) -> None:
    """Open a workbook, write a cell beside all tables, and save it elsewhere, its macros kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the extensions that are left out
        book: Any
        if editor == "wolfxl":
            import wolfxl  # type: ignore[import-not-found,unused-ignore]  # only for this comparison

            book = wolfxl.load_workbook(source, modify=True, keep_vba=True)
        else:
            import openpyxl

            book = openpyxl.load_workbook(source, keep_vba=True)
        sheet, cell = _CELL
        (book[sheet] if sheet in book.sheetnames else book[book.sheetnames[0]])[cell] = 1
        book.save(target)
        archive = getattr(book, "vba_archive", None)
        if archive is not None and hasattr(archive, "close"):
            archive.close()


def saved(path: Path, editor: str) -> Path:
    """Return where an editor saves a workbook."""
    return path.with_suffix(f".{editor}{path.suffix}")


def ends(editor: str, paths: Sequence[Path], *, megabytes: int, seconds: float) -> dict[Path, str]:
    """Have an editor save each workbook, in a process each; return `SAVED`, or the name of what went wrong."""
    found: dict[Path, str] = {}
    for path in paths:
        command = [sys.executable, "-m", "bench.other_editors", editor, str(megabytes), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
            try:
                told, _ = child.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                told, _ = child.communicate()
        found[path] = json.loads(told)[1] if told else "died"
    return found


def main() -> None:
    """Save each workbook in a process of little memory."""
    from tests.safety.child import limit_memory

    editor = sys.argv[1]
    limit_memory(int(sys.argv[2]) * 1024**2)
    for path in map(Path, sys.argv[3:]):
        try:
            edit(editor, path, saved(path, editor))
            end = SAVED
        except BaseException as error:  # whatever it is, it is counted
            end = type(error).__name__
        print(json.dumps([str(path), end]), flush=True)


if __name__ == "__main__":
    main()
