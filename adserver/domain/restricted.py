"""Where advertisements may run that law or decency restricts: politics, alcohol, games of chance ..."""

from collections.abc import Mapping

import msgspec

from adserver.domain.creative import Creative, Restriction

POLITICAL = "political"
"""Stands among the rules for what wants votes."""


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which countries (ISO 3166-1 alpha-3) something may be shown: in these only, or in all but those."""

    allowed_in: tuple[str, ...] | None = None
    """In these countries only; what names none runs nowhere."""
    refused_in: tuple[str, ...] | None = None
    """Everywhere but in these."""

    def allows(self, country: str) -> bool:
        """Tell whether it may be shown in a country; where the country is unknown only if none is excluded."""
        if self.allowed_in is not None:
            return country in self.allowed_in
        if self.refused_in:
            return country != "" and country not in self.refused_in
        return True


NOWHERE = Where(allowed_in=())
"""What nobody made a rule for: somebody has to answer for it first."""

Subjects = Mapping[str, Where]
"""By the names of restrictions, and `political`."""


def subjects(creative: Creative) -> tuple[str, ...]:
    """Return what about a creative is restricted."""
    found: tuple[Restriction | str, ...] = creative.restrictions
    return tuple(map(str, (*found, POLITICAL) if creative.political else found))


def allowed(creative: Creative, country: str, rules: Subjects) -> bool:
    """Tell whether a creative may be shown in a country: if each of its subjects may."""
    return all(rules.get(subject, NOWHERE).allows(country) for subject in subjects(creative))
