"""The door outside: the command `kopilot-xl`. Nothing but arguments, progress and exit codes."""

from __future__ import annotations

import gc
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from kopilot_xl import __version__, stopping
from kopilot_xl.engines import LOCAL, Engine
from kopilot_xl.errors import reason
from kopilot_xl.sheets.values import DateOrder

if TYPE_CHECKING:
    from kopilot_xl.book.finding import Search
    from kopilot_xl.console import Screen
    from kopilot_xl.many import Done, Task, Watch
    from kopilot_xl.overview import Line
    from kopilot_xl.refreshing import Report

NAME = "kopilot-xl"


class Exit(IntEnum):
    """What a command's exit code means; wrong usage is 2, as everywhere, and a stop is `STOPPED` and the signal."""

    DONE = 0
    FAILED = 1
    STOPPED = 128
    UNHEARD = 141


class _Door(TyperGroup):
    """The group of commands, which lets no traceback out."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            _tell("stopped. Every file is as it was before, or done.")
            raise typer.Exit(Exit.STOPPED + getattr(stop, "number", signal.SIGINT)) from None
        except BrokenPipeError:
            _hush()
            raise typer.Exit(Exit.UNHEARD) from None
        except BaseException as error:
            if _is_typers_own(error):
                _hide_secrets(error)
                raise
            _tell(reason(error))
            raise typer.Exit(Exit.FAILED) from None


app = typer.Typer(
    name=NAME,
    cls=_Door,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_COLLECTED = 100_000
"""How many new objects the garbage collector lets come before a look: importing alone makes some hundred thousand."""


def main() -> None:
    """Run the command line, as the console script does."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal's encoding may lack a sign of a help text
    gc.set_threshold(_COLLECTED)
    try:
        app(prog_name=NAME)
    finally:
        if "duckdb" not in sys.modules:  # which tells of all that is left
            gc.freeze()  # it ends with the process: no need to look through it
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _hush()


def _examples(*lines: str) -> str:
    """The foot of a command's help."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"[cyan]{NAME} {line}[/cyan]" for line in lines)])


def _day(text: str) -> date:
    """Read `--as-of`.

    Raises:
        typer.BadParameter: it is no date, could be two, or cannot be computed with.
    """
    from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY
    from kopilot_xl.sheets.values import UnreadableError, read_date

    if text.strip().casefold() == "today":
        return date.today()
    try:
        day = read_date(text)
    except UnreadableError:
        day = None
    if day is None:
        raise typer.BadParameter(f'"{text}" is no date that can be read. Write 2026-04-03, or today.')
    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(f"{day} is out of range: give a day between {FIRST_DAY} and {LAST_DAY}.")
    return day


def _size(text: str) -> str:
    """Read `--memory`.

    Raises:
        typer.BadParameter: it is no size.
    """
    size = text.strip().upper()
    if not re.fullmatch(r"[1-9]\d*(MB|GB|TB)", size):
        raise typer.BadParameter(f'"{text}" is no size. Write 4GB or 512MB.')
    return size


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


def _as_of(beats: str) -> Any:
    """The option `--as-of`, and what it beats."""
    return typer.Option(
        "--as-of",
        parser=_day,
        metavar="DATE",
        help=f"The day to look at the portfolio, as 2026-04-03 or today. {beats}",
        show_default=False,
    )


def _output(what: str) -> Any:
    """The option `--output`, and what is written there."""
    return typer.Option("--output", "-o", metavar="FILE", help=what, show_default=False)


Book = Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook, .xlsx or .xlsm.")]
Books = Annotated[
    list[str], typer.Argument(metavar="BOOK|FOLDER", help="Workbooks, .xlsx or .xlsm, and folders of them.")
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=60,
        help="How many processes share the work on several workbooks. A good number is that of the machine's cores.",
    ),
]
AsOf = Annotated[date | None, _as_of("It beats the workbook's own setting.")]
Order = Annotated[
    DateOrder | None,
    typer.Option(
        "--date-order",
        case_sensitive=False,
        metavar="|".join(DateOrder),
        help="How to read a date such as 03/04/2026 in the exports. Without it, such a date is refused.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, alone on standard output, one object a line.")]


@app.callback()
def _kopilot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Where each client stands, and what shape the portfolio is in, straight from the Excel workbook."""


