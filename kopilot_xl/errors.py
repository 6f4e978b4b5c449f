"""The exceptions. The text of each is one line that names the file, the cell and the way out."""

from __future__ import annotations

import os

from kopilot_xl._version import __version__
from kopilot_xl.texts import t

DEBUG = "KOPILOT_XL_DEBUG"
"""The environment variable that shows the traceback of a defect."""

MAX_MESSAGE = 1_500
"""The longest message, in characters: what it quotes of a file may be of any length."""


class KopilotError(Exception):
    """Something the user can mend. Its text is shown to the user as it is; nothing was changed."""

    def __str__(self) -> str:
        line = " ".join(super().__str__()[: 2 * MAX_MESSAGE].split())
        if not line.isprintable():
            line = "".join(character if character.isprintable() else "\ufffd" for character in line)
        return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def reason(error: BaseException) -> str:
    """Return the message for an exception: its own text if it is a `KopilotError`, else that it is a defect."""
    if isinstance(error, KopilotError):
        return str(error)
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return t(
        "this is a defect, please report it: {what} (version {version}; {debug}=1 shows where)",
        what=what,
        version=__version__,
        debug=DEBUG,
    )


class UsageError(KopilotError, ValueError):
    """Arguments that make no sense, alone or together; `argument` is the one to mend."""

    def __init__(self, text: str, argument: str) -> None:
        super().__init__(text)
        self.text, self.argument = text, argument

    def __str__(self) -> str:
        return f"{self.argument}: {super().__str__()}"


class BookError(KopilotError):
    """A workbook or data file cannot be read as what it should be."""


class SaveError(KopilotError):
    """A file cannot be written: it is read-only, open elsewhere or was changed meanwhile, or the disk is full."""


class MissingError(KopilotError):
    """A sheet, table, column or named cell that a workbook or file must have is not there."""


class SettingError(KopilotError):
    """A setting makes no sense; the text names its cell."""


class FrameError(KopilotError):
    """A column of a frame cannot be read as what it should be."""


class SetupError(KopilotError):
    """Excel cannot be connected to Python: the add-in or its setting could not be installed."""
