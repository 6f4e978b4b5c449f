"""The command line: arguments, progress and exit codes."""

import sys

from kopilot_xl.cli.speaking import speak_to_user

speak_to_user(sys.argv[1:])  # before the commands: what is imported below makes their help texts

from kopilot_xl.cli.program import main  # noqa: E402

__all__ = ["main"]
