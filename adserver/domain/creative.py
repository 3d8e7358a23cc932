"""Creatives: what is shown, with everything an exchange or a publisher may ask about it."""

from enum import StrEnum
from typing import Literal

import msgspec

from adserver.domain.identity import number


class Restriction(StrEnum):
    """What an advertisement is about, where law or publishers restrict that."""

    ALCOHOL = "alcohol"
    GAMBLING = "gambling"
    TOBACCO = "tobacco"
    MEDICINE = "medicine"
    WEIGHT_LOSS = "weight_loss"
    DATING = "dating"
    ADULT = "adult"
    WEAPONS = "weapons"
    CREDIT = "credit"
    CRYPTO = "crypto"


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
    click_parameter: str | None = None
    """What the landing page calls our click id; `None`: `adclick`, empty: it is not told."""
    preview_url: str | None = None
    """`iurl`: a picture for the exchange's checks."""
    apis: tuple[int, ...] = ()
    """AdCOM API frameworks that it cannot do without: 7 is OMID, 3, 5 and 6 are MRAID."""
    vendors: tuple[int, ...] = ()
    """Whoever else it loads something from, by their ids in the IAB's global vendor list."""
    restrictions: tuple[Restriction, ...] = ()
    political: bool = False
    """It wants votes or takes a side in a public matter: labelled as such, and refused where that is the rule."""

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
    viewability: bool = False
    """A small script of ours reports when half of it has been in view for a second."""


class Html(Creative, frozen=True, kw_only=True, tag="html"):
    """Markup that somebody else wrote: an HTML5 advertisement or a third party's tag."""

    markup: str
    """HTML with typed placeholders, such as `{{click_url}}`; nothing else in it is ever filled in."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Exact sizes that it is made for."""
    ratio: tuple[int, int] | None = None
    """It fits any space of this ratio, width to height, from `min_width` on."""
    min_width: int = 0
    viewability: bool = False
    """A small script of ours reports when half of it has been in view for a second."""


class Dynamic(Creative, frozen=True, kw_only=True, tag="dynamic"):
    """A banner with products of a feed in it, chosen and written when it is rendered."""

    width: int
    height: int
    feed: str
    """The feed's name."""
    template: str
    """The template's name: that of its file."""
    markup: str = ""
    """The template itself: HTML with gaps for products."""
    products: int = 1
    """How many it shows."""
    only: dict[str, tuple[str, ...]] = {}
    """Products whose field has one of these values: `brand`, `category` ..."""
    pages: dict[str, tuple[str, ...]] = {}
    """On pages of these categories (`IAB17`) products of those of the feed are relevant."""
    fallback: Banner
    """What is shown when no product can be."""


class MediaFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rendition of a video."""

    url: str
    mime: str = "video/mp4"
    width: int
    height: int
    bitrate_kbps: int = 0
    delivery: Literal["progressive", "streaming"] = "progressive"
    codec: str = ""
    """RFC 6381, `avc1.64001f`"""


class AudioFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rendition of a sound."""

    url: str
    mime: str = "audio/mpeg"
    bitrate_kbps: int = 0
    delivery: Literal["progressive", "streaming"] = "progressive"


class Companion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A banner beside a player; a click on it leads where the creative leads."""

    width: int
    height: int
    image_url: str
    alternative_text: str = ""
    mime: str = ""
    """The picture's type, where the end of its address does not tell it."""


class Verification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's script that measures by Open Measurement."""

    vendor: str
    """`company.example-omid`"""
    script_url: str
    parameters: str = ""


class Played(Creative, frozen=True, kw_only=True):
    """What videos and sounds have in common: served as VAST in the version that the player asks for."""

    duration_s: int
    title: str = ""
    companions: tuple[Companion, ...] = ()
    verifications: tuple[Verification, ...] = ()
    wrapped_url: str | None = None
    """The VAST tag of a third party that has the advertisement; then there are no files of our own."""
    wrapped_version: Literal["2.0", "3.0", "4.0", "4.1", "4.2", "4.3"] = "3.0"
    """What the third party's tag answers with."""
    registry: str | None = None
    """Who gave out `registered_id`: `ad-id.org`, `clearcast.co.uk` ..."""
    registered_id: str | None = None

    @property
    def wraps(self) -> str | None:
        """The VAST version that the third party answers with, if it is theirs."""
        return self.wrapped_version if self.wrapped_url is not None else None


class Video(Played, frozen=True, kw_only=True, tag="video"):
    """A linear video."""

    media_files: tuple[MediaFile, ...] = ()
    skip_after_s: int | None = None
    """It brings its own button to skip, from this second on."""


class Audio(Played, frozen=True, kw_only=True, tag="audio"):
    """A sound: music services, podcasts, radio."""

    audio_files: tuple[AudioFile, ...] = ()


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
    video: Video | None = None
    """For publishers that ask for a video among the parts."""
    deeplink_url: str | None = None
    """Opens an application; `landing_url` is where it leads without that application."""


Display = Banner | Html | Dynamic
AnyCreative = Banner | Html | Dynamic | Video | Audio | Native


def size_of(creative: Creative) -> str:
    """Return `300x250` for a banner, the first rendition's size for a video, nothing for what takes its size from the page.

    One definition for the event log, for training and for serving.
    """
    if isinstance(creative, Banner | Dynamic):
        return f"{creative.width}x{creative.height}"
    if isinstance(creative, Video) and creative.media_files:
        return f"{creative.media_files[0].width}x{creative.media_files[0].height}"
    return ""
