"""Questions of the owner process: many at once, answered all or `Unavailable`; it blocks, a second at most."""

import socket
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import hiredis

from adapters.profiles.redis_store.breaker import Breaker
from adapters.profiles.redis_store.wire import (
    Address,
    Reply,
    ReplyError,
    Target,
    masters,
    moved,
    pack,
    reader,
)
from adserver.errors import Unavailable

TIMEOUT_S = 1.0
"""So long a node may keep silent before the owner goes on without it."""
FAILURES, OPEN_S = 1, 0.5
"""Whoever failed once is left alone for half a second: money must not wait for it each time."""
_ROUNDS = 50
_PAUSE_S = 0.02
"""While a part of a cluster changes hands, questions about it are tried again so often and so far apart."""
_CHUNK = 65_536
_MAP = pack("CLUSTER", "SLOTS")
_ASKING = pack("ASKING")


class Connection:
    """One connection to one node; of no use after a failure, so that no late answer is ever read."""

    def __init__(self, address: Address, target: Target) -> None:
        """Connect and log in. Raises `Unavailable`."""
        self._address = address
        self._reader = reader()
        try:
            self._socket = _connect(address, target)
            self._socket.sendall(target.opening)
        except OSError as error:
            raise Unavailable(f"profiles: {address}: {error}") from error
        for reply in self.receive(target.openings):
            if isinstance(reply, ReplyError):
                self.close()
                raise Unavailable(f"profiles: {address} does not let us in: {reply}")

    def send(self, commands: bytes) -> None:
        """Send. Raises `Unavailable`."""
        try:
            self._socket.sendall(commands)
        except OSError as error:
            raise Unavailable(f"profiles: {self._address}: {error}") from error

    def receive(self, count: int) -> list[Reply]:
        """Return so many answers. Raises `Unavailable`."""
        replies: list[Reply] = []
        try:
            while len(replies) < count:
                reply = self._reader.gets()
                if reply is not False:
                    replies.append(reply)
                elif data := self._socket.recv(_CHUNK):
                    self._reader.feed(data)
                else:
                    raise Unavailable(f"profiles: {self._address} hung up")
        except (OSError, hiredis.ProtocolError) as error:
            raise Unavailable(f"profiles: {self._address}: {error}") from error
        return replies

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _connect(address: Address, target: Target) -> socket.socket:
    if not address.port:
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(TIMEOUT_S)
        plain.connect(address.host)
        return plain
    plain = socket.create_connection(address, TIMEOUT_S)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if target.tls is None:
        return plain
    return target.tls.wrap_socket(plain, server_hostname=address.host)


