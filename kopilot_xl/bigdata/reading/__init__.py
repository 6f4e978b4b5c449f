"""Tables of any size brought into one typed shape, and what could not be read in them."""
