"""Which addresses a bid has, by what its exchange declares."""

from itertools import product

import pytest

from adserver.domain.consent import NO_MACROS
from adserver.domain.exchange import Billable, ExchangeTerms, Macros, Told
from adserver.domain.opportunity import MediaType
from adserver.openrtb.links import Gaps, markup_links, notice_urls
from adserver.ports import Links

BASE = "https://ads.example"
GAPS = Gaps("TOKEN", "SERVING", NO_MACROS)
BILLABLES: tuple[Billable, ...] = ("win", "billing", "impression")


def links(terms: ExchangeTerms, media: MediaType, *, out_of_home: bool = False) -> Links:
    """Return what markup gets."""
    return markup_links(BASE, GAPS, terms, media, out_of_home=out_of_home, labelled=True)


def test_the_price_is_told_where_it_bills_and_in_no_other_markup() -> None:
    for media, billable in product(MediaType, BILLABLES):
        terms = ExchangeTerms(
            name="one", billable_banner=billable, billable_video=billable, billable_native=billable,
            billable_audio=billable, macros=Macros(markup_price="MARKUP", vast_price="VAST"),
        )  # fmt: skip
        played = media in {MediaType.VIDEO, MediaType.AUDIO}
        price = ("?p=VAST" if played else "?p=MARKUP") if billable == "impression" else ""
        assert links(terms, media).impression == f"{BASE}/t/impression/TOKEN{price}"
        assert (notice_urls(BASE, "T", terms, media, out_of_home=False).billing is None) == (
            billable != "billing"
        )


def test_screens_out_of_home_tell_how_many_saw_it_wherever_they_are_billed() -> None:
    terms = ExchangeTerms(name="one", billable_out_of_home="impression")
    pixel = links(terms, MediaType.BANNER, out_of_home=True).impression
    assert pixel.endswith("?p=${AUCTION_PRICE}&n=${AUCTION_MULTIPLIER}")


@pytest.mark.parametrize("media", MediaType)
def test_an_exchange_s_click_macro_stands_in_html_only(media: MediaType) -> None:
    found = links(ExchangeTerms(name="one", macros=Macros(click="%%CLICK%%")), media)
    bare = f"{BASE}/t/click/TOKEN"
    assert found.bare_click == bare
    in_html = "%%CLICK%%https%3A%2F%2Fads.example%2Ft%2Fclick%2FTOKEN"
    assert found.click == (in_html if media is MediaType.BANNER else bare)


@pytest.mark.parametrize(
    ("notices", "billable", "win", "loss"),
    [
        (("win", "loss"), "billing", True, True),
        (("win",), "billing", True, False),
        (("loss",), "impression", False, True),
        ((), "impression", False, False),
        ((), "win", True, False),
    ],
)
def test_only_notices_that_are_called_are_asked_for(
    notices: tuple[Told, ...], billable: Billable, *, win: bool, loss: bool
) -> None:
    terms = ExchangeTerms(name="one", notices=notices, billable_banner=billable)
    urls = notice_urls(BASE, "T", terms, MediaType.BANNER, out_of_home=False)
    assert (urls.win is not None, urls.loss is not None) == (win, loss)
