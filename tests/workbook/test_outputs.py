"""What an output may replace, and who may read it: one rule, whatever command writes it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kopilot_xl.bigdata import segment
from kopilot_xl.errors import SaveError
from kopilot_xl.usecases.batch.several import refresh_all
from kopilot_xl.usecases.create import new
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.usecases.report.page import report
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.outputs import is_free_workbook, permissions
from tests.systems import links

AS_OF = date(2026, 6, 30)
posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tables and an empty workbook."""
    monkeypatch.chdir(tmp_path)
    Path("clients.csv").write_text("Client ID,Client,Created on,Region\nA,Acme,2020-01-01,x\nB,Bolt,2026-06-01,y\n")
    Path("bills.csv").write_text("Client ID,Issue date,Amount\nA,2026-06-01,5\n")
    new("book.xlsm", "clients.csv", "bills.csv")
    return tmp_path


def of_segment(output: str, *, force: bool = False) -> Any:
    return segment("clients.csv", "bills.csv", AS_OF, output=output, force=force)


def of_refresh(output: str, *, force: bool = False) -> Any:
    return refresh("book.xlsm", AS_OF, output=output, force=force)


def of_report(output: str, *, force: bool = False) -> Any:
    return report("book.xlsm", AS_OF, output=output, force=force)


def of_summary(output: str, *, force: bool = False) -> Any:
    return list(refresh_all(["book.xlsm"], AS_OF, summary=output, force=force))


def of_new(output: str, *, force: bool = False) -> Any:
    return new(output, "clients.csv", "bills.csv", force=force)


OUTPUTS: list[tuple[Callable[..., Any], str]] = [
    (of_segment, "out.csv"), (of_segment, "out.parquet"), (of_segment, "out"), (of_refresh, "out.xlsm"),
    (of_report, "out.html"), (of_summary, "out.csv"), (of_summary, "out.parquet"), (of_summary, "out.xlsx"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "name"), [*OUTPUTS, (of_new, "out.xlsm")])
@pytest.mark.usefixtures("folder")
def test_what_is_not_ours_takes_force_and_is_kept(write: Callable[..., Any], name: str) -> None:
    other = Path(name)
    if other.suffix:
        other.write_bytes(b"somebody's own work")
    else:
        other.mkdir()
        Path("out/letter.txt").write_bytes(b"somebody's own work")
    with pytest.raises(SaveError, match="--force"):
        write(name)
    kept = other if other.suffix else other / "letter.txt"
    assert kept.read_bytes() == b"somebody's own work"
    write(name, force=True)
    backup = Path(f"{name}.kopilot-backup")
    assert (backup if other.suffix else backup / "letter.txt").read_bytes() == b"somebody's own work"
    assert not Path("out/letter.txt").exists()


@pytest.mark.parametrize(("write", "name"), OUTPUTS)
@pytest.mark.usefixtures("folder")
def test_our_own_results_are_replaced_without_a_question(write: Callable[..., Any], name: str) -> None:
    for _ in range(2):
        write(name)
    assert not [path for path in Path().iterdir() if "backup" in path.name or "tmp" in path.name]


@pytest.mark.parametrize(("write", "name"), OUTPUTS)
@pytest.mark.usefixtures("folder")
def test_what_is_empty_is_replaced_without_a_question(write: Callable[..., Any], name: str) -> None:
    Path(name).touch() if Path(name).suffix else Path(name).mkdir()
    write(name)


@pytest.mark.usefixtures("folder")
def test_a_table_with_other_columns_is_not_ours() -> None:
    of_segment("out.csv")
    of_segment("out.parquet")
    text = Path("out.csv").read_text()
    Path("out.csv").write_text(text.replace("Segment", "Segment,Note", 1))
    pl.read_parquet("out.parquet").with_columns(Note=pl.lit("call")).write_parquet("out.parquet")
    for name in ("out.csv", "out.parquet"):
        with pytest.raises(SaveError, match="--force"):
            of_segment(name)


