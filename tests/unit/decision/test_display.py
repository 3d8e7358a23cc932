"""What publishers refuse of display markup, each by its reason."""

import pytest

from adserver.catalog.compiler import compile_snapshot
from adserver.decision.fitting import display
from adserver.decision.tracing import Traced
from adserver.domain.campaign import Catalog
from adserver.domain.creative import AnyCreative, Html
from adserver.domain.opportunity import BannerSpace
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule
from tests.unit.decision.made import advertiser, banner, line_item

LINK = '<a href="{{click_url}}">x</a>'


def html(name: str, markup: str = "", **fields: object) -> Html:
    given = {"sizes": ((300, 250),)} | fields
    return Html(id=name, landing_url="https://shop.example/", markup=LINK + markup, **given)  # type: ignore[arg-type]  # a test's shorthand


CREATIVES: list[AnyCreative] = [
    banner("image"),
    banner("measured", viewability=True),
    html("text"),
    html("picture", '<img src="https://cdn.example/a.png" alt="">'),
    html("script", "<script></script>"),
    html("handler", '<b onclick="f()">'),
    html("frame", '<iframe src="https://cdn.example/a.html"></iframe>'),
    html("watched", viewability=True),
    html("mraid", apis=(5,)),
    html("wide", sizes=(), ratio=(32, 5), min_width=300),
]
EVERYBODY = {each.id for each in CREATIVES}


def passing(space: BannerSpace) -> tuple[set[str], set[Reason]]:
    """Return who may be shown, and why the others may not."""
    item = line_item(creatives=tuple(EVERYBODY))
    snapshot = compile_snapshot(Catalog((advertiser("shop", item, creatives=tuple(CREATIVES)),)))
    trace = Traced()
    alive = display.narrow(snapshot, space, snapshot.everyone, trace)
    names = {c.creative.id for c in snapshot.candidates if alive >> c.index & 1}
    return names, {fall.reason for fall in trace.falls}


@pytest.mark.parametrize(
    ("space", "fallen", "reasons"),
    [
        (BannerSpace((), apis=(5,)), set(), set()),
        (BannerSpace(()), {"mraid"}, {Reason.API}),
        (BannerSpace((), apis=(3, 6)), {"mraid"}, {Reason.API}),
        (BannerSpace((), blocked_types=(3,), apis=(5,)), {"measured", "script", "handler", "watched", "mraid"}, {Reason.BLOCKED_TYPE}),
        (BannerSpace((), blocked_types=(4,), apis=(5,)), {"frame"}, {Reason.BLOCKED_TYPE}),
        (BannerSpace((), blocked_types=(2,), apis=(5,)), {"image", "measured", "picture"}, {Reason.BLOCKED_TYPE}),
        (BannerSpace((), blocked_types=(1,), apis=(5,)), {"text", "wide"}, {Reason.BLOCKED_TYPE}),
        (BannerSpace((), blocked_types=(7, -1), apis=(5,)), set(), set()),
        (BannerSpace((), mimes=("image/jpeg",), apis=(5,)), EVERYBODY - {"image", "measured"}, {Reason.MIME}),
        (BannerSpace((), mimes=("text/javascript",), apis=(5,)), {"image", "measured"}, {Reason.MIME}),
        (BannerSpace((), mimes=("image/gif", "text/html"), apis=(5,)), set(), set()),
        (BannerSpace((), mimes=("application/x-shockwave-flash",)), EVERYBODY, {Reason.MIME}),
        (BannerSpace(((300, 250),), apis=(5,)), {"wide"}, {Reason.SIZE}),
        (BannerSpace(((320, 50),), apis=(5,)), EVERYBODY - {"wide"}, {Reason.SIZE}),
        (BannerSpace((), ratios=((320, 50, 320),), apis=(5,)), EVERYBODY - {"wide"}, {Reason.SIZE}),
        (BannerSpace((), ratios=((320, 50, 200),), apis=(5,)), EVERYBODY, {Reason.SIZE}),
        (BannerSpace(((320, 480),), largest=(320, 480), apis=(5,)), {"wide"}, {Reason.SIZE}),
    ],
)  # fmt: skip
def test_markup_is_held_to_what_it_is(
    space: BannerSpace, fallen: set[str], reasons: set[Reason]
) -> None:
    assert passing(space) == (EVERYBODY - fallen, reasons)


@pytest.mark.parametrize(
    ("rule", "sizes", "ratio"),
    [
        (ListRule(("300x250", "728x90"), ()), ((300, 250),), None),
        (ListRule(("600x500",), ()), ((600, 500),), None),
        (ListRule(("200x166", "728x90"), ()), None, None),
        (ListRule((), ("300x250",)), ((320, 50),), (6, 5)),
        (ListRule(("600x500", "320x50"), ("320x50",)), ((600, 500),), None),
    ],
)
def test_a_line_item_s_sizes_leave_html_only_those(
    rule: ListRule, sizes: tuple[tuple[int, int], ...] | None, ratio: tuple[int, int] | None
) -> None:
    creative = html("flexible", sizes=((300, 250), (320, 50)), ratio=(6, 5), min_width=300)
    item = line_item(creatives=("flexible",), targeting={Dimension.SIZE: rule})
    compiled = compile_snapshot(Catalog((advertiser("shop", item, creatives=(creative,)),)))
    found = [candidate.creative for candidate in compiled.candidates]
    assert [(each.sizes, each.ratio) for each in found if isinstance(each, Html)] == (
        [] if sizes is None else [(sizes, ratio)]
    )


def test_privacy_signals_are_read_of_requests_where_some_markup_hands_them_on() -> None:
    for markup, wanted in (("", False), ("<i>{{gpp_sid}}</i>", True)):
        item = line_item(creatives=("only",))
        made = Catalog((advertiser("shop", item, creatives=(html("only", markup),)),))
        assert compile_snapshot(made).wanted.macros is wanted
