"""What a bid is known by when asked what it takes to win: from broad to narrow, the same for learning and serving."""

from adserver.domain.creative import Audio, Banner, Creative, Dynamic, Native, Video
from adserver.domain.money import Nanos

LEVELS = ("exchange", "deal", "country", "floor", "format", "publication", "tag", "hour")
"""Each word divides what all words before it have in common; the hour is that of the day, UTC."""
OF_AUCTIONS = 2
"""The first words say which auctions they are: who knows nothing of those knows nothing."""
HOURS = 24


def kind_of(creative: Creative) -> str:
    """Return `banner 300x250`, or the medium alone where the page gives the size."""
    if isinstance(creative, Banner | Dynamic):
        return kind("banner", f"{creative.width}x{creative.height}")
    if isinstance(creative, Video):
        return "video"
    if isinstance(creative, Audio):
        return "audio"
    return "native" if isinstance(creative, Native) else "banner"


def kind(media: str, size: str) -> str:
    """Return the same from a logged bid."""
    return f"banner {size}" if media == "banner" and size else media


def band(floor: Nanos) -> int:
    """Return which band a floor is in, two to an octave; 0 for none."""
    bits = floor.bit_length()
    return 2 * bits + ((floor >> (bits - 2)) & 1) if bits > 1 else bits
