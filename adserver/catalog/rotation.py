"""Line items whose creatives take turns: which candidates those are, and by what rule."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from adserver.domain.bits import Run
from adserver.domain.campaign import LineItem, Rotation
from adserver.domain.candidate import Candidate
from adserver.domain.creative import Dynamic
from adserver.domain.product import FACTS
from adserver.domain.targeting import Dimension


class Turns(NamedTuple):
    """How the creatives of one line item take turns."""

    rotation: Rotation
    members: int
    """Its candidates, as a set of bits."""
    weights: Mapping[int, int]
    """By candidate, where the rotation is weighted."""


class RotationIndex:
    """The line items with several creatives and a rotation; of the others nobody is asked anything."""

    def __init__(
        self,
        items: Sequence[LineItem],
        runs: Sequence[Run],
        candidates: Sequence[Candidate],
    ) -> None:
        """`runs` are the candidates of each line item; see `Snapshot.line_item_members`."""
        self.members = 0
        """Candidates that take turns, as a set of bits."""
        self.turns: dict[int, Turns] = {}
        """By the line item's index."""
        self._halves = [(0, 0), (0, 0)]
        rotating = sorted(
            (run.first, index) for index, run in enumerate(runs) if items[index].rotation and run.length > 1
        )  # fmt: skip
        for number, (_, index) in enumerate(rotating):
            item, run = items[index], runs[index]
            self.turns[index] = Turns(
                item.rotation,
                run.bits,
                {i: item.weights.get(candidates[i].creative.id, 1) for i in run.indices},
            )
            self.members |= run.bits
            starts, everybody = self._halves[number & 1]
            self._halves[number & 1] = (starts | 1 << run.first, everybody | run.bits)

    def thinned(self, alive: int) -> int:
        """Return the candidates with only the first that is alive of each line item that rotates.

        A one added at a run's start is carried through the dead to the first that is alive. What is carried out of
        a run whose members are all dead must not run into the next, so neighbouring runs are added up apart.
        """
        kept = alive & ~self.members
        for starts, everybody in self._halves:
            dead = everybody & ~alive
            kept |= (dead + starts) & ~dead & everybody & alive
        return kept


def product_facts(candidates: Iterable[Candidate]) -> frozenset[Dimension]:
    """Return what of requests has to be read to choose products: nothing, if no creative shows any."""
    dynamic = any(isinstance(each.creative, Dynamic) for each in candidates)
    return FACTS if dynamic else frozenset()
