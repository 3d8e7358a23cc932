"""How we are registered with the IAB: from its vendor list, or as written in the rules about people's data."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from adserver.domain.grant import Basis, Use
from adserver.privacy.legal_bases import ONLY_BY_CONSENT, Registration
from adserver.privacy.vendor_list import read_vendor_list

PURPOSES = range(1, 12)
SPECIAL_FEATURES = range(1, 3)

PURPOSES_OF: Mapping[Use, frozenset[int]] = {
    Use.SELECT: frozenset({4}),
    Use.MEASURE: frozenset({7}),
    Use.TRAIN: frozenset({9, 10}),
    Use.SERVICE: frozenset(),
}
"""Which purposes of the TCF a use of data with people's consent falls under; one of them suffices."""

Place = tuple[str, str]
"""A path in the file, and what is wrong there."""


class RegistrationLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How we are registered: numbers of the TCF's purposes. Without it, 1, 2, 3, 4, 7, 9 and 10 by consent."""

    consent: tuple[int, ...] = ()
    """Purposes by consent."""
    legitimate_interest: tuple[int, ...] = ()
    """Purposes by legitimate interest; 1 and 3 to 6 cannot be."""
    flexible: tuple[int, ...] = ()
    """Those of both that a publisher may put on the other basis."""
    special_features: tuple[int, ...] = ()
    """1 is exact places."""

    def registration(self) -> Registration:
        """Return it as permission goes by it."""
        return Registration(
            consent=frozenset(self.consent),
            legitimate_interest=frozenset(self.legitimate_interest),
            flexible=frozenset(self.flexible),
            special_features=frozenset(self.special_features),
        )


def problems(at: str, written: RegistrationLists) -> Iterator[Place]:
    """Yield what cannot be in such lists."""
    for key in written.__struct_fields__:
        known = SPECIAL_FEATURES if key == "special_features" else PURPOSES
        strange = [number for number in getattr(written, key) if number not in known]
        if strange:
            yield f"{at}.{key}", f"{strange[0]} is none of {known[0]} to {known[-1]}"
    both = set(written.consent) & set(written.legitimate_interest)
    if both:
        yield at, f"purpose {min(both)} is on both bases; keep one"
    impossible = ONLY_BY_CONSENT & set(written.legitimate_interest)
    if impossible:
        yield f"{at}.legitimate_interest", f"purpose {min(impossible)} needs consent (TCF 2.2)"
    loose = set(written.flexible) - set(written.consent) - set(written.legitimate_interest)
    if loose:
        yield (
            f"{at}.flexible",
            f"purpose {min(loose)} is on no basis that it could be flexible about",
        )


def unregistered(basis: Basis, uses: tuple[Use, ...], registration: Registration) -> Iterator[Use]:
    """Yield the uses of data with people's consent that we are not registered for."""
    if basis is Basis.CONSENT:
        registered = registration.consent | registration.legitimate_interest
        for use in uses:
            if PURPOSES_OF[use] and PURPOSES_OF[use].isdisjoint(registered):
                yield use


def from_vendor_list(file: Path, vendor: int) -> Registration:
    """Return what a vendor list says of us now. Raises `ValueError` that says what is wrong with it."""
    if vendor == 0:
        raise ValueError("says how we are registered only with `vendor_id` in the settings")
    return read_vendor_list(file).registration(vendor, int(time.time()))
