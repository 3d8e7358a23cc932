"""What HTTP alone takes: the same canned answers behind aiohttp's low-level server (E) and behind our connections.

usage: python -m tests.bench.bench_shell
"""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from adserver.commands.demo.world import free_ports
from loadtest import traffic
from tests.bench.serving import Server, burst

BYTES = 1_500
"""About what a bid response with one banner has."""
REQUESTS = 2_000
COUNT = 20_000
ROUNDS = 5


def main() -> None:
    """Measure in turns and print CPU time per request, user and system."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        requests = folder / "bids.jsonl"
        traffic.write(requests, REQUESTS)
        with ExitStack() as closing:
            aiohttp, ours = (
                _start(closing, requests, folder / "aiohttp.log"),
                _start(closing, requests, folder / "ours.log", "--ours"),
            )
            rounds = [
                tuple(burst(server, requests, COUNT).cpu_us for server in (aiohttp, ours))
                for _ in range(ROUNDS)
            ]
    ratios = sorted(mine / theirs for theirs, mine in rounds)
    print(f"aiohttp (E)  {statistics.median(each[0] for each in rounds):6.1f} us")
    print(f"ours         {statistics.median(each[1] for each in rounds):6.1f} us")
    print(f"ratio        {statistics.median(ratios):6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def _start(closing: ExitStack, requests: Path, log: Path, *options: str) -> Server:
    port = free_ports(1)
    arguments = ["tests.bench.canned", str(port), str(BYTES), *options]
    with requests.open("rb") as lines:
        server = Server(arguments, f"http://127.0.0.1:{port}/", log, lines.readline())
    closing.callback(server.stop)
    return server


if __name__ == "__main__":
    main()
