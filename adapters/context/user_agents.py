"""Browser, system and device from a user agent's string, by the public patterns of ua-parser (Apache-2.0).

Its Rust backend takes some 20 us for a string and some 25 MB for its patterns, so a worker loads it only if some line
item targets what it tells, and remembers the answers to strings that come again.
"""

from functools import lru_cache

from adserver.domain.agent import UNKNOWN, Agent

MAX_CHARS = 512
"""No more of a string is looked at; those of people are shorter."""
REMEMBERED = 4_096
"""So many strings are remembered with their answers: some 4 MB at most."""
MAX_NAME = 100
_NOBODYS = frozenset(
    {"Other", "Generic", "Generic_Android", "Generic_Android_Tablet", "Smartphone", "Tablet"}
)
"""What the patterns call what they do not know."""


class UserAgents:
    """`ports.Agents`; answers are remembered in this process's memory only."""

    def __init__(self) -> None:
        from ua_parser import Domain, loaders, regex  # noqa: PLC0415 - 25 MB for whom targets devices

        self._everything = Domain.ALL
        self._resolve = regex.Resolver(loaders.load_lazy_builtins())
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def agent(self, text: str) -> Agent:
        """Return what a string says; never raises, whatever a stranger sent."""
        return self._remembered(text[:MAX_CHARS])

    def _read(self, text: str) -> Agent:
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair is no text for a library in Rust
            return UNKNOWN
        found = self._resolve(text, self._everything)
        browser, system, device = found.user_agent, found.os, found.device
        version = [system.major, system.minor, system.patch] if system else []
        return Agent(
            _known(browser.family) if browser else "",
            _known(system.family) if system else "",
            ".".join([part for part in version if part and part.isdigit()]),
            _known(device.brand) if device else "",
            _known(device.model) if device else "",
        )


def _known(name: str | None) -> str:
    return "" if name is None or name in _NOBODYS else name[:MAX_NAME]
