"""Who is in which segment, fast."""
