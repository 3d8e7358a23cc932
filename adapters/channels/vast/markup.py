"""One video or sound, prepared at load; its document depends on the player, so it is written per space."""

from collections.abc import Sequence

from adapters.channels.placeholders import filled
from adapters.channels.vast import companions, document, files, icon, verifications
from adapters.channels.vast.writing import attribute, cdata, clock, element, readable
from adserver.domain.creative import Audio, AudioFile, MediaFile, Played, Video
from adserver.domain.opportunity import AudioSpace, Opportunity, PlayerSpace, VideoSpace
from adserver.domain.placeholders import hands_on_consent
from adserver.domain.vast import (
    FIRST_WITH_ICONS,
    FIRST_WITH_SKIP,
    brings_skip,
    measured,
    vast_protocol,
    version_of,
)
from adserver.domain.vast_tag import vast_tag
from adserver.ports import Links

EVENTS = {
    "start": "start",
    "firstQuartile": "first_quartile",
    "midpoint": "midpoint",
    "thirdQuartile": "third_quartile",
    "complete": "complete",
}
"""VAST's names for the events that we count, and ours."""
SKIP = {"skip": "skip"}
"""Known from 3.0 on."""
CLICK = "click"
"""The event behind a third party's click: theirs leads on, ours only counts."""
FIRST_WITH_VIEWABILITY = "4.0"


class PlayedMarkup:
    """Everything that does not depend on the player, written; the rest is some 20 us a space."""

    varies = True

    def __init__(self, creative: Video | Audio, own: Sequence[MediaFile | AudioFile]) -> None:
        """Raises `ValueError` for a bad address, or where there is nothing to play."""
        secure = creative.secure
        self._creative = creative
        self._files = tuple(files.written(file, secure=secure) for file in own)
        self._tag = vast_tag(creative.wrapped_url, secure=secure) if creative.wrapped_url else ()
        self.hands_on_consent = hands_on_consent(creative)
        if (creative.wrapped_url is None) == (not own):
            raise ValueError(f"{creative.id}: either media files or a third party's tag, not both")
        self._pictures = tuple(
            companions.picture(each, secure=secure) for each in creative.companions
        )
        self._verifications = verifications.together(
            verifications.verification(each, secure=secure) for each in creative.verifications
        )
        self._icon = icon.icon(creative) if isinstance(creative, Video) else None
        title = readable(creative.title) or readable(creative.name) or creative.id
        self._title = element("AdTitle", title)

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return VAST. Raises `ValueError` if the player can play nothing of ours, which eligibility
        rules out: seen here it is a bug.
        """
        creative = self._creative
        space = _player(creative, opportunity)
        protocol = vast_protocol(space.protocols, creative.wraps)
        version = version_of(protocol) if protocol is not None else ""
        playable = files.playable(self._files, space, version)
        if not version or (creative.wraps is None and not playable):
            raise ValueError(f"{creative.id}: nothing that imp {opportunity.id[:40]!r} can play")
        parts = self._parts(links, space, version, playable)
        return document.inline(parts) if creative.wraps is None else document.wrapper(parts)

    def _parts(
        self, links: Links, space: PlayerSpace, version: str, playable: str
    ) -> document.Parts:
        creative = self._creative
        video = isinstance(creative, Video)
        scripts, extensions = verifications.placed(
            self._verifications if measured(creative, space) else "", version
        )
        return document.Parts(
            version=version,
            name=attribute(creative.id),
            kind="video" if video else "audio",
            title=self._title,
            serving=links.serving,
            impression=element("Impression", links.impression),
            viewable=_viewable(links) if video and version >= FIRST_WITH_VIEWABILITY else "",
            verifications=scripts,
            extensions=extensions,
            icons=(
                icon.linked(self._icon, links.why)
                if self._icon is not None and version >= FIRST_WITH_ICONS
                else ""
            ),
            duration=f"<Duration>{clock(creative.duration_s)}</Duration>",
            skip_offset=_skip_offset(creative, space),
            tracking=_tracking(
                links, skips=version >= FIRST_WITH_SKIP and _has_button(creative, space)
            ),
            clicks=_clicks(links, creative),
            files=f"<MediaFiles>{playable}</MediaFiles>",
            companions=companions.beside(self._pictures, space, links.click, version),
            registry=(creative.registry or "") if creative.registered_id else "",
            registered_id=creative.registered_id or creative.id,
            tag=filled(self._tag, links, _size(space), creative.id),
        )


def _player(creative: Played, opportunity: Opportunity) -> PlayerSpace:
    if isinstance(creative, Video):
        return opportunity.video or VideoSpace()
    return opportunity.audio or AudioSpace()


def _size(space: PlayerSpace) -> tuple[int, int]:
    return (isinstance(space, VideoSpace) and space.size) or (0, 0)


def _viewable(links: Links) -> str:
    if not links.viewable:
        return ""
    return f"<ViewableImpression>{element('Viewable', links.viewable)}</ViewableImpression>"


def _skip_offset(creative: Played, space: PlayerSpace) -> str:
    """Return the attribute; a third party's document has its own."""
    if not isinstance(creative, Video) or creative.wraps or not brings_skip(creative, space):
        return ""
    return f' skipoffset="{clock(creative.skip_after_s or 0)}"'


def _has_button(creative: Played, space: PlayerSpace) -> bool:
    """Tell whether anybody has a button to skip: the advertisement or the player."""
    own = isinstance(creative, Video) and creative.skip_after_s is not None
    return own or (isinstance(space, VideoSpace) and bool(space.skippable))


def _tracking(links: Links, *, skips: bool) -> str:
    events = EVENTS | SKIP if skips else EVENTS
    inner = [
        f'<Tracking event="{event}">{cdata(links.events + ours)}</Tracking>'
        for event, ours in events.items()
    ]
    return f"<TrackingEvents>{''.join(inner)}</TrackingEvents>"


def _clicks(links: Links, creative: Played) -> str:
    """Return where a click leads; in a wrapper it leads where the third party says, and we only hear of it."""
    inner = (
        element("ClickThrough", links.click)
        if creative.wraps is None
        else element("ClickTracking", links.events + CLICK)
    )
    return f"<VideoClicks>{inner}</VideoClicks>"
