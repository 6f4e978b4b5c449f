"""Texts of cells are cut to what a cell holds, and counted over all cells."""

from __future__ import annotations

import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.file.ooxml import text_limits
from kopilot_xl.workbook.file.ooxml.edits import MAX_TEXT
from kopilot_xl.workbook.file.ooxml.text_limits import check_texts, with_short_items, with_short_texts

LONGEST = "x" * MAX_TEXT


@pytest.mark.parametrize("text", ["", "a", LONGEST, "&amp;" * MAX_TEXT, "ä" * MAX_TEXT])
def test_what_a_cell_holds_stays(text: str) -> None:
    xml = f"<a><t>{text}</t><t>{text}</t></a>".encode()
    assert with_short_texts(xml) is xml
    strings = f"<sst><si><t>{text}</t></si><si/></sst>".encode()
    assert with_short_items(strings)[0] == strings


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (LONGEST + "y", "x" * (MAX_TEXT - 1) + "…"),
        ("&lt;" * (MAX_TEXT + 1), "&lt;" * (MAX_TEXT - 1) + "…"),
        ("😀" * MAX_TEXT, "😀" * (MAX_TEXT // 2) + "…"),
    ],
)
def test_longer_ones_are_cut(text: str, short: str) -> None:
    assert with_short_texts(f'<a><t y="{text}"/><t>{text}</t>b</a>'.encode()).endswith(f"<t>{short}</t>b</a>".encode())
    part, sizes = with_short_items(f"<sst><si><t>{text}</t></si><si><t>b</t></si></sst>".encode())
    assert part == f"<sst><si><t>{short}</t></si><si><t>b</t></si></sst>".encode()
    assert len(short.encode()) <= sizes[0] <= len(short.encode()) + len("<sst><si><t></t>")


def test_many_runs_are_one_text() -> None:
    run = "<x:r><x:rPr/><x:t>" + "x" * 20_000 + "</x:t></x:r>"
    part, sizes = with_short_items(f'<x:sst xmlns:x="u"><x:si>{run * 2}</x:si><x:si>{run}</x:si></x:sst>'.encode())
    assert part.count(b"<x:t>" + b"x" * (MAX_TEXT - 1) + "…</x:t></x:si>".encode()) == 1
    assert part.endswith(f"<x:si>{run}</x:si></x:sst>".encode())
    assert len(sizes) == 2


def test_the_texts_of_all_cells_have_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_limits, "MAX_TEXTS", 1_000)
    cells = {
        "usual": '<c r="A1" t="s"><v>0</v></c>',
        "in other quotes": "<c t = 's' r='A1'>\n<x:v> 0 </x:v></c>",
        "with a comment": '<c r="A1" t="s"><!-- --><v>0</v></c>',
    }
    for cell in cells.values():
        few, many = cell.encode() * 10, cell.encode() * 11
        check_texts([few], [100, 5], 0)
        with pytest.raises(BookError, match="hold more than 0 MB of text"):
            check_texts([many], [100, 5], 0)
        check_texts([many], [100, 5], 1_000)
    check_texts([b'<c t="s"><v>1</v></c>' * 200], [100, 5], 0)
    check_texts([b'<c t="s"><v>9</v></c>' * 200], [100, 5], 0)  # a text that is not there
