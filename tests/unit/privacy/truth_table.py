"""What TCF allows, by hand: registered basis x flexibility x publisher restrictions, and what else decides.

Written from the specification's section on publisher restrictions, not from the code. Every row is tried with all 16
combinations of the four bits that a basis needs.
"""

from itertools import product
from typing import Literal, NamedTuple

from adserver.privacy.legal_bases import Registration, allowed
from adserver.privacy.tcf import Consent

Basis = Literal["consent", "interest", "never"]


class Row(NamedTuple):
    """One case: what a vendor registered for a purpose, what the publisher says, and which basis counts."""

    why: str
    registered: Literal["consent", "interest", "nothing"]
    flexible: Literal["fixed", "flexible"]
    restrictions: tuple[int, ...]
    """Kinds that name this vendor and purpose."""
    counts: Basis
    purpose: int = 7
    treatment: bool = False
    """The string's purpose one treatment."""
    disclosed: bool | None = True


TABLE = (
    # --- registered by consent, fixed ---
    Row("no restriction: the registered basis", "consent", "fixed", (), "consent"),
    Row("not allowed is not allowed", "consent", "fixed", (0,), "never"),
    Row("consent is required and is what was registered: ignore", "consent", "fixed", (1,), "consent"),
    Row("interest is required and cannot be had: do not process", "consent", "fixed", (2,), "never"),
    Row("not allowed beats required consent", "consent", "fixed", (0, 1), "never"),
    Row("not allowed beats required interest", "consent", "fixed", (0, 2), "never"),
    Row("both required: a contradiction, and the stricter half wins", "consent", "fixed", (1, 2), "never"),
    # --- registered by consent, flexible ---
    Row("flexible without restriction: the registered basis alone", "consent", "flexible", (), "consent"),
    Row("not allowed regardless of flexibility", "consent", "flexible", (0,), "never"),
    Row("consent required: consent", "consent", "flexible", (1,), "consent"),
    Row("interest required: interest, and consent counts no more", "consent", "flexible", (2,), "interest"),
    Row("not allowed beats required consent", "consent", "flexible", (0, 1), "never"),
    Row("not allowed beats required interest", "consent", "flexible", (0, 2), "never"),
    Row("both required: nobody can satisfy both", "consent", "flexible", (1, 2), "never"),
    Row("the order of restrictions means nothing", "consent", "flexible", (2, 1), "never"),
    # --- registered by legitimate interest, fixed ---
    Row("no restriction: the registered basis", "interest", "fixed", (), "interest"),
    Row("not allowed is not allowed", "interest", "fixed", (0,), "never"),
    Row("consent is required and was not registered: do not process", "interest", "fixed", (1,), "never"),
    Row("interest is required and is what was registered: ignore", "interest", "fixed", (2,), "interest"),
    Row("not allowed beats required interest", "interest", "fixed", (0, 2), "never"),
    Row("both required: a contradiction", "interest", "fixed", (1, 2), "never"),
    # --- registered by legitimate interest, flexible ---
    Row("flexible without restriction: consent does not count", "interest", "flexible", (), "interest"),
    Row("not allowed regardless of flexibility", "interest", "flexible", (0,), "never"),
    Row("consent required: consent, and interest counts no more", "interest", "flexible", (1,), "consent"),
    Row("interest required: interest", "interest", "flexible", (2,), "interest"),
    Row("not allowed beats required consent", "interest", "flexible", (0, 1), "never"),
    Row("both required: nobody can satisfy both", "interest", "flexible", (1, 2), "never"),
    # --- not registered ---
    Row("not registered is never allowed", "nothing", "fixed", (), "never"),
    Row("a restriction gives nothing that was not registered", "nothing", "fixed", (1,), "never"),
    Row("the same for interest", "nothing", "fixed", (2,), "never"),
    Row("flexible alone is no registration", "nothing", "flexible", (), "never"),
    Row("nor with consent required", "nothing", "flexible", (1,), "never"),
    Row("nor with interest required", "nothing", "flexible", (2,), "never"),
    # --- purposes that legitimate interest does not reach ---
    *(
        row
        for purpose in (1, 3, 4, 5, 6)
        for row in (
            Row("registered by interest all the same: TCF 2.2 does not know it", "interest", "fixed", (), "never", purpose),
            Row("interest required: there is none for this purpose", "consent", "flexible", (2,), "never", purpose),
            Row("consent required: consent", "interest", "flexible", (1,), "consent", purpose),
            Row("by consent as ever", "consent", "fixed", (), "consent", purpose),
        )
    ),
    # --- disclosure ---
    Row("a string without the segment, from before it was needed", "consent", "fixed", (), "consent", 7, disclosed=None),
    Row("consented to and yet not disclosed: a contradiction", "consent", "fixed", (), "never", 7, disclosed=False),
    Row("the same by interest", "interest", "fixed", (), "never", 7, disclosed=False),
    # --- purpose 1 that was not disclosed ---
    Row("what was not disclosed was not consented to", "consent", "fixed", (), "never", 1, treatment=True),
    Row("it concerns purpose 1 alone", "consent", "fixed", (), "consent", 2, treatment=True),
)  # fmt: skip


def rows() -> int:
    """Return how many decisions the table holds."""
    return 16 * len(TABLE)


def disagreements() -> list[str]:
    """Return each decision of ours that is not the table's."""
    wrong = []
    for row in TABLE:
        for bits in product((False, True), repeat=4):
            purpose_consent, vendor_consent, purpose_interest, vendor_interest = bits
            wanted = {
                "consent": purpose_consent and vendor_consent,
                "interest": purpose_interest and vendor_interest,
                "never": False,
            }[row.counts]
            string = consent(
                consents=purpose_consent << row.purpose,
                interests=purpose_interest << row.purpose,
                vendor_consent=vendor_consent,
                vendor_interest=vendor_interest,
                disclosed=row.disclosed,
                restrictions=tuple((row.purpose, kind) for kind in row.restrictions),
                purpose_one_treatment=row.treatment,
            )
            if (row.purpose in allowed(string, _registered(row))) != wanted:
                wrong.append(f"{row.why}: {row} with {bits}")
    return wrong


def _registered(row: Row) -> Registration:
    these = frozenset({row.purpose})
    none: frozenset[int] = frozenset()
    return Registration(
        consent=these if row.registered == "consent" else none,
        legitimate_interest=these if row.registered == "interest" else none,
        flexible=these if row.flexible == "flexible" else none,
    )


def consent(
    *,
    consents: int = 0,
    interests: int = 0,
    vendor_consent: bool = True,
    vendor_interest: bool = True,
    disclosed: bool | None = True,
    special_features: int = 0,
    restrictions: tuple[tuple[int, int], ...] = (),
    purpose_one_treatment: bool = False,
    country: str = "DE",
    cmp: int = 300,
    policy: int = 5,
    created_s: int = 1_790_000_000,
    updated_s: int = 1_790_000_000,
) -> Consent:
    """Return what a string says, without the string."""
    return Consent(
        consents, interests, vendor_consent, vendor_interest, disclosed, special_features, restrictions,
        purpose_one_treatment, country, cmp, policy, created_s, updated_s,
    )  # fmt: skip
