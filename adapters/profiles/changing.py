"""How a person's record changes: what comes, what it replaces, and what is too old to stay."""

from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec.structs import replace

from adapters.profiles.record import INTERESTS_S, Record, Statement, statements
from adserver.domain.person import MOST_TOUCHES, Interest, PersonKey, Touch
from adserver.domain.week import DAY_S

MAX_TOUCHES = MOST_TOUCHES
TOUCHES_S = 30 * DAY_S
MAX_INTERESTS = 64

Lapsed = Callable[[int, int], bool]
"""`(grant index, day) -> bool`: whether what was said that day has expired."""


def with_segments(
    record: Record, grant: int, day: int, segments: Sequence[int], replaces: Collection[int],
    lapsed: Lapsed,
) -> Record:  # fmt: skip
    """Return the record with a new statement in place of those of the grants `replaces` and of expired ones."""
    kept = [
        each
        for each in record.statements
        if each.grant not in replaces and not lapsed(each.grant, each.day)
    ]
    return replace(record, statements=(*kept, *statements(grant, day, segments)))


def with_touches(record: Record, touches: Iterable[Touch], lapsed: Lapsed) -> Record:
    """Return the record with these contacts, of which the newest 64 of the last 30 days stay; one (by bid and
    kind) that is there already stays as it is. What has expired goes.
    """
    merged = {(each.bid, each.kind): each for each in (*touches, *record.touches)}
    kept = sorted(merged.values(), key=_at_s)[-MAX_TOUCHES:]
    since_s = kept[-1].at_s - TOUCHES_S if kept else 0
    recent = tuple(each for each in kept if each.at_s > since_s)
    return replace(_current(record, lapsed), touches=recent)


def with_interests(record: Record, interests: Iterable[Interest], lapsed: Lapsed) -> Record:
    """Return the record with a longer trail, of which the newest 64 of the last 90 days stay. What has expired
    goes.
    """
    merged = dict.fromkeys((*record.interests, *interests))
    kept = sorted(merged, key=_at_s)[-MAX_INTERESTS:]
    since_s = kept[-1].at_s - INTERESTS_S if kept else 0
    recent = tuple(each for each in kept if each.at_s > since_s)
    return replace(_current(record, lapsed), interests=recent)


def joined(record: Record, alias: PersonKey, other: Record, lapsed: Lapsed) -> Record:
    """Return the record with all that was known under another key of the same person, and that key."""
    said: dict[tuple[int, int], tuple[int, ...]] = {}
    for each in (*record.statements, *other.statements):
        before = said.get((each.grant, each.day), ())
        said[each.grant, each.day] = tuple(dict.fromkeys((*before, *each.segments)))
    whole = Record(
        tuple(
            part
            for (grant, day), segments in said.items()
            for part in statements(grant, day, segments)
        ),
        aliases=tuple(dict.fromkeys((*record.aliases, alias, *other.aliases))),
        touches=record.touches,
        interests=record.interests,
    )
    whole = with_touches(whole, other.touches, lapsed)
    return with_interests(whole, other.interests, lapsed)


def without_alias(record: Record, alias: PersonKey) -> Record:
    """Return the record of somebody who lost an id to another person."""
    return replace(record, aliases=tuple(each for each in record.aliases if each != alias))


def _current(record: Record, lapsed: Lapsed) -> Record:
    if not any(lapsed(each.grant, each.day) for each in record.statements):
        return record
    kept: list[Statement] = [each for each in record.statements if not lapsed(each.grant, each.day)]
    return replace(record, statements=tuple(kept))


def _at_s(event: Touch | Interest) -> int:
    return event.at_s
