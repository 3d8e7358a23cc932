"""Where an address is, as coarsely as targeting asks."""

from typing import NamedTuple


class Place(NamedTuple):
    """What is unknown is empty; nothing in it is finer than a city."""

    country: str
    """ISO 3166-1 alpha-3"""
    region: str = ""
    """The second part of ISO 3166-2: `WI`"""
    city: str = ""
    """Its English name"""
