"""Tables beyond a sheet: `kopilot-xl segment` beside SQL written by hand for DuckDB that gives the same table.

Both read the same Parquet files and write the same Parquet file. `python -m bench.beyond --make FOLDER` only writes the
tables, a batch at a time, of the size that `--clients` and `--transactions` say; then, for the peak of memory:

    /usr/bin/time -v kopilot-xl segment FOLDER/clients.parquet FOLDER/transactions.parquet \\
        --as-of 2026-07-01 --engine duckdb --memory 2GB --output result.parquet
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.portfolios import AS_OF
from bench.refreshing import make
from bench.timing import Side

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
        connection.execute("SET enable_progress_bar = false")
        for statement in (_MAKE_CLIENTS, _MAKE_TRANSACTIONS):
            text = statement.format(clients=clients, transactions=transactions, folder=folder, as_of=AS_OF)
            connection.execute(text)


def sides(folder: Path) -> list[Side]:
    """Make the tables, and return ours and the peers."""
    make(f"from bench.beyond import make_tables; make_tables(Path({str(folder)!r}), {CLIENTS}, {TRANSACTIONS})")
    ours = ["-m", "kopilot_xl", "segment", str(folder / "clients.parquet"), str(folder / "transactions.parquet")]
    ours += ["--as-of", AS_OF.isoformat(), "--engine", "duckdb", "--output", str(folder / "ours.parquet")]
    id_of = '"Client ID"'
    written = [(f"lower(trim({id_of}))", f"lower(trim(clients.{id_of}))"), (id_of, f"clients.{id_of}")]
    code = [
        "import duckdb; duckdb.connect().execute({!r})".format(
            SQL.format(own=own, theirs=theirs, folder=folder, as_of=AS_OF, target=folder / "theirs.parquet")
        )
        for own, theirs in written
    ]
    return [
        Side("kopilot-xl segment --engine duckdb", ours),
        Side("DuckDB, SQL by hand", ("-c", code[0])),
        Side("DuckDB, SQL by hand, ids taken as they stand", ("-c", code[1])),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.beyond", description="Write tables of any size.")
    parser.add_argument("--make", type=Path, metavar="FOLDER", required=True, help="where to")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--transactions", type=int, default=TRANSACTIONS)
    chosen = parser.parse_args(arguments)
    make_tables(chosen.make, chosen.clients, chosen.transactions)


def check_same(folder: Path) -> None:
    """Raise RuntimeError if ours and the peer's last result differ."""
    import duckdb

    text = _SAME.format(ours=folder / "ours.parquet", theirs=folder / "theirs.parquet")
    rows, same = duckdb.execute(text).fetchall()[0]
    if rows != same:
        raise RuntimeError(f"{rows - same:,} of {rows:,} clients differ")


if __name__ == "__main__":
    main()
