"""Taking a Redis into use: marks that show later whether a part of it was lost, and a look at how it is set up.

Each bucket of people has a mark beside it. A look-up that finds none knows that the bucket was lost (a flush, a restart
without a file, a replica that knew nothing), and people's opt-outs with it: nobody there is known until somebody has
seen to it. Only a process that starts and finds none at all takes the Redis for a new one.
"""

import threading

import structlog

from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.blocking import BlockingNodes
from adapters.profiles.redis_store.diary import Diary
from adapters.profiles.redis_store.wire import ReplyError, pack
from adserver.errors import Unavailable

AGAIN_S = 1.0

_log = structlog.get_logger()


class Adoption:
    """Done once per process, as soon as every node answers."""

    def __init__(
        self,
        nodes: BlockingNodes,
        keys: BlockingNodes | None,
        lock: "threading.RLock",
        diary: Diary | None = None,
    ) -> None:
        """Try, and go on trying in the background. With a diary of an earlier time it is no new Redis."""
        self._nodes = nodes
        self._keys = keys
        self._lock = lock
        self._diary = diary
        self._stopping = threading.Event()
        self._done = False
        try:
            self.run()
        except Unavailable as error:
            _log.warning("profile_store_away", error=str(error))
            threading.Thread(target=self._retry, name="profiles", daemon=True).start()

    def run(self) -> None:
        """Set the marks of a new store, once. Raises `Unavailable`."""
        with self._lock:
            if not self._done:
                self._mark()
                self._examine()
                self._done = True

    def stop(self) -> None:
        """Give up trying."""
        self._stopping.set()

    def _retry(self) -> None:
        while not self._done and not self._stopping.wait(AGAIN_S):
            try:
                self.run()
            except Unavailable:
                continue  # it was said that it is away

    def _mark(self) -> None:
        found = self._nodes.ask([(at, pack("GET", mark)) for at, mark in enumerate(names.MARKS)])
        for each in found:
            if isinstance(each, ReplyError):
                raise Unavailable(f"profiles: refused: {each}")
        missing = found.count(None)
        has_past = self._diary is not None and self._diary.about.joined
        if missing == names.BUCKETS and not has_past:
            if self._diary is not None:
                self._nodes.ask([(0, pack("SET", names.WRITTEN_DOWN, 1))])
            self._nodes.ask(
                [(at, pack("SET", mark, 1, "NX")) for at, mark in enumerate(names.MARKS)]
            )
            _log.info("profile_store_new")
        elif missing:
            _log.error("profile_store_lost", parts=missing, of=names.BUCKETS)

    def _examine(self) -> None:
        """Say what of its settings will hurt some day."""
        if self._keys is None:
            _log.warning("profile_keys_beside_data")
        for node in self._nodes.everywhere(pack("INFO")):
            if isinstance(node, ReplyError):
                continue  # it may be forbidden to us; then nobody can say
            said = dict(
                line.split(":", 1) for line in node.decode("utf-8", "replace").splitlines() if ":" in line
            )  # fmt: skip
            if said.get("aof_enabled") == "0":
                _log.warning("profile_store_forgets", setting="appendonly no")
            policy = said.get("maxmemory_policy", "")
            if policy.startswith("allkeys"):
                _log.error("profile_store_evicts", setting=f"maxmemory-policy {policy}")
