"""The sheets of a Kopilot workbook, each with what a refresh writes to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import quote_sheet, split_reference
from kopilot_xl.workbook.book import Book, Formula, Readable
from kopilot_xl.workbook.sheets import (
    actions,
    client,
    client_data,
    client_facts,
    clients,
    facts,
    forecast,
    guards,
    guide,
    history,
    live_portfolio,
    movements,
    older,
    outlook,
    portfolio,
    portfolio_formulas,
    portfolio_grid,
    portfolio_page,
    problems,
    settings,
    snapshot,
    sources,
    transactions,
    trend,
)
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.sheets.data_mark import data_mark
from kopilot_xl.workbook.tables.problems import Code, Kind, Problem, about_sheet, count
from kopilot_xl.workbook.tables.table import Table

Fill = Callable[[Book, Result, datetime], None]
"""Write a result to a sheet; `datetime` is the local time."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of a Kopilot workbook.

    Attributes:
        name: its name, which is that of its table too where it has one.
        module: the module about it here, and about its layout in `workbook.template.layouts`.
        fill: what a refresh writes to it; None where it writes nothing.
        optional: what the user may remove, the sheet or its table, so that nothing is written; a notice says so.
        block: a named block of the sheet, by which it is found under another name.
        after_all: whether it is written after all others: it shows what was found while those were written.
        read_as: what a formula has in it that reads what a refresh writes here.
        page: whether it holds no rows of the user's, so that an upgrade can put a new layout in its place.
        inputs: the named cells of a page that the user fills; an upgrade keeps what is in them.
        macro_free: whether only a workbook of the macro-free edition has it.
    """

    name: str
    module: str
    fill: Fill | None = None
    optional: Literal["sheet", "table"] | None = None
    block: str | None = None
    after_all: bool = False
    read_as: Sequence[str] = ()
    page: bool = False
    inputs: Sequence[str] = ()
    macro_free: bool = False

    def is_in(self, book: Book) -> bool:
        """Tell whether a workbook has it; one that is not optional counts as there."""
        if self.macro_free:
            return facts.has_sheet(book) or not facts.is_macro_free(book)
        if self.optional is None:
            return True
        if self.optional == "table":
            return book.has_table(self.name)
        return book.has_sheet(self.name) or (self.block is not None and has_name(book, self.block))


def is_kopilot_book(book: Book) -> bool:
    """Tell whether a book is a Kopilot workbook: it has the hidden sheet of the refreshes, or a rule of Settings."""
    return book.has_sheet(snapshot.SHEET) or any(has_name(book, setting.name) for setting in settings.NUMBERS)


def has_name(book: Book, name: str) -> bool:
    """Tell whether a workbook has a cell of that name."""
    try:
        book.cell_address(name)
    except MissingError:
        return False
    return True


def title_of(book: Readable, sheet: Sheet) -> str | None:
    """Return what a page is called in a workbook, None where it has none: it is found by its block or its name."""
    if sheet.block is not None:
        try:
            address = book.cell_address(sheet.block)
        except MissingError:
            pass
        else:
            return split_reference(address)[0]
    return sheet.name if book.has_sheet(sheet.name) else None


def _fill_portfolio(book: Book, result: Result, now: datetime) -> None:
    chosen = result.inputs.settings
    page = portfolio.Page(
        company=chosen.company,
        currency=chosen.currency,
        as_of=result.as_of,
        hint=portfolio.hint(result.as_of, chosen.as_of, now.date()),
        problems=count(result.problems, Kind.PROBLEM),
        notices=count(result.problems, Kind.NOTICE),
        now=now.replace(second=0, microsecond=0),
    )
    assert result.worklist is not None  # noqa: S101 - what is written was looked ahead
    if not facts.is_macro_free(book):
        book.write_block(portfolio_grid.DATA_STATE, [[Formula(portfolio_grid.DATA_STATE_FORMULA, None)]])
    book = portfolio_formulas.over(book)
    portfolio.fill(book, result.summary, result.worklist.listed, page)
    portfolio_page.fill(book, result)


def _fill_clients(book: Book, result: Result, _: datetime) -> None:
    log, rows = result.inputs.actions, result.inputs.clients
    if facts.is_macro_free(book):
        cut = CutOffs.at(result.as_of, result.inputs.settings.rules)
        client_facts.fill(book, rows, result.clients, result.facts, cut, log.rows, log.by_client)
    else:
        clients.fill(book, rows, result.clients, log.rows, log.by_client)


def _fill_facts(book: Book, result: Result, now: datetime) -> None:
    inputs, chosen = result.inputs, result.inputs.settings
    known = client_facts.rows_with_facts(inputs.clients)
    if not facts.fill(book, chosen.rules, result.as_of, now.date(), known):
        return
    hint = portfolio.hint(result.as_of, chosen.as_of, now.date())
    before = result.movements.counts_before if result.movements else None
    words = result.summary.words if inputs.clients.keys else t(portfolio_page.FIRST_WORDS)
    live_portfolio.fill(book, result.summary, live_portfolio.Stored(hint, inputs.first_row, before, words))
    tables = [inputs.clients.rows.data, inputs.transactions.rows.data, inputs.actions.rows.data]
    guards.fill(book, result.as_of, tables)


def _fill_actions(book: Book, result: Result, _: datetime) -> None:
    actions.fill(book, result.inputs.actions, result.log.results)


def _fill_history(book: Book, result: Result, now: datetime) -> None:
    history.fill(book, _days(result), now.date())


def _days(result: Result) -> dict[date, Summary]:
    """The days of a result that are rows of History."""
    return {**result.past, result.as_of: result.past.get(result.as_of, result.summary)}


def _fill_client(book: Book, result: Result, _: datetime) -> None:
    client.fill(book, result)


def _fill_trend(book: Book, result: Result, now: datetime) -> None:
    trend.fill(book, history.dates(book, _days(result), now.date()), result.movements, result.as_of)


def _fill_guide(book: Book, result: Result, _: datetime) -> None:
    guide.fill(book, result.inputs.settings.rules)


def _fill_movements(book: Book, result: Result, _: datetime) -> None:
    movements.fill(book, result.movements)


def _fill_outlook(book: Book, result: Result, _: datetime) -> None:
    if result.outlook:
        outlook.fill(book, result.summary, result.outlook)


def _fill_forecast(book: Book, result: Result, _: datetime) -> None:
    if result.forecast:
        forecast.fill(book, result.forecast, result.months, result.clients)


def _fill_problems(book: Book, result: Result, _: datetime) -> None:
    problems.fill(book, result.problems)


def _fill_snapshot(book: Book, result: Result, now: datetime) -> None:
    mark = data_mark(result.inputs)
    snapshot.fill(book, result.summary, result.clients, result.as_of, now, result.baseline, result.forecast, mark)


def _written(table: Table, prefix: str = "") -> list[str]:
    return [f"{prefix}[{column.header}]" for column in table.columns if column.written]


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        portfolio.SHEET, "portfolio", _fill_portfolio, "sheet", portfolio.TITLE, after_all=True,
        read_as=[f"{portfolio.SHEET}!"], page=True,
    ),
    Sheet(
        client.SHEET, "client", _fill_client, "sheet", client.PICK, read_as=[f"{client.SHEET}!"], page=True,
        inputs=[client.PICK],
    ),
    Sheet(trend.SHEET, "trend", _fill_trend, "sheet", trend.NOTE, read_as=[f"{trend.SHEET}!"], page=True),
    Sheet(
        forecast.SHEET, "forecast", _fill_forecast, "sheet", forecast.NOTE, read_as=[f"{forecast.SHEET}!"], page=True
    ),
    Sheet(outlook.SHEET, "outlook", _fill_outlook, "sheet", outlook.NOTE, page=True),
    Sheet(
        clients.TABLE.name, "clients", _fill_clients, read_as=[*_written(clients.TABLE), f"{clients.TABLE.name}!"]
    ),
    Sheet(transactions.TABLE.name, "transactions"),
    Sheet(actions.TABLE.name, "actions", _fill_actions, read_as=_written(actions.TABLE, actions.TABLE.name)),
    Sheet(
        problems.TABLE.name, "problems", _fill_problems, "table", after_all=True,
        read_as=[f"{problems.TABLE.name}["],
    ),
    Sheet(settings.SHEET, "settings"),
    Sheet(
        guide.SHEET, "guide", _fill_guide,
        read_as=[formula[1 : formula.index("(") + 1] for formula, _ in guide.FORMULAS], page=True,
    ),
    Sheet(history.TABLE.name, "history", _fill_history, "table", read_as=[f"{history.TABLE.name}["]),
    *(Sheet(name, "client_sheets") for name in (client_data.CLIENTS, client_data.ROWS, client_data.LOG)),
    Sheet(snapshot.SHEET, "snapshot", _fill_snapshot, "sheet"),
    Sheet(sources.SHEET, "sources"),
    Sheet(facts.SHEET, "facts", _fill_facts, macro_free=True),
)  # fmt: skip
"""The sheets of a new workbook, in the order of their tabs; those from History on are hidden."""

OLDER: tuple[Sheet, ...] = (Sheet(movements.SHEET, "movements", _fill_movements, "sheet", movements.NOTE),)
"""What only workbooks of an earlier version have: a refresh goes on filling it, and nobody misses it."""


_NEW = (client.SHEET, trend.SHEET)
"""The sheets that came after version 0.1."""


def _never_had(book: Readable) -> list[str]:
    """The sheets that a workbook does not have, for its version had none of them."""
    if book.has_sheet(client_data.CLIENTS):
        return []
    return [sheet.name for sheet in SHEETS if sheet.name in _NEW and title_of(book, sheet) is None]


def older_workbook(book: Readable) -> list[Problem]:
    """Return a notice that says what an upgrade would bring to a workbook, none where it would bring nothing."""
    titles = {sheet.name: title_of(book, sheet) for sheet in SHEETS if sheet.page}
    pages = {page: title for page, title in titles.items() if title is not None}
    return older.older_workbook(book, pages, _never_had(book))


def write(book: Book, result: Result, now: datetime) -> Result:
    """Write what refresh owns, sheet by sheet.

    Args:
        book: where to.
        result: what was calculated, the look ahead included.
        now: the local time.

    Returns:
        The result with a notice for each sheet that is not there any more, and about formulas that show it too late.
    """
    present = [sheet for sheet in (*SHEETS, *OLDER) if sheet.is_in(book)]
    for sheet in present:
        if sheet.fill and not sheet.after_all:
            sheet.fill(book, result, now)
    new = _never_had(book)
    gone = [_gone(sheet) for sheet in SHEETS if sheet not in present and sheet.name not in new]
    result = replace(
        result, problems=[*result.problems, *gone, *older_workbook(book), *_stale_formulas(book), *_signature(book)]
    )
    result = portfolio_page.placed(book, result)
    for sheet in present:
        if sheet.fill and sheet.after_all:
            sheet.fill(book, result, now)
    return result


def _gone(sheet: Sheet) -> Problem:
    return about_sheet(
        Code.MISSING_SHEET,
        sheet.name,
        t("The {optional} {sheet} is not in the workbook.", optional=sheet.optional or "sheet", sheet=sheet.name),
        t("It was not written. kopilot-xl upgrade brings it back."),
    )


def _signature(book: Book) -> list[Problem]:
    """A notice about a digital signature, which vouches for the workbook as it was before."""
    if not book.is_signed:
        return []
    return [
        about_sheet(
            Code.SIGNATURE_REMOVED,
            portfolio.SHEET,
            t("The workbook had a digital signature, which a refresh invalidates."),
            t("It was removed, as Excel would. Sign the workbook again (File, Info, Protect Workbook)."),
        )
    ]


def _stale_formulas(book: Book) -> list[Problem]:
    """A notice about the user's own formulas that read what refresh wrote: they show the old result until then."""
    words = [word for sheet in SHEETS for word in sheet.read_as]
    card = title_of(book, next(sheet for sheet in SHEETS if sheet.name == client.SHEET))
    # The links of Problems are written after this; the card shows what it is given.
    own = (f"{problems.TABLE.name}!", *([f"{quote_sheet(card)}!"] if card else []))
    links = portfolio_page.link_cells(book)
    cells = [
        address for address in book.formulas_mentioning(words) if not address.startswith(own) and address not in links
    ]
    if not cells:
        return []
    named = ", ".join(cells[:3]) + (f" and {len(cells) - 3} more" if len(cells) > 3 else "")
    return [
        about_sheet(
            Code.STALE_FORMULAS,
            split_reference(cells[0])[0],
            t("Formulas of your own use what refresh writes ({named}).", named=named),
            t("They keep their old result until Excel recalculates: press Ctrl+Alt+F9 there."),
        )
    ]
