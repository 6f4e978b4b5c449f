"""The verdict on an import: figures to check against the books, and what stops it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.domain import formatting
from kopilot_xl.importing.vocabulary import State
from kopilot_xl.texts import marked, t, tn

DELIMITERS = {";": marked("semicolon"), ",": marked("comma"), "\t": marked("tab"), "|": marked("vertical bar")}
SIGNS = {",": marked("comma"), ".": marked("point")}


@dataclass(frozen=True)
class FileSummary:
    """How a file was read.

    Attributes:
        file: its name.
        form: what it is, as in `CSV` or `Excel, sheet Invoices`.
        rows: how many rows of data it has.
        encoding: of a text file.
        delimiter: of a text file.
        decimal: the decimal sign of amounts written as text, None where there are none.
        columns: which heading was taken for which column.
        ignored: the headings that were not taken.
        remarks: what was assumed, a sentence each.
        passed_over: the sheets and tables that were not taken.
        program: that wrote it, where it is known.
        table: `clients` or `transactions`, whichever it lists.
    """

    file: str
    form: str
    rows: int
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    remarks: Sequence[str] = ()
    passed_over: Sequence[str] = ()
    program: str | None = None
    table: str = "transactions"

    @property
    def title(self) -> str:
        """The file and what it is, in a line."""
        parts = [self.form]
        if self.encoding:
            parts.append(self.encoding)
        if self.delimiter:
            delimiter = t(DELIMITERS.get(self.delimiter, self.delimiter))
            parts.append(t("{delimiter} between the columns", delimiter=delimiter))
        if self.decimal:
            parts.append(t("decimal {sign}", sign=t(SIGNS[self.decimal])))
        return f"{self.file}: {', '.join(parts)}; {tn('{count:,} row', '{count:,} rows', self.rows)}"

    @property
    def lines(self) -> list[str]:
        """What was taken for what, what was not taken, and what was assumed."""
        taken = [
            t(name) if name == heading else t("{name} from {heading}", name=t(name), heading=heading)
            for name, heading in self.columns.items()
        ]
        found = [t("Columns: {columns}", columns=", ".join(taken))]
        if self.program:
            found.append(t("Recognised as {program}", program=self.program))
        if self.passed_over:
            found.append(t("Passed over: {sheets}", sheets=", ".join(self.passed_over)))
        if self.ignored:
            found.append(t("Not taken: {columns}", columns=", ".join(self.ignored)))
        return [*found, *self.remarks]

    @property
    def as_json(self) -> dict[str, object]:
        """How the file was read, in values JSON knows."""
        return {
            "file": self.file, "form": self.form, "rows": self.rows, "encoding": self.encoding,
            "delimiter": self.delimiter, "decimal": self.decimal, "columns": dict(self.columns),
            "ignored": list(self.ignored),
            "assumed": list(self.remarks), "passed_over": list(self.passed_over), "program": self.program,
        }  # fmt: skip


_NOT_INVOICED = (State.PLANNED, State.DRAFT, State.CANCELED)


@dataclass
class Verdict:
    """The figures of an import.

    Attributes:
        rows: rows with something in them, below the headings.
        used: rows that are in the documents.
        left_out: rows left out, by reason.
        documents: by kind and state.
        sums: of amounts by year and currency, of what is neither planned, draft nor canceled.
        first: the earliest issue date.
        last: the latest issue date.
        last_issued: the latest issue date of what was invoiced, neither planned, draft nor canceled.
        joined: how many documents found their client.
        counted: how many documents there are.
        clients: how many clients.
        left_clients: contacts that are no clients, by reason.
        warnings: figures that say something may be wrong, which `--accept` passed over.
    """

    rows: int = 0
    used: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    documents: Counter[tuple[str, str]] = field(default_factory=Counter)
    sums: dict[tuple[int, str], float] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    last_issued: date | None = None
    joined: int = 0
    counted: int = 0
    clients: int = 0
    left_clients: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def add(self, kind: str, state: State | str | None, day: date, amount: object, currency: str | None) -> None:
        """Count one document, as `count` does."""
        self.count([(kind, state, day, amount, currency)])

    def count(self, documents: Iterable[tuple[str, State | str | None, date, object, str | None]]) -> None:
        """Count documents: what each is, its state or its unknown word, its day, its amount and its currency."""
        counts: dict[tuple[str, State | str | None], int] = {}
        days: set[date] = set()
        issued: set[date] = set()
        sums = self.sums
        for kind, state, day, amount, currency in documents:
            key = kind, state
            counts[key] = counts.get(key, 0) + 1
            days.add(day)
            if state not in _NOT_INVOICED:
                issued.add(day)
                if isinstance(amount, float):
                    year = day.year, currency or ""
                    sums[year] = sums.get(year, 0.0) + amount
        for (kind, state), number in counts.items():
            self.documents[kind, "unknown" if state is None else str(state)] += number
            self.counted += number
        self.first = min((*days, self.first or date.max)) if days else self.first
        self.last = max((*days, self.last or date.min)) if days else self.last
        self.last_issued = max((*issued, self.last_issued or date.min)) if issued else self.last_issued

    @property
    def lines(self) -> list[str]:
        """The verdict, a line for each figure."""
        read = tn("{count:,} row read, {used:,} used", "{count:,} rows read, {used:,} used", self.rows, used=self.used)
        found = [read + self._left()]
        if self.documents:
            kinds: dict[str, list[str]] = {}
            for (kind, state), number in sorted(self.documents.items()):
                kinds.setdefault(kind, []).append(f"{number:,} {t(state)}")
            found += [f"{t(kind)}: {', '.join(told)}" for kind, told in kinds.items()]
        if self.sums:
            years = [
                f"{year}: {formatting.amount(total)} {currency}".rstrip()
                for (year, currency), total in sorted(self.sums.items())
            ]
            found.append(t("Invoiced, less credit notes: {years}", years="; ".join(years)))
        if self.first is not None and self.last is not None:
            found.append(
                t("Dates from {first} to {last}", first=formatting.day(self.first), last=formatting.day(self.last))
            )
        if self.counted:
            found.append(
                t(
                    "{joined:,} of {counted:,} documents found their client ({share:.1%})",
                    joined=self.joined,
                    counted=self.counted,
                    share=self.joined / self.counted,
                )
            )
        if self.left_clients:
            told = ", ".join(f"{number:,} {t(reason)}" for reason, number in sorted(self.left_clients.items()))
            found.append(t("Contacts left out: {reasons}", reasons=told))
        return found

    def _left(self) -> str:
        if not self.left_out:
            return ""
        reasons = ", ".join(f"{number:,} {t(reason)}" for reason, number in sorted(self.left_out.items()))
        return t("; left out: {reasons}", reasons=reasons)

    @property
    def as_json(self) -> dict[str, object]:
        """The verdict in values JSON knows."""
        documents: dict[str, dict[str, int]] = {}
        for (kind, state), number in sorted(self.documents.items()):
            documents.setdefault(kind, {})[state] = number
        sums: dict[str, dict[str, float]] = {}
        for (year, currency), total in sorted(self.sums.items()):
            sums.setdefault(str(year), {})[currency] = round(total, 2)
        return {
            "rows": self.rows,
            "used": self.used,
            "left_out": dict(self.left_out),
            "documents": documents,
            "sums": sums,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "joined": self.joined,
            "counted": self.counted,
            "clients": self.clients,
            "left_clients": dict(self.left_clients),
            "warnings": list(self.warnings),
        }


def without_ids(count: int) -> list[str]:
    """Return what to say where some clients of a list with ids have none."""
    if not count:
        return []
    return [
        tn("{count:,} client has no id: its name serves.", "{count:,} clients have no id: their names serve.", count)
    ]
