"""Segments for tables outside a workbook, of any size: files, folders of files, databases, with any engine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.bigdata.engines import LOCAL, Engine
from kopilot_xl.bigdata.output import _target, _write
from kopilot_xl.bigdata.result import Place, Segmentation
from kopilot_xl.bigdata.run import _Work
from kopilot_xl.bigdata.sources import Source
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.importing import export
from kopilot_xl.workbook.sheets import actions as actions_sheet
from kopilot_xl.workbook.tables.parsing import DateOrder


def segment(
    clients: Place,
    transactions: Place,
    as_of: date | None = None,
    *,
    output: Place | None = None,
    engine: Engine | str = Engine.POLARS,
    actions: Place | None = None,
    date_order: DateOrder | str | None = None,
    rules: Rules = DEFAULT,
    raw: bool = False,
    memory: str | None = None,
    spark_master: str = LOCAL,
    tell: Callable[[str], None] = lambda stage: None,
) -> Segmentation:
    """Tell where each client stands, and write it to a file or folder if one is named.

    Args:
        clients: CSV, Parquet or a workbook; a folder or a pattern of CSV or Parquet files; or a database's table, as
            `postgresql://user@host/database#table`, or its query, as `…#select …`. They must fit memory.
        transactions: as well. They need not fit memory, with Polars, DuckDB or Spark.
        as_of: the day to look at it, today by default.
        output: a .csv or .parquet file, or a folder, which is partitioned as the clients are; an existing one is
            replaced, all at once.
        engine: what computes; each gives the same table.
        actions: an action log, with the columns of the Actions sheet, as CSV, Parquet or a workbook.
        date_order: how to read a text such as 03/04/2026.
        rules: the thresholds.
        raw: write ids into CSV as they are, even those that a spreadsheet would take for formulas.
        memory: how much DuckDB or Spark may take before it works on disk, as in `4GB`.
        spark_master: which Spark computes.
        tell: told what is being done, when it begins.

    Raises:
        KopilotError: something cannot be read or written, or the engine is not installed; the text says what to do.
        ValueError: the as-of date is out of range, or there is no such engine or date order.
    """
    start, day = time.perf_counter(), as_of or date.today()
    CutOffs.at(day, rules)
    order = DateOrder(date_order) if date_order else None
    people_source, rows_source = Source.of(clients), Source.of(transactions)
    target = None if output is None else _target(output, (people_source, rows_source))
    log = None if actions is None else actions_sheet.read(export.read_actions(actions, order).rows, order)
    with (
        TemporaryDirectory(prefix="kopilot-xl-", ignore_cleanup_errors=True) as folder,
        Engine(engine).running(Path(folder), memory, spark_master) as at_work,
    ):
        work = _Work(Path(folder), at_work, day, order, rules, tell)
        people, rows = work.read(people_source, rows_source)
        frame, folded = work.placed(people, rows, log)
    problems = [*people.problems, *work.problems]
    counted: Counter[ActionStatus] = Counter()
    if log and folded:
        problems += actions_sheet.notices(log, folded.results)
        counted.update(each.status for each in folded.results)
    result = Segmentation(
        as_of=day,
        frame=frame,
        choices=work.choices,
        problems=problems,
        seconds=time.perf_counter() - start,
        actions={each: counted[each] for each in ActionStatus} if log else {},
        folders=people.folders,
        raw=raw,
    )
    if target is not None:
        tell(f"Writing {target}")
        _write(result, target)
    return result
