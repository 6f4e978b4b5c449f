"""How exports were read, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import show_problems
from kopilot_xl.domain import formatting
from kopilot_xl.texts import t, tn

if TYPE_CHECKING:
    from kopilot_xl.bigdata import Segmentation
    from kopilot_xl.importing.export import Choices
    from kopilot_xl.usecases.create import Created


def created(screen: Screen, made: Created) -> None:
    """Show where a new workbook is, what is in it, how the exports were read and how to go on."""
    choices(screen, made.choices)
    if made.choices:
        clients = tn("{count:,} client", "{count:,} clients", made.clients)
        transactions = tn("{count:,} transaction", "{count:,} transactions", made.transactions)
        text = t(" is made, with {clients} and {transactions}.", clients=clients, transactions=transactions)
        then = t("Next: kopilot-xl refresh {path}", path=_quoted(str(made.path)))
    else:
        text = t(" is made, with no clients yet.")
        then = t("Next: fill its sheets Clients and Transactions, then refresh it.")
    screen.line(Text.assemble((str(made.path), "bold"), text))
    screen.line(then)


def choices(screen: Screen, read: Sequence[Choices]) -> None:
    """Show how exports were read."""
    for each in read:
        screen.line(Text(each.title, "bold"))
        for line in each.lines:
            screen.line(line, indent=2)


def segmented(screen: Screen, found: Segmentation, output: str | None) -> None:
    """Show how tables were read, every problem in them, and where the result is."""
    choices(screen, found.choices)
    show_problems(screen, found.problems)
    if found.actions:
        counts = ", ".join(f"{status} {number:,}" for status, number in found.actions.items() if number)
        screen.line(t("Actions: {counts}.", counts=counts or t("none")))
    if output:
        screen.line(
            tn(
                "{count:,} client as of {day}: {output}",
                "{count:,} clients as of {day}: {output}",
                len(found),
                day=formatting.day(found.as_of),
                output=output,
            )
        )


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
