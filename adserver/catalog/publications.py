"""Block and allow lists of publications, a hundred thousand names each, asked all at once.

Names are kept as 64-bit hashes in one sorted array, each with the number of a combination: which lists it is in. So a
name costs some 12 bytes however many advertisers share it, and all lists are asked by one search. That a name is taken
for another by chance happens once in 10^13 questions to a list of 100,000.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from adserver.domain.bits import bits

MAX_SEEN = 4_096
REMEMBERED = 256
"""So many answers are remembered: there are few combinations of lists."""
MAX_LABELS = 8
"""Of a longer domain only so many ends are looked up."""
EVERYBODY = -1
_LIST_BITS = 16
_HASH = (1 << 64) - 1


class PublicationLists:
    """All advertisers' lists; the same file is one list, whoever names it."""

    def __init__(
        self,
        lists: Mapping[str, bytes],
        blocking: Mapping[str, Sequence[int]],
        allowing: Mapping[str, Sequence[int]],
        size: int,
    ) -> None:
        """`lists` are names parted by newlines; `blocking` and `allowing` the candidates under each, by its name."""
        used = sorted(blocking.keys() | allowing.keys())
        self._blocked = [bits(blocking.get(name, ()), size) for name in used]
        self._allowed = [bits(allowing.get(name, ()), size) for name in used]
        self._otherwise = EVERYBODY
        """Who accepts a publication that is in no list."""
        for each in self._allowed:
            self._otherwise &= ~each
        self._combinations: list[tuple[int, ...]] = []
        self._hashes, self._members = array("Q"), array("I")
        numbers: dict[tuple[int, ...], int] = {}
        for hashed, combination in _merged([lists[name] for name in used]):
            number = numbers.setdefault(combination, len(numbers))
            self._hashes.append(hashed)
            self._members.append(number)
        self._combinations = list(numbers)
        self._answers: dict[frozenset[int], int] = {}
        self._seen: dict[tuple[str, bool], frozenset[int]] = {}
        """Which lists the publications are in that were asked for lately."""

    @property
    def accepts_all(self) -> bool:
        """There is no list."""
        return not self._blocked

    def accepting(self, publication: str, *, is_domain: bool) -> int:
        """Return who may bid at this domain (a listed parent stands for it), or in this application.

        `EVERYBODY`, too, if nobody is refused: that need not be held against a set as wide as the catalog.
        """
        asked = publication, is_domain
        combination = self._seen.get(asked)
        if combination is None:
            combination = self._lists_with(publication, is_domain=is_domain)
            if len(self._seen) >= MAX_SEEN:
                self._seen.pop(next(iter(self._seen)))  # the oldest
            self._seen[asked] = combination
        return self._answer(combination) if combination else self._otherwise

    def _lists_with(self, publication: str, *, is_domain: bool) -> frozenset[int]:
        found: set[int] = set()
        for name in _ends(publication) if is_domain else (publication,):
            hashed = hash(name) & _HASH
            at = bisect_left(self._hashes, hashed)
            if at < len(self._hashes) and self._hashes[at] == hashed:
                found.update(self._combinations[self._members[at]])
        return frozenset(found)

    def _answer(self, found: frozenset[int]) -> int:
        known = self._answers.get(found)
        if known is not None:
            return known
        allowed, blocked = self._otherwise, 0
        for each in found:
            allowed |= self._allowed[each]
            blocked |= self._blocked[each]
        if len(self._answers) >= REMEMBERED:
            self._answers.clear()
        self._answers[found] = allowed & ~blocked
        return self._answers[found]


def _merged(lists: Sequence[bytes]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield every name's hash once, ascending, with the numbers of its lists."""
    pairs = sorted(
        (hash(line.decode()) & _HASH) << _LIST_BITS | number
        for number, text in enumerate(lists)
        for line in text.splitlines()
    )
    last, members = -1, list[int]()
    for pair in pairs:
        hashed, number = pair >> _LIST_BITS, pair & (1 << _LIST_BITS) - 1
        if hashed != last:
            if members:
                yield last, tuple(members)
            last, members = hashed, []
        if not members or members[-1] != number:
            members.append(number)
    if members:
        yield last, tuple(members)


def _ends(publication: str) -> Iterable[str]:
    """Return the name, and its parents if it is a domain; a bare top-level domain is nobody's parent."""
    labels = publication.split(".")
    first = max(0, len(labels) - MAX_LABELS)
    return [publication] + [".".join(labels[at:]) for at in range(max(1, first), len(labels) - 1)]
