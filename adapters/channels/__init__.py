"""A winning creative in, markup out: a module per channel, and the table of who puts out what."""

from collections.abc import Mapping

from adapters.channels.audio import AudioChannel
from adapters.channels.display import DisplayChannel
from adapters.channels.dynamic import DynamicChannel
from adapters.channels.html5 import HtmlChannel
from adapters.channels.native import NativeChannel
from adapters.channels.video import VideoChannel
from adserver.domain.creative import AnyCreative, Audio, Banner, Dynamic, Html, Native, Video
from adserver.domain.web_address import web_address
from adserver.ports import Channel, Markup

CHANNELS: Mapping[type[AnyCreative], Channel] = {
    Banner: DisplayChannel(),
    Html: HtmlChannel(),
    Dynamic: DynamicChannel(DisplayChannel()),
    Video: VideoChannel(),
    Audio: AudioChannel(),
    Native: NativeChannel(),
}


def prepare(creative: AnyCreative) -> Markup:
    """Return a creative as markup to render, by its kind. Raises `ValueError` with what is wrong.

    The landing page is checked too: it is in no markup, but behind every click.
    """
    web_address(creative.landing_url, secure=False)
    return CHANNELS[type(creative)].prepare(creative)
