"""The colours of every sheet, chart and report, each written here and nowhere else."""

from __future__ import annotations

from kopilot_xl.domain.segments import Segment

INK = "1F2933"
"""Text."""
MUTED = "52606D"
"""Secondary text; contrast with white above 4.5."""
PAPER = "FFFFFF"
BAND = "F3F6F9"
"""Quiet background of headings and input hints."""
LINE = "CBD2D9"
HAIR = "E4E8ED"
"""A line between rows, and what nothing is drawn in yet."""
FRAME = "8592A0"
"""The frame of what can be picked or filled in; contrast with white above 3."""
ALERT_TINT = "FBEAE8"
"""The background of what wants attention at once."""
ACCENT = "1B4F72"
"""Headlines, table headers."""
ALERT = "B3261E"
"""What wants attention: a strange as-of date, a failed check, a rejected action."""
GOOD = "1E6B3A"
"""What is well: a passed check, an applied action."""

BAR = "CCE3F0"
"""A bar behind dark text."""
BETTER_TINT = "CCE3F0"
WORSE_TINT = "FBE0CC"
"""Backgrounds of moves for the better and for the worse: blue and orange, distinct to the colour-blind too."""

GHOST_LINE = "A9CCE3"
"""A line of days that were looked back at."""

PLANNED_TEXT = "8A5A00"
"""The colour of plans as text."""
SOLD, EXPECTED, PLANNED = INK, "0072B2", "E69F00"
"""The lines and columns of the forecast."""

SEGMENTS: dict[Segment, str] = {
    Segment.LOST: "9AA5B1",
    Segment.LEAVING: "D55E00",
    Segment.HIBERNATING: "0072B2",
    Segment.SLEEPING_AWAY: "56B4E9",
    Segment.ACTIVE: "009E73",
    Segment.NEW: "CC79A7",
    Segment.NO_ACTIVITY: "E69F00",
    Segment.CANCELED: "7B8794",
}
"""One colour per segment, distinct to the colour-blind too (the Okabe-Ito set; Lost is grey)."""

TINTS: dict[Segment, str] = {
    Segment.LOST: "E4E7EB",
    Segment.LEAVING: "FBE0CC",
    Segment.HIBERNATING: "CCE3F0",
    Segment.SLEEPING_AWAY: "DDF0FB",
    Segment.ACTIVE: "CCECE3",
    Segment.NEW: "F5E4ED",
    Segment.NO_ACTIVITY: "FAECCC",
    Segment.CANCELED: "E4E7EB",
}
"""The same colours as a background behind dark text (contrast above 7)."""

AT_NIGHT: dict[str, str] = {
    INK: "E6EBF0",
    MUTED: "A9B4C0",
    PAPER: "12181F",
    BAND: "1C252F",
    LINE: "3A4653",
    ACCENT: "8FC1E8",
    ALERT: "FF9A90",
    GOOD: "79D39B",
    EXPECTED: "56B4E9",
}
"""What replaces each colour of text, ground and line where a page is read on a dark screen (contrast above 4.5)."""
