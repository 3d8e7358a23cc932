"""How well it decides: figures on logged traffic and in simulated markets, each beside its bar."""
