"""No bid is written after the deadline by the server's clock, whichever stage stalls; its money is put back."""

import json
from pathlib import Path
from random import Random

import pytest

from adserver.domain.exchange import ExchangeTerms
from tests.endpoints.wire import person, request
from tests.fakes.worker import PLENTY, FakeWorker
from tests.unit.endpoints.desk import NOW_S, counted, serving

TERMS = ExchangeTerms(name="deadlines", network_margin_ms=5)
REQUESTS = 600


class Time:
    """A clock that moves only when a stage stalls, so that the deadline is exact."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.stalls_s = {"gathering": 0.0, "deciding": 0.0, "answering": 0.0}

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return self.now_s

    def gathering(self) -> None:
        """Stall in the look-up of the profile."""
        self.now_s += self.stalls_s["gathering"]

    def deciding(self) -> None:
        """Stall in the click model."""
        self.now_s += self.stalls_s["deciding"]

    def answering(self) -> None:
        """Stall in the markup."""
        self.now_s += self.stalls_s["answering"]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def worker(tmp_path: Path, time: Time) -> FakeWorker:
    return FakeWorker(
        tmp_path,
        TERMS,
        monotonic=time,
        wall=lambda: float(NOW_S),
        gathering=time.gathering,
        deciding=time.deciding,
        answering=time.answering,
    )


async def test_a_bid_is_never_written_after_the_deadline(worker: FakeWorker, time: Time) -> None:
    dice = Random(3)
    answers = {200: 0, 204: 0}
    before = counted("adserver_no_bids", exchange="deadlines", reason="time_out")
    async with serving(worker.bid, worker.admission) as client:
        for number in range(REQUESTS):
            tmax = dice.randint(5, 200)
            stage = dice.choice(list(time.stalls_s))
            time.stalls_s = dict.fromkeys(time.stalls_s, 0.0) | {stage: dice.uniform(0, 0.25)}
            began = time.now_s
            asked = request(tmax=tmax, **person(f"p{number}"))
            reply = await client.send(
                "POST", "/openrtb2/deadlines", data=json.dumps(asked).encode()
            )
            in_time = time.now_s - began <= (tmax - 5) / 1_000 - 0.001
            assert reply.status == (200 if in_time else 204), (tmax, time.stalls_s)
            assert "Connection" not in reply.headers  # which is kept
            answers[reply.status] += 1
            await reply.read()
    assert min(answers.values()) > REQUESTS / 5
    late = counted("adserver_no_bids", exchange="deadlines", reason="time_out") - before
    assert late == answers[204]
    # Only what was sent is held, counted and logged.
    assert len(worker.purse._holds) == len(worker.events) == answers[200]
    lease = worker.purse._leases[0]
    held = worker.purse._holds.by_pot()[lease.pot]
    assert lease.free + held == PLENTY


async def test_an_exchange_beyond_its_quota_gets_no_bids_by_that_name(tmp_path: Path) -> None:
    clock = Time()
    terms = ExchangeTerms(name="eager", max_requests_per_s=5)
    worker = FakeWorker(tmp_path, terms, monotonic=clock, wall=lambda: float(NOW_S))
    before = counted("adserver_no_bids", exchange="eager", reason="quota")
    async with serving(worker.bid, worker.admission) as client:

        async def ask() -> int:
            reply = await client.send("POST", "/openrtb2/eager", json=request())
            return reply.status

        assert [await ask() for _ in range(8)] == [200] * 5 + [204] * 3
        clock.now_s += 0.41
        assert [await ask() for _ in range(3)] == [200] * 2 + [204]
    assert counted("adserver_no_bids", exchange="eager", reason="quota") == before + 4
