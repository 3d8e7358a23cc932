"""What a worker knows of the arms that line items rotate, and by which probabilities it chooses among them."""

from collections.abc import Mapping, Sequence

from adserver.domain.bandit import MAX_ARMS, Arm, shares

REMEMBERED_SETS = 256
"""Sets of arms per line item whose probabilities are kept until the counts change: one per size that spaces ask for."""
_UNSEEN = Arm()


class LearnedArms:
    """`ports.products.Arms`, filled by what the owner says; working probabilities out takes some 0.1 ms, once per
    set of arms and change.
    """

    def __init__(self) -> None:
        self._counts: dict[int, Mapping[int, Arm]] = {}
        self._shares: dict[int, dict[tuple[int, ...], Sequence[float]]] = {}

    def take(self, counts: Mapping[int, Mapping[int, Arm]]) -> None:
        """Take in what counts now, by line item and arm; line items that are not named stay as they are."""
        for line_item, arms in counts.items():
            self._counts[line_item] = arms
            self._shares.pop(line_item, None)

    def shares(self, line_item: int, arms: tuple[int, ...]) -> Sequence[float]:
        """Return the probability with which each arm is to be chosen now; of more than 20 all get the same."""
        known = self._shares.setdefault(line_item, {})
        found = known.get(arms)
        if found is None:
            counts = self._counts.get(line_item, {})
            if len(arms) > MAX_ARMS or not counts:
                found = [1 / len(arms)] * len(arms)
            else:
                found = shares([counts.get(arm, _UNSEEN) for arm in arms])
            if len(known) >= REMEMBERED_SETS:
                known.clear()
            known[arms] = found
        return found
