"""What line items target beyond what every auction has, read only where one of them does."""

from collections.abc import Mapping

from adserver.domain.opportunity import Value
from adserver.domain.targeting import Dimension
from adserver.domain.wanted import Wanted
from adserver.openrtb.request import BidRequest, Imp


def facts(request: BidRequest, wanted: Wanted) -> Mapping[Dimension, Value]:
    """Return what the whole request says in the wanted dimensions."""
    return {}


def imp_facts(imp: Imp, wanted: Wanted) -> Mapping[Dimension, Value]:
    """Return what one imp says in the wanted dimensions."""
    return {}
