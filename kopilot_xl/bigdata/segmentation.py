"""Segments for tables outside a workbook, of any size: files, folders of files, databases, with any engine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.bigdata.engines import LOCAL, Engine
from kopilot_xl.bigdata.engines.starting import running
from kopilot_xl.bigdata.kopilot_book import Thresholds, effective_rules, kopilot_book
from kopilot_xl.bigdata.output import Output, check_output, write_output
from kopilot_xl.bigdata.result import Place, Segmentation
from kopilot_xl.bigdata.run import Run
from kopilot_xl.bigdata.sources.data_files import Source
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.importing.action_log import read_action_log
from kopilot_xl.workbook.sheets import actions as actions_sheet
from kopilot_xl.workbook.tables.parsing import DateOrder


def _is_one_file(clients: Place, transactions: Place) -> bool:
    one, other = Path(clients), Path(transactions)
    return one.is_file() and other.is_file() and one.samefile(other)


def segment(
    clients: Place,
    transactions: Place,
    as_of: date | None = None,
    *,
    output: Place | None = None,
    force: bool = False,
    engine: Engine | str | None = None,
    actions: Place | None = None,
    date_order: DateOrder | str | None = None,
    rules: Thresholds | None = None,
    raw: bool = False,
    memory: str | None = None,
    spark_master: str = LOCAL,
    tell: Callable[[str], None] = lambda stage: None,
) -> Segmentation:
    """Return the segment of each client, and write them to a file or folder if one is named.

    Args:
        clients: CSV, Parquet or a workbook; a folder or a pattern of CSV or Parquet files; or a database's table, as
            `postgresql://user@host/database#table`, or its query, as `…#select …`. They must fit memory.
        transactions: likewise. They need not fit memory, with Polars, DuckDB or Spark.
        as_of: the day to look at; by default the AsOf setting of a Kopilot workbook, or today.
        output: a .csv or .parquet file, or a folder, which is partitioned as the clients are; an existing result is
            replaced, all at once; it is readable by nobody who may not read all that it is made from.
        force: replace what is at `output` even if it is no result; it is kept beside as a backup.
        engine: what computes; each gives the same table. By default Polars where it is installed, else pandas.
        actions: an action log, with the columns of the Actions sheet, as CSV, Parquet or a workbook; by default that of
            a Kopilot workbook.
        date_order: how to read a text such as 03/04/2026; by default as a Kopilot workbook says.
        rules: the thresholds, all or some by name; by default the Settings of a Kopilot workbook, else the defaults.
        raw: write ids into CSV as they are, even those that a spreadsheet would take for formulas.
        memory: how much DuckDB or Spark may take before it works on disk, as in `4GB`.
        spark_master: which Spark computes.
        tell: called with what is being done, when it begins.

    Raises:
        KopilotError: something cannot be read or written, or the engine is not installed; the text says what to do.
        ValueError: the as-of date is out of range, there is no such engine or date order, or a threshold makes no
            sense.
    """
    start, today = time.perf_counter(), date.today()
    book = kopilot_book(clients, as_of, today) or kopilot_book(transactions, as_of, today)
    thresholds = effective_rules(rules, book)
    day = as_of or (book and book.settings.as_of) or today
    CutOffs.at(day, thresholds)
    order = DateOrder(date_order) if date_order else book.settings.date_order if book else None
    library = Engine(engine) if engine else Engine.default()
    client_source, transaction_source = Source.of(clients), Source.of(transactions)
    target = None if output is None else _checked(output, client_source, transaction_source, actions, force)
    logged = None if actions is None else read_action_log(actions, order).rows
    log = book.actions if book and logged is None and book.actions.entries else None
    with (
        TemporaryDirectory(prefix="kopilot-xl-", ignore_cleanup_errors=True) as folder,
        running(library, Path(folder), memory, spark_master) as at_work,
    ):
        run = Run(
            Path(folder), at_work, day, order, thresholds, tell, book if _is_one_file(clients, transactions) else None
        )
        index, rows = run.read(client_source, transaction_source)
        if logged is not None:
            log = actions_sheet.read(logged, order, today, run.directory)
        frame, replayed = run.compute(index, rows, log)
    problems = [*index.problems, *run.problems]
    counted: Counter[ActionStatus] = Counter()
    if log and replayed:
        problems += actions_sheet.findings(log, replayed.results)
        counted.update(result.status for result in replayed.results)
    found = Segmentation(
        as_of=day,
        frame=frame.to_native(),
        choices=run.choices,
        problems=problems,
        seconds=time.perf_counter() - start,
        actions={status: counted[status] for status in ActionStatus} if log else {},
        folders=index.folders,
        raw=raw,
    )
    if target is not None:
        tell(f"Writing {target.path}")
        write_output(found, target)
    return found


def _checked(output: Place, clients: Source, transactions: Source, actions: Place | None, force: bool) -> Output:
    return check_output(output, (clients, transactions), () if actions is None else (actions,), force=force)
