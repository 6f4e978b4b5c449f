"""What this version brings to a workbook of an earlier one: in place, or as a new workbook made of it."""
