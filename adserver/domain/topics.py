"""What a contact was about, coarsely: the first tier of the IAB Content Taxonomy 1.0, and never what is sensitive."""

from collections.abc import Iterable

from adserver.domain.identity import number

TOPICS = {
    "IAB1": "Arts and entertainment",
    "IAB2": "Cars",
    "IAB3": "Business",
    "IAB4": "Careers",
    "IAB5": "Education",
    "IAB6": "Family and parenting",
    "IAB8": "Food and drink",
    "IAB9": "Hobbies",
    "IAB10": "Home and garden",
    "IAB12": "News",
    "IAB13": "Personal finance",
    "IAB15": "Science",
    "IAB16": "Pets",
    "IAB17": "Sports",
    "IAB18": "Style and fashion",
    "IAB19": "Technology",
    "IAB20": "Travel",
    "IAB21": "Real estate",
    "IAB22": "Shopping",
}
"""Left out, because they would tell of health, politics, beliefs or love (GDPR, article 9): IAB7, 11, 14, 23 and 24 to 26."""
TAXONOMY = 1
NAMES = {number("topic", code): name for code, name in TOPICS.items()}
"""What topics are called, by number."""


def topic_of(categories: Iterable[str], taxonomy: int) -> int | None:
    """Return the number of the first topic that may be kept; none in other taxonomies, which we cannot read."""
    if taxonomy != TAXONOMY:
        return None
    for category in categories:
        tier = category.partition("-")[0]
        if tier in TOPICS:
            return number("topic", tier)
    return None
