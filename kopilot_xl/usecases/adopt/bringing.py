"""Our sheets and columns in a workbook of its owner's, and what stands in the way of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.importing.adopted import sources
from kopilot_xl.importing.layout import Table
from kopilot_xl.texts import t
from kopilot_xl.usecases.adopt.finding import Found
from kopilot_xl.workbook.addresses import LAST_ROW, Area, column_letters, column_number, quote_sheet
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.grafting import (
    Graft,
    NoRoomError,
    add_columns,
    add_macros,
    add_ribbon,
    copy_conditions,
    table_part,
)
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.references import structured
from kopilot_xl.workbook.sheets import clients, guards, own_tables, transactions
from kopilot_xl.workbook.sheets.client_formulas import MACRO_FREE
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.tables.table import same_name
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from kopilot_xl.workbook.template.row_heights import sheets_of

_LEFT_OUT = {clients.TABLE.name, transactions.TABLE.name}
"""Our sheets that the owner's tables take the place of."""
_ONLY_WITH_MACROS = "xlwings.conf"
_WRITTEN = [each.header for each in MACRO_FREE.columns if each.written]
_WITH_MACROS = [each.header for each in clients.TABLE.columns if each.header in _WRITTEN]
_OF_CLIENTS = re.compile(rf"(?<![\w.'\"]){clients.TABLE.name}!\$([A-Z]{{1,3}}):\$\1(?![\w$])")
"""A whole column of our table of clients, in a formula of ours."""


@dataclass(frozen=True)
class Brought:
    """What was added: sheets by their titles, our columns and the headings they got, whether macros were left alone."""

    sheets: list[str]
    columns: Mapping[str, str]
    kept_macros: bool


def check_adoptable(book: FileBook) -> None:
    """Make sure that our sheets, names and tables can be added to a workbook.

    Raises:
        BookError: it is a Kopilot workbook already, or has names that ours would be mixed up with.
    """
    if is_kopilot_book(book):
        already = own_tables.read(book) is not None
        raise BookError(
            t("{path} was adopted already: kopilot-xl refresh brings it up to date.", path=book.path)
            if already
            else t("{path} is a Kopilot workbook already: kopilot-xl upgrade brings what is new.", path=book.path)
        )
    package = Package(book.path)
    templates = [Package(template) for template in (TEMPLATE, MACRO_FREE_TEMPLATE)]
    ours_names = {name.casefold() for ours in templates for name in (*_names(ours), *_tables(ours))}
    ours_names -= {name.casefold() for name in _LEFT_OUT}
    taken = sorted(name for name in {*_names(package), *book.table_names} if name.casefold() in ours_names)
    if taken:
        raise BookError(
            t(
                "{path} has the {names} {listed} of its own, and Kopilot has one of the same name. Give it "
                "another name in Excel (Formulas, Name Manager), and adopt again.",
                path=book.path,
                names=t("names") if len(taken) > 1 else t("name"),
                listed=", ".join(taken),
            )
        )


def bring(book: FileBook, package: Package, found: Found, *, with_macros: bool) -> Brought:
    """Add our sheets, names and columns to a package.

    Args:
        book: the workbook.
        package: the same, as parts.
        found: its clients and invoices.
        with_macros: whether our macros are added too.

    Raises:
        BookError: its structure is protected, or a part of it is damaged.
        SaveError: there is no room for our columns.
    """
    source = Package(TEMPLATE if with_macros else MACRO_FREE_TEMPLATE)
    graft = Graft(package, source)
    columns, ids, places = _add_columns(book, graft, found, _WITH_MACROS if with_macros else _WRITTEN)
    letter = places[clients.CLIENT_ID.header].rpartition(":")[2].strip("$")
    watched = _watched(book, package, found, letter)
    graft.rewrite(lambda formula: _led_to(formula, places, watched))
    graft.stand_in(clients.TABLE.name, _place(book, package, found.clients)[0])
    graft.stand_in(transactions.TABLE.name, _place(book, package, found.transactions)[0])
    names = [title for title, _ in sheets_of(source) if title not in _LEFT_OUT]
    sheets = graft.add_sheets(*(title for title in names if with_macros or title != _ONLY_WITH_MACROS))
    graft.add_names()
    graft.set_name(clients.IDS, ids)
    graft.finish()
    has_macros = any(link.kind == "vbaProject" for link in package.relationships(package.workbook))
    if with_macros:
        add_macros(package, source)
        add_ribbon(package, source)
    visible = [title for title in sheets if not title.startswith("_") and title != _ONLY_WITH_MACROS]
    return Brought(visible, columns, has_macros and not with_macros)


