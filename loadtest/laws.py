"""The hidden laws: how likely a person clicks and buys. Nothing of this ever goes over the wire."""

import math
import re
from random import Random
from typing import NamedTuple

from loadtest.people import Person

TOPICS: dict[str, dict[str, float]] = {
    "camera": {"camera-intent": 1.5, "photo-weekly": 0.7, "travel": 0.4, "camera-owner": -0.3},
    "running": {"running": 1.4, "outdoor": 0.3, "health": 0.3},
    "ski": {"ski": 1.4, "winter-clothing": 0.9, "outdoor": 0.2},
    "hiking": {"hiking": 1.2, "outdoor": 0.8, "travel": 0.4, "running": 0.2},
    "baby": {"new-parent": 1.7, "family": 0.8},
    "beauty": {"beauty": 1.2, "skincare": 0.9, "loyal-customer": 0.3},
    "health": {"vitamins": 1.1, "health": 0.8, "running": 0.2, "loyal-customer": 0.2},
    "data": {"heavy-data": 1.3, "student": 0.6, "phone-switcher": 0.4},
    "phone": {"phone-switcher": 1.5, "bargain-hunter": 0.4, "student": 0.3},
    "other": {"bargain-hunter": 0.2},
}
"""Advertised topics, and what each interest adds to the logarithm of the click rate."""
_WORDS: dict[str, tuple[str, ...]] = {
    "camera": ("camera", "kamera", "lens", "photo", "foto"),
    "running": ("running", "runner", "trail"),
    "beauty": ("beauty", "skin", "cosmetic", "makeup"),
    "ski": ("ski", "winter", "snow", "jacket"),
    "hiking": ("hik", "trek", "boot", "tent", "outdoor"),
    "baby": ("baby", "parent", "diaper", "family"),
    "health": ("vitamin", "health", "drug", "pharma"),
    "data": ("data", "tariff", "unlimited", "student"),
    "phone": ("phone", "mobil", "handset", "telco", "switch"),
}
"""How the words of a name begin that speak of a topic; the first topic that fits counts."""
_APART = re.compile("[^a-z]+")
_BASE = {"banner": 0.0055, "video": 0.0075, "native": 0.009}
_SIZES = {
    "300x250": 1.15, "728x90": 0.8, "320x50": 0.9, "160x600": 0.7, "300x600": 1.3, "970x250": 1.2,
}  # fmt: skip
_POSITIONS = {1: 1.25, 3: 0.7, 7: 1.5}
_DEVICES = {"phone": 1.1, "tablet": 1.15, "computer": 0.9, "tv": 0.2}
_FATIGUE = 0.88
"""Each earlier contact with the same advertiser leaves this much of the click rate."""
_LIKELIEST = 0.4
_ORDER_VALUES = {"camera": 480.0, "phone": 240.0, "data": 120.0, "ski": 160.0, "hiking": 95.0}
_USUAL_ORDER = 35.0


class Showing(NamedTuple):
    """One advertisement in front of one person."""

    topic: str
    media: str
    size: str
    position: int
    local_hour: int
    seen: int = 0
    """Earlier contacts of this person with the advertiser."""


def topic_of(*texts: str) -> str:
    """Return what an ad is about, by the words in its names: the first text that says so decides."""
    for text in texts:
        words = _APART.split(text.lower())
        for topic, beginnings in _WORDS.items():
            if any(word.startswith(beginnings) for word in words):
                return topic
    return "other"


def affinity(person: Person, topic: str) -> float:
    """Return how a person leans towards a topic, as an addend to the logarithm of the click rate."""
    weights = TOPICS[topic]
    return sum(weights.get(interest, 0.0) for interest in person.interests)


def click_probability(person: Person, showing: Showing) -> float:
    """Return the probability that this person clicks this showing."""
    evening = 1 + 0.3 * math.cos((showing.local_hour - 20) / 24 * 2 * math.pi)
    if showing.topic in {"running", "health"}:  # morning people
        evening = 1 + 0.3 * math.cos((showing.local_hour - 7) / 24 * 2 * math.pi)
    return min(
        _LIKELIEST,
        _BASE[showing.media]
        * _SIZES.get(showing.size, 1.0)
        * _POSITIONS.get(showing.position, 1.0)
        * _DEVICES[person.device_type]
        * evening
        * person.eagerness
        * math.exp(affinity(person, showing.topic))
        * _FATIGUE**showing.seen,
    )


def order_probability(person: Person, topic: str) -> float:
    """Return the probability that a click leads to an order."""
    return min(0.5, 0.06 * math.exp(0.5 * affinity(person, topic)))


def order_cents(topic: str, dice: Random) -> int:
    """Return what an order is worth, in hundredths of a currency unit."""
    return round(100 * _ORDER_VALUES.get(topic, _USUAL_ORDER) * dice.lognormvariate(0, 0.4))
