"""Creatives: what is shown, with everything an exchange or a publisher may ask about it."""

from typing import Literal

import msgspec

from adserver.domain.identity import number


class Creative(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every creative declares."""

    id: str
    name: str = ""
    landing_url: str
    """Where a click leads; http or https. Never taken from a request, so never an open redirect."""
    attributes: tuple[int, ...] = ()
    """AdCOM creative attributes that it truthfully has."""
    language: str | None = None
    """ISO 639-1"""
    secure: bool = True
    """Loads everything over https."""
    preview_url: str | None = None
    """`iurl`: a picture for the exchange's checks."""

    @property
    def number(self) -> int:
        """The id as a stable 63-bit number."""
        return number("creative", self.id)


class Banner(Creative, frozen=True, kw_only=True, tag="banner"):
    """An image of fixed size that links to the landing page."""

    width: int
    height: int
    image_url: str
    alternative_text: str = ""


class MediaFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rendition of a video."""

    url: str
    mime: str = "video/mp4"
    width: int
    height: int
    bitrate_kbps: int = 0
    delivery: Literal["progressive", "streaming"] = "progressive"


class Video(Creative, frozen=True, kw_only=True, tag="video"):
    """A linear video, served as inline VAST in the version that the player asks for."""

    duration_s: int
    media_files: tuple[MediaFile, ...]
    title: str = ""


class NativeImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One image of a native ad."""

    url: str
    width: int
    height: int
    kind: Literal["icon", "main"] = "main"


NATIVE_TEXTS = (
    "sponsored", "description", "rating", "likes", "downloads", "price",
    "sale_price", "phone", "address", "description2", "display_url", "call_to_action",
)  # fmt: skip
"""Native data types by name, in the order of their numbers: 1 is `sponsored`."""


class Native(Creative, frozen=True, kw_only=True, tag="native"):
    """Parts that a publisher assembles: title, texts by data type, images."""

    title: str
    images: tuple[NativeImage, ...] = ()
    texts: dict[str, str] = {}
    """Keys are the names of native data types: `sponsored`, `description`, `call_to_action`, `rating` ..."""


AnyCreative = Banner | Video | Native
