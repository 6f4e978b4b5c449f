"""The door outside: the command `kopilot-xl`. Nothing but arguments, progress and exit codes."""

from __future__ import annotations

import gc
import sys

from kopilot_xl.cli.group import app
from kopilot_xl.cli.stderr import NAME, _hush

# Each adds its commands to `app`, in the order in which the help lists them.
from kopilot_xl.cli import workbook_commands, data_commands, install_command  # noqa: F401  # isort: skip

_COLLECTED = 100_000
"""How many new objects the garbage collector lets come before a look: importing alone makes some hundred thousand."""


def main() -> None:
    """Run the command line, as the console script does."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal's encoding may lack a sign of a help text
    gc.set_threshold(_COLLECTED)
    try:
        app(prog_name=NAME)
    finally:
        if "duckdb" not in sys.modules:  # which tells of all that is left
            gc.freeze()  # it ends with the process: no need to look through it
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _hush()
