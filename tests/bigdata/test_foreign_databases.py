"""Databases of somebody else: what their views and queries try reads no file of this machine and writes none."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import duckdb
import pytest

from kopilot_xl.bigdata import segment
from kopilot_xl.errors import KopilotError
from tests.postgresql import Server

AS_OF = date(2026, 6, 30)
COLUMNS = "'A' as client_id, date '2026-06-01' as invoice_date"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("clients.csv").write_text("Client ID\nA\n")
    Path("secret.csv").write_text("client_id,invoice_date\nA,2026-06-01\n")
    return tmp_path


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def foreign(folder: Path) -> str:
    """A DuckDB file whose views read files, load code and reach out."""
    with duckdb.connect("books.duckdb") as connection:
        connection.execute(f"create table bills as select {COLUMNS}")
        connection.execute(f"create view reads as from read_csv('{folder}/secret.csv')")
        connection.execute(f"create view lists as select * from glob('{folder}/*')")
        connection.execute(f"create macro sneaky() as table from read_csv('{folder}/secret.csv')")
    return "duckdb:///books.duckdb#"


def test_a_table_of_duckdb_is_read(foreign: str) -> None:
    for what in ("bills", "select * from bills", "from bills", "with b as (from bills) from b", "select * from bills;"):
        assert segment("clients.csv", foreign + what, AS_OF).counts == {"Active": 1}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("reads", "disabled by configuration"), ("select * from sneaky()", "disabled by configuration"),
        ("lists", "disabled by configuration"), ("select * from read_csv('secret.csv')", "disabled by configuration"),
        ("select content as client_id from read_text('secret.csv')", "disabled by configuration"),
        ("select 1; copy bills to 'out.csv'", "write one SELECT"),
        ("select 1; attach 'other.duckdb'", "write one SELECT"),
        ("table bills; set enable_external_access = true", "write one SELECT"),
        ("select * from read_parquet('https://example.invalid/x.parquet')", "cannot be read"),
        ("select * from 'secret.csv'", "cannot be read"), ("select * from bills; ; select 2", "write one SELECT"),
        ("with x as (select 1) insert into bills from bills", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_of_duckdb_reaches_nothing_else(what: str, says: str, foreign: str, folder: Path) -> None:
    before = tables(folder)
    with pytest.raises(KopilotError, match=says):
        segment("clients.csv", foreign + what, AS_OF)
    assert tables(folder) == before


@pytest.mark.parametrize(
    "what",
    [
        "loads", "select load_extension('x.so') as client_id", "select 1; attach 'other.db' as o; create table o.t(a)",
        "select 1; drop table bills", "with x as (select 1) delete from bills",
        "select writefile('out.csv', 'x') as client_id", "select readfile('secret.csv') as client_id",
        "select * from bills) ; create table t(a); select (1",
    ],
)  # fmt: skip
def test_a_file_of_sqlite_reaches_nothing_else(what: str, folder: Path) -> None:
    with sqlite3.connect("books.db") as connection:
        connection.execute("create table bills as select 'A' as client_id, '2026-06-01' as invoice_date")
        connection.execute("create view loads as select load_extension('x.so') as client_id, 1 as invoice_date")
    connection.close()
    assert segment("clients.csv", "sqlite:///books.db#bills", AS_OF).counts == {"Active": 1}
    before = tables(folder)
    with pytest.raises(KopilotError):
        segment("clients.csv", f"sqlite:///books.db#{what}", AS_OF)
    assert tables(folder) == before


@pytest.mark.usefixtures("folder")
def test_a_server_of_postgresql_is_only_read(postgres: Server) -> None:
    postgres.run(
        "drop schema if exists evil cascade", "create schema evil",
        "create table evil.log (at timestamptz default now())",
        "create function evil.note() returns text language plpgsql volatile as "
        "$$ begin insert into evil.log default values; return 'A'; end $$",
        "create function evil.loosen() returns text language plpgsql volatile as "
        "$$ begin perform set_config('transaction_read_only', 'off', false); insert into evil.log default values; "
        "return 'A'; end $$",
        "create view evil.writes as select evil.note() as client_id, date '2026-06-01' as invoice_date",
        "create view evil.loosens as select evil.loosen() as client_id, date '2026-06-01' as invoice_date",
        f"create table evil.bills as select {COLUMNS}",
    )  # fmt: skip
    assert segment("clients.csv", postgres.address("evil.bills"), AS_OF).counts == {"Active": 1}
    for what in (
        "evil.writes", "evil.loosens", "select 1; drop table evil.bills", "select evil.note() as client_id",
        "select 1) to program 'touch /tmp/never' --", "with x as (delete from evil.bills returning *) table x",
        "select 1; commit; drop table evil.bills",
    ):  # fmt: skip
        with pytest.raises(KopilotError):
            segment("clients.csv", postgres.address(what), AS_OF)
    query = "select 'A' as client_id, date '2026-06-01' - (select count(*)::int from evil.log) as invoice_date"
    assert segment("clients.csv", postgres.address(query), AS_OF).rows[0][2] == date(2026, 6, 1)
    assert segment("clients.csv", postgres.address("evil.bills"), AS_OF).counts == {"Active": 1}
