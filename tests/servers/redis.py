"""Real Redis servers on free ports, alone or as a cluster: started, frozen, killed and started again by tests."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.profiles.redis_store.blocking import Connection
from adapters.profiles.redis_store.names import SLOTS
from adapters.profiles.redis_store.wire import Address, Reply, ReplyError, pack, target
from adserver.errors import Unavailable
from tests.endpoints.server import free_ports, wait
from tests.lacking import missing

PROGRAM = shutil.which("redis-server")
LACKING = "no redis-server on this machine; Debian's package is `redis-server`"
START_S = 10.0


def needed() -> str:
    """Return the program; without it skip the test, or fail it where everything must be there."""
    if PROGRAM is None:
        missing(LACKING)
    return PROGRAM


class RedisServer:
    """One server, in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        """It does not run yet; `options` are those of `redis-server`."""
        self.port = free_ports(1)[0]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> "RedisServer":
        """Start and wait until it answers."""
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - Debian's program, our own arguments
                [
                    needed(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder),
                    "--save", "", "--appendfsync", "no", *self._options,
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        wait(self._answers, START_S, lambda: (self._folder / "log").read_text("utf-8"))
        return self

    def call(self, *words: bytes | int | str) -> Reply:
        """Ask it something over a new connection."""
        connection = Connection(Address("127.0.0.1", self.port), target((self.url,)))
        try:
            connection.send(pack(*words))
            return connection.receive(1)[0]
        finally:
            connection.close()

    def freeze(self) -> None:
        """Stop it without ending it: it accepts connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def resident_bytes(self) -> int:
        """Return what it takes of memory for its data, by its own count."""
        info = self.call("INFO", "memory").decode()
        return int(info.partition("used_memory:")[2].split()[0])

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text("utf-8")
        try:
            reply = self.call("PING")
            return reply == b"PONG" or str(reply).startswith("NOAUTH")
        except Unavailable:
            return False


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """Run one server; its data goes away with it."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder), *options)
        try:
            yield server.start()
        finally:
            server.kill()


@contextmanager
def redis_cluster(masters: int = 3) -> Iterator[list[RedisServer]]:
    """Run a cluster of so many masters without replicas."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                redis_server(
                    "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
                    "--cluster-require-full-coverage", "no",
                )
            )
            for _ in range(masters)
        ]  # fmt: skip
        _join(servers)
        yield servers


def _join(servers: Sequence[RedisServer]) -> None:
    for at, server in enumerate(servers):
        first, last = SLOTS * at // len(servers), SLOTS * (at + 1) // len(servers) - 1
        _well(server.call("CLUSTER", "ADDSLOTSRANGE", first, last))
        _well(server.call("CLUSTER", "SET-CONFIG-EPOCH", at + 1))
    for server in servers[1:]:
        # Named bus ports: by default they are 10,000 above, where other tests' servers may be.
        _well(servers[0].call("CLUSTER", "MEET", "127.0.0.1", server.port, server.port + 10_000))
    wait(lambda: all(_knows_all(server, len(servers)) for server in servers), START_S)


def _knows_all(server: RedisServer, count: int) -> bool:
    info: bytes = server.call("CLUSTER", "INFO")
    return b"cluster_state:ok" in info and b"cluster_known_nodes:%d" % count in info


def _well(reply: Reply) -> None:
    assert not isinstance(reply, ReplyError), reply


def until_answered(server: RedisServer, seconds: float = START_S) -> float:
    """Return how long a server takes until it answers again."""
    began = time.monotonic()
    wait(server._answers, seconds)
    return time.monotonic() - began
