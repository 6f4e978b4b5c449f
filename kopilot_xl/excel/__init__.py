"""Inside Excel: worksheet functions, what the ribbon's buttons run, and how both are installed."""
