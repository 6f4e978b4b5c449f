"""Client segmentation by activity level, in the Excel workbook where clients and invoices already live.

The functions are the commands of `kopilot-xl`: `refresh`, `check`, `report`, `new`, `adopt`, `demo`, `update`,
`upgrade`, `segment`, `forecast`, `install` and `schedule`; `refresh_all`, `update_all`, `report_all` and `check_all`
for many workbooks; and `classify` for frames. What goes wrong and can be mended is a `KopilotError`. Each name is
imported when it is first used, so that `import kopilot_xl` and `kopilot-xl --help` load no library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl._version import __version__

if TYPE_CHECKING:
    from kopilot_xl.bigdata import classify, segment
    from kopilot_xl.domain.rules import Rules
    from kopilot_xl.domain.segments import Segment
    from kopilot_xl.errors import (
        BookError,
        FrameError,
        KopilotError,
        MissingError,
        SaveError,
        SettingError,
        SetupError,
        UsageError,
    )
    from kopilot_xl.excel.setup import install
    from kopilot_xl.importing.choices import QuestionError
    from kopilot_xl.usecases.adopt.adopt import adopt
    from kopilot_xl.usecases.batch.several import check_all, refresh_all, report_all, update_all
    from kopilot_xl.usecases.create import demo, new
    from kopilot_xl.usecases.forecast import forecast
    from kopilot_xl.usecases.refresh import check, refresh
    from kopilot_xl.usecases.report.page import report
    from kopilot_xl.usecases.schedule.schedule import schedule
    from kopilot_xl.usecases.update.update import update
    from kopilot_xl.usecases.upgrade.in_place import upgrade
    from kopilot_xl.workbook.opening import open_book

__all__ = [
    "BookError",
    "FrameError",
    "KopilotError",
    "MissingError",
    "QuestionError",
    "Rules",
    "SaveError",
    "Segment",
    "SettingError",
    "SetupError",
    "UsageError",
    "__version__",
    "adopt",
    "check",
    "check_all",
    "classify",
    "demo",
    "forecast",
    "install",
    "new",
    "open_book",
    "refresh",
    "refresh_all",
    "report",
    "report_all",
    "schedule",
    "segment",
    "update",
    "update_all",
    "upgrade",
]

_MODULES = {
    "bigdata": ("classify", "segment"),
    "domain.rules": ("Rules",),
    "domain.segments": ("Segment",),
    "errors": (
        "BookError", "FrameError", "KopilotError", "MissingError", "SaveError", "SettingError", "SetupError",
        "UsageError",
    ),
    "excel.setup": ("install",),
    "importing.choices": ("QuestionError",),
    "usecases.adopt.adopt": ("adopt",),
    "usecases.batch.several": ("check_all", "refresh_all", "report_all", "update_all"),
    "usecases.create": ("demo", "new"),
    "usecases.forecast": ("forecast",),
    "usecases.refresh": ("check", "refresh"),
    "usecases.report.page": ("report",),
    "usecases.schedule.schedule": ("schedule",),
    "usecases.upgrade.in_place": ("upgrade",),
    "usecases.update.update": ("update",),
    "workbook.opening": ("open_book",),
}  # fmt: skip
"""Where the public names are; a test holds this list, the imports above and `__all__` together."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
