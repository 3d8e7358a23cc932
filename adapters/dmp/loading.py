"""From a data provider's people to profiles: ids become pseudonyms, names of segments become numbers.

What a file says is stored by right: each source's segments under that source's grant, so that they end when it ends,
and are replaced when the source says something new.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from adserver.domain.grant import UNDECLARED, Grant
from adserver.domain.identity import segment_number
from adserver.domain.person import PersonKey
from adserver.ports.people import Audiences, SegmentLoader

STEP = 10_000

GrantOf = Callable[[str], Grant | None]
"""By what right a segment is kept; `None` if it must not be."""


class Counts(NamedTuple):
    """What became of a load."""

    people: int
    """As many of the file's as were stored for some source; those who opted out or were erased are not among them."""
    memberships: int
    """Pairs of a person and a segment."""
    skipped_rows: int
    refused: Mapping[str, int] = {}
    """Segments that must not be kept, and how many people they were said of."""
    sizes: Mapping[str, Mapping[str, int]] = {}
    """By source and segment, how many people the file names."""


def load_segments(
    loader: SegmentLoader,
    pseudonym: Callable[[str, str], PersonKey],
    writer: Audiences,
    day: int,
    grant_of: GrantOf = lambda _: UNDECLARED,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    speaks_for: Iterable[Grant] = (),
) -> Counts:
    """Store what the loader says of its people; the ids themselves are kept nowhere.

    `day` is today, in days since the epoch. Whoever is in the file and in no segment of a source that it speaks for
    has left that source's segments; `speaks_for` names rights of which the file may say nothing but that. `on_progress(done, total)` is called every 10,000 people and at the end. Blocks.
    Raises `InvalidConfig` if the loader has nothing to offer, `Unavailable` if the store fails.
    """
    # In the order of the keys: LMDB then fills each page once, which is 4 times smaller than at random.
    people = sorted(
        (pseudonym(kind, identifier), names) for kind, identifier, names in loader.people()
    )
    counted = Counter(name for _, names in people for name in names)
    rights = {name: grant_of(name) for name in counted}
    # A file without any segment says that its people have left; whose they were, nobody can tell.
    named = (grant for grant in rights.values() if grant)
    grants = list(dict.fromkeys((*speaks_for, *named))) or [UNDECLARED]
    total = len(people) * len(grants)

    def numbered(grant: Grant, before: int) -> Iterator[tuple[PersonKey, Sequence[int]]]:
        numbers = {name: segment_number(name) for name, by in rights.items() if by == grant}
        for done, (person, names) in enumerate(people, before):
            if done and done % STEP == 0:
                on_progress(done, total)
            yield person, [numbers[name] for name in names if name in numbers]

    writer.put_names({segment_number(name): name for name, grant in rights.items() if grant})
    stored = [
        writer.put_segments(numbered(grant, position * len(people)), grant, day)
        for position, grant in enumerate(grants)
    ]
    on_progress(total, total)
    sizes: dict[str, dict[str, int]] = {}
    for name, grant in rights.items():
        if grant is not None:
            sizes.setdefault(grant.source, {})[name] = counted[name]
    return Counts(
        people=max(stored),
        memberships=sum(number for name, number in counted.items() if rights[name]),
        skipped_rows=loader.skipped,
        refused={name: counted[name] for name, grant in rights.items() if grant is None},
        sizes=sizes,
    )
