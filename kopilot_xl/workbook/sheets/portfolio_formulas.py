"""The blocks of the Portfolio sheet as formulas of the macro-free edition, each defined beside its name.

They read the figures of `live_portfolio` by name, so they hold wherever a block is on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, ENGAGED, INACTIVE, PORTFOLIO, PORTFOLIO_BARS, Segment
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book, Formula, Value
from kopilot_xl.workbook.sheets import facts, guards, live_portfolio, portfolio, portfolio_page, settings
from kopilot_xl.workbook.sheets import portfolio_grid as grid
from kopilot_xl.workbook.sheets.live_portfolio import AGED, BEFORE, COUNT, SHARE, SHARE_OF_VALUE, VALUE, shown

Rows = Sequence[Sequence[str | None]]
"""The formulas of a block, row by row; None where there is a value."""

_OF_DAY = f'" as of "&{facts.FACTS_DAY_WORDS}'
_NO_CLIENTS = f"OR(N({facts.FACTS_DAY})=0,{facts.KNOWN}=0)"


class _PageWithFormulas:
    """A workbook whose blocks are written as formulas that show the values, where they are formulas."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def write_block(self, name: str, rows: Sequence[Sequence[Value | Formula]], **options: Any) -> bool:
        """Write a block; a cell that was typed over gets its formula back."""
        if name in BLOCKS:
            rows = _with_formulas(BLOCKS[name](), rows)
        return self._book.write_block(name, rows, **options)


def over(book: Book) -> Book:
    """Return a workbook of the macro-free edition as one whose page is written as formulas, any other as it is."""
    return cast(Book, _PageWithFormulas(book)) if facts.has_sheet(book) else book


def _with_formulas(formulas: Rows, rows: Sequence[Sequence[Value | Formula]]) -> list[list[Value | Formula]]:
    """The values of a block, those of formulas as what the formulas show."""
    found: list[list[Value | Formula]] = []
    for down, row in enumerate(formulas):
        given = [*(rows[down] if down < len(rows) else ()), *[None] * len(row)]
        found.append([
            given[at] if formula is None or isinstance(given[at], Formula) else Formula(formula, cast(Value, given[at]))
            for at, formula in enumerate(row)
        ])  # fmt: skip
    return found


def number(cell: str) -> str:
    """Return how a formula writes a number of clients into a sentence."""
    return f"FIXED({cell},0)"


def percent(share: str) -> str:
    """Return how a formula writes a share into a sentence."""
    return f'ROUND({share}*100,0)&"%"'


def signed(tilt: str) -> str:
    """Return how a formula writes a tilt into a sentence: with two decimals and its sign."""
    return f'IF(ROUND({tilt},2)>0,"+","")&FIXED({tilt},2)'


# the shape and its checks


def _icon() -> str:
    *shapes, last = Shape
    formula = f'"{last.icon}"'
    for shape in reversed(shapes):
        formula = f'IF({live_portfolio.SHAPE}="{shape}","{shape.icon}",{formula})'
    return formula


_SOME, _SIZE = f"({live_portfolio.ENGAGED_CLIENTS}+{live_portfolio.INACTIVE_CLIENTS})", live_portfolio.SIZE
_ACTIVE, _NEW, _LEAVING, _NONE = (
    shown(COUNT, each) for each in (Segment.ACTIVE, Segment.NEW, Segment.LEAVING, Segment.NO_ACTIVITY)
)
_OF_ACTIVE = f'{number(_ACTIVE)}&" of "&{number(_SOME)}&IF({_SOME}=0,"",", "&{percent(f"{_ACTIVE}/{_SOME}")})'
_LIMIT = percent(facts.now(settings.NUMBERS[-1]))
_WON = live_portfolio.WON


def _checks() -> list[list[str]]:
    """The checks of the page of version 0.1: passed or failed, and the figures in words."""
    came = f'{number(_NEW)}&" new"&IF({_WON}="","",", "&{number(f"N({_WON})")}&" won")'
    texts = (
        f'"Active clients are the majority ("&{_OF_ACTIVE}&")"',
        f'"New clients make up for the leaving ones ("&{came}&", "&{number(_LEAVING)}&" leaving)"',
        f'"Few clients have no activity ("&{number(_NONE)}&" of "&{number(_SIZE)}&", "'
        f'&{percent(f"{_NONE}/{_SIZE}")}&"; limit "&{_LIMIT}&")"',
    )
    return [
        [f'IF({_SIZE}=0,"",IF({passed},"✓","✗"))', f'IF({_SIZE}=0,"",{text})']
        for passed, text in zip(live_portfolio.CHECKS, texts, strict=True)
    ]


