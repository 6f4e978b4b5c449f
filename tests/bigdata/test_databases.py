"""Databases as sources: what is read, what is refused, and that no credentials are ever shown."""

from __future__ import annotations

import json
import logging
import os
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from typer.testing import CliRunner

from kopilot_xl.bigdata.segmentation import segment
from kopilot_xl.bigdata.sources.address import Address, is_address, without_secrets
from kopilot_xl.cli.group import app
from kopilot_xl.errors import BookError, KopilotError, MissingError
from tests.postgresql import PASSWORD, USER, Server

AS_OF = date(2026, 6, 30)
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "ss%w", "w/rd", "%40ss", "geheim")


@pytest.fixture
def clients(tmp_path: Path) -> str:
    path = tmp_path / "clients.csv"
    path.write_text("Client ID\n1001\nA1\n")
    return str(path)


@pytest.fixture(scope="module")
def books(postgres: Server) -> Server:
    """A server with invoices: numbers for ids, numeric amounts, moments in a zone."""
    postgres.run(
        "drop schema if exists sales cascade", "create schema sales",
        "create table sales.invoices (client_id int, invoice_date timestamptz, net_amount numeric(12,2), state text)",
        "insert into sales.invoices values (1001, '2026-06-30 23:30+00', 1.500, 'paid'), (1001, null, 7, 'paid'), "
        "(1001, '2026-05-01 00:30+02', 'NaN', 'paid')",
        "create table sales.odd (client_id int, invoice_date date, net_amount money)",
        "create table sales.other (a int, b text)",
        "create role reader login password 'geheim'",
        "alter role reader set timezone to 'Europe/Paris'", "grant usage on schema sales to reader",
    )  # fmt: skip
    return postgres


def test_numbers_and_moments_of_postgresql(clients: str, books: Server) -> None:
    found = segment(clients, books.address("sales.invoices"), AS_OF)
    assert found.frame.rows()[0] == ("1001", "Active", AS_OF, None, date(2027, 8, 5), 1.5)
    assert (
        found.choices[1].title
        == f"postgresql://127.0.0.1:{books.port}/postgres#sales.invoices: PostgreSQL, table sales.invoices; 3 rows"
    )


def test_a_moment_has_the_day_that_the_server_tells(clients: str, books: Server) -> None:
    books.run("grant select on sales.invoices to reader")
    found = segment(clients, books.address("sales.invoices", "reader", "geheim"), date(2026, 7, 1))
    assert found.frame["Last invoice"][0] == date(2026, 7, 1)
    books.run("revoke select on sales.invoices from reader")


def test_a_time_zone_that_nobody_knows_here_is_no_guess(clients: str, books: Server) -> None:
    books.run("grant select on sales.invoices to reader", "alter role reader set timezone to '<+03>-03'")
    with pytest.raises(
        BookError, match=r'in the time zone "<\+03>-03", which is unknown here: give the user a named one'
    ):
        segment(clients, books.address("sales.invoices", "reader", "geheim"), AS_OF)
    books.run("alter role reader set timezone to 'Europe/Paris'", "revoke select on sales.invoices from reader")


