"""Bring what is new in this version to a workbook of an earlier one, and touch nothing else in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from kopilot_xl.domain import formatting
from kopilot_xl.errors import BookError, SaveError, UsageError
from kopilot_xl.texts import t
from kopilot_xl.usecases.upgrade.copy import Copied, upgrade_copy
from kopilot_xl.usecases.upgrade.pages import replace_pages
from kopilot_xl.usecases.upgrade.settings_added import add_settings, add_source_block
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.grafting import (
    Graft,
    Macros,
    Outcome,
    add_column,
    add_macros,
    add_ribbon,
    set_cells,
    table_part,
)
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.saving import BACKUP
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import (
    actions,
    clients,
    history,
    older,
    own_tables,
    problems,
    settings,
    snapshot,
    source_block,
    transactions,
)
from kopilot_xl.workbook.sheets.facts import is_macro_free
from kopilot_xl.workbook.sheets.own_tables import OwnTables
from kopilot_xl.workbook.sheets.registry import SHEETS, has_name, is_kopilot_book, title_of
from kopilot_xl.workbook.tables.table import same_name
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from kopilot_xl.workbook.template.row_heights import sheets_of

_TABLES = (clients.TABLE, transactions.TABLE, actions.TABLE, history.TABLE, problems.TABLE)
_REQUIRED = (clients.TABLE, transactions.TABLE)
_WITH_MACROS = (".xlsm", ".xltm")
_ONLY_WITH_MACROS = "xlwings.conf"
"""A sheet that a workbook without macros of ours does not need."""


@dataclass
class Upgraded:
    """What an upgrade brought to a workbook, or would bring.

    Attributes:
        path: the workbook that has it.
        sheets: the sheets that were added, by the names they have there.
        pages: the sheets of an earlier layout that were replaced, by the names they have there.
        columns: the columns that were added, as in `Actions: Client`.
        settings: the labels of the settings that were added, and of the block Sources.
        macros: what became of the macros; None for a workbook that carries none.
        ribbon: whether the tab Kopilot is that of this version.
        cannot: what could not be added, one line each, with the reason.
        unsigned: whether a digital signature goes, which no change survives.
        written: whether anything was written.
        backup: whether the version before was kept beside it.
        checked: whether it was only to be said what would be added.
    """

    path: Path
    sheets: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    macros: Macros | None = None
    ribbon: bool = True
    cannot: list[str] = field(default_factory=list)
    unsigned: bool = False
    written: bool = False
    backup: bool = False
    checked: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the workbook had everything of this version already."""
        brought = self.sheets or self.pages or self.columns or self.settings
        return not brought and (self.macros is None or self.macros.outcome in (Outcome.SAME, Outcome.LEFT))

    @property
    def lines(self) -> list[str]:
        """What to say about it: what was added, what could not be, and how to go on."""
        if self.is_current:
            return [t("{path} has everything of this version.", path=self.path), *self._not_done()]
        verb = "would get" if self.checked else "has got"
        lines = [f"{self.path} {verb}:"]
        for what, names in (
            ("sheet", self.sheets),
            ("new layout", self.pages),
            ("column", self.columns),
            ("setting", self.settings),
        ):
            if names:
                lines.append(f"  {formatting.count(len(names), what)}: {', '.join(names)}")
        if self.macros and self.macros.outcome in (Outcome.ADDED, Outcome.REPLACED):
            kept = t(" beside your own ({kept})", kept=", ".join(self.macros.kept)) if self.macros.kept else ""
            lines.append(t("  the macros of this version{kept}", kept=kept))
        lines += self._not_done()
        if self.unsigned:
            lines.append(t("The digital signature of the earlier version was removed."))
        if self.backup:
            lines.append(t("The version before is kept as {path}{backup}.", path=self.path, backup=BACKUP))
        shown = f'"{self.path}"' if " " in str(self.path) else str(self.path)
        return [
            *lines,
            t("Next: kopilot-xl {command} {path}", command="upgrade" if self.checked else "refresh", path=shown),
        ]

    def _not_done(self) -> list[str]:
        lines = [t("  not added: {line}", line=line) for line in self.cannot]
        if self.macros and self.macros.outcome is Outcome.LEFT:
            lines.append(t("  not changed: the macros, for {reason}", reason=self.macros.reason))
        if not self.ribbon:
            lines.append(t("  not added: the tab Kopilot, for the workbook has a ribbon of its own"))
        return lines