def _check_line(at: int) -> Rows:
    """One of the checks of the page, on one line."""
    to_leaving = f'": "&{number(_NEW)}&" to "&{number(_LEAVING)}&IF({_WON}="",""," ("&{number(f"N({_WON})")}&" won)")'
    lines = (
        ("Active clients are the majority", "Active clients are not the majority", f'": "&{_OF_ACTIVE}'),
        ("New clients make up for leaving", "New clients do not make up for leaving", to_leaving),
        ("Few clients have no activity", "Too many clients have no activity",
         f'": "&{percent(f"{_NONE}/{_SIZE}")}&", limit "&{_LIMIT}'),
    )  # fmt: skip
    yes, no, figures = lines[at]
    return [[f'IF({_SIZE}=0,"",IF({live_portfolio.CHECKS[at]},"✓ {yes}","✗ {no}")&{figures})']]


# segments


def _bar(segment: Segment) -> list[str | None]:
    shares = (shown(SHARE, segment), shown(SHARE_OF_VALUE, segment)) if segment in PORTFOLIO else (None, None)
    return [None, shown(COUNT, segment), shares[0], shown(VALUE, segment), shares[1]]


def _worth() -> str:
    return "+".join(shown(VALUE, segment) for segment in PORTFOLIO)


def _total() -> list[str | None]:
    return [None, _SIZE, f'IF({_SIZE}=0,"",1)', _worth(), f'IF({_worth()}=0,"",1)']


def _unless_blank(formula: str) -> str:
    """What is shown of a page with clients; nothing on that of a workbook without."""
    return f'IF({_NO_CLIENTS},"",{formula})'


def _change(segments: Sequence[Segment], now: str) -> str:
    before = "+".join(f"N({shown(BEFORE, segment)})" for segment in segments)
    return f'IF({shown(BEFORE, Segment.ACTIVE)}="","",{now}-({before}))'


def _segment(segment: Segment) -> list[str | None]:
    count = shown(COUNT, segment)
    cells = [count, _change([segment], count), shown(SHARE, segment), shown(VALUE, segment)]
    return [None, *map(_unless_blank, cells)]


def _totals() -> list[list[str | None]]:
    lost, canceled = shown(COUNT, Segment.LOST), shown(COUNT, Segment.CANCELED)
    outside = f'"Outside: lost"&IF({canceled}>0," (and "&{number(canceled)}&" canceled)","")'
    first = [_SIZE, _change(PORTFOLIO, _SIZE), f'IF({_SIZE}=0,"",1)', _worth()]
    second = [lost, _change([Segment.LOST], lost)]
    return [
        [None, *map(_unless_blank, first)],
        [outside, *map(_unless_blank, second), None, _unless_blank(shown(VALUE, Segment.LOST))],
    ]


def _value_label() -> str:
    currency = settings.CURRENCY.name
    return f'IF({AGED},"Value, "&{facts.FACTS_DAY_SHORT},IF({currency}="","Value","Value, "&{currency}))'


# tilt


def _balance(tilt: str) -> str:
    half = portfolio.BALANCE
    beam = '"' + "─" * half + "┼" + "─" * half + '"'
    at = f"({half}+ROUND({tilt}*{half},0))"
    return f'IF({tilt}="","",LEFT({beam},{at})&"●"&RIGHT({beam},{2 * half}-{at}))'


def _beam() -> str:
    half = portfolio_page.BEAM // 2
    beam = '"' + "─" * half + "┼" + "─" * half + '"'

    def at(tilt: str) -> str:
        return f"{half + 1}+ROUND({tilt}*{half},0)"

    by_clients, by_value = live_portfolio.TILT, live_portfolio.TILT_BY_VALUE
    valued = f'IF({by_value}="",{beam},REPLACE({beam},{at(by_value)},1,"■"))'
    return _unless_blank(f'IF({by_clients}="","",REPLACE({valued},{at(by_clients)},1,"●"))')


