"""What permission goes by beside the request: who we are in the vendor list, and the operator's rules."""

from collections.abc import Mapping

import msgspec

from adserver.privacy.legal_bases import Registration
from adserver.privacy.policy import DEFAULT_POLICY, Policy

BY_CONSENT = Registration(
    consent=frozenset({1, 2, 3, 4, 7, 9, 10}), special_features=frozenset({1})
)
"""How we are registered unless the policy says otherwise: everything by consent, nothing flexible."""
NOBODY_DELETED: Mapping[int, int] = {}


class Rules(msgspec.Struct, frozen=True):
    """The same for all requests."""

    vendor: int
    """Our number in the global vendor list; 0 has nobody's consent."""
    registration: Registration = BY_CONSENT
    policy: Policy = DEFAULT_POLICY
    deleted_platforms: Mapping[int, int] = NOBODY_DELETED
    """When consent platforms ended (seconds since the epoch), by number; see `tcf.is_current`."""