def upgrade(
    path: str | PathLike[str],
    output: str | PathLike[str] | None = None,
    *,
    check: bool = False,
    copy: bool = False,
    backup: bool = True,
    force: bool = False,
) -> Upgraded | Copied:
    """Add the sheets, columns, settings and macros of this version that a workbook lacks.

    The owner's sheets, columns, charts, notes, colours, names and the order of tabs stay as they are.

    Args:
        path: the workbook.
        output: where to write it; by default it is replaced.
        check: only say what would be added.
        copy: make a new workbook instead, with the rows, settings and history of this one.
        backup: keep the version that is replaced beside it.
        force: replace a file that `output` names; it is kept beside as a backup.

    Raises:
        BookError: it cannot be read, is not a Kopilot workbook, or its structure is protected.
        MissingError: its table Clients or Transactions is not there.
        SaveError: it cannot be written.
        UsageError: a copy is to be checked.
    """
    if copy and check:
        raise UsageError(t("there is nothing to check about a copy."), "check")
    old = open_book(path)
    adopted = is_kopilot_book(old) and own_tables.read(old) is not None
    if copy and adopted:
        raise BookError(
            t(
                "{path} keeps its clients in a table of your own, so a copy would leave most of it behind. "
                "Upgrade it without --copy.",
                path=old.path,
            )
        )
    if copy:
        return upgrade_copy(path, output, force=force)
    if not is_kopilot_book(old):
        raise BookError(
            t('{path} is not a Kopilot workbook. Make it one with kopilot-xl adopt "{path}".', path=old.path)
        )
    for table in () if adopted else _REQUIRED:
        old.table(table.name)
    target = old.path if output is None else Path(output)
    own = target.exists() and target.samefile(old.path)
    outputs.check_same_ending(target, old.path)
    if target.exists() and not own and not force:
        raise SaveError(t("{target} is there already: choose another name, or replace it with --force.", target=target))
    if check:
        return replace(_added(old, Package(old.path), target), checked=True)
    backup = backup if own else target.exists()
    with old.locked(target, backup=backup):
        package = Package(old.path)
        made = _added(old, package, target)
        made.unsigned = package.is_signed and not made.is_current
        if not own or not made.is_current:
            package.save(target, backup=backup)
            made.written, made.backup = True, own and backup
    return made


def _added(old: FileBook, package: Package, target: Path) -> Upgraded:
    """Add to a package what it lacks; return what that was."""
    source = Package(MACRO_FREE_TEMPLATE if is_macro_free(old) else TEMPLATE)
    graft = Graft(package, source)
    made = Upgraded(target)
    own = own_tables.read(old)
    titles = [title for title, _ in sheets_of(source)]
    if own is not None:
        titles = _without_adopted(old, own, graft, titles)
    made.pages, made.cannot = replace_pages(old, graft)
    missing = [title for title in titles if not _has(old, title)]
    made.sheets = graft.add_sheets(*missing)
    graft.add_names()
    parts, source_parts = _parts(package), _parts(source)
    for table in _TABLES:
        if table.name in missing or not old.has_table(table.name):
            continue
        data = old.table(table.name)
        known = {same_name(header) for header in data.headers}
        for column in table.columns:
            if column.header in older.NEW_COLUMNS.get(table, ()) and same_name(column.header) not in known:
                sheet = parts[data.sheet.casefold()]
                lending = source_parts[table.name.casefold()]
                try:
                    add_column(
                        graft, sheet, table_part(package, sheet, table.name), column.header,
                        (lending, table_part(source, lending, table.name)),
                    )  # fmt: skip
                except SaveError as error:
                    made.cannot.append(
                        t("the column {header} of {name}: {error}", header=column.header, name=table.name, error=error)
                    )
                else:
                    made.columns.append(f"{table.name}: {column.header}")
    made.settings = [setting.label for setting in add_settings(old, graft, parts, source_parts)]
    if add_source_block(old, graft, parts, source_parts):
        made.settings.append(source_block.TITLE)
    graft.finish()
    with_macros = own is None or old.has_sheet(_ONLY_WITH_MACROS)
    if target.suffix.lower() in _WITH_MACROS and not is_macro_free(old) and with_macros:
        made.macros = add_macros(package, source)
        made.ribbon = add_ribbon(package, source)
        if made.macros.outcome is not Outcome.LEFT and snapshot.format_of(old) != snapshot.FORMAT:
            part = _parts(package).get(snapshot.SHEET.casefold())
            if part is not None and snapshot.SHEET not in made.sheets:
                set_cells(package, part, {1: snapshot.MARK, 2: snapshot.FORMAT})
    return made


def _without_adopted(book: FileBook, own: OwnTables, graft: Graft, titles: Sequence[str]) -> list[str]:
    """The sheets of ours that a workbook with tables of its owner's is to have: theirs stand in for two of them."""
    for table, known in ((clients.TABLE, own.clients), (transactions.TABLE, own.transactions)):
        graft.stand_in(table.name, book.table(known.name).sheet if book.is_table(known.name) else known.name)
    out = {clients.TABLE.name, transactions.TABLE.name}
    if not book.has_sheet(_ONLY_WITH_MACROS):
        out.add(_ONLY_WITH_MACROS)
    return [title for title in titles if title not in out]


def _has(book: FileBook, title: str) -> bool:
    """Tell whether a workbook has a sheet of ours, be it under another name."""
    sheet = next((sheet for sheet in SHEETS if sheet.name == title), None)
    if book.has_table(title) or book.has_sheet(title) or (sheet is not None and title_of(book, sheet) is not None):
        return True
    return title == settings.SHEET and any(has_name(book, setting.name) for setting in settings.NUMBERS)


def _parts(package: Package) -> dict[str, str]:
    return {title.casefold(): part for title, part in sheets_of(package) if part}
