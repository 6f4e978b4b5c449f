"""The grid of the Portfolio sheet: which block is where. The template draws, a refresh fills, and `upgrade` brings it.

Above, the page: the shape, what wants attention, what moved, segments, histogram, tilt, what lasts. Below it, "Do
next" on the same columns. Hidden at the right, what the page is drawn from and the blocks of earlier pages, which
formulas of the owner may read by their names.
"""

from __future__ import annotations

from dataclasses import dataclass

from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading
from kopilot_xl.workbook.addresses import cell_address, split_address

SHEET = "Portfolio"

PIXELS = (14, 8, 184, 60, 82, 74, 70, 116, 166, 86, 142, 108, 82, 72)
"""How wide the columns A to N are, in pixels: 1,264 in all, a screen of 1,366 with what Excel puts around a sheet."""
WIDTHS = tuple(pixels / 7 for pixels in PIXELS)
"""The same as a file has it, in characters."""
HEIGHTS = {
    1: 24.0, 2: 12.75, 3: 4.5, 4: 19.5, 5: 19.5, 6: 1.5, 7: 15.0, 8: 16.5, 9: 4.5, 10: 15.0,
    **dict.fromkeys(range(11, 19), 14.25), 19: 24.0,
}  # fmt: skip
"""How high the rows of the page are, in points."""
LIST_HEIGHT = 15.0
"""How high the rows of "Do next" are, in points."""
LAST_COLUMN = "N"

LIST_TOP, LIST_ROWS = 20, 60
"""The first row of "Do next", and how many there are."""
LIST_BOTTOM = LIST_TOP + LIST_ROWS - 1


@dataclass(frozen=True)
class Block:
    """A block of cells with a defined name: its first cell, and its rows and columns."""

    cell: str
    rows: int = 1
    columns: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self.rows, self.columns

    @property
    def area(self) -> str:
        """Its cells, as in `C11:G16`."""
        row, column = split_address(self.cell)
        last = cell_address(row + self.rows - 1, column + self.columns - 1)
        return self.cell if self.cell == last else f"{self.cell}:{last}"


TITLE, AS_OF, HINT, REFRESHED = "PortfolioTitle", "PortfolioAsOf", "PortfolioHint", "PortfolioRefreshed"
SHAPE, WORDS, ATTENTION, PROBLEMS = "PortfolioShape", "PortfolioWords", "PortfolioAttention", "PortfolioProblems"
MOVED_SINCE, MOVED = "PortfolioMovedSince", "PortfolioMoved"
CHECK_NAMES = ("PortfolioCheckActive", "PortfolioCheckNew", "PortfolioCheckNoActivity")
SEGMENTS, TOTALS, SINCE, VALUE_LABEL = (
    "PortfolioSegments", "PortfolioTotals", "PortfolioSince", "PortfolioValueLabel",
)  # fmt: skip
BEAM, TILT_WORDS = "PortfolioBeam", "PortfolioTiltWords"
KEYS = "PortfolioKeys"
NEXT_TITLE, NEXT_USE, BROUGHT = "DoNextTitle", "DoNextUse", "DoNextBrought"
LIST, ENTRIES, LIST_IDS = "DoNext", "DoNextEntries", "DoNextIds"
GHOST = "PortfolioGhost"
DATA_STATE, DATA_STATE_FORMULA = "PortfolioDataState", 'IFERROR(KopilotDataState(),"")'
"""Says by a formula whether the data changed since the last refresh; blank after one, and where macros are blocked."""
DECISIONS_IN, DECISIONS_NONE, DECISIONS_LOST, DECISIONS_CANCELED, NO_DECISIONS = (
    "DecisionsIn", "DecisionsNone", "DecisionsLost", "DecisionsCanceled", "NoDecisions",
)  # fmt: skip

