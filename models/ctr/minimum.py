"""The least value of a smooth convex function, by L-BFGS (Nocedal and Wright, *Numerical Optimization*, algorithm 7.5)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MEMORY, _STEPS, _HALVINGS = 10, 300, 30
_SUFFICIENT = 1e-4


def minimise(
    function: Callable[[Floats], tuple[float, Floats]],
    point: Floats,
    close: float = 1e-5,
    steps: int = _STEPS,
) -> Floats:
    """Return where a convex function, which returns its value and slope, is least."""
    value, slope = function(point)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(steps):
        if float(np.abs(slope).max()) < close:
            break
        direction = -_scaled(slope, moves)
        falls = float(direction @ slope)
        step = 1.0 if moves else 1.0 / max(1.0, float(np.abs(slope).sum()))
        for _ in range(_HALVINGS):
            there = point + step * direction
            value_there, slope_there = function(there)
            if value_there <= value + _SUFFICIENT * step * falls:
                break
            step /= 2
        else:
            break  # as exact as floats are
        moved, turned = there - point, slope_there - slope
        if float(moved @ turned) > 0:
            moves = [*moves[-_MEMORY + 1 :], (moved, turned)]
        point, value, slope = there, value_there, slope_there
    return point


def _scaled(slope: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    """Return the slope times the curvature's inverse, as far as the last moves show it."""
    direction = slope.copy()
    shares = []
    for moved, turned in reversed(moves):
        share = float(moved @ direction) / float(moved @ turned)
        direction -= share * turned
        shares.append(share)
    if moves:
        moved, turned = moves[-1]
        direction *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), share in zip(moves, reversed(shares), strict=True):
        direction += moved * (share - float(turned @ direction) / float(moved @ turned))
    return direction
