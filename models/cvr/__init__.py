"""How often clicks become orders."""
