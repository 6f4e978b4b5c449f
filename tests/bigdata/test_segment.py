"""Tables beyond a sheet: whatever they come from and whatever computes, the result is that of the rules by hand."""

from __future__ import annotations

import math
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import duckdb
import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.bigdata import Engine
from kopilot_xl.bigdata.engines.starting import running
from kopilot_xl.bigdata.frames import COLUMNS
from kopilot_xl.bigdata.segmentation import segment
from kopilot_xl.bigdata.sources import data_files as sources
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.ids import client_key, shown_id
from kopilot_xl.domain.rules import DEFAULT
from kopilot_xl.errors import KopilotError, MissingError, SaveError
from kopilot_xl.workbook.sheets.transactions import read_status
from kopilot_xl.workbook.tables.parsing import UnreadableError
from tests.domain import oracle
from tests.domain.oracle import Person
from tests.domain.strategies import edges
from tests.postgresql import Server
from tests.systems import links

AS_OF = date(2026, 6, 30)
QUICK = [each for each in Engine if each is not Engine.SPARK]
SHOWN_CLIENTS = ("Client ID", "Client", "Created on", "Region")


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small files read as large ones are."""
    monkeypatch.setattr(sources, "LARGE", -1)


# tables at random


class Tables:
    """Clients and transactions as they come: months' ends, blanks, ids twice and in other spellings, every status."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        days = [edge + timedelta(days=by) for edge in edges(AS_OF, DEFAULT) for by in (-1, 0, 1)]
        days += [date(2024, 2, 29), date(2025, 8, 31), date(2025, 10, 31), date(2026, 2, 28), date(2028, 1, 1)]
        ids: list[Any] = [f"C{number:03d}" for number in range(250)] + [str(1000 + number) for number in range(60)]
        ids += ["007", "7", "Straße", "-5", None, " "]
        self.clients = [
            (each, f"Client {at}", draw.choice([None, *days]), f"R {at % 3}") for at, each in enumerate(ids)
        ]
        again = [("c001 ", "Again", date(2026, 6, 1), "R 1"), ("1003.0", "Again", None, "R 2")]
        self.clients[40:40] = again
        draw.shuffle(self.clients)
        spellings: list[Callable[[str], str]] = [
            lambda each: each, lambda each: each, lambda each: each, str.lower, lambda each: f" {each}",
            lambda each: f"{each}.0" if each.isdigit() else each,
        ]  # fmt: skip
        owners = [each for each in ids if each] + ["nobody", "C9999"]
        statuses = ["Issued", "paid", " Sent", "Overdue", None, "", "Planned", "FORECAST", "Draft", "Void", "?"]
        amounts = [None, -500.0, -0.01, 0.0, 0.25, 40.0, 100.1, 1200.55, 99999.99]
        amounts += [-0.25, -40.0, -100.1, -1200.55, -99999.99]  # credit notes that take back a whole invoice
        self.rows: list[tuple[Any, ...]] = [
            (draw.choice(spellings)(draw.choice(owners)), draw.choice([None, *days, *days]), draw.choice(amounts),
             draw.choice(statuses))
            for _ in range(800)
        ]  # fmt: skip
        self.rows += [(None, date(2026, 6, 1), 5.0, "Paid"), (None, None, None, None)]

    @property
    def people(self) -> pl.DataFrame:
        kinds = (pl.String, pl.String, pl.Date, pl.String)
        return pl.DataFrame(self.clients, schema=dict(zip(SHOWN_CLIENTS, kinds, strict=True)), orient="row")

    @property
    def bills(self) -> pl.DataFrame:
        names = {"Client ID": pl.String, "Issue date": pl.Date, "Amount": pl.Float64, "Status": pl.String}
        return pl.DataFrame(self.rows, schema=names, orient="row")

    def expected(self) -> list[tuple[Any, ...]]:
        """The result by hand, client by client."""
        seen: dict[str, tuple[Any, date | None]] = {}
        for written, name, created, _ in self.clients:
            shown = written if client_key(written) else name
            key = client_key(shown)
            if key is not None:
                seen.setdefault(key, (shown_id(shown), created))
        mine: dict[str, list[oracle.Row]] = {key: [] for key in seen}
        for owner, day, amount, status in self.rows:
            key = client_key(owner)
            try:
                known = read_status(status)
            except UnreadableError:
                continue
            if key in mine and day is not None:
                mine[key].append(oracle.Row(key, day, amount, known.value))
        found = []
        for key, (shown, created) in seen.items():
            place = oracle.standing(Person(key, created), mine[key], AS_OF, DEFAULT)
            value = None if place.value is None else round(place.value, 4) + 0.0
            found.append((shown, place.segment, place.last_invoice, place.next_planned, place.leaves_on, value))
        return found


TABLES = Tables(7)
EXPECTED = TABLES.expected()


def test_the_tables_hold_something_of_everything() -> None:
    assert {each[1] for each in EXPECTED} == {
        "Active", "Sleeping Away", "Hibernating", "Leaving", "New", "Lost", "No Activity", None,
    }  # fmt: skip
    assert any(each[5] and each[5] < 0 for each in EXPECTED)
    mine = [oracle.Row("", day, amount, "Issued") for _, day, amount, status in TABLES.rows if day and not status]
    assert oracle.credited(mine, AS_OF)


# where they come from

Layout = Callable[[Path, Server | None], tuple[str, str]]


