"""What holds in a country as long as a request says nothing of consent."""

from enum import StrEnum

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


class CountryRule(StrEnum):
    """What may be done with data about people there; from the mildest to the strictest."""

    OPT_OUT = "opt_out"  # they may be used until the person says no
    CONSENT = "consent"  # not before the request brings the person's consent
    CONTEXTUAL = "contextual"  # never, whatever a request says: the page alone chooses
