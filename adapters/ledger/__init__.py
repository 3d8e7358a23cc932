"""Money, kept."""
