"""What hops keep: the one nearest to us of all, the next of what is left."""

from adserver.supply.fees import hop_fees


def test_each_hop_takes_its_share_of_what_reaches_it() -> None:
    fees = {"exchange.example": 100_000, "reseller.example": 200_000}
    kept = hop_fees(1_000, "ssp.example>reseller.example>exchange.example", fees)
    assert kept == {"exchange.example": 100, "reseller.example": 180}


def test_nothing_is_kept_where_nothing_is_stated_or_said() -> None:
    assert hop_fees(1_000, "a.example>b.example", {}) == {}
    assert hop_fees(1_000, "", {"a.example": 100_000}) == {}
