"""The rooms: what stands on each sheet, how it is read and what a refresh writes to it."""
