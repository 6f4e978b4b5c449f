"""The door outside: the command `kopilot-xl`. Nothing but arguments, progress and exit codes."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from kopilot_xl import __version__
from kopilot_xl.engines import Engine
from kopilot_xl.errors import KopilotError
from kopilot_xl.sheets.values import DateOrder

if TYPE_CHECKING:
    from kopilot_xl.console import Screen
    from kopilot_xl.refreshing import Report

NAME = "kopilot-xl"
DEBUG = "KOPILOT_XL_DEBUG"
"""The environment variable that shows the traceback of a defect."""


class Exit(IntEnum):
    """What a command's exit code means; wrong usage is 2, as everywhere."""

    DONE = 0
    FAILED = 1
    STOPPED = 130
    UNHEARD = 141


class _Door(TyperGroup):
    """The group of commands, which lets no traceback out."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _tell("stopped. Every file is as it was before, or done.")
            raise typer.Exit(Exit.STOPPED) from None
        except BrokenPipeError:
            _hush()
            raise typer.Exit(Exit.UNHEARD) from None
        except BaseException as error:
            if _is_typers_own(error):
                raise
            _tell(_reason(error))
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


def main() -> None:
    """Run the command line, as the console script does."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal's encoding may lack a sign of a help text
    try:
        app(prog_name=NAME)
    finally:
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
        "refresh Portfolio.xlsm --backfill 12",
    )
)
def refresh(
    books: Annotated[list[str], typer.Argument(metavar="BOOK", help="The workbooks, .xlsx or .xlsm.")],
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
    json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if there are data problems. Notices never count.")
    ] = False,
) -> None:
    """Recompute the segments and the Portfolio sheet of one or more workbooks.

    Excel is not needed. Only the cells a refresh owns are written.

    A workbook that another process refreshes is waited for, up to a minute.

    Exit code 0: all refreshed; 1: at least one was not and is as it was, or --strict found problems; 2: wrong usage.
    """
    from kopilot_xl import console
    from kopilot_xl.book import open_book
    from kopilot_xl.refreshing import refresh as refresh_book

    paths = _different(books)
    if output is not None and len(paths) > 1:
        raise typer.BadParameter("it names one file, but there are several workbooks.", param_hint="--output")
    screen, exit_code = _screen(), Exit.DONE

    def work(path: Path) -> Report:
        return refresh_book(open_book(path), as_of, output=output, backup=backup, backfill=backfill, waiting=_tell)

    for path, found in _each(paths, work):
        if found is None or (strict and _problems(found)):
            exit_code = Exit.FAILED
        if found is None:
            continue
        if json:
            screen.data(console.as_json(found, str(path)))
        elif len(paths) > 1:
            console.brief(screen, found, str(path))
        else:
            console.report(screen, found)
    raise typer.Exit(exit_code)


@app.command(epilog=_examples("check Portfolio.xlsm", "check Portfolio.xlsm --json"))
def check(
    book: Book,
    json: AsJson = False,
) -> None:
    """List the data problems of a workbook, and write nothing.

    Exit code 0: none, though there may be notices; 1: problems, or the workbook cannot be read.
    """
    from kopilot_xl import console
    from kopilot_xl.book import open_book
    from kopilot_xl.refreshing import check as check_book

    found = check_book(open_book(book))
    if json:
        _screen().data(console.checked_as_json(found, str(book)))
    else:
        console.checked(_screen(), found)
    raise typer.Exit(Exit.FAILED if _problems(found) else Exit.DONE)


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
    )
)
def segment(
    clients: Annotated[
        Path, typer.Argument(metavar="CLIENTS", help="The clients: CSV, Parquet or Excel.", show_default=False)
    ],
    transactions: Annotated[
        Path, typer.Argument(metavar="TRANSACTIONS", help="Their invoices: the same kinds.", show_default=False)
    ],
    as_of: Annotated[date | None, _as_of("Without it: today.")] = None,
    output: Annotated[
        Path | None,
        _output("A .csv or .parquet file; one that is there is replaced. Without it, CSV is printed."),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine", metavar="|".join(Engine), help="The library that computes; each gives the same table."
        ),
    ] = Engine.POLARS,
    date_order: Order = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write client ids into CSV as they are, without the apostrophe.")
    ] = False,
) -> None:
    """Tell the segment of each client for data outside a workbook.

    The result has the columns Client ID, Segment, Last invoice, Next planned, Leaves on and Value.

    In CSV, a client id that a spreadsheet would take for a formula (it starts with =, +, -, @, a tab or a line end,
    and is no number) has an apostrophe before it, so that opening the file runs nothing. --raw leaves it out.

    How the files were read, and every problem in them, is told on standard error.
    """
    from kopilot_xl import console
    from kopilot_xl.segmentation import segment_files

    found = segment_files(clients, transactions, as_of, output=output, engine=engine, date_order=date_order, raw=raw)
    console.segmented(_screen(sys.stderr), found)
    if output is None:
        typer.echo(found.csv.encode(), nl=False)


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


