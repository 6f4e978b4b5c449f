"""What an export brought to a workbook, on the screen and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from kopilot_xl.cli import as_json, show_portfolio
from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_imports import choices, verdict
from kopilot_xl.domain import formatting
from kopilot_xl.texts import t, tn

if TYPE_CHECKING:
    from kopilot_xl.domain.segments import Segment
    from kopilot_xl.usecases.update.merging import TransactionRow
    from kopilot_xl.usecases.update.update import Updated

_SHOWN = 10
"""How many rows of a kind are named."""


def updated(screen: Screen, made: Updated) -> None:
    """Show how the export was read, what came, what moved because of it, and the portfolio."""
    choices(screen, made.choices)
    verdict(screen, made.verdict)
    for note in made.notes:
        screen.line(note)
    screen.line()
    for line in lines(made):
        screen.line(line)
    if made.result is not None:
        screen.line()
        show_portfolio.report(screen, made.result)
    if not made.written:
        screen.line(t("Nothing was written."))
    elif not made.remembers:
        screen.line(t("kopilot-xl upgrade makes the workbook remember its exports, so that update needs no files."))


def lines(made: Updated) -> list[str | Text]:
    """Return what came, in a line for each kind."""
    merge, people = made.transactions, made.clients
    if not made.is_news:
        found: list[str | Text] = [Text(t("The export holds nothing new."), "bold")]
    else:
        currency = made.result.currency if made.result is not None else ""
        amount = formatting.amount(made.amount_added)
        told = [
            t(
                "{rows} ({amount})",
                rows=_signed(len(merge.added), "transaction"),
                amount=f"{currency} {amount}".strip(),
            ),
            _changed(made),
            _signed(len(people.added), "client"),
            tn("{count:,} client changed", "{count:,} clients changed", len(people.changed)),
        ]
        found = [Text(", ".join(told), "bold")]
    for change in people.changed[:_SHOWN]:
        if "name" in change.after:
            found.append(t("  {before} is now {after}", before=change.before["name"], after=change.after["name"]))
    vanished = [_row(made.known[index], made.names) for index in merge.vanished]
    if vanished:
        what = t("cleared") if made.removed else t("kept; --remove-vanished clears them")
        found.append(t("No longer in the export: {count} ({what})", count=_count(len(vanished), "row"), what=what))
        found += [f"  {line}" for line in vanished[:_SHOWN]]
    if people.vanished:
        gone = tn("{count:,} client is", "{count:,} clients are", len(people.vanished))
        found.append(t("{clients} no longer in the export, and kept.", clients=gone))
    if merge.same_as_by_hand:
        rows = _count(len(merge.same_as_by_hand), "row")
        found.append(t("{rows} typed by hand are in the export too: they stay, and were not added again.", rows=rows))
    for answer in merge.answers[:_SHOWN]:
        plan, invoice = made.known[answer.index], answer.invoice
        found.append(
            t(
                "The plan of {plan} may be what {invoice} invoiced: if so, change the plan's status.",
                plan=_row(plan, made.names), invoice=invoice.reference or _row(invoice, made.names),
            )
        )  # fmt: skip
    for key, before, now in made.moved[:_SHOWN]:
        found.append(
            t(
                "  {client}: {before} → {now}", client=made.names.get(key, key),
                before=_segment(before), now=_segment(now),
            )
        )  # fmt: skip
    if len(made.moved) > _SHOWN:
        found.append(t("  … and {count} more clients in another segment", count=len(made.moved) - _SHOWN))
    if made.fulfilled:
        found.append(tn("{count:,} more plan is fulfilled.", "{count:,} more plans are fulfilled.", made.fulfilled))
    return found


def updated_as_json(made: Updated) -> dict[str, object]:
    """Return what an export brought, in values JSON knows, and what the refresh found."""
    merge, people = made.transactions, made.clients
    found: dict[str, object] = {
        "written": made.written,
        "clients": {
            "added": len(people.added), "changed": len(people.changed), "unchanged": people.unchanged,
            "vanished": len(people.vanished),
        },
        "transactions": {
            "added": len(merge.added), "changed": len(merge.changed), "unchanged": merge.unchanged,
            "vanished": len(merge.vanished),
        },
        "kept_by_hand": len(merge.by_hand) + len(merge.same_as_by_hand),
        "amount_added": made.amount_added,
        "plans_answered": len(merge.answers),
        "plans_fulfilled": made.fulfilled,
        "moved": [
            {"client": key, "from": before.value if before else None, "to": now.value if now else None}
            for key, before, now in made.moved
        ],
        "verdict": made.verdict.as_json,
        "sources": list(made.notes),
    }  # fmt: skip
    if made.result is not None:
        found = {**as_json.as_json(made.result, str(made.path)), **found}
    return found


def _segment(segment: Segment | None) -> str:
    return segment.value if segment else t("not yet a client")


def _changed(made: Updated) -> str:
    changes = [f"{count:,} {before} → {after}" for before, after, count in made.status_changes()[:3]]
    others = f" ({', '.join(changes)})" if changes else ""
    return tn("{count:,} changed", "{count:,} changed", len(made.transactions.changed)) + others


def _signed(number: int, noun: str) -> str:
    return f"+{formatting.count(number, noun)}" if number else formatting.count(number, noun)


def _count(number: int, noun: str) -> str:
    return formatting.count(number, noun)


def _row(row: TransactionRow, names: Mapping[str, str]) -> str:
    parts = [
        names.get(row.key, row.client),
        formatting.day(row.issued) if row.issued else "",
        "" if row.amount is None else formatting.amount(row.amount),
        row.reference,
    ]
    return ", ".join(part for part in parts if part)
