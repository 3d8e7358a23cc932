"""Contradictions in the file of rules about people's data, each with its place and what to do about it."""

import re
from collections.abc import Iterator

from adserver.domain.countries import ALPHA3, ALPHA3_BY_ALPHA2
from adserver.domain.grant import Basis
from adserver.privacy.countries import COUNTRIES_UNDER_GDPR, CountryRule
from adserver.privacy.legal_bases import Registration
from adserver.privacy.policy import BASES_FOR, matches
from adserver.settings.policy_file import DEFAULT, PolicyFile, SourceRule
from adserver.settings.registration import PURPOSES_OF, Place, unregistered
from adserver.settings.registration import problems as problems_with_registration

MOST_CHARS = 300
"""Of a text that people are told."""
_PATTERN = re.compile(r"[A-Za-z0-9*][A-Za-z0-9_.:/+*-]{0,127}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def problems(written: PolicyFile) -> Iterator[Place]:
    """Yield what types cannot say: each contradiction in the file itself."""
    if written.registration is not None:
        yield from problems_with_registration("$.registration", written.registration)
        if written.vendor_list is not None:
            yield "$.registration", "is read from the vendor list already; keep one of both"
    for country, held in written.countries.items():
        yield from _problems_with_country(f"$.countries.{country}", country, held)
    for position, rule in enumerate(written.sources):
        at = f"$.sources[{position}]"
        yield from _problems_with_patterns(at, rule, written.sources[:position])
        yield from _problems_with_right(at, rule)
        yield from _problems_with_name(at, rule, written.sources[:position])
        for language, text in rule.about.written().items():
            if len(text) > MOST_CHARS or not text.isprintable() or not text.strip():
                yield (
                    f"{at}.about.{language}",
                    f"must be one line of at most {MOST_CHARS} characters",
                )


def not_registered(written: PolicyFile, registration: Registration) -> Iterator[Place]:
    """Yield the uses of people's data with their consent that we are not registered for."""
    for position, rule in enumerate(written.sources):
        for use in unregistered(rule.grant.basis, rule.grant.uses, registration):
            purposes = " or ".join(map(str, sorted(PURPOSES_OF[use])))
            message = f"{use} with people's consent needs purpose {purposes}, which we are not registered for"
            yield f"$.sources[{position}].uses", message


def _problems_with_country(at: str, country: str, rule: CountryRule) -> Iterator[Place]:
    if country not in {DEFAULT, *ALPHA3}:
        right = ALPHA3_BY_ALPHA2.get(country.upper(), country.upper())
        hint = f"; did you mean '{right}'?" if right in ALPHA3 else ""
        yield at, f"is no country: three capital letters of ISO 3166, or 'default'{hint}"
    elif country in COUNTRIES_UNDER_GDPR and rule is CountryRule.OPT_OUT:
        yield at, "the law there asks for consent; write consent or contextual, or leave it out"


def _problems_with_patterns(
    at: str, rule: SourceRule, earlier: tuple[SourceRule, ...]
) -> Iterator[Place]:
    if not rule.patterns:
        yield f"{at}.segments", "names no segment"
    seen: list[tuple[int, str]] = [
        (position, pattern) for position, each in enumerate(earlier) for pattern in each.patterns
    ]
    for pattern in rule.patterns:
        if not _PATTERN.fullmatch(pattern):
            yield f"{at}.segments", f"'{pattern[:60]}' is no name of a segment, with or without *"
        for position, before in seen:
            if matches(before, pattern):
                where = f"sources[{position}]" if position < len(earlier) else "this rule"
                message = f"'{pattern}' never counts: '{before}' of {where} covers it already"
                yield f"{at}.segments", f"{message}; put the narrower one first"
                break
        seen.append((len(earlier), pattern))


def _problems_with_right(at: str, rule: SourceRule) -> Iterator[Place]:
    if rule.sensitive:
        for key in ("basis", "uses", "keep_days"):
            if getattr(rule, key) != getattr(_PLAIN, key):
                yield (
                    f"{at}.{key}",
                    "what is sensitive is not kept, so this means nothing; remove it",
                )
        return
    if not rule.uses:
        yield f"{at}.uses", "names no use; data that nobody may use should not be kept"
    if len(set(rule.uses)) != len(rule.uses):
        yield f"{at}.uses", "names a use twice; keep one"
    for use in dict.fromkeys(rule.uses):
        if rule.basis not in BASES_FOR[use]:
            yield f"{at}.uses", _CANNOT[rule.basis].format(use)


_PLAIN = SourceRule(segments="x")
_CANNOT = {
    Basis.CONTRACT: (
        "a contract with a customer carries no advertising: {} cannot rest on it; ask for an opt_in, "
        "or keep only service"
    ),
    Basis.LEGITIMATE_INTEREST: (
        "choosing advertisements by what is known of a person needs consent: {} cannot rest on a "
        "legitimate interest"
    ),
}
"""Why a basis cannot carry a use."""


def _problems_with_name(
    at: str, rule: SourceRule, earlier: tuple[SourceRule, ...]
) -> Iterator[Place]:
    if rule.sensitive:
        return
    if not rule.source:
        yield f"{at}.source", "is missing: say who the data comes from, such as crm"
    elif not _SOURCE.fullmatch(rule.source):
        near = re.sub(r"[^a-z0-9]+", "-", rule.source.lower()).strip("-")[:64]
        hint = f"; did you mean '{near}'?" if near else ""
        yield f"{at}.source", f"use lower-case letters, digits and dashes, at most 64{hint}"
    for position, each in enumerate(earlier):
        if each.source == rule.source and not each.sensitive and each.grant != rule.grant:
            message = f"'{rule.source}' is declared otherwise by sources[{position}]"
            yield f"{at}.source", f"{message}; one source, one declaration: name one of them anew"
            break
