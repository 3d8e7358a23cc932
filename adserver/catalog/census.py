"""Counting people: who is in the segments and audiences of these campaigns, of all whom we know."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from adserver.catalog.audience import AudienceIndex
from adserver.catalog.sizes import FROM_REQUESTS, Sizes, doubts, segments_in_use
from adserver.domain.bits import ascending
from adserver.domain.campaign import Catalog
from adserver.domain.identity import segment_number
from adserver.domain.targeting import Expression, spell
from adserver.privacy.policy import Policy

Everybody = Callable[[], Iterable[Sequence[int]]]
"""Names everybody once, each by the segments (numbers) that may choose an advertisement for them now."""


def count(everybody: Everybody, policy: Policy, catalog: Catalog, sizes: Sizes, day: int) -> Sizes:
    """Return the sizes with all that active line items ask for counted anew, in two walks over everybody.

    First segments, since those of too few people count for nothing in audiences; then the audiences that may be
    too small. `day` is today, in days since the epoch.
    """
    names = segments_in_use(catalog)
    counter: Counter[int] = Counter()
    if names:
        wanted = {segment_number(name) for name in names}
        for person in everybody():
            counter.update(wanted.intersection(person))
    segments = {name: counter[segment_number(name)] for name in names}
    # What nobody we know is in may come with requests; that stays uncounted.
    found = {
        name: people
        for name, people in segments.items()
        if people or name in sizes.segments or FROM_REQUESTS not in name
    }
    counted = sizes.counted(found, {}, day)
    return counted.counted({}, _audiences(everybody, policy, catalog, counted), day)


def _audiences(
    everybody: Everybody, policy: Policy, catalog: Catalog, sizes: Sizes
) -> dict[str, int]:
    asked = {
        spell(doubt.counts): doubt.counts
        for doubt in doubts(policy, catalog, sizes)
        if not isinstance(doubt.counts, bool)
    }
    if not asked:
        return {}
    expressions: list[Expression] = list(asked.values())
    index = AudienceIndex(enumerate(expressions), len(expressions))
    every = (1 << len(expressions)) - 1
    people = [0] * len(expressions)
    for person in everybody():
        for position in ascending(index.accepting(person, every)):
            people[position] += 1
    return dict(zip(asked, people, strict=True))
