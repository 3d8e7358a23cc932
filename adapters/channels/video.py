"""Video: an inline VAST document in the version and with the files that the player can use.

The order of elements is that of the published schemas. Up to 3.0 a `Linear` is Duration, TrackingEvents,
VideoClicks, MediaFiles; from 4.0 on it goes by the alphabet within each type, the base type's part first.
"""

import re
from html import escape
from typing import NamedTuple

from adapters.label import HEIGHT_PX, label
from adserver.domain.creative import AnyCreative, MediaFile, Video
from adserver.domain.labelling import FIRST_VAST_WITH_ICONS
from adserver.domain.opportunity import Opportunity, VideoSpace
from adserver.domain.vast import VAST_VERSIONS, vast_protocol
from adserver.domain.web_address import web_address
from adserver.ports import Links

EVENTS = {
    "start": "start",
    "firstQuartile": "first_quartile",
    "midpoint": "midpoint",
    "thirdQuartile": "third_quartile",
    "complete": "complete",
}
"""VAST's names for the events that we count, and ours."""

FIRST_OF_4 = 7
FIRST_WITH_SERVING_ID = 11  # VAST 4.1

# What a request fills in. NUL may not stand in XML, so no creative can bring one of these along.
_IMPRESSION, _CLICK, _EVENTS, _FILES, _SERVING, _ICON = (f"\0{number}\0" for number in range(6))
_WHY = "\0why\0"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _File(NamedTuple):
    mime: str
    pixels: int
    xml: str


class VideoMarkup:
    """One document per VAST version, whole but for links and media files."""

    varies = True
    hands_on_consent = False

    def __init__(self, creative: Video) -> None:
        if not creative.media_files:
            raise ValueError(f"{creative.id}: a video without media files")
        self._name = creative.id
        self._icon = _icon(creative)
        self._files = tuple(_file(file, secure=creative.secure) for file in creative.media_files)
        self._documents = {
            protocol: _document(creative, protocol, version).split("\0")
            for protocol, version in VAST_VERSIONS.items()
        }

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return VAST. Raises `ValueError` if the player can play nothing of ours, which eligibility
        rules out: seen here it is a bug.
        """
        space = opportunity.video or VideoSpace()
        protocol = vast_protocol(space.protocols)
        files = self._playable(space)
        if protocol is None or not files:
            raise ValueError(f"{self._name}: nothing that imp {opportunity.id[:40]!r} can play")
        fillings = (
            _uncut(links.impression),
            _uncut(links.click),
            _uncut(links.events),
            files,
            links.serving,
            self._icon.replace(_WHY, _uncut(links.why)) if links.why else "",
        )
        pieces = self._documents[protocol].copy()
        for at in range(1, len(pieces), 2):
            pieces[at] = fillings[int(pieces[at])]
        return "".join(pieces)

    def _playable(self, space: VideoSpace) -> str:
        """Return the files of accepted types, nearest in size first: some players take the first."""
        accepted = [file for file in self._files if not space.mimes or file.mime in space.mimes]
        if space.size is not None and len(accepted) > 1:
            wanted = space.size[0] * space.size[1]
            accepted.sort(key=lambda file: abs(file.pixels - wanted))
        return "".join(file.xml for file in accepted)


class VideoChannel:
    """Puts out videos."""

    def prepare(self, creative: AnyCreative) -> VideoMarkup:
        """Write all versions. Raises `ValueError` for another kind, no file, or a bad address."""
        if not isinstance(creative, Video):
            raise ValueError(f"{creative.id}: a player needs a video")  # noqa: TRY004 the port says so
        return VideoMarkup(creative)


def _document(creative: Video, protocol: int, version: str) -> str:
    fourth = protocol >= FIRST_OF_4
    title = _readable(creative.title) or _readable(creative.name) or creative.id
    title = f"<AdTitle>{_cdata(title)}</AdTitle>"
    impression = f"<Impression><![CDATA[{_IMPRESSION}]]></Impression>"
    serving = f"<AdServingId>{_SERVING}</AdServingId>" if protocol >= FIRST_WITH_SERVING_ID else ""
    duration = f"<Duration>{_clock(creative.duration_s)}</Duration>"
    tracking = "".join(
        f'<Tracking event="{event}"><![CDATA[{_EVENTS}{ours}]]></Tracking>'
        for event, ours in EVENTS.items()
    )
    tracking = f"<TrackingEvents>{tracking}</TrackingEvents>"
    clicks = f"<VideoClicks><ClickThrough><![CDATA[{_CLICK}]]></ClickThrough></VideoClicks>"
    files = f"<MediaFiles>{_FILES}</MediaFiles>"
    name = _attribute(creative.id)
    if fourth:
        about = impression + serving + title
        linear = tracking + duration + files + clicks
    else:
        about = title + impression
        linear = duration + tracking + clicks + files
    if protocol >= FIRST_VAST_WITH_ICONS:
        linear = _ICON + linear
    # "unknown" is what the specification calls the absence of a registry such as Ad-ID.
    value = f' idValue="{name}"' if protocol == FIRST_OF_4 else ""
    universal = (
        f'<UniversalAdId idRegistry="unknown"{value}>{_cdata(creative.id)}</UniversalAdId>'
        if fourth
        else ""
    )
    namespace = ' xmlns="http://www.iab.com/VAST"' if fourth else ""
    return (
        f'<VAST version="{version}"{namespace}><Ad id="{name}"><InLine>'
        f"<AdSystem>adserver</AdSystem>{about}"
        f'<Creatives><Creative id="{name}"><Linear>{linear}</Linear>{universal}</Creative></Creatives>'
        "</InLine></Ad></VAST>"
    )


def _icon(creative: Video) -> str:
    """Return the link that says why, as a text in the corner; there has to be a size, and a program by name."""
    said = label(creative, creative.media_files[0].width)
    return (
        f'<Icons><Icon program="AdChoices" width="{said.width_px}" height="{HEIGHT_PX}"'
        ' xPosition="right" yPosition="top"><HTMLResource>'
        + _cdata(
            f'<div style="{said.style}" role="img" aria-label="{said.spoken}">{said.shown}</div>'
        )
        + f"</HTMLResource><IconClicks><IconClickThrough><![CDATA[{_WHY}]]></IconClickThrough></IconClicks>"
        "</Icon></Icons>"
    )


def _file(file: MediaFile, *, secure: bool) -> _File:
    address = _cdata(web_address(file.url, secure=secure))
    bitrate = f' bitrate="{file.bitrate_kbps}"' if file.bitrate_kbps else ""
    xml = (
        f'<MediaFile delivery="{file.delivery}" type="{_attribute(file.mime)}"{bitrate}'
        f' width="{file.width}" height="{file.height}">{address}</MediaFile>'
    )
    return _File(file.mime, file.width * file.height, xml)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _attribute(text: str) -> str:
    return escape(_readable(text))


def _cdata(text: str) -> str:
    return f"<![CDATA[{_uncut(_readable(text))}]]>"


def _readable(text: str) -> str:
    """Leave out what XML has no way to say, such as NUL."""
    return _NOT_XML.sub("", text)


def _uncut(text: str) -> str:
    """Return text that does not end the CDATA section it stands in."""
    return text.replace("]]>", "]]]]><![CDATA[>")