def csv_files(folder: Path, server: Server | None) -> tuple[str, str]:
    TABLES.people.write_csv(folder / "clients.csv")
    TABLES.bills.write_csv(folder / "invoices.csv")
    return str(folder / "clients.csv"), str(folder / "invoices.csv")


def german_csv(folder: Path, server: Server | None) -> tuple[str, str]:
    """Windows-1252, semicolons, decimal commas, days first."""
    text = TABLES.people.with_columns(pl.col("Created on").dt.strftime("%d.%m.%Y")).write_csv(separator=";")
    (folder / "clients.csv").write_text(text, encoding="cp1252")
    bills = TABLES.bills.with_columns(
        pl.col("Issue date").dt.strftime("%d.%m.%Y"),
        pl.col("Amount").cast(pl.String).str.replace(".", ",", literal=True),
    )
    (folder / "invoices.csv").write_text("Export\n\n" + bills.write_csv(separator=";"), encoding="cp1252")
    return str(folder / "clients.csv"), str(folder / "invoices.csv")


def parquet_files(folder: Path, server: Server | None) -> tuple[str, str]:
    TABLES.people.write_parquet(folder / "clients.parquet")
    TABLES.bills.write_parquet(folder / "invoices.parquet")
    return str(folder / "clients.parquet"), str(folder / "invoices.parquet")


