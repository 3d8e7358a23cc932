"""Products coming in."""
