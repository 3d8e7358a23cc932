"""What the hops of a path keep of what we pay, as far as an operator knows it: an estimate."""

from collections.abc import Mapping

from adserver.domain.fees import PPM
from adserver.domain.money import Nanos, share


def hop_fees(spend: Nanos, path: str, fees_ppm: Mapping[str, int]) -> dict[str, Nanos]:
    """Return what each hop keeps, by its domain: the one nearest to us of all, the next of what is left.

    `path` is as in bid events, the owner's system first. Each fee is rounded half-even to the nano.
    """
    left = spend
    kept: dict[str, Nanos] = {}
    for system in reversed(path.split(">")):
        fee = share(left, fees_ppm.get(system, 0), PPM)
        if fee:
            kept[system] = kept.get(system, 0) + fee
            left -= fee
    return kept
