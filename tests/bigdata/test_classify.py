"""Segments for data outside a workbook: frames of every engine, and files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from kopilot_xl import FrameError, Rules, classify, open_book, refresh
from kopilot_xl.bigdata import COLUMNS, Engine
from kopilot_xl.bigdata import segment as segment_files
from kopilot_xl.errors import KopilotError, MissingError, SaveError
from kopilot_xl.usecases.create import new
from kopilot_xl.usecases.sample import SAMPLE_DATE, write_sample
from tests.invariants import assert_sound

CDNOW = Path(__file__).parents[1] / "data" / "cdnow_sample"
CDNOW_CLIENTS, CDNOW_TRANSACTIONS = CDNOW / "clients.csv", CDNOW / "transactions.csv"
CDNOW_DATE = date(1998, 6, 30)
CDNOW_SEGMENTS = {"Lost": 1473, "Active": 407, "Sleeping Away": 238, "Hibernating": 188, "Leaving": 51}

AS_OF = date(2026, 6, 30)

Maker = Callable[[pl.DataFrame], Any]


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    columns = {}
    for series in frame:
        if series.dtype == pl.Date:
            columns[series.name] = pd.Series(series.to_list(), dtype="datetime64[us]")
        elif series.dtype == pl.Object:
            columns[series.name] = pd.Series(series.to_list(), dtype="object")
        else:
            columns[series.name] = pd.Series(series.to_list())
    return pd.DataFrame(columns)


CONNECTION = duckdb.connect()
DUCKDB_TYPES: dict[Any, str] = {
    pl.Date: "DATE",
    pl.String: "VARCHAR",
    pl.Float64: "DOUBLE",
    pl.Int64: "BIGINT",
    pl.Int32: "INTEGER",
}


def to_duckdb(frame: pl.DataFrame) -> duckdb.DuckDBPyRelation:
    typed = ", ".join(f'"{name}"::{DUCKDB_TYPES[kind.base_type()]} AS "{name}"' for name, kind in frame.schema.items())
    return CONNECTION.from_df(to_pandas(frame)).project(typed)


def to_lazy(frame: pl.DataFrame) -> pl.LazyFrame:
    return frame.lazy()


ENGINES: dict[str, Maker] = {"pandas": to_pandas, "polars": lambda frame: frame, "lazy": to_lazy, "duckdb": to_duckdb}
EAGER = {name: ENGINES[name] for name in ("pandas", "polars")}


@pytest.fixture(params=list(ENGINES.values()), ids=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Maker:
    maker: Maker = request.param
    return maker


@pytest.fixture(params=list(EAGER.values()), ids=list(EAGER))
def eager(request: pytest.FixtureRequest) -> Maker:
    maker: Maker = request.param
    return maker


def rows(frame: Any) -> list[tuple[Any, ...]]:
    """The rows of a result, dates as dates and blanks as None."""
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        assert tuple(frame.columns) == COLUMNS
        return frame.fetchall()
    assert tuple(frame.columns) == COLUMNS
    listed = frame.rows() if isinstance(frame, pl.DataFrame) else frame.itertuples(index=False, name=None)
    return [tuple(map(plain, row)) for row in listed]


def plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.date() if isinstance(value, datetime) else value


def segments(frame: Any) -> dict[Any, Any]:
    return {row[0]: row[1] for row in rows(frame)}


CLIENTS = pl.DataFrame(
    {
        "Client ID": [" b1 ", "A1", "1001", None, "a1", "007", "later"],
        "Client": ["Bolt", "Acme", "Number", "No id", "Acme again", "Zeros", "Later"],
        "Created on": [date(2026, 1, 1), None, None, None, date(2020, 1, 1), date(2020, 1, 1), date(2026, 7, 15)],
    }
)
TRANSACTIONS = pl.DataFrame(
    {
        "Reference": ["x"] * 7,
        "client id": ["a1", "B1", "1001.0", "7", "1001", "a1", "b1"],
        "Issue date": [date(2026, 6, 30), date(2026, 9, 1), date(2025, 11, 5), AS_OF, AS_OF, AS_OF, None],
        "Amount": [100.0, 50.0, 10.0, 99.0, 99.0, -20.0, 5.0],
        "Status": ["PAID", " forecast ", None, "Issued", "what?", "Credit  Note", "Paid"],
    }
)


def test_the_small_example_on_every_engine(engine: Maker) -> None:
    assert rows(classify(engine(CLIENTS), engine(TRANSACTIONS), AS_OF)) == [
        (" b1 ", "New", None, date(2026, 9, 1), None, 50.0),
        ("A1", "Active", date(2026, 6, 30), None, date(2027, 8, 5), 80.0),
        ("1001", "Sleeping Away", date(2025, 11, 5), None, date(2026, 12, 11), 10.0),
        ("007", "Lost", None, None, None, 0.0),
        ("later", None, None, None, None, None),
    ]


def test_only_what_is_needed_is_needed(engine: Maker) -> None:
    people, bills = CLIENTS.select("Client ID"), TRANSACTIONS.select("client id", "Issue date")
    assert segments(classify(engine(people), engine(bills), AS_OF)) == {
        " b1 ": "New", "A1": "Active", "1001": "Active", "007": "No Activity", "later": "No Activity",
    }  # fmt: skip


@pytest.mark.parametrize("ids", [[1001, 7], [1001.0, 7.0]], ids=["whole", "decimals"])
def test_numbers_as_ids(ids: list[float], engine: Maker) -> None:
    people = pl.DataFrame({"Client ID": ids})
    bills = pl.DataFrame({"Client ID": ["1001", "007"], "Issue date": [AS_OF, AS_OF]})
    assert [row[1] for row in rows(classify(engine(people), engine(bills), AS_OF))] == ["Active", "No Activity"]


def test_columns_of_other_names_do_no_harm(engine: Maker) -> None:
    people = CLIENTS.with_columns(pl.lit("x").alias("_place"), pl.lit("y").alias("segment"), pl.lit(1).alias("mark"))
    bills = TRANSACTIONS.with_columns(pl.lit("x").alias("Client"), pl.lit("z").alias("issued"))
    assert rows(classify(engine(people), engine(bills), AS_OF)) == rows(classify(CLIENTS, TRANSACTIONS, AS_OF))


def test_no_rows_at_all(engine: Maker) -> None:
    assert rows(classify(engine(CLIENTS.clear()), engine(TRANSACTIONS.clear()), AS_OF)) == []
    assert segments(classify(engine(CLIENTS), engine(TRANSACTIONS.clear()), AS_OF))["007"] == "Lost"


def test_texts_are_read_as_in_a_workbook(eager: Maker) -> None:
    people = pl.DataFrame({"Client ID": ["1", "2", "3"], "Created on": ["2026-05-01", "?", "01/02/2020"]})
    bills = pl.DataFrame(
        {
            "Client ID": ["1", "1", "2", "3"],
            "Issue date": ["2026-05-31 10:30", "soon", "31.05.2026", "03/04/2026"],
            "Amount": ["1.200,50 €", "7", "(3.00)", "5"],
        }
    )
    assert rows(classify(eager(people), eager(bills), AS_OF)) == [
        ("1", "Active", date(2026, 5, 31), None, date(2027, 7, 6), 1200.5),
        ("2", "No Activity", None, None, None, 0.0),
        ("3", "No Activity", None, None, None, 0.0),
    ]
    assert segments(classify(eager(people), eager(bills), AS_OF, date_order="DMY"))["3"] == "Active"


def test_a_column_of_mixed_things() -> None:
    people = pd.DataFrame({"Client ID": pd.Series([1001, "A1", None, 7.0], dtype="object")})
    bills = pd.DataFrame(
        {
            "Client ID": pd.Series(["1001", "a1 ", "7", "7"], dtype="object"),
            "Issue date": pd.Series([AS_OF, datetime(2026, 1, 31, 12), 46000, None], dtype="object"),
            "Amount": pd.Series([Decimal("1.5"), "2", 3, "x"], dtype="object"),
            "Status": pd.Series([None, "Void", float("nan"), 5], dtype="object"),
        }
    )
    assert segments(classify(people, bills, AS_OF)) == {1001: "Active", "A1": "No Activity", 7.0: "Sleeping Away"}


def test_moments_count_as_their_day() -> None:
    people = pl.DataFrame({"Client ID": ["1"]})
    moment = pl.Series([datetime(2026, 6, 30, 23, 59, tzinfo=UTC)])
    bills = pl.DataFrame({"Client ID": ["1"], "Issue date": moment})
    for each in (bills, bills.with_columns(pl.col("Issue date").dt.replace_time_zone(None))):
        assert rows(classify(people, each, AS_OF))[0][1:3] == ("Active", AS_OF)
        assert rows(classify(to_pandas(people), to_pandas(each), AS_OF))[0][1:3] == ("Active", AS_OF)


@pytest.mark.parametrize(("active_months", "expected"), [(7, "Sleeping Away"), (8, "Active")])
def test_the_rules_may_be_others(active_months: int, expected: str) -> None:
    rules = Rules(active_months=active_months, sleeping_months=9)
    assert segments(classify(CLIENTS, TRANSACTIONS, AS_OF, rules=rules))["1001"] == expected


def test_today_is_the_day_if_none_is_given() -> None:
    today = date.today()
    bills = pl.DataFrame({"Client ID": ["1"], "Issue date": [today]})
    assert segments(classify(pl.DataFrame({"Client ID": ["1"]}), bills)) == {"1": "Active"}


def test_a_missing_column_is_named(engine: Maker) -> None:
    with pytest.raises(MissingError, match=r'clients have no column "Client ID" \(their columns: Client, Created on\)'):
        classify(engine(CLIENTS.drop("Client ID")), engine(TRANSACTIONS), AS_OF)
    with pytest.raises(MissingError, match='transactions have no column "Issue date"'):
        classify(engine(CLIENTS), engine(TRANSACTIONS.drop("Issue date")), AS_OF)


@pytest.mark.parametrize("maker", [to_lazy, to_duckdb])
def test_a_lazy_frame_must_have_true_dates(maker: Maker) -> None:
    bills = TRANSACTIONS.with_columns(pl.col("Issue date").cast(pl.String))
    with pytest.raises(FrameError, match="The column of Issue date has the type String"):
        classify(maker(CLIENTS), maker(bills), AS_OF)


def test_a_date_order_that_is_none() -> None:
    with pytest.raises(ValueError, match="YMD"):
        classify(CLIENTS, TRANSACTIONS, AS_OF, date_order="YMD")


# the CDNOW sample


def test_cdnow_frames(engine: Maker) -> None:
    people = pl.read_csv(CDNOW_CLIENTS, try_parse_dates=True)
    bills = pl.read_csv(CDNOW_TRANSACTIONS, try_parse_dates=True)
    result = rows(classify(engine(people), engine(bills), CDNOW_DATE))
    assert Counter(row[1] for row in result) == CDNOW_SEGMENTS
    assert [row[0] for row in result] == people["Client ID"].to_list()


QUICK = [each for each in Engine if each is not Engine.SPARK]


@pytest.fixture(params=[*QUICK, pytest.param(Engine.SPARK, marks=pytest.mark.slow)])
def any_engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    if found is Engine.SPARK:
        request.getfixturevalue("spark")
    return found


def test_cdnow_files(any_engine: Engine) -> None:
    found = segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, CDNOW_DATE, engine=any_engine)
    assert Counter(found.frame["Segment"].to_list()) == CDNOW_SEGMENTS
    assert found.problems == []


def test_cdnow_workbook(tmp_path: Path) -> None:
    made = new(tmp_path / "cdnow.xlsm", CDNOW_CLIENTS, CDNOW_TRANSACTIONS)
    assert (made.clients, made.transactions) == (2357, 6919)
    report = refresh(open_book(made.path), CDNOW_DATE)
    assert {each.value: number for each, number in report.summary.counts.items() if number} == CDNOW_SEGMENTS
    assert not report.problems
    assert_sound(made.path)
    found = segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, CDNOW_DATE)
    assert [(each.id, each.segment, each.last_invoice, each.leaves_on) for each in report.clients] == [
        (row[0], row[1], row[2], row[4]) for row in found.frame.rows()
    ]


# files


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "sample.xlsm"
    write_sample(path)
    return path


def test_every_engine_gives_the_same_table(any_engine: Engine, sample: Path) -> None:
    results = [segment_files(sample, sample, SAMPLE_DATE, engine=each) for each in (Engine.PANDAS, any_engine)]
    assert len({each.csv for each in results}) == 1
    assert len(set(map(str, (each.frame.schema for each in results)))) == 1
    assert {str(each) for each in results[0].problems if each.kind == "Problem"} >= {
        'Transactions!B792: "03/04/2026" could be 3 April or 4 March. Write 2026-04-03, or set Date order to DMY or '
        "MDY. The row was left out."
    }


def test_frames_say_the_same_as_files(sample: Path, eager: Maker, tmp_path: Path) -> None:
    book = open_book(sample)
    book.write_table("Actions", {"Recorded on": [None], "Client ID": [None], "Action": [None]})  # frames know no log
    sample = tmp_path / "sample.xlsm"
    book.save(sample)
    book = open_book(sample)
    people, bills = (
        pl.DataFrame(
            {name: pl.Series([row[at] for row in data.rows], dtype=pl.Object) for at, name in enumerate(data.headers)}
        )
        for data in (book.table("Clients"), book.table("Transactions"))
    )
    told = rows(classify(eager(people), eager(bills), SAMPLE_DATE))
    found = segment_files(sample, sample, SAMPLE_DATE).frame.rows()
    assert [row[1:5] for row in told] == [row[1:5] for row in found]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_the_output_is_written_and_replaced(name: str, tmp_path: Path) -> None:
    output = tmp_path / name
    output.write_text("old")
    with pytest.raises(SaveError, match="is not a result that may be replaced"):
        segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, CDNOW_DATE, output=output)
    segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, CDNOW_DATE, output=output, force=True)
    backup = tmp_path / f"{name}.kopilot-backup"
    assert backup.read_text() == "old"
    backup.unlink()
    found = segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, CDNOW_DATE, output=output)
    read = pl.read_csv(output, try_parse_dates=True) if name.endswith("csv") else pl.read_parquet(output)
    assert read["Segment"].to_list() == found.frame["Segment"].to_list()
    assert read["Leaves on"].to_list() == found.frame["Leaves on"].to_list()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_not_yet_a_client_is_blank(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Client ID,Client,Created on\n7,Later,2027-01-01\n")
    (tmp_path / "t.csv").write_text("Client ID,Issue date\n")
    found = segment_files(tmp_path / "c.csv", tmp_path / "t.csv", AS_OF)
    assert found.csv == "Client ID,Segment,Last invoice,Next planned,Leaves on,Value\n7,,,,,\n"


@pytest.mark.parametrize(
    ("output", "says"),
    [("out.txt", "neither .csv nor .parquet"), ("none/out.csv", "no folder"), ("clients.csv", "one of the files")],
)
def test_an_output_that_cannot_be(output: str, says: str, tmp_path: Path) -> None:
    for each in (CDNOW_CLIENTS, CDNOW_TRANSACTIONS):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    with pytest.raises(SaveError, match=says):
        segment_files(tmp_path / "clients.csv", tmp_path / "transactions.csv", output=tmp_path / output)


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(KopilotError, match=r'pip install "kopilot-xl\[duckdb\]"'):
        segment_files(CDNOW_CLIENTS, CDNOW_TRANSACTIONS, engine="duckdb")
