"""Google's extensions, as hostile as they come."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchanges.google import Google
from adserver.domain.creative import Restriction
from adserver.domain.opportunity import Auction
from adserver.openrtb.dialect import Agreed
from tests.unit.openrtb.wire import imp, read, request

ALCOHOL = Restriction.ALCOHOL
GOOGLE = Google(
    Agreed(accounts=("7",), vendor_numbers={755: 152, 10: 11}, restricted_numbers={ALCOHOL: 34})
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
FIELDS = ("billing_id", "allowed_vendor_type", "allowed_restricted_category", "excluded_creatives")
extensions = anything | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything))


def heard(*imps: dict[str, Any]) -> Auction:
    """Return what Google's dialect makes of a request."""
    document = request(*imps)
    auction = read(document)
    assert isinstance(auction, Auction)
    hear = GOOGLE.hear
    assert hear is not None
    return hear(msgspec.json.encode(document), auction)


@given(extensions, extensions)
def test_no_extension_raises_or_widens_what_is_allowed(first: Any, second: Any) -> None:
    """What is malformed allows nothing; the other imp is as good as its own extension."""
    found = heard(imp(id="a", ext=first), imp(id="b", ext=second)).opportunities
    assert {each.id for each in found} <= {"a", "b"}
    for each in found:
        ext = first if each.id == "a" else second
        said = ext if isinstance(ext, dict) else {}
        assert each.allowed_vendors is not None
        assert each.allowed_restrictions is not None
        numbers = said.get("allowed_vendor_type")
        listed = numbers if isinstance(numbers, list) else []
        assert each.allowed_vendors <= {755, 10}
        assert (755 not in each.allowed_vendors) or any(str(n) in {"152", "152.0"} for n in listed)
        excluded = said.get("excluded_creatives")
        assert excluded is None or isinstance(excluded, list)  # else nothing would be on offer
        for creative in excluded or ():
            assert str(creative.get("buyer_creative_id")) in each.blocked_creatives
        assert each.account in {"", "7"}


def test_of_imps_with_one_id_the_first_speaks() -> None:
    first, second = imp(ext={"allowed_vendor_type": []}), imp(ext={"allowed_vendor_type": [152]})
    (only,) = heard(first, second).opportunities
    assert only.allowed_vendors == frozenset()
    (only,) = heard(second, first).opportunities
    assert only.allowed_vendors == frozenset({755})


def test_more_faults_than_anybody_repairs_leave_nothing_on_offer() -> None:
    broken = [imp(id=str(n), ext={"billing_id": [{}] * 3}) for n in range(60)]
    assert heard(*broken).opportunities == ()


def test_where_the_screen_is_filled_smaller_banners_fit_too() -> None:
    sizes = {"format": [{"w": 360, "h": 715}, {"w": 320, "h": 568}]}
    filling, other = heard(
        imp(id="a", banner=sizes, instl=1), imp(id="b", banner=sizes)
    ).opportunities
    assert filling.banner is not None
    assert other.banner is not None
    assert filling.banner.largest == (360, 715)
    assert other.banner.largest is None
