"""A winning creative in, markup out."""
