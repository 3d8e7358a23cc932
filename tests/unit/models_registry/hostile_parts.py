"""What the cases of `hostile` are made of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from models.registry import artifacts, roles, state

LATER = "2031-01-01T00:00:00Z"
HUGE = 1 << 40
PICKLE = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."
Json = dict[str, Any]


class Hostile(NamedTuple):
    """One way to break what is to serve."""

    name: str
    says: str
    """What the message must say, beside naming the file."""
    damage: Callable[[Path, str], None]
    """Breaks the version of that name in the registry of that folder."""


def prepare(root: Path, created: str = LATER) -> str:
    """Publish the champion once more, as another version, and return its name: as good as the first until damaged."""
    champion = artifacts.read(root, "click")
    later = msgspec.structs.replace(champion.manifest, created=created)
    return artifacts.publish(root, later, champion.files).name


def enthrone(root: Path, name: str) -> None:
    """Have a version serve, unseen."""
    state.change(root, "click", lambda before: roles.promoted(before, name, state.now_text(), ""))


def listed(*cases: tuple[str, str, Callable[[Path, str], None]]) -> list[Hostile]:
    return [Hostile(*case) for case in cases]
