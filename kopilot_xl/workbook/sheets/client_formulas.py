"""The columns of Clients in the macro-free edition: the facts a refresh stores, and the formulas over them.

The facts stay beside the client whatever the table is sorted by, and each formula looks at its own row only, so that a
recalculation takes as long as the table is. A plan is a day at midnight, an invoice a day at noon: one number says
both, and the days stay in order.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.sheets import facts
from kopilot_xl.workbook.sheets.clients import (
    CLIENT_ID,
    CREATED_ON,
    LAST_INVOICE,
    LEAVES_ON,
    NEXT_ACTION,
    NEXT_PLANNED,
    SEGMENT,
    TABLE,
)
from kopilot_xl.workbook.sheets.settings import LIFESPAN
from kopilot_xl.workbook.tables.table import Column, Format, Table

SLOTS = 24
"""How many coming days of a client are kept."""
REFRESH = "Refresh"
"""What a client's segment says past what the facts can tell."""


def _fact(header: str, shown: Format = Format.TEXT, formula: str | None = None) -> Column:
    return Column(header, shown, width=12, written=True, hidden=True, formula=formula, rule=formula and _rule(formula))


def _rule(formula: str) -> str:
    """The same formula as a table's own rule writes it."""
    row = "Clients[[#This Row],[{}]]"
    ranges = re.sub(r"\{([^{}]*)\}:\{([^{}]*)\}", lambda found: row.format(f"{found[1]}]:[{found[2]}"), formula)
    return re.sub(r"\{([^{}]*)\}", lambda found: row.format(found[1]), ranges)


def _cell(column: Column) -> str:
    return f"{{{column.header}}}"


FACTS_OF = _fact("Facts of")
"""The id that the facts are of. Where it is not that of the row, the row was typed since, and has none."""
CREATED_AS_READ = _fact("Created as read", Format.DATE)
"""The creation date where a refresh reads another one than a formula does; zero for an unknown one."""
FIRST_INVOICE = _fact("First invoice then", Format.DATE)
LAST_THEN = _fact("Last invoice then", Format.DATE)
MARK_THEN = _fact("Mark then")
MARKED_ON = _fact("Marked on", Format.DATE)
EXACT_UNTIL = _fact("Exact until", Format.DATE)
SEGMENT_THEN = _fact("Segment then")
NEXT_THEN = _fact("Next planned then", Format.DATE)
UNPAID_THEN = _fact("Unpaid then", Format.DATE)
ACTION_THEN = _fact("Next action then")
"""The next action, where it is another than what the segment asks for."""
DAYS = tuple(_fact(f"Day {number}", Format.MOMENT) for number in range(1, SLOTS + 1))
STORED = (
    FACTS_OF, CREATED_AS_READ, FIRST_INVOICE, LAST_THEN, MARK_THEN, MARKED_ON, EXACT_UNTIL, SEGMENT_THEN, NEXT_THEN,
    UNPAID_THEN, ACTION_THEN, *DAYS,
)  # fmt: skip
"""The facts: values that a refresh writes."""

_ID, _DAYS, _FIRST_DAY = _cell(CLIENT_ID), f"{_cell(DAYS[0])}:{_cell(DAYS[-1])}", _cell(DAYS[0])
_PASSED = f"({_DAYS}<{facts.DAY}+1)"

HAS_FACTS = _fact("Has facts", formula=f"IF(ISERROR({_ID}),FALSE,AND(LEN({_ID})>0,{_cell(FACTS_OF)}={_ID}))")
CREATED = _fact(
    "Created",
    Format.DATE,
    f"IF(AND({_cell(HAS_FACTS)},ISNUMBER({_cell(CREATED_AS_READ)})),{_cell(CREATED_AS_READ)},"
    f"IF(ISNUMBER({_cell(CREATED_ON)}),INT({_cell(CREATED_ON)}),0))",
)
LAST = _fact(
    "Last on the day",
    Format.DATE,
    f'IF(NOT({_cell(HAS_FACTS)}),0,IF({_FIRST_DAY}="",N({_cell(LAST_THEN)}),'
    f"MAX(N({_cell(LAST_THEN)}),INT(SUMPRODUCT(MAX({_PASSED}*(MOD({_DAYS},1)>0)*{_DAYS}))))))",
)
MARK = _fact(
    "Mark on the day",
    formula=f'IF(AND({_cell(HAS_FACTS)},{_cell(MARK_THEN)}<>"",{_cell(LAST)}<={_cell(MARKED_ON)}),'
    f'{_cell(MARK_THEN)},"")',
)
COMING = _fact(
    "Coming on the day",
    formula=f'IF(OR(NOT({_cell(HAS_FACTS)}),{_FIRST_DAY}="",{_cell(MARK)}<>""),0,'
    f'COUNTIFS({_DAYS},">="&({facts.DAY}+1),{_DAYS},"<"&({facts.HORIZON_END}+1)))',
)
DERIVED = (HAS_FACTS, CREATED, LAST, MARK, COMING)
"""What the formulas of the visible columns share."""


