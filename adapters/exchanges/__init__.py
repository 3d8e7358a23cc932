"""Dialects of the bid endpoint, by the names that settings give them."""

from collections.abc import Mapping

from adapters.exchanges.google import Google
from adapters.exchanges.openrtb import OpenRtb
from adapters.exchanges.openx import OpenX
from adapters.exchanges.prebid import Prebid
from adserver.openrtb.dialect import Dialect

DIALECTS: Mapping[str, type[Dialect]] = {
    "openrtb": OpenRtb,
    "google": Google,
    "openx": OpenX,
    "prebid": Prebid,
}
