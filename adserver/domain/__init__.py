"""The nouns: frozen values and arithmetic; no clock, no dice, no I/O, no wire types."""