def _watched(book: FileBook, package: Package, found: Found, ids: str) -> Mapping[guards.Guard, str]:
    """The formulas of what is watched of the owner's columns, from their first row down to the other table.

    Args:
        book: the workbook.
        package: the same, as parts.
        found: its clients and invoices.
        ids: the letter of the ids of the clients.
    """
    title, part, area = _place(book, package, found.transactions)
    sheet, _, people = _place(book, package, found.clients)
    raw, is_shared = found.transactions.raw, sheet == title
    # A total changes without anybody changing an amount.
    has_totals = bool(found.imported.batches[0].sorted_rows.totals) or (
        raw.own and package.parse(table_part(package, part, raw.name)).get("totalsRowCount", "0") != "0"
    )

    def cells(title: str, letter: str, top: int, other: int) -> str:
        bottom = other - 1 if is_shared and other > top else LAST_ROW
        return f"\ue000{quote_sheet(title)}!${letter}${top}:${letter}${bottom}\ue001"

    columns = dict(zip(transactions.TABLE.columns, sources(found.imported), strict=True))
    made = {}
    for guard in guards.GUARDS:
        if guard.table is transactions.TABLE:
            source = columns[guard.column]
            if source is None or (has_totals and guard.column is transactions.AMOUNT):
                made[guard] = guards.unwatched(guard)
            else:
                made[guard] = guards.watched(guard, cells(title, source.letter, area.top + 1, people.top))
        elif guard.table is clients.TABLE and is_shared:
            made[guard] = guard.formula.format(cells(sheet, ids, 1, area.top))
    return made


def _led_to(formula: str, places: Mapping[str, str], watched: Mapping[guards.Guard, str]) -> str:
    """A formula of ours that reads the owner's columns."""
    guard = next((guard for guard in guards.GUARDS if guards.formula(guard) == formula), None)
    if guard is not None and guard in watched:
        return watched[guard]

    def column(match: re.Match[str]) -> str:
        header = MACRO_FREE.headers[column_number(match[1]) - 1]
        return f"\ue000{places[header]}\ue001" if header in places else match[0]

    return _OF_CLIENTS.sub(column, formula)


def _add_columns(
    book: FileBook, graft: Graft, found: Found, wanted: Sequence[str]
) -> tuple[dict[str, str], str, dict[str, str]]:
    """Add our columns to the clients.

    Returns:
        Their headings by our headers; what refers to the cells of the ids; what refers to each whole column.
    """
    listed = found.clients
    source_parts = dict(sheets_of(graft.source))
    lending = str(source_parts[clients.TABLE.name])
    source = lending, table_part(graft.source, lending, clients.TABLE.name)
    headings = dict(_headings(listed, wanted))
    people = found.imported.people
    assert people is not None  # noqa: S101 - there is a list of clients
    told = people.ids[0] if people.ids else people.named
    at = told.at if told is not None else 0
    title, part, area = _place(book, graft.target, listed)
    try:
        if listed.raw.own:
            own_part = table_part(graft.target, part, listed.raw.name)
            _check_query(graft.target, own_part, listed)
            wide = add_columns(graft, part, own_part, area, headings, source)
            ids = f"{listed.raw.name}[{structured(listed.headings[at])}]"
        else:
            _check_merged(graft.target, part, title, area)
            wide = add_columns(graft, part, None, area, headings, source)
            letter = column_letters(listed.raw.left + at)
            ids = f"{quote_sheet(title)}!${letter}${area.top + 1}:${letter}$1048576"
    except NoRoomError as error:
        raise SaveError(
            t(
                "There is no room for the columns of Kopilot at the right end of {clients} on {title}: {error}. "
                "Move it, and adopt again.",
                clients=listed.raw.name,
                title=title,
                error=error,
            )
        ) from error
    first = area.right + 1
    for column in (clients.SEGMENT, clients.IN_ACTIONS):
        lent = clients.TABLE.columns.index(column) + 1
        copy_conditions(
            graft, part, lending, Area(2, lent, 2, lent), (area.top + 1, first + wanted.index(column.header))
        )
    places = dict(zip(headings, map(column_letters, range(first, wide.right + 1)), strict=True))
    places[clients.CLIENT_ID.header] = column_letters(area.left + at)
    quoted = quote_sheet(title)
    return headings, ids, {header: f"{quoted}!${letter}:${letter}" for header, letter in places.items()}


