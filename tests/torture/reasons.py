"""R15: every no-bid names its reason, and the reason is true: flip it, and the next is named or a bid comes.

A good request is spoiled in one to four places, of which every spoiler takes its turn to be the first. The reason
named must be one of those spoiled; its one condition is flipped (chosen by the reason alone) and the request asked
again, until it bids. So a chain of explanations that is wrong anywhere is seen.
"""

import asyncio
import copy
import json
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from adserver.domain.reasons import Reason
from tests.endpoints.client import Client
from tests.torture import offline, strict
from tests.torture.choosy import choosy
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.flips import FLIPS, NEVER, SPOILERS
from tests.torture.kinds import ALL, KINDS
from tests.torture.situations import Situation, Spoiler

Json = dict[str, Any]
Explain = Callable[[Situation], Awaitable[Json]]

SPOILED = 4
"""At most so many conditions at once."""


def run(scale: Scale) -> list[Figure]:
    """Follow no-bids to their bids, without a server and with one."""
    dice = Random(scale.seed)
    alone, served = Chains(dice, SPOILERS), Chains(dice, [s for s in SPOILERS if s.on_the_wire])
    asyncio.run(_alone(alone, scale))
    asyncio.run(_served(served, scale))
    unnamed = set(Reason) - NEVER.keys() - alone.named.keys()
    missing = [f"{reason} was never named" for reason in unnamed]
    missing += [f"{reason} is said never to be" for reason in alone.named.keys() & NEVER.keys()]
    kinds = f"{len(alone.named)} reasons named, {len(NEVER)} that name no request"
    return [
        none_of("R15", "no-bids whose reason is wrong, in process", alone.links, alone.wrong),
        none_of("R15", "the same through POST /explain, and bids", served.links, served.wrong),
        Figure("R15", "reasons with a flip", "; ".join(missing) or kinds, "all", not missing),
    ]


class Chains:
    """Spoiled requests followed from reason to reason until they bid."""

    def __init__(self, dice: Random, spoilers: Sequence[Spoiler]) -> None:
        self.named: Counter[Reason] = Counter()
        self.wrong: list[str] = []
        self.links = 0
        """No-bids explained and flipped."""
        self._dice = dice
        self._turns = cycle(spoilers)
        self._spoilers = {kind: [each for each in spoilers if kind in each.kinds] for kind in ALL}

    async def follow(self, explain: Explain, name: str) -> None:
        """Spoil one request and follow it."""
        dice = self._dice
        first = next(self._turns)
        kind = dice.choice(first.kinds)
        others = dice.choices(self._spoilers[kind], k=dice.randrange(SPOILED))
        await self.unravel(explain, kind, name, [first, *others])

    async def unravel(
        self, explain: Explain, kind: str, name: str, spoilers: Sequence[Spoiler]
    ) -> None:
        """Spoil one request by these, as far as their places differ, and follow it."""
        dice = self._dice
        chosen = {each.place: each for each in reversed(spoilers)}
        spoiled = sorted(chosen.values(), key=_last)
        base = strict.request(kind, name)
        situation = Situation(kind, copy.deepcopy(base), base, KINDS[kind].home)
        for each in spoiled:
            each.spoil(situation, dice)
        left = {each.reason for each in spoiled}
        while True:
            walk = await explain(situation)
            if walk["no_bid"] is None:
                return  # a spoiler may hide behind another that was mended together with it
            reason = Reason(walk["no_bid"])
            self.links += 1
            self.named[reason] += 1
            complaint = _complaint(walk, reason, left)
            if complaint:
                self.wrong.append(
                    f"{complaint}, of {sorted(left)}: {json.dumps(situation.request)}"
                )
                return
            left.discard(reason)
            FLIPS[reason](situation, dice)


def _last(spoiler: Spoiler) -> bool:
    return spoiler.place == "space"  # it takes the media type away that others spoil


def _complaint(walk: Json, reason: Reason, left: set[Reason]) -> str:
    if reason not in left:
        return f"named {reason}"
    if "candidates" in walk:
        fallen = {(each["line_item"], each["creative"]) for each in walk["fallen_candidates"]}
        if len(fallen) != walk["candidates"]:
            return f"{reason} with {walk['candidates'] - len(fallen)} candidates not accounted for"
        if reason not in walk["fallen"]:
            return f"{reason} with nobody who fell for it"
    return ""


async def _alone(chains: Chains, scale: Scale) -> None:
    bench = offline.all_kinds()
    box, wanted = scale.time(0.7), scale.count(100_000, 1_800)
    number = 0
    while chains.links < wanted and not box.over():
        await chains.follow(bench.explain, f"alone-{number}")
        number += 1
    if any(bench.claims.values()):
        chains.wrong.append("explaining kept money")


async def _served(chains: Chains, scale: Scale) -> None:
    box, wanted = scale.time(0.3), scale.count(10_000, 400)
    with (
        tempfile.TemporaryDirectory() as folder,
        choosy(Path(folder)) as server,
        server.client() as public,
        Client(server.private_port) as private,
    ):

        async def explain(situation: Situation) -> Json:
            body = json.dumps(situation.request).encode()
            reply = private.call("POST", f"/explain/{situation.exchange}", body)
            walk: Json = reply.json()
            status = public.bid(body, situation.exchange).status
            if status != (200 if walk["no_bid"] is None else 204):
                chains.wrong.append(f"answered {status}, explained {walk['no_bid']}")
            return walk

        number = 0
        while chains.links < wanted and not box.over():
            await chains.follow(explain, f"served-{number}")
            number += 1
