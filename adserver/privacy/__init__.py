"""What we may do with this person's data."""