def _headings(listed: Table, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What our columns are headed by: their own headings, where the owner has none like them."""
    taken = {same_name(heading) for heading in listed.headings}
    for header in wanted:
        heading, number = header, 1
        while same_name(heading) in taken:
            ending = "Kopilot" if number == 1 else f"Kopilot {number}"
            heading, number = f"{header} ({ending})", number + 1
        taken.add(same_name(heading))
        yield header, heading


def _place(book: FileBook, package: Package, listed: Table) -> tuple[str, str, Area]:
    """The sheet of a list of clients, its part, and its cells from the row of headings on."""
    raw = listed.raw
    title = book.table(raw.name).sheet if raw.own else raw.name
    parts = {sheet.casefold(): (sheet, part) for sheet, part in sheets_of(package) if part}
    if title.casefold() not in parts:
        raise MissingError(t("{book} has no sheet {name}.", book=book.name, name=title))
    sheet, part = parts[title.casefold()]
    if raw.own:
        data = book.table(raw.name)
        right = data.first_column + len(data.headers) - 1
        return (
            sheet,
            str(part),
            Area(max(data.header_row, 1), data.first_column, data.header_row + len(data.rows), right),
        )
    top = raw.row_number(max(listed.first - 1, 0))
    bottom = raw.row_number(max(listed.at, default=listed.first))
    return sheet, str(part), Area(top, raw.left, bottom, raw.left + len(listed.headings) - 1)


def _check_merged(package: Package, part: str, title: str, area: Area) -> None:
    """Refuse a range whose headings are merged: a column of it is several, or none.

    Raises:
        SaveError: a heading is.
    """
    for merge in package.parse(part).iterfind("{*}mergeCells/{*}mergeCell"):
        cells = Area.parse(merge.get("ref", "A1"))
        if cells.width > 1 and cells.top <= area.top <= cells.bottom and cells.meets(area):
            raise SaveError(
                t(
                    "{title}!{cells} is a heading merged over several columns: unmerge it in Excel, and adopt again.",
                    title=quote_sheet(title),
                    cells=cells,
                )
            )


def _check_query(package: Package, table_part: str, listed: Table) -> None:
    """Refuse a table that a query fills: it would take our columns away.

    Raises:
        SaveError: it is one.
    """
    root = package.parse(table_part)
    if root.get("tableType") == "queryTable" or any(
        link.kind == "queryTable" for link in package.relationships(table_part)
    ):
        raise SaveError(
            t(
                "The table {name} is filled by a query, which allows no columns but its own. Unlink it in Excel "
                "(Table Design, Unlink), or make a list of your clients in a table of its own; then adopt again.",
                name=listed.raw.name,
            )
        )


def _names(package: Package) -> Iterable[str]:
    """The names for the whole workbook that a package defines."""
    for name in package.parse(package.workbook).iterfind("{*}definedNames/{*}definedName"):
        if name.get("localSheetId") is None and not name.get("name", "").startswith("_xlnm"):
            yield name.get("name", "")


def _tables(package: Package) -> Iterable[str]:
    for part in package.part_names:
        if (package.content_type(part) or "").endswith("spreadsheetml.table+xml"):
            yield package.parse(part).get("displayName", "")
