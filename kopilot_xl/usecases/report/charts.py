"""The charts of a page, as inline SVG that takes its colours from the page's style.

Each is drawn twice, for a screen and for a phone, so that its letters have one size everywhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pygal
from lxml import etree
from markupsafe import Markup
from pygal.style import Style

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import BARS, Segment

# The library looks for plug-in maps in a way that Python 3.11 warns about at later imports; no map is drawn here.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, pygal.PluginImportFixer)]

STACK = tuple(each for each in reversed(BARS) if each is not Segment.LOST)
"""The segments of a stacked column, from its foot up: the portfolio, as in the workbook's own trend."""

_SVG = "{http://www.w3.org/2000/svg}"
_PHONE = 340
_PHONE_DATES, _PHONE_MONTHS = 12, 24
"""How many of the last dates, and of the last months, a phone is wide enough for."""
_MONTHS_APART = 3
"""Every third month has its name below it."""
_LETTERS = 12
_TURN = -45
_IDLE = ("style", "script", "defs", "title")
"""What the library adds for pages of its own: this one has a style, needs no script and names its charts itself."""

_MEASURES = {"x", "y", "width", "height", "cx", "cy", "d", "transform"}
_DECIMALS = re.compile(r"(?<!\d)\d++\.\d+")
_SERIES = re.compile(r"\bserie-(\d+)")
_UNSTYLED = {
    "rect",
    "reactive",
    "tooltip-trigger",
    "backwards",
    "bar",
    "bars",
    "dots",
    "serie-0",
    "color-0",
    "dot",
    "nofill",
}
_UNUSED = {"background", "titles", "tooltip-overlay"}


@dataclass(frozen=True)
class Column:
    """A stacked column: its label, the day in words, and the portfolio then."""

    label: str
    day: str
    summary: Summary


@dataclass(frozen=True)
class Point:
    """A point of the tilt's line: its label, the day in words, and the tilt then."""

    label: str
    day: str
    tilt: float | None


@dataclass(frozen=True)
class Mark:
    """A number to draw, and what is said of it under the pointer."""

    value: float
    words: str


@dataclass(frozen=True)
class Month:
    """A month of the sales: its label, and what is to be drawn of it; None for what it does not have."""

    label: str
    sold: Mark | None
    expected: Mark | None
    low: float | None
    high: float | None
    planned: Mark | None


def css_class(segment: Segment) -> str:
    """Return the class that gives a segment its colour."""
    return "s-" + segment.name.lower().replace("_", "-")


def histogram(summary: Summary, text: str) -> Markup:
    """Draw the clients by segment, Lost set apart; `text` tells the same to those who cannot see it."""

    def draw(width: int) -> etree._Element:
        phone = width == _PHONE
        chart = pygal.Bar(
            **_options(width, 290 if phone else 300, turn=_TURN if phone else 0),
            print_values=True, print_values_position="top", show_y_labels=False, show_y_guides=False,
            range=(0, max([*(summary.counts[each] for each in BARS), 1]) * (1.04 if phone else 1.16)),
        )  # fmt: skip
        chart.x_labels = [BARS[0].value, "", *(each.value for each in BARS[1:])]
        bars = [_value(summary.counts[each], each, each.value) for each in BARS]
        for bar, each in zip(bars, BARS, strict=True):
            share = None if phone else summary.share(each)
            bar["formatter"] = lambda count, share=share: (
                f"{count:,}" if share is None else f"{count:,} {formatting.share(share)}"
            )
        chart.add("", [bars[0], None, *bars[1:]])
        tree = _tree(chart)
        _break_lines(tree)
        return tree

    return _drawn(draw, 540, text)


def stacked(columns: Sequence[Column], text: str, width: int, highest: int) -> Markup:
    """Draw the portfolio on several days, one column each, all scales up to `highest`."""

    def draw(width: int) -> etree._Element:
        shown = columns[-_PHONE_DATES:] if width == _PHONE else columns
        chart = pygal.StackedBar(
            **_options(width, 300, turn=_TURN), range=(0, max(highest, 1)),
        )  # fmt: skip
        chart.y_labels = [{"value": each, "label": f"{each:,}"} for each in steps(highest)]
        chart.x_labels = [each.label for each in shown]
        for segment in STACK:
            chart.add("", [_value(each.summary.counts[segment], segment, each.day) for each in shown])
        tree = _tree(chart)
        for group in tree.iter(f"{_SVG}g"):
            series = _SERIES.search(group.get("class") or "")
            if series:
                group.set("class", css_class(STACK[int(series[1])]))
        return tree

    return _drawn(draw, width, text)


