"""Bytes to a bid request and back; everything that can be wrong with the bytes is caught here."""

import re
import zlib

import msgspec

from adserver.errors import InvalidBidRequest
from adserver.openrtb.repair import repair
from adserver.openrtb.request import BidRequest
from adserver.openrtb.signals import heed_tracking, restrict

MAX_BODY_BYTES = 256 * 1024
"""Real requests are 1 to 20 kB. The bound also bounds every list, text and number inside."""

REFUSALS = (
    "not_json", "not_gzip", "too_large", "too_deep", "wrong_type",
    "missing_id", "missing_imp", "missing_imp_id",
)  # fmt: skip
"""The closed list of `InvalidBidRequest.reason` that this package raises."""

_DECODER = msgspec.json.Decoder(BidRequest, strict=False)
_ENCODER = msgspec.json.Encoder()
_REQUIRED = re.compile(r"id|imp(\[\d+\](\.id)?)?")
_GZIP = 31  # zlib's code for: the largest window, with gzip header and checksum


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """A request, and the paths of the optional fields that were dropped because of a wrong type."""

    request: BidRequest
    dropped: tuple[str, ...] = ()


def decode(body: bytes) -> Decoded:
    """Read a bid request; raises `InvalidBidRequest` with a reason from `REFUSALS`, and nothing else.

    Required are `id`, a non-empty `imp` of objects, and each `imp.id`. What is required only within an
    optional object (`video.mimes`, `native.request`, `deal.id`) costs that object, not the request: the
    other imps and media types are still good. A privacy signal that had to be dropped counts as the
    restriction that it may have been.
    """
    if len(body) > MAX_BODY_BYTES:
        raise InvalidBidRequest("too_large")
    try:
        decoded = Decoded(_DECODER.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        decoded = _second_look(body, error)
    request = decoded.request
    if request.id is None or request.id == "":
        raise InvalidBidRequest("missing_id")
    if not request.imp:
        raise InvalidBidRequest("missing_imp")
    for imp in request.imp:
        if imp.id is None or imp.id == "":
            raise InvalidBidRequest("missing_imp_id")
    if request.device is not None and request.device.ext is not None:
        heed_tracking(request.device)
    return decoded


def encode(response: msgspec.Struct) -> bytes:
    """Return a response as JSON."""
    return _ENCODER.encode(response)


def inflate(body: bytes, limit: int = MAX_BODY_BYTES) -> bytes:
    """Unpack one gzip member of at most `limit` bytes, never allocating more.

    Raises `InvalidBidRequest`: `not_gzip` (damaged, cut off or followed by something), `too_large`.
    """
    inflater = zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidBidRequest("not_gzip", str(error)) from None
    if len(plain) > limit:
        raise InvalidBidRequest("too_large")
    if not inflater.eof or inflater.unused_data:
        raise InvalidBidRequest("not_gzip")
    return plain


def _second_look(body: bytes, error: Exception) -> Decoded:
    """Repair what is JSON but of wrong types; refuse the rest.

    `error` must not be raised again: its traceback would hold this frame, the frame the error, and both the body,
    until the collector looks, thousands of requests later.
    """
    if isinstance(error, RecursionError):  # msgspec counts levels itself, in skipped fields too
        raise InvalidBidRequest("too_deep") from None
    if not isinstance(error, msgspec.ValidationError | UnicodeDecodeError):
        raise InvalidBidRequest("not_json", str(error)) from None
    try:
        decoded = Decoded(*repair(body, BidRequest))
    except msgspec.ValidationError as unlike:  # no object at all
        raise InvalidBidRequest("wrong_type", str(unlike)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as broken:
        raise InvalidBidRequest("not_json", str(broken)) from None
    except RecursionError:
        raise InvalidBidRequest("too_deep") from None
    for path in decoded.dropped:
        if _REQUIRED.fullmatch(path):
            raise InvalidBidRequest("wrong_type", path)
    restrict(decoded.request, decoded.dropped)
    return decoded
