"""What a bid says of its creative: the same from bid to bid, with gaps for what differs."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from adserver.domain.bid import Bid
from adserver.domain.creative import Audio, Banner, Creative, Dynamic, Html, Played, Video
from adserver.domain.display_fit import settled, shown
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import (
    OUT_OF_HOME,
    AudioSpace,
    BannerSpace,
    Opportunity,
    PlayerSpace,
    VideoSpace,
)
from adserver.domain.vast import (
    OPEN_MEASUREMENT,
    SKIPPABLE,
    brings_skip,
    measured,
    vast_protocol,
)
from adserver.openrtb.codec import encode
from adserver.openrtb.dialect import Dialect
from adserver.openrtb.links import Gaps, markup_links, notice_urls
from adserver.openrtb.response import Described
from adserver.ports import Markup


class Describer:
    """Writes the part of a bid that is its creative's; tens of microseconds, so what it returns is kept."""

    def __init__(
        self,
        base_url: str,
        gaps: Gaps,
        dialects: Mapping[str, Dialect],
        furnish: Callable[[Bid], Markup] | None,
    ) -> None:
        """See `BidWriter`."""
        self._base_url = base_url
        self._gaps = gaps
        self._dialects = dialects
        self._furnish = furnish

    def describe(
        self, bid: Bid, terms: ExchangeTerms, markup: Markup, inventory_type: str, *, labelled: bool
    ) -> tuple[str, ...]:
        """Return what follows the changing fields, cut where the token belongs."""
        out_of_home = inventory_type == OUT_OF_HOME
        links = markup_links(
            self._base_url,
            self._gaps,
            terms,
            bid.media_type,
            out_of_home=out_of_home,
            labelled=labelled,
        )
        urls = notice_urls(
            self._base_url, self._gaps.token, terms, bid.media_type, out_of_home=out_of_home
        )
        candidate = bid.candidate
        creative = candidate.creative
        if bid.products and self._furnish is not None:
            markup = self._furnish(bid)
        described = Described(
            adm=markup.render(links, _settled(bid)),
            adid=creative.id,
            crid=creative.id,
            cid=candidate.campaign,
            adomain=(candidate.advertiser_domain,),
            mtype=bid.media_type.value,
            nurl=urls.win,
            burl=urls.billing,
            lurl=urls.loss,
            attr=creative.attributes,
            iurl=creative.preview_url,
            language=creative.language,
            apis=creative.apis,
        )
        if candidate.categories:
            described.cat = candidate.categories
            described.cattax = candidate.category_taxonomy
        if candidate.apps and inventory_type == "app":
            described.bundle = candidate.apps[-1]
        _measure(described, creative, bid.opportunity)
        dialect = self._dialects.get(terms.name)
        if dialect is not None:
            described = dialect.describe(described, bid, terms)
        return tuple(encode(described).decode()[1:].split(self._gaps.token))


def _settled(bid: Bid) -> Opportunity:
    """Return the opportunity as the markup is to see it: of several sizes that fit, the one that the bid names."""
    opportunity, creative = bid.opportunity, bid.candidate.creative
    if isinstance(creative, Html) and opportunity.banner is not None:
        return replace(opportunity, banner=settled(creative, opportunity.banner))
    return opportunity


def _measure(described: Described, creative: Creative, opportunity: Opportunity) -> None:
    """Say what differs by kind of creative: size, and of what is played duration, VAST version and manners."""
    if isinstance(creative, Banner | Dynamic):
        described.w, described.h = creative.width, creative.height
    elif isinstance(creative, Html):
        _tell_size(described, creative, opportunity.banner)
    elif isinstance(creative, Video):
        _tell_video(described, creative, opportunity.video or VideoSpace())
    elif isinstance(creative, Audio):
        _tell_played(described, creative, opportunity.audio or AudioSpace())


def _tell_size(described: Described, creative: Html, space: BannerSpace | None) -> None:
    """Say the size that it really has here, or the ratio where only that is known."""
    found = shown(creative, space)
    if found is not None and found.ratio is not None:
        described.wratio, described.hratio = found.ratio
    elif found is not None:
        described.w, described.h = found.size


def _tell_video(described: Described, creative: Video, player: VideoSpace) -> None:
    size = player.size
    if size is None and creative.media_files:
        size = creative.media_files[0].width, creative.media_files[0].height
    if size is not None:
        described.w, described.h = size
    if brings_skip(creative, player):
        described.attr = (*described.attr, SKIPPABLE)
    _tell_played(described, creative, player)


def _tell_played(described: Described, creative: Played, player: PlayerSpace) -> None:
    described.dur = creative.duration_s
    described.protocol = vast_protocol(player.protocols, creative.wraps)
    if measured(creative, player) and OPEN_MEASUREMENT not in described.apis:
        described.apis = (*described.apis, OPEN_MEASUREMENT)
