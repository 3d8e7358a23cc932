"""What is advertised: creatives by name, what they are about, and where they fit."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from loadtest.market.chance import Floats, Whole, quality
from loadtest.market.interests import OTHER, TOPICS
from loadtest.market.laws import laws
from loadtest.market.wandering import SPACES, Space

OTHERS = "other"
"""The topic of what speaks of none."""
_APART = re.compile("[^a-z]+")


class Ad(NamedTuple):
    """A creative of a line item, as the catalog names them."""

    advertiser: str
    line_item: str
    creative: str
    media: str
    size: str
    topic: str


def topic_of(*texts: str) -> str:
    """Return what an ad is about, by the words in its names: the first text that says so decides."""
    for text in texts:
        words = _APART.split(text.lower())
        for topic, law in laws().interests.topics.items():
            if any(word.startswith(law.words) for word in words if word):
                return topic
    return OTHERS


def read(path: Path) -> list[Ad]:
    """Read a JSON list of objects. Raises `ValueError` with the first that cannot be used."""
    rows = orjson.loads(path.read_bytes())
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: not a list of creatives")
    ads = []
    for index, row in enumerate(rows):
        try:
            names = (row["advertiser"], row["line_item"], row["creative"])
            topic = row.get("topic") or topic_of(names[2], names[1], names[0])
            if topic not in TOPICS:
                topic = topic_of(topic)
            ads.append(Ad(*names, row["media"], row.get("size", ""), topic))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: $[{index}]: cannot be used: {error!r}") from None
    return ads


class Lineup:
    """Advertisements as arrays, by their position."""

    def __init__(self, ads: Sequence[Ad]) -> None:
        law = laws().clicks
        self.ads = tuple(ads)
        self.topics: Whole = np.array(
            [TOPICS.index(ad.topic) if ad.topic in TOPICS else OTHER for ad in ads]
        )
        self.factors: Floats = np.array(
            [
                law.media[ad.media]
                * (law.sizes.get(ad.size, 1.0) if ad.media == "banner" else 1.0)
                * quality(f"creative/{ad.creative}", law.creatives)
                for ad in ads
            ]
        )
        self.names = sorted({ad.line_item for ad in ads})
        self.line_items: Whole = np.array([self.names.index(ad.line_item) for ad in ads])
        fitting = [[index for index, ad in enumerate(ads) if _fits(ad, space)] for space in SPACES]
        self.counts: Whole = np.array([len(each) for each in fitting])
        self.fitting: Whole = np.full((len(SPACES), max(self.counts.max(), 1)), -1)
        for row, each in zip(self.fitting, fitting, strict=True):
            row[: len(each)] = each
        if not self.counts.any():
            raise ValueError("no creative fits any placement of the simulated publishers")


def _fits(ad: Ad, space: Space) -> bool:
    placement = space.placement
    if ad.media != placement.media:
        return False
    return ad.media != "banner" or ad.size in {f"{w}x{h}" for w, h in placement.sizes}
