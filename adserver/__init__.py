"""A demand-side ad decision server."""
