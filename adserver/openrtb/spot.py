"""What one imp says of itself beyond its media: its names, where it is on the page or in the stream, how it is seen."""

import msgspec

from adserver.domain.opportunity import Value
from adserver.domain.targeting import Dimension
from adserver.domain.vocabulary import NO, WORDS, YES
from adserver.openrtb.place import MAX_NAME
from adserver.openrtb.request import NOT_SENT, BidRequest, Imp, Player, Wire

MAX_METRICS = 20
_POSITIONS = dict(enumerate(WORDS[Dimension.POSITION], start=1))
_VIDEO_PLACEMENTS = dict(enumerate(WORDS[Dimension.VIDEO_PLACEMENT], start=1))
_OLD_PLACEMENTS = {2: "standalone", 3: "standalone", 4: "standalone", 5: "interstitial"}
"""By `placement`, deprecated since 2.6-202303. Its 1, in-stream, may be either of the new first two."""


class _Metric(Wire):
    type: str | None = None
    value: float | None = None


_metrics = msgspec.json.Decoder(list[_Metric], strict=False).decode


def tag_id(imp: Imp, _: BidRequest) -> Value:
    """Return the exchange's own id of the space."""
    return "" if imp.tagid is None else str(imp.tagid)[: 2 * MAX_NAME]


def gpid(imp: Imp, _: BidRequest) -> Value:
    """Return the id of the space that all exchanges share (`imp.ext.gpid`, a community extension)."""
    said = imp.ext.gpid if imp.ext is not None else None
    return "" if said is None else str(said)[: 2 * MAX_NAME]


def position(imp: Imp, _: BidRequest) -> Value:
    """Return AdCOM's placement position in our words."""
    space = imp.banner or imp.video
    return _POSITIONS.get(space.pos or 0, "") if space is not None else ""


def viewability(imp: Imp, _: BidRequest) -> Value:
    """Return how many impressions of a hundred were seen here, as measured (OpenRTB 2.6, 3.2.5), rounded down."""
    if imp.metric is NOT_SENT:
        return ""
    try:
        metrics = _metrics(imp.metric)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    for each in metrics[:MAX_METRICS]:
        value = each.value
        if each.type == "viewability" and value is not None and 0 <= value <= 1:
            return str(int(value * 100 + 1e-9))
    return ""


def video_placement(imp: Imp, _: BidRequest) -> Value:
    """Return where a video would play, in our words; the deprecated field only where it says the same."""
    video = imp.video
    if video is None:
        return ""
    if video.plcmt:
        return _VIDEO_PLACEMENTS.get(video.plcmt, "")
    return _OLD_PLACEMENTS.get(video.placement or 0, "")


def start_delay(imp: Imp, _: BidRequest) -> Value:
    """Return when in the stream: before, amid or after (AdCOM, start delay modes)."""
    player = _player(imp)
    if player is None or player.startdelay is None or player.startdelay < -2:  # noqa: PLR2004 - the last mode
        return ""
    if player.startdelay == 0:
        return "pre"
    return "post" if player.startdelay == -2 else "mid"  # noqa: PLR2004 - ditto


def skippable(imp: Imp, _: BidRequest) -> Value:
    """Tell whether the player lets people skip."""
    said = imp.video.skip if imp.video is not None else None
    return "" if said is None else YES if said == 1 else NO


def slot_duration(imp: Imp, _: BidRequest) -> Value:
    """Return the seconds of the longest advertisement that the player takes."""
    player = _player(imp)
    if player is None:
        return ""
    longest = max(player.rqddurs) if player.rqddurs else player.maxduration or player.poddur
    return "" if longest is None else str(longest)


def rewarded(imp: Imp, _: BidRequest) -> Value:
    """Tell whether people get something for watching; what is not said is no."""
    return YES if imp.rwdd == 1 else NO


def interstitial(imp: Imp, _: BidRequest) -> Value:
    """Tell whether it fills the screen; what is not said is no."""
    return YES if imp.instl == 1 else NO


def _player(imp: Imp) -> Player | None:
    return imp.video or imp.audio
