"""A file whose columns are known, whatever library reads it."""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kopilot_xl.bigdata.reading.column_issues import TableIssues
from kopilot_xl.errors import BookError
from kopilot_xl.importing.csv_sample import Sample
from kopilot_xl.importing.encodings import decoded
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.table import Column

FOLDERS = "folders"
"""The column that names the folders of a row's partition."""
_CHUNK = 1 << 22


@dataclass(frozen=True)
class OpenedFile(ABC):
    """A file whose columns are known: all texts for CSV, typed for Parquet.

    Attributes:
        kinds: the type of each of its columns, in the words of the library that reads it.
        mapping: which of its columns is taken for which of ours.
        headings: how the columns that are taken are headed.
        ignored: the headings of the others.
        sample: what the beginning of a text file shows, None for Parquet.
        folders: the folders of its partition.
    """

    kinds: Mapping[str, Any]
    mapping: Mapping[Column, str]
    headings: Mapping[Column, str]
    ignored: Sequence[str]
    sample: Sample | None
    folders: str

    def kind(self, column: Column) -> Any:
        """Return the type of a column, None where it is missing."""
        return self.kinds[self.mapping[column]] if column in self.mapping else None

    @property
    def decimal(self) -> str | None:
        """The decimal sign of its amounts, where they are texts and show it."""
        return self.sample.decimal if self.sample else None

    @abstractmethod
    def frames(self, columns: Mapping[str, Column], issues: TableIssues) -> Iterator[Any]:
        """Return these columns, typed and under these names, and `FOLDERS`; without rows that are blank in all.

        They are frames of the library that reads the file: a lazy one, or one for each part of the file.
        """

    @abstractmethod
    def fits_in_place(self, column: Column) -> bool:
        """Return whether an engine could read a column from the file itself: it is missing, or in our type."""


def encoding_of(path: Path, sample: Sample) -> str:
    """Return how a text file is encoded, as Python names it: its beginning may be ASCII, and its rest not UTF-8."""
    return sample.encoding if sample.encoding != "utf-8" else _other_than_utf8(path) or "utf-8-sig"


def _other_than_utf8(path: Path) -> str | None:
    """The encoding that the first lines which are not UTF-8 show; None where all are."""
    decoder, before = codecs.getincrementaldecoder("utf-8")(), b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return decoded(before[-1000:] + chunk + file.readline(), path)[1]
            before = chunk
    return None


def unreadable(path: Path, error: OSError) -> BookError:
    """Return what to raise for a file that the system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return BookError(t("There is no file {path}. Check its name and folder.", path=path))
    return BookError(
        t("{path} cannot be read: {reason}. Close it elsewhere, or copy it.", path=path, reason=error.strerror or error)
    )


def broken(name: str, why: str) -> BookError:
    """Return what to raise for a file that ends, or changes its form, in its middle."""
    return BookError(
        t(
            "{name} cannot be read to its end: {why}. Look for a row with more cells than there "
            "are headings, or for a broken file; export it again, or as Parquet.",
            name=name,
            why=why,
        )
    )
