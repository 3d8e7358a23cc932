"""Whether and how a native creative fills the parts that a publisher asks for."""

from typing import NamedTuple

from adserver.domain.creative import Native, NativeImage, Video
from adserver.domain.opportunity import NativeAsset, NativeSpace
from adserver.domain.playing import misfit, shape

ELLIPSIS = "…"
SHORTENABLE = frozenset({"description", "description2"})
"""Texts that still say the truth when cut. A price, a rating, a phone number or the sponsor's name does
not: such a text stands whole or not at all. Titles may be cut too.
"""

_TYPES = {"jpg": "jpeg", "jpe": "jpeg", "svg": "svg+xml"}
"""Endings of files, and spellings of types, that differ from the type's name."""
Part = str | NativeImage | Video


class NativeShape(NamedTuple):
    """All of a native ad that a publisher may refuse: many creatives have the same."""

    title: str
    texts: frozenset[tuple[str, str]]
    images: tuple[NativeImage, ...]
    video: Video | None


def shape_of(creative: Native) -> NativeShape:
    """Return what of a creative decides whether it fits."""
    return NativeShape(
        creative.title, frozenset(creative.texts.items()), creative.images, creative.video
    )


def fits(creative: Native, space: NativeSpace) -> bool:
    """Tell whether every required part can be filled from this creative."""
    return not space.unanswerable and all(
        filling(creative, asset) is not None for asset in space.assets if asset.required
    )


def filling(creative: Native, asset: NativeAsset) -> Part | None:
    """Return what goes into a part: text for titles and texts, an image, a video that plays there, or `None`."""
    if asset.kind == "title":
        return shorten(creative.title, asset.length)
    if asset.kind == "image":
        return next((image for image in creative.images if _image_fits(image, asset)), None)
    if asset.kind == "video":
        video = creative.video
        if video is None or asset.player is None or misfit(shape(video), asset.player) is not None:
            return None
        return video
    text = creative.texts.get(asset.name) if asset.kind == "text" else None
    if not text or asset.length is None or len(text) <= asset.length:
        return text or None
    return shorten(text, asset.length) if asset.name in SHORTENABLE else None


def shorten(text: str, length: int | None) -> str | None:
    """Return the text in at most `length` characters, cut after a whole word; `None` if none is left.

    Only a text that does not fit is touched; what was cut ends in an ellipsis.
    """
    if length is None or len(text) <= length:
        return text or None
    words = text[: max(length, 0)].rpartition(" ")[0].rstrip(" ,;:.-")
    return words + ELLIPSIS if words else None


def _image_fits(image: NativeImage, asset: NativeAsset) -> bool:
    """A minimum wins over a size given beside it; a size alone is exact (Native 1.2, 4.4)."""
    if asset.name and image.kind != asset.name:
        return False
    if asset.mimes and not _is_of(image.url, asset.mimes):
        return False
    if asset.min_width or asset.min_height:
        return image.width >= asset.min_width and image.height >= asset.min_height
    return asset.width in (None, image.width) and asset.height in (None, image.height)


def _is_of(url: str, mimes: tuple[str, ...]) -> bool:
    """Tell whether an image is of one of these types as far as its name says; a name that says nothing passes."""
    ending = url.partition("?")[0].partition("#")[0].rpartition("/")[2].rpartition(".")
    if not ending[1]:
        return True
    name = ending[2].lower()
    return _TYPES.get(name, name) in {
        _TYPES.get(kind, kind) for kind in (mime.rpartition("/")[2].lower() for mime in mimes)
    }