class BlockingNodes:
    """A Redis or a cluster, asked by one thread at a time."""

    def __init__(self, target: Target) -> None:
        """Nothing is connected yet."""
        self._target = target
        self._connections: dict[Address, Connection] = {}
        self._breakers: defaultdict[Address, Breaker] = defaultdict(
            lambda: Breaker(FAILURES, OPEN_S, time.monotonic)
        )
        self._map: list[Address | None] | None = None

    def ask(self, questions: Sequence[tuple[int, bytes]]) -> list[Reply]:
        """Return the answers to commands, each with the bucket it is about, in order; errors of single commands
        are among them. Raises `Unavailable` if a node does not answer.
        """
        answers: list[Reply] = [None] * len(questions)
        left: dict[int, Address | None] = dict.fromkeys(range(len(questions)))
        for _ in range(_ROUNDS):
            left = self._round(questions, left, answers)
            if not left:
                return answers
            if any(str(answers[at]).startswith("TRYAGAIN") for at in left):
                time.sleep(_PAUSE_S)
        raise Unavailable(f"profiles: the cluster put a question off {_ROUNDS} times")

    def everywhere(self, command: bytes) -> list[Reply]:
        """Return the answer of each master to a command. Raises `Unavailable`."""
        return [self._one(address, command) for address in self._everybody()]

    def scan(self, pattern: bytes, count: int) -> Iterator[list[bytes]]:
        """Yield all keys of this pattern, some `count` at a time. Raises `Unavailable`."""
        for address in self._everybody():
            cursor = b""
            while cursor != b"0":
                command = pack("SCAN", cursor or b"0", "MATCH", pattern, "COUNT", count)
                reply = self._one(address, command)
                if isinstance(reply, ReplyError):
                    raise Unavailable(f"profiles: {address} refused: {reply}")
                cursor, keys = reply
                yield keys

    def close(self) -> None:
        """Hang up everywhere."""
        while self._connections:
            self._connections.popitem()[1].close()

    def _round(
        self,
        questions: Sequence[tuple[int, bytes]],
        left: dict[int, Address | None],
        answers: list[Reply],
    ) -> dict[int, Address | None]:
        """Ask what is left, of the given node for once or of whom the map says; return what is left then."""
        by_node: defaultdict[Address, list[int]] = defaultdict(list)
        for at, once in left.items():
            by_node[once or self._address(questions[at][0])].append(at)
        passed_on: dict[int, Address | None] = {}
        for (
            address,
            ats,
        ) in by_node.items():  # all are sent before any is read: nodes work side by side
            self._send(address, b"".join(_asking(left[at]) + questions[at][1] for at in ats))
        for address, ats in by_node.items():
            replies = iter(self._receive(address, sum(1 + (left[at] is not None) for at in ats)))
            for at in ats:
                if left[at] is not None:
                    next(replies)
                answers[at] = reply = next(replies)
                if not isinstance(reply, ReplyError):
                    continue
                where = moved(reply, address)
                if where is not None:
                    passed_on[at] = where[0] if where[1] else None
                    self._map = self._map if where[1] else None
                elif str(reply).startswith("TRYAGAIN"):
                    passed_on[at] = left[at]
        return passed_on

    def _everybody(self) -> list[Address]:
        if not self._target.cluster:
            return [self._target.addresses[0]]
        return [each for each in dict.fromkeys(self._masters()) if each is not None]

    def _one(self, address: Address, command: bytes) -> Reply:
        self._send(address, command)
        return self._receive(address, 1)[0]

    def _send(self, address: Address, commands: bytes) -> None:
        if not self._breakers[address].allows():
            self.close()  # others may have been asked already; nobody will read their answers
            raise Unavailable(f"profiles: {address} failed a moment ago")
        with self._watching(address):
            if address not in self._connections:
                self._connections[address] = Connection(address, self._target)
            self._connections[address].send(commands)

    def _receive(self, address: Address, count: int) -> list[Reply]:
        with self._watching(address):
            replies = self._connections[address].receive(count)
        self._breakers[address].succeeded()
        return replies

    @contextmanager
    def _watching(self, address: Address) -> Iterator[None]:
        """Hang up everywhere on a failure: whatever comes later belongs to questions nobody waits for."""
        try:
            yield
        except Unavailable:
            self._breakers[address].failed()
            self._map = None
            self.close()
            raise

    def _address(self, bucket: int) -> Address:
        if not self._target.cluster:
            return self._target.addresses[0]
        address = self._masters()[bucket]
        if address is None:
            self._map = None
            raise Unavailable("profiles: no node of the cluster answers for some people")
        return address

    def _masters(self) -> list[Address | None]:
        if self._map is None:
            self._map = self._learn()
        return self._map

    def _learn(self) -> list[Address | None]:
        failure = Unavailable("profiles: no node of the cluster knows the others")
        for address in dict.fromkeys((*self._connections, *self._target.addresses)):
            try:
                found = masters(self._one(address, _MAP), address)
            except (Unavailable, ValueError) as error:
                failure = Unavailable(f"profiles: {error}")
                continue
            if any(found):
                return found
        raise failure


def _asking(once: Address | None) -> bytes:
    return b"" if once is None else _ASKING


def good(replies: Sequence[Reply]) -> Sequence[Reply]:
    """Return the replies. Raises `Unavailable` if one of them is an error."""
    for each in replies:
        if isinstance(each, ReplyError):
            raise Unavailable(f"profiles: refused: {each}")
    return replies
