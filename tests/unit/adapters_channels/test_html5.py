"""What is made of markup that others wrote."""

import html
import json
import re
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given

from adapters.channels.html5 import HtmlChannel
from adserver.domain.creative import Html
from adserver.domain.opportunity import BannerSpace, Opportunity
from adserver.ports import Links
from tests.unit.adapters_channels.elements import Elements, runnable
from tests.unit.adapters_channels.samples import (
    BANNER_SPACE,
    HTML,
    LINKS,
    hostile_links,
)

CLICK = '<a href="{{click_url}}">x</a>'
PAGE = f"<!DOCTYPE html><html><head><title>t</title></head><body>{CLICK}<script>1</script></body></html>\n"
SEEN = LINKS._replace(viewable="https://ads.example/t/viewable/x")


def put_out(
    markup: str, links: Links = LINKS, space: BannerSpace | None = None, **fields: object
) -> str:
    creative = msgspec.structs.replace(HTML, markup=markup, **fields)
    opportunity = Opportunity(id="1", banner=space) if space else BANNER_SPACE
    return HtmlChannel().prepare(creative).render(links, opportunity)


def test_a_part_of_a_page_gets_a_frame_of_its_size_with_pixel_and_label_in_it() -> None:
    read = Elements(put_out(CLICK))
    assert [tag for tag, _ in read.found] == ["div", "a", "img", "a"]
    assert read.found[0][1] == {
        "style": "display:flow-root;position:relative;width:300px;height:250px"
    }
    assert read.found[1][1]["href"] == LINKS.click
    assert read.found[2][1]["src"] == LINKS.impression
    assert read.found[3][1]["href"] == LINKS.why
    assert read.parents["img"] == ["div"]


def test_a_whole_page_stays_one_and_what_is_added_is_in_its_body() -> None:
    text = put_out(PAGE, SEEN, viewability=True)
    assert text.startswith("<!DOCTYPE html>")
    assert text.endswith("</body></html>\n")
    read = Elements(text)
    assert read.parents["img"] == ["html", "body"]
    assert "position:fixed" in str(read.found[-3][1]["style"])
    assert read.parents["script"] == ["html", "body", "div"]


def test_the_end_of_a_body_that_a_script_writes_is_not_taken_for_the_page_s() -> None:
    text = put_out(f'<body>{CLICK}<script>document.write("</body>")</script>')
    assert Elements(text).parents["img"] == ["body"]
    assert '"</body>")</script><img' in text


def test_without_a_label_of_ours_and_with_their_own_pixels_nothing_is_added() -> None:
    own = f'{CLICK}<img src="{{{{impression_url}}}}"><img src="{{{{viewable_url}}}}">'
    links = SEEN._replace(why="")
    read = Elements(put_out(own, links, viewability=True))
    assert [tag for tag, _ in read.found] == ["div", "a", "img", "img"]
    assert [found["src"] for tag, found in read.found if tag == "img"] == [
        LINKS.impression,
        SEEN.viewable,
    ]


def test_a_third_party_gets_our_click_encoded_and_the_exchange_s_macro_only_where_it_can_work() -> (
    None
):
    links = LINKS._replace(
        click="%%CLICK_URL_UNESC%%https%3A%2F%2Fads.example%2Fc", bare_click="https://ads.example/c"
    )
    read = Elements(
        put_out(CLICK + '<script src="https://t.example/?c={{click_url|url}}"></script>', links)
    )
    assert read.found[1][1]["href"] == links.click
    assert read.found[2][1]["src"] == "https://t.example/?c=https%3A%2F%2Fads.example%2Fc"


def test_the_price_macro_reaches_the_exchange_in_every_context() -> None:
    for context in ("", "|url"):
        text = put_out(f'{CLICK}<i data-u="{{{{impression_url{context}}}}}"></i>')
        assert "${AUCTION_PRICE}" in text
    assert "${AUCTION_PRICE}" in put_out(f'{CLICK}<script>"{{{{impression_url|js}}}}"</script>')


def test_sizes_signals_and_ids_are_filled_in_as_they_are() -> None:
    signals = LINKS.consent._replace(gdpr="1", gpp_sid="7,8")
    text = put_out(
        CLICK
        + "<i data-all='{{width}} {{height}} {{cache_buster}} {{gdpr}} {{gdpr_consent}} {{gpp_sid}} {{creative_id}}'></i>",
        LINKS._replace(consent=signals),
    )
    assert f"'300 250 {LINKS.serving} 1  7,8 autumn-html'" in text


@pytest.mark.parametrize(
    ("space", "size"),
    [
        (BannerSpace(((728, 90), (300, 250))), "300 250"),
        (BannerSpace(((320, 50),)), "320 50"),
        (BannerSpace(()), "300 250"),
        (BannerSpace((), ratios=((640, 100, 400),)), "400 62"),
        (BannerSpace(((360, 640),), largest=(360, 640)), "300 600"),
    ],
)
def test_of_several_sizes_it_has_the_one_that_the_space_wants(
    space: BannerSpace, size: str
) -> None:
    text = put_out(
        CLICK + "<i>{{width}} {{height}}</i>", space=space, sizes=((300, 250), (300, 600)), ratio=(32, 5), min_width=300
    )  # fmt: skip
    assert f"<i>{size}</i>" in text
    if space.ratios:
        assert 'style="display:flow-root;position:relative;width:100%;aspect-ratio:640/100"' in text


def test_a_space_that_it_does_not_fit_is_a_bug_that_is_loud() -> None:
    with pytest.raises(ValueError, match="no size for imp '1'"):
        put_out(CLICK, space=BannerSpace(((1, 1),)), sizes=((300, 250), (300, 600)))


