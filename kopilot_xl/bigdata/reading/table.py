"""A table outside a workbook, opened: its files, what their columns are, and how to have them typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw

from kopilot_xl.bigdata.local import LocalFrame, has_polars
from kopilot_xl.bigdata.reading.column_issues import TableIssues
from kopilot_xl.bigdata.reading.opened_file import OpenedFile, broken
from kopilot_xl.bigdata.sources import databases
from kopilot_xl.bigdata.sources.address import without_secrets
from kopilot_xl.bigdata.sources.data_files import TEXT_FILES, DataFile, Source
from kopilot_xl.domain import formatting
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.encodings import shown
from kopilot_xl.importing.headings import Wanted
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Column


@dataclass(frozen=True)
class SourceTable:
    """An opened table: its files, what they hold, and what was wrong in them so far."""

    source: Source
    wanted: Wanted
    files: Sequence[DataFile]
    opened: Sequence[OpenedFile]
    issues: TableIssues

    def has(self, column: Column) -> bool:
        """Return whether the table has a column."""
        return column in self.opened[0].mapping

    @property
    def names(self) -> list[str]:
        """How its columns are called."""
        return list(self.opened[0].kinds)

    def frames(self, columns: Mapping[str, Column]) -> Iterator[Any]:
        """Return the typed columns of each file, as `OpenedFile.frames` does."""
        for opened in self.opened:
            yield from opened.frames(columns, self.issues)

    def can_be_read_in_place(self, columns: Mapping[str, Column], reads: Callable[[Any], bool]) -> bool:
        """Return whether an engine that reads these types can read the files as they are: Parquet, typed, all alike."""
        if any(opened.sample for opened in self.opened):
            return False
        first = self.opened[0]
        for column in columns.values():
            kind, heading = first.kind(column), first.mapping.get(column)
            if any(one.mapping.get(column) != heading or one.kind(column) != kind for one in self.opened):
                return False
            if heading in self.source.partitions:
                return False
            if kind is not None and not (first.fits_in_place(column) and reads(kind)):
                return False
        return True

    def choices(self, rows: int) -> FileSummary:
        """Return how the table was read."""
        first = self.opened[0]
        form = self.source.address.form if self.source.address else "CSV" if first.sample else "Parquet"
        if len(self.files) > 1:
            form += f", {formatting.count(len(self.files), 'file')}"
        return FileSummary(
            file=self.source.name,
            form=form,
            rows=rows,
            encoding=shown(first.sample.encoding) if first.sample else None,
            delimiter=first.sample.delimiter if first.sample else None,
            decimal=first.decimal,
            columns={column.header: heading for column, heading in first.headings.items()},
            ignored=first.ignored,
            remarks=list(first.sample.remarks) if first.sample else [],
        )


def open_table(source: Source, wanted: Wanted, scratch: Path, order: DateOrder | None) -> SourceTable:
    """Open a table: what its columns are is known then. A database's rows are fetched into `scratch`.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there; or its files differ in their columns.
        KopilotError: what reads such a file is not installed.
    """
    files = source.files
    if source.address:
        path = scratch / f"{wanted.table.name}.database.parquet"
        databases.read(source.address, path)
        files = [DataFile(path)]
    opened: list[OpenedFile] = []
    for number, file in enumerate(files):
        copy = scratch / f"{wanted.table.name}-{number}.csv"
        opened.append(_opened(file, wanted, copy, source.name if source.address else str(file.path)))
        if opened[-1].mapping.keys() != opened[0].mapping.keys():
            here, there = (", ".join(column.header for column in one.mapping) for one in (opened[-1], opened[0]))
            raise MissingError(
                t(
                    "{path} has the columns {here}, but {other} has {there}: give each file the same columns.",
                    path=file.path,
                    here=here,
                    other=files[0].path,
                    there=there,
                )
            )
    return SourceTable(source, wanted, files, opened, TableIssues(source.name, order))


def _opened(file: DataFile, wanted: Wanted, copy: Path, name: str) -> OpenedFile:
    """Open a file with what reads it: Polars, where it is installed."""
    is_text = file.path.suffix.lower() in TEXT_FILES
    if has_polars():
        from kopilot_xl.bigdata.reading.polars_file import open_csv as open_csv_with_polars
        from kopilot_xl.bigdata.reading.polars_file import open_parquet as open_parquet_with_polars

        return open_csv_with_polars(file, wanted, copy) if is_text else open_parquet_with_polars(file, wanted, name)
    from kopilot_xl.bigdata.reading.plain_file import open_csv, open_parquet

    return open_csv(file, wanted) if is_text else open_parquet(file, wanted, name)


def computed(table: SourceTable, compute: Callable[[], Any]) -> Any:
    """Have Polars read a table, and return what it gives.

    Raises:
        BookError: the table cannot be read to its end.
    """
    import polars

    try:
        return compute()
    except polars.exceptions.PolarsError as error:
        said = without_secrets(str(error).strip().partition("\n")[0])
        raise broken(table.source.name, said) from error


def collected(table: SourceTable, columns: Mapping[str, Column]) -> LocalFrame:
    """Read a table's columns into memory.

    Raises:
        BookError: the table cannot be read to its end.
    """
    frames = list(table.frames(columns))
    if isinstance(frames[0], nw.DataFrame):
        return nw.concat(frames)
    import polars

    whole = computed(table, lambda: polars.concat(frames).collect(engine="streaming"))
    return nw.from_native(whole, eager_only=True)
