"""What all parts of a bid request have in common on the wire: how ids, counts and codes are read."""

from typing import Annotated

import msgspec

Id = str | int
"""Ids are strings, but integers are common; we echo them as strings."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
"""A size, a number of seconds, a position: anything outside is treated as a wrong type."""

Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]
"""A value from some list; whatever is done with it later, it fits into 64 bits."""


NOT_SENT = msgspec.Raw()


class Wire(msgspec.Struct, gc=False, omit_defaults=True):
    """Base of everything decoded; trees only, so the garbage collector need not look.

    Written again it says what was sent: an unread field that was not there (`NOT_SENT`) would be no JSON.
    """
