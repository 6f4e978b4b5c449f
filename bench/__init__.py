"""Reproducible comparisons: `python -m bench` prints one table of ratios, each measured within one run."""
