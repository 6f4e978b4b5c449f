"""The rules of calculated columns: what a table fills new rows with.

LibreOffice drops them on saving while the cells keep their formulas; then Excel leaves the new rows of a table blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.text_editor import escaped
from kopilot_xl.workbook.references import structured

_RANGE = re.compile(r"\{([^{}]*)\}:\{([^{}]*)\}")
_CELL = re.compile(r"\{([^{}]*)\}")


def rule(table: str, formula: str) -> str:
    """Return the rule of a calculated column, given the table's name and the formula with `{Header}` for cells."""

    row = f"{table}[[#This Row],[{{}}]]"
    ranges = _RANGE.sub(lambda found: row.format(f"{structured(found[1])}]:[{structured(found[2])}"), formula)
    return _CELL.sub(lambda found: row.format(structured(found[1])), ranges)


def with_rules(data: bytes, rules: Mapping[int, str]) -> bytes:
    """Return a table part in which these columns, by their index, are calculated by these rules."""
    data = markup.as_utf8(data)
    pieces, done, index = [], 0, -1
    for tag in markup.tags(data):
        if tag["close"] or markup.local_name(tag["name"]) != b"tableColumn":
            continue
        index += 1
        if index not in rules:
            continue
        prefix, start = markup.prefix_of(tag["name"]), tag[0]
        inner = b"<%scalculatedColumnFormula>%s</%scalculatedColumnFormula>" % (
            prefix, escaped(rules[index]).encode(), prefix,
        )  # fmt: skip
        if start.endswith(b"/>"):
            start = start[:-2].rstrip() + b">"
            inner += b"</%s>" % tag["name"]
        pieces += [data[done : tag.start()], start, inner]
        done = tag.end()
    return b"".join([*pieces, data[done:]])