def _different(books: Sequence[str]) -> list[Path]:
    """The workbooks meant, each once, in the order given; Excel's owner files beside open ones are none."""
    paths: dict[str, Path] = {}
    for path in (path for each in books for path in _meant(each)):
        paths.setdefault(os.path.realpath(path), path)
    return [path for path in paths.values() if not path.name.startswith("~$")] or list(paths.values())


def _meant(text: str) -> list[Path]:
    """The files a pattern stands for where the shell left it as it is, as the one of Windows does."""
    path = Path(text)
    if not path.exists() and any(sign in text for sign in "*?"):
        return sorted(map(Path, glob.glob(text))) or [path]
    return [path]


def _each(paths: Sequence[Path], work: Callable[[Path], Report]) -> Iterator[tuple[Path, Report | None]]:
    """Work on each book; one that fails is told on standard error, gives None, and stops no other."""
    at_work = _progress(len(paths))
    for path in paths:
        found = None
        try:
            with at_work(path):
                found = work(path)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or _is_typers_own(error):
                raise
            _tell(_reason(error))
        yield path, found


def _progress(total: int) -> Callable[[Path], AbstractContextManager[None]]:
    """What shows how far the work is while a book is worked on, where there are several and somebody looks on."""
    screen = _screen(sys.stderr)
    if total < 2 or not screen.is_terminal:
        return lambda path: nullcontext()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Refreshing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    progress = Progress(*columns, console=screen.console, transient=True)
    task = progress.add_task("", total=total)

    @contextmanager
    def at_work(path: Path) -> Iterator[None]:
        # Gone between the books, so that what is told about each stands on lines of its own.
        progress.update(task, description=path.name)
        try:
            with progress:
                yield
        finally:
            progress.advance(task)

    return at_work


def _problems(found: Report) -> int:
    from kopilot_xl.sheets.findings import Kind

    return found.count(Kind.PROBLEM)


# what goes wrong


def _screen(stream: Any = None) -> Screen:
    from kopilot_xl.console import Screen

    return Screen(stream or sys.stdout)


def _reason(error: BaseException) -> str:
    """What to tell about an exception: the words of one of ours, else that it is a defect."""
    if isinstance(error, KopilotError):
        return str(error)
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"this is a defect, please report it: {what} (version {__version__}; {DEBUG}=1 shows where)"


def _tell(message: str) -> None:
    """Say something on standard error, as one line of ours."""
    from kopilot_xl.console import fitting

    line = f"{NAME}: {' '.join(message.splitlines())}"
    typer.echo(fitting(line, getattr(sys.stderr, "encoding", None)), err=True)


def _is_typers_own(error: BaseException) -> bool:
    """Tell Typer's ways to end a command (they know their exit code, or abort) from what went wrong."""
    return isinstance(error, (typer.Abort, SystemExit, GeneratorExit)) or hasattr(error, "exit_code")


def _hush() -> None:
    """Let what is still to be written go nowhere: nobody reads it any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = io.StringIO()  # what stands in for it has no file behind it


if __name__ == "__main__":
    main()
