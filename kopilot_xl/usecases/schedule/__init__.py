"""A refresh every day, by the scheduler of the operating system."""
