"""What can stop the work. Each message is one line that names the file, the place and the way out."""

from __future__ import annotations


class KopilotError(Exception):
    """Something the user can mend. Its text is shown as it stands; nothing was changed."""


class BookError(KopilotError):
    """A workbook or data file that cannot be read as what it should be."""


class SaveError(KopilotError):
    """A file that cannot be written: read-only, open elsewhere, changed meanwhile, no room."""


class MissingError(KopilotError):
    """A sheet, table, column or named cell that the workbook must have and has not."""


class SettingError(KopilotError):
    """A setting that makes no sense; the text names its cell."""
