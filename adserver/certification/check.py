"""What one acceptance test is, and what may come out of it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

import msgspec

from adserver.certification.judge import problems
from adserver.certification.wire import Answer, Bidder, Json


class Verdict(StrEnum):
    """What came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SHOWN = "not_shown"  # nothing was bid that could be judged


class NotShownError(Exception):
    """Nothing was bid that could be judged; the message says what was missing."""


Run = Callable[[Bidder], Awaitable[list[str]]]
"""Returns what was wrong, in sentences; raises `NotShownError`."""


class Check(msgspec.Struct, frozen=True):
    """One acceptance test."""

    name: str
    """A word for it: `floors`."""
    says: str
    """What it demands, in a sentence."""
    source: str
    """Where that stands."""
    run: Run


class Outcome(msgspec.Struct, frozen=True):
    """What came out of one check."""

    check: str
    says: str
    source: str
    verdict: Verdict
    found: tuple[str, ...] = ()
    """What was wrong, or what was missing."""


async def carried_out(check: Check, bidder: Bidder) -> Outcome:
    """Run one check."""
    try:
        found = await check.run(bidder)
        verdict = Verdict.FAILED if found else Verdict.PASSED
    except NotShownError as missing:
        found, verdict = [str(missing)], Verdict.NOT_SHOWN
    return Outcome(check.name, check.says, check.source, verdict, tuple(found))


def judged(request: Json, answer: Answer) -> list[str]:
    """Return what is wrong with any answer to a valid request: a bid, or none, in one of the allowed ways."""
    if answer.trouble:
        return [f"no answer: {answer.trouble}"]
    if answer.status == 204:  # noqa: PLR2004 - no content: the usual no-bid
        return ["204 has no content, yet here is some"] if answer.body else []
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        return [f"status {answer.status} for a valid request; 200 or 204 are expected"]
    response = answer.response
    if response is None:
        return ["200 without a JSON object"]
    found = []
    if not answer.headers.get("content-type", "").startswith("application/json"):
        found.append(f"content type {answer.headers.get('content-type', 'none')!r}, not JSON")
    if not answer.bids:
        return found if response.keys() <= {"id", "seatbid", "nbr", "ext", "bidid", "cur"} else [*found, "a no-bid with unknown members"]  # fmt: skip
    return found + problems(request, response)


async def bids_for(bidder: Bidder, request: Json, what: str) -> list[Json]:
    """Return the bids for a request. Raises `NotShownError` if there are none."""
    answer = await bidder.ask(request)
    if not answer.bids:
        raise NotShownError(f"no bid for {what}")
    return answer.bids
