"""From a data provider's people to profiles: ids become pseudonyms, names of segments become numbers."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from adserver.domain.identity import segment_number
from adserver.domain.person import PersonKey
from adserver.ports import Audiences, SegmentLoader

STEP = 10_000


class Counts(NamedTuple):
    """What became of a load."""

    people: int
    memberships: int
    """Pairs of a person and a segment."""
    skipped_rows: int


def load_segments(
    loader: SegmentLoader,
    pseudonym: Callable[[str, str], PersonKey],
    writer: Audiences,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Counts:
    """Store what the loader says of its people; the ids themselves are kept nowhere.

    `on_progress(done, total)` is called every 10,000 people and at the end. Blocks. Raises `InvalidConfig`
    if the loader has nothing to offer, `Unavailable` if the store fails.
    """
    # In the order of the keys: LMDB then fills each page once, which is 4 times smaller than at random.
    people = sorted(
        (pseudonym(kind, identifier), names) for kind, identifier, names in loader.people()
    )
    memberships = sum(len(names) for _, names in people)

    def numbered() -> Iterator[tuple[PersonKey, Sequence[int]]]:
        for done, (person, names) in enumerate(people):
            if done and done % STEP == 0:
                on_progress(done, len(people))
            yield person, [segment_number(name) for name in names]

    stored = writer.put_segments(numbered())
    on_progress(len(people), len(people))
    return Counts(stored, memberships, loader.skipped)
