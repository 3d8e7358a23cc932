"""Which size an HTML creative has in a space: the one place that says so, for the bid and for the markup."""

from math import gcd
from typing import NamedTuple

import msgspec

from adserver.domain.creative import Html
from adserver.domain.opportunity import BannerSpace

Size = tuple[int, int]
LEAST_WIDTH, LEAST_HEIGHT = (1, 2), (2, 5)
"""In a space that takes smaller ones: at least half as wide, and two fifths as high. These are Google's for
interstitials; see "Interstitial Ads" of its Authorized Buyers documents.
"""


class Shown(NamedTuple):
    """What an HTML creative is shown as: a size in pixels, and the ratio alone where only that is known."""

    size: Size
    """The least, where a ratio is all that is known."""
    ratio: Size | None = None


def reduced(size: Size) -> Size:
    """Return the ratio in lowest terms: 300x250 is 6:5."""
    divisor = gcd(*size)
    return size[0] // divisor, size[1] // divisor


def within(size: Size, largest: Size) -> bool:
    """Tell whether a creative of this size fills enough of a space that takes smaller ones, and not too much."""
    (width, height), (most_width, most_height) = size, largest
    return (
        width <= most_width
        and height <= most_height
        and width * LEAST_WIDTH[1] >= most_width * LEAST_WIDTH[0]
        and height * LEAST_HEIGHT[1] >= most_height * LEAST_HEIGHT[0]
    )


def fills(creative: Html, size: Size) -> bool:
    """Tell whether a creative can have exactly this size."""
    if size in creative.sizes:
        return True
    ratio = creative.ratio
    return ratio is not None and reduced(size) == reduced(ratio) and size[0] >= creative.min_width


def shown(creative: Html, space: BannerSpace | None) -> Shown | None:
    """Return how a creative is shown in a space; `None` if it does not fit.

    Of several sizes the first that the space names. A space that names none takes the creative's own.
    """
    if space is None or not (space.sizes or space.ratios or space.largest):
        return Shown(creative.sizes[0] if creative.sizes else _least(creative, 0))
    for size in space.sizes:
        if fills(creative, size):
            return Shown(size)
    if space.largest is not None:
        fitting = [size for size in creative.sizes if within(size, space.largest)]
        if fitting:
            return Shown(max(fitting, key=lambda size: size[0] * size[1]))
    for wide, high, least in space.ratios:
        # It may be shown as small as the space says, so it must stand that.
        ratio = creative.ratio
        if ratio and reduced(ratio) == reduced((wide, high)) and least >= creative.min_width:
            return Shown(_least(creative, least), (wide, high))
    return None


def settled(creative: Html, space: BannerSpace) -> BannerSpace:
    """Return the space as a markup is to see it: of the one size that the bid names."""
    found = shown(creative, space)
    if found is None:
        return space
    if found.ratio is None:
        return msgspec.structs.replace(space, sizes=(found.size,), ratios=(), largest=None)
    ratio = (*found.ratio, found.size[0])
    return msgspec.structs.replace(space, sizes=(), ratios=(ratio,), largest=None)


def _least(creative: Html, width: int) -> Size:
    wide, high = creative.ratio or (1, 1)
    width = max(width, creative.min_width, 1)
    return width, max(1, round(width * high / wide))
