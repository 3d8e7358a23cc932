"""The kinds of requests that the strict catalog bids on, and ways into their JSON."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.endpoints.client import EXCHANGE

Json = dict[str, Any]


class Kind(NamedTuple):
    """What is sold, where it shows, and which exchange offers it."""

    media: str
    inventory: str
    """Where it shows, by the request's name for it."""
    home: str

    @property
    def careful(self) -> str:
        """The exchange that offers the same, and asks for creatives that it has approved."""
        return f"{self.home}-careful"


KINDS: Mapping[str, Kind] = {
    "banner": Kind("banner", "site", EXCHANGE),
    "video": Kind("video", "site", EXCHANGE),
    "audio": Kind("audio", "site", EXCHANGE),
    "native": Kind("native", "site", EXCHANGE),
    "play": Kind("video", "app", "apps"),
    "screen": Kind("banner", "dooh", "screens"),
}
"""Applications and screens have exchanges of their own: so what is wrong with a site concerns sites alone."""
ALL = tuple(KINDS)
MEDIA = ("banner", "video", "audio", "native")
ELSEWHERE = "elsewhere"
"""An exchange that no line item wants."""
HOMES = tuple(dict.fromkeys(kind.home for kind in KINDS.values()))
CAREFUL = tuple(dict.fromkeys(kind.careful for kind in KINDS.values()))
EXCHANGES = (*HOMES, *CAREFUL, ELSEWHERE)


def showing(*media: str) -> tuple[str, ...]:
    """Return the kinds that sell one of these media types."""
    return tuple(name for name, kind in KINDS.items() if kind.media in media)


def within(*inventories: str) -> tuple[str, ...]:
    """Return the kinds that show in one of these: `site`, `app`, `dooh`."""
    return tuple(name for name, kind in KINDS.items() if kind.inventory in inventories)


PEOPLE = within("site", "app")
"""Behind a screen nobody is known."""


def way(path: str, kind: str) -> list[Any]:
    """Return the steps of `imp.0.$.w`; `$` stands for the media type, `@` for where it shows."""
    media, inventory, _ = KINDS[kind]
    named = {"$": media, "@": inventory}
    return [int(step) if step.isdigit() else named.get(step, step) for step in path.split(".")]


def write(request: Json, path: str, kind: str, value: Any) -> None:
    """Set a path of a request; the objects on the way are made."""
    *steps, last = way(path, kind)
    at: Any = request
    for step in steps:
        at = at[step] if isinstance(at, list) else at.setdefault(step, {})
    at[last] = value


def restore(request: Json, good: Json, path: str, kind: str) -> None:
    """Make a path what it is in the good request, or take it away."""
    *steps, last = way(path, kind)
    at: Any = request
    right: Any = good
    for step in steps:
        at = at[step] if isinstance(at, list) else at.get(step, {})
        right = right[step] if isinstance(right, list) else right.get(step, {})
    if last in right:
        at[last] = copy.deepcopy(right[last])
    else:
        at.pop(last, None)
