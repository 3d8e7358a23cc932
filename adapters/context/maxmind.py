"""Networks from a MaxMind database of anonymous and hosting addresses, that you bring."""

import socket
from pathlib import Path
from typing import Any, Literal

import msgspec

from adapters.maxmind_file import damage, opened
from adserver.domain.networks import IPV4_BYTES
from adserver.errors import Fault, InvalidConfig
from adserver.metrics import NETWORK_FAILURES

Trait = Literal[
    "is_anonymous", "is_anonymous_vpn", "is_hosting_provider", "is_public_proxy",
    "is_residential_proxy", "is_tor_exit_node",
]  # fmt: skip
USUAL: tuple[Trait, ...] = ("is_hosting_provider", "is_public_proxy", "is_tor_exit_node")
"""Networks of machines. People sit behind VPNs and in homes whose lines are lent out."""
KNOWS_TRAITS = ("Anonymous", "Enterprise", "Insights", "Precision")
"""What the types of databases that have these traits are called, in part."""


class Config(
    msgspec.Struct, tag="maxmind", tag_field="kind", frozen=True, forbid_unknown_fields=True
):
    """A list of networks that you bring, as a MaxMind database such as GeoIP Anonymous IP."""

    name: str
    """Short; the rule is then called `networks/NAME`, in events and metrics."""
    path: str
    """The database, relative to the settings file."""
    traits: tuple[Trait, ...] = USUAL
    """An address with one of these is listed. VPNs (`is_anonymous_vpn`) are left out: people use them."""

    @property
    def files(self) -> tuple[str, ...]:
        """The one file."""
        return (self.path,)

    def of(self, file: str) -> "Config":
        """Return the same list of another file."""
        return msgspec.structs.replace(self, path=file)

    def build(self, folder: Path) -> "MaxMindNetworks":
        """Open the file, relative to a folder. Raises `InvalidConfig`."""
        return MaxMindNetworks(folder / self.path, self.traits)


class MaxMindNetworks:
    """`ports.ListedNetworks`. The file is mapped into memory, so that workers share it; replace it, never write into it."""

    def __init__(self, path: Path, traits: tuple[Trait, ...]) -> None:
        if not traits:
            raise InvalidConfig([Fault(str(path), "$", "name at least one trait")])
        self._reader = opened(path, KNOWS_TRAITS, f"says nothing of {', '.join(traits)}")
        self._traits = traits
        self._damaged = damage()
        self._knows_ipv6 = self._reader.metadata().ip_version != 4  # noqa: PLR2004 - the version's name

    def __contains__(self, address: bytes) -> bool:
        """Tell whether the database gives an address one of the traits; damage is counted and says nothing."""
        if len(address) == IPV4_BYTES:
            text = socket.inet_ntop(socket.AF_INET, address)
        elif self._knows_ipv6:
            text = socket.inet_ntop(socket.AF_INET6, address)
        else:
            return False
        try:
            record: Any = self._reader.get(text)
        except (self._damaged, ValueError):
            NETWORK_FAILURES.inc()
            return False
        if not isinstance(record, dict):
            return False
        held: Any = record.get("traits")  # Enterprise and Insights keep them one level down
        known = held if isinstance(held, dict) else record
        return any(known.get(trait) is True for trait in self._traits)
