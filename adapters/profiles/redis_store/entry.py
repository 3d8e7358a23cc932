"""What lies under one key in Redis, as it was taken, and what shall lie there instead."""

from collections.abc import Sequence

from adapters.profiles.choice_records import forbids
from adapters.profiles.record import EMPTY, Damaged, Record, unpack
from adapters.profiles.redis_store.stored import is_link, read_choices, unseal
from adserver.domain.choices import Choices
from adserver.domain.person import KEY_BYTES, PersonKey, Touch


class Entry:
    """What lies under one key, as it was when it was taken."""

    __slots__ = ("decided", "person", "sealed", "secret")

    def __init__(
        self, person: PersonKey, sealed: bytes | None, decided: bytes | None, secret: bytes | None
    ) -> None:
        self.person = person
        self.sealed = sealed
        self.decided = decided
        self.secret = secret

    @property
    def choices(self) -> Choices | None:
        """What was decided under this key, if anything was."""
        if self.decided is None:
            return None
        return read_choices(self.person, self.decided, self.secret)

    @property
    def main(self) -> PersonKey | None:
        """Whose id this really is, if it was linked."""
        if self.sealed is None or not is_link(self.sealed):
            return None
        try:
            main = unseal(self.person, self.sealed, self.secret)
        except Damaged:
            return None
        return main if len(main) == KEY_BYTES else None

    @property
    def record(self) -> Record:
        """What is known under this key itself: nothing if that is a link or cannot be read."""
        if self.sealed is None or is_link(self.sealed):
            return EMPTY
        try:
            return unpack(unseal(self.person, self.sealed, self.secret))
        except Damaged:
            return EMPTY  # The writer heals: a new record takes the place of a damaged one.

    @property
    def is_forbidden(self) -> bool:
        """Whether nothing may be added to what is known of them."""
        return self.decided is not None and forbids(self.choices)


class Put:
    """What shall lie under a key from now on; what is not named stays as it is."""

    __slots__ = ("choices", "entry", "life_s", "link", "record", "seen")

    def __init__(
        self, entry: Entry, *, record: Record | None = None, life_s: int = 0,
        link: PersonKey | None = None, choices: Choices | None = None, seen: Sequence[Touch] = (),
    ) -> None:  # fmt: skip
        """`seen` are the contacts that are new in the record, for the diary."""
        self.entry = entry
        self.record = record
        self.life_s = life_s
        self.link = link
        self.choices = choices
        self.seen = seen

    @property
    def needs_secret(self) -> bool:
        """Whether something of it is sealed."""
        said = self.choices
        told = said is not None and (said.objections or said.consented)  # a consent in the diary
        return bool((self.record is not None and self.record != EMPTY) or self.link or told)
