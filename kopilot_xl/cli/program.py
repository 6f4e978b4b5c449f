"""The door outside: the command `kopilot-xl`. Nothing but arguments, progress and exit codes."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence

from kopilot_xl.cli.group import Exit, app
from kopilot_xl.cli.stderr import NAME, is_unheard, print_message, silence_stdout
from kopilot_xl.errors import reason

# Each adds its commands to `app`, in the order in which the help lists them.
from kopilot_xl.cli import workbook_commands, adopt_command, data_commands, install_command, schedule_command  # noqa: F401  # isort: skip

_COLLECTED = 100_000
"""How many new objects the garbage collector lets come before a look: importing alone makes some hundred thousand."""
_COMPLETING = "_KOPILOT_XL_COMPLETE"
"""The variable by which a shell asks for completions."""
_NEVER_WRAPPED = 100_000


def main() -> None:
    """Run the command line, as the console script does."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # pythonw has none
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        if hasattr(stream := getattr(sys, name), "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal's encoding may lack a sign of a help text
    if _COMPLETING in os.environ:
        os.environ["TERMINAL_WIDTH"] = str(_NEVER_WRAPPED)  # a shell takes each line for a completion
    gc.set_threshold(_COLLECTED)
    arguments = _with_homes(sys.argv[1:]) if os.name == "nt" else sys.argv[1:]
    try:
        # On Windows Click would resolve patterns and variables in all arguments: in addresses and queries too.
        app(arguments, prog_name=NAME, windows_expand_args=False)
    finally:
        if "duckdb" not in sys.modules:  # which tells of all that is left
            gc.freeze()  # it ends with the process: no need to look through it
        try:
            sys.stdout.flush()
        except OSError as error:
            silence_stdout()
            if not is_unheard(error):
                print_message(reason(error))
                raise SystemExit(Exit.FAILED) from None


def _with_homes(arguments: Sequence[str]) -> list[str]:
    """Return arguments with the user's home for a `~` that stands for it, as shells do; those of Windows do not."""
    return [os.path.expanduser(each) if re.match(r"~(?:$|[/\\])", each) else each for each in arguments]
