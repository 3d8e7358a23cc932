"""What permission goes by beside the request: who we are in the vendor list, and the operator's rules."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from adserver.domain.consent import Permission
from adserver.privacy.legal_bases import Registration, allowed, special_features
from adserver.privacy.policy import DEFAULT_POLICY, Policy
from adserver.privacy.tcf import Consent, is_current, read_consent

# TCF purposes and the special feature that a buyer needs.
STORAGE, BASIC_ADS, ADS_PROFILE, PERSONAL_ADS, MEASURING = 1, 2, 3, 4, 7
LEARNING = frozenset({9, 10})
PRECISE_PLACE = 1

BY_CONSENT = Registration(
    consent=frozenset({1, 2, 3, 4, 7, 9, 10}), special_features=frozenset({PRECISE_PLACE})
)
"""How we are registered unless the policy says otherwise: everything by consent, nothing flexible."""
NOBODY_DELETED: Mapping[int, int] = {}
REMEMBERED = 2_048
REMEMBERED_LENGTH = 2_048
"""Real strings are shorter; without a limit, hostile ones would fill the memory."""


class _Read(NamedTuple):
    consent: Consent
    permission: Permission | None


class Rules:
    """The same for all requests; remembers what the last strings allowed, since a page view brings several requests."""

    def __init__(
        self,
        vendor: int,
        registration: Registration = BY_CONSENT,
        policy: Policy = DEFAULT_POLICY,
        deleted_platforms: Mapping[int, int] = NOBODY_DELETED,
    ) -> None:
        """`vendor` is our number in the global vendor list; 0 has nobody's consent. `deleted_platforms` tells when
        consent platforms ended (seconds since the epoch), by number; see `tcf.is_current`.
        """
        self.vendor = vendor
        self.registration = registration
        self.policy = policy
        self.deleted_platforms = deleted_platforms
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)

    def by_tcf(self, text: str, now_s: float) -> Permission | None:
        """Return what a TCF string allows us now; nothing if it is void for us, or without a basis for purpose 2."""
        try:
            read = self._remembered(text) if len(text) <= REMEMBERED_LENGTH else self._read(text)
        except ValueError:  # unreadable means refused
            return None
        if not is_current(read.consent, int(now_s), self.deleted_platforms):
            return None
        return read.permission

    def by_purposes(
        self, purposes: frozenset[int], consent: Consent, basis: str
    ) -> Permission | None:
        """Return what it means to have a legal basis for these purposes; nothing without purpose 2."""
        if BASIC_ADS not in purposes:
            return None
        identify = STORAGE in purposes
        return Permission(
            bid=True,
            identify=identify,
            personalise=identify and PERSONAL_ADS in purposes,
            profile=identify and ADS_PROFILE in purposes,
            measure=MEASURING in purposes,
            train=not LEARNING.isdisjoint(purposes),
            precise=PRECISE_PLACE in special_features(consent, self.registration),
            basis=basis,
        )

    def _read(self, text: str) -> _Read:
        consent = read_consent(text, self.vendor)
        purposes = allowed(consent, self.registration)
        return _Read(consent, self.by_purposes(purposes, consent, "tcf"))
