"""The locust users, run as people run them (locust changes the process it is imported into)."""

import asyncio
import signal
import sys

from tests.fakes.bidder import FakeBidder


async def test_locust_users_bid_and_report_wins() -> None:
    bidder = FakeBidder()
    async with bidder.serve() as base:
        words = ["-m", "locust", "-f", "loadtest/locustfile.py", "--headless", "-u", "2", "-r", "2"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--host", base, "--only-summary",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(30):
            await bidder.busy.wait()
            process.send_signal(signal.SIGTERM)
            output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert bidder.notices["billing"] > 0
    assert 0 <= bidder.notices["win"] - bidder.notices["billing"] <= 2  # two users, cut off
    assert bidder.notices["loss"] > 0
