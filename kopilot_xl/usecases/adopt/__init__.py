"""Make a Kopilot workbook of a workbook that its owner has already, where the clients and invoices are."""