@pytest.mark.usefixtures("folder")
def test_a_folder_of_other_parquet_files_is_not_ours() -> None:
    """Even with the columns of a result: only what we wrote has our mark."""
    of_segment("out")
    frame = pl.read_parquet("out")
    shutil.copytree("out", "moved")
    of_segment("moved")
    frame.write_parquet("out/part-1.parquet")
    with pytest.raises(SaveError, match="--force"):
        of_segment("out")
    assert Path("out/part-1.parquet").exists()


@pytest.mark.usefixtures("folder")
def test_a_workbook_with_a_recorded_action_is_not_free() -> None:
    of_refresh("out.xlsm")
    assert is_free_workbook(Path("out.xlsm"))
    book = open_book("out.xlsm")
    book.write_table("Actions", {"Recorded on": [AS_OF], "Client ID": ["A"], "Action": ["Mark lost"]})
    book.save()
    assert not is_free_workbook(Path("out.xlsm"))
    with pytest.raises(SaveError, match="--force"):
        of_refresh("out.xlsm")
    of_refresh("out.xlsm", force=True)
    assert not is_free_workbook(Path("out.xlsm.kopilot-backup").rename("kept.xlsm"))


@pytest.mark.usefixtures("folder")
def test_new_keeps_even_an_empty_workbook_of_ours() -> None:
    of_new("out.xlsm")
    before = Path("out.xlsm").read_bytes()
    of_new("out.xlsm", force=True)
    assert Path("out.xlsm.kopilot-backup").read_bytes() == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("force", [False, True])
def test_an_output_is_never_an_input(force: bool) -> None:
    Path("many").mkdir()
    for at in range(2):
        shutil.copy("bills.csv", f"many/{at}.csv")
    Path("log.csv").write_text("Recorded on,Client ID,Action\n2026-06-01,A,Mark lost\n")
    tries: list[Callable[[], Any]] = [
        lambda: segment("clients.csv", "bills.csv", output="bills.csv", force=force),
        lambda: segment("clients.csv", "bills.csv", output="log.csv", actions="log.csv", force=force),
        lambda: segment("clients.csv", "many", output="many", force=force),
        lambda: segment("clients.csv", "many", output="many/out.csv", force=force),
        lambda: segment("clients.csv", "many/*.csv", output="many/out.csv", force=force),
        lambda: refresh("book.xlsm", output="book.xlsm", force=force),
        lambda: list(refresh_all(["book.xlsm"], summary=Path("book.xlsm").with_suffix(".xlsx"), force=force)),
    ]
    shutil.copy("book.xlsm", "book.xlsx")
    tries[-1] = lambda: list(refresh_all(["book.xlsx"], summary="book.xlsx", force=force))
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    for write in tries:
        with pytest.raises(SaveError):
            write()
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@links
@pytest.mark.usefixtures("folder")
def test_a_hard_link_to_an_input_is_an_input() -> None:
    Path("other.csv").hardlink_to("bills.csv")
    with pytest.raises(SaveError, match="one of the files to read"):
        of_segment("other.csv")


@posix
@pytest.mark.parametrize(("write", "name"), [*OUTPUTS, (of_new, "out.xlsm")])
@pytest.mark.parametrize("mode", [0o600, 0o640])
@pytest.mark.usefixtures("folder")
def test_an_output_is_no_more_readable_than_its_inputs(write: Callable[..., Any], name: str, mode: int) -> None:
    for given in ("clients.csv", "book.xlsm"):
        Path(given).chmod(mode)
    for _ in range(1 if write is of_new else 2):
        write(name)
        for path in [Path(name), *Path(name).rglob("*")]:
            found = stat.S_IMODE(path.stat().st_mode)
            assert not found & ~(mode | (0o750 if path.is_dir() else 0)), oct(found)
    Path("bills.csv").chmod(0o604)
    assert permissions(["bills.csv", "clients.csv"]) == 0o600


@posix
@pytest.mark.usefixtures("folder")
def test_a_result_that_replaces_a_readable_one_becomes_as_private_as_its_inputs() -> None:
    of_segment("out.csv")
    assert Path("out.csv").stat().st_mode & 0o044
    Path("clients.csv").chmod(0o600)
    of_segment("out.csv")
    assert stat.S_IMODE(Path("out.csv").stat().st_mode) == 0o600
