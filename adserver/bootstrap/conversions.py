"""The conversion model that serves: the registry's champion of its kind, or smoothed counts, or what advertisers declare."""

from functools import partial

from adserver.background.served_orders import ServedOrders
from adserver.bootstrap.live_models import Fetched
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.errors import InvalidConfig
from adserver.ports import OrderModel
from models.registry.manifest import Kind
from models.registry.roles import Roles


class ConversionTaker:
    """The place of the conversion model in a worker. A damaged one leaves the one before."""

    kind: Kind = "conversion"

    def __init__(self, loaded: Loaded) -> None:
        """Build it after the fork. Raises `InvalidConfig` if what was counted cannot be read."""
        from models.cvr.baseline import SmoothedOrders, read_outcomes  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork

        where = places(loaded)
        self._root = where.models
        self._counted: OrderModel = SmoothedOrders(read_outcomes(where.orders))
        self._name = ""
        self.served = ServedOrders(self._counted)

    def fetch(self, roles: Roles) -> Fetched:
        """Load the champion; no canary and no shadow: what follows a click is known weeks later."""
        from models.cvr.artifact import load  # noqa: PLC0415 - as above
        from models.registry.artifacts import read  # noqa: PLC0415 - as above

        name = roles.champion
        model: OrderModel | None = None if name == self._name else self._counted
        problems: list[str] = []
        if name and name != self._name:
            try:
                model = load(read(self._root, self.kind, name))
            except InvalidConfig as error:
                problems.append(f"{error}; {self.served.name} goes on")
                name, model = self._name, None
        serves = self.served.name if model is None else model.name
        return Fetched(serves, partial(self._swap, name, model), problems)

    def _swap(self, name: str, model: OrderModel | None) -> None:
        self._name = name
        if model is not None:
            self.served.serve(model)
