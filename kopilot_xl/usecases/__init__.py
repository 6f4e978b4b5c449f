"""What one can have done: refresh, check, create, report, upgrade, forecast."""
