"""How exports were read, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from kopilot_xl.cli import as_json, show_portfolio
from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import show_problems
from kopilot_xl.domain import formatting
from kopilot_xl.texts import t, tn

if TYPE_CHECKING:
    from kopilot_xl.bigdata import Segmentation
    from kopilot_xl.importing.summary import FileSummary, Verdict
    from kopilot_xl.usecases.create import Created


def created(screen: Screen, made: Created) -> None:
    """Show how the exports were read, the verdict on them, where the new workbook is and how to go on."""
    choices(screen, made.choices)
    verdict(screen, made.verdict)
    if made.result is not None:
        screen.line()
        show_portfolio.report(screen, made.result)
        path = _quoted(str(made.path))
        screen.line(t("Nothing was written. Next: kopilot-xl new {path}, with the same options.", path=path))
        return
    if made.choices:
        clients = tn("{count:,} client", "{count:,} clients", made.clients)
        transactions = tn("{count:,} transaction", "{count:,} transactions", made.transactions)
        text = t(" was made, with {clients} and {transactions}.", clients=clients, transactions=transactions)
        then = t("Next: kopilot-xl refresh {path}", path=_quoted(str(made.path)))
    else:
        text = t(" was made, with no clients yet.")
        then = t("Next: fill its sheets Clients and Transactions, then refresh it.")
    screen.line(Text.assemble((str(made.path), "bold"), text))
    screen.line(then)


def created_as_json(made: Created) -> dict[str, object]:
    """Return what was made and how the files were read, in values JSON knows."""
    found: dict[str, object] = {
        "book": str(made.path) if made.result is None else None,
        "clients": made.clients,
        "transactions": made.transactions,
        "files": [each.as_json for each in made.choices],
        "verdict": made.verdict.as_json if made.verdict is not None else None,
    }
    if made.result is not None:
        found["portfolio"] = as_json.as_json(made.result, "trial")
    return found


def verdict(screen: Screen, found: Verdict | None) -> None:
    """Show the figures of an import, to be checked against the books."""
    if found is None:
        return
    screen.line(Text(t("Check these figures against your books:"), "bold"))
    for line in found.lines:
        screen.line(line, indent=2)
    for line in found.warnings:
        screen.line(Text.assemble((t("Accepted: "), "bold"), line), indent=2)


def choices(screen: Screen, read: Sequence[FileSummary]) -> None:
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
