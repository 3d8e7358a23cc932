"""The section `invalid_traffic`: which requests, impressions and clicks come from no person."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from adapters import registry
from adapters.context.crawlers import KnownCrawlers
from adserver.domain.networks import Networks, network
from adserver.endpoints.suspicion import Visitors
from adserver.settings.network_lists import Found, find
from adserver.validity.judge import ContactJudge, Lists, RequestJudge
from adserver.validity.rates import RateTable

Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Window = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=60_000)]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
IN_APPS = (
    "okhttp", "Dart/", "UnityWebRequest", "LibVLC", "Apache-HttpClient/UNAVAILABLE",
)  # fmt: skip
"""Libraries that fetch pixels in people's applications, and that the public patterns take for crawlers."""


class Rate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So often, and no oftener. Each worker counts for itself."""

    limit: Limit
    """So many within the window are allowed; whoever comes oftener is refused until it slows down."""
    window_s: Window = 60
    """The window."""


class Judges(NamedTuple):
    """Who judges requests, and who judges impressions and clicks; nobody, where no rule is on."""

    of_requests: RequestJudge | None
    of_contacts: ContactJudge | None
    visitors: Visitors


class InvalidTraffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes from no person: whose requests are not bid on, whose impressions and clicks do not count.

    [How it works](../how-to/invalid-traffic.md).
    """

    crawlers: bool = True
    """Refuse and mark what has the user agent of a known crawler."""
    not_crawlers: tuple[str, ...] = IN_APPS
    """A user agent with one of these texts in it is no crawler's."""
    networks: tuple[registry.Networks, ...] = ()
    """Lists of networks of machines, that you bring: what comes from there is refused and marked."""
    requests_per_id: Rate | None = None
    """Bid requests with one id of a person, where an id may be read."""
    requests_per_address: Rate | None = None
    """Bid requests with one IPv4 address, or one half (/64) of an IPv6 address."""
    fastest_click_ms: Milliseconds = 300
    """A click sooner than this after the bid is marked; 0 turns the rule off."""
    clicks_per_person: Rate | None = Rate(limit=20)
    """Clicks of one person. What goes beyond is marked."""
    clicks_per_address: Rate | None = None
    """Clicks from one address, as above. What goes beyond is marked."""
    believed_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1")
    """Networks whose `X-Forwarded-For`, `X-Device-IP` and `X-Device-User-Agent` are believed: your terminator's, and
    those of servers that stitch advertisements into videos."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for what types cannot say."""
        names = [each.name for each in self.networks]
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"networks: the name '{name[:40]}' must be lower-case letters, digits, dashes and "
                    "underscores, at most 32"
                )
        if len(set(names)) != len(names):
            raise ValueError("networks: two lists have the same name")
        for each in self.believed_proxies:
            network(each)

    def lists(self, folder: Path, kept: Path) -> Found:
        """Read all lists of networks, relative to the settings' folder, or their copies in the folder `kept`."""
        return find(self.networks, folder, kept)

    def judges(self, lists: Sequence[Lists], monotonic: Callable[[], float], salt: bytes) -> Judges:
        """Build one worker's judges; `salt` is random bytes that nobody else knows."""
        crawlers = KnownCrawlers(self.not_crawlers) if self.crawlers else None

        def rates(rate: Rate | None) -> RateTable | None:
            return None if rate is None else RateTable(rate.limit, rate.window_s, salt)

        of_requests = RequestJudge(
            crawlers=crawlers,
            lists=lists,
            per_id=rates(self.requests_per_id),
            per_address=rates(self.requests_per_address),
            monotonic=monotonic,
        )
        of_contacts = ContactJudge(
            crawlers=crawlers,
            lists=lists,
            fastest_click_ms=self.fastest_click_ms,
            per_person=rates(self.clicks_per_person),
            per_address=rates(self.clicks_per_address),
            monotonic=monotonic,
        )
        return Judges(
            of_requests
            if self.crawlers or of_requests.asks_id or of_requests.asks_address
            else None,
            of_contacts if of_contacts.rules else None,
            Visitors(Networks(map(network, self.believed_proxies))),
        )
