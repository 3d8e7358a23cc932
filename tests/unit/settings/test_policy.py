"""The file of rules about people's data: what it means, and what in it contradicts itself."""

import json
from pathlib import Path

import pytest

from adserver.config import load_settings
from adserver.domain.grant import UNDECLARED, Basis, Grant, Use
from adserver.errors import InvalidConfig
from adserver.privacy.countries import CountryRule
from adserver.privacy.legal_bases import Registration
from adserver.privacy.policy import DEFAULT_POLICY, Policy
from adserver.settings.policy import read_policy

RULES = """
minimum_people: 20
undeclared: refuse
countries: {default: consent, USA: opt_out, DEU: contextual}
sources:
  - {segments: crm-vip, source: crm-vip, basis: opt_in, keep_days: 30}
  - segments: ["crm-*", bonus-*]
    source: crm
    basis: opt_in
    uses: [select, measure]
    keep_days: 365
    about: {en: What you bought from us, de: Was Sie bei uns gekauft haben}
  - {segments: "service-*", source: hotline, basis: contract, uses: [service]}
  - {segments: "health-*", sensitive: true}
"""


def read(folder: Path, text: str) -> Policy:
    file = folder / "privacy.yaml"
    file.write_text(text, encoding="utf-8")
    return read_policy(file)


def test_the_first_source_that_covers_a_segment_counts(tmp_path: Path) -> None:
    policy = read(tmp_path, RULES)
    assert policy.grant_of("crm-vip") == Grant("crm-vip", Basis.OPT_IN, (Use.SELECT,), 30)
    crm = Grant("crm", Basis.OPT_IN, (Use.SELECT, Use.MEASURE), 365)
    assert policy.grant_of("crm-vip-2") == policy.grant_of("bonus-") == crm
    assert policy.may_select("crm-new")
    assert not policy.may_select("service-call")
    assert policy.is_sensitive("health-back")
    assert policy.is_refused("health-back")
    assert policy.minimum_people == 20


def test_what_nobody_declared_is_used_with_consent_or_refused(tmp_path: Path) -> None:
    strict, mild = read(tmp_path, RULES), read(tmp_path, "{}")
    assert strict.is_refused("travel")
    assert not strict.may_select("travel")
    assert mild.grant_of("travel") == UNDECLARED
    assert mild.may_select("travel")


def test_countries_without_a_rule_follow_the_law_and_then_the_default(tmp_path: Path) -> None:
    policy = read(tmp_path, RULES)
    assert policy.country_default("DEU") is CountryRule.CONTEXTUAL
    assert policy.country_default("FRA") is CountryRule.CONSENT
    assert policy.country_default("USA") is CountryRule.OPT_OUT
    assert policy.country_default("BRA") is policy.country_default(None) is CountryRule.CONSENT


def test_without_a_file_all_is_as_it_was() -> None:
    assert DEFAULT_POLICY.country_default("DEU") is CountryRule.CONSENT
    assert DEFAULT_POLICY.country_default("USA") is CountryRule.OPT_OUT
    assert DEFAULT_POLICY.country_default(None) is CountryRule.OPT_OUT
    assert DEFAULT_POLICY.grant_of("travel") == UNDECLARED
    assert DEFAULT_POLICY.may_select("travel")
    assert DEFAULT_POLICY.minimum_people == 0


