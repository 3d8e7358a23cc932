"""A landscape in the registry: one JSON file of curves. Text alone; read with distrust."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from adserver.errors import Fault, InvalidConfig
from models.landscape.curve import Curve
from models.landscape.estimate import Floats
from models.landscape.hierarchy import MOST_NODES, Node
from models.landscape.keys import LEVELS, OF_AUCTIONS
from models.landscape.serving import Key, LearnedLandscape, chain
from models.registry import artifacts, checking
from models.registry.artifacts import Artifact
from models.registry.manifest import Kind

KIND: Kind = "landscape"
CURVES = "curves.json"
ENOUGH = 200
"""An exchange, its open auction or a deal with fewer bids than this stays with its fixed share."""
MOST_POINTS = 64
"""Prices kept per key: the most often asked ones."""
_MOST_PRICES = 512
_LONGEST_WORD = 1_000
_LEAST_MASS = 1e-5
_DIGITS = 9

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Word = Annotated[str, msgspec.Meta(max_length=_LONGEST_WORD)]


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One key: a broader one, and a word."""

    parent: Annotated[int, msgspec.Meta(ge=-1, lt=MOST_NODES)]
    """The broader key's place among the keys; -1: none, the word is an exchange."""
    word: _Word | _Count
    bids: _Count
    """How many were learned from."""
    at: tuple[_Count, ...]
    """Places in `prices`, rising; none: as the broader key."""
    chances: tuple[Annotated[float, msgspec.Meta(ge=0, le=1)], ...]
    """How likely each of these prices wins."""


class Curves(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    prices: tuple[Annotated[int, msgspec.Meta(gt=0, le=10**15)], ...]
    """House nanos per impression, rising."""
    keys: tuple[Branch, ...]
    paid: dict[_Word, Annotated[float, msgspec.Meta(gt=0, le=1)]] = {}
    """Which share of the bids won at an exchange is ever billed."""
    told: tuple[_Word, ...] = ()
    """Exchanges that tell what it takes to win."""

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with curves that were read from outside."""
        if len(self.prices) > _MOST_PRICES or len(self.keys) > MOST_NODES:
            yield f"{len(self.prices)} prices and {len(self.keys)} keys are more than there can be"
            return
        if any(low >= high for low, high in pairwise(self.prices)):
            yield "the prices do not rise"
        levels: list[int] = []
        for place, key in enumerate(self.keys):
            if key.parent >= place:
                yield f"key {place} comes before the broader one"
                return
            levels.append(1 if key.parent < 0 else levels[key.parent] + 1)
            if levels[-1] > len(LEVELS):
                yield f"key {place} has more than {len(LEVELS)} words"
            yield from self._of(place, key)

    def _of(self, place: int, key: Branch) -> Iterator[str]:
        if len(key.at) != len(key.chances) or (key.parent < 0 and not key.at):
            yield f"key {place} has {len(key.at)} prices and {len(key.chances)} chances"
        elif any(low >= high for low, high in pairwise(key.at)) or any(
            low > high for low, high in pairwise(key.chances)
        ):
            yield f"the prices or chances of key {place} do not rise"
        if key.at and key.at[-1] >= len(self.prices):
            yield f"key {place} names a price that is not there"


def curves(
    nodes: Sequence[Node],
    vocabularies: Sequence[Sequence[str | int]],
    grid: Floats,
    paid: dict[str, float],
    told: Sequence[str],
) -> Curves:
    """Return what of a hierarchy serves: exchanges with enough evidence, and what is below them."""
    places = {-1: -1, 0: -1}
    keys: list[Branch] = []
    for place, node in enumerate(nodes):
        if node.level == 0 or node.parent not in places:
            continue
        if node.level <= OF_AUCTIONS and node.bids < ENOUGH:
            continue
        alike = node.level > 1 and node.distribution is nodes[node.parent].distribution
        at, chances = ((), ()) if alike else _points(node.distribution)
        places[place] = len(keys)
        word = vocabularies[node.level - 1][node.word]
        keys.append(Branch(places[node.parent], word, node.bids, at, chances))
    return Curves(
        tuple(int(np.ceil(price)) for price in grid.tolist()), tuple(keys), paid, tuple(told)
    )


def check(artifact: Artifact) -> None:
    """Parse everything and ask for some prices. Raises `ValueError`; it runs in a child process."""
    landscape = parsed(artifact)
    for curve in landscape.walk():
        for value in (1, 10**6, 10**12):
            for floor in (0, 1, value // 2, value):
                offer = curve.best(value, floor)
                if offer is not None and not (floor <= offer.price <= value and offer.chance > 0):
                    raise ValueError(f"{curve.key} offers {offer} for {value}, floor {floor}")


def load(artifact: Artifact) -> LearnedLandscape:
    """Return what serves, after a child process has tried it. Raises `InvalidConfig` for anything damaged."""
    try:
        checking.survive(artifact)
        return parsed(artifact)
    except ValueError as error:
        fault = Fault(str(artifact.folder / CURVES), "$", f"is damaged: {error}; train again")
        raise InvalidConfig([fault]) from None


def read(root: Path, name: str = "") -> LearnedLandscape:
    """Load the champion of a registry, or the version of that name. Raises `InvalidConfig`."""
    return load(artifacts.read(root, KIND, name))


def parsed(artifact: Artifact) -> LearnedLandscape:
    """Return what serves. Raises `ValueError`."""
    if set(artifact.files) != {CURVES} or artifact.manifest.columns != LEVELS:
        raise ValueError("it was trained for other words than this version's")
    try:
        found = msgspec.json.decode(artifact.files[CURVES], type=Curves)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    for problem in found.problems():
        raise ValueError(problem)
    return served(found)


def served(found: Curves) -> LearnedLandscape:
    """Return what serves, from curves without problems."""
    top: dict[str | int, Key] = {}
    made: list[Key] = []
    words: list[tuple[str | int, ...]] = []
    for key in found.keys:
        broader = made[key.parent] if key.parent >= 0 else None
        chained = (*(words[key.parent] if broader is not None else ()), key.word)
        if key.at or broader is None:
            prices = [found.prices[at] for at in key.at]
            told = chained[0] in found.told
            curve = Curve(prices, key.chances, chain(chained), key.bids, told=told)
        else:
            curve = broader.curve
        made.append(Key(curve, {}))
        words.append(chained)
        (top if broader is None else broader.narrower)[key.word] = made[-1]
    return LearnedLandscape(top, found.paid)


def _points(distribution: Floats) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the most often asked prices by their places, and how likely each wins."""
    asked = distribution[:-1]  # the last place is above all prices
    often = np.sort(np.argsort(-asked, kind="stable")[:MOST_POINTS])
    often = often[asked[often] >= _LEAST_MASS]
    if not len(often):
        often = np.array([len(asked) - 1])
    won = np.minimum(np.round(np.cumsum(asked)[often], _DIGITS), 1.0)
    return tuple(often.tolist()), tuple(won.tolist())
