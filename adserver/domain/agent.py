"""What a user agent's string says of a device."""

from typing import NamedTuple


class Agent(NamedTuple):
    """Names as their makers write them; what is unknown is empty."""

    browser: str = ""
    system: str = ""
    system_version: str = ""
    maker: str = ""
    model: str = ""


UNKNOWN = Agent()
"""It says nothing that we can read."""
