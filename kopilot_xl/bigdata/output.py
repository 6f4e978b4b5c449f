"""Where `segment` writes its result, and how."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from os import path as paths
from pathlib import Path
from typing import Literal

import polars as pl

from kopilot_xl.bigdata import output_folder
from kopilot_xl.bigdata.result import Place, Segmentation
from kopilot_xl.bigdata.sources import Source
from kopilot_xl.bigdata.tables import FOLDERS
from kopilot_xl.errors import SaveError

_PARQUET = ".parquet"
_PACKING: Literal["snappy"] = "snappy"
"""How results are packed: every reader knows it, and it takes half the time that zstd takes."""


# where the result goes


def _target(output: Place, sources: Sequence[Source]) -> Path:
    """Return where to write to.

    Raises:
        SaveError: it cannot be written, or holds what is to be read.
    """
    from kopilot_xl.workbook.file.saving import check_writable

    target = Path(output)
    for each in (piece.path for source in sources for piece in source.pieces):
        if paths.realpath(each) == paths.realpath(target):
            raise SaveError(f"{target} is one of the files to read: name another file for the output.")
        if Path(paths.realpath(target)) in Path(paths.realpath(each)).parents:
            raise SaveError(f"{target} holds files to read, such as {each}: name another folder for the output.")
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


def _write(result: Segmentation, target: Path) -> None:
    from kopilot_xl.workbook.file.saving import write_atomically

    if _is_folder(target):
        with output_folder.replaced(target) as draft:
            for folder, part in _parts(result):
                place = draft / folder
                place.mkdir(parents=True, exist_ok=True)
                part.write_parquet(place / f"part-0{_PARQUET}", compression=_PACKING)
    elif target.suffix.lower() == ".csv":
        write_atomically(target, result.csv.encode())
    else:
        buffer = BytesIO()
        result.frame.write_parquet(buffer, compression=_PACKING)
        write_atomically(target, buffer.getvalue())


def _parts(result: Segmentation) -> list[tuple[str, pl.DataFrame]]:
    """The pieces of the result, each with its folder: those of the clients."""
    if result.folders is None:
        return [("", result.frame)]
    parts = result.frame.with_columns(result.folders).partition_by(
        FOLDERS, as_dict=True, include_key=False, maintain_order=True
    )
    return [(str(folder or ""), part) for (folder,), part in parts.items()]
