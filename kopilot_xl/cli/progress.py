"""A progress bar for many workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.texts import t

_PROGRESS = 40
"""The longest bar, in characters."""


class Progress:
    """A bar that shows how many workbooks are done, how fast it goes and how long it will take."""

    def __init__(self, screen: Screen, what: str, total: int, tell: Callable[[str], None]) -> None:
        self._tell = tell
        from rich.progress import BarColumn, MofNCompleteColumn, RenderableColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        # Where room is short, the bar and the name become shorter, and never the figures.
        self._name = Text(no_wrap=True, overflow="ellipsis")
        columns = (
            TextColumn(what),
            BarColumn(bar_width=None, table_column=Column(max_width=_PROGRESS)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            TextColumn(t("left")),
            RenderableColumn(self._name),
        )
        self._bar = Bar(*columns, console=screen.console, transient=True, speed_estimate_period=120)
        self._task = self._bar.add_task("", total=total, rate="")

    def on_begin(self, path: Path) -> None:
        """Name the workbook that was begun last."""
        self._name.plain = path.name

    def on_end(self, path: Path) -> None:
        """Count a workbook that is done."""
        self._bar.advance(self._task)
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate="" if speed is None else pace(speed))

    def on_wait(self, line: str) -> None:
        """Tell what work has to wait for."""
        with self.aside():
            self._tell(line)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something is told, so that it stands on lines of its own."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()


def pace(speed: float) -> str:
    """Return a number of workbooks a second as people say it: `12 a second`, `4.2 a second`, `30 a minute`."""
    number = speed if speed >= 1 else speed * 60
    shown = f"{number:.0f}" if number >= 10 else f"{number:.1f}"
    return t("{number} a second", number=shown) if speed >= 1 else t("{number} a minute", number=shown)
