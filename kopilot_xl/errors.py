"""The exceptions. The text of each is one line that names the file, the cell and the way out."""

from __future__ import annotations

import errno
import os

from kopilot_xl._version import __version__
from kopilot_xl.texts import t

DEBUG = "KOPILOT_XL_DEBUG"
"""The environment variable that shows the traceback of a defect."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The numbers of errors that say that a disk, or the share of it that one may use, is full."""

_NO_ROOM_IN_WORDS = ("No space left on device", "Disk quota exceeded", "(os error 28)", "(os error 112)")
"""The same as libraries say it that were not written in Python."""

NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""The numbers of errors that say that something may not be done."""

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
    """Return the message for an exception: its own text if it is a `KopilotError`.

    What the system refuses (a folder that may not be read, a disk without room) is trouble of every day; anything else
    is a defect.
    """
    if isinstance(error, KopilotError):
        return str(error)
    if trouble := _trouble(error):
        return trouble
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


def _trouble(error: BaseException) -> str | None:
    """Return what to say of an error that comes from the system; None for any other."""
    if isinstance(error, MemoryError):
        return t("there is not enough memory. Close other programs, or give fewer files at once.")
    if _tells_of_no_room(error):
        return t("the output could not be written: there is no room left on the disk. Free some and try again.")
    if not isinstance(error, OSError) or error.errno is None:
        return None
    file = error.filename if isinstance(error.filename, str) else None
    if error.errno == errno.ENOENT and not _is_somewhere():
        return t("the folder that you are in no longer exists. Go to another one, and try again.")
    if error.errno in NO_ROOM:
        if file is None:
            return t("the output could not be written: there is no room left on the disk. Free some and try again.")
        return t("{file} was not saved: there is no room left on the disk. Free some and try again.", file=file)
    if file is None:
        return t("the system refused: {what}. Try again.", what=error.strerror or error)
    if error.errno in NO_RIGHT:
        return t("{file} may not be opened: permission denied. Check that you may open it.", file=file)
    return t("{file} cannot be used: {what}. Check its name and folder.", file=file, what=error.strerror or error)


def _tells_of_no_room(error: BaseException) -> bool:
    """Tell whether a library that writes by itself, such as Polars or DuckDB, says that the disk is full."""
    return not isinstance(error, OSError) and any(words in str(error) for words in _NO_ROOM_IN_WORDS)


def _is_somewhere() -> bool:
    """Tell whether the working folder is still there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


class UsageError(KopilotError, ValueError):
    """Arguments that make no sense, alone or together; `argument` is the one to mend."""

    code = "usage"

    def __init__(self, text: str, argument: str) -> None:
        super().__init__(text)
        self.text, self.argument = text, argument

    def __str__(self) -> str:
        return f"{self.argument}: {super().__str__()}"


class BookError(KopilotError):
    """A workbook or data file cannot be read as what it should be."""


class SaveError(KopilotError):
    """A file cannot be written: it is read-only, open elsewhere or was changed meanwhile, or the disk is full."""


class NotBookError(UsageError, BookError):
    """A file that is not a workbook, as its name says, is named where a workbook belongs."""

    def __str__(self) -> str:
        return KopilotError.__str__(self)


class OutputError(UsageError, SaveError):
    """An output makes no sense, whatever is there: its ending is not one that is written, or it is an input."""

    def __init__(self, text: str, argument: str = "output") -> None:
        super().__init__(text, argument)

    def __str__(self) -> str:
        return KopilotError.__str__(self)


class MissingError(KopilotError):
    """A sheet, table, column or named cell that a workbook or file must have is not there."""


class SettingError(KopilotError):
    """A setting makes no sense; the text names its cell."""


class FrameError(KopilotError):
    """A column of a frame cannot be read as what it should be."""


class SetupError(KopilotError):
    """Excel cannot be connected to Python: the add-in or its setting could not be installed."""
