"""What creatives declare of themselves, for exchanges that list whom and what they allow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from adserver.domain.bits import bits
from adserver.domain.creative import AnyCreative, Restriction


class DeclaredIndex:
    """Creatives by third parties, restricted subjects and id."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        self._creatives = creatives
        size = len(creatives)
        vendors: dict[int, list[int]] = defaultdict(list)
        subjects: dict[Restriction, list[int]] = defaultdict(list)
        for index, creative in enumerate(creatives):
            for vendor in creative.vendors:
                vendors[vendor].append(index)
            for subject in creative.restrictions:
                subjects[subject].append(index)
        self._vendors = {vendor: bits(members, size) for vendor, members in vendors.items()}
        self._subjects = {subject: bits(members, size) for subject, members in subjects.items()}

    def with_vendors_beyond(self, allowed: Collection[int]) -> int:
        """Return who loads something from somebody else than these, by the vendor list's ids."""
        found = 0
        for vendor, members in self._vendors.items():
            if vendor not in allowed:
                found |= members
        return found

    def with_subjects_beyond(self, allowed: Collection[Restriction]) -> int:
        """Return who is about something restricted beside these."""
        found = 0
        for subject, members in self._subjects.items():
            if subject not in allowed:
                found |= members
        return found

    def named(self, creatives: Iterable[str]) -> int:
        """Return the candidates of these creatives, by id."""
        by_id = self._by_id
        return bits(
            (index for name in creatives for index in by_id.get(name, ())), len(self._creatives)
        )

    @cached_property
    def _by_id(self) -> dict[str, list[int]]:
        """Made when an exchange first excludes a creative: few do."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, creative in enumerate(self._creatives):
            found[creative.id].append(index)
        return dict(found)
