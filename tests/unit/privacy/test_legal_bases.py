"""Registration against string: the table by hand, an obvious loop, and what stands beside the table."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.privacy.legal_bases import Registration, allowed, allowed_in_canada, special_features
from adserver.privacy.tcf import Consent
from tests.unit.privacy import truth_table
from tests.unit.privacy.truth_table import TABLE, consent

EVERY = sum(1 << purpose for purpose in range(1, 12))


def test_every_decision_is_the_tables() -> None:
    assert truth_table.disagreements() == []


def test_the_table_knows_every_combination() -> None:
    """Basis x flexibility x no restriction, each alone and both bases at once."""
    known = {(row.registered, row.flexible, row.restrictions) for row in TABLE}
    for registered in ("consent", "interest"):
        for flexible in ("fixed", "flexible"):
            for restrictions in ((), (0,), (1,), (2,), (1, 2)):
                assert (registered, flexible, restrictions) in known
    assert all(row.why for row in TABLE)


def _obvious(consent: Consent, registration: Registration, purpose: int, *, canada: bool) -> bool:
    """One purpose, sentence by sentence of the specification."""
    if consent.disclosed is False:
        return False
    if purpose == 1 and consent.purpose_one_treatment and not canada:
        return False
    kinds = {kind for restricted, kind in consent.restrictions if restricted == purpose}
    if 0 in kinds or {1, 2} <= kinds:
        return False
    bases = set()
    if purpose in registration.consent:
        bases.add("consent")
    if purpose in registration.legitimate_interest:
        bases.add("interest")
    if not bases:
        return False
    if 1 in kinds:
        bases = {"consent"} if purpose in registration.flexible else bases & {"consent"}
    if 2 in kinds:
        bases = {"interest"} if purpose in registration.flexible else bases & {"interest"}
    if purpose in {1, 3, 4, 5, 6} and not canada:
        bases.discard("interest")
    by_consent = consent.vendor_consent and bool(consent.consents >> purpose & 1)
    by_interest = consent.vendor_interest and bool(consent.interests >> purpose & 1)
    return ("consent" in bases and by_consent) or ("interest" in bases and by_interest)


purposes = st.frozensets(st.integers(1, 24), max_size=12)
masks = st.integers(0, (1 << 25) - 1).map(lambda mask: mask & ~1)


@settings(max_examples=400, deadline=None)
@given(
    st.builds(Registration, purposes, purposes, purposes),
    st.builds(
        consent, consents=masks, interests=masks, vendor_consent=st.booleans(), vendor_interest=st.booleans(),
        disclosed=st.sampled_from((True, True, None, False)), purpose_one_treatment=st.booleans(),
        restrictions=st.lists(st.tuples(st.integers(1, 24), st.integers(0, 2)), max_size=12).map(tuple),
    ),
)  # fmt: skip
def test_masks_agree_with_an_obvious_loop(registration: Registration, said: Consent) -> None:
    for canada, found in (
        (False, allowed(said, registration)),
        (True, allowed_in_canada(said, registration)),
    ):
        wanted = {
            purpose for purpose in range(64) if _obvious(said, registration, purpose, canada=canada)
        }
        assert found == wanted


@pytest.mark.parametrize(
    ("country", "restrictions", "vendor", "free"),
    [
        ("XX", (), True, True),
        ("DE", (), True, False),
        ("XX", ((1, 0),), True, False),
        ("XX", (), False, False),
    ],
)
def test_undisclosed_storage_is_free_only_where_the_law_asks_for_nothing(
    country: str,
    restrictions: tuple[tuple[int, int], ...],
    vendor: bool,  # noqa: FBT001 - a case
    free: bool,  # noqa: FBT001 - a case
) -> None:
    """A consent to what was not disclosed counts for nothing; a vendor that may do nothing stores nothing."""
    said = consent(
        consents=EVERY, country=country, restrictions=restrictions, vendor_consent=vendor, purpose_one_treatment=True
    )  # fmt: skip
    registration = Registration(consent=frozenset({1, 2}))
    assert (1 in allowed(said, registration, frozenset({"XX"}))) == free
    assert 1 not in allowed(said, registration)
    assert 1 not in allowed(said, Registration(consent=frozenset({2})), frozenset({"XX"}))


def test_implied_consent_reaches_every_purpose_in_canada() -> None:
    said = consent(interests=EVERY, vendor_consent=False)
    registration = Registration(legitimate_interest=frozenset({3, 4, 7}))
    assert allowed_in_canada(said, registration) == {3, 4, 7}
    assert allowed(said, registration) == {7}


@pytest.mark.parametrize(
    ("opted_in", "registered", "vendor", "disclosed", "found"),
    [
        (0b110, {1, 2}, True, True, {1, 2}),
        (0b010, {1, 2}, True, None, {1}),
        (0b110, {2}, True, True, {2}),
        (0b110, {1, 2}, False, True, set()),
        (0b110, {1, 2}, True, False, set()),
    ],
)
def test_special_features_need_opt_in_registration_and_the_vendor(
    opted_in: int,
    registered: set[int],
    vendor: bool,  # noqa: FBT001 - a case
    disclosed: bool | None,  # noqa: FBT001 - a case
    found: set[int],
) -> None:
    said = consent(special_features=opted_in, vendor_consent=vendor, disclosed=disclosed)
    assert special_features(said, Registration(special_features=frozenset(registered))) == found
