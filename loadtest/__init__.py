"""Load and a market, seen only through the wire."""
