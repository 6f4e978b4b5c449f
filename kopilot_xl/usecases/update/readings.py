"""Which files an update reads: those of its sources, as they are today."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.texts import t, tn
from kopilot_xl.usecases.update.remembering import choices_of
from kopilot_xl.usecases.update.source_files import SourceFile, all_files, is_many, located
from kopilot_xl.workbook.sheets.sources import CLIENTS, FILES, INVOICES, TRANSACTIONS, Memory, Source

_NAMED = 3
"""How many files a line names."""


@dataclass(frozen=True)
class Reading:
    """What is read at once: the files of each table with what was settled about them. Other readings come after it."""

    files: Mapping[str, Sequence[str]]
    choices: Mapping[str, ImportChoices]
    sources: Mapping[str, str]
    """by table, the name of the source that its files belong to"""


@dataclass
class Found:
    """What there is to read.

    Attributes:
        readings: what to read, in this order.
        files: by source, the files that were found, in the order in which they are read.
        lines: what to say about patterns and folders.
    """

    readings: list[Reading] = field(default_factory=list)
    files: dict[str, list[SourceFile]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def readings(
    sources: Mapping[str, Source], folder: Path, memory: Memory | None, *, named: Collection[str] = ()
) -> Found:
    """Find out what an update reads.

    Of a pattern or a folder it is the files that are newer than the last one read, the oldest first, each by itself:
    so a month that was missed is read before the month that corrects it. Where nothing is newer, the newest is read
    again. Files named by themselves are read whatever their date.

    Args:
        sources: the sources by their names; relative paths start in `folder`.
        folder: the folder of the workbook.
        memory: what the workbook remembers.
        named: the sources whose files were named just now: there a pattern means all that it matches, in one reading.

    Raises:
        BookError: there is no such file.
    """
    found = Found()
    batches: dict[str, list[list[str]]] = {}
    for name, source in sources.items():
        files = [located(folder, path) for path in source.files]
        if name in named or source.table == INVOICES or not any(map(is_many, files)):
            batches[name] = [files]
            found.files[name] = all_files(files)
        else:
            batches[name] = _newer(name, source, files, memory, found)
    of_clients = [name for name, source in sources.items() if source.table == CLIENTS]
    for name, source in sources.items():
        if source.table != INVOICES:
            continue
        for batch in batches[name]:
            found.readings.append(Reading({INVOICES: batch}, {INVOICES: choices_of(source)}, {INVOICES: name}))
    # A list of clients joins the invoices: of several files, the newest client of an id counts.
    people = {
        name: list(dict.fromkeys(path for batch in reversed(batches[name]) for path in batch)) for name in of_clients
    }
    *others, main = of_clients or [""]
    for name in others:
        found.readings.append(_reading(sources, {CLIENTS: (name, people[name])}))
    sales = [name for name, source in sources.items() if source.table == TRANSACTIONS]
    with_clients = {CLIENTS: (main, people[main])} if main else {}
    for name in sales:
        for batch in batches[name]:
            found.readings.append(_reading(sources, {**with_clients, TRANSACTIONS: (name, batch)}))
    if main and not sales:
        found.readings.append(_reading(sources, with_clients))
    return found


def _reading(sources: Mapping[str, Source], parts: Mapping[str, tuple[str, Sequence[str]]]) -> Reading:
    return Reading(
        {table: files for table, (_, files) in parts.items()},
        {table: choices_of(sources[name]) for table, (name, _) in parts.items()},
        {table: name for table, (name, _) in parts.items()},
    )


def _newer(name: str, source: Source, paths: Sequence[str], memory: Memory | None, found: Found) -> list[list[str]]:
    """Return what to read of a source with a pattern or folder, file by file, and say what is new about it."""
    always = [path for path in paths if not is_many(path)]
    files = all_files([path for path in paths if is_many(path)])
    shown = ", ".join(source.files)
    if not files:
        if not always:
            raise BookError(
                t("{pattern}: there is no such file. Check its name and folder on Settings.", pattern=shown)
            )
        return [always]
    since = source.last_changed
    if since is None:
        new = files
    else:
        before = memory.hidden.get(name) if memory else None
        moved = before is not None and before.last_changed != since  # the owner wrote another date
        known = frozenset() if moved or memory is None else memory.keys.get(FILES, frozenset())
        new = [file for file in files if file.changed.replace(microsecond=0) >= since and file.key not in known]
        new = [file for file in new if not (moved and file.changed.replace(microsecond=0) == since)]
        older = [
            file for file in files if file.changed.replace(microsecond=0) < since and known and file.key not in known
        ]
        if older:
            found.lines.append(
                tn(
                    "{pattern}: {count:,} file that was never read is older than the last one: {files}. It was not "
                    "read; name it with --{table} to bring it in.",
                    "{pattern}: {count:,} files that were never read are older than the last one: {files}. They were "
                    "not read; name them with --{table} to bring them in.",
                    len(older),
                    pattern=shown,
                    files=_names(older),
                    table=source.table,
                )
            )
    if new:
        found.lines.append(t("{pattern}: {files}", pattern=shown, files=_names(new)))
    else:
        found.lines.append(
            t("{pattern}: nothing newer than {file}, which was read again.", pattern=shown, file=str(files[-1]))
        )
    chosen = new or files[-1:]
    found.files[name] = chosen
    return [[*always, str(file.path)] for file in chosen]


def _names(files: Sequence[SourceFile]) -> str:
    names = ", ".join(map(str, files[:_NAMED]))
    return t("{names} and {count:,} more", names=names, count=len(files) - _NAMED) if len(files) > _NAMED else names
