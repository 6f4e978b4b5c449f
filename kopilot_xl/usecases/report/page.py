"""The report: a portfolio as one page to send, made from a book that is only read."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from os import PathLike
from pathlib import Path

from kopilot_xl.domain import formatting
from kopilot_xl.errors import OutputError, UsageError
from kopilot_xl.texts import t
from kopilot_xl.texts.languages import spoken
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.deciding import judged
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.inputs import read, read_baseline
from kopilot_xl.usecases.report.content import HistoryRow, _content, _short, _tilt, read_history
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.saving import check_writable, write_atomically
from kopilot_xl.workbook.opening import as_book
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.sheets.settings import language

SUFFIXES = {".html", ".htm"}
MOST_SIGNS = 120
"""How much of a name is shown; a cell may hold 32,767 signs."""
_JOINERS = "\u200c\u200d"
"""What is not seen but belongs to the letters beside it, as in Persian, Hindi and many an emoji."""


@dataclass(frozen=True)
class Made:
    """A report that was written: where it is, the day it shows, how long it took, and what was found."""

    path: Path
    as_of: date
    seconds: float
    found: RefreshResult


def report(
    book: Book | str | PathLike[str],
    as_of: date | None = None,
    *,
    output: str | PathLike[str] | None = None,
    force: bool = False,
    now: datetime | None = None,
) -> Made:
    """Write the portfolio of a workbook as one HTML page that needs nothing but itself; the workbook is only read.

    Args:
        book: the workbook: its path, or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        output: where to, ending in .html; an earlier report there is replaced, all at once. By default beside the
            workbook, with its name. Nobody may read it who may not read the workbook.
        force: replace whatever is there; it is kept beside as a backup.
        now: the local time that counts as now.

    Raises:
        BookError: the file cannot be read as a workbook.
        MissingError: a sheet, table, column or named cell is not there.
        SettingError: a setting makes no sense.
        OutputError: the page does not end in .html, or is the workbook.
        SaveError: the page cannot be written, or something else is there.
        UsageError: a workbook that is open in Excel has no page beside it; name one.
    """
    start, now, book = time.perf_counter(), now or datetime.now(), as_book(book)
    target = _beside(book) if output is None else Path(output)
    if not {target.suffix.lower(), target.resolve().suffix.lower()} <= SUFFIXES:
        raise OutputError(
            t(
                "{target} does not end in .html: give the report a name such as {stem}.html.",
                target=target,
                stem=target.stem,
            )
        )
    inputs_of = [book.path] if isinstance(book, FileBook) else []
    backup = outputs.check_output(target, inputs_of, outputs.is_report, force=force)
    check_writable(target, backup=backup)
    with collector_at_rest(), spoken(language(book)):
        inputs = judged(read(book, as_of, now.date()), now)
        result = calculate(inputs, read_baseline(book, inputs.as_of))
        text = page(result, read_history(book, result), now)
    write_atomically(target, text.encode(), backup=backup, at_most=outputs.permissions(inputs_of))
    seconds = time.perf_counter() - start
    return Made(target, result.as_of, seconds, RefreshResult.of(result, book.name, seconds))


def _beside(book: Book) -> Path:
    """The page's name where none is given."""
    if not isinstance(book, FileBook):
        raise UsageError(t("the workbook is open in Excel: name the page to write."), "output")
    return book.path.with_suffix(".html")


def page(result: Result, history: Sequence[HistoryRow], now: datetime) -> str:
    """Return the page as HTML.

    Args:
        result: what was calculated, the look ahead included.
        history: the dates of History up to the day.
        now: the local time.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from kopilot_xl.usecases import report as pages

    environment = Environment(
        loader=PackageLoader("kopilot_xl.usecases.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": formatting.day, "month": formatting.month, "date": _short,
        "amount": formatting.whole, "share": _share, "tilt": _tilt,
        "count": _count, "clients": lambda number: formatting.count(number, "client"), "brief": _brief,
    }  # fmt: skip
    style = _style(files(pages).joinpath("report.css").read_text(encoding="utf-8"))
    policy = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    content = environment.get_template("report.html").render(
        style=Markup(style),  # noqa: S704 - our own style sheet
        policy=policy,
        **_content(result, history, now),
    )
    return "\n".join(line for each in content.split("\n") if (line := each.strip())) + "\n"


# how it looks and reads


def _style(sheet: str) -> str:
    """The style sheet with the palette's colours, for light and for dark."""
    from kopilot_xl.usecases.report.charts import css_class

    names = {
        palette.INK: "ink", palette.MUTED: "muted", palette.PAPER: "paper", palette.BAND: "band",
        palette.LINE: "line", palette.ACCENT: "accent", palette.ALERT: "alert", palette.GOOD: "good",
        palette.EXPECTED: "expected",
    }  # fmt: skip
    light = {name: colour for colour, name in names.items()}
    dark = {name: palette.AT_NIGHT[colour] for colour, name in names.items()}

    segments = {css_class(each): colour for each, colour in palette.SEGMENTS.items()}
    classes = "".join(f".{name}{{--c:var(--{name})}}" for name in segments)
    return (
        f":root{{{_variables(light | segments | {'planned': palette.PLANNED})}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(dark)}}}}}\n"
        f"{classes}\n{sheet}"
    )


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:#{colour}" for name, colour in colours.items())


def _share(value: float | None) -> str:
    return "" if value is None else formatting.share(value)


def _brief(text: str) -> str:
    """A name a reader can take in, without signs that cannot be shown."""
    line = "".join(each if each.isprintable() or each in _JOINERS else "\ufffd" for each in " ".join(text.split()))
    return line if len(line) <= MOST_SIGNS else f"{line[: MOST_SIGNS - 1]}…"


def _count(number: int) -> str:
    return f"{number:,}"
