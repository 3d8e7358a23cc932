"""What workers ask the owner to do with what is stored of a person, and its answers; see `protocol`."""

import msgspec

from adserver.domain.choices import Change, Choices
from adserver.domain.person import Dossier, PersonKey


class _Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


class Choose(_Message, frozen=True):
    """Keep a person's decision."""

    request: int
    ids: tuple[PersonKey, ...]
    change: Change


class Erase(_Message, frozen=True):
    """Forget a person."""

    request: int
    ids: tuple[PersonKey, ...]


class See(_Message, frozen=True):
    """Tell all that is stored of a person."""

    request: int
    ids: tuple[PersonKey, ...]


class Link(_Message, frozen=True):
    """Join ids: pairs of one id's key and the key of the person it is another id of."""

    request: int
    pairs: tuple[tuple[PersonKey, PersonKey], ...]


class Chosen(_Message, frozen=True):
    """It is durable: what holds now."""

    request: int
    choices: Choices


class Erased(_Message, frozen=True):
    """It is gone; `known` tells whether there was anything."""

    request: int
    known: bool


class Shown(_Message, frozen=True):
    """All that is stored of a person, and what the numbers in it are called."""

    request: int
    dossier: Dossier
    names: dict[int, str]


class Linked(_Message, frozen=True):
    """So many pairs were new."""

    request: int
    count: int


class Forget(_Message, frozen=True):
    """Told to every worker: let go of what you hold of these people."""

    people: tuple[PersonKey, ...]


class Counted(_Message, frozen=True):
    """Told to every worker: stored contacts from before this moment may be missing; 0 if all are there, infinite if
    nobody knows.
    """

    since_s: float


Question = Choose | Erase | See | Link
Answer = Chosen | Erased | Shown | Linked
