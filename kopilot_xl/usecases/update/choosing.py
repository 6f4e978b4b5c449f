"""The sources of an update: those that it reads, and those that the workbook remembers afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.output import Pair
from kopilot_xl.texts import t
from kopilot_xl.usecases.update.readings import Found, Reading
from kopilot_xl.usecases.update.remembering import choices_of, kept_by, learned, over, read_from, source_of, with_files
from kopilot_xl.usecases.update.rows import incoming_clients, memory_keys
from kopilot_xl.usecases.update.source_files import absolute_path, all_files, located
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import sources
from kopilot_xl.workbook.sheets.source_block import LABELS
from kopilot_xl.workbook.sheets.sources import CLIENTS, TRANSACTIONS, Memory, Source


def sources_to_read(
    memory: Memory | None, folder: Path, named: Mapping[str, Sequence[str]], given: ImportChoices
) -> tuple[dict[str, Source], set[str]]:
    """Return the sources that an update reads, and the names of those whose files were named just now.

    Invoices named alone are joined to the clients of the list that the workbook remembers, if it is there.

    Args:
        memory: what the workbook remembers.
        folder: its folder.
        named: the files that were named, by table; without, all sources that it remembers are read.
        given: what was settled just now.
    """
    known = dict(memory.sources) if memory else {}
    if not named:
        return {name: _settled(source, source.files, given) for name, source in known.items() if source.files}, set()
    chosen = {table: _settled(known.get(table, Source(table, ())), files, given) for table, files in named.items()}
    people = known.get(CLIENTS)
    if set(chosen) == {TRANSACTIONS} and people and all_files([located(folder, path) for path in people.files]):
        return {CLIENTS: people, **chosen}, set(chosen)
    return chosen, set(chosen)


def _settled(source: Source, files: Sequence[str], given: ImportChoices) -> Source:
    """Return a source with other files, and with what is settled now in the place of what was settled before."""
    settled = source_of(source.table, files, over(choices_of(source), given))
    return replace(source, files=files, choices=settled.choices)


def after_reading(
    chosen: Mapping[str, Source], reading: Reading, pair: Pair, found: Found, today: date
) -> dict[str, Source]:
    """Return the sources once a reading of them is done."""
    after = dict(chosen)
    for name in reading.sources.values():
        files = found.files.get(name)
        newest = max(files, key=lambda file: file.changed) if files else None
        after[name] = read_from(chosen[name], pair, today, (newest.path.name, newest.changed) if newest else None)
    return after


def is_source(memory: Memory, name: str, files: Sequence[str], folder: Path) -> bool:
    """Tell whether files are those that a workbook remembers for a source."""
    source = memory.sources.get(name)
    known = [absolute_path(located(folder, path)) for path in source.files] if source else []
    return known == [absolute_path(path) for path in files]


def remembered(chosen: Mapping[str, Source], memory: Memory | None, folder: Path) -> tuple[list[Source], list[str]]:
    """Return the sources that are remembered, and a line for each that cannot be."""
    lines = []
    found = dict(memory.sources) if memory else {}
    tables = {source.table for name, source in chosen.items() if name not in found or source.files != found[name].files}
    found = {name: source for name, source in found.items() if source.table not in tables}
    for name, source in chosen.items():
        if name in found:
            found[name] = source
        elif kept := kept_by(folder, source):
            found[name] = kept
        else:
            lines.append(
                t(
                    "{files} is not remembered, because it is outside the workbook's folder and your own: name it "
                    "again next time, or keep the exports near the workbook.",
                    files=", ".join(Path(name).name for name in source.files),
                )
            )
    return sorted(found.values(), key=lambda source: list(LABELS).index(source.table)), lines


def remember_new(
    book: Book, folder: Path, files: Mapping[str, Sequence[str]], choices: ImportChoices, pair: Pair
) -> bool:
    """Have a new workbook remember what it was made from; False where it has no room for that.

    Args:
        book: the workbook.
        folder: where it will be; paths are kept relative to it.
        files: what was named for each table.
        choices: what was settled.
        pair: what was read.
    """
    absolute = {
        table: source_of(table, [absolute_path(name) for name in names], choices) for table, names in files.items()
    }
    reading = Reading(
        {table: source.files for table, source in absolute.items()}, {}, {table: table for table in absolute}
    )
    found = Found([reading], {table: all_files(source.files) for table, source in absolute.items()})
    read = after_reading(absolute, reading, pair, found, date.today())
    memory = with_files(
        learned(None, pair, incoming_clients(pair), memory_keys(pair)),
        [file.key for files in found.files.values() for file in files],
    )
    kept, _ = remembered(read, None, folder)
    return sources.write(book, kept, memory.keys, memory.remarks)
