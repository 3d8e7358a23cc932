"""Neither what an exchange refused nor what a country or children must not see is bid."""

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.review import Bars, bars
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.domain.campaign import Catalog
from adserver.domain.consent import CHILDREN, Permission, without_person
from adserver.domain.creative import Restriction
from adserver.domain.dsa import Label, Transparency
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import NativeSpace, Opportunity
from adserver.domain.reasons import Reason
from adserver.domain.restricted import Where
from adserver.domain.review import Review, Reviews, Standing, fingerprint
from adserver.privacy.permission import ALLOWED
from tests.unit.decision import made

TILE = made.banner("tile")
REQUIRED = {"one": ExchangeTerms(name="one", approval="required")}
BY_HABIT = {"one": ExchangeTerms(name="one")}


def catalog(**changes: object) -> Catalog:
    tile = made.banner("tile", **changes)
    item = made.line_item(creatives=("tile",))
    return Catalog((made.advertiser("shop", item, creatives=(tile,)),))


def reviewed(how: Standing) -> Reviews:
    word = Review(
        creative="tile", exchange="one", standing=how, fingerprint=fingerprint(TILE), at_s=1
    )
    return {"one": {"tile": word}}


def outcome(
    compiled: Snapshot,
    *opportunities: Opportunity,
    permission: Permission = ALLOWED,
    **said: object,
) -> Reason | None:
    """Return why nothing was bid, or `None` for a bid."""
    auction = made.auction(*opportunities, **said)
    moment = made.moment(compiled, permission=permission)
    trace = Traced()
    fits = look_ahead(compiled, auction)
    return None if decide(made.world(compiled), auction, fits, moment, trace) else trace.reason


def test_what_an_exchange_refused_does_not_bid_there_but_elsewhere() -> None:
    campaigns = catalog()
    barred = bars(campaigns, BY_HABIT, reviewed(Standing.REFUSED), {})
    compiled = compile_snapshot(campaigns, bars=barred)
    assert outcome(compiled) is Reason.NOT_APPROVED
    assert outcome(compiled, exchange="two") is None


def test_where_approval_is_asked_for_nothing_bids_before() -> None:
    campaigns = catalog()
    for reviews, reason in (
        ({}, Reason.NOT_APPROVED),
        (reviewed(Standing.PENDING), Reason.NOT_APPROVED),
        (reviewed(Standing.APPROVED), None),
    ):
        barred = bars(campaigns, REQUIRED, reviews, {})
        assert outcome(compile_snapshot(campaigns, bars=barred)) is reason


def test_a_changed_creative_needs_approval_anew_and_its_refusal_is_void() -> None:
    campaigns = catalog(image_url="https://cdn.example/other.png")
    approved = bars(campaigns, REQUIRED, reviewed(Standing.APPROVED), {})
    assert outcome(compile_snapshot(campaigns, bars=approved)) is Reason.NOT_APPROVED
    refused = bars(campaigns, BY_HABIT, reviewed(Standing.REFUSED), {})
    assert outcome(compile_snapshot(campaigns, bars=refused)) is None


def test_what_is_restricted_runs_only_where_the_rule_says_and_never_for_children() -> None:
    campaigns = catalog(restrictions=(Restriction.GAMBLING,))
    compiled = compile_snapshot(
        campaigns, bars=Bars(rules={"gambling": Where(refused_in=("NOR", "SWE"))})
    )
    assert outcome(compiled, country="GBR") is None
    assert outcome(compiled, country="NOR") is Reason.RESTRICTED
    assert outcome(compiled, country="") is Reason.RESTRICTED
    for_children = without_person(CHILDREN)
    assert outcome(compiled, country="GBR", permission=for_children) is Reason.RESTRICTED
    assert outcome(compile_snapshot(campaigns), country="GBR") is Reason.RESTRICTED


def test_politics_stand_only_where_their_label_does() -> None:
    campaigns = catalog(political=True)
    compiled = compile_snapshot(
        campaigns, bars=Bars(rules={"political": Where(allowed_in=("DEU",))})
    )
    told_by_publisher = Transparency(required=True, publisher=Label.WILL, parameters=True)
    assert outcome(compiled, country="DEU") is None
    assert outcome(compiled, country="DEU", transparency=told_by_publisher) is Reason.UNLABELLED


def test_what_everybody_may_see_is_not_touched_by_the_rules() -> None:
    compiled = compile_snapshot(catalog(), bars=Bars(rules={"gambling": Where(allowed_in=())}))
    assert outcome(compiled, country="") is None
    empty = Opportunity(id="1", native=NativeSpace(assets=()))
    assert outcome(compiled, empty) is Reason.MEDIA_TYPE