def pieces(frame: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    size = -(-frame.height // count)
    return [frame.slice(at * size, size) for at in range(count)]


def patterns(folder: Path, server: Server | None) -> tuple[str, str]:
    (folder / "[a] b").mkdir()
    for at, each in enumerate(pieces(TABLES.people, 3)):
        each.write_parquet(folder / "[a] b" / f"clients{at}.parquet")
    for at, each in enumerate(pieces(TABLES.bills, 3)):
        each.write_csv(folder / f"invoices{at}.csv")
    return f"{folder}/*b/clients*.parquet", f"{folder}/invoices?.csv"


def partitioned(folder: Path, server: Server | None) -> tuple[str, str]:
    """Transactions by year, of types that differ from year to year; a status that only a folder tells."""
    TABLES.people.write_parquet(folder / "clients.parquet")
    dated = TABLES.bills.with_columns(year=pl.col("Issue date").dt.year())
    for (year, status), part in dated.partition_by(["year", "Status"], as_dict=True).items():
        told = sources.NO_VALUE if status is None else quote(status)
        place = folder / "invoices" / f"year={sources.NO_VALUE if year is None else year}" / f"Status={told}"
        place.mkdir(parents=True)
        part.drop("Status", "year").write_parquet(place / "part-0.parquet")
    (folder / "invoices" / "_SUCCESS").write_text("")
    return str(folder / "clients.parquet"), str(folder / "invoices")


def odd_names(folder: Path, server: Server | None) -> tuple[str, str]:
    """Folders whose names look like patterns and addresses, and two columns that differ in capitals only."""
    TABLES.people.write_parquet(folder / "clients.parquet")
    bills = folder / "[a] {b} 100%25 c, *#?"
    dated = TABLES.bills.with_columns(year=pl.col("Issue date").dt.year())
    for (year,), part in dated.partition_by("year", as_dict=True, include_key=False).items():
        (bills / f"year={year}").mkdir(parents=True)
        part.with_columns(pl.lit("x").alias("client id")).write_parquet(bills / f"year={year}" / "a?.parquet")
    return str(folder / "clients.parquet"), str(bills)


def of_pandas(folder: Path, server: Server | None) -> tuple[str, str]:
    """Moments in nanoseconds, one file after the other of its own types, and numbers that are none for blanks."""
    TABLES.people.with_columns(pl.col("Created on").cast(pl.Datetime("ns"))).write_parquet(folder / "clients.parquet")
    (folder / "invoices").mkdir()
    day, amount = pl.col("Issue date").cast(pl.Datetime("ns")), pl.col("Amount").fill_null(math.nan)
    for at, part in enumerate(pieces(TABLES.bills.with_columns(day, amount), 2)):
        part.write_parquet(folder / "invoices" / f"{at}.parquet")
    return str(folder / "clients.parquet"), str(folder / "invoices")


def changing_types(folder: Path, server: Server | None) -> tuple[str, str]:
    """Ids that are numbers in one file and texts in another, days and moments, amounts of two types."""
    TABLES.people.write_parquet(folder / "clients.parquet")
    (folder / "invoices").mkdir()
    id_of = pl.col("Client ID")
    numbers = id_of.is_not_null() & id_of.str.contains(r"^ ?[1-9]\d*$")
    TABLES.bills.filter(numbers).with_columns(
        id_of.str.strip_chars().cast(pl.Int64), pl.col("Issue date").cast(pl.Datetime("ms")),
        pl.col("Amount").cast(pl.Decimal(12, 2)),
    ).write_parquet(folder / "invoices" / "0.parquet")  # fmt: skip
    TABLES.bills.filter(~numbers | id_of.is_null()).write_parquet(folder / "invoices" / "1.parquet")
    return str(folder / "clients.parquet"), str(folder / "invoices")


def other_types(folder: Path, server: Server | None) -> tuple[str, str]:
    """Moments in a zone, decimals, texts for dates, categories, and ids that are numbers with decimals."""
    at = pl.col("Created on").cast(pl.Datetime("us")).dt.offset_by("23h").dt.replace_time_zone("Pacific/Kiritimati")
    TABLES.people.with_columns(at).write_parquet(folder / "clients.parquet")
    TABLES.bills.with_columns(
        pl.col("Issue date").cast(pl.Datetime("ns")).dt.offset_by("30m").dt.replace_time_zone("America/New_York"),
        pl.col("Amount").cast(pl.Decimal(12, 2)),
        pl.col("Status").cast(pl.Categorical),
    ).write_parquet(folder / "invoices.parquet")
    return str(folder / "clients.parquet"), str(folder / "invoices.parquet")


def texts(folder: Path, server: Server | None) -> tuple[str, str]:
    TABLES.people.with_columns(pl.col("Created on").cast(pl.String)).write_parquet(folder / "clients.parquet")
    day = pl.col("Issue date")
    moment = (
        pl.when(pl.col("Amount") > 50).then(day.dt.strftime("%Y-%m-%dT23:59:00+05:00")).otherwise(day.cast(pl.String))
    )
    TABLES.bills.with_columns(moment, pl.col("Amount").cast(pl.String)).write_parquet(folder / "invoices.parquet")
    return str(folder / "clients.parquet"), str(folder / "invoices.parquet")


def one_of_each(folder: Path, server: Server | None) -> tuple[str, str]:
    TABLES.people.write_excel(folder / "clients.xlsx")
    (folder / "invoices").mkdir()
    TABLES.bills.write_parquet(folder / "invoices" / "all.parquet")
    return str(folder / "clients.xlsx"), str(folder / "invoices")


def postgresql(folder: Path, server: Server | None) -> tuple[str, str]:
    assert server is not None
    server.fill("Clients", TABLES.people.with_row_index("place").to_arrow())
    server.fill("invoices", TABLES.bills.to_arrow())
    columns = '"Client ID", "Issue date"::timestamp as "Issue date", "Amount"::numeric(12,2) as "Net", "Status"'
    query = f"select {columns} from invoices"
    return server.address('select * from "Clients" order by place'), server.address(quote(query))


def sqlite(folder: Path, server: Server | None) -> tuple[str, str]:
    path = folder / "books.db"
    with sqlite3.connect(path) as connection:
        for name, frame in (("clients", TABLES.people), ("invoices", TABLES.bills)):
            columns = ", ".join(f'"{each}"' for each in frame.columns)
            connection.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" * frame.width)
            rows = [[each.isoformat() if isinstance(each, date) else each for each in row] for row in frame.rows()]
            connection.executemany(f"insert into {name} values ({marks})", rows)
    connection.close()
    return f"sqlite:///{path}#clients", f"sqlite:///{path}#invoices"


def duckdb_file(folder: Path, server: Server | None) -> tuple[str, str]:
    path = folder / "books.duckdb"
    parquet_files(folder, server)
    with duckdb.connect(str(path)) as connection:
        for name in ("clients", "invoices"):
            connection.execute(f"create table {name} as from read_parquet('{folder}/{name}.parquet')")
    return f"duckdb:///{path}#clients", f"duckdb:///{path}#select * from invoices"


LAYOUTS: list[Layout] = [
    csv_files, german_csv, parquet_files, patterns, partitioned, odd_names, of_pandas, changing_types, other_types,
    texts, one_of_each, sqlite, duckdb_file,
]  # fmt: skip


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_source_gives_the_table_computed_by_hand(layout: Layout, engine: Engine, tmp_path: Path) -> None:
    order = "DMY" if layout is german_csv else None
    found = segment(*layout(tmp_path, None), AS_OF, engine=engine, date_order=order)
    assert found.frame.columns == list(COLUMNS)
    assert found.frame.rows() == EXPECTED


@pytest.mark.parametrize("engine", QUICK)
def test_postgresql_gives_the_table_computed_by_hand(engine: Engine, tmp_path: Path, postgres: Server) -> None:
    assert segment(*postgresql(tmp_path, postgres), AS_OF, engine=engine).frame.rows() == EXPECTED


@pytest.mark.slow
@pytest.mark.usefixtures("streams", "spark")
@pytest.mark.parametrize("layout", [parquet_files, partitioned, odd_names, of_pandas])
def test_spark_gives_the_table_computed_by_hand(layout: Layout, tmp_path: Path) -> None:
    assert segment(*layout(tmp_path, None), AS_OF, engine=Engine.SPARK).frame.rows() == EXPECTED


# what is told


def clients_of(folder: Path, text: str) -> str:
    (folder / "clients.csv").write_text(text)
    return str(folder / "clients.csv")


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("engine", QUICK)
def test_problems_are_counted_with_examples(engine: Engine, tmp_path: Path) -> None:
    people = "Client ID,Created on\nA,soon\nB,2026-08-01\n,2020-01-01\na,\n,\n"
    bills = (
        "Client ID,Issue date,Amount,Status\nA,03/04/2026,5,Paid\nA,,5,Paid\nA,2026-06-01,1.200,Paid\n"
        "A,2026-06-02,4.2k,Paid\nA,2026-06-03,5,odd\nX,2026-06-04,5,Paid\n,2026-06-05,5,Paid\n,,,\n"
        " b,2026-06-06,5,paid\n"
    )
    (tmp_path / "bills.csv").write_text(bills)
    found = segment(clients_of(tmp_path, people), tmp_path / "bills.csv", AS_OF, engine=engine)
    assert [str(each).replace(f"{tmp_path}/", "") for each in found.problems] == [
        "clients.csv: 1 row without a client id. Left out.",
        'clients.csv: 1 row with an id that occurs earlier, such as "a". The first one counts.',
        'clients.csv: 1 row with a creation date that cannot be read, such as "soon". Taken as unknown.',
        "clients.csv: 1 row with a creation date in the future. Not clients yet, unless they were invoiced.",
        'bills.csv: 1 row with an issue date that cannot be read, such as "03/04/2026". Left out. '
        "--date-order DMY or MDY settles what could be two different days.",
        "bills.csv: 1 row without an issue date. Left out.",
        'bills.csv: 1 row with an amount that cannot be read, such as "4.2k". Taken as blank.',
        'bills.csv: 1 row with a status that is not known, such as "odd". Left out.',
        "bills.csv: 1 row without a client id. Left out.",
        'bills.csv: 1 row with an id that no client has, such as "X". Left out: add the clients, or correct the ids.',
    ]
    assert found.choices[1].remarks == ["Amounts: no amount shows its decimal sign; 1.200 was read as 1,200."]
    assert [(row[0], row[1]) for row in found.frame.rows()] == [("A", "Active"), ("B", "Active")]


@pytest.mark.parametrize("large", [False, True], ids=["listed", "streamed"])
def test_texts_as_bytes_and_numbers_that_are_none(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pandas and old writers of Parquet make of blanks, ids and statuses."""
    monkeypatch.setattr(sources, "LARGE", -1 if large else sources.LARGE)
    people, bills = tmp_path / "clients.parquet", tmp_path / "bills.parquet"
    pl.DataFrame({"Client ID": [1001.0, math.nan, 1e18, 7.5, None], "Created on": AS_OF}).write_parquet(people)
    owners = [b" ", None, b"1001", b"1000000000000000000", b"7.5"]
    rows = {"Client ID": owners, "Issue date": [b"2026-06-01"] * 5, "Amount": [1.0, 1.0, 5.0, math.nan, 3.0]}
    pl.DataFrame(rows).with_columns(Status=pl.lit(b"paid")).write_parquet(bills)
    found = segment(people, bills, AS_OF)
    assert [(row[0], row[1], row[5]) for row in found.frame.rows()] == [
        ("1001", "Active", 5.0), ("1000000000000000000", "Active", 0.0), ("7.5", "Active", 3.0),
    ]  # fmt: skip
    one_by_one = ["The client has no id. The row was left out."] * 2
    one_by_one += ["The transaction has no client id. The row was left out."] * 2
    told = [str(each).split(": ")[1] for each in found.problems]
    assert told == (["2 rows without a client id. Left out."] * 2 if large else one_by_one)


@pytest.mark.usefixtures("streams")
def test_names_serve_as_ids_where_there_are_none(tmp_path: Path) -> None:
    people = clients_of(tmp_path, "Client,Created on\nAcme,2020-01-01\nBolt,2020-01-01\n")
    (tmp_path / "bills.csv").write_text("Customer,Issue date\nacme,2026-06-01\n")
    found = segment(people, tmp_path / "bills.csv", AS_OF)
    assert [row[:2] for row in found.frame.rows()] == [("Acme", "Active"), ("Bolt", "Lost")]
    (tmp_path / "both.csv").write_text("Client ID,Customer,Issue date\n17,acme,2026-06-01\n")
    assert segment(people, tmp_path / "both.csv", AS_OF).frame["Segment"].to_list() == ["Active", "Lost"]
    with_ids = clients_of(tmp_path, "Client ID,Client\n1,Acme\n")
    with pytest.raises(MissingError, match="no column that can be recognised as Client ID"):
        segment(with_ids, tmp_path / "bills.csv", AS_OF)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("none.parquet", "There is no file .*none.parquet"),
        ("none*.parquet", r"No file matches .*none\*.parquet"),
        ("empty", "nothing to read in the folder .*empty"),
        ("broken.parquet", "broken.parquet is not a Parquet file that can be read"),
        ("odd.parquet", r"odd.parquet has no column that .* as Issue date \(its columns: Client ID, Total\)"),
        ("mixed", "of different kinds"),
        ("differ", "1.csv has the columns .*Amount, but .*0.csv has .*: give each file the same columns"),
        ("ragged.csv", "ragged.csv cannot be read to its end: .* more cells than there are headings"),
        ("uneven", "partitioned differently"),
        ("listed.parquet", "the column of Client ID holds List"),
        ("sqlite:///none.db#t", "There is no file none.db"),
        ("sqlite:///broken.parquet#t", "broken.parquet.*not a database"),
        ("sqlite:///books.db#nix", r"has no table nix \(its tables: clients, invoices\)"),
        ("sqlite:///books.db#select nix from clients", "cannot be read: .*no such column: nix"),
        ("sqlite:///books.db", "names no table"),
        ("duckdb:///broken.parquet#t", "broken.parquet cannot be opened"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("streams")
def test_what_cannot_be_read_says_why(given: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sqlite(tmp_path, None)
    for name in ("empty", "mixed", "differ", "uneven/year=2025", "uneven/year=2026/part=x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more PAR1")
    pl.DataFrame({"Client ID": ["A"], "Total": [1]}).write_parquet("odd.parquet")
    pl.DataFrame({"Client ID": [["A"]], "Issue date": [AS_OF]}).write_parquet("listed.parquet")
    for name in ("mixed/a.parquet", "uneven/year=2025/a.parquet", "uneven/year=2026/part=x/a.parquet"):
        TABLES.bills.write_parquet(name)
    (tmp_path / "mixed" / "b.csv").write_text("Client ID,Issue date\n")
    (tmp_path / "differ" / "0.csv").write_text("Client ID,Issue date\n1,2026-01-01\n")
    (tmp_path / "differ" / "1.csv").write_text("Client ID,Issue date,Amount\n1,2026-01-01,1\n")
    (tmp_path / "ragged.csv").write_text("Client ID,Issue date,Amount\n1,2026-01-01,1\n1,2026-01-01,1,2\n")
    with pytest.raises(KopilotError, match=says):
        segment(clients_of(tmp_path, "Client ID\n1\n"), given, AS_OF)


@pytest.mark.parametrize("module", ["adbc_driver_postgresql", "pyarrow"])
def test_a_driver_that_is_not_installed(module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(KopilotError, match=r'driver is not installed.*pip install "kopilot-xl\[databases\]"'):
        segment(clients_of(tmp_path, "Client ID\n1\n"), "postgresql://user:secret@127.0.0.1:1/books#t")


def test_spark_without_java_or_without_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pair = parquet_files(tmp_path, None)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(KopilotError, match="needs Java 17"):
        segment(*pair, engine="spark")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(KopilotError, match=r'pip install "kopilot-xl\[spark\]"'):
        segment(*pair, engine="spark")


# actions

LOG = """Recorded on,Client ID,Action,Issue date,Amount,Note
2026-03-01 10:00,a,Mark lost,,,
2026-03-01 09:00,A,Plan revenue,2026-09-01,500,"lifted by the mark, an hour later"
2026-06-01,B,Plan revenue,2026-09-01,"1,500.50",
2026-06-01,C,Plan revenue,2026-06-20,90,
2026-06-01,D,Mark canceled,,,
2026-06-01,nobody,Mark lost,,,
2026-07-15,D,Reactivate,,,
"""


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("large", [False, True], ids=["listed", "streamed"])
def test_an_action_log_is_folded_over_the_data(
    engine: Engine, large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGE", -1 if large else sources.LARGE)
    people = clients_of(tmp_path, "Client ID,Created on\nA,2020-01-01\nB,2020-01-01\nC,2026-05-01\nD,2026-05-01\n")
    (tmp_path / "bills.csv").write_text(
        "Client ID,Issue date,Amount,Status\nA,2026-01-01,100,Paid\nB,2024-01-01,100,Paid\nC,2026-06-10,80,Paid\n"
    )
    (tmp_path / "log.csv").write_text(LOG)
    found = segment(people, tmp_path / "bills.csv", AS_OF, engine=engine, actions=tmp_path / "log.csv")
    assert found.frame.rows() == [
        ("A", "Lost", date(2026, 1, 1), None, None, 100.0),
        ("B", "New", date(2024, 1, 1), date(2026, 9, 1), None, 1500.5),
        ("C", "Active", date(2026, 6, 10), None, date(2027, 7, 16), 80.0),
        ("D", "Canceled", None, None, None, 0.0),
    ]
    assert found.actions == {
        ActionStatus.APPLIED: 3,
        ActionStatus.FULFILLED: 1,
        ActionStatus.OVERDUE: 0,
        ActionStatus.SUPERSEDED: 1,
        ActionStatus.REJECTED: 1,
        ActionStatus.PENDING: 1,
    }
    assert [str(each) for each in found.problems] == [
        "log.csv!C7: Unknown client: its id is not in the Clients table. The action was not applied."
    ]


@pytest.mark.parametrize("engine", QUICK)
def test_invoices_of_one_day_fulfil_plans_in_one_order(engine: Engine, tmp_path: Path) -> None:
    """The smaller one first, in whatever order an engine gives them."""
    people = clients_of(tmp_path, "Client ID\nA\n")
    plans = "".join(f"2026-05-01,A,Plan revenue,2026-06-{day},{amount}\n" for day, amount in ((10, 100), (11, 100)))
    (tmp_path / "log.csv").write_text(f"Recorded on,Client ID,Action,Issue date,Amount\n{plans}")
    for amounts in ((100, 60), (60, 100)):
        rows = "".join(f"A,2026-06-05,{each}\n" for each in amounts)
        (tmp_path / "bills.csv").write_text(f"Client ID,Issue date,Amount\n{rows}")
        found = segment(people, tmp_path / "bills.csv", AS_OF, engine=engine, actions=tmp_path / "log.csv")
        assert found.actions[ActionStatus.FULFILLED] == 1  # it took 60 and 100


@pytest.mark.parametrize("engine", QUICK)
def test_no_zero_is_below_zero(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "bills.csv").write_text(
        "Client ID,Issue date,Amount\nA,2026-06-01,1\nA,2026-06-01,1\nA,2026-06-01,-2.00001\n"
    )
    found = segment(clients_of(tmp_path, "Client ID\nA\n"), tmp_path / "bills.csv", AS_OF, engine=engine)
    assert found.csv.splitlines()[1] == "A,Active,2026-06-01,,2027-07-07,0.0"


def test_the_date_order_is_that_of_the_log_too(tmp_path: Path) -> None:
    people = clients_of(tmp_path, "Client ID,Created on\nA,01/02/2026\n")
    (tmp_path / "bills.csv").write_text("Client ID,Issue date\n")
    (tmp_path / "log.csv").write_text(
        "Recorded on,Client ID,Action,Issue date,Amount\n04/03/2026,A,Plan revenue,01/08/2026,5\n"
    )
    found = segment(people, tmp_path / "bills.csv", AS_OF, actions=tmp_path / "log.csv", date_order="DMY")
    assert found.frame["Next planned"][0] == date(2026, 8, 1)


# where it goes


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("engine", QUICK)
def test_the_result_is_partitioned_as_the_clients_are(engine: Engine, tmp_path: Path) -> None:
    _, bills = parquet_files(tmp_path, None)
    source, target = tmp_path / "clients", tmp_path / "result"
    for at, (region, part) in enumerate(TABLES.people.partition_by("Region", as_dict=True).items()):
        place = source / f"Region={sources.NO_VALUE if at == 2 else region[0] + 'ü%2F='}"
        place.mkdir(parents=True)
        part.drop("Region").write_parquet(place / "part-0.parquet")
    found = segment(source, bills, AS_OF, engine=engine, output=target)
    assert {each.name for each in target.iterdir()} == {each.name for each in source.iterdir()}
    read = pl.read_parquet(target / "*" / "*.parquet", hive_partitioning=False)
    assert sorted(map(str, read.rows())) == sorted(map(str, found.frame.rows()))
    for folder in source.iterdir():
        people = pl.read_parquet(folder / "*.parquet").select("Client ID", "Client").rows()
        ids = {client_key(written) or client_key(name) for written, name in people}
        assert {client_key(each) for each in pl.read_parquet(target / folder.name / "*.parquet")["Client ID"]} <= ids
    before = sorted(target.rglob("*"))
    segment(source, bills, AS_OF, engine=engine, output=target)
    assert sorted(target.rglob("*")) == before
    assert {each.name for each in tmp_path.iterdir()} == {"clients", "clients.parquet", "invoices.parquet", "result"}


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, target = parquet_files(tmp_path, None), tmp_path / "result"
    segment(*pair, AS_OF, output=target)
    old = (target / "part-0.parquet").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(pl.DataFrame, "write_parquet", full)
        with pytest.raises(SaveError, match="was not saved: No space left on device"):
            segment(*pair, date(2025, 6, 30), output=target)
    assert (target / "part-0.parquet").read_bytes() == old
    segment(*pair, date(2025, 6, 30), output=target)
    assert (target / "part-0.parquet").read_bytes() != old
    assert sorted(each.name for each in tmp_path.iterdir()) == ["clients.parquet", "invoices.parquet", "result"]


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    pair = parquet_files(tmp_path, None)
    with pytest.raises(SaveError, match=r"holds files to read, such as .*clients\.parquet"):
        segment(*pair, output=tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(
        SaveError, match=r"mine is there already, and is not a result .* --force, which keeps what is there"
    ):
        segment(*pair, output=mine)
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="file is a file"):
        segment(*pair, output=tmp_path / "file")
    with pytest.raises(SaveError, match="there is no folder"):
        segment(*pair, output=tmp_path / "none" / "result")
    assert [each.name for each in mine.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_file_is_replaced_and_never_written_over(name: str, tmp_path: Path) -> None:
    pair, target = parquet_files(tmp_path, None), tmp_path / name
    segment(*pair, AS_OF, output=target)
    old = target.read_bytes()
    (tmp_path / "same").hardlink_to(target)
    segment(*pair, date(2025, 6, 30), output=target)
    assert (tmp_path / "same").read_bytes() == old != target.read_bytes()


def test_where_it_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path) -> None:
    for target in (tmp_path / "none" / "out.csv", tmp_path / "none" / "out"):
        with pytest.raises(SaveError, match="there is no folder"):
            segment("none.csv", "none.csv", output=target)
    with pytest.raises(SaveError, match=r"neither \.csv nor \.parquet"):
        segment("none.csv", "none.csv", output=tmp_path / "out.xlsx")
    with pytest.raises(ValueError, match="between"):
        segment("none.csv", "none.csv", date(1, 1, 1))


@links
@pytest.mark.usefixtures("streams")
def test_links_lead_to_what_they_mean(tmp_path: Path) -> None:
    people, bills = parquet_files(tmp_path, None)
    (tmp_path / "link.parquet").symlink_to(bills)
    with pytest.raises(SaveError, match="is one of the files to read"):
        segment(people, bills, output=tmp_path / "link.parquet")
    (tmp_path / "all").symlink_to(tmp_path)
    with pytest.raises(SaveError, match="holds files to read"):
        segment(people, bills, output=tmp_path / "all")
    (tmp_path / "result").mkdir()
    (tmp_path / "way").symlink_to("result")
    segment(people, bills, AS_OF, output=tmp_path / "way")
    assert (tmp_path / "way").is_symlink()
    assert pl.read_parquet(tmp_path / "result" / "part-0.parquet").rows() == EXPECTED


@pytest.mark.usefixtures("streams")
def test_a_folder_that_cannot_take_its_place_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, target = parquet_files(tmp_path, None), tmp_path / "result"
    segment(*pair, AS_OF, output=target)
    rename = Path.rename

    def refuses(self: Path, other: Path) -> Path:
        if self.suffix == ".tmp":
            raise OSError(13, "Permission denied")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", refuses)
    with pytest.raises(SaveError, match="was not saved: Permission denied"):
        segment(*pair, date(2025, 6, 30), output=target)
    assert pl.read_parquet(target / "part-0.parquet").rows() == EXPECTED
    assert sorted(each.name for each in tmp_path.iterdir()) == ["clients.parquet", "invoices.parquet", "result"]


# what every engine does alike, on frames drawn at random


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**9))
def test_the_engines_give_the_same_table(seed: int) -> None:
    tables = Tables(seed)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "LARGE", -1)
        folder = Path(name)
        tables.people.write_parquet(folder / "clients.parquet")
        (folder / "invoices").mkdir()
        tables.bills.write_parquet(folder / "invoices" / "a.parquet")
        found = [segment(folder / "clients.parquet", folder / "invoices", AS_OF, engine=each) for each in QUICK]
    assert [each.frame.rows() for each in found] == [tables.expected()] * len(QUICK)
    assert len({tuple(map(str, each.problems)) for each in found}) == 1


def test_the_engines_agree_on_sums_of_any_size(tmp_path: Path) -> None:
    draw = random.Random(1)
    amounts = [draw.randrange(2 * 10**12) / (100 if at < 300 or at % 2 else -100) for at in range(3_000)]
    people = pl.DataFrame({"Client ID": [f"C{at}" for at in range(30)], "Client": "x"})
    bills = {"Client ID": [f"C{at % 30}" for at in range(3_000)], "Issue date": date(2026, 6, 1), "Amount": amounts}
    people.write_parquet(tmp_path / "clients.parquet")
    pl.DataFrame(bills).write_parquet(tmp_path / "invoices.parquet")
    found = [segment(tmp_path / "clients.parquet", tmp_path / "invoices.parquet", AS_OF, engine=each) for each in QUICK]
    exact = [math.fsum(amounts[at::30]) for at in range(30)]
    assert found[0].frame["Value"].to_list() == pytest.approx(exact, rel=1e-12)
    assert all(each.frame.equals(found[0].frame) for each in found)


@pytest.mark.parametrize("engine", QUICK)
def test_the_command_says_nothing_else_at_its_end(engine: str, tmp_path: Path) -> None:
    people = clients_of(tmp_path, "Client ID\nA\n")
    (tmp_path / "bills.csv").write_text("Client ID,Issue date\nA,2026-06-01\n")
    given = ["segment", people, str(tmp_path / "bills.csv"), "--engine", engine, "--output", str(tmp_path / "out.csv")]
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl", *given], capture_output=True, encoding="utf-8", check=True
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    assert said[-1].endswith("out.csv")
    assert not [each for each in said if "leaked" in each]


def test_a_file_is_listed_up_to_a_size_and_streamed_beyond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Client ID,Issue date\nA,soon\n"
    (tmp_path / "bills.csv").write_text(text)
    people = clients_of(tmp_path, "Client ID\nA\n")
    for limit, told in ((len(text), "bills.csv!B2: "), (len(text) - 1, "bills.csv: 1 row with an issue date that")):
        monkeypatch.setattr(sources, "LARGE", limit)
        (found,) = segment(people, tmp_path / "bills.csv", AS_OF).problems
        assert told in str(found)


@pytest.mark.parametrize("engine", QUICK)
def test_files_of_a_folder_may_have_other_columns_beside_the_known(engine: Engine, tmp_path: Path) -> None:
    people, _ = parquet_files(tmp_path, None)
    (tmp_path / "bills").mkdir()
    first, second = pieces(TABLES.bills, 2)
    first.with_columns(Extra=pl.lit(1)).write_parquet(tmp_path / "bills" / "0.parquet")
    other = second.select(reversed(second.columns)).with_columns(Other=pl.lit("x"))
    other.write_parquet(tmp_path / "bills" / "1.parquet")
    assert segment(people, tmp_path / "bills", AS_OF, engine=engine).frame.rows() == EXPECTED


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("engine", QUICK)
def test_amounts_that_are_no_numbers_and_rows_without_anything(engine: Engine, tmp_path: Path) -> None:
    amounts = [5.0, math.nan, math.inf, -math.inf, None, None]
    days = [*[date(2026, 6, 1)] * 5, None]
    rows = pl.DataFrame({"Client ID": [*"AAAAA", None], "Issue date": days, "Amount": amounts})
    rows.write_parquet(tmp_path / "bills.parquet")
    found = segment(clients_of(tmp_path, "Client ID\nA\n"), tmp_path / "bills.parquet", AS_OF, engine=engine)
    assert found.frame["Value"].to_list() == [5.0]
    assert found.choices[1].rows == 5
    assert [each.wrong for each in found.problems] == ["2 rows with an amount that cannot be read."]


def test_what_of_a_folder_is_read_and_in_which_order(tmp_path: Path) -> None:
    people = tmp_path / "people"
    for name in [f"{at:02}.csv" for at in range(11, -1, -1)]:
        (people / "x=1").mkdir(parents=True, exist_ok=True)
        (people / "x=1" / name).write_text(f"Client ID,Created on\nA{name},\nA,2026-06-{int(name[:2]) + 1:02}\n")
    for hidden in (".hidden.csv", "_made.csv", "_temporary/0.csv", ".git/0.csv"):
        (people / hidden).parent.mkdir(exist_ok=True)
        (people / hidden).write_text("Client ID,Created on\nB,\n")
    (people / "x=1" / "folder.csv").mkdir()
    (tmp_path / "bills" / "Status=Draft").mkdir(parents=True)
    TABLES.bills.filter(pl.col("Issue date") > date(2000, 1, 1)).with_columns(pl.lit("A").alias("Client ID")).drop(
        "Status"
    ).write_parquet(tmp_path / "bills" / "Status=Draft" / "0.parquet")
    found = segment(people, tmp_path / "bills", AS_OF)
    assert [row[0] for row in found.frame.rows()] == ["A00.csv", "A", *(f"A{at:02}.csv" for at in range(1, 12))]
    assert found.frame.rows()[1] == ("A", "No Activity", None, None, date(2026, 6, 1) + timedelta(days=400), 0.0)


@pytest.mark.usefixtures("streams")
def test_texts_of_a_spreadsheet_in_a_stream(tmp_path: Path) -> None:
    """Ids kept from becoming numbers, blanks around, and Windows-1252 that shows long after the beginning."""
    people = clients_of(tmp_path, 'Client ID\n"=""007"""\n Straße \n')
    filler = "007,2026-06-01,1\n" * 70_000
    (tmp_path / "bills.csv").write_bytes(f"Client ID,Issue date,Amount\n{filler}strasse ,2026-06-02,2\n".encode())
    with (tmp_path / "bills.csv").open("ab") as file:
        file.write("STRAßE, 2026-06-03 , 4 \n".encode("cp1252"))
    found = segment(people, tmp_path / "bills.csv", AS_OF)
    assert found.problems == []
    assert [(row[0], row[5]) for row in found.frame.rows()] == [("007", 70_000.0), ("Straße", 6.0)]


def test_a_parquet_file_is_listed_up_to_a_quarter_of_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bills.parquet"
    pl.DataFrame({"Client ID": ["B"], "Issue date": [AS_OF]}).write_parquet(path)
    for limit, told in ((path.stat().st_size * 4, "bills.parquet!A2: "), (path.stat().st_size * 4 - 1, ": 1 row with")):
        monkeypatch.setattr(sources, "LARGE", limit)
        (found,) = segment(clients_of(tmp_path, "Client ID\nA\n"), path, AS_OF).problems
        assert told in str(found)


@pytest.mark.parametrize("large", [False, True], ids=["listed", "streamed"])
def test_a_uuid_is_the_same_as_its_text(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGE", -1 if large else sources.LARGE)
    shown = "7b1e6f2a-0000-4000-8000-0000000000ff"
    path = tmp_path / "books.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table bills as select '{shown}'::uuid as client_id, date '2026-06-01' as issued")
        connection.execute(f"copy (select client_id, '{shown}' as id from bills) to '{tmp_path}/clients.parquet'")
        connection.execute(f"copy bills to '{tmp_path}/bills.parquet'")
    by_text = f"duckdb:///{path}#select client_id::text as client_id, issued from bills"
    for bills in (tmp_path / "bills.parquet", f"duckdb:///{path}#bills", by_text):
        assert [row[:2] for row in segment(tmp_path / "clients.parquet", bills, AS_OF).frame.rows()] == [
            (shown, "Active")
        ]


# how DuckDB computes


@pytest.mark.usefixtures("streams")
def test_duckdb_needs_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert segment(*parquet_files(tmp_path, None), AS_OF, engine="duckdb").frame.rows() == EXPECTED


def test_duckdb_keeps_to_its_memory_and_works_on_disk_in_the_folder_given(tmp_path: Path) -> None:
    with running(Engine.DUCKDB, tmp_path, "512MB") as at_work:
        settings = ", ".join(f"current_setting('{each}')" for each in ("memory_limit", "temp_directory"))
        told = at_work.frame(nw.from_native(pl.DataFrame({"a": [1]}), eager_only=True)).select(settings).fetchall()
    assert told == [("488.2 MiB", str(tmp_path / "duckdb"))]


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("engine", QUICK)
def test_a_file_that_is_broken_in_its_middle(engine: Engine, tmp_path: Path) -> None:
    people, bills = parquet_files(tmp_path, None)
    data = bytearray(Path(bills).read_bytes())
    data[4:-2000] = bytes(len(data) - 2004)
    Path(bills).write_bytes(data)
    with pytest.raises(KopilotError, match=f"The engine {engine} stopped: .*A file may be broken"):
        segment(people, bills, AS_OF, engine=engine)


def test_an_action_log_may_name_the_clients(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("Client ID,Client,Created on\nA,Alder & Co,2026-01-10\nB,Birch,2026-01-10\n")
    (tmp_path / "bills.csv").write_text("Client ID,Issue date,Amount\nA,2026-06-01,100\n")
    (tmp_path / "log.csv").write_text("Recorded on,Client ID,Action,Issue date,Amount\n2026-06-10,alder  & CO,Lost,,\n")
    found = segment(tmp_path / "clients.csv", tmp_path / "bills.csv", AS_OF, actions=tmp_path / "log.csv")
    assert [row[1] for row in found.rows] == ["Lost", "No Activity"]


def test_thresholds_may_be_changed_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "bills.csv").write_text("Client ID,Issue date,Amount\nA,2026-05-01,100\n")
    people = clients_of(tmp_path, "Client ID\nA\n")
    assert segment(people, tmp_path / "bills.csv", AS_OF).rows[0][1] == "Active"
    assert segment(people, tmp_path / "bills.csv", AS_OF, rules={"active_months": 1}).rows[0][1] == "Sleeping Away"
