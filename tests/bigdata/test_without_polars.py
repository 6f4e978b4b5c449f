"""Where Polars is not installed, pandas computes, Python reads CSV and PyArrow Parquet: the result is the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from kopilot_xl.bigdata import COLUMNS, Engine, classify, segment
from kopilot_xl.bigdata.sources import data_files
from kopilot_xl.errors import KopilotError
from tests.bigdata.test_segment import AS_OF, EXPECTED, LAYOUTS, TABLES, Layout, csv_files, german_csv, partitioned

BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
from kopilot_xl.cli import main
sys.argv[0] = "kopilot-xl"
main()
"""


@contextmanager
def not_installed(*modules: str) -> Iterator[None]:
    """Have modules be missing in this process, for what imports them in the block."""
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            patch.setitem(sys.modules, module, None)
        yield


def command(*arguments: object, without: tuple[str, ...] = ("polars",)) -> subprocess.CompletedProcess[str]:
    """Run the command line in an interpreter in which some libraries cannot be imported."""
    code = BLOCKED.format(names=without)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_source_gives_the_same(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "LARGE", -1)
    pair, order = layout(tmp_path, None), "DMY" if layout is german_csv else None
    with_polars = segment(*pair, AS_OF, date_order=order)
    with not_installed("polars"):
        found = segment(*pair, AS_OF, date_order=order)
    assert found.rows == EXPECTED
    assert isinstance(found.frame, pd.DataFrame)
    assert list(found.frame.columns) == list(COLUMNS)
    assert list(map(str, found.problems)) == list(map(str, with_polars.problems))
    assert found.choices == with_polars.choices
    assert (found.counts, found.csv, len(found)) == (with_polars.counts, with_polars.csv, len(with_polars))


@pytest.mark.parametrize("layout", [csv_files, partitioned])
@pytest.mark.parametrize("output", ["out.csv", "out.parquet", "folder"])
def test_results_are_written_alike(
    layout: Layout, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_files, "LARGE", -1)
    pair, target = layout(tmp_path, None), tmp_path / output
    with not_installed("polars"):
        segment(*pair, AS_OF, output=target)
    frame = pl.read_csv(target, try_parse_dates=True) if output == "out.csv" else pl.read_parquet(target)
    assert [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in frame.rows()] == EXPECTED


def test_a_process_without_polars(tmp_path: Path) -> None:
    people, bills = csv_files(tmp_path, None)
    folder = tmp_path / "many"
    folder.mkdir()
    TABLES.bills.head(400).write_csv(folder / "0.csv")
    TABLES.bills.slice(400).write_csv(folder / "1.csv")
    for given in (bills, folder):
        expected = segment(people, given, AS_OF).csv
        for engine in ((), ("--engine", "pandas")):
            done = command("segment", people, given, "--as-of", AS_OF, *engine, without=("polars", "pyarrow"))
            assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_parquet_without_polars_needs_pyarrow(tmp_path: Path) -> None:
    people, bills = csv_files(tmp_path, None)
    TABLES.bills.write_parquet(tmp_path / "bills.parquet")
    expected = segment(people, tmp_path / "bills.parquet", AS_OF).csv
    done = command("segment", people, tmp_path / "bills.parquet", "--as-of", AS_OF)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    for arguments in ((people, tmp_path / "bills.parquet"), (people, bills, "--output", tmp_path / "out.parquet")):
        done = command("segment", *arguments, without=("polars", "pyarrow"))
        assert (done.returncode, done.stdout) == (1, "")
        assert 'pip install "kopilot-xl[polars]"' in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("engine", [each for each in Engine if each is not Engine.PANDAS])
def test_the_other_engines_say_what_to_install(engine: Engine, tmp_path: Path) -> None:
    done = command("segment", *csv_files(tmp_path, None), "--engine", engine)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'pip install "kopilot-xl[{engine}]"' in done.stderr
    assert "choose the engine pandas" in done.stderr


def test_a_row_with_more_cells_than_headings_is_refused(tmp_path: Path) -> None:
    people, _ = csv_files(tmp_path, None)
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "1.csv").write_text("Client ID,Issue date,Amount\n")
    (tmp_path / "many" / "0.csv").write_text("Client ID,Issue date,Amount\n1,2026-01-01,1\n1,2026-01-01,1,2\n")
    with not_installed("polars"), pytest.raises(KopilotError, match=r"cannot be read to its end.*more cells than"):
        segment(people, tmp_path / "many", AS_OF)


def test_a_column_of_lists_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "LARGE", -1)
    people, _ = csv_files(tmp_path, None)
    pl.DataFrame({"Client ID": [["A"]], "Issue date": [AS_OF]}).write_parquet(tmp_path / "bills.parquet")
    with not_installed("polars"), pytest.raises(KopilotError, match="the column of Client ID holds large_list"):
        segment(people, tmp_path / "bills.parquet", AS_OF)


def test_the_engine_is_polars_where_it_is_installed() -> None:
    assert Engine.default() is Engine.POLARS
    with not_installed("polars"):
        assert Engine.default() is Engine.PANDAS


def test_frames_of_pandas_are_classified_without_polars() -> None:
    clients = pd.DataFrame({"Client ID": ["A", "B"], "Created on": pd.to_datetime(["2020-01-01", "2026-06-01"])})
    bills = pd.DataFrame({"Client ID": ["a"], "Issue date": ["2026-06-01"], "Amount": ["1,200.50"]})
    with not_installed("polars", "duckdb"):
        found = classify(clients, bills, date(2026, 6, 30))
    assert list(found["Segment"]) == ["Active", "No Activity"]
