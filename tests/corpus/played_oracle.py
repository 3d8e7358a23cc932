"""What the specification says of each imp with a video or a sound, read from the plain JSON.

Shares nothing with the server: it knows a stock of creatives by duration, type, bit rate and delivery, and says for each
what an exchange would have against it (OpenRTB 2.6, 3.2.7 and 3.2.8; AdCOM's lists).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Json = Mapping[str, Any]
INLINE_VAST = {2, 3, 7, 11, 13, 15}
WRAPPED_VAST_2 = {5, 6, 8, 12, 14, 16}
"""What follows wrappers of 2.0 or of anything newer."""
METHODS = {"streaming": {1}, "progressive": {2, 3}}


class Stocked(NamedTuple):
    """A creative in the stock."""

    medium: str
    seconds: int
    mime: str
    kbps: int
    delivery: str
    wrapped: bool = False
    """A third party's, that answers in VAST 2.0."""


def number(value: object) -> int | None:
    """Return a whole number, also one written as text; anything else was never said."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else None


def numbers(value: object) -> list[int]:
    """Return a list of whole numbers; one that holds anything else was never said."""
    if not isinstance(value, list):
        return []
    found = [number(each) for each in value]
    return [each for each in found if each is not None] if None not in found else []


def objections(player: Json, stocked: Stocked) -> Iterator[str]:
    """Yield every reason against a creative in this player, by the names of our reasons."""
    if number(player.get("linearity")) == 2:
        yield "linearity"
    required, pod = numbers(player.get("rqddurs")), number(player.get("poddur")) or None
    longest = number(player.get("maxduration")) or None
    extended = number(player.get("maxextended")) or 0
    if longest is not None:
        longest = None if extended == -1 else longest + max(0, extended)
    if (
        (pod is not None and stocked.seconds > pod)
        or (required and stocked.seconds not in required)
        or (not required and stocked.seconds < (number(player.get("minduration")) or 0))
        or (not required and longest is not None and stocked.seconds > longest)
    ):
        yield "duration"
    single = number(player.get("protocol"))
    protocols = set(numbers(player.get("protocols")) or ([] if single is None else [single]))
    if protocols and protocols.isdisjoint(WRAPPED_VAST_2 if stocked.wrapped else INLINE_VAST):
        yield "protocol"
    if not stocked.wrapped:
        yield from _file_objections(player, stocked)


def _file_objections(player: Json, stocked: Stocked) -> Iterator[str]:
    if stocked.mime not in {str(mime).strip().lower() for mime in player.get("mimes") or ()}:
        yield "mime"
    least, most = number(player.get("minbitrate")) or 0, number(player.get("maxbitrate")) or None
    if stocked.kbps < least or (most is not None and stocked.kbps > most):
        yield "bitrate"
    methods = {each for each in numbers(player.get("delivery")) if each in {1, 2, 3}}
    if methods and methods.isdisjoint(METHODS[stocked.delivery]):
        yield "delivery"


class Verdict(NamedTuple):
    """What an imp may be answered with."""

    fitting: frozenset[Stocked]
    against: frozenset[str]
    """What there is against the others."""


def verdict(imp: Json, stock: Sequence[Stocked]) -> Verdict:
    """Return which creatives an imp takes, in any of its media."""
    fitting, against = set[Stocked](), set[str]()
    for medium in ("video", "audio"):
        player = imp.get(medium)
        if not isinstance(player, dict) or not player.get("mimes"):
            against.add("no_opportunity")
            continue
        required, pod = numbers(player.get("rqddurs")), number(player.get("poddur"))
        if required and pod and min(required) > pod:
            against.add("no_opportunity")  # it asks for what it has no room for
        for stocked in stock:
            if stocked.medium != medium:
                against.add("media_type")
                continue
            found = set(objections(player, stocked))
            against |= found
            if not found:
                fitting.add(stocked)
    return Verdict(frozenset(fitting), frozenset(against))


def room(imp: Json) -> tuple[str, int | None, int | None]:
    """Return an imp's pod, how many seconds it has if it has no slots, and how many advertisements it takes."""
    for medium in ("video", "audio"):
        player = imp.get(medium)
        if isinstance(player, dict) and (player.get("podid") or number(player.get("poddur"))):
            seconds = number(player.get("poddur")) or None
            most = number(player.get("maxseq")) or None
            name = f"pod {player['podid']}" if player.get("podid") else f"imp {imp['id']}"
            return name, seconds, most if seconds else None
    return "", None, None
