"""The rooms: what stands on each sheet, how it is read and what a refresh writes to it."""

READ_BY_FORMULAS = (
    "Clients[",
    "Actions[",
    "History[",
    "Problems[",
    "Clients!",
    "Portfolio!",
    "SEGMENT(",
    "NEXT_ACTION(",
    "LEAVES_ON(",
    "PORTFOLIO_SHAPE(",
    "SEGMENT_COUNTS(",
)
"""What a formula mentions that reads what refresh writes."""
