"""Commands on data outside a workbook: segment and forecast."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kopilot_xl.bigdata import LOCAL, Engine
from kopilot_xl.cli.group import command
from kopilot_xl.cli.options import AsJson, Force, Order, as_of_option, output_option, read_size
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.cli.threshold_options import (
    ActiveMonths,
    HorizonMonths,
    InaccuratePercent,
    LeavingDays,
    LifespanDays,
    SleepingMonths,
    naming_the_option,
    thresholds,
)
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from kopilot_xl.cli.screen import Screen


@command(
    "segment clients.csv invoices.csv --output segments.csv",
    "segment clients.parquet invoices.parquet --as-of 2026-06-30 --output segments.parquet --engine duckdb",
    'segment clients "invoices/*.parquet" --actions actions.csv --output segments --engine spark',
    "segment postgresql://books@db.example/crm#clients postgresql://books@db.example/crm#sales.invoices",
)
def segment(
    clients: Annotated[
        str,
        typer.Argument(
            metavar="CLIENTS",
            help=t(
                "The clients: CSV, Parquet or Excel; a folder or 'pattern*' of CSV or Parquet files; "
                "or a table of a database, as postgresql://user@host/database#table, "
                "sqlite:///file#table or duckdb:///file#table, where a query may stand for the table."
            ),
            show_default=False,
        ),
    ],
    transactions: Annotated[
        str, typer.Argument(metavar="TRANSACTIONS", help=t("Their invoices: the same kinds."), show_default=False)
    ],
    as_of: Annotated[date | None, as_of_option(t("Default: that of a Kopilot workbook, or today."))] = None,
    output: Annotated[
        Path | None,
        output_option(
            t(
                "A .csv or .parquet file, or a folder, which is partitioned as the clients are; an earlier result "
                "there is replaced. Without it, CSV is printed."
            )
        ),
    ] = None,
    force: Force = False,
    actions: Annotated[
        str | None,
        typer.Option(
            "--actions",
            metavar="FILE",
            help=t("An action log with the columns of the Actions sheet: CSV, Parquet or Excel."),
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option(
            "--engine",
            metavar="|".join(Engine),
            help=t(
                "The library that computes; each gives the same table. Default: polars if it is installed, else pandas."
            ),
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            parser=read_size,
            help=t("How much memory DuckDB or Spark may take before it works on disk, as 4GB."),
            show_default=False,
        ),
    ] = None,
    spark_master: Annotated[
        str,
        typer.Option("--spark-master", metavar="URL", help=t("Which Spark computes: this machine's, or a cluster's.")),
    ] = LOCAL,
    date_order: Order = None,
    active_months: ActiveMonths = None,
    sleeping_months: SleepingMonths = None,
    horizon_months: HorizonMonths = None,
    lifespan_days: LifespanDays = None,
    leaving_days: LeavingDays = None,
    inaccurate_percent: InaccuratePercent = None,
    raw: Annotated[
        bool, typer.Option("--raw", help=t("Write client ids into CSV as they are, without the apostrophe."))
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help=t("Print JSON about the result, which --output must name, on standard output.")),
    ] = False,
) -> None:
    """List each client's segment, from data outside a workbook and of any size.

    If one of the tables is a Kopilot workbook, its Settings and Actions count as in a refresh; options override them.

    The result has the columns Client ID, Segment, Last invoice, Next planned, Leaves on and Value.

    In CSV, a client id that a spreadsheet would take for a formula (it starts with =, +, -, @, a tab or a line end,
    and is not a number) has an apostrophe before it, so that opening the file runs nothing. --raw leaves it out.

    How the tables were read, and every problem in them, is reported on standard error. Large files, folders and
    databases are read in streams; what is wrong in them is counted.

    A password is best left out of an address: PostgreSQL's own PGPASSWORD and ~/.pgpass are used. Passwords are never
    printed.
    """
    if json and output is None:
        raise typer.BadParameter(t("it describes a file: name it with --output."), param_hint="--json")
    from kopilot_xl import segment
    from kopilot_xl.cli import as_json, show_imports

    screen = screen_on(sys.stderr)
    rules = thresholds(active_months, sleeping_months, horizon_months, lifespan_days, leaving_days, inaccurate_percent)
    with _doing(screen) as tell, naming_the_option():
        found = segment(
            clients,
            transactions,
            as_of,
            output=output,
            force=force,
            engine=engine,
            actions=actions,
            date_order=date_order,
            rules=rules,
            raw=raw,
            memory=memory,
            spark_master=spark_master,
            tell=tell,
        )
    named = None if output is None else str(output)
    show_imports.segmented(screen, found, named)
    if json:
        screen_on().data(as_json.segmented_as_json(found, named))
    elif output is None:
        screen_on().table(found.csv)


@command(
    "forecast Portfolio.xlsm",
    "forecast clients.csv invoices.csv",
    "forecast clients.csv invoices.csv --as-of 2026-06-30 --json",
)
def forecast(
    clients: Annotated[
        Path,
        typer.Argument(
            metavar="BOOK|CLIENTS",
            help=t("A Kopilot workbook; or the clients: CSV, Parquet or Excel."),
            show_default=False,
        ),
    ],
    transactions: Annotated[
        str | None,
        typer.Argument(metavar="TRANSACTIONS", help=t("The clients' invoices: the same kinds."), show_default=False),
    ] = None,
    as_of: Annotated[date | None, as_of_option(t("Default: that of a Kopilot workbook, or today."))] = None,
    actions: Annotated[
        str | None,
        typer.Option(
            "--actions",
            metavar="FILE",
            help=t("An action log with the columns of the Actions sheet: CSV, Parquet or Excel."),
            show_default=False,
        ),
    ] = None,
    date_order: Order = None,
    active_months: ActiveMonths = None,
    sleeping_months: SleepingMonths = None,
    horizon_months: HorizonMonths = None,
    lifespan_days: LifespanDays = None,
    leaving_days: LeavingDays = None,
    inaccurate_percent: InaccuratePercent = None,
    json: AsJson = False,
) -> None:
    """Forecast the revenue of the next twelve months, from a workbook or from data outside one.

    Three rules are mixed: one that knows each client's rhythm, and two of monthly totals. Each is weighted by how far
    it was off on your own past, as it was known then.

    Of a Kopilot workbook the Settings and the Actions count as in a refresh.

    How the files were read, and every problem in them, is reported on standard error.
    """
    from kopilot_xl import forecast
    from kopilot_xl.cli import as_json, show_forecast

    rules = thresholds(active_months, sleeping_months, horizon_months, lifespan_days, leaving_days, inaccurate_percent)
    with naming_the_option():
        found = forecast(clients, transactions, as_of, date_order=date_order, actions=actions, rules=rules)
    show_forecast.read_for_forecast(screen_on(sys.stderr), found)
    if json:
        screen_on().data(as_json.foretold_as_json(found))
    else:
        show_forecast.foretold(screen_on(), found)


@contextmanager
def _doing(screen: Screen) -> Iterator[Callable[[str], None]]:
    """What is told what is being done, and shows it where somebody looks on."""
    if not screen.is_terminal:
        yield lambda stage: None
        return
    from rich.text import Text

    with screen.console.status("") as status:
        yield lambda stage: status.update(Text(f"{stage} …"))
