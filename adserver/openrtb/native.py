"""The native request: JSON inside a string, in two root forms and several versions."""

from functools import lru_cache

import msgspec

from adserver.domain.opportunity import NativeAsset, NativeSpace
from adserver.errors import InvalidBidRequest
from adserver.openrtb.lists import NATIVE_DATA, NATIVE_IMAGES
from adserver.openrtb.repair import UNREADABLE, repair
from adserver.openrtb.request import Code, Count, Native, Video, Wire
from adserver.openrtb.spaces import MAX_RENDITIONS, video_space

MAX_ASSETS = 64
MAX_PLACES = 8
"""More identical places in one list get no more bids from us: each is a choice of its own."""
DEFAULT_VERSION = "1.2"
MAIN_IMAGE = 3
REMEMBERED = 256
MAX_REMEMBERED_LENGTH = 4_096
MAX_REMEMBERED_BLOCKS = 64
MAX_VERSION = 8
"""Publishers repeat their native request word for word, so reading one is remembered."""


class Title(Wire):
    """A title of at most `len` characters."""

    len: Count | None = None


class Image(Wire):
    """An image: exact size, or at least `wmin` x `hmin`."""

    type: int | None = None
    w: Count | None = None
    h: Count | None = None
    wmin: Count | None = None
    hmin: Count | None = None
    mimes: list[str] | None = None


class Text(Wire):
    """A text of a data type."""

    type: int | None = None
    len: Count | None = None


class Asset(Wire):
    """One part; exactly one of title, img, video and data."""

    id: Code | None = None
    required: int | None = None
    title: Title | None = None
    img: Image | None = None
    video: Video | None = None
    data: Text | None = None


class Tracker(Wire):
    """An event and the methods by which it may be reported."""

    event: Code | None = None
    methods: list[Code] | None = None


class Markup(Wire):
    """The native request's own root."""

    ver: str | None = None
    assets: list[Asset] | None = None
    eventtrackers: list[Tracker] | None = None
    privacy: int | None = None
    plcmtcnt: Count | None = None


class Root(Markup):
    """Either the old root, with everything below `native`, or the new one."""

    native: Markup | None = None


_DECODER = msgspec.json.Decoder(Root, strict=False)


def native_space(native: Native) -> NativeSpace | None:
    """Return what the publisher asks for, or `None` if that cannot be read or asks for nothing."""
    text = native.request
    if not text:
        return None
    blocked = tuple(native.battr) if native.battr else ()
    is_long = len(text) > MAX_REMEMBERED_LENGTH or len(blocked) > MAX_REMEMBERED_BLOCKS
    read = _read if is_long else _remembered
    return read(text, native.ver and native.ver[:MAX_VERSION], blocked)


def _read(text: str, outer_version: str | None, blocked: tuple[int, ...]) -> NativeSpace | None:
    root = _decode(text)
    if root is None:
        return None
    markup: Markup = root.native or root
    if not markup.assets or len(markup.assets) > MAX_ASSETS:
        return None
    ids = [asset.id for asset in markup.assets if asset.id is not None]
    if len(set(ids)) < len(ids):
        return None  # An answer names its parts by id: two of the same cannot be told apart.
    read = [_asset(asset) for asset in markup.assets]
    assets = tuple([known for known in read if known is not None])
    if not assets:
        return None
    unanswerable = any(
        known is None and asset.required for known, asset in zip(read, markup.assets, strict=True)
    )
    return NativeSpace(
        assets=assets,
        wrapped=root.native is not None,
        version=(markup.ver or outer_version or DEFAULT_VERSION)[:MAX_VERSION],
        trackers=tuple(
            (tracker.event, method)
            for tracker in markup.eventtrackers or ()
            if tracker.event is not None
            for method in tracker.methods or ()
        ),
        unanswerable=unanswerable,
        privacy=markup.privacy == 1,
        places=min(markup.plcmtcnt or 1, MAX_PLACES),
        blocked_attributes=blocked,
    )


_remembered = lru_cache(maxsize=REMEMBERED)(_read)


def _decode(text: str) -> Root | None:
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError:
        pass  # some field is of a wrong type; the rest may do
    except UNREADABLE:
        return None
    try:
        return repair(text.encode(), Root)[0]
    except (*UNREADABLE, InvalidBidRequest):
        return None


def _asset(asset: Asset) -> NativeAsset | None:
    """Return a part that we know how to fill, `None` for any other (unknown types, mixtures)."""
    parts = [part for part in (asset.title, asset.img, asset.video, asset.data) if part is not None]
    if asset.id is None or len(parts) != 1:
        return None
    required = asset.required == 1
    match parts[0]:
        case Title(length):
            return NativeAsset(id=asset.id, required=required, kind="title", length=length)
        case Text(code, length) if name := NATIVE_DATA.get(code or 0):
            return NativeAsset(
                id=asset.id, required=required, kind="text", name=name, length=length
            )
        case Image() as image if name := NATIVE_IMAGES.get(image.type or MAIN_IMAGE):
            return NativeAsset(  # (a type is only recommended)
                id=asset.id,
                required=required,
                kind="image",
                name=name,
                width=image.w or None,
                height=image.h or None,
                min_width=image.wmin or 0,
                min_height=image.hmin or 0,
                mimes=tuple(image.mimes[:MAX_RENDITIONS]) if image.mimes else (),
            )
        case Video() as video if player := video_space(video):
            return NativeAsset(id=asset.id, required=required, kind="video", player=player)
    return None
