"""`preview`: creatives as they would be put out, on a page for the people who answer for them."""

from adserver.commands.preview.show import add

__all__ = ["add"]