def _tilt_words() -> str:
    tilt, by_value = live_portfolio.TILT, live_portfolio.TILT_BY_VALUE
    engaged, inactive = ("+".join(f"N({shown(BEFORE, each)})" for each in some) for some in (ENGAGED, INACTIVE))
    change = f"({tilt}-(({engaged})-({inactive}))/({engaged}+{inactive}))"
    moved = (
        f'IF(OR({shown(BEFORE, Segment.ACTIVE)}="",{engaged}+{inactive}=0),"",IF(ROUND({change},2)=0,"",'
        f'IF({change}>0," ▲ "," ▼ ")&FIXED(ABS({change}),2)))'
    )
    value = f'IF({by_value}="","","     ■ by value "&{signed(by_value)}&IF({AGED},{_OF_DAY},""))'
    told = f'IF({tilt}="","","Tilt   ● by clients "&{signed(tilt)}&{moved}&{value})'
    return f'IF({_NO_CLIENTS},"{t(portfolio_page.NO_BARS)}",{told})'


# what stands out


def _hint() -> str:
    """What stands out: rows typed since, clients to refresh, a look back, a day before the facts, values that aged."""
    stored, to_refresh, as_of = live_portfolio.HINT_THEN, live_portfolio.TO_REFRESH, settings.AS_OF.name
    pinned = f"INT(N({as_of}))={facts.PINNED}"
    needs = (
        f'IF({to_refresh}>0,{number(to_refresh)}&IF({to_refresh}=1," client needs"," clients need")&" a refresh.","")'
    )
    earlier = f'"As of is before the last refresh: this is "&{facts.FACTS_DAY_WORDS}&"."'
    aged = f'"Values, movements and lists{_OF_DAY[1:]}&"."'
    day = f'IF({pinned},{stored}&"",IF(AND(N({as_of})>0,N({as_of})<{facts.FACTS_DAY}),{earlier},IF({AGED},{aged},"")))'
    return f'TRIM({guards.CHANGES}&" "&{needs}&" "&{day})'


def _use() -> str:
    aged = t("The list is that of the last refresh. Refresh for today's list.")
    return f'IF({_NO_CLIENTS},"{t(portfolio_page.LEADS)}",IF({AGED},"{aged}","{t(portfolio_page.USE)}"))'


BLOCKS: dict[str, Callable[[], Rows]] = {
    grid.AS_OF: lambda: [[facts.DAY]],
    grid.HINT: lambda: [[_hint()]],
    grid.SHAPE: lambda: [[f'IF({_NO_CLIENTS},"{t(portfolio_page.START)}",{live_portfolio.SHAPE})']],
    grid.WORDS: lambda: [[live_portfolio.WORDS]],
    **{name: partial(_check_line, at) for at, name in enumerate(grid.CHECK_NAMES)},
    grid.SEGMENTS: lambda: [_segment(segment) for segment in PORTFOLIO_BARS],
    grid.TOTALS: _totals,
    grid.VALUE_LABEL: lambda: [[_value_label()]],
    grid.BEAM: lambda: [[_beam()]],
    grid.TILT_WORDS: lambda: [[_tilt_words()]],
    grid.NEXT_USE: lambda: [[_use()]],
    grid.ICON: lambda: [[_icon()]],
    grid.CHECKS: _checks,
    grid.HISTOGRAM: lambda: [_bar(segment) for segment in BARS],
    grid.TOTAL: lambda: [_total()],
    grid.OUTSIDE: lambda: [[
        f'"Outside the portfolio: "&{number(shown(COUNT, Segment.LOST))}&" lost, "'
        f'&{number(shown(COUNT, Segment.CANCELED))}&" canceled."'
    ]],
    grid.TILT: lambda: [
        [None, live_portfolio.TILT, _balance(live_portfolio.TILT)],
        [None, live_portfolio.TILT_BY_VALUE, _balance(live_portfolio.TILT_BY_VALUE)],
    ],
}  # fmt: skip
"""The blocks that are formulas, by name; each gives the formulas of its cells."""