PAGE: dict[str, Block] = {
    TITLE: Block("B1"),
    AS_OF: Block("K1"),
    HINT: Block("F2"),
    REFRESHED: Block("K2"),
    SHAPE: Block("B4"),
    WORDS: Block("D4"),
    ATTENTION: Block("K4"),
    PROBLEMS: Block("K5"),
    MOVED_SINCE: Block("C7"),
    MOVED: Block("D7"),
    **{name: Block(cell) for name, cell in zip(CHECK_NAMES, ("C8", "H8", "K8"), strict=True)},
    SINCE: Block("E10"),
    VALUE_LABEL: Block("G10"),
    SEGMENTS: Block("C11", len(PORTFOLIO), 5),
    TOTALS: Block("C17", 2, 5),
    BEAM: Block("H17"),
    TILT_WORDS: Block("H18"),
    KEYS: Block("K11", 8, 4),
    NEXT_TITLE: Block("B19"),
    NEXT_USE: Block("D19"),
    BROUGHT: Block("K19"),
    LIST: Block(f"A{LIST_TOP}", LIST_ROWS, 11),
    ENTRIES: Block(f"L{LIST_TOP}", LIST_ROWS, 3),
    LIST_IDS: Block(f"P{LIST_TOP}", LIST_ROWS, 2),
}
"""The blocks that are seen, and the ids beside "Do next" with what marks its urgent rows."""

ICON, CHECKS, HISTOGRAM, TOTAL = "PortfolioIcon", "PortfolioChecks", "PortfolioHistogram", "PortfolioTotal"
OUTSIDE, TILT = "PortfolioOutside", "PortfolioTilt"
DO_NEXT = {
    Heading.KEEP: "PortfolioClean",
    Heading.WIN_BACK: "PortfolioReactivate",
    Heading.DECIDE: "PortfolioDecide",
}
DO_NEXT_ROWS = {Heading.KEEP: 10, Heading.WIN_BACK: 5, Heading.DECIDE: 5}
"""How many clients are named under each heading; one more row says how many others there are."""
DO_NEXT_COLUMNS = ("Segment", "Client ID", "Client", "Days left", "Last invoice", "Value", "What to do")
HISTOGRAM_COLUMNS = ("Segment", "Clients", "Share", "Value", "Share of value")

HIDDEN: dict[str, Block] = {
    ICON: Block("S1"),
    OUTSIDE: Block("S2"),
    DATA_STATE: Block("S3"),
    CHECKS: Block("S4", 3, 2),
    HISTOGRAM: Block("S8", len(BARS), len(HISTOGRAM_COLUMNS)),
    GHOST: Block("X8", len(BARS)),
    TOTAL: Block("S15", 1, len(HISTOGRAM_COLUMNS)),
    TILT: Block("S17", 2, 3),
    DO_NEXT[Heading.KEEP]: Block("S20", DO_NEXT_ROWS[Heading.KEEP] + 1, len(DO_NEXT_COLUMNS)),
    DO_NEXT[Heading.WIN_BACK]: Block("S32", DO_NEXT_ROWS[Heading.WIN_BACK] + 1, len(DO_NEXT_COLUMNS)),
    DO_NEXT[Heading.DECIDE]: Block("S40", DO_NEXT_ROWS[Heading.DECIDE] + 1, len(DO_NEXT_COLUMNS)),
}
"""What the charts are drawn from, and the blocks of the page of version 0.1."""
HIDDEN_COLUMNS = "OPQRSTUVWXYZ"

BLOCKS: dict[str, tuple[int, int]] = {name: block.size for name, block in (PAGE | HIDDEN).items()}
"""The named blocks that a refresh writes, and their size in rows and columns."""

LISTS: dict[str, Block] = {
    DECISIONS_IN: Block("Z1", 2),
    DECISIONS_NONE: Block("Z4", 2),
    DECISIONS_LOST: Block("Z7", 3),
    DECISIONS_CANCELED: Block("Z11", 2),
    NO_DECISIONS: Block("Z14"),
}
"""What the drop-downs of "Do next" offer."""
