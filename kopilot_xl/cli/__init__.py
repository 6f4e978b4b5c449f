"""The command line: arguments, progress and exit codes."""

from kopilot_xl.cli.program import main

__all__ = ["main"]
