"""Native: the parts that a publisher asks for, as JSON, with links that report."""

from collections.abc import Iterator
from typing import Any

import msgspec

from adapters.channels.vast.markup import PlayedMarkup
from adserver.domain.creative import AnyCreative, Native, NativeImage
from adserver.domain.deep_link import deep_link
from adserver.domain.native_fit import filling
from adserver.domain.opportunity import NativeAsset, NativeSpace, Opportunity
from adserver.domain.web_address import web_address
from adserver.ports import Links

BY_IMAGE = 1
"""The method that we use: a pixel. The other, a script at its own address, we have nothing for."""
IMPRESSION = 1
VIEWABLE_VIDEO = 4
VIEWABLE = (2, 3)
"""Half of it, or all of it, in view for a second. These are Native 1.2's numbers (7.6); AdCOM counts otherwise."""

_encode = msgspec.json.Encoder().encode


class NativeMarkup:
    """A native ad. Its answer depends on what is asked for, so it is written per space (4 us, 30 more for a video)."""

    varies = True
    hands_on_consent = False

    def __init__(self, creative: Native) -> None:
        """Check the addresses. Raises `ValueError` for a bad one."""
        for image in creative.images:
            web_address(image.url, secure=creative.secure)
        if creative.deeplink_url is not None:
            deep_link(creative.deeplink_url)
        video = creative.video
        self._creative = creative
        self._video = PlayedMarkup(video, video.media_files) if video is not None else None

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return the answer as JSON text. Raises `ValueError` if a required part cannot be filled,
        which eligibility rules out: seen here it is a bug.
        """
        space = opportunity.native or NativeSpace(assets=())
        assets = self._assets(space, links, opportunity)
        answer: dict[str, Any] = {
            "ver": space.version,
            "assets": assets,
            "link": self._link(links),
        }
        trackers = list(_trackers(space, links, plays=any("video" in each for each in assets)))
        if trackers:
            answer["eventtrackers"] = trackers
        if (IMPRESSION, BY_IMAGE) not in space.trackers:
            # The old way, for publishers that offer no event trackers.
            answer["imptrackers"] = [links.impression]
        if space.privacy and links.why:
            answer["privacy"] = links.why
        written = _encode({"native": answer} if space.wrapped else answer).decode()
        # In JSON it stands in texts only. A page that puts the answer into a script is not left by "</script>".
        return written.replace("<", "\\u003c")

    def _link(self, links: Links) -> dict[str, Any]:
        """Return where a click leads. An application is opened by its own address, so the click is told beside it;
        where the application is missing, the link is ours again.
        """
        click = links.bare_click or links.click
        if self._creative.deeplink_url is None:
            return {"url": click}
        return {
            "url": self._creative.deeplink_url,
            "clicktrackers": [links.events + "click"],
            "fallback": click,
        }

    def _assets(
        self, space: NativeSpace, links: Links, opportunity: Opportunity
    ) -> list[dict[str, Any]]:
        assets = []
        for asset in space.assets:
            part = filling(self._creative, asset)
            if part is None:
                if asset.required:
                    raise ValueError(f"{self._creative.id}: no {asset.kind} {asset.name[:40]!r}")
            elif isinstance(part, str):
                assets.append({"id": asset.id} | _text(asset, part))
            elif isinstance(part, NativeImage):
                image = {"url": part.url, "w": part.width, "h": part.height}
                assets.append({"id": asset.id, "img": image})
            else:
                vast = self._vast(asset, links, opportunity)
                assets.append({"id": asset.id, "video": {"vasttag": vast}})
        return assets

    def _vast(self, asset: NativeAsset, links: Links, opportunity: Opportunity) -> str:
        """Return the video for the player of this part; the price comes by the native ad's own tracker, whose macro
        may be another than VAST's.
        """
        assert self._video is not None  # noqa: S101 - it fills this part
        impression = links.impression.partition("?")[0]
        return self._video.render(
            links._replace(impression=impression),
            msgspec.structs.replace(opportunity, video=asset.player),
        )


class NativeChannel:
    """Puts out native ads."""

    def prepare(self, creative: AnyCreative) -> NativeMarkup:
        """Prepare a native ad. Raises `ValueError` for another kind or a bad address."""
        if not isinstance(creative, Native):
            raise ValueError(f"{creative.id}: native needs its parts")  # noqa: TRY004 the port says so
        return NativeMarkup(creative)


def _text(asset: NativeAsset, text: str) -> dict[str, Any]:
    return {"title": {"text": text}} if asset.kind == "title" else {"data": {"value": text}}


def _trackers(space: NativeSpace, links: Links, *, plays: bool) -> Iterator[dict[str, Any]]:
    """Yield what of the offered is used: the impression, and that it was viewable by one of its definitions, since
    of several the loosest would always be the first.
    """
    if (IMPRESSION, BY_IMAGE) in space.trackers:
        yield {"event": IMPRESSION, "method": BY_IMAGE, "url": links.impression}
    wanted = (VIEWABLE_VIDEO, *VIEWABLE) if plays else VIEWABLE
    for event in wanted if links.viewable else ():
        if (event, BY_IMAGE) in space.trackers:
            yield {"event": event, "method": BY_IMAGE, "url": links.viewable}
            return
