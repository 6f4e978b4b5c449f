"""Tables beyond a sheet: `python -m bench.beyond` compares `kopilot-xl segment` with SQL written by hand for DuckDB.

Both read the same Parquet files and write the same Parquet file, in fresh processes. `--clients` and `--transactions`
set the size, `--rounds` how often, `--memory` what DuckDB may take (as 3GB). `python -m bench.beyond --make FOLDER`
only writes the tables, a batch at a time; then, for the peak of memory:

    /usr/bin/time -v kopilot-xl segment FOLDER/clients.parquet FOLDER/transactions.parquet \\
        --as-of 2026-07-01 --engine duckdb --memory 2GB --output result.parquet
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.portfolios import AS_OF
from bench.timing import Side, compare

CLIENTS, TRANSACTIONS = 1_000_000, 10_000_000

_MAKE_CLIENTS = """
COPY (
  SELECT 'C' || lpad(n::VARCHAR, 9, '0') AS "Client ID", 'Client ' || n AS "Client",
         DATE '{as_of}' - (hash(n) % 2500)::INTEGER AS "Created on"
  FROM range(1, {clients} + 1) numbers(n)
) TO '{folder}/clients.parquet'
"""
_MAKE_TRANSACTIONS = """
COPY (
  SELECT 'C' || lpad((1 + hash(n) % {clients})::VARCHAR, 9, '0') AS "Client ID",
         DATE '{as_of}' + 120 - (hash(n + 1000000007) % 1220)::INTEGER AS "Issue date",
         (8000 + (hash(n * 3 + 1) % 892000)::INTEGER) / 100 AS "Amount",
         ['Issued', 'Paid', 'Paid', 'Paid', 'Sent', 'Planned', 'Draft'][1 + (hash(n * 7 + 5) % 7)::INTEGER] AS "Status"
  FROM range({transactions}) numbers(n)
) TO '{folder}/transactions.parquet'
"""

# What somebody who knows the rules and DuckDB would write; ids without regard to case and surrounding blanks.
SQL = """
COPY (
  WITH transactions AS (
    SELECT {own} AS client, "Issue date" AS day, "Amount" AS amount, lower(trim("Status")) AS state,
           state IN ('planned', 'forecast') AS planned, amount IS NULL OR amount > 0 AS counts,
           counts AND day > DATE '{as_of}' AND day <= DATE '{as_of}' + INTERVAL 12 MONTH AS is_coming
    FROM read_parquet('{folder}/transactions.parquet')
    WHERE lower(trim("Status")) NOT IN ('draft', 'canceled', 'cancelled', 'void')
  ), dates AS (
    SELECT client, max(day) FILTER (NOT planned AND counts AND day <= DATE '{as_of}') AS last_invoice,
           min(day) FILTER (is_coming) AS next_planned, sum(amount) FILTER (is_coming) AS coming
    FROM transactions GROUP BY client
  ), years AS (
    SELECT client, sum(amount) AS billed FROM transactions JOIN dates USING (client)
    WHERE NOT planned AND day <= last_invoice AND day > last_invoice - INTERVAL 12 MONTH GROUP BY client
  ), segments AS (
    SELECT clients."Client ID" AS id, "Created on" AS created, last_invoice, next_planned, coming, billed,
      CASE
        WHEN last_invoice >= DATE '{as_of}' - INTERVAL 4 MONTH THEN 'Active'
        WHEN last_invoice >= DATE '{as_of}' - INTERVAL 8 MONTH THEN 'Sleeping Away'
        WHEN last_invoice >= DATE '{as_of}' - 370 THEN 'Hibernating'
        WHEN last_invoice >= DATE '{as_of}' - 400 THEN if(next_planned IS NULL, 'Leaving', 'Hibernating')
        WHEN last_invoice IS NULL AND created > DATE '{as_of}' THEN NULL
        WHEN next_planned IS NOT NULL THEN 'New'
        WHEN last_invoice IS NOT NULL THEN 'Lost'
        WHEN created IS NULL OR created > DATE '{as_of}' - 400 THEN 'No Activity'
        ELSE 'Lost'
      END AS segment
    FROM read_parquet('{folder}/clients.parquet') clients
    LEFT JOIN dates ON dates.client = {theirs} LEFT JOIN years ON years.client = dates.client
  )
  SELECT id AS "Client ID", segment AS "Segment", last_invoice AS "Last invoice", next_planned AS "Next planned",
    CASE
      WHEN next_planned IS NOT NULL OR segment IN ('New', 'Lost') THEN NULL
      WHEN segment = 'No Activity' THEN created + 400
      ELSE last_invoice + 401
    END AS "Leaves on",
    CASE
      WHEN segment IS NULL THEN NULL
      WHEN segment = 'New' THEN coalesce(coming, 0)
      ELSE round(coalesce(billed, 0), 4)
    END AS "Value"
  FROM segments
) TO '{target}'
"""
_SAME = """
WITH ours AS (FROM read_parquet('{ours}')), theirs AS (FROM read_parquet('{theirs}'))
SELECT (SELECT count(*) FROM ours), count(*) FROM ours JOIN theirs USING ("Client ID")
WHERE ours."Segment" IS NOT DISTINCT FROM theirs."Segment"
  AND ours."Last invoice" IS NOT DISTINCT FROM theirs."Last invoice"
  AND ours."Next planned" IS NOT DISTINCT FROM theirs."Next planned"
  AND ours."Leaves on" IS NOT DISTINCT FROM theirs."Leaves on" AND abs(ours."Value" - theirs."Value") < 0.001
