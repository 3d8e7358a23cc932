"""What of a request anybody asks for: the rest is not read."""

import msgspec

from adserver.domain.targeting import Dimension


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Known when the campaigns are compiled."""

    dimensions: frozenset[Dimension] = frozenset()
    """What any line item targets of the `facts` of auctions and opportunities."""
    point: bool = False
    """Some line item targets places within a radius."""
    device: frozenset[Dimension] = frozenset()
    """What any line item targets that the user agent's string may tell."""
    app_installs: bool = False
    """Some line item wants an application installed, and Apple to count it."""
    macros: bool = False
    """Some creative hands the privacy signals on to third parties."""


NOTHING_MORE = Wanted()
"""Than what every auction has."""
