"""How well the market's laws fit the logs that they were fitted to."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from loadtest.market import fitting, hours, rivals
from loadtest.market.chance import Floats
from loadtest.market.laws import laws
from tests.torture.figures import Missing


class PriceFit(NamedTuple):
    """One campaign's prices."""

    campaign: str
    impressions: int
    logged: Floats
    """Share of impressions by price, fen per mille."""
    law: Floats
    distance: float
    """Kolmogorov's and Smirnov's: the most that the two distribution functions are apart."""


class HourFit(NamedTuple):
    """One campaign's traffic by hour of the day."""

    campaign: str
    logged: Floats
    """Requests in the median five minutes of each hour, in units of the law's level; NaN where too little was logged."""
    correlation: float
    """With the law, over the hours that were logged."""


def prices(folder: Path) -> list[PriceFit]:
    """Return the fit of each campaign's prices."""
    counts = fitting.read_prices(folder)
    found = []
    for law in laws().rivals:
        logged = counts[law.campaign] / counts[law.campaign].sum()
        below = rivals.distribution(law, np.arange(len(logged) + 1.0))
        apart = np.cumsum(logged) - below[1:]
        found.append(
            PriceFit(
                law.campaign,
                int(counts[law.campaign].sum()),
                logged,
                np.diff(below),
                float(abs(apart).max()),
            )
        )
    return found


def traffic(folder: Path) -> list[HourFit]:
    """Return the fit of each campaign's traffic, those of which half a day was logged at least."""
    wave, found = hours.requests(), []
    for campaign, logged in fitting.hourly(fitting.read_slots(folder), "requests").items():
        there = logged > 0
        if there.sum() >= len(logged) // 2:
            level = np.exp(np.log(logged[there] / wave[there]).mean())
            correlation = float(np.corrcoef(logged[there], wave[there])[0, 1])
            found.append(HourFit(campaign, logged / level, correlation))
    return found


def logs() -> Path:
    """Return the folder of the logs. Raises `Missing` without the corpus."""
    root = os.environ.get("ADSERVER_CORPUS")
    if not root:
        raise Missing("the logs that the market was fitted to: set ADSERVER_CORPUS")
    return Path(root, "ml")
