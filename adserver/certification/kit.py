"""Running the checks, one after the other."""

from collections.abc import AsyncIterator, Sequence

from adserver.certification.check import Check, Outcome, Verdict, carried_out
from adserver.certification.checks import CHECKS
from adserver.certification.wire import Bidder


async def certify(bidder: Bidder, checks: Sequence[Check] = CHECKS) -> AsyncIterator[Outcome]:
    """Yield what came out of each check, as it is done."""
    for check in checks:
        yield await carried_out(check, bidder)


def is_certified(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether all went well: something was shown, and nothing failed."""
    verdicts = {outcome.verdict for outcome in outcomes}
    return Verdict.FAILED not in verdicts and Verdict.PASSED in verdicts
