"""Where `segment` writes its result, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import narwhals as nw

from kopilot_xl import interrupts
from kopilot_xl.bigdata.frames import COLUMNS
from kopilot_xl.bigdata.local import LocalFrame, check_parquet, plain, plain_values
from kopilot_xl.bigdata.reading.opened_file import FOLDERS
from kopilot_xl.bigdata.result import Place, Segmentation
from kopilot_xl.bigdata.sources.data_files import Source
from kopilot_xl.errors import OutputError
from kopilot_xl.texts import t
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.file.folders import check_folder, folder_replaced
from kopilot_xl.workbook.file.saving import check_writable, write_atomically

_PARQUET = ".parquet"
_PACKING: Literal["snappy"] = "snappy"
"""How results are packed: every reader knows it, and it takes half the time that zstd takes."""
_METADATA = {outputs.MARK.decode(): "segment"}
"""What marks a file as a result that may be replaced."""


@dataclass(frozen=True)
class Output:
    """Where a result goes: a file or folder, whether what is there is kept, and who may read it."""

    path: Path
    backup: bool
    at_most: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of Parquet files."""
        return _is_folder(self.path)


def check_output(given: Place, sources: Sequence[Source], others: Sequence[Place], *, force: bool) -> Output:
    """Return where to write to, once it is known that this may be done.

    Args:
        given: a .csv or .parquet file, or a folder.
        sources: the tables that are read.
        others: other files that are read.
        force: replace whatever is there, and keep it as a backup.

    Raises:
        SaveError: it cannot be written, is one of the inputs, or replaces what is not ours without `force`.
        KopilotError: what writes Parquet is not installed.
    """
    path = Path(given)
    inputs = [*(place for source in sources for place in source.inputs), *others]
    suffix = path.suffix.lower()
    if suffix not in {"", ".csv", _PARQUET} and not path.is_dir():
        raise OutputError(
            t(
                "{path} is neither .csv nor .parquet: end the output in one of these, or name a folder.",
                path=path,
            )
        )
    if suffix != ".csv" or path.is_dir():
        check_parquet(path, "written")
    is_ours = (
        outputs.is_marked_folder
        if _is_folder(path)
        else (outputs.is_csv_of(COLUMNS) if suffix == ".csv" else outputs.is_parquet_of(COLUMNS))
    )
    if _is_folder(path):
        check_folder(path)
    outputs.check_no_input(path, inputs)
    for source in sources:
        source.check_is_no_input_next_time(path)
    backup = outputs.check_output(path, (), is_ours, force=force)
    if not _is_folder(path):
        check_writable(path, backup=backup)
    return Output(path, backup, outputs.permissions(inputs))


def _is_folder(path: Path) -> bool:
    return path.is_dir() or not path.suffix


def write_output(result: Segmentation, output: Output) -> None:
    """Write a result to a file or folder, all at once.

    Raises:
        SaveError: it cannot be written.
        Stopped: a signal arrived while a folder was written; it is as it was.
    """
    frame = nw.from_native(result.frame, eager_only=True)
    if output.is_folder:
        with (
            interrupts.stop_on_signals(),
            folder_replaced(output.path, backup=output.backup, at_most=output.at_most) as draft,
        ):
            for folder, part in _parts(frame, result.folders):
                interrupts.checkpoint()
                place = draft / folder
                place.mkdir(parents=True, exist_ok=True)
                _write_parquet(part, place / f"part-0{_PARQUET}")
            interrupts.checkpoint()
        return
    data = result.csv.encode() if output.path.suffix.lower() == ".csv" else _parquet_bytes(frame)
    write_atomically(output.path, data, backup=output.backup, at_most=output.at_most)


def _parquet_bytes(frame: LocalFrame) -> bytes:
    buffer = BytesIO()
    _write_parquet(frame, buffer)
    return buffer.getvalue()


def _parts(frame: LocalFrame, folders: nw.Series[Any] | None) -> Iterator[tuple[str, LocalFrame]]:
    """The pieces of the result, each with its folder: those of the clients."""
    if folders is None:
        yield "", frame
        return
    for (folder,), part in frame.with_columns(folders).group_by(FOLDERS):
        yield plain(folder) or "", part.drop(FOLDERS)


def _write_parquet(frame: LocalFrame, target: Path | BytesIO) -> None:
    if frame.implementation.is_polars():
        frame.to_native().write_parquet(target, compression=_PACKING, metadata=_METADATA)
        return
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {nw.String: pa.string(), nw.Float64: pa.float64()}
    schema = pa.schema(
        [(name, kinds.get(type(kind), pa.date32())) for name, kind in frame.schema.items()], metadata=_METADATA
    )
    table = pa.table([plain_values(column) for column in frame.iter_columns()], schema=schema)
    parquet.write_table(table, target, compression=_PACKING)
