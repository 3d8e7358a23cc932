"""What a person decided, as bytes; kept apart from profiles, so that no restored copy of them undoes it."""

import msgspec

from adserver.domain.choices import Choices

UNREADABLE = Choices(opted_out=True)
"""What holds where something was decided and cannot be read: the strictest that does not forget anybody."""

_decode = msgspec.msgpack.Decoder(Choices).decode
encode = msgspec.msgpack.Encoder().encode
"""Return choices as bytes."""


def decode(stored: bytes) -> Choices:
    """Return stored choices; never raises."""
    try:
        return _decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE


def forbids(choices: Choices | None) -> bool:
    """Tell whether nothing may be added to what is known of somebody who decided this."""
    return choices is not None and choices.refuses
