"""The click model without LightGBM: all candidates of an opportunity in a dozen array operations.

Not for several threads at once: an instance owns its scratch space. Import after the process has
forked, or with OPENBLAS_NUM_THREADS=1: numpy's linear algebra, not used here, starts a thread at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from models.ctr.features import CONTEXT, Encoder
from models.ctr.forest import Forest, Masks
from models.ctr.probability import Calibration

BATCH = 64
"""How many candidates are scored at once; more go in several batches."""
SLOTS = 4_096
"""Candidates whose masks are remembered; when full, remembering starts anew. 8 B a tree each."""
_EXPONENT_SHIFT, _EXPONENT_BIAS = 52, 1_023  # of an IEEE double
_NO_CONTEXT = (0.0,) * len(CONTEXT)


class CompiledModel:
    """LightGBM's trees through `Forest`; equal to LightGBM's own answers."""

    def __init__(
        self, name: str, forest: Forest, encoder: Encoder, calibration: Calibration
    ) -> None:
        self.name = name
        self._forest = forest
        self._encoder = encoder
        self._calibration = calibration
        trees, leaves = forest.leaves.shape
        self._leaves = forest.leaves.ravel()
        # A mask with one bit, as a double, has that bit's position as its exponent.
        self._offsets = np.arange(trees) * leaves - _EXPONENT_BIAS
        self._context_rows = np.empty((len(forest.rows(_NO_CONTEXT, 0)), trees), np.int64)
        self._context = np.empty(trees, np.int64)
        self._remembered = np.empty((SLOTS, trees), np.int64)
        self._slots: dict[Candidate, int] = {}
        self._scratch: dict[int, _Scratch] = {}

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return one calibrated probability per candidate, in order."""
        if not candidates:
            return []
        self._see(self._encoder.context(auction, opportunity, now_s))
        log_odds: list[float] = []
        for start in range(0, len(candidates), BATCH):
            batch = candidates[start : start + BATCH]
            scratch = self._scratch_for(len(batch))
            self._remembered.take(self._remember(batch), 0, scratch.masks, "clip")
            log_odds += self._reached(scratch)
        return self._calibration.probabilities(log_odds)

    def log_odds(
        self, context: Sequence[float], candidates: Sequence[Sequence[float]]
    ) -> list[float]:
        """Return the trees' own log odds for values of `COLUMNS`, at most `BATCH` candidates."""
        self._see(context)
        scratch = self._scratch_for(len(candidates))
        for mask, values in zip(scratch.masks, candidates, strict=True):
            self._mask(values, mask)
        return self._reached(scratch)

    def _see(self, context: Sequence[float]) -> None:
        rows = self._context_rows
        # "clip" lets numpy write straight into `out`; every row exists.
        self._forest.table.take(self._forest.rows(context, 0), 0, rows, "clip")
        np.bitwise_and.reduce(rows, 0, out=self._context)

    def _remember(self, candidates: Sequence[Candidate]) -> list[int]:
        if len(self._slots) + len(candidates) > SLOTS:
            self._slots.clear()
        slots = []
        for candidate in candidates:
            slot = self._slots.get(candidate)
            if slot is None:
                slot = self._slots[candidate] = len(self._slots)
                self._mask(self._encoder.candidate(candidate), self._remembered[slot])
            slots.append(slot)
        return slots

    def _mask(self, values: Sequence[float], out: Masks) -> None:
        rows = self._forest.rows(values, len(CONTEXT))
        np.bitwise_and.reduce(self._forest.table[rows], 0, out=out)

    def _reached(self, scratch: "_Scratch") -> list[float]:
        """Return the sum of the leaves that both the context and the masks in `scratch` reach."""
        np.bitwise_and(scratch.masks, self._context, scratch.masks)
        np.copyto(scratch.doubles, scratch.masks)
        np.right_shift(scratch.bits, _EXPONENT_SHIFT, scratch.bits)
        np.add(scratch.bits, self._offsets, scratch.bits)
        self._leaves.take(scratch.bits, 0, scratch.reached, "clip")
        return scratch.reached.sum(1).tolist()  # type: ignore[no-any-return]  # numpy says Any

    def _scratch_for(self, count: int) -> "_Scratch":
        scratch = self._scratch.get(count)
        if scratch is None:
            scratch = self._scratch[count] = _Scratch.of(count, len(self._context))
        return scratch


class _Scratch(NamedTuple):
    """Arrays of one row per candidate and one column per tree, made once for each count."""

    masks: Masks
    doubles: NDArray[np.float64]
    bits: Masks
    """The same memory as `doubles`."""
    reached: NDArray[np.float64]

    @classmethod
    def of(cls, count: int, trees: int) -> "_Scratch":
        doubles = np.empty((count, trees))
        return cls(
            np.empty((count, trees), np.int64),
            doubles,
            doubles.view(np.int64),
            np.empty_like(doubles),
        )
