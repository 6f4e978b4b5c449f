"""From rows to documents: lines folded by number, signs set right, the two sides of a posting counted once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.importing.amount_columns import AmountPlan, scale_of
from kopilot_xl.importing.amounts import code_of, read_amounts
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.columns import InvoiceColumns
from kopilot_xl.importing.layout import Column, text_of
from kopilot_xl.importing.states import States
from kopilot_xl.importing.vocabulary import Kind, State, vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value

_CREDIT_SIDE = frozenset(
    {"h", "haben", "c", "cr", "credit", "k", "kredit", "avere", "haber", "ma", "credito", "dal", "a"}
)
_DEBIT_SIDE = frozenset(
    {"s", "soll", "d", "dr", "debit", "debet", "dare", "debe", "wn", "winien", "debito", "md", "madati"}
)
_TOLERANCE = 0.011


@dataclass(slots=True)
class Document:
    """An invoice or a credit note. `row` is its first row in the body of the table, `client` a place or -1."""

    row: int
    client: int
    day: date
    amount: Value
    state: State | None
    word: str | None
    kind: Kind
    number: str
    currency: str | None
    lines: int = 1


@dataclass
class Amounted:
    """The amounts of rows, as numbers or as what cannot be read."""

    values: list[Value]
    currencies: list[str | None] | None
    decimal: str | None
    notes: list[str] = field(default_factory=list)
    doubt: str = ""


def read_plan(plan: AmountPlan | None, rows: Sequence[int], side: Sequence[Value] | None = None) -> Amounted:
    """Return the amount of each row of data."""
    if plan is None:
        return Amounted([None] * len(rows), None, None)
    first = read_amounts([plan.column.values[row] for row in rows], plan.column.name)
    notes = list(first.notes)
    values: list[Value] = list(first.values)
    currencies = first.currencies
    decimal = first.decimal
    if plan.other is not None:
        second = read_amounts([plan.other.values[row] for row in rows], plan.other.name)
        decimal = decimal or second.decimal
        notes += second.notes
        currencies = currencies or second.currencies
        if plan.how == "product":
            values = [
                one * two
                if isinstance(one, float) and isinstance(two, float)
                else None
                if one is None or two is None
                else two
                for one, two in zip(values, second.values, strict=True)
            ]
        else:
            values = [_difference(one, two) for one, two in zip(values, second.values, strict=True)]
    if plan.tax is not None:
        tax = read_amounts([plan.tax.values[row] for row in rows]).values
        values = [
            round(one - two, 4) if isinstance(one, float) and isinstance(two, float) else one
            for one, two in zip(values, tax, strict=True)
        ]
    scale = scale_of(plan.column)
    if scale > 1 or (
        scale < 1 and all(each is None or (isinstance(each, float) and each.is_integer()) for each in values)
    ):
        values = [round(each * scale, 2) if isinstance(each, float) else each for each in values]
        told = (
            t("{column}: the amounts are in thousands, and were multiplied.", column=plan.column.name)
            if scale > 1
            else t("{column}: the amounts are in cents, and were divided by 100.", column=plan.column.name)
        )
        notes.append(told)
    if side is not None and all(not isinstance(each, float) or each >= 0 for each in values):
        values = [_signed(each, told) for each, told in zip(values, side, strict=True)]
    return Amounted(values, currencies, decimal, notes, first.doubt)


def _difference(debit: Value, credit: Value) -> Value:
    if isinstance(debit, str) or isinstance(credit, str):
        return debit if isinstance(debit, str) else credit
    if debit is None and credit is None:
        return None
    one = debit if isinstance(debit, float) else 0.0
    two = credit if isinstance(credit, float) else 0.0
    return one - two


def _signed(amount: Value, side: Value) -> Value:
    return -amount if isinstance(amount, float) and fold(text_of(side)) in _CREDIT_SIDE else amount


def set_signs(amounts: list[Value], states: States, quantities: Sequence[Value] | None, notes: list[str]) -> None:
    """Make credit notes negative and invoices positive, whatever sign the file uses."""
    invoices = [
        each
        for each, kind in zip(amounts, states.kinds, strict=True)
        if kind in _INVOICES and isinstance(each, float) and each
    ]
    flipped = len(invoices) >= 2 and sum(each < 0 for each in invoices) > 0.8 * len(invoices)
    if flipped:
        notes.append(t("The file writes invoices as negative amounts: the sign was turned."))
    for at, amount in enumerate(amounts):
        if not isinstance(amount, float):
            continue
        if flipped:
            amount = -amount
        if states.kinds[at] is Kind.CREDIT_NOTE:
            amount = -abs(amount)
        elif quantities is not None and isinstance(quantity := quantities[at], float) and quantity < 0 < amount:
            amount = -amount
        amounts[at] = amount


_INVOICES = (Kind.INVOICE, Kind.INVOICE_PAID)
COUNTED = (Kind.INVOICE, Kind.INVOICE_PAID, Kind.CREDIT_NOTE)


def sides_of_postings(
    mapping: InvoiceColumns, rows: Sequence[int], amounts: list[Value], states: States, notes: list[str]
) -> None:
    """Count the two sides of a posting once: keep the side of the revenue, with the sign of what the client owes."""
    account = mapping.ledger_kind or mapping.ledger
    if account is None:
        return
    known = vocabulary().accounts
    columns = [each for each in (mapping.ledger_kind, mapping.ledger) if each is not None]
    told: list[str | None] = []
    for row in rows:
        kinds = [known.get(fold(text_of(each.values[row]))) for each in columns if each.values[row] is not None]
        told.append(next((each for each in kinds if each == "income"), next((each for each in kinds if each), None)))
    groups: dict[object, list[int]] = defaultdict(list)
    key = mapping.posting or mapping.number
    if key is None:
        return
    for at, row in enumerate(rows):
        if (value := key.values[row]) is not None:
            groups[value].append(at)
    double = [
        group for group in groups.values() if len(group) > 1 and {told[at] for at in group} >= {"income", "receivable"}
    ]
    if len(double) * 3 < len(groups):
        return
    for group in groups.values():
        income = [at for at in group if told[at] == "income"]
        owed = [at for at in group if told[at] == "receivable"]
        if not income:
            for at in group:
                states.kinds[at] = Kind.PAYMENT
            continue
        states.left.update(set(group) - set(owed[:1] or income))
        net = sum(abs(amount) for at in income if isinstance(amount := amounts[at], float))
        if owed:
            side = amounts[owed[0]]
            amounts[owed[0]] = -net if isinstance(side, float) and side < 0 else net
    notes.append(
        t("Each posting is there twice, its two sides under {name}: it counts once, by its revenue.", name=account.name)
    )


def check_open_credits(mapping: InvoiceColumns, documents: Sequence[Document], choices: ImportChoices) -> None:
    """Refuse negative amounts or credits that may be payments: nothing tells them from credit notes.

    Raises:
        QuestionError: there are some, and nothing says what they are.
    """
    plan = mapping.amount
    if plan is None or mapping.kind is not None:
        return
    negative = sum(
        isinstance(each.amount, float) and each.amount < 0 and each.kind is Kind.INVOICE for each in documents
    )
    invoices = sum(isinstance(each.amount, float) and each.amount > 0 for each in documents)
    if negative and (plan.how == "debit-credit" or negative > max(_MANY_CREDITS * invoices, 2)):
        name = plan.other.name if plan.how == "debit-credit" and plan.other else plan.column.name
        question = QuestionError(
            t(
                "{label} has {count:,} negative amounts or credits under {name}, and nothing distinguishes "
                "payments from credit notes. Export it with the type of each entry, or export the invoices alone; "
                "--accept takes them as credit notes.",
                label=mapping.table.raw.label,
                count=negative,
                name=name,
            ),
            "open-credits",
        )
        passed = t(
            "{label} has {count:,} negative amounts or credits under {name}; they were taken as credit notes.",
            label=mapping.table.raw.label,
            count=negative,
            name=name,
        )
        choices.settle(question, passed)


_MANY_CREDITS = 0.4
"""More negative amounts than this, to each positive one, are hardly credit notes."""


def fold_lines(
    mapping: InvoiceColumns,
    rows: Sequence[int],
    heads: dict[int, int],
    days: Sequence[Value],
    clients: Sequence[int],
    keys: Callable[[int], object],
    amounts: Sequence[Value],
    states: States,
    currencies: Sequence[str | None] | None,
    choices: ImportChoices,
    notes: list[str],
) -> list[Document]:
    """Return the documents behind rows: those of the same number, client, kind and day are lines of one.

    Raises:
        QuestionError: whether an amount is that of the line or of the whole document cannot be told.
    """
    number = mapping.number

    def document(at: int, amount: Value, lines: int = 1) -> Document:
        row = rows[at]
        day = days[heads.get(row, row)]
        assert isinstance(day, date)  # noqa: S101 - rows of data have one
        return Document(
            row, clients[at], day, amount, states.states[at], states.words.get(at), states.kinds[at],
            text_of(number.values[row]) if number is not None else "",
            currencies[at] if currencies is not None else None, lines,
        )  # fmt: skip

    if not heads and _all_different(number, rows):
        kinds, left = states.kinds, states.left
        return [document(at, amounts[at]) for at in range(len(rows)) if kinds[at] in COUNTED and at not in left]
    groups: dict[object, list[int]] = {}
    order: list[object] = []
    position = {row: at for at, row in enumerate(rows)} if heads else {}
    for at, row in enumerate(rows):
        kind = states.kinds[at]
        if kind not in COUNTED or at in states.left:
            continue
        if row in heads:
            head = position[heads[row]]
            if head in states.left or states.kinds[head] not in COUNTED:
                continue
            key = _key(number, rows[head], days, clients[head], keys, states.kinds[head], at=head)
        else:
            key = _key(number, row, days, clients[at], keys, kind, at=at)
        group = groups.get(key)
        if group is None:
            groups[key] = [at]
            order.append(key)
        else:
            group.append(at)
    several = [group for group in groups.values() if len(group) > 1]
    once = bool(several) and _is_of_document(mapping, rows, several, amounts, choices)
    if several:
        lines = sum(map(len, several))
        how = t("is that of the whole document and counts once") if once else t("is that of the line and was added up")
        name = mapping.amount.column.name if mapping.amount else t("The amount")
        notes.append(
            t(
                "{lines:,} rows are lines of {documents:,} documents: {name} {how}.",
                lines=lines,
                documents=len(several),
                name=name,
                how=how,
            )
        )
    found = []
    for key in order:
        group = groups[key]
        at = group[0]
        numbers = [each for line in group if isinstance(each := amounts[line], float)]
        amount: Value
        if len(group) == 1:
            amount = amounts[at]
        elif not numbers:
            amount = next((amounts[line] for line in group if amounts[line] is not None), None)
        else:
            amount = numbers[0] if once else round(sum(numbers), 6)
        found.append(document(at, amount, len(group)))
    return found


def _all_different(number: Column | None, rows: Sequence[int]) -> bool:
    """Whether no number of a document is there twice."""
    if number is None:
        return True
    filled = [value for row in rows if (value := number.values[row]) is not None]
    return len(set(filled)) == len(filled)


def _key(
    number: Column | None,
    row: int,
    days: Sequence[Value],
    client: int,
    keys: Callable[[int], object],
    kind: Kind,
    at: int,
) -> object:
    value = number.values[row] if number is not None else None
    if value is None:
        return at
    return value, client if client >= 0 else keys(row), days[row], kind is Kind.CREDIT_NOTE


def _is_of_document(
    mapping: InvoiceColumns,
    rows: Sequence[int],
    several: Sequence[Sequence[int]],
    amounts: Sequence[Value],
    choices: ImportChoices,
) -> bool:
    """Whether the amount is that of the whole document, repeated on each of its lines."""
    plan = mapping.amount
    if plan is None:
        return False
    if plan.level:
        return plan.level == "document"
    for group in several:
        values = {round(each, 2) for at in group if isinstance(each := amounts[at], float)}
        if len(values) > 1:
            return False
    if mapping.line is not None:
        told = _by_lines(mapping, rows, several, amounts)
        if told is not None:
            return told
    if _is_total_heading(plan, has_items=_has_items(mapping, rows, several)):
        return True
    if _same_rows(mapping, rows, several):
        return True
    name = plan.column.name
    example = text_of(mapping.number.values[rows[several[0][0]]]) if mapping.number else ""
    question = QuestionError(
        t(
            "{label}: the lines of {example} all have the same {name}: is it the total of the "
            'document, or that of each line? Give --map "Total={name}" or --map "Line '
            'amount={name}".',
            label=mapping.table.raw.label,
            example=example,
            name=name,
        ),
        "line-or-total",
        [
            Question(
                "line-or-total",
                t("Is {name} the total of the document?", name=name),
                f'--map "Total={name}"',
            )
        ],
    )
    passed = t(
        "{label}: each {name} was taken as that of its line, and added up.", label=mapping.table.raw.label, name=name
    )
    choices.settle(question, passed)
    return False


_OF_DOCUMENT = ("total", "invoice", "grand", "gesamt", "rechnung", "totaal", "celkem", "razem", "document", "order")


def _is_total_heading(plan: AmountPlan, has_items: bool) -> bool:
    """Whether the heading says that an amount is that of the document."""
    heading = fold(plan.column.heading)
    if plan.column.role("amount_net", "amount_gross") > 60:
        return True
    return any(each in heading for each in _OF_DOCUMENT[: 6 if has_items else None])


def _by_lines(
    mapping: InvoiceColumns, rows: Sequence[int], several: Sequence[Sequence[int]], amounts: Sequence[Value]
) -> bool | None:
    """What the amounts of the lines say: that their sum is the amount, or that each is."""
    line = read_plan(mapping.line, rows).values
    alike = added = 0
    for group in several:
        pairs = [
            (one, two) for at in group if isinstance(one := line[at], float) and isinstance(two := amounts[at], float)
        ]
        if len(pairs) < 2:
            continue
        total = sum(one for one, _ in pairs)
        amount = pairs[0][1]
        if all(abs(one - two) <= max(_TOLERANCE, 0.26 * abs(two)) for one, two in pairs):
            alike += 1
        elif amount and 0.7 <= total / amount <= 1.35:
            added += 1
    if alike == added:
        return None
    return added > alike


def _has_items(mapping: InvoiceColumns, rows: Sequence[int], several: Sequence[Sequence[int]]) -> bool:
    item = mapping.item
    return item is not None and any(len({item.values[rows[at]] for at in group}) > 1 for group in several)


def _same_rows(mapping: InvoiceColumns, rows: Sequence[int], several: Sequence[Sequence[int]]) -> bool:
    """Whether the rows of each document are the same in every column: the export has them twice."""
    body = mapping.table.body
    return all(all(body[rows[at]] == body[rows[group[0]]] for at in group) for group in several)


def reconcile_credits(documents: Sequence[Document], soft: set[int]) -> int:
    """Let invoices that were credited count beside their credit note, where both are in the list.

    A status such as Refunded says of an invoice what its credit note says again. Canceled, the invoice would be taken
    off twice. Return how many there are.
    """
    notes: Counter[tuple[int, float]] = Counter()
    for each in documents:
        if each.kind is Kind.CREDIT_NOTE or (isinstance(each.amount, float) and each.amount < 0):
            if each.row in soft and each.state is State.CANCELED:
                each.state = State.PAID
            if each.state not in (State.CANCELED, State.DRAFT) and isinstance(each.amount, float):
                notes[each.client, round(-each.amount, 2)] += 1
    found = 0
    for each in documents:
        if each.row in soft and each.state is State.CANCELED and isinstance(each.amount, float) and each.amount > 0:
            key = each.client, round(each.amount, 2)
            if notes[key]:
                notes[key] -= 1
                each.state = State.PAID
                found += 1
    return found


def currency_of(
    mapping: InvoiceColumns, rows: Sequence[int], written: Sequence[str | None] | None
) -> list[str | None] | None:
    """Return the currency of each row: from its column, else as it is written beside the amount, or in the heading."""
    column = mapping.currency
    if column is not None:
        codes = {value: code_of(value) for value in column.distinct}
        found = [codes.get(column.values[row]) for row in rows]
        if any(found):
            return found
    if written is not None and any(written):
        return list(written)
    if mapping.amount is not None:
        for word in mapping.amount.column.heading.replace("(", " ").replace(")", " ").split():
            if (code := code_of(word)) and (len(word) == 3 or not word.isalpha()):
                return [code] * len(rows)
    return None
