"""Country codes: the wire asks for three letters, many send two, in either case."""

from adserver.domain.countries import ALPHA3, ALPHA3_BY_ALPHA2

_KNOWN = {code: code for code in ALPHA3} | ALPHA3_BY_ALPHA2 | {"UK": "GBR"}


def alpha_3(country: str | None) -> str:
    """Return the three-letter code for a three- or two-letter one, or nothing if it is neither."""
    if country is None:
        return ""
    return _KNOWN.get(country) or _KNOWN.get(country[:4].upper(), "")
