"""The section `identity`: which partners' ids stand for a person."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.identity.uid2 import HOSTS, Config, Uid2Tokens
from adapters.identity.uid2_keys import Scope
from adserver.openrtb.partners import IdSource, IdSources, plain_sources
from adserver.ports import Clock

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class Sources(NamedTuple):
    """The sources of one worker."""

    sources: IdSources
    households: IdSources
    poll: Callable[[], None]
    """Look whether their files changed; call it about twice a second."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Partners' ids in bid requests (EIDs). [How it works](../how-to/identity.md)."""

    sources: tuple[str, ...] = ()
    """Hosts as in `eids[].source`, the most lasting first; others are not read. `uidapi.com` and `euid.eu` need the
    sections below, too."""
    households: tuple[str, ...] = ()
    """Hosts as in `eids[].source` whose ids stand for a household; caps per household count by them. On a television
    the household's address serves without."""
    uid2: Config | None = None
    """Keys and opt-outs for UID2 tokens (`uidapi.com`)."""
    euid: Config | None = None
    """Keys and opt-outs for EUID tokens (`euid.eu`)."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for what types cannot say."""
        for host in (*self.sources, *self.households):
            if not _HOST.fullmatch(host):
                raise ValueError(
                    f"sources and households: '{host[:80]}' is no host in lower case, like partner.example"
                )
        named = (*self.sources, *self.households)
        if len(set(named)) != len(named):
            raise ValueError("sources and households: the same host stands there twice")
        for scope, config in self._scopes:
            if (HOSTS[scope] in self.sources) != (config is not None):
                raise ValueError(
                    f"sources: '{HOSTS[scope]}' and the section '{scope}' need each other"
                )

    @property
    def _scopes(self) -> tuple[tuple[Scope, Config | None], ...]:
        return ("uid2", self.uid2), ("euid", self.euid)

    def build(self, folder: Path, clock: Clock) -> Sources:
        """Return the sources, with files relative to a folder. Raises `InvalidConfig`."""
        found = plain_sources(self.sources)
        readers: list[Uid2Tokens] = []
        for scope, config in self._scopes:
            if config is not None:
                reader = config.build(folder, scope, clock)
                found[HOSTS[scope]] = IdSource(scope, reader.read)
                readers.append(reader)

        def poll() -> None:
            for reader in readers:
                reader.poll()

        return Sources(found, plain_sources(self.households), poll)
