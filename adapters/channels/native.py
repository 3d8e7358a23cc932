"""Native: the parts that a publisher asks for, as JSON, with links that report."""

from typing import Any

import msgspec

from adserver.domain.creative import AnyCreative, Native, NativeImage
from adserver.domain.native_fit import filling
from adserver.domain.opportunity import NativeAsset, NativeSpace, Opportunity
from adserver.domain.web_address import web_address
from adserver.ports import Links

IMPRESSION_BY_IMAGE = (1, 1)
"""Event 1, impression, by method 1, a pixel. These are Native 1.2's numbers; AdCOM counts otherwise."""

_encode = msgspec.json.Encoder().encode


class NativeMarkup:
    """A native ad. Its answer depends on what is asked for, so it is written per space (about 5 us)."""

    varies = True
    hands_on_consent = False

    def __init__(self, creative: Native) -> None:
        self._creative = creative

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return the answer as JSON text. Raises `ValueError` if a required part cannot be filled,
        which eligibility rules out: seen here it is a bug.
        """
        space = opportunity.native or NativeSpace(assets=())
        answer: dict[str, Any] = {
            "ver": space.version,
            "assets": self._assets(space),
            "link": {"url": links.click},
        }
        if IMPRESSION_BY_IMAGE in space.trackers:
            answer["eventtrackers"] = [{"event": 1, "method": 1, "url": links.impression}]
        else:
            # The old way, for publishers that offer no event trackers.
            answer["imptrackers"] = [links.impression]
        if space.privacy and links.why:
            answer["privacy"] = links.why
        return _encode({"native": answer} if space.wrapped else answer).decode()

    def _assets(self, space: NativeSpace) -> list[dict[str, Any]]:
        assets = []
        for asset in space.assets:
            part = filling(self._creative, asset)
            if part is not None:
                assets.append(_part(asset, part))
            elif asset.required:
                raise ValueError(f"{self._creative.id}: no {asset.kind} {asset.name[:40]!r}")
        return assets


class NativeChannel:
    """Puts out native ads."""

    def prepare(self, creative: AnyCreative) -> NativeMarkup:
        """Check the addresses. Raises `ValueError` for another kind or a bad address."""
        if not isinstance(creative, Native):
            raise ValueError(f"{creative.id}: native needs its parts")  # noqa: TRY004 the port says so
        for image in creative.images:
            web_address(image.url, secure=creative.secure)
        return NativeMarkup(creative)


def _part(asset: NativeAsset, part: str | NativeImage) -> dict[str, Any]:
    if isinstance(part, NativeImage):
        return {"id": asset.id, "img": {"url": part.url, "w": part.width, "h": part.height}}
    if asset.kind == "title":
        return {"id": asset.id, "title": {"text": part}}
    return {"id": asset.id, "data": {"value": part}}
