"""Which node of a cluster answers for whom: the map is asked for, kept, and mended when a node says that it is old."""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from adapters.profiles.redis_store.line import Line
from adapters.profiles.redis_store.wire import (
    Address,
    Reply,
    ReplyError,
    Target,
    masters,
    moved,
    pack,
)
from adserver.errors import Unavailable

RELEARN_S = 1.0
"""The map is not asked for more often, however many questions fail."""
LEARN_S = 0.1
"""So long a node may take to tell the map; no look-up waits for it longer than its own time-out."""
_MAP = pack("CLUSTER", "SLOTS")
_ASKING = pack("ASKING")
_MOVES = 3
"""So often a question is passed on before it is given up."""

_log = structlog.get_logger()


class Nodes:
    """Everybody who may be asked, over one line each."""

    def __init__(self, target: Target, line: Callable[[Address], Line]) -> None:
        """`line` makes the line to an address; nothing is connected yet."""
        self._target = target
        self._make = line
        self._lines: dict[Address, Line] = {}
        self._map: list[Address | None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._learnt_s = -RELEARN_S

    async def ask(self, questions: Sequence[tuple[int, bytes]], deadline_s: float) -> list[Reply]:
        """Return the answers to commands, each with the bucket it is about; all are under way at once.

        Raises `Unavailable` if one does not come by the deadline or is an error.
        """
        if self._target.cluster and self._map is None:
            await self._know(deadline_s)
        asked: list[tuple[Address, asyncio.Future[Reply]]] = []
        try:
            for bucket, command in questions:
                address = self._address(bucket)
                asked.append((address, self._line(address).ask(command, deadline_s)))
            replies = [await answer for _, answer in asked]
        except Unavailable:
            self._relearn()  # perhaps somebody else has taken over
            raise
        finally:
            for _, answer in asked:
                _let_go(answer)
        for at, reply in enumerate(replies):
            if isinstance(reply, ReplyError):
                replies[at] = await self._followed(
                    reply, asked[at][0], questions[at][1], deadline_s
                )
        return replies

    async def open(self) -> None:
        """Connect ahead of the first question; a failure shows with that."""
        if self._target.cluster:
            await self._know(asyncio.get_running_loop().time() + LEARN_S)

    def close(self) -> None:
        """Hang up everywhere."""
        if self._learning is not None:
            self._learning.cancel()
        for line in self._lines.values():
            line.close()

    async def _followed(
        self, error: ReplyError, asked: Address, command: bytes, deadline_s: float
    ) -> Reply:
        """Ask whoever a node passed us on to."""
        for _ in range(_MOVES):
            where = moved(error, asked)
            if where is None:
                raise Unavailable(f"profiles: {asked} refused: {error}")
            asked, once = where
            line = self._line(asked)
            if once:
                line.ask(_ASKING, deadline_s).add_done_callback(_let_go)
            else:
                self._relearn()
            reply = await line.ask(command, deadline_s)
            if not isinstance(reply, ReplyError):
                return reply
            error = reply
        raise Unavailable(f"profiles: passed on {_MOVES} times, last to {asked}")

    async def _know(self, deadline_s: float) -> None:
        """Wait for the map."""
        self._relearn()
        if self._learning is not None:
            left_s = deadline_s - asyncio.get_running_loop().time()
            await asyncio.wait({self._learning}, timeout=left_s)

    def _address(self, bucket: int) -> Address:
        if not self._target.cluster:
            return self._target.addresses[0]
        address = None if self._map is None else self._map[bucket]
        if address is None:
            raise Unavailable("profiles: no node of the cluster is known to answer for this person")
        return address

    def _line(self, address: Address) -> Line:
        line = self._lines.get(address)
        if line is None:
            line = self._lines[address] = self._make(address)
        return line

    def _relearn(self) -> None:
        if not self._target.cluster or (self._learning and not self._learning.done()):
            return
        if time.monotonic() >= self._learnt_s + RELEARN_S:
            self._learnt_s = time.monotonic()
            self._learning = asyncio.get_running_loop().create_task(self._learn())

    async def _learn(self) -> None:
        known = dict.fromkeys(each for each in self._map or () if each is not None)
        for address in (*known, *self._target.addresses):
            deadline_s = asyncio.get_running_loop().time() + LEARN_S
            try:
                found = masters(await self._line(address).ask(_MAP, deadline_s), address)
            except (Unavailable, ValueError) as error:
                _log.warning("profile_cluster_map", node=str(address), error=str(error))
                continue
            if any(found):
                self._use(found)
                return

    def _use(self, found: list[Address | None]) -> None:
        self._map = found
        needed = {*found, *self._target.addresses}
        for address in [each for each in self._lines if each not in needed]:
            self._lines.pop(address).close()  # it left the cluster


def _let_go(answer: "asyncio.Future[Reply]") -> None:
    """Nobody waits for this answer any more; if it failed, somebody else has said so."""
    if not answer.done():
        answer.cancel()
    elif not answer.cancelled():
        answer.exception()
