"""Where `segment` writes its result, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from os import path as paths
from pathlib import Path
from typing import Any, Literal

import narwhals as nw

from kopilot_xl.bigdata import output_folder
from kopilot_xl.bigdata.local import LocalFrame, check_parquet, plain, plain_values
from kopilot_xl.bigdata.reading.opened_file import FOLDERS
from kopilot_xl.bigdata.result import Place, Segmentation
from kopilot_xl.bigdata.sources.data_files import Source
from kopilot_xl.errors import SaveError

_PARQUET = ".parquet"
_PACKING: Literal["snappy"] = "snappy"
"""How results are packed: every reader knows it, and it takes half the time that zstd takes."""


# where the result goes


def check_output(output: Place, sources: Sequence[Source]) -> Path:
    """Return where to write to.

    Raises:
        SaveError: it cannot be written, or holds what is to be read.
        KopilotError: what writes Parquet is not installed.
    """
    from kopilot_xl.workbook.file.saving import check_writable

    target = Path(output)
    for each in (piece.path for source in sources for piece in source.files):
        if paths.realpath(each) == paths.realpath(target):
            raise SaveError(f"{target} is one of the files to read: name another file for the output.")
        if Path(paths.realpath(target)) in Path(paths.realpath(each)).parents:
            raise SaveError(f"{target} holds files to read, such as {each}: name another folder for the output.")
    if target.suffix.lower() != ".csv":
        check_parquet(target, "written")
    if _is_folder(target):
        output_folder.check_replaceable(target, _PARQUET)
        return target
    if target.suffix.lower() not in {".csv", _PARQUET}:
        raise SaveError(
            f"{target} is neither .csv nor .parquet: give the output one of these endings, or none: a folder."
        )
    check_writable(target)
    return target


def _is_folder(target: Path) -> bool:
    return target.is_dir() or not target.suffix


def write_output(result: Segmentation, target: Path) -> None:
    """Write a result to a file or folder, all at once.

    Raises:
        SaveError: it cannot be written.
    """
    from kopilot_xl.workbook.file.saving import write_atomically

    frame = nw.from_native(result.frame, eager_only=True)
    if _is_folder(target):
        with output_folder.replaced(target) as draft:
            for folder, part in _parts(frame, result.folders):
                place = draft / folder
                place.mkdir(parents=True, exist_ok=True)
                _write_parquet(part, place / f"part-0{_PARQUET}")
    elif target.suffix.lower() == ".csv":
        write_atomically(target, result.csv.encode())
    else:
        buffer = BytesIO()
        _write_parquet(frame, buffer)
        write_atomically(target, buffer.getvalue())


def _parts(frame: LocalFrame, folders: nw.Series[Any] | None) -> Iterator[tuple[str, LocalFrame]]:
    """The pieces of the result, each with its folder: those of the clients."""
    if folders is None:
        yield "", frame
        return
    for (folder,), part in frame.with_columns(folders).group_by(FOLDERS):
        yield plain(folder) or "", part.drop(FOLDERS)


def _write_parquet(frame: LocalFrame, target: Path | BytesIO) -> None:
    if frame.implementation.is_polars():
        frame.to_native().write_parquet(target, compression=_PACKING)
        return
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {nw.String: pa.string(), nw.Float64: pa.float64()}
    schema = pa.schema([(name, kinds.get(type(kind), pa.date32())) for name, kind in frame.schema.items()])
    table = pa.table([plain_values(column) for column in frame.iter_columns()], schema=schema)
    parquet.write_table(table, target, compression=_PACKING)
