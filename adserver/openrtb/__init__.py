"""The wire and nothing but."""
