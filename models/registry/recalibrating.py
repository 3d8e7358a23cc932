"""Corrections from the event log: what later clicks say of a model, by exchange and media, where there is evidence."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from models.registry.corrections import HIGHEST, LOWEST, Corrections, Evidence
from models.registry.outcomes import Outcomes, read_outcomes
from models.registry.state import now_text

WINDOW_S = 7 * 86_400.0
HALF_LIFE_S = 2 * 86_400.0
"""What is so old counts half: evidence fades, and with it a correction that nothing renews."""
MATURE_S = 600.0
"""Impressions so young may still be clicked."""

Place = tuple[str, str]
"""Exchange and media."""
Factors = Callable[[Mapping[Place, tuple[float, float]]], Mapping[Place, float]]
"""From clicks predicted and clicks seen in each place to what the odds should be multiplied by; 1 without evidence."""


def recalibrate(
    events: Path, models: set[str], now_s: float, factors: Factors, *, mature_s: float = MATURE_S
) -> Corrections:
    """Return what the last week says of these models, by their names in events.

    What had been corrected when it was bid is taken for what the model itself said, so that corrections do not feed on
    themselves. Raises `InvalidConfig` if the log cannot be read.
    """
    found = read_outcomes(events, now_s - WINDOW_S, until_s=now_s - mature_s)
    return corrected(found, models, now_s, factors)


def corrected(found: Outcomes, models: set[str], now_s: float, factors: Factors) -> Corrections:
    """Return the corrections that outcomes call for."""
    odds = found.predicted / (1.0 - found.predicted) / found.correction
    said = odds / (1.0 + odds)
    weights = np.exp2((found.at - now_s) / HALF_LIFE_S)
    by_model: dict[str, dict[str, dict[str, Evidence]]] = {}
    for model in np.unique(found.model).tolist():
        if found.models[model] not in models:
            continue
        counts: dict[Place, tuple[float, float]] = {}
        shown: dict[Place, float] = {}
        for place in np.unique(found.place[found.model == model]).tolist():
            rows = (found.model == model) & (found.place == place)
            where = found.places[place]
            counts[where] = (
                float((weights * said)[rows].sum()),
                float((weights * found.clicked)[rows].sum()),
            )
            shown[where] = float(weights[rows].sum())
        for (exchange, media), factor in factors(counts).items():
            predicted, clicks = counts[exchange, media]
            bounded = min(max(factor, LOWEST), HIGHEST)
            evidence = Evidence(bounded, predicted, clicks, shown[exchange, media])
            here = by_model.setdefault(found.models[model], {})
            here.setdefault(exchange, {})[media] = evidence
    return Corrections(now_text(), by_model)
