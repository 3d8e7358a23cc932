"""The permission table, row by row."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from adserver.domain.choices import Choices
from adserver.domain.consent import REFUSED, Permission, Signals, without_person
from adserver.privacy.countries import COUNTRIES_UNDER_GDPR, CountryRule
from adserver.privacy.legal_bases import Registration
from adserver.privacy.permission import ALLOWED, permit, with_choices
from adserver.privacy.policy import Policy
from adserver.privacy.rules import BY_CONSENT, Rules
from tests.corpus.corpus import corpus
from tests.unit.privacy import vectors

US = 12
RULES = Rules(US)
NOW_S = 1_795_000_000
ALL = tuple(range(1, 12))


def ask(policy: bool = False, **fields: Any) -> Permission:  # noqa: FBT001, FBT002 - a table's column
    return permit(Signals(**fields), RULES, NOW_S, contextual_without_consent=policy)


def consent(*purposes: int) -> str:
    return vectors.core(purposes=purposes)


def by_tcf(**refused: bool) -> Permission:
    return replace(ALLOWED, precise=False, basis="tcf", **refused)


def test_without_any_signal_everything_is_allowed() -> None:
    assert ask() == ALLOWED
    assert ask(country="USA") == ALLOWED
    assert ask(gdpr=0, country="DEU") == ALLOWED


@pytest.mark.parametrize("text", [None, "", "-", "CO5V", "BOMexSfOMexSfAAABAENAA4AAAAAuAAA"])
@pytest.mark.parametrize("where", [{"gdpr": 1}, {"country": "DEU"}, {"gdpr": 1, "country": "USA"}])
def test_under_gdpr_without_a_readable_string_nothing_or_the_page_alone(
    text: str | None, where: dict[str, Any]
) -> None:
    assert ask(tcf=text, **where) == REFUSED
    assert ask(policy=True, tcf=text, **where) == without_person("gdpr")


def test_a_string_without_us_is_no_consent() -> None:
    text = vectors.core(consents=vectors.vendor_bits([11, 13]))
    assert ask(gdpr=1, tcf=text) == REFUSED
    assert ask(policy=True, gdpr=1, tcf=text) == without_person("gdpr")


@pytest.mark.parametrize(
    ("missing", "refused"),
    [
        ((), {}),
        ((1,), {"identify": False, "personalise": False, "profile": False}),
        ((3,), {"profile": False}),
        ((4,), {"personalise": False}),
        ((7,), {"measure": False}),
        ((5, 6, 8, 11), {}),
        ((9,), {}),
        ((10,), {}),
        ((9, 10), {"train": False}),
        ((3, 4, 7), {"profile": False, "personalise": False, "measure": False}),
    ],
)
@pytest.mark.parametrize("where", [{"gdpr": 1}, {"country": "FRA"}])
def test_each_purpose_opens_what_it_is_for(
    missing: tuple[int, ...], refused: dict[str, bool], where: dict[str, Any]
) -> None:
    text = consent(*(purpose for purpose in ALL if purpose not in missing))
    assert ask(tcf=text, **where) == by_tcf(**refused)


def test_without_purpose_2_there_is_no_bid_or_only_the_page() -> None:
    text = consent(*(purpose for purpose in ALL if purpose != 2))
    assert ask(gdpr=1, tcf=text) == REFUSED
    assert ask(policy=True, gdpr=1, tcf=text) == without_person("gdpr")


@pytest.mark.parametrize(
    ("field", "basis"),
    [
        ({"coppa": True}, "coppa"),
        ({"limited": True}, "limited"),
        ({"gpc": True}, "gpc"),
        ({"us_privacy": "1YYN"}, "us_privacy"),
        ({"gpp_sections": (7,)}, "gpp"),
        ({"gpp_sections": (-1, 8), "gpp": "nonsense"}, "gpp"),
    ],
)
@pytest.mark.parametrize("gdpr", [{}, {"gdpr": 1, "tcf": consent(*ALL)}])
def test_restrictions_leave_the_page_alone_whatever_consent_says(
    field: dict[str, Any], basis: str, gdpr: dict[str, Any]
) -> None:
    assert ask(**field, **gdpr) == without_person(basis)


@pytest.mark.parametrize("field", [{"coppa": True}, {"limited": True}, {"us_privacy": "1YYN"}])
def test_a_restriction_never_gives_what_gdpr_refuses(field: dict[str, Any]) -> None:
    assert ask(gdpr=1, **field) == REFUSED


@pytest.mark.parametrize("sections", [(), (-1,), (0,), (-1, 0)])
def test_gpp_without_a_section_that_applies_restricts_nothing(sections: tuple[int, ...]) -> None:
    assert ask(gpp_sections=sections, gpp="DBAA") == ALLOWED


@pytest.mark.parametrize(
    "text", ["", "1", "1YN", "1YNNN", "2YNN", "1XNN", "YYNN", "1Y N", "-", "1YN\u00df"]
)
def test_unreadable_us_privacy_counts_as_opted_out(text: str) -> None:
    assert ask(us_privacy=text) == without_person("us_privacy")


def test_us_privacy_says_what_the_specification_says() -> None:
    file = corpus("privacy", "us_privacy.json")
    for vector in msgspec.json.decode(file.read_bytes())["vectors"]:
        opted_out = not vector["format_valid_v1"] or vector["opted_out_of_sale"]
        wanted = without_person("us_privacy") if opted_out else ALLOWED
        assert ask(us_privacy=vector["us_privacy"]) == wanted, vector["us_privacy"]


def test_no_vendor_number_of_ours_has_nobodys_consent() -> None:
    text = vectors.core(consents=vectors.vendor_ranges([(1, 900)]))
    signals = Signals(gdpr=1, tcf=text)
    for vendor, bid in ((0, False), (5, True)):
        found = permit(signals, Rules(vendor), NOW_S, contextual_without_consent=False)
        assert found.bid is bid


@pytest.mark.parametrize("country", ["DEU", "GBR", "CHE", "NOR", "REU", "GUF", "ALA", "GIB"])
def test_countries_under_the_law_need_consent_when_nobody_says(country: str) -> None:
    assert country in COUNTRIES_UNDER_GDPR
    assert ask(country=country) == REFUSED


def test_countries_are_alpha_3_codes_of_the_right_number() -> None:
    assert len(COUNTRIES_UNDER_GDPR) == 27 + 3 + 2 + 8
    assert all(len(code) == 3 and code.isupper() for code in COUNTRIES_UNDER_GDPR)


def test_a_string_counts_even_where_the_law_is_denied() -> None:
    assert ask(gdpr=0, tcf=consent(1, 3, 4)) == REFUSED
    assert ask(gdpr=0, tcf=consent(*ALL)) == by_tcf()


def test_a_string_of_the_future_is_no_consent() -> None:
    later = vectors.core(purposes=ALL, created=(NOW_S + 3 * 86_400) * 10)
    assert ask(gdpr=1, tcf=later) == REFUSED


def test_a_platform_that_was_deleted_asks_for_nothing_any_more() -> None:
    rules = Rules(US, deleted_platforms={300: NOW_S - 1})
    signals = Signals(gdpr=1, tcf=consent(*ALL))
    assert permit(signals, rules, NOW_S, contextual_without_consent=False) == REFUSED
    assert permit(signals, rules, NOW_S - 2, contextual_without_consent=False) == by_tcf()


def test_what_nobody_registered_is_never_done() -> None:
    rules = Rules(US, Registration(consent=frozenset({1, 2})))
    found = permit(
        Signals(gdpr=1, tcf=consent(*ALL)), rules, NOW_S, contextual_without_consent=False
    )
    nothing_else = {"personalise": False, "profile": False, "measure": False, "train": False}
    assert found == by_tcf(**nothing_else)


def test_a_legitimate_interest_carries_what_is_registered_so() -> None:
    registration = replace(
        BY_CONSENT,
        consent=frozenset({1, 3, 4, 9, 10}),
        legitimate_interest=frozenset({2, 7}),
    )
    text = vectors.core(
        purposes=(1, 4),
        by_interest=(2, 7),
        consents=vectors.vendor_bits([US]),
        interests=vectors.vendor_bits([US]),
    )
    found = permit(
        Signals(gdpr=1, tcf=text), Rules(US, registration), NOW_S, contextual_without_consent=False
    )
    assert found == by_tcf(profile=False, train=False)


@pytest.mark.parametrize(
    ("rule", "gdpr_says", "wanted"),
    [
        (CountryRule.OPT_OUT, {}, ALLOWED),
        (CountryRule.CONSENT, {}, REFUSED),
        (CountryRule.CONSENT, {"gdpr": 0}, ALLOWED),
        (CountryRule.CONTEXTUAL, {}, without_person("country")),
        (CountryRule.CONTEXTUAL, {"gdpr": 1, "tcf": consent(*ALL)}, without_person("country")),
        (CountryRule.CONTEXTUAL, {"gdpr": 1}, REFUSED),
    ],
)
def test_the_operators_rule_for_a_country(
    rule: CountryRule, gdpr_says: dict[str, Any], wanted: Permission
) -> None:
    rules = Rules(US, policy=Policy(countries={"BRA": rule}))
    signals = Signals(country="BRA", **gdpr_says)
    assert permit(signals, rules, NOW_S, contextual_without_consent=False) == wanted


# --- GPP ---

VIRGINIA = {"notices": (1, 1, 1), "sale": 2, "targeting": 2, "sensitive": (0,) * 8, "child": 0}


def gpp(*sections: tuple[int, str]) -> str:
    """Write a GPP string of these sections, ids ascending."""
    ids, last = "", 0
    for number, _ in sections:
        ids += "0" + _fibonacci(number - last)
        last = number
    header = vectors.bits((3, 6), (1, 6), (len(sections), 12)) + ids
    return "~".join([vectors.encode(header), *(text for _, text in sections)])


def _fibonacci(number: int) -> str:
    steps = [1, 2]
    while steps[-1] <= number:
        steps.append(steps[-1] + steps[-2])
    code = ""
    for step in reversed(steps[:-1]):
        code = ("1" if step <= number else "0") + code
        number -= step if step <= number else 0
    return code.rstrip("0") + "1"


def virginia(**changes: Any) -> str:
    """Write the section of Virginia (9): nobody opted out of anything, unless it says so."""
    said: dict[str, Any] = VIRGINIA | changes
    values = [*said["notices"], said["sale"], said["targeting"], *said["sensitive"], said["child"]]
    values += [1, 1, said.get("service_provider", 2)]
    return vectors.encode(vectors.bits((1, 6), *((value, 2) for value in values)))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, ALLOWED),
        ({"sale": 0, "targeting": 0}, ALLOWED),
        ({"sale": 1}, without_person("gpp")),
        ({"targeting": 1}, without_person("gpp")),
        ({"child": 1}, without_person("gpp")),
        ({"child": 2}, without_person("gpp")),
        ({"notices": (2, 1, 1)}, without_person("gpp")),
        ({"notices": (1, 2, 1)}, without_person("gpp")),
        ({"service_provider": 1}, without_person("gpp")),
        (
            {"sensitive": (0, 0, 1, 0, 0, 0, 0, 0)},
            replace(ALLOWED, personalise=False, profile=False, basis="gpp"),
        ),
        ({"sensitive": (2,) * 8}, ALLOWED),
    ],
)
def test_a_state_of_the_us(said: dict[str, Any], wanted: Permission) -> None:
    text = gpp((9, virginia(**said)))
    assert ask(gpp=text, gpp_sections=(9,)) == wanted
    assert ask(gpp=text) == wanted, "without a word on what applies, all of it does"
    assert ask(gpp=text, gpp_sections=(-1,)) == ALLOWED
    assert ask(gpp=text, gpp_sections=()) == ALLOWED


def test_several_sections_leave_what_all_of_them_allow() -> None:
    refusing = gpp((2, consent(1, 2)), (6, "1YYN"), (9, virginia()))
    assert ask(gpp=refusing, gpp_sections=(6,)) == without_person("gpp")
    found = ask(gpp=refusing, gpp_sections=(2, 9))
    assert (found.identify, found.personalise, found.basis) == (True, False, "tcf")
    assert ask(gpp=refusing, gpp_sections=(2, 6)).basis == "gpp"


@pytest.mark.parametrize("text", [None, "", "-", "DBAA", "DBAA~", gpp((6, "1YNN"))])
def test_the_eus_section_missing_is_no_consent_and_any_other_leaves_the_page(
    text: str | None,
) -> None:
    assert ask(gpp=text, gpp_sections=(2,)) == REFUSED
    assert ask(policy=True, gpp=text, gpp_sections=(2,)) == without_person("gdpr")
    assert ask(gpp=text, gpp_sections=(9,)) == without_person("gpp")


def test_both_strings_must_allow() -> None:
    text = gpp((2, consent(*ALL)))
    assert ask(gdpr=1, tcf=consent(*ALL), gpp=text, gpp_sections=(2,)) == by_tcf()
    assert ask(gdpr=1, tcf=consent(1, 2), gpp=text, gpp_sections=(2,)).personalise is False
    refusing = gpp((2, consent(1, 2)))
    assert ask(gdpr=1, tcf=consent(*ALL), gpp=refusing, gpp_sections=(2,)).personalise is False


# --- what the person told us ---


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        (Choices(), by_tcf()),
        (Choices(opted_out=True), without_person("opted_out")),
        (Choices(erased=True), without_person("erased")),
        (Choices(opted_out=True, erased=True, consented=True), without_person("erased")),
        (Choices(objections=(5,)), by_tcf()),
    ],
)
def test_choices_narrow_what_signals_allow(choices: Choices, wanted: Permission) -> None:
    assert with_choices(by_tcf(), choices) == wanted
    assert with_choices(REFUSED, choices).bid is False


def test_our_own_opt_in_allows_training_and_nothing_else() -> None:
    opted_in = Choices(consented=True)
    assert with_choices(by_tcf(train=False), opted_in) == by_tcf()
    without = by_tcf(train=False, personalise=False, measure=False)
    assert with_choices(without, opted_in) == replace(without, train=True)
    assert with_choices(without_person("gpp"), opted_in) == without_person("gpp")


@given(
    signals=st.builds(
        Signals,
        gdpr=st.sampled_from([None, 0, 1]),
        tcf=st.sampled_from([None, "", "-", consent(*ALL), consent(1, 2), consent(2, 4, 9)]),
        us_privacy=st.sampled_from([None, "1YNN", "1YYN", "?"]),
        gpp=st.sampled_from([None, gpp((9, virginia())), gpp((9, virginia(sale=1)))]),
        gpp_sections=st.sampled_from([None, (), (-1,), (9,), (2,), (2, 9)]),
        coppa=st.booleans(),
        limited=st.booleans(),
        gpc=st.booleans(),
        country=st.sampled_from([None, "DEU", "USA", "CAN"]),
    ),
    choices=st.builds(Choices, opted_out=st.booleans(), erased=st.booleans()),
)
def test_a_further_restriction_never_widens(signals: Signals, choices: Choices) -> None:
    before = with_choices(permit(signals, RULES, NOW_S, contextual_without_consent=True), choices)
    for stricter in (
        replace(signals, coppa=True), replace(signals, limited=True), replace(signals, gpc=True),
        replace(signals, us_privacy="1YYN"), replace(signals, tcf="-"), replace(signals, gdpr=1),
    ):  # fmt: skip
        after = permit(stricter, RULES, NOW_S, contextual_without_consent=True)
        after = with_choices(after, choices)
        assert _within(after, before)
    assert _within(with_choices(before, Choices(opted_out=True)), before)


def _within(narrow: Permission, wide: Permission) -> bool:
    *flags, _ = astuple(narrow)
    *others, _ = astuple(wide)
    return all(other or not flag for flag, other in zip(flags, others, strict=True))
