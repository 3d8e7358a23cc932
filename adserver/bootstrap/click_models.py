"""The click models that are loaded, and what stands in for them."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog

from adserver.background.served_clicks import Factors, ServedClicks
from adserver.background.served_orders import ServedEvidence
from adserver.bootstrap.live_models import Fetched
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.errors import InvalidConfig
from adserver.ports import ClickModel
from models.registry.corrections import read_corrections
from models.registry.keeping import KEPT, keep
from models.registry.manifest import Kind
from models.registry.roles import Roles, Share

if TYPE_CHECKING:
    from models.ctr.baseline import Served

_log = structlog.get_logger()


class ClickTaker:
    """The place of the click models in a worker: what serves, and what is loaded to serve next."""

    kind: Kind = "click"

    def __init__(self, loaded: Loaded, *, keeps: bool) -> None:
        """Build it after the fork. One worker `keeps` a copy of a good champion for when the next is not."""
        from models.ctr.baseline import ConstantModel, Served  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork

        self._root = places(loaded).models
        self._engine = loaded.settings.click_engine
        self._keeps = keeps
        self._in_force: dict[str, Served] = {}
        """By the name of the version."""
        self._champion = Served(ConstantModel())
        self.served = ServedClicks(self._champion.model)
        self.evidence = ServedEvidence()
        """What is known of whom, by the champion's tables."""

    def fetch(self, roles: Roles) -> Fetched:
        """Load champion, canary and shadow; whoever is damaged is left out, and the champion before goes on."""
        problems: list[str] = []
        found: dict[str, Served] = {}
        champion = self._fetch_champion(roles.champion, found, problems)
        canary = self._fetch_other(roles.canary, "canary", found, problems)
        shadow = self._fetch_other(roles.shadow, "shadow", found, problems)
        factors: Mapping[str, Factors] = MappingProxyType({})
        try:
            factors = read_corrections(self._root).factors()
        except InvalidConfig as error:
            problems.append(f"{error}; nothing is corrected")
        swap = partial(
            self._swap,
            champion,
            found,
            partial(
                self.served.serve,
                champion.model,
                canary=canary,
                canary_percent=roles.canary.percent if roles.canary is not None else 0.0,
                shadow=shadow,
                shadow_percent=roles.shadow.percent if roles.shadow is not None else 0.0,
                factors=factors,
            ),
        )
        return Fetched(_in_words(champion.model, roles, canary, shadow, factors), swap, problems)

    def _swap(self, champion: "Served", found: "dict[str, Served]", serve: "partial[None]") -> None:
        self._champion, self._in_force = champion, found
        self.evidence.serve(champion.evidence)
        serve()

    def _fetch_champion(
        self, name: str, found: "dict[str, Served]", problems: list[str]
    ) -> "Served":
        if not name and not self._was_one():
            return self._champion
        try:
            served = self._load(name, problems)
        except InvalidConfig as error:
            return self._instead(error, found, problems)
        found[name] = served
        if self._keeps and not problems:
            try:
                keep(self._root, self.kind, name)
            except InvalidConfig as error:  # a full disk, say
                _log.warning("model_not_kept", kind=self.kind, error=str(error))
        return served

    def _was_one(self) -> bool:
        marks = (self._root / KEPT / self.kind, self._root / "current")
        return bool(self._in_force) or any(mark.exists() for mark in marks)

    def _instead(
        self, error: InvalidConfig, found: "dict[str, Served]", problems: list[str]
    ) -> "Served":
        from models.ctr.baseline import stand_in  # noqa: PLC0415 - as above

        if self._in_force:
            problems.append(f"{error}; {self._champion.model.name}, which served before, goes on")
            found.update(self._in_force)
            return self._champion
        served = stand_in(self._root, engine=self._engine)
        problems.append(f"{error}; {served.problem}")
        return served

    def _fetch_other(
        self, share: Share | None, role: str, found: "dict[str, Served]", problems: list[str]
    ) -> ClickModel | None:
        if share is None:
            return None
        try:
            served = found.get(share.model) or self._load(share.model, problems)
        except InvalidConfig as error:
            problems.append(f"{error}; there is no {role}")
            return None
        found[share.model] = served
        return served.model

    def _load(self, name: str, problems: list[str]) -> "Served":
        from models.ctr.baseline import load_click_model  # noqa: PLC0415 - as above

        if name in self._in_force:
            return self._in_force[name]
        served = load_click_model(self._root, name, engine=self._engine)
        if served.problem:
            problems.append(served.problem)
        return served


def _in_words(
    champion: ClickModel,
    roles: Roles,
    canary: ClickModel | None,
    shadow: ClickModel | None,
    factors: Mapping[str, Factors],
) -> str:
    told = [champion.name]
    for model, share, role in ((canary, roles.canary, "canary"), (shadow, roles.shadow, "shadow")):
        if model is not None and share is not None:
            told.append(f"{role} of {share.percent:g} %: {model.name}")
    for name in (champion.name, canary.name if canary is not None else ""):
        for exchange, medias in factors.get(name, {}).items():
            told += [f"{exchange} {media} x {factor:.3f}" for media, factor in medias.items()]
    return ", ".join(told)