def test_people_are_told_in_their_language_what_a_segment_means(tmp_path: Path) -> None:
    policy = read(tmp_path, RULES)
    assert policy.about("crm-new", "de") == "Was Sie bei uns gekauft haben"
    assert policy.about("crm-new", "fr") == "What you bought from us"
    assert policy.about("aam:camera_intent", "en") == "aam camera intent"
    assert policy.about("crm-vip", "de") == "crm vip"


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("minimum_peopel: 3", "$", "did you mean 'minimum_people'?"),
        ("sources: [{segment: a}]", "$.sources[0]", "did you mean 'segments'?"),
        ("sources: [{segments: a, source: b, about: {fr: c}}]", "$.sources[0].about", "unknown key 'fr'"),
        ("sources: [{segments: a, source: b, basis: law}]", "$.sources[0].basis", "'law'"),
        ("sources: [{segments: a, source: b, uses: [sell]}]", "$.sources[0].uses[0]", "'sell'"),
        ("sources: [{segments: a, source: b, uses: []}]", "$.sources[0].uses", "names no use"),
        ("sources: [{segments: a, source: b, uses: [select, select]}]", "$.sources[0].uses", "twice"),
        ("sources: [{segments: a, source: b, keep_days: 0}]", "$.sources[0].keep_days", ">= 1"),
        ("sources: [{segments: a, source: b, basis: contract}]", "$.sources[0].uses", "carries no advertising"),
        ("sources: [{segments: a, source: b, basis: legitimate_interest}]", "$.sources[0].uses", "needs consent"),
        ("sources: [{segments: a}]", "$.sources[0].source", "who the data comes from"),
        ("sources: [{segments: a, source: My CRM}]", "$.sources[0].source", "did you mean 'my-crm'?"),
        ("sources: [{segments: [], source: b}]", "$.sources[0].segments", "names no segment"),
        ("sources: [{segments: 'a?', source: b}]", "$.sources[0].segments", "no name of a segment"),
        ("sources: [{segments: a, sensitive: true, uses: [service]}]", "$.sources[0].uses", "remove it"),
        ("sources: [{segments: a, source: b, about: {en: ' '}}]", "$.sources[0].about.en", "one line"),
        ("sources: [{segments: 'a*', source: b}, {segments: 'a-b*', source: c}]", "$.sources[1].segments", "'a*' of sources[0] covers it"),
        ("sources: [{segments: [a, a], source: b}]", "$.sources[0].segments", "of this rule"),
        ("sources: [{segments: a, source: b}, {segments: c, source: b, keep_days: 7}]", "$.sources[1].source", "one source, one declaration"),
        ("countries: {DE: consent}", "$.countries.DE", "did you mean 'DEU'?"),
        ("countries: {DEU: opt_out}", "$.countries.DEU", "the law there asks for consent"),
        ("countries: {USA: perhaps}", "$.countries", "'perhaps'"),
        ("minimum_people: -1", "$.minimum_people", ">= 0"),
        ("undeclared: ignore", "$.undeclared", "'ignore'"),
        ("registration: {consent: [12]}", "$.registration.consent", "12 is none of 1 to 11"),
        ("registration: {special_features: [3]}", "$.registration.special_features", "3 is none of 1 to 2"),
        ("registration: {consent: [1, 2], legitimate_interest: [2]}", "$.registration", "purpose 2 is on both bases"),
        ("registration: {legitimate_interest: [2, 3]}", "$.registration.legitimate_interest", "3 needs consent"),
        ("registration: {consent: [1], flexible: [7]}", "$.registration.flexible", "purpose 7"),
        ("{registration: {consent: [1, 2]}, sources: [{segments: a, source: b}]}", "$.sources[0].uses", "select with people's consent needs purpose 4"),
        ("{registration: {consent: [4]}, sources: [{segments: a, source: b, uses: [train]}]}", "$.sources[0].uses", "purpose 9 or 10"),
        ("vendor_list: none.json", "$.vendor_list", "with `vendor_id`"),
        ("platform_list: none.json", "$.platform_list", "none.json"),
    ],
)  # fmt: skip
def test_contradictions_are_told_with_their_place(
    tmp_path: Path, text: str, path: str, message: str
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        read(tmp_path, text)
    (fault,) = caught.value.faults
    assert fault.path.startswith(path)
    assert message in fault.message


def test_an_opt_in_of_our_own_needs_no_purpose_of_the_vendor_list(tmp_path: Path) -> None:
    text = "registration: {consent: [2]}\nsources: [{segments: a, source: b, basis: opt_in}]"
    registration = read(tmp_path, text).registration
    assert registration == Registration(consent=frozenset({2}))


def test_how_we_are_registered_is_read_from_the_vendor_list(tmp_path: Path) -> None:
    """Of our own vendor; a list without us is no list for us."""
    entry = {"name": "We", "legIntPurposes": [2], "flexiblePurposes": [2]}
    vendors = {
        "gvlSpecificationVersion": 3, "vendorListVersion": 1, "tcfPolicyVersion": 5,
        "lastUpdated": "2026-01-01T00:00:00Z",
        "vendors": {"7": {"id": 7, "purposes": [1, 4], **entry}},
    }  # fmt: skip
    (tmp_path / "vendor-list.json").write_text(json.dumps(vendors), encoding="utf-8")
    platforms = {"cmps": {"9": {"id": 9, "deletedDate": "2026-02-01T00:00:00Z"}, "10": {"id": 10}}}
    (tmp_path / "cmp-list.json").write_text(json.dumps(platforms), encoding="utf-8")
    file = tmp_path / "privacy.yaml"
    file.write_text("{vendor_list: vendor-list.json, platform_list: cmp-list.json}", "utf-8")
    policy = read_policy(file, 7)
    two = frozenset({2})
    assert policy.registration == Registration(frozenset({1, 4}), two, two)
    assert policy.deleted_platforms == {9: 1_769_904_000}
    with pytest.raises(InvalidConfig, match="vendor 8 is not in version 1"):
        read_policy(file, 8)


def test_patterns_that_overlap_without_covering_each_other_are_fine(tmp_path: Path) -> None:
    policy = read(tmp_path, "sources: [{segments: 'a*z', source: b}, {segments: 'a*', source: c}]")
    assert policy.grant_of("abz").source == "b"
    assert policy.grant_of("ab").source == "c"


def test_the_settings_name_the_file(tmp_path: Path) -> None:
    settings = tmp_path / "server.yaml"
    settings.write_text("campaigns: {kind: yaml, path: campaigns}\nprivacy: rules/privacy.yaml\n")
    with pytest.raises(InvalidConfig, match=r"\$.privacy: names .*which does not exist"):
        load_settings(settings)
    (tmp_path / "rules").mkdir()
    read(tmp_path / "rules", RULES)
    assert load_settings(settings).policy.minimum_people == 20
    settings.write_text("campaigns: {kind: yaml, path: campaigns}\n")
    assert load_settings(settings).policy == DEFAULT_POLICY
