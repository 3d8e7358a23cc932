"""What the judges of invalid traffic look at: in a bid request, and in a call from a device.

Addresses and user agents go no further than to them. Only the reason is kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

from adserver.domain.networks import Networks, packed
from adserver.domain.reasons import Reason
from adserver.endpoints.messages import Request
from adserver.openrtb.people import identifier
from adserver.openrtb.request import BidRequest, UserAgent
from adserver.validity.judge import RequestJudge

MAX_HOPS = 20
"""Of a longer list of proxies only those nearest to us are looked at."""


def suspect(judge: RequestJudge, request: BidRequest, *, identified: bool) -> Reason | None:
    """Return why a request comes from no person; its id is looked at only where that is allowed."""
    device = request.device
    user_agent = ""
    addresses: Sequence[str] = ()
    if device is not None:
        user_agent = device.ua or (_brands(device.sua) if device.sua else "")
        if judge.asks_address:
            addresses = [each for each in (device.ip, device.ipv6) if each]
    person = identifier(request) if judge.asks_id and identified else None
    return judge.judge(user_agent, addresses, "\0".join(person) if person else "")


def _brands(agent: UserAgent) -> str:
    """Return the names of a structured user agent as one text: `HeadlessChrome Not-A.Brand`."""
    return " ".join([each.brand for each in agent.browsers or () if each.brand])


class Visitor(NamedTuple):
    """The device behind a call."""

    user_agent: str
    address: str


class Visitors:
    """Finds the device behind a call that came through proxies."""

    def __init__(self, believed: Networks) -> None:
        """`believed` are the proxies, and the servers that call for devices, whose word we take."""
        self._believed = believed

    def visitor(self, call: Request) -> Visitor:
        """Return the device, by the nearest word of somebody whom we do not know.

        A server that stitches advertisements into videos calls in a device's place and names it by `X-Device-IP`
        and `X-Device-User-Agent`: believed if nobody unknown stands between it and us.
        """
        forwarded = call.header(b"x-forwarded-for")
        hops = [hop.strip() for hop in forwarded.split(",")[-MAX_HOPS:]] if forwarded else []
        for hop in (call.peer, *reversed(hops)):
            raw = packed(hop)
            if raw is None or raw not in self._believed:
                return Visitor(call.header(b"user-agent"), hop)
        return Visitor(
            call.header(b"x-device-user-agent") or call.header(b"user-agent"),
            call.header(b"x-device-ip") or (hops[0] if hops else call.peer),
        )
