"""What runs under callgrind: a fixed replay in one process, its phases marked. Started by `instructions`.

usage: python -m tests.bench.replay REQUESTS whole|stages SETTINGS_FILE_FEW SETTINGS_FILE_MANY

Time stands still and nothing is drawn but keys and bid ids, so two replays run the same instructions.
"""

import time
from itertools import repeat

NOON_S = 1_795_003_200.0
"""A day within everybody's flight; noon UTC."""
# Before anything of ours is imported: whoever asks for the time gets this. Two functions of C, so that
# asking costs about what it costs otherwise.
time.time = repeat(NOON_S).__next__
time.monotonic = repeat(1_000.0).__next__

import asyncio  # noqa: E402 - the time must stand first
import gc  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

import orjson  # noqa: E402
import uvloop  # noqa: E402

from adserver.processes.http_server import HttpServer  # noqa: E402
from adserver.processes.worker import YOUNG  # noqa: E402
from loadtest import traffic  # noqa: E402
from tests.bench import canned  # noqa: E402
from tests.bench.inmemory import Lines, post  # noqa: E402
from tests.bench.walk import Ready, ready, walk  # noqa: E402


def main() -> None:
    """Replay everything and print what the phases were and for how many requests."""
    count, stages, files = int(sys.argv[1]), sys.argv[2] == "stages", sys.argv[3:]
    small, large = (ready(Path(file), NOON_S) for file in files)
    _forget()
    gc.set_threshold(YOUNG, 20, 50)
    count_from_here()
    replay = Replay(count, stages=stages)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(replay.everything(small, large))
    print(orjson.dumps(replay.phases).decode())


def count_from_here() -> None:
    """Switch callgrind's counting on, if we run under it: it makes everything several times slower.

    The wait is a loop and not a sleep, because valgrind looks for orders between instructions only.
    """
    if "CALLGRIND" not in os.environ:
        return
    with subprocess.Popen(  # noqa: S603 - valgrind's own remote control
        [os.environ["CALLGRIND"], f"--pid={os.getpid()}", "instrumentation on"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as switching:
        while (code := switching.poll()) is None:
            pass
    if code:
        raise RuntimeError(f"valgrind's vgdb could not switch counting on: exit code {code}")


def _forget() -> None:
    """Let the collector never look again at what is there: what came before must not change what is counted."""
    gc.collect()
    gc.freeze()


class Replay:
    """Runs phases one after the other and remembers which they were."""

    def __init__(self, count: int, *, stages: bool) -> None:
        self.phases: list[tuple[str, int]] = []
        """What ended with each mark, and for how many requests; nothing that counts if the name is empty."""
        self._count = count
        self._stages = stages

    async def everything(self, small: Ready, large: Ready) -> None:
        """Replay P1, P2, P4 and E, from a request's bytes to the answer's bytes."""
        bids, none = traffic.requests(self._count, 1), traffic.unsellable(self._count, 1)
        for name, built, bodies, wanted in (
            ("P1", small, bids, 200),
            ("P2", large, bids, 200),
            ("P4", large, none, 204),
        ):
            worker = built.worker
            server = HttpServer(worker.site, worker.admission, worker.http)
            kept, size = await self._whole(name, server, bodies, wanted)
            if self._stages:
                self._by_stage(name, built, kept)
            if name == "P2":
                await self._whole("E", canned.server(size), bids, 200)

    async def _whole(
        self,
        name: str,
        factory: Callable[[], asyncio.BaseProtocol],
        bodies: Sequence[bytes],
        wanted: int,
    ) -> tuple[list[bytes], int]:
        """Replay twice and count the second time, only requests with the wanted answer.

        Returns those, and the average length of their answers.
        """
        lines = Lines(factory)
        first = await lines.replay(post("/openrtb2/demo", bodies))
        kept = [body for body, (got, _) in zip(bodies, first, strict=True) if got == wanted]
        requests = post("/openrtb2/demo", kept)
        _forget()
        self._mark("", 0)
        answers = await lines.replay(requests)
        self._mark(name, len(answers))
        if any(status != wanted for status, _ in answers):
            raise RuntimeError(f"{name}: the second answers differ from the first")
        return kept, sum(len(body) for _, body in answers) // len(answers)

    def _by_stage(self, name: str, built: Ready, bodies: Sequence[bytes]) -> None:
        """Walk all requests at once, stage by stage, so that each stage can be counted by itself."""
        walking = [(next(each), each) for each in (walk(built, body, NOON_S) for body in bodies)]
        _forget()
        while walking := [(stage, each) for stage, each in walking if stage]:
            now = walking[0][0]
            here = [each for stage, each in walking if stage == now]
            others = [(stage, each) for stage, each in walking if stage != now]
            self._mark("", 0)
            there = [(next(each), each) for each in here]
            self._mark(f"{name} {now}", len(here))
            walking = there + others

    def _mark(self, name: str, count: int) -> None:
        """End a phase: callgrind writes its counts when this call reaches the C library, see `instructions.MARK`."""
        os.getloadavg()
        self.phases.append((name, count))


if __name__ == "__main__":
    main()
