"""Signals -> Permission: may we bid, read an id, use segments, keep, measure? The stricter wins.

| signal | effect |
| --- | --- |
| GDPR applies, no readable string for us | nothing; contextual where the exchange's policy allows it |
| GDPR, purpose 2 missing | no bid, or contextual as above |
| GDPR, purpose 1 / 3 / 4 / 7 missing | no id read / nothing kept but impression counts for caps / no segments / no measuring |
| GDPR not said, but a consent string is there or the country is under it | as if GDPR applied |
| US privacy opt-out or unreadable | contextual only |
| GPP with a section that applies | contextual only, until its sections are read (see limitations) |
| COPPA, `lmt`, `dnt`, GPC | contextual only |
"""

from adserver.domain.consent import REFUSED, Permission, Signals
from adserver.privacy.tcf import read_consent

_LISTED = """
AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA
LTU LUX MLT NLD POL PRT ROU SVK SVN ESP SWE ISL LIE NOR GBR CHE
ALA GLP GUF MAF MTQ MYT REU GIB
"""
COUNTRIES_UNDER_GDPR = frozenset(_LISTED.split())
"""The EEA, and the United Kingdom and Switzerland, whose laws ask for the same.

Last stand parts of them that have country codes of their own: Aland, the French overseas departments
with Saint Martin, and Gibraltar.
"""

# TCF purposes that a buyer needs.
STORAGE, BASIC_ADS, ADS_PROFILE, PERSONAL_ADS, MEASURING = 1, 2, 3, 4, 7

ALLOWED = Permission(
    bid=True, identify=True, personalise=True, profile=True, measure=True, basis="none_required"
)


def contextual(basis: str) -> Permission:
    """Return the permission to bid on the page alone, naming what forbids more."""
    return Permission(
        bid=True, identify=False, personalise=False, profile=False, measure=False, basis=basis
    )


def permit(signals: Signals, vendor: int, *, contextual_without_consent: bool) -> Permission:
    """Decide from signals alone; pure. `vendor` is our id in the global vendor list."""
    unsaid = signals.gdpr is None and (signals.tcf or signals.country in COUNTRIES_UNDER_GDPR)
    if signals.gdpr == 1 or unsaid:
        permission = _under_gdpr(
            signals.tcf, vendor, contextual("gdpr") if contextual_without_consent else REFUSED
        )
        if not permission.bid:
            return permission
    else:
        permission = ALLOWED
    if signals.coppa:
        return contextual("coppa")
    if signals.limited:
        return contextual("limited")
    if signals.us_privacy is not None and _opted_out(signals.us_privacy):
        return contextual("us_privacy")
    if any(section > 0 for section in signals.gpp_sections):
        return contextual("gpp")
    return permission


def _under_gdpr(text: str | None, vendor: int, without: Permission) -> Permission:
    if not text:
        return without
    try:
        purposes = read_consent(text, vendor).purposes
    except ValueError:  # includes binascii.Error; unreadable means refused
        return without
    if BASIC_ADS not in purposes:
        return without
    identify = STORAGE in purposes
    return Permission(
        bid=True,
        identify=identify,
        personalise=identify and PERSONAL_ADS in purposes,
        profile=identify and ADS_PROFILE in purposes,
        measure=MEASURING in purposes,
        basis="tcf",
    )


def _opted_out(text: str) -> bool:
    """`1YNN`: version, notice, opt-out of sale, LSPA. Malformed counts as opted out."""
    text = text.upper()
    if len(text) != 4 or text[0] != "1" or any(letter not in "YN-" for letter in text[1:]):  # noqa: PLR2004
        return True
    return text[2] == "Y"
