"""A bidder by the book is certified; one fault, and the check that is about it says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestServer

from adserver.certification.check import Outcome, Verdict
from adserver.certification.checks import CHECKS
from adserver.certification.kit import certify, is_certified
from adserver.certification.report import page
from adserver.certification.wire import Bidder
from tests.fakes.standard_bidder import StandardBidder

PUBLIC = "https://bidder.example"


@asynccontextmanager
async def reached(fault: str = "") -> AsyncIterator[Bidder]:
    """Serve the bidder, whose own addresses are public ones."""
    async with TestServer(StandardBidder(fault).app) as server:
        own = f"http://{server.host}:{server.port}"
        async with Bidder(f"{own}/bid") as bidder:
            yield bidder


async def outcomes(fault: str, *names: str) -> dict[str, Outcome]:
    chosen = [check for check in CHECKS if not names or check.name in names]
    async with reached(fault) as bidder:
        return {outcome.check: outcome async for outcome in certify(bidder, chosen)}


async def test_a_bidder_by_the_book_is_certified() -> None:
    found = await outcomes("")
    assert not {name: each.found for name, each in found.items() if each.verdict is Verdict.FAILED}
    not_shown = {name for name, each in found.items() if each.verdict is Verdict.NOT_SHOWN}
    assert not_shown == {"secure"}  # it is reached by http
    assert is_certified(list(found.values()))


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("id", "answers"),
        ("type", "answers"),
        ("malformed", "malformed"),
        ("tolerance", "tolerance"),
        ("gzip", "gzip"),
        ("closes", "keep-alive"),
        ("size", "banner"),
        ("mime", "video"),
        ("mime", "audio"),
        ("asset", "native"),
        ("mtype", "several-kinds"),
        ("impid", "several-imps"),
        ("pod", "pod"),
        ("dur", "pod"),
        ("floor", "floors"),
        ("currency", "currency"),
        ("floor currency", "floor-currency"),
        ("private", "private-auction"),
        ("declared", "declared"),
        ("badv", "advertisers"),
        ("bcat", "categories"),
        ("battr", "attributes"),
        ("seats", "seats"),
        ("personal", "nothing-personal"),
        ("hopeless", "hopeless"),
        ("once", "notices"),
        ("odd price", "odd-prices"),
        ("altered", "altered"),
        ("macro", "markup"),
        ("dead pixel", "markup"),
    ],
)
async def test_a_fault_is_found_by_the_check_that_is_about_it(fault: str, check: str) -> None:
    found = await outcomes(fault, check)
    assert found[check].verdict is Verdict.FAILED, found[check]
    assert found[check].found


async def test_markup_over_http_is_found_where_the_bidder_itself_is_secure() -> None:
    async with TestServer(StandardBidder("insecure").app) as server:
        url = f"http://{server.host}:{server.port}/bid"
        async with Bidder(url, public_url=PUBLIC) as bidder:
            chosen = [check for check in CHECKS if check.name == "secure"]
            (outcome,) = [each async for each in certify(bidder, chosen)]
    assert outcome.verdict is Verdict.FAILED


async def test_a_bidder_that_never_bids_is_not_certified_for_that() -> None:
    found = await outcomes("", "floors")
    silent = Outcome("floors", "", "", Verdict.NOT_SHOWN, ("no bid",))
    assert not is_certified([silent])
    assert is_certified([silent, *found.values()])


def test_the_page_shows_what_a_bidder_sent_as_text() -> None:
    nasty = Outcome("a", "It <b>fits</b>.", "s", Verdict.FAILED, ("<script>alert(1)</script>",))
    shown = page("http://x/?<>", "now", [nasty])
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "1 failed" in shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://:99999/x", "this is no web address"),
        ("http://127.0.0.1:9/x", "nobody listens there"),
    ],
)
async def test_what_does_not_answer_is_told_in_plain_words(url: str, why: str) -> None:
    async with Bidder(url) as bidder:
        assert (await bidder.post(b"{}")).trouble == why
