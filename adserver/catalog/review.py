"""Which candidates may not bid where: refused or not yet approved by an exchange, or restricted in a country."""

from collections.abc import Mapping, Sequence

import msgspec

from adserver.domain.bits import bits
from adserver.domain.campaign import Catalog
from adserver.domain.candidate import Candidate
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.restricted import Subjects, allowed, subjects
from adserver.domain.review import Reviews, may_bid, standing


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """What the compiler must know of reviews and rules."""

    creatives: Mapping[str, frozenset[str]] = {}
    """By exchange, the creatives that may not bid there."""
    rules: Subjects = {}
    """Where restricted advertisements may run."""


NO_BARS = Bars()


def bars(
    catalog: Catalog, terms: Mapping[str, ExchangeTerms], reviews: Reviews, rules: Subjects
) -> Bars:
    """Return what may not bid at each exchange, by its last word and whether it asks for approval."""
    found = {}
    creatives = [each for advertiser in catalog.advertisers for each in advertiser.creatives]
    for name, each in terms.items():
        required = each.approval == "required"
        if required or reviews.get(name):
            found[name] = frozenset(
                creative.id
                for creative in creatives
                if not may_bid(standing(reviews, name, creative), approval_required=required)
            )
    return Bars(creatives=found, rules=rules)


class ReviewIndex:
    """The candidates that are barred, by exchange and by country."""

    def __init__(self, candidates: Sequence[Candidate], bars: Bars) -> None:
        size = len(candidates)
        self.barred = {
            exchange: members
            for exchange, names in bars.creatives.items()
            if (members := bits((c.index for c in candidates if c.creative.id in names), size))
        }
        """By exchange, who is not approved there."""
        restricted = [each for each in candidates if subjects(each.creative)]
        self.restricted = bits((each.index for each in restricted), size)
        """Whoever is about something that is not for everybody: never for children."""
        self.political = bits((c.index for c in restricted if c.creative.political), size)
        """Shown only with the label that says so."""
        named = {
            country
            for where in bars.rules.values()
            for country in (*(where.allowed_in or ()), *(where.refused_in or ()))
        }
        self._refused = {
            country: bits(
                (c.index for c in restricted if not allowed(c.creative, country, bars.rules)), size
            )
            for country in (*named, _OTHER, _UNKNOWN)
        }

    def refused_in(self, country: str) -> int:
        """Return who may not be shown in a country; empty if it is unknown."""
        found = self._refused.get(country)
        return self._refused[_OTHER] if found is None else found


_UNKNOWN = ""
_OTHER = "elsewhere"
"""No country's code, so no rule names it."""
