"""What a given path, pattern or address stands for: files, folders and their partitions."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from kopilot_xl.bigdata.sources import address as address_module
from kopilot_xl.bigdata.sources.address import Address
from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from os import PathLike


TEXT_FILES = (".csv", ".txt", ".tsv")
PARQUET_FILES = (".parquet",)
LARGE = 16 << 20
"""A text file of more bytes is read in streams, as folders and databases are: its problems are counted, not listed."""
_DENSE = 4
"""How much more a Parquet file holds than a text file of its size."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How a folder of a partition says that there is no value."""


@dataclass(frozen=True)
class DataFile:
    """A file of a table, the folders of its partition, and the values that their names give."""

    path: Path
    folders: str = ""
    partition: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where a table is to be read from; as a text it shows no credentials.

    Attributes:
        name: how it is called in texts.
        files: its files, none for a database, in the order that decides which of two rows is the first.
        address: the table or query of a database.
        pattern: what was given, if it is a pattern of files.
        folder: what was given, if it is a folder.
    """

    name: str
    files: Sequence[DataFile] = ()
    address: Address | None = None
    pattern: str | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, given: str | PathLike[str]) -> Source:
        """Find what is meant: a file, a pattern, a folder, or the address of a database.

        Raises:
            BookError: there is no such file, or no file that can be read in the folder.
        """
        text = os.fspath(given)
        if address_module.is_address(text):
            address = Address.of(text)
            return cls(str(address), address=address)
        path = Path(text)
        if address_module.looks_like_an_address(text) and not path.exists():
            raise address_module.malformed()
        if path.is_dir():
            _check_readable(path)
            return cls(text, _data_files(path, path.rglob("*")), folder=path)
        if not path.exists() and glob.has_magic(text):
            base = Path(*_before_pattern(path.parts))
            found = map(Path, glob.iglob(text, recursive=True))
            return cls(text, _data_files(base, found, t("No file matches {text}.", text=text)), pattern=text)
        return cls(text, (DataFile(path),))

    @property
    def inputs(self) -> list[Path]:
        """The files and folders that are read, that of a database in a file among them."""
        stored = self.address.file if self.address else None
        return [file.path for file in self.files] + [path for path in (self.folder, stored) if path is not None]

    def check_is_no_input_next_time(self, output: Path) -> None:
        """Make sure that an output is not among the files that the same pattern finds once it is written.

        Raises:
            SaveError: it is.
        """
        if self.pattern is None:
            return
        made = [output] if output.suffix else [output / "part-0.parquet"]
        if any(fnmatch(os.path.abspath(path), os.path.abspath(self.pattern)) for path in made):
            raise SaveError(
                t(
                    "{output} matches {pattern}, which is read: choose an output elsewhere.",
                    output=output,
                    pattern=self.pattern,
                )
            )

    @property
    def is_large(self) -> bool:
        """Whether it is read in streams, not row by row."""
        if self.address or len(self.files) != 1 or self.files[0].partition:
            return True
        suffix = self.file.suffix.lower()
        weight = 1 if suffix in TEXT_FILES else _DENSE if suffix in PARQUET_FILES else 0
        return bool(weight) and self.file.is_file() and self.file.stat().st_size * weight > LARGE

    @property
    def file(self) -> Path:
        """The one file of a table that is read row by row."""
        return self.files[0].path

    @property
    def partitions(self) -> list[str]:
        """The names of the columns that its folders give."""
        return list(self.files[0].partition) if self.files else []


def _before_pattern(parts: Sequence[str]) -> Iterator[str]:
    for part in parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _check_readable(folder: Path) -> None:
    """Make sure that a folder may be looked through: one that may not looks as if nothing were in it."""
    try:
        os.listdir(folder)
    except OSError as error:
        raise BookError(
            t(
                "The folder {folder} cannot be listed: {reason}. Check that you may open it.",
                folder=folder,
                reason=error.strerror or error,
            )
        ) from error


def _data_files(base: Path, found: Iterator[Path], none: str = "") -> list[DataFile]:
    """The files of a table, in the order of their names; hidden ones and those of other programs' books are none."""
    paths = []
    for path in found:
        parts = path.relative_to(base).parts
        if path.suffix.lower() in (*TEXT_FILES, *PARQUET_FILES) and not any(each[0] in "._" for each in parts):
            paths.append((parts, path))
    files = [_data_file(path, parts[:-1]) for parts, path in sorted(paths) if path.is_file()]
    if not files:
        raise BookError(
            t(
                "{none} Supported: {names}.",
                none=none or t("There is nothing to read in the folder {folder}.", folder=base),
                names=", ".join((*TEXT_FILES, *PARQUET_FILES)),
            )
        )
    first = files[0]
    for each in files:
        if list(each.partition) != list(first.partition):
            raise BookError(
                t(
                    "{path} and {other} are partitioned differently: put each file into as many folders named "
                    "column=value as the others.",
                    path=each.path,
                    other=first.path,
                )
            )
        if (each.path.suffix.lower() in PARQUET_FILES) != (first.path.suffix.lower() in PARQUET_FILES):
            raise BookError(
                t(
                    "{path} and {other} are of different kinds: keep one kind in a folder.",
                    path=each.path,
                    other=first.path,
                )
            )
    return files


def _data_file(path: Path, folders: Sequence[str]) -> DataFile:
    parts = [each for each in folders if "=" in each]
    pairs = [each.partition("=") for each in parts]
    values = {unquote(name): None if value == NO_VALUE else unquote(value) for name, _, value in pairs}
    return DataFile(path, "/".join(parts), values)
