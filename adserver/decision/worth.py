"""What a candidate is worth at one opportunity, as selection compares it."""

import msgspec

from adserver.domain.candidate import Candidate
from adserver.domain.money import Nanos


class Worth(msgspec.Struct, frozen=True):
    """A candidate with its value here; house nanos per impression."""

    candidate: Candidate
    click_probability: float
    value: Nanos
    paced: Nanos
    """`value` times the line item's pace: what selection compares and shading starts from."""
    floor: Nanos
    draw: float = 1.0
    """By what its click probability was multiplied when the worths were ranked; its value and price never are."""


def by_paced(worth: Worth) -> tuple[int, int]:
    """Sort the highest paced value first; ties go to the lower number."""
    return (-worth.paced, worth.candidate.index)
