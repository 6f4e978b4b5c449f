"""What other programs exported, read into our tables."""
