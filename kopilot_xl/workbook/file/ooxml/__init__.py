"""The parts and cells of an Open XML package, edited in place."""