def line(points: Sequence[Point], text: str, width: int) -> Markup:
    """Draw the tilt over several days."""

    def draw(width: int) -> etree._Element:
        shown = points[-_PHONE_DATES:] if width == _PHONE else points
        chart = pygal.Line(**_options(width, 230, turn=_TURN), range=(-1, 1), dots_size=3.5)
        chart.y_labels = [
            {"value": -1, "label": "−1"},
            {"value": -0.5, "label": "−0.5"},
            {"value": 0, "label": "0"},
            {"value": 0.5, "label": "+0.5"},
            {"value": 1, "label": "+1"},
        ]
        chart.x_labels = [each.label for each in shown]
        chart.add("", [None if each.tilt is None else {"value": each.tilt, "label": each.day} for each in shown])
        return _tree(chart)

    return _drawn(draw, width, text)


def sales(months: Sequence[Month], text: str, width: int) -> Markup:
    """Draw the months sold and expected as lines, where they may lie as an area, what is planned as columns."""

    def draw(width: int) -> etree._Element:
        phone = width == _PHONE
        shown = months[-_PHONE_MONTHS:] if phone else months
        rows: dict[str, list[Any]] = {
            "planned": [_marked(each.planned) for each in shown],
            "low": [each.low for each in shown],
            "band": [each.high for each in shown],
            "sold": [_marked(each.sold) for each in shown],
            "expected": [_marked(each.expected) for each in shown],
        }
        numbers = [each["value"] if isinstance(each, dict) else each or 0.0 for row in rows.values() for each in row]
        lowest, highest = min(numbers), max(*numbers, 1.0)
        chart = _Sales(
            **_options(width, 280 if phone else 320, turn=_TURN if phone else 0),
            range=(lowest, highest * 1.04),
            dots_size=2.5,
            x_labels_major_every=_MONTHS_APART,
            show_minor_x_labels=False,
        )
        chart.y_labels = [
            {"value": each, "label": amount_in_short(each)} for each in steps_around_zero(lowest, highest)
        ]
        chart.x_labels = [each.label for each in shown]
        for name, row in rows.items():
            chart.add(
                name,
                row,
                fill=name == "band",
                stroke=name != "low",
                show_dots=not phone and name in ("sold", "expected"),
            )
        tree = _tree(chart)
        for group in tree.iter(f"{_SVG}g"):
            series = _SERIES.search(group.get("class") or "")
            if series:
                group.set("class", list(rows)[int(series[1])])
        return tree

    return _drawn(draw, width, text)


class _Sales(pygal.Bar, pygal.Line):  # type: ignore[misc]  # the library is not typed
    """Columns of the first series, lines of the others; one with a fill is filled down to the series before it."""

    _order = 1

    def _plot(self) -> None:
        columns, *lines = self.series
        self.bar(columns)
        for self._below, serie in pairwise((columns, *lines)):
            serie.points = [(x + 0.5 / self._len, y) for x, y in serie.points]
            self.line(serie)

    def _fill(self, values: list[Any]) -> list[Any]:
        return [*values, *map(self.view, reversed(self._below.points))]


def _marked(mark: Mark | None) -> dict[str, Any] | None:
    return None if mark is None else {"value": mark.value, "label": mark.words}


def steps(highest: int) -> list[int]:
    """Return round numbers from 0 that reach up to at most `highest`, about four of them."""
    step, factors = 1, (2, 2.5, 2)
    at = 0
    while highest / step > 5:
        step, at = int(step * factors[at % 3]), at + 1
    return list(range(0, max(highest, 1) + 1, step))


