"""The operator's rules about people's data, as one value: where data comes from, by what right, and for what."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from adserver.domain.grant import UNDECLARED, Basis, Grant, Use
from adserver.privacy.countries import COUNTRIES_UNDER_GDPR, CountryRule
from adserver.privacy.legal_bases import Registration

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")
"""What people are told is told in these; the first is for everybody else."""

BASES_FOR: Mapping[Use, frozenset[Basis]] = {
    # TCF knows no legitimate interest for its purposes 3 and 4, profiles and choosing by them.
    Use.SELECT: frozenset({Basis.CONSENT, Basis.OPT_IN}),
    Use.MEASURE: frozenset({Basis.CONSENT, Basis.OPT_IN, Basis.LEGITIMATE_INTEREST}),
    Use.TRAIN: frozenset({Basis.CONSENT, Basis.OPT_IN, Basis.LEGITIMATE_INTEREST}),
    Use.SERVICE: frozenset(Basis),
}
"""Which legal bases can carry a use."""

_SIGNS = re.compile(r"[-_.:/+]+")


class Source(msgspec.Struct, frozen=True):
    """Where some segments come from, and by what right."""

    patterns: tuple[str, ...]
    """Names of segments; `*` stands for any characters, none included."""
    grant: Grant
    sensitive: bool = False
    """Never used for advertising, nor loaded."""
    about: Mapping[str, str] = {}
    """What people are told, by language."""

    def covers(self, name: str) -> bool:
        """Tell whether the rule is about this segment."""
        return any(matches(pattern, name) for pattern in self.patterns)


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All rules. Without a file, everything that is declared nowhere may be used with consent, as ever."""

    sources: tuple[Source, ...] = ()
    """The first that covers a segment counts."""
    undeclared_refused: bool = False
    """Is a segment that no source covers refused?"""
    minimum_people: int = 0
    """A segment or an audience of fewer people is never used; 0 and 1 ask for nothing."""
    default_country: CountryRule = CountryRule.OPT_OUT
    countries: Mapping[str, CountryRule] = {}
    """Rules for countries (ISO 3166-1 alpha-3) that differ from the default, or from the law's consent."""
    registration: Registration | None = None
    """What we do and on which basis, as the vendor list has it; nothing means everything by consent."""
    deleted_platforms: Mapping[int, int] = {}
    """When consent platforms ended (seconds since the epoch), by number."""

    @cached_property
    def _known(self) -> dict[str, Source | None]:
        """Sources by the name of a segment, as they were asked for; names come from files, not from requests."""
        return {}

    def source_of(self, segment: str) -> Source | None:
        """Return the rule about a segment; nothing, if nobody declared it."""
        known = self._known
        if segment not in known:
            known[segment] = next((each for each in self.sources if each.covers(segment)), None)
        return known[segment]

    def grant_of(self, segment: str) -> Grant:
        """Return by what right a segment is kept."""
        source = self.source_of(segment)
        return UNDECLARED if source is None else source.grant

    def is_sensitive(self, segment: str) -> bool:
        """Tell whether a segment says what advertising must not know."""
        source = self.source_of(segment)
        return source is not None and source.sensitive

    def is_refused(self, segment: str) -> bool:
        """Tell whether a segment must not even be stored: sensitive, or undeclared where that is refused."""
        source = self.source_of(segment)
        return self.undeclared_refused if source is None else source.sensitive

    def may_select(self, segment: str) -> bool:
        """Tell whether a segment may choose an advertisement."""
        grant = self.grant_of(segment)
        return not self.is_refused(segment) and carries(grant.basis, Use.SELECT, grant.uses)

    def about(self, segment: str, language: str) -> str:
        """Return what a person is told of a segment that they are in: what was written in their language, or else
        its name as words.
        """
        spoken = language if language in LANGUAGES else LANGUAGES[0]
        source = self.source_of(segment)
        written = source.about.get(spoken) if source is not None else None
        return written or _SIGNS.sub(" ", segment).strip()

    def country_default(self, country: str | None) -> CountryRule:
        """Return what holds in a country (alpha-3) where a request says nothing; for none, the default."""
        by_law = CountryRule.CONSENT if country in COUNTRIES_UNDER_GDPR else self.default_country
        return by_law if country is None else self.countries.get(country, by_law)


DEFAULT_POLICY = Policy()
"""What holds where no file is named."""


def carries(basis: Basis, use: Use, uses: Iterable[Use]) -> bool:
    """Tell whether data collected for `uses` on this basis may be used so."""
    return use in uses and basis in BASES_FOR[use]


def matches(pattern: str, name: str) -> bool:
    """Tell whether a pattern with `*` covers a name; or another pattern whole, since `*` stands for no other sign."""
    return _expression(pattern).fullmatch(name) is not None


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