"""


def make_tables(folder: Path, clients: int, transactions: int) -> None:
    """Write clients and transactions as Parquet files, in a memory that does not grow with them."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "1GB", "preserve_insertion_order": False}) as connection:
        for statement in (_MAKE_CLIENTS, _MAKE_TRANSACTIONS):
            text = statement.format(clients=clients, transactions=transactions, folder=folder, as_of=AS_OF)
            connection.execute(text)


def sides(folder: Path, memory: str | None) -> list[Side]:
    """Return ours and the peers, over tables that are in a folder already."""
    ours = ["-m", "kopilot_xl", "segment", str(folder / "clients.parquet"), str(folder / "transactions.parquet")]
    ours += ["--as-of", AS_OF.isoformat(), "--engine", "duckdb", "--output", str(folder / "ours.parquet")]
    ours += ["--memory", memory] if memory else []
    settings = {"memory_limit": memory} if memory else {}
    id_of = '"Client ID"'
    written = [(f"lower(trim({id_of}))", f"lower(trim(clients.{id_of}))"), (id_of, f"clients.{id_of}")]
    code = [
        "import duckdb; duckdb.connect(config={!r}).execute({!r})".format(
            settings, SQL.format(own=own, theirs=theirs, folder=folder, as_of=AS_OF, target=folder / "theirs.parquet")
        )
        for own, theirs in written
    ]
    return [
        Side("kopilot-xl segment --engine duckdb", ours),
        Side("DuckDB, SQL by hand", ("-c", code[0])),
        Side("DuckDB, SQL by hand, ids taken as they stand", ("-c", code[1])),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the tables, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.beyond", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--transactions", type=int, default=TRANSACTIONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", help="what DuckDB may take, as 3GB")
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only write the tables there")
    chosen = parser.parse_args(arguments)
    if chosen.make:
        make_tables(chosen.make, chosen.clients, chosen.transactions)
        return
    size = f"{chosen.clients:,} clients × {chosen.transactions:,} transactions"
    table = Table(title=f"{size}, Parquet to Parquet: median of {chosen.rounds} fresh processes each, in turn")
    for heading in ("side", "cpu s", "wall s", "peak MB", "ours / side, wall", "ours / side, cpu"):
        table.add_column(heading, justify="left" if heading == "side" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_tables(folder, chosen.clients, chosen.transactions)
        both = sides(folder, chosen.memory)
        measured = compare(*both, rounds=chosen.rounds)
        for side, one in zip(both, measured, strict=True):
            ratios = (measured[0].wall / one.wall, measured[0].cpu / one.cpu)
            figures = (f"{one.cpu:.2f}", f"{one.wall:.2f}", f"{one.memory:.0f}", *map("{:.2f}".format, ratios))
            table.add_row(side.name, *figures)
        _check_same(folder)
    Console(width=120).print(table)


def _check_same(folder: Path) -> None:
    import duckdb

    text = _SAME.format(ours=folder / "ours.parquet", theirs=folder / "theirs.parquet")
    rows, same = duckdb.execute(text).fetchall()[0]
    if rows != same:
        raise RuntimeError(f"{rows - same:,} of {rows:,} clients differ")


if __name__ == "__main__":
    main()
