"""GPP strings written for tests, field by field: headers, US sections in all layouts, the Canadian section."""

from collections.abc import Mapping, Sequence
from random import Random

from adserver.privacy.gpp_layouts import LAYOUTS, Field
from tests.unit.privacy.vectors import bits, encode, entries, mask, vendor_bits

_GPC = "Gpc"
Ranges = Sequence[tuple[int, int]]


def fibonacci(number: int) -> str:
    """Return the code of a number from 1: its largest Fibonacci number first, and so on; a 1 ends it."""
    worths = [1, 2]
    while worths[-1] + worths[-2] <= number:
        worths.append(worths[-1] + worths[-2])
    code = ["0"] * len(worths)
    for place in reversed(range(len(worths))):
        if worths[place] <= number:
            number -= worths[place]
            code[place] = "1"
    return "".join(code).rstrip("0") + "1"


def fibonacci_ranges(ranges: Ranges) -> str:
    """Return a count and ranges, each as distances from the number before."""
    text, before = bits((len(ranges), 12)), 0
    for first, last in ranges:
        text += ("1" if last > first else "0") + fibonacci(first - before)
        if last > first:
            text += fibonacci(last - first)
        before = last
    return text


def header(sections: Sequence[int]) -> str:
    """Return the header of a string with these sections, ascending."""
    return encode(bits((3, 6), (1, 6)) + fibonacci_ranges(joined(sections)))


def joined(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as ranges, neighbours together."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def gpp(sections: Mapping[int, str]) -> str:
    """Return a whole string."""
    return "~".join([header(sorted(sections)), *(text for _, text in sorted(sections.items()))])


def us_section(
    section: int, values: Mapping[str, int | Sequence[int]], version: int = 1, *, extra: bool = True
) -> str:
    """Return a US section, all fields 0 that are not given; padded to whole bytes and letters, as the library does."""
    layout = LAYOUTS[section][version]
    filled = {"Version": version, "MspaVersion": 1, "GpcSegmentType": 1} | dict(values)
    parts = [_fields(layout.core, filled)]
    if extra and layout.extra:
        parts.append(_fields(layout.extra, filled))
    return ".".join(encode(part + "0" * (-len(part) % 8)) for part in parts)


def _fields(fields: Sequence[Field], values: Mapping[str, int | Sequence[int]]) -> str:
    text = ""
    for field in fields:
        value = values.get(field.name, 0)
        several = [value] if isinstance(value, int) else list(value)
        several += [0] * ((field.values or 1) - len(several))
        text += bits(*((each, field.width) for each in several))
    return text


def any_us_section(section: int, dice: Random) -> str:
    """Return a US section of random values: mostly good ones, now and then one that means nothing."""
    version = dice.choice(list(LAYOUTS[section]))
    layout = LAYOUTS[section][version]

    def value() -> int:
        return dice.choice((0, 0, 1, 2, 2)) if dice.random() < 0.99 else 3

    values: dict[str, int | list[int]] = {
        field.name: [value() for _ in range(field.values)] if field.values else value()
        for field in (*layout.core, *layout.extra)
        if not field.name.endswith("Version") and field.name not in {_GPC, "GpcSegmentType"}
    }
    values[_GPC] = dice.choice((0, 0, 1))
    return us_section(section, values, version, extra=dice.random() < 0.8)


def vendors(ranges: Ranges, *, whole_numbers: bool) -> str:
    """Return a list of vendors in the shorter form, as a writer of the coding does."""
    highest = ranges[-1][1] if ranges else 0
    listed = entries(ranges) if whole_numbers else fibonacci_ranges(ranges)
    if len(listed) <= highest:
        return bits((highest, 16), (1, 1)) + listed
    return vendor_bits([number for first, last in ranges for number in range(first, last + 1)])


def canada(
    *,
    express: Ranges = (),
    implied: Ranges = (),
    purposes: Sequence[int] = range(1, 11),
    implied_purposes: Sequence[int] = (),
    restrictions: Sequence[tuple[int, int, Ranges]] = (),
    disclosed: Ranges | None = None,
    features: int = 0,
    cmp: int = 50,
    version: int = 1,
    created: int = 16_400_000_000,
    whole_numbers: bool = False,
) -> str:
    """Return the Canadian section, in either coding of its lists."""
    text = bits(
        (version, 6), (created, 36), (created, 36), (cmp, 12), (2, 12), (0, 6), (4, 6), (13, 6), (45, 12), (2, 6),
        (0, 1), (features, 12), (mask(purposes), 24), (mask(implied_purposes), 24),
    )  # fmt: skip
    text += vendors(express, whole_numbers=whole_numbers)
    text += vendors(implied, whole_numbers=whole_numbers)
    text += bits((len(restrictions), 12))
    for purpose, kind, ranges in restrictions:
        text += bits((purpose, 6), (kind, 2))
        text += entries(ranges) if whole_numbers else vendors(ranges, whole_numbers=False)
    parts = [encode(text)]
    if disclosed is not None:
        parts.append(encode(bits((1, 3)) + vendors(disclosed, whole_numbers=whole_numbers)))
    return ".".join(parts)
