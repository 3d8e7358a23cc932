"""Topics beside which many advertisers do not want to be, and the content categories that tell of them.

The topics are those of the IAB Content Taxonomy from 2.2 on ("Sensitive Topics", 11 of them), which follow the
categories that advertisers agreed on with platforms for brand safety. Each has a word here. `floor` stands for what
such agreements leave no advertising beside at all; `any` for every topic. Taxonomy 1.0 knows fewer: its categories are
assigned to the nearest topic. Who people are or whom they love is no topic.
"""

from collections.abc import Mapping, Sequence

FLOOR, ANY = "floor", "any"
TOPICS: Mapping[str, str] = {
    "adult": "Rm3SiT",
    "arms": "avbNf2",
    "crime": "XtODT3",
    "death_injury_war": "I4GWl6",
    "social_issues": "Z7rJBM",
    "hate": "HxqYV1",
    "drugs_tobacco_alcohol": "pg0WhF",
    "obscenity": "j9PaO9",
    "piracy": "mm3UXx",
    "spam_malware": "6i4dB6",
    "terrorism": "8FD8nI",
}
"""Our words, and the ids in content taxonomies 2.2 to 3.1."""
NOT_ON_FLOOR = frozenset({"social_issues", "drugs_tobacco_alcohol", "death_injury_war"})
"""Topics that may be reported on decently: news of a war is no call to it."""
SENSITIVE_TOPICS = (FLOOR, ANY, *TOPICS)
"""What may be targeted, or rather left out."""

FIRST_TAXONOMY = 1
_UNSPECIFIC = "v9i3On"
_LATER = frozenset({6, 7, 9})  # AdCOM's numbers of content taxonomies 2.2, 3.0 and 3.1
_BY_ID: Mapping[str, str] = {
    **{code: topic for topic, code in TOPICS.items()},
    "389": "death_injury_war",  # war and conflicts
    "MQ2XML": "adult",  # video games for adults
}
_FIRST: Mapping[str, str] = {
    "IAB25-2": "crime",  # extreme graphic or explicit violence
    "IAB25-3": "adult",
    "IAB25-4": "obscenity",
    "IAB25-5": "hate",
    "IAB26": "crime",
    "IAB26-1": "crime",
    "IAB26-2": "piracy",
    "IAB26-3": "spam_malware",
    "IAB26-4": "piracy",
    "IAB8-5": "drugs_tobacco_alcohol",  # cocktails and beer
    "IAB8-18": "drugs_tobacco_alcohol",  # wine
    "IAB9-9": "drugs_tobacco_alcohol",  # cigars
}


def topic(taxonomy: int, category: str) -> str:
    """Return the topic that a category tells of: a word, `any` if it is not said which, or nothing."""
    if taxonomy == FIRST_TAXONOMY:
        return _FIRST.get(category) or (ANY if category == "IAB25" else "")
    if taxonomy not in _LATER:
        return ""
    return ANY if category == _UNSPECIFIC else _BY_ID.get(category, "")


def with_floor(word: str) -> Sequence[str]:
    """Return a topic with what stands for it; a topic that is not said may be the worst."""
    if word in NOT_ON_FLOOR:
        return (word, ANY)
    return (FLOOR, ANY) if word == ANY else (word, FLOOR, ANY)