def test_credentials_may_stand_in_the_environment(clients: str, books: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOST": "127.0.0.1", "PGPORT": str(books.port), "PGUSER": USER, "PGPASSWORD": PASSWORD,
        "PGDATABASE": "postgres",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert segment(clients, "postgresql://#sales.invoices", AS_OF).frame["Segment"][0] == "Active"


def test_nothing_is_written_to_a_database(clients: str, books: Server) -> None:
    query = "with gone as (delete from sales.invoices returning *) select * from gone"
    with pytest.raises(BookError, match=r"cannot execute .* in a read-only transaction"):
        segment(clients, books.address(query), AS_OF)


WRONG = {
    "another password": ("postgresql://kopilot:geheim@127.0.0.1:{port}/postgres#t", "password authentication failed"),
    "no such table": ("postgresql://kopilot:{password}@127.0.0.1:{port}/postgres#nix", "no table nix (its tables: "),
    "no such column": ("postgresql://kopilot:{password}@127.0.0.1:{port}/postgres#select nix from pg_class", '"nix"'),
    "no such database": ("postgresql://kopilot:{password}@127.0.0.1:{port}/nix#t", 'database "nix" does not exist'),
    "no table": ("postgresql://kopilot:{password}@127.0.0.1:{port}/postgres", "names no table"),
    "no right": ("postgresql://reader:geheim@127.0.0.1:{port}/postgres#sales.invoices", "permission denied"),
    "money": ("postgresql://kopilot:{password}@127.0.0.1:{port}/postgres#sales.odd", "net_amount::numeric"),
    "no known columns": (
        "postgresql://kopilot:{password}@127.0.0.1:{port}/postgres#sales.other", "no column that can be recognised as",
    ),
    "another database": ("mysql://kopilot:{password}@127.0.0.1:{port}/postgres#t", "Supported: postgresql://"),
    "nobody there": ("postgresql://kopilot:{password}@127.0.0.1:1/postgres#t", "Connection refused"),
    "no such host": ("postgresql://kopilot:{password}@nohost.invalid/postgres#t", "could not translate host name"),
    "password in the query": (
        "postgresql://127.0.0.1:{port}/postgres?user=kopilot&password=geheim#t", "password authentication failed",
    ),
    "not encoded": ("postgresql://kopilot:p@ss%w/rd@127.0.0.1:{port}/postgres#t", "must be percent-encoded"),
    "digits and a slash": ("postgresql://kopilot:12/ss%w@127.0.0.1:{port}/postgres#t", "must be percent-encoded"),
    "digits and a hash": ("postgresql://kopilot:12#ss%w@127.0.0.1:{port}/postgres#t", "must be percent-encoded"),
    "digits and a question mark": ("postgresql://kopilot:12?ss%w@127.0.0.1:{port}/postgres#t", "percent-encoded"),
    "a question mark and an equals sign": ("postgresql://kopilot:12?geheim=w/rd@127.0.0.1/x#t", "percent-encoded"),
    "secret in the words": (
        "postgresql://kopilot:{password}@127.0.0.1:{port}/postgres#select '{password}'::int", "left out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_without_credentials(name: str, clients: str, books: Server) -> None:
    address, says = WRONG[name]
    given = address.replace("{password}", quote(PASSWORD, safe="")).replace("{port}", str(books.port))
    with pytest.raises(KopilotError) as raised:
        segment(clients, given, AS_OF)
    told = [str(raised.value), repr(raised.value)]
    assert says in told[0]
    error: BaseException | None = raised.value
    while error is not None:  # a traceback would show these too
        told.append(str(error))
        error = None if error.__suppress_context__ and error.__cause__ is None else error.__cause__ or error.__context__
    done = CliRunner(env={"KOPILOT_XL_DEBUG": "1"}).invoke(app, ["segment", clients, given], prog_name="kopilot-xl")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr
    assert not [each for each in SECRETS if each in " ".join([*told, done.stdout, done.stderr])]


def test_a_process_of_its_own_tells_no_credentials_either(clients: str, books: Server, tmp_path: Path) -> None:
    given = f"postgresql://kopilot:geheim@127.0.0.1:{books.port}/postgres#t"
    done = command(clients, given, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "password authentication failed" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not [each for each in SECRETS if each in done.stderr]


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "1", "KOPILOT_XL_DEBUG": "1"}
    return subprocess.run(
        [sys.executable, "-m", "kopilot_xl", "segment", *arguments],
        capture_output=True, encoding="utf-8", check=False, env=environment, cwd=folder,
    )  # fmt: skip


def test_what_goes_well_is_told_without_credentials(books: Server, clients: str, tmp_path: Path) -> None:
    given = books.address("sales.invoices")
    done = command(clients, given, "--as-of", "2026-06-30", "--output", "out.csv", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sources"] == ["clients.csv", f"postgresql://127.0.0.1:{books.port}/postgres#sales.invoices"]
    assert (found["segments"]["Active"], found["clients"]) == (1, 2)
    assert not [each for each in (*SECRETS, USER) if each in done.stdout + done.stderr]


def test_an_address_where_a_file_is_meant_shows_no_credentials(books: Server, clients: str, tmp_path: Path) -> None:
    given = books.address("sales.invoices")
    for option in ("--actions", "--output"):
        done = command(clients, clients, option, given, folder=tmp_path)
        assert done.returncode == (2 if option == "--output" else 1)  # its ending is not one that is written
        assert not [each for each in SECRETS if each in done.stdout + done.stderr]


def test_wrong_usage_shows_no_credentials(books: Server, clients: str, tmp_path: Path) -> None:
    given = books.address("sales.invoices")
    for arguments in (
        (clients, clients, given),
        (clients, clients, "--engine", given),
        (clients, clients, "--as-of", given),
    ):
        done = command(*arguments, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert not [each for each in SECRETS if each in done.stdout + done.stderr]


def test_a_server_that_does_not_answer_is_not_waited_for_long(clients: str) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        start = time.monotonic()
        with pytest.raises(BookError, match="timeout"):
            segment(clients, f"postgresql://u:geheim@127.0.0.1:{deaf.getsockname()[1]}/x?connect_timeout=2#t", AS_OF)
        assert time.monotonic() - start < 60
    assert "connect_timeout=10" in Address.of("postgresql://u@h/x#t").connection


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see postgresql://me:p@ss@host/db", "see postgresql://…@host/db"),
        ("postgresql://host/db?password=x&sslmode=on", "postgresql://host/db?password=…&sslmode=on"),
        ("postgres://:x@host#t and http://a:b@c/", "postgres://…@c/"),
        ("nothing: at all, me@example.org", "nothing: at all, me@example.org"),
    ],
)
def test_credentials_are_taken_out_of_a_text(text: str, shown: str) -> None:
    assert without_secrets(text).endswith(shown.rpartition("@")[2])
    assert not any(each in without_secrets(text) for each in ("p@ss", "=x", ":x", "a:b"))


def test_an_address_shows_no_credentials() -> None:
    address = Address.of(f"postgres://me:{quote(PASSWORD, safe='')}@[::1]:5432/books?password=geheim#sales.x")
    assert str(address) == repr(address) == f"{address}" == "postgresql://[::1]:5432/books#sales.x"
    assert address.statement == 'SELECT * FROM "sales"."x"'
    assert Address.of("postgresql://h/x#select%201%20as%20a").statement == "select 1 as a"
    assert Address.of("postgresql://h/x#select a % 2 from t;").statement == "select a % 2 from t"
    assert [is_address(each) for each in ("postgres://x", "sqlite:///x", "s3://x", "C:/x.csv", "x.csv")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_second_statement_is_not_run(clients: str, books: Server, tmp_path: Path) -> None:
    path = tmp_path / "books.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t (a int)")
    bills = sqlite_file(tmp_path / "books.db")
    books.run("create table if not exists t (a int)")
    for given, table in ((f"duckdb:///{path}#", "t"), (bills, "bills"), (books.address(""), "t")):
        with pytest.raises(BookError, match="cannot be read"):
            segment(clients, f"{given}select 1; drop table {table}; select 2", AS_OF)
        with pytest.raises(MissingError, match=rf"its tables: .*\b{table}\b"):
            segment(clients, f"{given}nix", AS_OF)


def test_ids_of_postgresql_may_be_uuids(clients: str, books: Server, tmp_path: Path) -> None:
    shown = "7b1e6f2a-0000-4000-8000-0000000000ff"
    (tmp_path / "people.csv").write_text(f"Client ID\n{shown.upper()}\n")
    query = f"select '{shown}'::uuid as client_id, date '2026-06-01' as invoice_date"
    assert segment(tmp_path / "people.csv", books.address(query), AS_OF).frame["Segment"].to_list() == ["Active"]


def test_how_long_to_wait_is_the_environments_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert "connect_timeout" not in Address.of("postgresql://u@h/x#t").connection


def test_a_missing_table_names_those_there_are(clients: str, books: Server) -> None:
    with pytest.raises(MissingError, match=r"its tables: .*sales\.invoices"):
        segment(clients, books.address("invoice"), AS_OF)


def test_what_the_driver_logs_is_nothing(clients: str, books: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        segment(clients, books.address("sales.invoices"), AS_OF)
    assert not [each for each in SECRETS if each in caplog.text]


def test_a_result_of_many_batches_is_whole(clients: str, books: Server) -> None:
    columns = "1001 as client_id, date '2026-06-30' - n % 300 as invoice_date, 1 as amount"
    query = f"select {columns} from generate_series(1, 300000) n"
    found = segment(clients, books.address(query), AS_OF, engine="duckdb")
    assert found.choices[1].rows == 300_000
    assert found.frame["Value"].to_list() == [300_000.0, 0.0]


# database files


def sqlite_file(path: Path, *rows: tuple[object, ...]) -> str:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("create table bills (client_id, invoice_date, amount, status, note)")
        connection.executemany("insert into bills values (?, ?, ?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{path}#"


def test_a_column_of_sqlite_may_hold_all_kinds_of_values_whatever_its_first_rows_hold(
    clients: str, tmp_path: Path
) -> None:
    blank = (None,) * 5
    days = ["2026-06-01", "2026-06-02", None]
    bills = sqlite_file(
        tmp_path / "books.db", *[blank] * 3_000, ("a1", days[0], 100, "paid", b"x"), (1001, days[1], "7,5", None, 1),
        (1001.0, days[0], 0.25, "Void", "y"), ("A1 ", days[1], 1000.5, "Paid", None),
    )  # fmt: skip
    for given in ("bills", "select * from bills -- all", "with b as (select * from bills) select * from b;"):
        found = segment(clients, bills + given, AS_OF, engine="duckdb")
        assert found.problems == []
        assert found.choices[1].rows == 4
        assert found.frame.rows() == [
            ("1001", "Active", date(2026, 6, 2), None, date(2027, 7, 8), 7.5),
            ("A1", "Active", date(2026, 6, 2), None, date(2027, 7, 8), 1100.5),
        ]


def test_amounts_of_sqlite_keep_their_decimals(clients: str, tmp_path: Path) -> None:
    whole = [(1001, "2026-06-01", 1, None, None)] * 1_500
    bills = sqlite_file(tmp_path / "books.db", *whole, (1001, "2026-06-01", 0.125, None, None))
    assert segment(clients, bills + "bills", AS_OF).frame["Value"].to_list() == [1500.125, 0.0]


def test_the_order_of_a_query_of_sqlite_is_kept(tmp_path: Path) -> None:
    people = sqlite_file(tmp_path / "books.db", *((each, None, None, None, None) for each in "bacd"))
    (tmp_path / "bills.csv").write_text("Client ID,Issue date\n")
    for way, ids in (("asc", "abcd"), ("desc", "dcba")):
        query = f"select client_id, client_id as client from bills order by client_id {way}"
        found = segment(people + query, tmp_path / "bills.csv", AS_OF)
        assert found.frame["Client ID"].to_list() == list(ids)


def test_a_query_of_sqlite_that_is_wrong(clients: str, tmp_path: Path) -> None:
    bills = sqlite_file(tmp_path / "books.db")
    with pytest.raises(BookError, match=r"books\.db cannot be read: no such column: nix\. Correct the query"):
        segment(clients, bills + "select nix from bills", AS_OF)


def test_tables_of_duckdb_are_named_with_their_schema(clients: str, tmp_path: Path) -> None:
    path = tmp_path / "books.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema sales")
        for name in ("bills", "sales.bills"):
            connection.execute(f"create table {name} (client_id int, invoice_date date)")
    with pytest.raises(MissingError, match=r"its tables: bills, sales\.bills\)"):
        segment(clients, f"duckdb:///{path}#nix", AS_OF)
    assert segment(clients, f"duckdb:///{path}#sales.bills", AS_OF).choices[1].form == "DuckDB, table sales.bills"
