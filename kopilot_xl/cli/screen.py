"""A terminal or a file as a screen: width, colours, characters it lacks."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from kopilot_xl.cli.visible import visible

_WIDTH = 100
"""How wide a report is where no terminal says so."""

_PLAIN = {
    "✓": "+",
    "✗": "x",
    "█": "#",
    "─": "-",
    "┼": "+",
    "●": "o",
    "…": "...",
    "·": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "’": "'",
    "“": '"',
    "”": '"',
    "→": "->",
    "€": "EUR",
}
"""What stands for a sign where the terminal's encoding has none."""


def _finite(content: Any) -> Any:
    """What JSON can hold of some content: it knows neither infinity nor NaN, and null is what stands for them."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content


def fitting(text: str, encoding: str | None) -> str:
    """Return a text with every sign that an encoding cannot write replaced by one that it can; None writes all."""
    if encoding is None:
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_sign(each, encoding) for each in text)
    except LookupError:
        return fitting(text, "ascii")
    return text


def _sign(sign: str, encoding: str) -> str:
    for attempt in (sign, _PLAIN.get(sign), unicodedata.normalize("NFKD", sign)[:1]):
        if attempt:
            try:
                attempt.encode(encoding)
            except UnicodeEncodeError:
                continue
            return attempt
    return "" if unicodedata.combining(sign) or sign == "\ufe0f" else "?"


class _Fitting:
    """A stream that never fails on a sign its encoding does not have."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(fitting(text, getattr(self._stream, "encoding", None)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Console(Console):
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render with every text made `visible`; what Rich itself says to the terminal comes apart from texts."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else visible(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        """Leave it to the command to end; Rich's own way counts as a failure."""
        raise BrokenPipeError


class Screen:
    """Where a command writes: a terminal with colours and wrapped lines, or plain lines where there is none.

    A quiet one writes data only: JSON, and tables as CSV.
    """

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self.console: Console = _Console(file=_Fitting(stream), highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]  # all that Rich asks of a stream
        if not self.console.is_terminal:
            self.console = _Console(
                file=self.console.file, highlight=False, markup=False, emoji=False, width=_WIDTH, color_system=None
            )

    @property
    def is_terminal(self) -> bool:
        """Whether a person is looking on, and wants to see something."""
        return self.console.is_terminal and not self._quiet

    def line(self, text: str | Text = "", *, indent: int = 0) -> None:
        """Write a line; in a terminal a long one is wrapped under its indent, elsewhere it stays one."""
        if self._quiet:
            return
        content = Text(text) if isinstance(text, str) else text
        if self.is_terminal:
            self.console.print(Padding(content, (0, 0, 0, indent)) if indent else content)
        else:
            self.console.print(Text.assemble(" " * indent, content), soft_wrap=True)

    def show(self, content: RenderableType, *, indent: int = 0) -> None:
        """Write a block such as a table."""
        if self._quiet:
            return
        block = Padding(content, (0, 0, 0, indent))
        if self.is_terminal:
            self.console.print(block)
        else:
            with self.console.capture() as lines:
                self.console.print(block)
            self.console.file.write("\n".join(each.rstrip() for each in lines.get().split("\n")))

    def table(self, csv: str) -> None:
        """Write a table as CSV: every character of it into a file or pipe, what is visible of it on a terminal."""
        typer.echo(visible(csv) if self.console.is_terminal else csv.encode(), nl=False)

    def data(self, content: object) -> None:
        """Write one line of JSON, which any encoding can hold."""
        self.console.file.write(json.dumps(_finite(content), allow_nan=False) + "\n")
        self.console.file.flush()
