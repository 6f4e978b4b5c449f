"""Replace a folder of results all at once, or not at all."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kopilot_xl.errors import SaveError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""What Linux calls the working folder, and a renaming that lets two names change places in one step."""


def check_replaceable(path: Path, ending: str) -> None:
    """Make sure a folder could be written now, or replaced: an existing one must hold nothing but results.

    Args:
        path: the folder.
        ending: what the files of a result end in.

    Raises:
        SaveError: it is a file, holds other files, or cannot be written.
    """
    parent = path.resolve().parent
    if not parent.is_dir():
        raise SaveError(f"{path} cannot be written: there is no folder {parent}. Make it first.")
    if not os.access(parent, os.W_OK):
        raise SaveError(f"{path} cannot be written: its folder {parent} is read-only. Use another folder.")
    if path.is_file():
        raise SaveError(f"{path} is a file: name a folder, or a .csv or .parquet file.")
    other = next((each for each in sorted(path.rglob("*")) if not each.is_dir() and each.suffix != ending), None)
    if other:
        raise SaveError(f"{path} holds other files than results, such as {other.name}: name a folder of its own.")


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which then takes the place of `path` in one step; if filling fails, nothing does.

    Raises:
        SaveError: it cannot be written; the old folder is as it was.
    """
    real = Path(os.path.realpath(path))
    draft = real.with_name(f".{real.name}-{os.urandom(8).hex()}.tmp")
    try:
        draft.mkdir()
        yield draft
        _put(draft, real)
    except OSError as error:
        raise SaveError(
            f"{path} was not saved: {error.strerror or error}. Free some room, or save to another folder."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put(draft: Path, real: Path) -> None:
    """Have a draft take a folder's place; what was there stands under the draft's name afterwards."""
    if not real.exists():
        draft.rename(real)
    elif not _exchange(draft, real):
        aside = draft.with_suffix(".old")
        real.rename(aside)
        try:
            draft.rename(real)
        except OSError:
            aside.rename(real)
            raise
        aside.rename(draft)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places, where the system can; tell whether it did."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # the C library of this system has no such thing
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
