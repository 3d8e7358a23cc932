"""Where markup of ours has a place for the link to why this was chosen."""

from adserver.domain.opportunity import MediaType, Opportunity
from adserver.domain.vast import vast_protocol

FIRST_VAST_WITH_ICONS = 3


def can_label(media_type: MediaType, opportunity: Opportunity) -> bool:
    """Tell whether markup for this space has a place for our link to why this was chosen."""
    if media_type is MediaType.NATIVE:
        return opportunity.native is not None and opportunity.native.privacy
    if media_type is MediaType.VIDEO:
        protocol = vast_protocol(opportunity.video.protocols if opportunity.video else ())
        return protocol is not None and protocol >= FIRST_VAST_WITH_ICONS
    return media_type is MediaType.BANNER
