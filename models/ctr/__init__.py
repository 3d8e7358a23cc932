"""How likely a click is."""
