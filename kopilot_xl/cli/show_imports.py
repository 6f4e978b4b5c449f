"""How exports were read, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import _listed
from kopilot_xl.domain import formatting

if TYPE_CHECKING:
    from kopilot_xl.bigdata import Segmentation
    from kopilot_xl.importing.export import Choices
    from kopilot_xl.usecases.create import Created


# what was read and made


def created(screen: Screen, made: Created) -> None:
    """Show where a new workbook is, what is in it, how the exports were read and how to go on."""
    choices(screen, made.choices)
    if made.choices:
        filled = f"{formatting.count(made.clients, 'client')} and {formatting.count(made.transactions, 'transaction')}"
        how = f"Next: kopilot-xl refresh {_quoted(str(made.path))}"
    else:
        filled = "no clients yet"
        how = "Next: fill its sheets Clients and Transactions, then refresh it."
    screen.line(Text.assemble((str(made.path), "bold"), f" is made, with {filled}."))
    screen.line(how)


def choices(screen: Screen, read: Sequence[Choices]) -> None:
    """Show how exports were read."""
    for each in read:
        screen.line(Text(each.title, "bold"))
        for line in each.lines:
            screen.line(line, indent=2)


def segmented(screen: Screen, found: Segmentation, output: str | None) -> None:
    """Show how tables were read, every problem in them, and where the result is."""
    choices(screen, found.choices)
    _listed(screen, found.problems)
    told = [f"{outcome} {number:,}" for outcome, number in found.actions.items() if number]
    if found.actions:
        screen.line(f"Actions: {', '.join(told) or 'none'}.")
    if output:
        screen.line(f"{formatting.count(len(found), 'client')} as of {formatting.day(found.as_of)}: {output}")


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
