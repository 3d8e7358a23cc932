"""`demo`: a small world, a first model, a server, an exchange, and a table to watch."""

from adserver.commands.demo.show import add

__all__ = ["add"]