@app.command(
    epilog=_examples(
        "new Portfolio.xlsm", "new Portfolio.xlsm --clients clients.csv --transactions invoices.xlsx --date-order DMY"
    )
)
def new(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook to make; it ends in .xlsm.")],
    clients: Annotated[
        Path | None,
        typer.Option("--clients", metavar="FILE", help="Clients from CSV, Parquet or Excel.", show_default=False),
    ] = None,
    transactions: Annotated[
        Path | None,
        typer.Option(
            "--transactions", metavar="FILE", help="Their invoices, from CSV, Parquet or Excel.", show_default=False
        ),
    ] = None,
    date_order: Order = None,
    force: Force = False,
) -> None:
    """Make a new workbook, empty or filled from your exports.

    Delimiter, encoding, decimal comma and common headings are found out; what was chosen is printed.
    """
    if transactions is not None and clients is None:
        raise typer.BadParameter("transactions need their clients: give --clients too.", param_hint="--transactions")
    from kopilot_xl import console, create

    made = create.new(book, clients, transactions, date_order=date_order, force=force)
    console.created(_screen(), made)


@app.command(epilog=_examples("demo", "demo try.xlsm --force"))
def demo(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Where to write it; it ends in .xlsm.")] = Path(
        "kopilot-demo.xlsm"
    ),
    force: Force = False,
) -> None:
    """Write a sample workbook, refresh it and show its portfolio."""
    from kopilot_xl import console, create

    console.report(_screen(), create.demo(book, force=force))


@app.command(
    epilog=_examples(
        "refresh Portfolio.xlsm",
        "refresh Portfolio.xlsm --as-of 2026-06-30 --output June.xlsm",
        "refresh *.xlsm --json --strict --backup",
        "refresh Clients --jobs 4 --summary Portfolios.xlsx",
        "refresh Portfolio.xlsm --backfill 12",
    )
)
def refresh(
    books: Books,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        _output("Save it here and leave the workbook as it is; a file there is replaced. For one workbook only."),
    ] = None,
    backup: Annotated[
        bool,
        typer.Option(
            "--backup",
            help="Keep the version that is replaced beside it: Portfolio.xlsm as Portfolio.xlsm.kopilot-backup. "
            "The backup made before is replaced. To go back, rename it.",
        ),
    ] = False,
    backfill: Annotated[
        int,
        typer.Option(
            "--backfill",
            metavar="N",
            min=0,
            max=120,
            help="Also fill History for the ends of the N months before, as today's rows tell it. Such rows are marked "
            "as reconstructed; a row written on its own day stays.",
            show_default=False,
        ),
    ] = 0,
    jobs: Jobs = 1,
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary",
            metavar="FILE",
            help="Also write a table with a row for each workbook: shape, tilt, clients by segment, value, leaving "
            "value, problems. It ends in .csv, .parquet or .xlsx, and a file there is replaced.",
            show_default=False,
        ),
    ] = None,
    json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if there are data problems. Notices never count.")
    ] = False,
) -> None:
    """Recompute the segments and the Portfolio sheet of one or more workbooks.

    Excel is not needed. Only the cells a refresh owns are written.

    Of a FOLDER, it is the workbooks in it and in all folders in it; those that are no Kopilot workbooks are left alone.
    One that fails stops no other. Ctrl-C stops where every file is as it was before, or done.

    A workbook that another process refreshes is waited for, up to a minute.

    Exit code 0: all refreshed; 1: at least one was not and is as it was, or --strict found problems; 2: wrong usage;
    130: stopped by Ctrl-C, 143: by SIGTERM.
    """
    from kopilot_xl.book.finding import workbooks
    from kopilot_xl.many import Refresh

    search = workbooks(books, but=summary)
    several = len(search.books) > 1
    if output is not None and several:
        raise typer.BadParameter("it names one file, but there are several workbooks.", param_hint="--output")
    if summary is not None:
        from kopilot_xl.overview import check_target

        check_target(summary, [each.path for each in search.books])
    task = Refresh(as_of, output, backup, backfill, meanwhile=None if several else _import_what_shows)
    lines, failed = [], False
    for done in _each(search, task, jobs, "Refreshing"):
        failed = failed or done.report is None or (strict and _problems(done.report) > 0)
        lines.append(_shown(done, json, several))
    from kopilot_xl import console, overview

    if several and not json:
        console.portfolios(_screen(), lines)
    if summary is not None:
        overview.write(lines, summary)
    raise typer.Exit(Exit.FAILED if failed or not lines else Exit.DONE)


def _import_what_shows() -> None:
    """Import what shows what was found, while there is time."""
    from kopilot_xl import console, overview  # noqa: F401


