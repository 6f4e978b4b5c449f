"""The blocks of the Portfolio sheet as formulas of the macro-free edition, each defined beside its name.

They read the figures of `live_portfolio` by name, so they hold wherever a block is on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Segment
from kopilot_xl.workbook.sheets import (
    facts,
    guards,
    live_portfolio,
    portfolio,
    portfolio_grid,
    portfolio_page,
    settings,
)
from kopilot_xl.workbook.sheets.live_portfolio import AGED, COUNT, SHARE, SHARE_OF_VALUE, VALUE, shown

Rows = Sequence[Sequence[str | None]]
"""The formulas of a block, row by row; None where there is a value."""

_AS_OF = f'" as of "&{facts.FACTS_DAY_WORDS}'


def number(cell: str) -> str:
    """Return how a formula writes a number of clients into a sentence."""
    return f"FIXED({cell},0)"


def percent(share: str) -> str:
    """Return how a formula writes a share into a sentence."""
    return f'ROUND({share}*100,0)&"%"'


def _bar(segment: Segment) -> list[str | None]:
    shares = (shown(SHARE, segment), shown(SHARE_OF_VALUE, segment)) if segment in PORTFOLIO else (None, None)
    return [None, shown(COUNT, segment), shares[0], shown(VALUE, segment), shares[1]]


def _total() -> list[str | None]:
    worth = "+".join(shown(VALUE, segment) for segment in PORTFOLIO)
    size = live_portfolio.SIZE
    return [None, size, f'IF({size}=0,"",1)', worth, f'IF({worth}=0,"",1)']


def checks() -> list[tuple[str, str]]:
    """Return the conditions of the three checks, and their texts with the figures."""
    active, new, leaving, none = (
        shown(COUNT, each) for each in (Segment.ACTIVE, Segment.NEW, Segment.LEAVING, Segment.NO_ACTIVITY)
    )
    some, size = f"({live_portfolio.ENGAGED_CLIENTS}+{live_portfolio.INACTIVE_CLIENTS})", live_portfolio.SIZE
    won = live_portfolio.WON
    part = f'IF({some}=0,"",", "&{percent(f"{active}/{some}")})'
    came = f'{number(new)}&" new"&IF({won}="","",", "&{number(f"N({won})")}&" won")'
    limit = percent(facts.now(settings.NUMBERS[-1]))
    texts = (
        f'"Active clients are the majority ("&{number(active)}&" of "&{number(some)}&{part}&")"',
        f'"New clients make up for the leaving ones ("&{came}&", "&{number(leaving)}&" leaving)"',
        f'"Few clients have no activity ("&{number(none)}&" of "&{number(size)}&", "&{percent(f"{none}/{size}")}'
        f'&"; limit "&{limit}&")"',
    )
    return list(zip(live_portfolio.CHECKS, texts, strict=True))


def _checks() -> list[list[str]]:
    none = f"{live_portfolio.SIZE}=0"
    return [[f'IF({none},"",IF({passed},"✓","✗"))', f'IF({none},"",{text})'] for passed, text in checks()]


def _short_checks() -> list[str]:
    """The three checks on one short line each, as the page shows them above what each speaks of."""
    active, new, leaving, none = (
        shown(COUNT, each) for each in (Segment.ACTIVE, Segment.NEW, Segment.LEAVING, Segment.NO_ACTIVITY)
    )
    some, size = f"({live_portfolio.ENGAGED_CLIENTS}+{live_portfolio.INACTIVE_CLIENTS})", live_portfolio.SIZE
    won = live_portfolio.WON
    part = f'IF({some}=0,"",", "&{percent(f"{active}/{some}")})'
    of_active = f'{number(active)}&" of "&{number(some)}&{part}'
    came = f'{number(new)}&" to "&{number(leaving)}&IF({won}="",""," ("&{number(f"N({won})")}&" won)")'
    of_none = f'{percent(f"{none}/{size}")}&", limit "&{percent(facts.now(settings.NUMBERS[-1]))}'
    texts = (
        ("Active clients are the majority: ", "Active clients are not the majority: ", of_active),
        ("New clients make up for leaving: ", "New clients do not make up for leaving: ", came),
        ("Few clients have no activity: ", "Too many clients have no activity: ", of_none),
    )
    return [
        f'IF({size}=0,"",IF({passed},"✓ {good}","✗ {bad}")&{figures})'
        for passed, (good, bad, figures) in zip(live_portfolio.CHECKS, texts, strict=True)
    ]


def _short_check(at: int) -> list[list[str]]:
    return [[_short_checks()[at]]]


def _segment(segment: Segment) -> list[str | None]:
    return [None, shown(COUNT, segment), None, shown(SHARE, segment), shown(VALUE, segment)]


def _totals() -> list[list[str | None]]:
    _, size, share, worth, _ = _total()
    return [
        [None, size, None, share, worth],
        [None, shown(COUNT, Segment.LOST), None, None, shown(VALUE, Segment.LOST)],
    ]


def _beam() -> str:
    """The beam of the page, with both weights on it; that of the clients wins where they meet."""
    half = portfolio_page.BEAM // 2
    beam = '"' + "─" * half + "┼" + "─" * half + '"'
    by_clients, by_value = live_portfolio.TILT, live_portfolio.TILT_BY_VALUE
    with_value = f'IF({by_value}="",{beam},REPLACE({beam},{half + 1}+ROUND(N({by_value})*{half},0),1,"■"))'
    return f'IF({by_clients}="","",REPLACE({with_value},{half + 1}+ROUND(N({by_clients})*{half},0),1,"●"))'


def _tilt_words() -> str:
    by_clients, by_value = live_portfolio.TILT, live_portfolio.TILT_BY_VALUE
    of_value = f'IF({by_value}="","","     ■ by value "&{_signed(by_value)})'
    return f'IF({by_clients}="","","Tilt   ● by clients "&{_signed(by_clients)}&{of_value})'


def _signed(tilt: str) -> str:
    """How a formula writes a tilt with its sign."""
    rounded = f"ROUND(N({tilt}),2)"
    return f'IF({rounded}>0,"+","")&FIXED({rounded},2)'


def _balance(tilt: str) -> str:
    half = portfolio.BALANCE
    beam = '"' + "─" * half + "┼" + "─" * half + '"'
    at = f"({half}+ROUND({tilt}*{half},0))"
    return f'IF({tilt}="","",LEFT({beam},{at})&"●"&RIGHT({beam},{2 * half}-{at}))'


def _icon() -> str:
    *shapes, last = Shape
    formula = f'"{last.icon}"'
    for shape in reversed(shapes):
        formula = f'IF({live_portfolio.SHAPE}="{shape}","{shape.icon}",{formula})'
    return formula


def _hint() -> str:
    """What stands out: rows typed since, a day the facts do not reach, a look back; else that values have aged."""
    stored = live_portfolio.HINT_THEN
    as_of = settings.AS_OF.name
    pinned = f"INT(N({as_of}))={facts.PINNED}"
    earlier = f'"As of is before the last refresh: this is "&{facts.FACTS_DAY_WORDS}&". Refresh to look back."'
    to_refresh = live_portfolio.TO_REFRESH
    unknown = f'{number(to_refresh)}&IF({to_refresh}=1," client needs"," clients need")&" a refresh to be counted."'
    aged = f'"Counts and shape of the day. Values, movements and lists{_AS_OF[1:]}&"."'
    return (
        f'IF({guards.CHANGES}<>"",{guards.CHANGES},IF({to_refresh}>0,{unknown},'
        f'IF({pinned},{stored}&"",IF(AND(N({as_of})>0,N({as_of})<{facts.FACTS_DAY}),{earlier},'
        f'IF({AGED},{aged},"")))))'
    )


BLOCKS: dict[str, Callable[[], Rows]] = {
    portfolio.AS_OF: lambda: [[facts.DAY]],
    portfolio.HINT: lambda: [[_hint()]],
    portfolio.ICON: lambda: [[_icon()]],
    portfolio.SHAPE: lambda: [[f'IF(N({facts.FACTS_DAY})=0,"{portfolio.NOT_REFRESHED}",{live_portfolio.SHAPE})']],
    portfolio.WORDS: lambda: [[live_portfolio.WORDS]],
    portfolio.CHECKS: _checks,
    portfolio.HISTOGRAM: lambda: [_bar(segment) for segment in BARS],
    portfolio.TOTAL: lambda: [_total()],
    portfolio.VALUE_LABEL: lambda: [[
        f'IF({settings.CURRENCY.name}="","Value","Value, "&{settings.CURRENCY.name})&IF({AGED},{_AS_OF},"")'
    ]],
    portfolio.OUTSIDE: lambda: [[
        f'"Outside the portfolio: "&{number(shown(COUNT, Segment.LOST))}&" lost, "'
        f'&{number(shown(COUNT, Segment.CANCELED))}&" canceled."'
    ]],
    portfolio_grid.SEGMENTS: lambda: [_segment(segment) for segment in portfolio_page.SEGMENTS],
    portfolio_grid.TOTALS: _totals,
    **{name: partial(_short_check, at) for at, name in enumerate(portfolio_grid.CHECK_NAMES)},
    portfolio_grid.BEAM: lambda: [[_beam()]],
    portfolio_grid.TILT_WORDS: lambda: [[_tilt_words()]],
    portfolio.TILT: lambda: [
        [None, live_portfolio.TILT, _balance(live_portfolio.TILT)],
        [None, live_portfolio.TILT_BY_VALUE, _balance(live_portfolio.TILT_BY_VALUE)],
    ],
}  # fmt: skip
"""The blocks that are formulas, by name; each gives the formulas of its cells."""
