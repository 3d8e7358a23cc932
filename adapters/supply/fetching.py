"""One file from a stranger's server: safe from where it leads, how long it takes and how large it is.

Redirects as Ads.txt 1.1 has them (section 3.1): within the root domain any number up to ours, out of it one, and none from there.
"""

import time
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp

from adapters.supply.addresses import Refused, location
from adapters.supply.bodies import TooLong, read
from adapters.supply.connecting import (
    NO_ALLOWANCE,
    Allowance,
    Lookup,
    connector,
    system_lookup,
)
from adapters.supply.manners import Manners
from adserver.domain.hosts import within

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 307, 308})
_OK, _UNCHANGED = 200, 304


class Answer(NamedTuple):
    """What a server said in the end."""

    status: int
    content: bytes = b""
    """Of a 200 only."""
    kind: str = ""
    """Of a 200: the media type, lower case, without parameters."""
    etag: str = ""
    modified: str = ""
    url: str = ""
    """Where it was at last."""


class Failed(Exception):
    """No answer, or none that can be used, with why."""


class Fetcher:
    """Used as `async with`; one for a whole run."""

    def __init__(
        self,
        *,
        user_agent: str,
        timeout_s: float = 20.0,
        manners: Manners,
        lookup: Lookup = system_lookup,
        allowance: Allowance = NO_ALLOWANCE,
    ) -> None:
        """`timeout_s` is for one file, redirects included, waiting for our turn not."""
        self._user_agent = user_agent
        self._timeout_s = timeout_s
        self._manners = manners
        self._lookup = lookup
        self._allowance = allowance
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session: no cookies, no proxies of the environment, nothing unpacked unasked."""
        self._session = aiohttp.ClientSession(
            connector=connector(self._lookup, self._allowance),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self, url: str, root: str, *, most: int, etag: str = "", modified: str = ""
    ) -> Answer:
        """Return the answer. `root` is the root domain; `most` bytes at most, unpacked.

        Raises `Failed`, and `Refused` for an address, or a redirect to one, that must not be fetched.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in conditions.items() if value}
        spent_s = 0.0
        outside = False
        at = location(url)
        for _ in range(MAX_REDIRECTS + 1):
            async with self._manners.turn(at.host):
                began = time.monotonic()
                answer = await self._one(at.url, headers, most, self._timeout_s - spent_s)
                spent_s += time.monotonic() - began
            if answer.status not in _REDIRECTS:
                return answer
            if outside:
                raise Refused("a second redirect out of the root domain")
            at = location(answer.url, at.url)
            outside = not within(at.host, root)
        raise Refused(f"more than {MAX_REDIRECTS} redirects")

    async def _one(self, url: str, headers: dict[str, str], most: int, left_s: float) -> Answer:
        """Ask once; `url` of a redirect is where it leads."""
        assert self._session is not None  # noqa: S101 - within `async with`
        if left_s <= 0:
            raise Failed("took too long")
        try:
            async with self._session.get(
                url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=left_s),
            ) as response:
                said = response.headers
                if response.status in _REDIRECTS:
                    return Answer(response.status, url=said.get("Location", ""))
                content = await read(response, most) if response.status == _OK else b""
                return Answer(
                    response.status,
                    content,
                    response.content_type.lower() if "Content-Type" in said else "",
                    said.get("ETag", "")[:500],
                    said.get("Last-Modified", "")[:100],
                    url,
                )
        except TooLong:
            raise Failed(f"is longer than {most:,} bytes") from None
        except TimeoutError:
            raise Failed("took too long") from None
        except ValueError as error:  # also an address that aiohttp reads otherwise than we do
            raise Failed(str(error)[:200]) from None
        except (OSError, aiohttp.ClientError) as error:
            raise Failed(f"no connection: {type(error).__name__}: {str(error)[:160]}") from None
