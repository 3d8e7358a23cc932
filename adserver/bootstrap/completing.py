"""What adds to requests what they do not say: a file of places, and the patterns of user agents."""

import structlog

from adapters.context.user_agents import UserAgents
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.errors import InvalidConfig
from adserver.openrtb.completing import Completer
from adserver.ports import Places

_log = structlog.get_logger()


def completer(loaded: Loaded, snapshot: Snapshot) -> Completer | None:
    """Build it for one snapshot, if there is a file of places or anybody targets devices; patterns take 25 MB, and are loaded only if some line item targets what they tell."""
    asked = snapshot.wanted.device
    places = _places(loaded)
    if places is None and not asked:
        return None
    return Completer(places, UserAgents() if asked else None, asked)


def _places(loaded: Loaded) -> Places | None:
    """Return the file, or nothing where it went bad since it was checked: a worker serves without it, and says so."""
    place = loaded.settings.place
    if place is None:
        return None
    try:
        return place.build(loaded.file.parent)
    except InvalidConfig as error:
        _log.error("place_file_refused", problem=str(error), serves="nothing")
        return None