def _shown(done: Done, json: bool, several: bool) -> Line:
    """Show what a refresh of a workbook found; return the workbook's line among several."""
    from kopilot_xl import console, overview

    if done.report is None:
        pass
    elif json:
        _screen().data(console.as_json(done.report, str(done.path)))
    elif several:
        console.brief(_screen(), done.report, str(done.path))
    else:
        console.report(_screen(), done.report)
    return overview.Line.of(done)


@app.command(epilog=_examples("check Portfolio.xlsm", "check Portfolio.xlsm --json", "check Clients --jobs 4"))
def check(books: Books, jobs: Jobs = 1, json: AsJson = False) -> None:
    """List the data problems of one or more workbooks, and write nothing.

    Exit code 0: none, though there may be notices; 1: problems, or a workbook cannot be read; 2: wrong usage.
    """
    from kopilot_xl import console
    from kopilot_xl.book.finding import workbooks
    from kopilot_xl.many import Check

    screen, search, sound = _screen(), workbooks(books), []
    for done in _each(search, Check(), jobs, "Checking"):
        sound.append(done.report is not None and not _problems(done.report))
        if done.report is None:
            continue
        if json:
            screen.data(console.checked_as_json(done.report, str(done.path)))
        else:
            console.checked(screen, done.report, str(done.path) if len(search.books) > 1 else "")
    raise typer.Exit(Exit.DONE if sound and all(sound) else Exit.FAILED)


@app.command(epilog=_examples("report Portfolio.xlsm", "report Portfolio.xlsm --as-of 2026-06-30 --output June.html"))
def report(
    book: Book,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        _output(
            "The page to write; it ends in .html, and a file there is replaced. "
            "Without it: beside the workbook, with its name."
        ),
    ] = None,
) -> None:
    """Write the portfolio as one HTML page to send, and nothing into the workbook.

    The page needs no network and no other file; it can be read on a phone and printed on A4.
    """
    from kopilot_xl.book import open_book
    from kopilot_xl.report import report as report_book

    made = report_book(open_book(book), output or book.with_suffix(".html"), as_of)
    _screen().line(f"{made.path} shows the portfolio as of {made.as_of}.")


@app.command(epilog=_examples("upgrade Portfolio.xlsm", "upgrade Portfolio.xlsm --output New.xlsm"))
def upgrade(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook of an earlier version, .xlsx or .xlsm.")],
    output: Annotated[
        Path | None,
        _output("The new workbook; it ends in .xlsm. Without it: beside the old one, its name with (upgraded)."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace the file if it is there already. Where that is BOOK itself, it is kept beside the new one, "
            "its name with .kopilot-backup added.",
        ),
    ] = False,
) -> None:
    """Make a new workbook of this version from an old one, which stays as it is.

    The rows of Clients, Transactions and Actions come along as they stand, with the columns you added to them, and so
    do Settings and History. What else stands in the old workbook does not; it is listed. Formulas come along as their
    results, and widths, colours and filters are those of a new workbook.
    """
    from kopilot_xl import upgrading

    made, screen = upgrading.upgrade(book, output, force=force), _screen()
    for line in made.lines:
        screen.line(line)


