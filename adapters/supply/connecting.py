"""Connections that go to public addresses only, whatever the name service says from one moment to the next."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.supply.addresses import Refused, is_public

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the addresses of a name. Raises `OSError` if there are none."""
Allowance = Mapping[tuple[str, int], int]
"""For tests alone, never from a setting: an address and a port that may be connected to, and at which port it listens."""
NO_ALLOWANCE: Allowance = {}


async def system_lookup(name: str) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _Vetted(AbstractResolver):
    """Resolves once for each connection, and refuses a name with any address that is not public.

    What is returned is what is connected to: between the look and the step nobody can change it.
    """

    def __init__(self, lookup: Lookup, allowance: Allowance) -> None:
        self._lookup = lookup
        self._allowance = allowance

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host)
        found: list[ResolveResult] = []
        for address in addresses:
            instead = self._allowance.get((address, port))
            if instead is None and not is_public(address):
                raise Refused("a name of an address that is not public")
            found.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port if instead is None else instead,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        return found

    async def close(self) -> None:
        """There is nothing to let go of."""


def connector(lookup: Lookup, allowance: Allowance) -> aiohttp.TCPConnector:
    """Return a connector of one connection a host; it looks at each address again when it makes the socket."""
    instead = {(address, port) for (address, _), port in allowance.items()}

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (address, port, *_) = info
        if (address, port) not in instead and not is_public(address):
            raise Refused("an address that is not public")
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=_Vetted(lookup, allowance),
        use_dns_cache=False,
        force_close=True,
        limit=0,
        limit_per_host=1,
        socket_factory=make,
    )