def _segment() -> str:
    """The segments by date, read off `CutOffs.bands` and `CutOffs.never_invoiced`; the mark comes first."""
    last, created, coming = _cell(LAST), _cell(CREATED), _cell(COMING)
    invoiced = (
        f'IF({last}>={facts.ACTIVE_SINCE},"{Segment.ACTIVE}",'
        f'IF({last}>={facts.SLEEPING_AWAY_SINCE},"{Segment.SLEEPING_AWAY}",'
        f'IF({last}>={facts.HIBERNATING_SINCE},"{Segment.HIBERNATING}",'
        f'IF({last}>={facts.LEAVING_SINCE},IF({coming}>0,"{Segment.HIBERNATING}","{Segment.LEAVING}"),'
        f'IF({coming}>0,"{Segment.NEW}","{Segment.LOST}")))))'
    )
    never = (
        f'IF({created}>{facts.DAY},"",IF({coming}>0,"{Segment.NEW}",'
        f'IF(AND({created}>0,{created}<{facts.CREATED_SINCE}),"{Segment.LOST}","{Segment.NO_ACTIVITY}")))'
    )
    past = f'AND({_cell(HAS_FACTS)},{_cell(EXACT_UNTIL)}<>"",{facts.DAY}>{_cell(EXACT_UNTIL)})'
    return (
        f'IF(ISERROR({_ID}),"",IF(TRIM({_ID})="","",IF(OR(NOT({facts.HOLD}),{past}),"{REFRESH}",'
        f'IF({_cell(MARK)}<>"",{_cell(MARK)},IF({last}>0,{invoiced},{never})))))'
    )


def _leaves_on() -> str:
    segment, after = _cell(SEGMENT), facts.now(LIFESPAN)
    going = ",".join(
        f'{segment}="{each}"' for each in (Segment.ACTIVE, Segment.SLEEPING_AWAY, Segment.HIBERNATING, Segment.LEAVING)
    )
    return (
        f"IF(AND({_cell(COMING)}=0,OR({going})),{_cell(LAST)}+{after}+1,"
        f'IF(AND({segment}="{Segment.NO_ACTIVITY}",{_cell(CREATED)}>0),{_cell(CREATED)}+{after},""))'
    )


def _next_action() -> str:
    """The action of the refresh while it stands, with its day once that has passed; else what the segment asks for."""
    segment, coming = _cell(SEGMENT), _cell(COMING)
    same = (
        f'AND({_cell(HAS_FACTS)},{_cell(ACTION_THEN)}<>"",{segment}={_cell(SEGMENT_THEN)},'
        f"OR(N({_cell(UNPAID_THEN)})>0,N({_cell(NEXT_PLANNED)})=N({_cell(NEXT_THEN)})))"
    )
    as_of = f'IF({facts.DAY}={facts.FACTS_DAY},""," (As of "&{facts.FACTS_DAY_WORDS}&".)")'
    plan_passed = f"SUMPRODUCT({_PASSED}*({_DAYS}>0)*(MOD({_DAYS},1)=0))>0"
    return (
        f'IF({segment}="","",IF({segment}="{REFRESH}","{PAST_FACTS}",IF({same},{_cell(ACTION_THEN)}&{as_of},'
        f'IF({coming}>0,"{PLANNED}",IF({plan_passed},"{PLAN_PASSED}",'
        f"INDEX({facts.ADVICE},MATCH({segment},{facts.SEGMENTS},0)))))))"
    )


PAST_FACTS = "Refresh the workbook to see where it stands."
PLANNED = "Planned: see Next planned."
PLAN_PASSED = "The day of its plan has passed: invoice it, move it or drop it."

_FORMULAS = {
    SEGMENT: _segment(),
    LAST_INVOICE: f'IF(OR({_cell(SEGMENT)}="{REFRESH}",{_cell(LAST)}=0),"",{_cell(LAST)})',
    NEXT_PLANNED: (
        f'IF(OR({_cell(SEGMENT)}="{REFRESH}",{_cell(COMING)}=0),"",'
        f'INT(INDEX({_DAYS},1+COUNTIF({_DAYS},"<"&({facts.DAY}+1)))))'
    ),
    LEAVES_ON: _leaves_on(),
    NEXT_ACTION: _next_action(),
}

MACRO_FREE = Table(
    TABLE.name,
    (
        *(
            replace(column, formula=_FORMULAS[column], rule=_rule(_FORMULAS[column])) if column in _FORMULAS else column
            for column in TABLE.columns
        ),
        *STORED,
        *DERIVED,
    ),
    TABLE.needed,
)
"""The table Clients of the macro-free edition: the columns of the other one in the same order, then the hidden ones."""

FORMULAS = {column.header: formula for column, formula in _FORMULAS.items()} | {
    column.header: column.formula for column in DERIVED if column.formula
}
"""The formulas that a refresh writes, by the headers of their columns; the links to the log are those of both."""
CALCULATED = tuple(column for column in MACRO_FREE.columns if column.header in FORMULAS)
"""The columns of these formulas."""
