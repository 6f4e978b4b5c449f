"""What stops an import: each check names the figure, the rows and the way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from kopilot_xl.domain import formatting
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.batch import Batch
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.columns import InvoiceColumns, forced
from kopilot_xl.importing.dates import FIRST_YEAR
from kopilot_xl.importing.joining import NOBODY
from kopilot_xl.importing.layout import Table, listed, text_of
from kopilot_xl.importing.people import People, listed_names, name_key
from kopilot_xl.importing.summary import Verdict
from kopilot_xl.importing.vocabulary import State
from kopilot_xl.texts import marked, t, tn
from kopilot_xl.texts.words import fold

ENOUGH_JOINED = 0.95
FEW = 20
"""With fewer documents than this each one must find its client."""


class UnjoinedError(QuestionError):
    """Documents that found no client. `share` is that of those that did."""

    def __init__(self, text: str, share: float) -> None:
        super().__init__(text, "unknown-clients")
        self.share = share


def known_maps(tables: Sequence[Table], choices: ImportChoices, beside: Sequence[Table] = ()) -> None:
    """Refuse a heading given with `--map` that no file has.

    Args:
        tables: the tables that the choices are about.
        choices: what the user settled.
        beside: other tables of the import, which may have the heading too.

    Raises:
        MissingError: no file has it; the text lists the headings.
    """
    for name, heading in choices.columns.items():
        if tables and not any(table.by_heading(heading) for table in (*tables, *beside)):
            there = listed((each for table in tables for each in table.headings if each), 20)
            raise MissingError(
                t(
                    '--map "{name}={heading}": no file has a column of that heading (there are {there}).',
                    name=name,
                    heading=heading,
                    there=there,
                )
            )
    for table in tables:
        forced(table, choices)


def asked(questions: Sequence[Question], label: str) -> QuestionError:
    """Return what to raise for words that are not known: one question for each, with the option that answers it."""
    told = "; ".join(each.text for each in questions[:6]) + (
        f"; and {len(questions) - 6} more" if len(questions) > 6 else ""
    )
    options = " ".join(each.option for each in questions[:6])
    meanings = ", ".join(questions[0].answers)
    return QuestionError(
        t(
            "{label}: {told}. Say what they mean: {options} (or {meanings}).",
            label=label,
            told=told,
            options=options,
            meanings=meanings,
        ),
        questions[0].code,
        questions,
    )


def shape(table: Table, mapping: InvoiceColumns, choices: ImportChoices) -> None:
    """Refuse rows that do not fit the headings, and formulas without results.

    Raises:
        QuestionError: a cell that is needed cannot be trusted.
    """
    raw = table.raw
    needed = [
        mapping.date,
        *(mapping.amount.columns if mapping.amount else []),
        *mapping.clients[:2],
        *mapping.statuses,
    ]
    needed += [
        each for each in table.columns if each.role("amount_net", "amount_total", "amount_gross", "amount_line") > 60
    ]
    for _, source in table.sources or [(0, raw)]:
        places = {each.at for each in needed}
        lost = sorted((row, column) for row, column in source.lost if row > table.header and column in places)
        if lost:
            row, column = lost[0]
            raise QuestionError(
                t(
                    "{label}: {count:,} formulas have no stored result (such as {column}{row} under "
                    "{headings}). Open the file in Excel or LibreOffice, save it there, and give it "
                    "again.",
                    label=source.label,
                    count=len(lost),
                    column=source.letters(column),
                    row=source.row_number(row),
                    headings=table.headings[column] if column < len(table.headings) else "",
                ),
                "lost-results",
            )
    if table.wide:
        first, more = table.place(table.wide[0]), _and_more(len(table.wide) - 1)
        question = QuestionError(
            t(
                "{row} has more cells than there are headings{more}: a text or "
                "an amount may hold the character that separates the columns. Export it with "
                "quotation marks, or as .xlsx; --accept reads it as it is.",
                row=first,
                more=more,
            ),
            "wide-rows",
        )
        passed = t("{row} has more cells than there are headings{more}.", row=first, more=more)
        choices.settle(question, passed)
    if mapping.amount is None and table.body:
        numbers = [each.name for each in table.columns if each.filled and each.amounts > 0.9 and each.dates < 0.5][:6]
        could = t(" Columns with numbers are {numbers}.", numbers=", ".join(numbers)) if numbers else ""
        question = QuestionError(
            t(
                "{label} has no column that can be recognised as Amount.{could} Export the amounts too, or name "
                'their column: --map "Amount={numbers}"; --accept goes on without amounts.',
                label=raw.label,
                could=could,
                numbers=numbers[0] if numbers else "…",
            ),
            "no-amount",
            [Question("no-amount", t("Which column has the amounts?"), '--map "Amount=…"', None, numbers)],
        )
        choices.settle(question, t("{label} has no column that can be recognised as Amount.", label=raw.label))


def documents(batches: Sequence[Batch], choices: ImportChoices, today: date) -> None:
    """Refuse rows without a date or with an amount that cannot be read, and dates that cannot be.

    Raises:
        QuestionError: there are some, and they are not accepted.
    """
    rows = sum(len(batch.rows) for batch in batches)
    if rows and not any(batch.documents for batch in batches):
        reasons = sum((batch.left_out for batch in batches), Counter[str]())
        told = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items())
        name = batches[0].mapping.table.raw.path.name
        text = t(
            "None of the {rows:,} rows of {name} is an invoice or a credit note ({reasons})",
            rows=rows,
            name=name,
            reasons=told,
        )
        _stop(text, "no-invoices", t("Export the invoices"), choices)
    for batch in batches:
        table = batch.mapping.table
        dateless = batch.sorted_rows.dateless
        if dateless:
            text = t(
                "{count:,} rows of {name} have an amount and a client but no issue date that can be read, "
                "such as {place}",
                count=len(dateless),
                name=table.raw.path.name,
                place=table.place(dateless[0]),
            )
            _stop(text, "no-date", t("Correct them"), choices)
            batch.left_out[marked("without a date")] = len(dateless)
        if batch.unread:
            first = batch.documents[batch.unread[0]]
            more = len(batch.unread) - 1
            text = t(
                '{place}: "{amount}" is not an amount{more}',
                place=table.place(first.row),
                amount=text_of(first.amount),
                more=_and_more(more),
            )
            _stop(text, "unreadable-amount", t("Correct them"), choices)
        low = date(FIRST_YEAR, 1, 1)
        soon, far = today + timedelta(days=731), today + timedelta(days=3653)
        odd = [
            each
            for each in batch.documents
            if each.day < low or each.day > (far if each.state is State.PLANNED else soon)
        ]
        odd = [each for each in odd if each.state not in (State.CANCELED, State.DRAFT)]
        if odd:
            first = odd[0]
            more = len(odd) - 1
            text = t(
                "{place} is dated {day}{more}",
                place=table.place(first.row),
                day=formatting.day(first.day),
                more=_and_more(more),
            )
            _stop(text, "odd-date", t("Look at the column {name}", name=batch.mapping.date.name), choices)


def _and_more(count: int) -> str:
    """What to add where other rows have the same trouble."""
    return tn("; {count:,} more row is like it", "; {count:,} more rows are like it", count) if count else ""


def _stop(text: str, code: str, way: str, choices: ImportChoices) -> None:
    question = QuestionError(t("{text}. {way}; --accept goes on as it is.", text=text, way=way), code)
    choices.settle(question, f"{text}.")


def currencies(batches: Sequence[Batch], choices: ImportChoices, verdict: Verdict) -> str | None:
    """Return the one currency of all documents; those of others are left out where the user names one.

    Raises:
        QuestionError: there are several; the text has the sum of each.
    """
    sums: dict[str, float] = {}
    for batch in batches:
        for each in batch.documents:
            if each.currency and each.state not in (State.CANCELED, State.DRAFT):
                amount = each.amount if isinstance(each.amount, float) else 0.0
                sums[each.currency] = sums.get(each.currency, 0.0) + amount
    if "$" in sums and len(sums) > 1 and all(each in _DOLLARS for each in sums):
        sums = {next(each for each in sums if each != "$"): sum(sums.values())} if len(sums) == 2 else sums
    wanted = choices.currency.upper() if choices.currency else None
    if wanted is not None and sums and wanted not in sums:
        raise QuestionError(
            t("No row is in {wanted}: there are {sums}.", wanted=wanted, sums=", ".join(sums)), "no-such-currency"
        )
    if len(sums) > 1 and wanted is None:
        ranked = sorted(sums.items(), key=lambda each: -each[1])
        told = ", ".join(f"{formatting.amount(total)} {code}" for code, total in ranked)
        first = ranked[0][0]
        others = _converted(batches)
        way = t(', or a column that is in one currency: --map "Amount={column}"', column=others) if others else ""
        raise QuestionError(
            t(
                "{label} has amounts in several currencies: {told}. A workbook has one: take one "
                "with --currency {first}{way}.",
                label=batches[0].mapping.table.raw.label,
                told=told,
                first=first,
                way=way,
            ),
            "several-currencies",
            [Question("several-currencies", t("Which currency?"), f"--currency {first}", None, list(sums))],
        )
    if wanted is not None and sums:
        for batch in batches:
            kept = [each for each in batch.documents if each.currency in (wanted, None)]
            if len(kept) < len(batch.documents):
                batch.left_out[marked("in other currencies")] += len(batch.documents) - len(kept)
                batch.documents[:] = kept
    return wanted or next(iter(sums), None)


_DOLLARS = frozenset({"$", "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"})


def _converted(batches: Sequence[Batch]) -> str | None:
    """A column of amounts that another column says is in one currency."""
    for batch in batches:
        columns = batch.mapping.table.columns
        for each in columns:
            if "convert" in fold(each.heading) and each.amounts > 0.9 and "refund" not in fold(each.heading):
                return each.heading
    return None


def joined(batches: Sequence[Batch], people: People, choices: ImportChoices, verdict: Verdict) -> None:
    """Refuse an import in which too many documents found no client.

    Raises:
        UnjoinedError: fewer than 95 of 100 did, or not all of a few.
    """
    if verdict.counted == 0 or verdict.joined == verdict.counted:
        return
    share = verdict.joined / verdict.counted
    missing: Counter[str] = Counter()
    several: dict[str, list[int]] = {}
    for batch in batches:
        column = batch.joined.column
        for each in batch.documents:
            if each.client == NOBODY:
                value = (
                    text_of(column.values[each.row])
                    if column is not None
                    else " / ".join(batch.sorted_rows.groups.get(each.row, ()))
                )
                missing[value or "(blank)"] += 1
                if name_key(value) in people.ambiguous:
                    several[value] = people.ambiguous[name_key(value)]
    names = listed((f"{name} ({times})" for name, times in missing.most_common()), 5)
    rows = verdict.counted - verdict.joined
    source = people.table.raw.path.name
    if several:
        name = next(iter(several))
        same = [people.contacts[at] for at in several[name]]
        text = t(
            "{rows:,} of {counted:,} invoices and credit notes name a client that {source} has more than "
            'once: "{name}" ({ids})',
            rows=rows,
            counted=verdict.counted,
            source=source,
            name=name,
            ids=listed_names(same),
        )
        way = t("Export the invoices with the client's id, or give each client a name of its own")
    else:
        text = t(
            "{rows:,} of {counted:,} invoices and credit notes found no client in {source}: {names}",
            rows=rows,
            counted=verdict.counted,
            source=source,
            names=names,
        )
        column = batches[0].joined.column
        told = t(" They were looked for by {name}.", name=column.name) if column is not None else ""
        way = t(
            'Export all clients, or name the column that identifies them: --map "Client=…".{told}', told=told
        ).rstrip(".")
    if choices.accept:
        choices.passed.append(f"{text}.")
        return
    if share >= ENOUGH_JOINED and verdict.counted >= FEW:
        verdict.warnings.append(f"{text}.")
        return
    raise UnjoinedError(t("{text}. {way}; --accept goes on without them.", text=text, way=way), share)
