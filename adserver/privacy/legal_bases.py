"""What a vendor may do under TCF: its registration in the vendor list against what one string says of it.

A vendor registers each purpose by consent or by legitimate interest, and some of them as flexible: there a publisher
may ask for the other basis. Without such a restriction the registered basis alone counts.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from adserver.privacy.tcf import NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_INTEREST, Consent

STORAGE = 1
ONLY_BY_CONSENT = frozenset({1, 3, 4, 5, 6})
"""No legitimate interest reaches so far, whatever anybody registered (TCF 2.2)."""
NOTHING: frozenset[int] = frozenset()


class Registration(msgspec.Struct, frozen=True):
    """What a vendor told the vendor list that it does, and on which legal basis; numbers of the TCF."""

    consent: frozenset[int] = NOTHING
    """Purposes by consent."""
    legitimate_interest: frozenset[int] = NOTHING
    """Purposes by legitimate interest; in Canada: by implied consent."""
    flexible: frozenset[int] = NOTHING
    """Those of both that a publisher may put on the other basis."""
    special_purposes: frozenset[int] = NOTHING
    features: frozenset[int] = NOTHING
    special_features: frozenset[int] = NOTHING


def allowed(
    consent: Consent, registration: Registration, storage_is_free_in: frozenset[str] = frozenset()
) -> frozenset[int]:
    """Return the purposes that a vendor may act on now; pure.

    | restriction | registered by consent | by legitimate interest | the same, flexible |
    | --- | --- | --- | --- |
    | none | consent | legitimate interest | the registered basis |
    | 0, not allowed | never | never | never |
    | 1, require consent | consent | never | consent |
    | 2, require legitimate interest | never | legitimate interest | legitimate interest |

    Either basis needs the purpose's and the vendor's own bit. Never: a purpose that is not registered, 1 and 3 to 6
    by legitimate interest, two restrictions that contradict each other, and anything for a vendor that a segment of
    disclosed vendors leaves out. Where purpose 1 was not disclosed (`purpose_one_treatment`), a consent to it counts
    for nothing; it is allowed only if the law of the publisher's country, of those in `storage_is_free_in`, does not
    ask for one, and the vendor may do anything at all.
    """
    found = _allowed(consent, registration, _mask(ONLY_BY_CONSENT))
    if consent.purpose_one_treatment:
        found &= ~(1 << STORAGE)
        registered = STORAGE in registration.consent
        forbidden = (STORAGE, NOT_ALLOWED) in consent.restrictions
        free = consent.country in storage_is_free_in
        if found and free and registered and not forbidden:
            found |= 1 << STORAGE
    return _numbers(found)


def allowed_in_canada(consent: Consent, registration: Registration) -> frozenset[int]:
    """Return the same under the Canadian framework, where implied consent can reach every purpose; pure."""
    return _numbers(_allowed(consent, registration, 0))


def special_features(consent: Consent, registration: Registration) -> frozenset[int]:
    """Return the special features that were opted in to and registered, for a vendor that was consented to; pure."""
    if not consent.vendor_consent or consent.disclosed is False:
        return NOTHING
    return _numbers(consent.special_features & _mask(registration.special_features))


def _allowed(consent: Consent, registration: Registration, only_by_consent: int) -> int:
    if consent.disclosed is False:
        return 0
    by_consent = _mask(registration.consent)
    by_interest = _mask(registration.legitimate_interest)
    if consent.restrictions:
        restricted = [0, 0, 0]
        for purpose, kind in consent.restrictions:
            restricted[kind] |= 1 << purpose
        flexible = _mask(registration.flexible) & (by_consent | by_interest)
        need_consent, need_interest = restricted[REQUIRE_CONSENT], restricted[REQUIRE_INTEREST]
        by_consent |= flexible & need_consent
        by_interest |= flexible & need_interest
        by_consent &= ~(restricted[NOT_ALLOWED] | need_interest)
        by_interest &= ~(restricted[NOT_ALLOWED] | need_consent)
    found = by_consent & consent.consents if consent.vendor_consent else 0
    if consent.vendor_interest:
        found |= by_interest & consent.interests & ~only_by_consent
    return found


@lru_cache(maxsize=256)  # the same few registrations
def _mask(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


@lru_cache(maxsize=4_096)
def _numbers(mask: int) -> frozenset[int]:
    return frozenset(number for number in range(mask.bit_length()) if mask >> number & 1)
