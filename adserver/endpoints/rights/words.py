"""What we say, in the language that somebody reads."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from adserver.domain.countries import ALPHA3
from adserver.domain.topics import TOPICS
from adserver.endpoints.rights import texts_de, texts_en

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": texts_en.TEXTS, "de": texts_de.TEXTS}
"""The first is for everybody else."""
DEFAULT = "en"
MANY = 12
"""So many words of a list are spelled out."""
_MAX_ASKED = 20


class Words:
    """The texts of one language: `words("home_title")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = LANGUAGES[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its gaps filled; not yet escaped."""
        return self._texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def count(self, key: str, number: int) -> str:
        """Return a text that speaks of so many."""
        return self(f"{key}_one" if number == 1 else f"{key}_many", number=number)

    def day(self, day: date) -> str:
        """Return a day as it is written in a letter."""
        month = self._texts["months"].split()[day.month - 1]
        return self("day", day=day.day, month=month, year=day.year)

    def moment(self, at: datetime) -> str:
        """Return a day with a time of day, in UTC, which it says."""
        at = at.astimezone(UTC)
        return self("moment", day=self.day(at.date()), time=f"{at:%H:%M}")

    def value(self, kind: str, value: str) -> str:
        """Return what a value of a targeting dimension is called."""
        if kind == "country" and value in ALPHA3:
            return self._texts.get(f"country_{value}", value)
        if kind == "category":
            topic = self.topic(TOPICS.get(value.partition("-")[0], ""))
            return topic if value in TOPICS else f"{topic} ({value})" if topic else value
        return self._texts.get(f"{kind}_{value}", value)

    def topic(self, name: str) -> str:
        """Return what a topic is called; those that nobody translated keep their name."""
        return self._texts.get(f"topic_{name}", name)

    def some(self, kind: str, values: tuple[str, ...]) -> str:
        """Return values as a list in a sentence, cut where it becomes long."""
        said = list(dict.fromkeys(self.value(kind, value) for value in values))
        text = ", ".join(said[:MANY])
        return text if len(said) <= MANY else self("and_more", list=text, more=len(said) - MANY)


SPOKEN = {language: Words(language) for language in LANGUAGES}


def spoken(asked: str, accepted: str) -> Words:
    """Return the language asked for in the address, else the best of `Accept-Language`, else English."""
    if asked in SPOKEN:
        return SPOKEN[asked]
    best, how_much = DEFAULT, 0.0
    for part in accepted.split(",")[:_MAX_ASKED]:
        name, _, weight = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        wanted = _weight(weight)
        if language in SPOKEN and wanted > how_much:
            best, how_much = language, wanted
    return SPOKEN[best]


def _weight(text: str) -> float:
    """Return what `q=0.8` says, 1 if nothing is said, 0 for what is no weight."""
    name, _, number = text.strip().partition("=")
    if not name:
        return 1.0
    digits = number.strip().replace(".", "", 1)
    if (
        name.strip() != "q"
        or not digits.isascii()
        or not digits.isdigit()
        or len(digits) > len("0000")
    ):
        return 0.0
    return min(float(number), 1.0)
