"""The files that a source's paths mean at the moment."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kopilot_xl.domain import formatting
from kopilot_xl.importing.files import ENDINGS
from kopilot_xl.texts import t
from kopilot_xl.usecases import databases
from kopilot_xl.workbook.sheets.sources import digest


@dataclass(frozen=True)
class SourceFile:
    """A file of a source: its path, when it was changed in local time, and the key by which it is known again."""

    path: Path
    changed: datetime
    key: bytes

    @classmethod
    def of(cls, path: Path) -> SourceFile:
        """Return a file as it is now."""
        about = path.stat()
        key = digest((path.name, about.st_size, about.st_mtime_ns))
        return cls(path, datetime.fromtimestamp(about.st_mtime), key)

    def __str__(self) -> str:
        return t("{name} of {day}", name=self.path.name, day=formatting.day(self.changed.date()))


def absolute_path(name: str | os.PathLike[str]) -> str:
    """Return a path or an address that was named, as one that does not depend on the folder we are in."""
    text = os.fspath(name)
    return databases.absolute(text) if databases.is_address(text) else str(Path(text).expanduser().absolute())


def located(folder: Path, path: str) -> str:
    """Return a source's path from where we are, given the folder that it starts in."""
    return databases.located(folder, path) if databases.is_address(path) else os.path.join(folder, path)


def is_many(path: str) -> bool:
    """Tell whether a path means files that may come and go: a pattern or a folder."""
    return "://" not in path and not os.path.isfile(path) and (os.path.isdir(path) or _is_pattern(path))


def _is_pattern(path: str) -> bool:
    return glob.has_magic(path) and not os.path.exists(path)


def _matching(path: str) -> list[Path]:
    """Return the files that a pattern matches, or those of a folder that can be read."""
    if os.path.isdir(path):
        inside = Path(path).iterdir()
        return [file for file in inside if file.is_file() and _is_export(file)]
    return [file for name in glob.iglob(path) if (file := Path(name)).is_file() and file.name[0] not in ".~"]


def _is_export(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and file.name[0] not in ".~"


def all_files(paths: Sequence[str]) -> list[SourceFile]:
    """Return the files that paths mean now; what is missing is found out by those who read them."""
    found = []
    for path in paths:
        if "://" in path:
            continue
        plain = path if os.path.exists(path) or "#" not in path else path.rpartition("#")[0]
        files = _matching(plain) if is_many(plain) else [Path(plain)] if os.path.isfile(plain) else []
        found += [SourceFile.of(file) for file in files]
    return sorted(found, key=lambda file: (file.changed, file.path.name))