@app.command(
    epilog=_examples(
        "segment clients.csv invoices.csv > segments.csv",
        "segment clients.parquet invoices.parquet --as-of 2026-06-30 --output segments.parquet --engine duckdb",
        "segment clients 'invoices/*.parquet' --actions actions.csv --output segments --engine spark",
        "segment postgresql://books@db.example/crm#clients postgresql://books@db.example/crm#sales.invoices",
    )
)
def segment(
    clients: Annotated[
        str,
        typer.Argument(
            metavar="CLIENTS",
            help="The clients: CSV, Parquet or Excel; a folder or 'pattern*' of CSV or Parquet files; or a table of a "
            "database, as postgresql://user@host/database#table, sqlite:///file#table or duckdb:///file#table, where a "
            "query may stand for the table.",
            show_default=False,
        ),
    ],
    transactions: Annotated[
        str, typer.Argument(metavar="TRANSACTIONS", help="Their invoices: the same kinds.", show_default=False)
    ],
    as_of: Annotated[date | None, _as_of("Without it: today.")] = None,
    output: Annotated[
        Path | None,
        _output(
            "A .csv or .parquet file, or a folder, which is partitioned as the clients are; what is there is replaced. "
            "Without it, CSV is printed."
        ),
    ] = None,
    actions: Annotated[
        Path | None,
        typer.Option(
            "--actions",
            metavar="FILE",
            help="An action log with the columns of the Actions sheet: CSV, Parquet or Excel.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine", metavar="|".join(Engine), help="The library that computes; each gives the same table."
        ),
    ] = Engine.POLARS,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            parser=_size,
            help="How much memory DuckDB or Spark may take before it works on disk, as 4GB.",
            show_default=False,
        ),
    ] = None,
    spark_master: Annotated[
        str, typer.Option("--spark-master", metavar="URL", help="Which Spark computes: this machine's, or a cluster's.")
    ] = LOCAL,
    date_order: Order = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write client ids into CSV as they are, without the apostrophe.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON about the result, which --output must name, on standard output.")
    ] = False,
) -> None:
    """Tell the segment of each client for data outside a workbook, of any size.

    The result has the columns Client ID, Segment, Last invoice, Next planned, Leaves on and Value.

    In CSV, a client id that a spreadsheet would take for a formula (it starts with =, +, -, @, a tab or a line end,
    and is no number) has an apostrophe before it, so that opening the file runs nothing. --raw leaves it out.

    How the tables were read, and every problem in them, is told on standard error. Large files, folders and databases
    are read in streams; what is wrong in them is counted.

    A password is best left out of an address: PostgreSQL's own PGPASSWORD and ~/.pgpass are heeded. None is printed.
    """
    if json and output is None:
        raise typer.BadParameter("it tells about a file: name it with --output.", param_hint="--json")
    from kopilot_xl import beyond, console

    screen = _screen(sys.stderr)
    with _doing(screen) as tell:
        found = beyond.segment(
            clients,
            transactions,
            as_of,
            output=output,
            engine=engine,
            actions=actions,
            date_order=date_order,
            raw=raw,
            memory=memory,
            spark_master=spark_master,
            tell=tell,
        )
    named = None if output is None else str(output)
    console.segmented(screen, found, named)
    if json:
        _screen().data(console.segmented_as_json(found, named))
    elif output is None:
        typer.echo(found.csv.encode(), nl=False)


@app.command(
    epilog=_examples(
        "forecast Portfolio.xlsm",
        "forecast clients.csv invoices.csv",
        "forecast clients.csv invoices.csv --as-of 2026-06-30 --json > forecast.json",
    )
)
def forecast(
    clients: Annotated[
        Path,
        typer.Argument(
            metavar="BOOK|CLIENTS",
            help="A Kopilot workbook; or the clients: CSV, Parquet or Excel.",
            show_default=False,
        ),
    ],
    transactions: Annotated[
        Path | None,
        typer.Argument(metavar="TRANSACTIONS", help="The clients' invoices: the same kinds.", show_default=False),
    ] = None,
    as_of: Annotated[date | None, _as_of("Without it: today.")] = None,
    date_order: Order = None,
    json: AsJson = False,
) -> None:
    """Tell what to expect of the next twelve months, of a workbook or of data outside one.

    Each scenario is tried on the past, as it was known then; the one that was off least is expected.

    The seasonal model is one of them where the library statsmodels is installed.

    How the files were read, and every problem in them, is told on standard error.
    """
    from kopilot_xl import console
    from kopilot_xl.book import open_book
    from kopilot_xl.forecasting import forecast_book, forecast_files

    if transactions is None:
        if clients.suffix.casefold() in {".csv", ".parquet", ".txt", ".tsv"}:
            raise typer.BadParameter("name the file of invoices too, or a Kopilot workbook alone", param_hint="CLIENTS")
        if date_order:
            raise typer.BadParameter("a workbook has its own, on Settings", param_hint="--date-order")
        found = forecast_book(open_book(clients), as_of)
    else:
        found = forecast_files(clients, transactions, as_of, date_order=date_order)
    console.read_for_forecast(_screen(sys.stderr), found)
    if json:
        _screen().data(console.foretold_as_json(found))
    else:
        console.foretold(_screen(), found)


