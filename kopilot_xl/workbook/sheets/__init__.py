"""The sheets of a Kopilot workbook: the columns and blocks of each, how it is read, and what a refresh writes to it."""
