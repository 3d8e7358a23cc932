"""The bytes of a connection: what is read does not depend on how the network cut them."""

from adserver.endpoints.messages import Reply, Request
from adserver.processes.request_reader import RequestReader
from tests.fuzz.target import Target
from tests.smuggling.everything import VECTORS

SHORT = 600
LONG = 6_000
_STATUSES = {400, 413, 417, 431, 501, 505}


def check(data: bytes) -> None:
    """Whole, in two parts or, if that does not take long, byte by byte: the same requests, the same refusal."""
    whole = _read([data])
    cut = data[0] % (len(data) + 1) if data else 0
    assert _read([data[:cut], data[cut:]]) == whole
    if len(data) <= SHORT:
        assert _read([data[at : at + 1] for at in range(len(data))]) == whole


def _read(parts: list[bytes]) -> list[object]:
    reader = RequestReader()
    for part in parts:
        if part:
            reader.feed(part, 0.0)
    found: list[object] = list(reader.found)
    for each in found[:-1]:
        assert isinstance(each, Request), found
    if found and isinstance(found[-1], Reply):
        assert found[-1].status in _STATUSES
        assert reader.over
    return found


def seeds() -> list[bytes]:
    """Return the shorter vectors of request smuggling."""
    return [vector.data for vector in VECTORS if len(vector.data) < LONG]


TARGET = Target(check, seeds, LONG)
