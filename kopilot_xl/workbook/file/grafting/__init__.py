"""Add sheets, columns, names and macros of one package to another that somebody else made, and touch nothing else."""

from kopilot_xl.workbook.file.grafting.columns import NoRoomError, add_column, add_columns, copy_conditions, table_part
from kopilot_xl.workbook.file.grafting.graft import Graft
from kopilot_xl.workbook.file.grafting.macros import Macros, Outcome, add_macros, add_ribbon
from kopilot_xl.workbook.file.grafting.rows import add_row, last_row, set_cells, widen

__all__ = [
    "Graft",
    "Macros",
    "NoRoomError",
    "Outcome",
    "add_column",
    "add_columns",
    "add_macros",
    "add_ribbon",
    "add_row",
    "copy_conditions",
    "last_row",
    "set_cells",
    "table_part",
    "widen",
]
