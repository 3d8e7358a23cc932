"""Privacy strings by the thousand, whole and damaged, from dice."""

from collections.abc import Callable
from random import Random

from adserver.privacy.gpp_layouts import LAYOUTS
from tests.oracles import gpp_writing
from tests.unit.privacy import vectors

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STRANGE = "+/=. ~%\n\x00é"
HIGHEST_VENDOR = 1_300
CREATED = (
    15_900_000_000,
    16_500_000_000,
    16_990_000_000,
    17_500_000_000,
    vectors.AFTER_2026_02_28,
    vectors.today(),
)


def ranges(dice: Random, highest: int = HIGHEST_VENDOR) -> list[tuple[int, int]]:
    """Return ascending ranges of vendors with gaps between them; sometimes none, rarely many."""
    found, after = [], 0
    for _ in range(dice.choice((0, 1, 2, 5, 12, 30))):
        first = after + dice.randint(2, 60)
        last = first + (dice.choice((0, 0, 1, 5, 40)))
        if last > highest:
            break
        found.append((first, last))
        after = last
    return found


def vendor_section(dice: Random, listed: list[tuple[int, int]]) -> str:
    """Write the ranges in either form."""
    if dice.random() < 0.5:
        return vectors.vendor_ranges(listed)
    return vectors.vendor_bits([n for first, last in listed for n in range(first, last + 1)])


def tcf(dice: Random) -> str:
    """Return a whole TCF string, most of them valid."""
    created = dice.choice(CREATED)
    listed = ranges(dice)
    text = vectors.core(
        created=created + dice.randrange(864_000),
        cmp=dice.choice((2, 7, 300, 4_095)),
        policy=dice.choice((2, 3, 4, 5, 5)),
        service_specific=int(dice.random() < 0.95),
        features=dice.getrandbits(12),
        purposes=[n for n in range(1, 25) if dice.random() < 0.6],
        by_interest=[n for n in range(1, 25) if dice.random() < 0.4],
        treatment=int(dice.random() < 0.2),
        country=dice.choice(("DE", "FR", "AA", "ZZ", "GB")),
        consents=vendor_section(dice, listed),
        interests=vendor_section(dice, ranges(dice)),
        restrictions=[
            (
                dice.randint(1, 24),
                dice.choice((0, 1, 2)),
                dice.choice((listed[:4], ranges(dice)[:4])),
            )
            for _ in range(dice.choice((0, 0, 0, 1, 2, 6)))
        ],
    )
    others = []
    if dice.random() < 0.8:
        others.append(vectors.disclosed(vendor_section(dice, [*listed, (1_400, 1_500)])))
    if dice.random() < 0.3:
        custom = dice.randrange(5)
        others.append(
            vectors.encode(
                vectors.bits(
                    (3, 3), (dice.getrandbits(24), 24), (dice.getrandbits(24), 24), (custom, 6)
                )
                + "01" * custom
            )
        )
    if dice.random() < 0.1:
        others.append(vectors.encode(vectors.bits((2, 3)) + vendor_section(dice, listed)))
    dice.shuffle(others)
    return ".".join([text, *others])


def canada(dice: Random) -> str:
    """Return a Canadian section, in either coding."""
    listed = ranges(dice, 900)
    return gpp_writing.canada(
        express=listed,
        implied=ranges(dice, 900),
        purposes=[n for n in range(1, 25) if dice.random() < 0.6],
        implied_purposes=[n for n in range(1, 25) if dice.random() < 0.4],
        restrictions=[
            (
                dice.randint(1, 24),
                dice.choice((0, 1, 2)),
                dice.choice((listed[:4], ranges(dice)[:4])),
            )
            for _ in range(dice.choice((0, 0, 1, 3)))
        ],
        disclosed=listed if dice.random() < 0.3 else None,
        features=dice.getrandbits(12),
        cmp=dice.choice((0, 2, 50, 300)),
        created=dice.choice(CREATED),
        whole_numbers=dice.random() < 0.1,
    )


def us_privacy(dice: Random) -> str:
    """Return a US privacy string."""
    return "1" + "".join(dice.choices("YN-", k=3))


def gpp(dice: Random) -> str:
    """Return a whole GPP string of one to five sections."""
    sections: dict[int, str] = {}
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        section = dice.choice((2, 5, 5, 6, *LAYOUTS, *LAYOUTS))
        if section == 2:
            sections[section] = tcf(dice)
        elif section in LAYOUTS:
            sections[section] = gpp_writing.any_us_section(section, dice)
        else:
            sections[section] = canada(dice) if section == 5 else us_privacy(dice)
    return gpp_writing.gpp(sections)


def damaged(dice: Random, text: str, other: str) -> str:
    """Return a string with one to three things done to it; never quite the same as before, mostly."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        text = dice.choice(_WAYS)(dice, text, other)
    return text


def _bit(dice: Random, text: str, _: str) -> str:
    """Flip one of the six bits of a letter."""
    places = [place for place, letter in enumerate(text) if letter in ALPHABET]
    if not places:
        return text
    place = dice.choice(places)
    flipped = ALPHABET[ALPHABET.index(text[place]) ^ 1 << dice.randrange(6)]
    return text[:place] + flipped + text[place + 1 :]


def _letter(dice: Random, text: str, _: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(ALPHABET) + text[place + 1 :]


def _strange(dice: Random, text: str, _: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(STRANGE) + text[place + dice.randrange(2) :]


def _cut(dice: Random, text: str, _: str) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _less(dice: Random, text: str, _: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + text[place + dice.randint(1, 4) :]


def _longer(dice: Random, text: str, other: str) -> str:
    return text + dice.choice(
        (other[: dice.randrange(8)], "A" * dice.randrange(9), "." + other, "~" + other)
    )


def _segments(dice: Random, text: str, other: str) -> str:
    """Drop, repeat, exchange or add a segment or section."""
    mark = dice.choice("..~")
    parts = text.split(mark)
    foreign = other.split(mark)
    match dice.randrange(4):
        case 0:
            del parts[dice.randrange(len(parts))]
        case 1:
            parts.insert(dice.randrange(len(parts) + 1), dice.choice(parts))
        case 2:
            dice.shuffle(parts)
        case _:
            parts.insert(dice.randrange(len(parts) + 1), dice.choice(foreign))
    return mark.join(parts)


def _exchanged(dice: Random, text: str, other: str) -> str:
    """Put a segment of another string in the place of one."""
    parts, foreign = text.split("."), other.split(".")
    parts[dice.randrange(len(parts))] = dice.choice(foreign)
    return ".".join(parts)


def _joined(dice: Random, text: str, other: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + other[place:]


_WAYS: tuple[Callable[[Random, str, str], str], ...] = (
    _bit, _bit, _bit, _letter, _strange, _cut, _less, _longer, _segments, _segments, _exchanged, _joined,
)  # fmt: skip
