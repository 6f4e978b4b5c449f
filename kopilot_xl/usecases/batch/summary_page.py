"""The portfolios of many workbooks as one HTML page, to read and to print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from kopilot_xl._version import __version__
from kopilot_xl.domain import formatting
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.usecases.batch.lines import Line, totals, worst_first
from kopilot_xl.usecases.batch.links import link, report_of
from kopilot_xl.usecases.batch.summary_workbook import SHAPES, headline
from kopilot_xl.workbook.sheets import palette


def page(lines: Sequence[Line], target: Path, now: datetime | None = None) -> str:
    """Return the page; it needs no network and no other file.

    Args:
        lines: the portfolios.
        target: where it goes; links start there.
        now: the local time.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from kopilot_xl.usecases import batch

    environment = Environment(
        loader=PackageLoader("kopilot_xl.usecases.batch", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": formatting.day, "brief": _brief, "count": lambda number: f"{number:,}"}
    style = _colours() + files(batch).joinpath("summary.css").read_text(encoding="utf-8")
    text = environment.get_template("summary.html").render(
        style=Markup(style),  # noqa: S704 - our own style sheet
        policy=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        version=__version__,
        now=now or datetime.now(),
        headline=headline(lines),
        rows=[_row(line, target) for line in worst_first(lines)],
        totals=[
            {
                "name": total.name,
                "clients": total.clients,
                "value": "" if total.value is None else formatting.whole(total.value),
                "leaving": "" if total.leaving_value is None else formatting.whole(total.leaving_value),
                "problems": total.problems,
            }
            for total in totals(lines)
        ],
    )
    return "\n".join(line for each in text.split("\n") if (line := each.strip())) + "\n"


def _row(line: Line, target: Path) -> dict[str, object]:
    summary, report = line.summary, report_of(line.book)

    def money(value: float) -> str:
        return f"{line.currency} {formatting.whole(value)}".strip()

    return {
        "name": line.name,
        "book": line.book,
        "link": link(Path(line.book), target),
        "report": None if report is None else link(report, target),
        "as_of": line.as_of,
        "shape": summary.shape.value if summary else "",
        "clients": f"{summary.size:,}" if summary else "",
        "tilt": formatting.tilt(summary.tilt) if summary and summary.tilt is not None else "",
        "changed": line.changed,
        "kept": "" if line.kept is None else formatting.share(line.kept),
        "value": money(summary.value(PORTFOLIO)) if summary else "",
        "leaving": money(summary.values[Segment.LEAVING]) if summary else "",
        "needs": line.needs,
        "urgent": line.is_urgent,
    }


def _colours() -> str:
    names = {
        palette.INK: "ink", palette.MUTED: "muted", palette.PAPER: "paper", palette.BAND: "band",
        palette.LINE: "line", palette.ACCENT: "accent", palette.ALERT: "alert", palette.GOOD: "good",
    }  # fmt: skip
    light = ";".join(f"--{name}:#{colour}" for colour, name in names.items())
    dark = ";".join(f"--{name}:#{palette.AT_NIGHT[colour]}" for colour, name in names.items())
    shapes = "".join(
        f".{shape.value.lower()}{{background:#{ground};color:#{ink}}}" for shape, (ground, ink) in SHAPES.items()
    )
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{shapes}\n"


def _brief(text: str) -> str:
    """A name a reader can take in, without characters that cannot be shown."""
    line = "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


_LONGEST = 160
