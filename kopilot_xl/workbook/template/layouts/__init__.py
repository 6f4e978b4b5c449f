"""How the sheets of a new workbook are laid out: a module for each sheet, with its function `build`."""

from kopilot_xl.workbook.template.layouts import (
    actions,
    client,
    client_sheets,
    clients,
    facts,
    forecast,
    guide,
    history,
    outlook,
    portfolio,
    problems,
    settings,
    snapshot,
    sources,
    transactions,
    trend,
)

__all__ = [
    "actions",
    "client",
    "client_sheets",
    "clients",
    "facts",
    "forecast",
    "guide",
    "history",
    "outlook",
    "portfolio",
    "problems",
    "settings",
    "snapshot",
    "sources",
    "transactions",
    "trend",
]
