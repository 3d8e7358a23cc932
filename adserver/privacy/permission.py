"""Signals and choices -> Permission: may we bid, read an id, use segments, keep, measure, learn? The stricter wins.

First `permit`: the request's signals alone decide whether somebody may be looked up at all.

| signal | effect |
| --- | --- |
| GDPR applies, no readable and current string for us | nothing; contextual where the exchange's policy allows it |
| GDPR, no basis for purpose 2 | the same |
| GDPR, no basis for purpose 1 | no id read or written |
| GDPR, no basis for purpose 3 | nothing kept of this person but impression counts for caps |
| GDPR, no basis for purpose 4 | no segments |
| GDPR, no basis for purpose 7 | no measuring beyond billing |
| GDPR, no basis for purposes 9 and 10 | no training |
| GDPR, special feature 1 not opted in to | no place more exact than half a kilometre |
| GDPR not said, or denied, but a consent string is there | as if GDPR applied |
| nothing said, and the country's rule is `consent` | as if GDPR applied |
| the country's rule is `contextual` | contextual only, whatever else is said |
| GPP, section of the EU | as a consent string under GDPR |
| GPP, section of Canada | the same purposes, by express or implied consent |
| GPP, a state of the US: opt-out of sale, sharing or targeting; a child; GPC; no notice; service providers only | contextual only |
| GPP, a state of the US: sensitive data refused | no segments, nothing kept but impression counts |
| GPP without a word on which sections apply | as if all did that it holds |
| GPP that applies and cannot be read | contextual only; nothing where the EU's section applies |
| US privacy: opted out, or unreadable | contextual only |
| COPPA, `lmt`, `dnt`, GPC | contextual only |

Then `with_choices`: what the person told us themselves.

| choice | effect |
| --- | --- |
| opted out, erased | contextual only |
| consented (an opt-in of our own) | training, even without purposes 9 and 10; nothing else |
"""

from msgspec.structs import astuple, replace

from adserver.domain.choices import Choices
from adserver.domain.consent import CHILDREN, REFUSED, Permission, Signals, without_person
from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.countries import CountryRule
from adserver.privacy.gpp import EU, NOTHING_APPLIES, read_gpp
from adserver.privacy.gpp_canada import read_canada
from adserver.privacy.gpp_header import sections
from adserver.privacy.legal_bases import allowed_in_canada
from adserver.privacy.rules import Rules
from adserver.privacy.tcf import is_current
from adserver.privacy.us_privacy import opted_out

ALLOWED = Permission(
    bid=True, identify=True, personalise=True, profile=True, measure=True, train=True, precise=True,
    basis="none_required",
)  # fmt: skip


_CONTEXTUAL = without_person("gdpr")
_FLAGS = Permission.__struct_fields__[:-1]


def permit(
    signals: Signals, rules: Rules, now_s: float, *, contextual_without_consent: bool
) -> Permission:
    """Decide from signals alone; pure."""
    without = _CONTEXTUAL if contextual_without_consent else REFUSED
    rule = rules.policy.country_default(signals.country)
    permission = ALLOWED
    if signals.gdpr == 1 or signals.tcf or (signals.gdpr is None and rule is CountryRule.CONSENT):
        permission = (rules.by_tcf(signals.tcf, now_s) if signals.tcf else None) or without
        if not permission.bid:
            return permission
    if signals.gpp_sections or (signals.gpp_sections is None and signals.gpp):
        permission = _by_gpp(permission, signals, rules, now_s, without)
        if not permission.bid:
            return permission
    if signals.coppa:
        return without_person(CHILDREN)
    if signals.limited:
        return without_person("limited")
    if signals.gpc:
        return without_person("gpc")
    if signals.us_privacy is not None and opted_out(signals.us_privacy):
        return without_person("us_privacy")
    if rule is CountryRule.CONTEXTUAL:
        return without_person("country")
    return permission


def with_choices(permission: Permission, choices: Choices) -> Permission:
    """Narrow what the signals allow by what the person decided with us; pure."""
    if choices.refuses:
        return without_person("erased" if choices.erased else "opted_out", bid=permission.bid)
    if choices.consented and permission.identify:
        return replace(permission, train=True)
    return permission


def _by_gpp(
    permission: Permission, signals: Signals, rules: Rules, now_s: float, without: Permission
) -> Permission:
    """Return what every section that applies leaves of a permission."""
    text, applicable = signals.gpp or "", signals.gpp_sections
    try:
        gpp = read_gpp(
            text,
            sections(text[:MAX_LENGTH].partition("~")[0]) if applicable is None else applicable,
        )
    except ValueError:
        return without if applicable is None or EU in applicable else without_person("gpp")
    if gpp is NOTHING_APPLIES:
        return permission
    if gpp.tcf is not None:
        permission = _both(permission, rules.by_tcf(gpp.tcf, now_s) or without)
    if gpp.canada is not None:
        permission = _both(permission, _in_canada(gpp.canada, rules, now_s))
    if gpp.us_privacy is not None and opted_out(gpp.us_privacy):
        permission = _both(permission, without_person("gpp"))
    if (
        gpp.sale_opt_out or gpp.sharing_opt_out or gpp.targeting_opt_out or gpp.known_child
        or gpp.gpc or gpp.notice_missing or gpp.service_provider
    ):  # fmt: skip
        permission = _both(permission, without_person("gpp"))
    elif gpp.sensitive_refused:  # segments that nobody declared may be of that kind
        permission = replace(permission, personalise=False, profile=False, basis="gpp")
    return permission


def _in_canada(text: str, rules: Rules, now_s: float) -> Permission:
    without = without_person("gpp")
    try:
        consent = read_canada(text, rules.vendor)
    except ValueError:
        return without
    if not is_current(consent, int(now_s), rules.deleted_platforms):
        return without
    purposes = allowed_in_canada(consent, rules.registration)
    return rules.by_purposes(purposes, consent, "gpp") or without


def _both(one: Permission, other: Permission) -> Permission:
    """Return what two permissions both allow; the basis is that of the one which allows less."""
    both = {name: getattr(one, name) and getattr(other, name) for name in _FLAGS}
    less = sum(astuple(other)[:-1]) < sum(astuple(one)[:-1])
    return replace(one, **both, basis=other.basis if less else one.basis)
