"""Many files anew: each by https, else by http; what fails leaves the copy from before in its place."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from adapters.supply.addresses import Refused
from adapters.supply.copies import Copies, Copy
from adapters.supply.fetching import Answer, Failed, Fetcher
from adapters.supply.robots import Robots

Outcome = Literal["read", "unchanged", "absent", "failed", "refused", "not_due"]
Accepts = Callable[[str, bytes], str]
"""Returns what is wrong with the content of a file of this kind, or nothing."""
_OK, _UNCHANGED = 200, 304
_GONE = frozenset({404, 410})
_TYPES = {
    "ads.txt": frozenset({"", "text/plain"}),
    "app-ads.txt": frozenset({"", "text/plain"}),
    "sellers.json": frozenset({"", "application/json", "text/json", "text/plain", "application/octet-stream"}),
}  # fmt: skip


class Wanted(NamedTuple):
    """One file."""

    kind: str
    domain: str
    root: str
    """Its root domain: redirects may stay within."""


class Result(NamedTuple):
    """What became of it."""

    wanted: Wanted
    outcome: Outcome
    problem: str = ""


class Refresher:
    """Asks for files and keeps what it gets."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        robots: Robots,
        copies: Copies,
        accepts: Accepts,
        most_bytes: int,
        expiry_s: float,
        connections: int = 20,
        force: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`force` asks for files that are not due, too."""
        self._fetcher = fetcher
        self._robots = robots
        self._copies = copies
        self._accepts = accepts
        self._most_bytes = most_bytes
        self._expiry_s = expiry_s
        self._places = asyncio.Semaphore(connections)
        self._force = force
        self._now = now

    async def refresh(
        self, files: Iterable[Wanted], on_result: Callable[[Result], None] = lambda _: None
    ) -> Sequence[Result]:
        """Return what became of each file; of one host one after the other."""
        by_host: dict[str, list[Wanted]] = {}
        for each in dict.fromkeys(files):
            by_host.setdefault(each.domain, []).append(each)

        async def host(wanted: list[Wanted]) -> list[Result]:
            async with self._places:
                found = []
                for each in wanted:
                    found.append(await self._file(each))
                    on_result(found[-1])
                return found

        lists = await asyncio.gather(*map(host, by_host.values()))
        return [each for results in lists for each in results]

    async def _file(self, wanted: Wanted) -> Result:
        copy = self._copies.find(wanted.kind, wanted.domain)
        if not self._force and copy.next_s > self._now():
            return Result(wanted, "not_due")
        problems = []
        outcome: Outcome = "failed"
        for scheme in ("https", "http"):
            try:
                answer = await self._ask(scheme, wanted, copy)
            except Failed as error:
                problems.append(f"{scheme}: {error}")
                continue
            except Refused as error:
                problems.append(f"{scheme}: refused: {error}")
                outcome = "refused"
                continue
            problem = self._problem(wanted, answer)
            if answer.status == _UNCHANGED and copy.state == "present":
                self._copies.unchanged(copy, self._now())
                return Result(wanted, "unchanged")
            if not problem:
                found = copy._replace(
                    url=answer.url, etag=answer.etag, modified=answer.modified, problem=""
                )
                self._copies.good(found, answer.content, self._now())
                return Result(wanted, "read")
            problems.append(f"{scheme}: {problem}")
            if answer.status in _GONE or (answer.status == _OK and not self._is_fresh(copy)):
                outcome = (
                    "absent"  # a page with status 200 may pass: as long as a copy is good, it stays
                )
        return self._without(wanted, copy, outcome, "; ".join(problems))

    def _without(self, wanted: Wanted, copy: Copy, outcome: Outcome, problem: str) -> Result:
        if outcome == "absent":
            self._copies.absent(copy, problem, self._now())
        else:
            self._copies.failed(copy, problem, self._now())
        return Result(wanted, outcome, problem)

    async def _ask(self, scheme: str, wanted: Wanted, copy: Copy) -> Answer:
        path = f"/{wanted.kind}"
        if not await self._robots.allows(scheme, wanted.domain, wanted.root, path):
            raise Failed("robots.txt does not want it")
        known = copy.state == "present"
        return await self._fetcher.fetch(
            f"{scheme}://{wanted.domain}{path}",
            wanted.root,
            most=self._most_bytes,
            etag=copy.etag if known else "",
            modified=copy.modified if known else "",
        )

    def _problem(self, wanted: Wanted, answer: Answer) -> str:
        if answer.status != _OK:
            return f"status {answer.status}"
        if answer.kind not in _TYPES[wanted.kind]:
            return f"is {answer.kind[:60]}"
        return self._accepts(wanted.kind, answer.content)

    def _is_fresh(self, copy: Copy) -> bool:
        return copy.state == "present" and self._now() - copy.seen_s <= self._expiry_s


def counted(results: Iterable[Result]) -> dict[Outcome, int]:
    """Return how many files met each outcome."""
    return dict(Counter(each.outcome for each in results))
