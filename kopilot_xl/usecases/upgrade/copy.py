"""A new workbook with what stands in an old one.

An upgrade in place leaves a workbook with macros or without as it is, and pages with something of their owner's on them
as they are. This is the way to the other edition, and to all of today's pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.domain import formatting
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t
from kopilot_xl.usecases.create import MACRO_FREE_SUFFIX, SUFFIX, checked_target
from kopilot_xl.usecases.upgrade.columns import _REQUIRED, INPUTS, _Kept, _kept, _widened
from kopilot_xl.usecases.upgrade.left_behind import _elsewhere, _not_in_tables
from kopilot_xl.workbook.addresses import cell_address, split_reference
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.saving import BACKUP
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.outputs import permissions
from kopilot_xl.workbook.sheets import actions, clients, history, settings, snapshot, sources, transactions
from kopilot_xl.workbook.sheets.client_facts import fill_formulas
from kopilot_xl.workbook.sheets.facts import is_macro_free
from kopilot_xl.workbook.template import template_for
from kopilot_xl.workbook.template.row_heights import sheets_of


@dataclass(frozen=True)
class Copied:
    """A new workbook made from an old one.

    Attributes:
        path: where it is.
        rows: how many rows each table got, by its name.
        columns: the columns of the user's own that came along, as in `Clients: Region`.
        left: what could not come along, one line each.
        backup: whether it took the place of the old workbook, which was kept beside it.
    """

    path: Path
    rows: dict[str, int]
    columns: Sequence[str]
    left: Sequence[str]
    backup: bool = False

    @property
    def filled(self) -> str:
        """What is in it, in words."""
        nouns = {
            clients.TABLE.name: ("client", None),
            transactions.TABLE.name: ("transaction", None),
            actions.TABLE.name: ("action", None),
            history.TABLE.name: ("date of History", "dates of History"),
        }
        *most, last = (formatting.count(self.rows.get(name, 0), *noun) for name, noun in nouns.items())
        return f"{', '.join(most)} and {last}"

    @property
    def lines(self) -> list[str]:
        """What to tell about it: where it is, what came along, what did not, and how to go on."""
        told = [t("{path} was made, with {filled}, and the settings.", path=self.path, filled=self.filled)]
        if self.backup:
            told.append(t("The old workbook is kept as {path}{backup}.", path=self.path, backup=BACKUP))
        if self.columns:
            told.append(
                t(
                    "Columns of your own, added at the right of their tables: {columns}.",
                    columns=", ".join(self.columns),
                )
            )
        if self.left:
            told += [t("What was not copied:"), *(f"  {each}" for each in self.left)]
            told.append(t("To have it, open both workbooks in Excel and copy it over."))
        told.append(t("Colours, widths, filters and hidden rows and columns start afresh."))
        shown = f'"{self.path}"' if " " in str(self.path) else str(self.path)
        return [*told, t("Next: kopilot-xl refresh {path}", path=shown)]


def upgrade_copy(
    path: str | PathLike[str], output: str | PathLike[str] | None = None, *, force: bool = False
) -> Copied:
    """Make a new workbook of this version with the rows, the settings and the history of an old one.

    What the user wrote comes along as it stands, nothing is read into it; what refresh writes is left for the next
    refresh. The old workbook is left as it is.

    Args:
        path: the old workbook.
        output: the new one; by default beside the old one, its name with "(upgraded)".
        force: replace an existing file, which is kept as a backup.

    Raises:
        BookError: the old workbook cannot be read.
        MissingError: it has no Clients or Transactions, or one of their columns is not there.
        SaveError: the new one cannot be written, or is there already.
    """
    old = open_book(path)
    target = checked_target(default_output(path) if output is None else output, force)
    in_place = target.exists() and target.samefile(old.path)
    template = template_for(target)
    with old.locked(target, backup=target.exists()):
        kept = [
            _kept(table, old) for table in (*INPUTS, history.TABLE) if table in _REQUIRED or old.has_table(table.name)
        ]
        with TemporaryDirectory() as folder:
            draft = Path(folder, target.name)
            _widened(template, kept, draft)
            draft.chmod(0o666 & permissions([old.path]))  # the new workbook is as private as the old one
            made = open_book(draft)
            for each in kept:
                _fill(made, each)
            unset = list(_set(made, old))
            if snapshot.read(old):
                made.write_sheet(snapshot.SHEET, snapshot.upgraded(old.sheet_values(snapshot.SHEET)))
            if (memory := sources.read(old)) is not None:
                sources.write(made, memory.sources.values(), memory.keys, memory.remarks)
            left = [*_not_in_tables(old, kept), *_elsewhere(Package(old.path), Package(template), old, kept), *unset]
            made.save(target, backup=target.exists())
    own = [f"{each.table.name}: {column.header}" for each in kept for column in each.own]
    return Copied(target, {each.table.name: each.filled for each in kept}, own, left, in_place)


def default_output(path: str | PathLike[str]) -> Path:
    """Return where the new workbook goes if nobody says: beside the old one, and of its edition."""
    old = Path(path)
    return old.with_name(f"{old.stem} (upgraded){MACRO_FREE_SUFFIX if is_macro_free(open_book(old)) else SUFFIX}")


def _fill(made: FileBook, kept: _Kept) -> None:
    """Write the rows of a table: the user's columns, and all of History's."""
    ours = {column: at for column, at in kept.places.items() if kept.table is history.TABLE or not column.written}
    columns: dict[str, Sequence[Value]] = {column.header: kept.values(at) for column, at in ours.items()}
    columns |= {each.header: kept.values(each.at) for each in kept.own}
    made.write_table(kept.table.name, columns)
    if kept.table is clients.TABLE:
        fill_formulas(made, max(len(kept.data.rows), 1))


def _set(made: FileBook, old: FileBook) -> Iterator[str]:
    """Write the settings as they stand; yield a line for each the old workbook does not have or has a formula for."""
    parts, package = dict(sheets_of(Package(old.path))), Package(old.path)
    computed: dict[str, set[str]] = {}
    for each in settings.ALL:
        try:
            made.write_block(each.name, [[old.cell(each.name)]])
        except MissingError:
            if each is not settings.LANGUAGE:  # what it was written in is the default
                yield t(
                    "the setting {label}, which has no cell named {name}: it has its default",
                    label=each.label,
                    name=each.name,
                )
            continue
        sheet, cell = split_reference(old.cell_address(each.name))
        if sheet not in computed:
            part = parts.get(sheet)
            formulas = worksheet.formulas(package.read(part)) if part else ()
            computed[sheet] = {cell_address(row, column) for row, column, _ in formulas}
        if cell in computed[sheet]:
            yield t("the formula of the setting {label}: its result was copied, and stays as it is", label=each.label)
