"""The landscape that serves: the registry's champion of its kind, or none."""

from collections.abc import Mapping
from functools import partial

from adserver.background.served_landscape import ServedLandscape
from adserver.bootstrap.live_models import Fetched
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.errors import InvalidConfig
from adserver.ports import Clock
from adserver.ports.landscape import UNKNOWN, Landscape
from models.registry.manifest import Kind
from models.registry.roles import Roles


class LandscapeTaker:
    """The place of the landscape in a worker. A damaged one leaves the one before, or the fixed share."""

    kind: Kind = "landscape"

    def __init__(self, loaded: Loaded, clock: Clock) -> None:
        """Build it after the fork."""
        self._clock = clock
        self._root = places(loaded).models
        self._name = ""
        self._landscape: Landscape = UNKNOWN
        self._paid: Mapping[str, float] = {}
        self.served = ServedLandscape()

    def fetch(self, roles: Roles) -> Fetched:
        """Load the champion; no canary and no shadow: a price cannot be asked about twice."""
        from models.landscape.artifact import read  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork

        name, landscape, paid = roles.champion, self._landscape, self._paid
        problems: list[str] = []
        if not name:
            landscape = UNKNOWN
        elif name != self._name:
            try:
                learned = read(self._root, name)
                landscape, paid = learned, learned.paid
            except InvalidConfig as error:
                name = self._name
                stands_in = f"{name}, which served before," if name else "the fixed share"
                problems.append(f"{error}; {stands_in} goes on")
        return Fetched(name, partial(self._swap, name, landscape, paid), problems)

    def _swap(self, name: str, landscape: Landscape, paid: Mapping[str, float]) -> None:
        if name != self._name:
            self._name, self._landscape, self._paid = name, landscape, paid
            self.served.serve(landscape, paid, self._clock.now())
