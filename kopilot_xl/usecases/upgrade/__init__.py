"""A new workbook made of an older one."""
