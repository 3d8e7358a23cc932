"""R3: no bid is written after its deadline, whatever stalls; who is too late gets 204 and keeps the connection.

The deadline is the moment of sending plus `tmax` less the margin, which is never later than what the server counts
from. When an answer was written the kernel tells: it stamps what comes in over loopback while the server writes it,
by the same clock.
"""

import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from typing import NamedTuple

from tests.endpoints.client import EXCHANGE
from tests.endpoints.throttled import running
from tests.endpoints.wire import request
from tests.torture.figures import Box, Figure, Scale, none_of
from tests.torture.lines import post
from tests.torture.priority import first
from tests.torture.stalling import MARGIN_MS

SHORTEST_MS, LONGEST_MS = 5, 1_000
DOUBT_MS = 1.0
"""Who was interrupted for longer while sending cannot tell when the request left: such answers do not count."""
SHORT_MARGIN_MS = 0
"""On processors shared with other tests the way out may take all the margin that the server leaves for it."""
LINES = 2
"""Connections to each server: the stall of one request makes others wait, but never a second, which ends lines."""
SERVERS = 4
PATIENCE_S = 10.0
_SO_TIMESTAMPNS = 35  # from Linux's asm-generic/socket.h; Python has no name for it
_TIMESPEC = struct.Struct("qq")
_NS = 1_000_000_000


class Heard(NamedTuple):
    """What came back."""

    tmax_ms: int
    status: int
    written_ms: float
    """When the answer was written, after the request was sent."""
    doubt_ms: float
    """How long sending took: the request left at some moment of it."""
    kept: bool
    """The same connection could be used for the next request."""


def run(scale: Scale) -> list[Figure]:
    """Ask several stalling servers at once: while they sleep, they do not work."""
    figures = _figures(_heard(scale, 0.35), MARGIN_MS if scale.full else SHORT_MARGIN_MS)
    if scale.full:
        figures.append(_paused(_heard(scale, 0.15, "--pauses")))
    return figures


def _heard(scale: Scale, part: float, *options: str) -> list[Heard]:
    box = scale.time(part)
    each = scale.count(8_000, 60)
    servers = scale.count(SERVERS, 2)
    with ExitStack() as stack:
        stack.enter_context(first(inherited=True))
        pool = stack.enter_context(ThreadPoolExecutor(servers * LINES))
        ports = [
            stack.enter_context(
                running("tests.torture.stalling", str(scale.seed + number), *options)
            )
            for number in range(servers)
        ]
        dice = Random(scale.seed)
        lines = [
            pool.submit(_line, port, each // LINES, box, Random(dice.random()))
            for port in ports
            for _ in range(LINES)
        ]
        return [answer for line in lines for answer in line.result()]


def _paused(heard: Sequence[Heard]) -> Figure:
    """Say what a server cannot know: what came while the whole process stood still seems to come afterwards."""
    bids = [each for each in heard if each.status == 200]
    late = [
        each
        for each in bids
        if each.doubt_ms <= DOUBT_MS and each.written_ms > each.tmax_ms - MARGIN_MS
    ]
    what = "bids written late because the process stood still while it waited, which its clock cannot tell"
    return Figure("R3", what, f"{len(late)} of {len(bids):,}", "reported", met=True)


def _figures(heard: Sequence[Heard], margin_ms: int) -> list[Figure]:
    sure = [each for each in heard if each.doubt_ms <= DOUBT_MS]
    bids = [each for each in sure if each.status == 200]
    late = [each for each in sure if each.written_ms > each.tmax_ms - margin_ms]
    spare = [each.tmax_ms - MARGIN_MS - each.written_ms for each in bids]
    wrong = [f"{each}" for each in late if each.status == 200]
    other = [f"{each}" for each in late if each.status not in {200, 204}]
    lost = [f"{each}" for each in heard if not each.kept]
    mix = Counter(each.status for each in heard)
    text = " ".join(f"{status}:{count:,}" for status, count in sorted(mix.items()))
    least = min(spare, default=0.0)
    return [
        none_of("R3", f"bids written after the deadline (closest: {least:.1f} ms before; "
                f"{len(heard) - len(sure)} unclear)", len(bids), wrong),
        none_of("R3", f"late answers other than 204 ({text})", len(late), other),
        none_of("R3", "answers after which the connection was closed", len(heard), lost),
    ]  # fmt: skip


def _line(port: int, count: int, box: Box, dice: Random) -> list[Heard]:
    """Ask one request after the other on one connection."""
    return list(_answers(port, count, box, dice))


def _answers(port: int, count: int, box: Box, dice: Random) -> Iterator[Heard]:
    line = _connect(port)
    for _ in range(count):
        if box.over():
            break
        tmax_ms = round(SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** dice.random())
        data = post(f"/openrtb2/{EXCHANGE}", json.dumps(request(tmax=tmax_ms)).encode())
        sent_ns = time.time_ns()
        line.sendall(data)
        doubt_ms = (time.time_ns() - sent_ns) / 1e6
        head, written_ns = _receive(line)
        status = int(head[9:12] or 0)
        kept = bool(head) and b"\r\nconnection: close" not in head.lower()
        yield Heard(tmax_ms, status, (written_ns - sent_ns) / 1e6, doubt_ms, kept)
        if not kept:
            line.close()
            line = _connect(port)
    line.close()


def _connect(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    line.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return line


def _receive(line: socket.socket) -> tuple[bytes, int]:
    """Return the head of an answer once it is whole, and when its last bytes were written; nothing if it was closed."""
    received, written_ns = b"", 0
    while True:
        data, notes, _, _ = line.recvmsg(65_536, 64)
        received += data
        for level, kind, note in notes:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanos = _TIMESPEC.unpack(note)
                written_ns = seconds * _NS + nanos
        head, found, body = received.partition(b"\r\n\r\n")
        if not data:
            return b"", written_ns
        if found and len(body) == _length(head):
            return head, written_ns


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