def test_in_an_application_the_web_view_opens_the_landing_page() -> None:
    text = put_out(CLICK, apis=(5,))
    assert text.startswith('<script src="mraid.js"></script>')
    assert "mraid.open(a.href)" in text
    own = CLICK + "<script>mraid.open('{{click_url|js}}')</script>"
    assert "closest" not in put_out(own, apis=(3,))
    loading = '<script src="mraid.js"></script>' + own
    assert put_out(loading, apis=(6,)).count("mraid.js") == 1


@pytest.mark.parametrize(
    ("markup", "complaint"),
    [
        ("<b>", "no {{click_url}}"),
        (f"{CLICK}\n{{{{clik_url}}}}", "line 2: unknown placeholder '{{clik_url}}'; did you mean {{click_url}}?"),
        (f"{CLICK}{{{{CLICK_URL}}}}", "unknown placeholder '{{CLICK_URL}}'"),
        (f"{CLICK}{{{{click_url|html}}}}", "behind the bar stands js or url"),
        (f"{CLICK}{{{{ user_id }}}}", "known are click_url"),
        (f"{CLICK}{{{{", "unknown placeholder '{{'"),
        (f"{CLICK}{{{{click_url", "unknown placeholder '{{click_url'"),
        ("<script>a='{{click_url}}'</script>", "write {{click_url|js}}"),
        ('<i onclick="a(\'{{click_url}}\')">', "write {{click_url|js}}"),
        ('<a href="{{click_url|js}}">', "write {{click_url}}"),
        ("<style>{{click_url}}</style>", "no address of ours belongs"),
        ('<iframe srcdoc="{{click_url}}"></iframe>', "no address of ours belongs"),
        ("<i {{click_url}}>", "in a tag's or attribute's name"),
        (f"{CLICK}<!--", "close it"),
        (f"{CLICK}<script>", "close it"),
        (f'{CLICK}<img alt="', "close it"),
        (f"{CLICK}<textarea>", "<textarea> is not closed"),
        (f"{CLICK}<plaintext>", "swallows what follows"),
        (f'{CLICK}<base href="https://x.example/">', "moves every relative address"),
        (f'{CLICK}\n\n<meta http-equiv="Refresh" content="0">', "line 3: <meta http-equiv=refresh>"),
        (f'{CLICK}<img src="picture.png">', "line 1: src: 'picture.png': not http or https"),
        (f'{CLICK}<img src="{{{{click_url|url}}}}">', "src: '{{click_url|url}}': not http or https"),
        (f'{CLICK}<a href="javascript:void(0)">', "not http or https"),
        (f'{CLICK}<img srcset="https://x.example/1 1x, //x.example/2 2x">', "not http or https"),
        (f'{CLICK}<i style="background:url(//x.example/2)">', "not http or https"),
        (f"{CLICK}<script>load('http://x.example/')</script>", "must be https"),
        (f'{CLICK}<script src="mraid.js"></script>', "declare the API frameworks 3, 5 or 6"),
        (f"{CLICK}<script>mraid.close()</script>", "declare the API frameworks 3, 5 or 6"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_when_loaded_by_what_and_where(
    markup: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)) as refused:
        put_out(markup)
    assert "autumn-html: " in str(refused.value)


def test_a_whole_page_for_mraid_loads_it_in_its_head() -> None:
    with pytest.raises(ValueError, match="in its head"):
        put_out(PAGE, apis=(5,))


def test_it_needs_a_size_or_a_ratio() -> None:
    with pytest.raises(ValueError, match="needs its sizes, or a ratio"):
        put_out(CLICK, sizes=())


def test_namespaces_pictures_brought_along_and_places_in_the_page_are_fine() -> None:
    put_out(
        CLICK + '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>'
        '<img src="data:image/png;base64,AAAA"><i style="background:url(data:image/gif;base64,AA)"></i>'
        "<script>if (a < b) { c = {d: {e: 1}} }</script>"
    )


@given(links=hostile_links)
def test_whatever_a_link_is_made_of_it_stays_where_it_is_put(links: Links) -> None:
    creative = msgspec.structs.replace(
        HTML,
        markup='<a href="{{click_url}}">x</a><p>{{click_url}}</p><script>a="{{click_url|js}}";b=1</script>'
        "<img alt='' src='https://t.example/?c={{click_url|url}}&d=1'>",
    )
    text = HtmlChannel().prepare(creative).render(links, BANNER_SPACE)
    read = Elements(text)
    tags = [tag for tag, _ in read.found]
    assert tags == ["div", "a", "p", "script", "img", "img", *(["a"] if links.why else [])]
    assert read.found[1][1]["href"] == links.click
    assert links.click in read.text
    (script,) = runnable(text)
    assert script.startswith('a="')
    assert script.endswith('";b=1')
    read_back = re.sub(r"\\x(..)", lambda found: f"\\u00{found[1]}", script[3 : script.rindex('"')])
    assert json.loads(f'"{read_back}"') == links.click
    query = html.unescape(str(read.found[4][1]["src"]))
    assert unquote(query.removeprefix("https://t.example/?c=").removesuffix("&d=1")) == (
        links.bare_click or links.click
    )


def test_another_kind_is_refused_by_its_name() -> None:
    creative = Html(id="empty", landing_url="https://shop.example/", markup="", sizes=((1, 1),))
    with pytest.raises(ValueError, match=r"empty: no \{\{click_url"):
        HtmlChannel().prepare(creative)
