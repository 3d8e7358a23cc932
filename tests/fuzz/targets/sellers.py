"""sellers.json of strangers."""

from adserver.supply.sellers import MAX_FAULTS, MAX_ID, TYPES, parse
from tests.fuzz.target import Target, corpus


def check(data: bytes) -> None:
    """Sellers with ids and known types, faults that can be read, or a `ValueError` that says what is wrong."""
    try:
        found = parse(data)
    except ValueError as error:
        assert str(error).startswith("is no sellers.json: ")
        return
    assert len(found.faults) <= min(found.fault_count, MAX_FAULTS)
    assert all(fault.entry >= 1 and fault.message for fault in found.faults)
    for name, seller in found.sellers.items():
        assert name == seller.id
        assert 0 < len(name) <= MAX_ID
        assert seller.type in {"", *TYPES}


def seeds() -> list[bytes]:
    """Return the corpus and what is common besides."""
    ours = [
        b'\xef\xbb\xbf{"version":1,"sellers":[{"seller_id":7,"seller_type":"both","is_confidential":"1"},{},7]}',
        b'{"sellers":[{"seller_id":"a","seller_type":"PUBLISHER","domain":"a.example","is_passthrough":1},]}',
    ]
    return ours + list(corpus("supplychain/sellers"))


TARGET = Target(check, seeds)
