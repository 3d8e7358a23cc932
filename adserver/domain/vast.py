"""Which VAST version to answer a player with."""

from collections.abc import Mapping, Sequence

VAST_VERSIONS: Mapping[int, str] = {2: "2.0", 3: "3.0", 7: "4.0", 11: "4.1", 13: "4.2"}
"""The protocols that we write inline, by their AdCOM number, oldest first."""

UNSAID = 3
"""Answer to a player that names no protocol: 3.0 is the oldest version that every player in use reads
(newer ones must read it), while a player of 3.0 may stumble over what 4.x demands.
"""


def vast_protocol(offered: Sequence[int]) -> int | None:
    """Return the newest of the offered AdCOM protocols that we write; `None` if there is none.

    Wrappers (5, 6, 8 ...) and DAAST (9, 10) are other protocols: offering them alone is no offer to us.
    """
    if not offered:
        return UNSAID
    return max((protocol for protocol in offered if protocol in VAST_VERSIONS), default=None)