@app.command(epilog=_examples("install", "install --check"))
def install(
    check: Annotated[bool, typer.Option("--check", help="Only tell what is missing, and change nothing.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before changing which Python Excel calls.")
    ] = False,
) -> None:
    """Connect Excel to this Python: install the xlwings add-in and set which Python it calls.

    Only Windows and Mac have Excel; elsewhere there is nothing to do. What is left to click in Excel is told.

    Exit code 0: all is there, or there is nothing to do; 1: something is missing.
    """
    from kopilot_xl.excel.setup import NOTHING_TO_DO, Machine, missing
    from kopilot_xl.excel.setup import install as install_into_excel

    machine, screen = Machine.here(), _screen()
    if not machine.has_excel:
        screen.line(NOTHING_TO_DO)
        return
    if check:
        lacking = missing(machine)
        screen.line("Nothing is missing." if not lacking else "Missing:")
    else:
        made = install_into_excel(machine, lambda question: yes or typer.confirm(question))
        lacking = list(made.missing)
        for line in made.done:
            screen.line(line)
        screen.line("Missing:" if lacking else "In Excel, once:")
    for line in lacking or ([] if check else made.clicks):
        screen.line(line, indent=2)
    raise typer.Exit(Exit.FAILED if lacking else Exit.DONE)


# several books


def _each(search: Search, task: Task, jobs: int, what: str) -> Iterator[Done]:
    """Work on each workbook; one that fails is told on standard error and stops no other.

    What was only found in a folder and is no workbook of ours is left alone, and told at the end.
    """
    from kopilot_xl.many import Done, work

    failures = [Done(path, why=why) for path, why in search.failures]
    foreign: list[Path] = []
    with _watching(what, len(search.books)) as (watch, aside), stopping.on_signals():
        for done in chain(failures, work(task, search.books, jobs, watch)):
            with aside():
                if done.why:
                    _tell(done.why)
                if done.why or done.report:
                    yield done
                else:
                    foreign.append(done.path)
    if foreign:
        _tell_left_alone(foreign)
    if len(foreign) == len(search.books) and not failures:
        _tell("there is no Kopilot workbook among them: kopilot-xl new makes one.")


def _tell_left_alone(foreign: Sequence[Path]) -> None:
    from kopilot_xl.domain import words

    named = ", ".join(map(str, foreign[:3])) + (f" and {len(foreign) - 3:,} more" if len(foreign) > 3 else "")
    _tell(f"left alone {words.count(len(foreign), 'other workbook')}, not of Kopilot: {named}.")


@contextmanager
def _watching(what: str, total: int) -> Iterator[tuple[Watch, Callable[[], AbstractContextManager[None]]]]:
    """What shows how far the work is, where there are several workbooks and somebody looks on; and takes it aside."""
    if total < 2 or not (screen := _screen(sys.stderr)).is_terminal:
        yield _Unwatched(), nullcontext
        return
    from kopilot_xl.console import Progress

    with Progress(screen, what, total, _tell) as progress:
        yield progress, progress.aside


class _Unwatched:
    """Nobody looks on; who has to wait is told all the same."""

    def begun(self, path: Path) -> None:
        pass

    def ended(self, path: Path) -> None:
        pass

    def waits(self, line: str) -> None:
        _tell(line)


@contextmanager
def _doing(screen: Screen) -> Iterator[Callable[[str], None]]:
    """What is told what is being done, and shows it where somebody looks on."""
    if not screen.is_terminal:
        yield lambda stage: None
        return
    from rich.text import Text

    with screen.console.status("") as status:
        yield lambda stage: status.update(Text(f"{stage} …"))


def _problems(found: Report) -> int:
    from kopilot_xl.sheets.findings import Kind

    return found.count(Kind.PROBLEM)


# what goes wrong


def _screen(stream: Any = None) -> Screen:
    from kopilot_xl.console import Screen

    return Screen(stream or sys.stdout)


def _tell(message: str) -> None:
    """Say something on standard error, as one line of ours."""
    from kopilot_xl.console import fitting
    from kopilot_xl.databases import without_secrets

    line = f"{NAME}: {without_secrets(' '.join(message.splitlines()))}"
    typer.echo(fitting(line, getattr(sys.stderr, "encoding", None)), err=True)


def _is_typers_own(error: BaseException) -> bool:
    """Tell Typer's ways to end a command (they know their exit code, or abort) from what went wrong."""
    return isinstance(error, (typer.Abort, SystemExit, GeneratorExit)) or hasattr(error, "exit_code")


def _hide_secrets(error: BaseException) -> None:
    """Take credentials out of what Typer says of wrong usage: it quotes what was given."""
    message = getattr(error, "message", None)
    if isinstance(message, str):
        from kopilot_xl.databases import without_secrets

        error.message = without_secrets(message)  # type: ignore[attr-defined]  # it is there


def _hush() -> None:
    """Let what is still to be written go nowhere: nobody reads it any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = io.StringIO()  # what stands in for it has no file behind it


if __name__ == "__main__":
    main()
