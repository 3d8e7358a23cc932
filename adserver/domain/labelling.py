"""Where markup of ours has a place for the link to why this was chosen."""

from adserver.domain.opportunity import MediaType, Opportunity
from adserver.domain.vast import FIRST_WITH_ICONS, vast_protocol, version_of


def can_label(media_type: MediaType, opportunity: Opportunity, wraps: str | None = None) -> bool:
    """Tell whether markup for this space has a place for our link to why this was chosen.

    `wraps`: of a video, the VAST version of the third party's document that it leads to, if it does.
    """
    if media_type is MediaType.NATIVE:
        return opportunity.native is not None and opportunity.native.privacy
    if media_type is MediaType.VIDEO:
        offered = opportunity.video.protocols if opportunity.video else ()
        protocol = vast_protocol(offered, wraps)
        return protocol is not None and version_of(protocol) >= FIRST_WITH_ICONS
    return media_type is MediaType.BANNER