def steps_around_zero(lowest: float, highest: float) -> list[int]:
    """Return round numbers on both sides of zero, as far apart on both."""
    below, above = int(-lowest), int(highest)
    apart = max(steps(below)[1] if below else 0, steps(above)[1])
    return list(range(-(below // apart) * apart, above + 1, apart))


def amount_in_short(number: int) -> str:
    """Return a number of an axis, as in 60,000 or 2.5 million."""
    for size, name in ((10**9, " billion"), (10**6, " million")):
        if abs(number) >= size:
            return f"{number / size:,.10g}{name}".replace("-", "−")
    return f"{number:,}".replace("-", "−")


def _options(width: int, height: int, turn: int) -> dict[str, Any]:
    letters = dict.fromkeys(
        (f"{each}_font_size" for each in ("label", "major_label", "value", "value_label")), _LETTERS
    )
    return {
        "width": width,
        "height": height,
        "style": Style(font_family="inherit", **letters),
        "js": [],
        "show_legend": False,
        "explicit_size": False,
        "x_label_rotation": turn,
        "margin": 4,
        "margin_top": 10,
        "margin_bottom": 14 if turn else 22,
        "spacing": 6,
        "rounded_bars": 1,
        "truncate_label": -1,
    }


def _value(count: int, segment: Segment, what: str) -> dict[str, Any]:
    label = f"{segment}: {count:,}" if what == segment else f"{what}, {segment}: {count:,}"
    return {"value": count, "label": label, "node": {"class": css_class(segment)}}


def _drawn(draw: Callable[[int], etree._Element], width: int, text: str) -> Markup:
    """Draw for both widths; only one of the two is shown at a time, to the eye and to a screen reader alike."""
    return Markup("").join(
        Markup('<div class="{}">{}</div>').format(shown, _finished(draw(at), text))
        for shown, at in (("wide", width), ("phone", _PHONE))
    )


def _finished(tree: etree._Element, text: str) -> Markup:
    """Keep of the library's drawing what this page needs, and name it."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag.removeprefix(_SVG) in _IDLE:
            _drop(element)
    for element in list(tree.iter(f"{_SVG}desc")):
        if element.get("class") == "label":
            element.tag = f"{_SVG}title"  # what a browser shows under the pointer
            del element.attrib["class"]
        else:
            _drop(element)
    for element in list(tree.iter(f"{_SVG}g", f"{_SVG}rect")):
        kind = (element.get("class") or "").split()
        flat = element.tag == f"{_SVG}rect" and float(element.get("height") or 0) == 0
        if flat or not _UNUSED.isdisjoint(kind):
            _drop(element)
    for element in list(tree.iter(f"{_SVG}g")):
        if not any(each.tag != f"{_SVG}title" for each in element):
            _drop(element)
    for element in tree.iter():
        for name in _MEASURES.intersection(element.attrib):
            element.set(name, _DECIMALS.sub(_rounded, str(element.attrib[name])))
        kept = [each for each in str(element.attrib.pop("class", "")).split() if each not in _UNSTYLED]
        if kept:
            element.set("class", " ".join(kept))
    box = str(tree.get("viewBox"))
    tree.attrib.clear()
    for name, value in (("viewBox", box), ("class", "chart"), ("role", "img"), ("aria-label", text)):
        tree.set(name, value)
    etree.cleanup_namespaces(tree)
    return Markup(etree.tostring(tree, encoding="unicode"))  # noqa: S704 - every text of the tree is escaped by this


def _tree(chart: Any) -> etree._Element:
    return etree.fromstring(chart.render())


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _break_lines(tree: etree._Element) -> None:
    """Set a label of two words on two lines under its bar, and a share under its count above it; keep off the bar."""
    for element in tree.iter(f"{_SVG}text"):
        parts = (element.text or "").split()
        above = element.get("class") == "value"
        if above and len(parts) == 1:
            element.set("dy", "-0.25em")
        elif len(parts) > 1 and "transform" not in element.attrib:
            element.text = None
            for at, word in enumerate(parts):
                dy = "1.15em" if at else "-1.15em" if above else "0"
                part = etree.SubElement(element, f"{_SVG}tspan", x=str(element.get("x")), dy=dy)
                part.text = word
