"""Which workbooks are meant by names, patterns and folders."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.windows import real_path

SUFFIXES = (".xlsx", ".xlsm")
_OWNER = "~$"
"""How the file starts that Excel keeps beside an open workbook."""
_HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2)


@dataclass(frozen=True)
class Target:
    """A workbook to work on.

    Attributes:
        path: where it is.
        named: whether the user named it; one that was only found in a folder may be somebody else's.
    """

    path: Path
    named: bool = True


@dataclass(frozen=True)
class Search:
    """The workbooks meant, each once, and the folders that gave none, each with the reason."""

    books: Sequence[Target]
    failures: Sequence[tuple[Path, str]]


def workbooks(names: Sequence[str], *, exclude: Path | None = None) -> Search:
    """Find the workbooks that names stand for: files, patterns that no shell has resolved, and folders.

    Of a folder and all folders in it these are the files that end in .xlsx or .xlsm and are neither hidden nor
    Excel's own beside an open workbook. Folders that are links are not entered. A workbook that is reached on
    several ways (named twice, through links) counts once, by the first of them.

    Args:
        names: what the user wrote.
        exclude: a file that is not one of them, unless it was named.

    Raises:
        UsageError: a name is blank, as an unset variable of a shell is: it would stand for this folder.
    """
    if not all(names):
        raise UsageError(
            t("a name is blank. Name a workbook or a folder; this folder is written as . (a dot)."), "books"
        )
    books: dict[str, Target] = {}
    failures: list[tuple[Path, str]] = []
    kept_out = None if exclude is None else _identity(exclude)
    for path in (path for name in names for path in _matches(name)):
        if not path.is_dir():
            key = _identity(path)
            books[key] = Target(books[key].path if key in books else path)
            continue
        empty = True
        for found in _walk(path, failures):
            key = _identity(found)
            if key != kept_out:
                empty = False
                books.setdefault(key, Target(found, named=False))
        if empty and not any(failed == path for failed, _ in failures):
            why = t(
                "There is no workbook ({suffixes}) in the folder {path}: name another one.",
                suffixes=" or ".join(SUFFIXES),
                path=path,
            )
            failures.append((path, why))
    real = [book for book in books.values() if not book.path.name.startswith(_OWNER)]
    return Search(real or list(books.values()), failures)


def _matches(text: str) -> list[Path]:
    """The files a pattern stands for where the shell left it as it is, as the one of Windows does."""
    path = Path(text)
    if not os.path.lexists(path) and any(wildcard in text for wildcard in "*?"):
        # Brackets are no part of a pattern there, but of many a folder's name.
        return sorted(map(Path, glob.glob(text.replace("[", "[[]"), recursive=True))) or [path]
    return [path]


def _walk(folder: Path, failures: list[tuple[Path, str]]) -> Iterator[Path]:
    """The workbooks in a folder, folder by folder, in the order of their names."""

    def fail(error: OSError) -> None:
        failed = Path(error.filename or folder)
        why = t(
            "The folder {folder} cannot be listed: {reason}. Check that you may open it.",
            folder=failed,
            reason=error.strerror or error,
        )
        failures.append((failed, why))

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not _is_hidden(os.path.join(parent, name)))
        for name in sorted(files):
            path = os.path.join(parent, name)
            # A link that leads nowhere counts: a workbook is missing.
            may_be = name.lower().endswith(SUFFIXES) and (os.path.isfile(path) or not os.path.exists(path))
            if may_be and not name.startswith(_OWNER) and not _is_hidden(path):
                yield Path(path)


def _is_hidden(path: str) -> bool:
    if os.path.basename(path).startswith("."):
        return True
    try:
        return bool(getattr(os.lstat(path), "st_file_attributes", 0) & _HIDDEN)
    except OSError:
        return False


def _identity(path: Path) -> str:
    return os.path.normcase(real_path(path))
