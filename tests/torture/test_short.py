"""The short forms of the tortures, and that each of them would notice."""

import asyncio
import os
from random import Random

import pytest

from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension
from tests.torture import canaries, forgeries, offline
from tests.torture.__main__ import BARS
from tests.torture.figures import Missing, Scale
from tests.torture.flips import FLIPS, NEVER, SPOILERS
from tests.torture.reasons import Chains, Json
from tests.torture.situations import Situation, Spoiler


@pytest.mark.parametrize("bar", BARS)
def test_every_figure_reaches_its_bar(bar: str) -> None:
    try:
        figures = BARS[bar](Scale())
    except Missing as lacking:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(lacking))
    assert figures
    assert [figure for figure in figures if not figure.met] == []


def test_every_reason_has_a_flip_or_a_reason_to_have_none() -> None:
    assert FLIPS.keys() | set(NEVER) == set(Reason)
    assert not FLIPS.keys() & set(NEVER)
    assert {spoiler.reason for spoiler in SPOILERS} == FLIPS.keys()


def test_each_spoiler_alone_is_named_and_its_flip_bids() -> None:
    bench = offline.all_kinds()
    wrong: list[str] = []

    async def alone(spoiler: Spoiler, kind: str, seed: int) -> None:
        chains = Chains(Random(seed), SPOILERS)
        await chains.unravel(bench.explain, kind, f"alone-{seed}", [spoiler])
        if chains.wrong or list(chains.named) != [spoiler.reason]:
            named = list(chains.named)
            wrong.append(f"{spoiler.reason} at {spoiler.place} of {kind}: {named} {chains.wrong}")

    async def each() -> None:
        for spoiler in SPOILERS:
            for kind in spoiler.kinds:
                for seed in range(3):
                    await alone(spoiler, kind, seed)

    asyncio.run(each())
    assert wrong == []


def test_the_strict_catalog_wants_something_in_every_dimension() -> None:
    wanted = {dimension for item in offline.all_kinds().line_items for dimension in item.targeting}
    assert wanted == set(Dimension)


def test_an_explanation_that_names_another_reason_is_noticed() -> None:
    bench = offline.all_kinds()

    async def lying(situation: Situation) -> Json:
        walk = await bench.explain(situation)
        return walk | {"no_bid": Reason.OUTBID} if walk["no_bid"] == Reason.SIZE else walk

    async def follow(chains: Chains) -> None:
        for number in range(200):
            await chains.follow(lying, f"lie-{number}")

    chains = Chains(Random(1), SPOILERS)
    asyncio.run(follow(chains))
    assert chains.wrong
    assert all(complaint.startswith("named outbid") for complaint in chains.wrong)


def test_a_needle_is_found_wherever_it_lies() -> None:
    needles = [b"203.0.113.77", b"12345678", b"short"]
    for offset in range(9):
        hay = {"here": b"." * offset + needles[0] + b".." + needles[1], "there": b"." * 40}
        found = canaries.search(hay, needles)
        assert len(found) == 2
        assert all(each.startswith("here") for each in found)
    assert canaries.search({"empty": b"", "other": b"203.0.113.78, 1234567"}, needles) == []


def test_a_forgery_is_never_one_of_the_real_tokens() -> None:
    dice = Random(3)
    real, foreign = ["a" * 200, "b" * 200], ["c" * 200]
    assert all(forgeries.forgery(dice, real, foreign) not in real for _ in range(2_000))
