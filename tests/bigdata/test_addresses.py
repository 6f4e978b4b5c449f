"""Addresses that are taken for file names: whatever is wrong with them, no password is repeated."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl.bigdata import segment
from kopilot_xl.bigdata.sources.address import looks_like_an_address, without_secrets
from kopilot_xl.cli.group import app
from kopilot_xl.errors import KopilotError

SECRET = "s3cr-et"
FORMS = [
    f"postgresql:/u:{SECRET}@h/db#t", f"postgresql:u:{SECRET}@h/db", f" postgresql://u:{SECRET}@h/db#t",
    f"'postgresql://u:{SECRET}@h/db#t'", f'"postgresql://u:{SECRET}@h/db#t"', f"POSTGRESQL:/u:{SECRET}@h/db",
    f"postgresql//u:{SECRET}@h/db", f"postgresql%3A%2F%2Fu%3A{SECRET}%40h%2Fdb",
    f"postgresql%253A%252F%252Fu%253A{SECRET}%2540h", f"host=h user=u password={SECRET} dbname=d",
    f"host=h user=u password = '{SECRET} x' dbname=d", f"jdbc:postgresql://h/db?user=u&password={SECRET}",
    f"jdbc:postgresql://u:{SECRET}@h/db", f"//u:{SECRET}@h/db", f"u:{SECRET}@h/db",
    f"psql postgresql://u:{SECRET}@h/db", f"PGPASSWORD={SECRET} psql -h h", f"Server=h;User Id=u;Pwd={SECRET};",
    f"postgresql+psycopg2://u:{SECRET}@h/db", f"postgresql:\\\\u:{SECRET}@h\\db", f"<postgresql://u:{SECRET}@h/db>",
    f"postgres:/:{SECRET}@h", f"file:postgresql://u:{SECRET}@h/db", f"u:{SECRET}@tcp(h:3306)/db",
    f"postgresql://u:{SECRET} @h/db#t", f"PASSWORD='{SECRET}'", f"postgresql:///u:{SECRET}@h",
    f"postgresql://u:{SECRET}%40@h", f'{{"password": "{SECRET}"}}', f"postgresql : // u : {SECRET} @ h",
    f"postgresql://u:{SECRET}＠h/db", f"password:{SECRET}", f"PostgreSQL://U:{SECRET}@H",
    f"postgresql:/\n/u:{SECRET}@h/db",
]  # fmt: skip


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("clients.csv").write_text("Client ID\nA\n")
    return "clients.csv"


@pytest.mark.parametrize("given", FORMS)
def test_no_password_is_repeated(given: str, people: str) -> None:
    with pytest.raises(KopilotError) as raised:
        segment(people, given)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(raised.value)
    tries = [
        ["segment", people, given], ["segment", given, people], ["segment", people, people, "--actions", given],
        ["segment", people, people, "--output", f"{given}.csv"], ["forecast", given], ["forecast", people, given],
        ["refresh", given], ["report", given], ["new", "book.xlsm", "--clients", given],
    ]  # fmt: skip
    for arguments in tries:
        done = CliRunner().invoke(app, arguments, prog_name="kopilot-xl")
        said = done.output + done.stderr
        assert SECRET not in "".join(said.split()), arguments
        assert done.exit_code != 0, arguments


@pytest.mark.parametrize(
    "text",
    [
        "C:/me@x/y.csv", "D:\\u\\me@x\\y.csv", "clients.csv", "see me@example.org: nothing", "Zahlen: a@b.de, c:d",
        "report: 3 clients at 10:30, x@y", "kopilot-xl: clients.csv!B2: x@y.de is not a date", "passage.csv",
        "a folder: with 3 files", "invoices/2026-05.csv",
    ],
)  # fmt: skip
def test_other_texts_are_left_as_they_are(text: str) -> None:
    assert without_secrets(text) == text
    assert not looks_like_an_address(text)


def test_a_file_whose_name_looks_like_an_address_is_read(people: str) -> None:
    Path("u:x@h.csv").write_text("Client ID,Issue date\nA,2026-06-01\n")
    assert len(segment(people, "u:x@h.csv")) == 1


@pytest.mark.parametrize("text", ["a", ":", "a:", "password", "'", "postgresql:/", "a@", "%3A", "pwd='"])
def test_long_texts_take_no_longer_than_twice_as_long_ones(text: str) -> None:
    """Counted in time, but far from the limit: a pattern that tries every pair would take minutes."""
    start = time.process_time()
    without_secrets(text * 8_000)
    assert time.process_time() - start < 10
