"""The bench measures what it says: the small forms of its parts, and that they would notice."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest

from adserver.catalog.compiler import compile_snapshot
from loadtest import traffic
from tests.bench import instructions, lookups, narrowing, speed
from tests.bench.__main__ import BARS, SLOW
from tests.bench.catalogs import catalog
from tests.bench.serving import ROOT, Measured, prepare
from tests.bench.walk import NOTHING
from tests.bench.wishes import wishes

REQUESTS = 30


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> Sequence[tuple[str, int]]:
    """Replay without callgrind, as `instructions` does with it."""
    folder = tmp_path_factory.mktemp("replay")
    files = [prepare(folder / str(size), size, 18_080, 18_090) for size in (10, 200)]
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.bench.replay", str(REQUESTS), "stages", *map(str, files)],
        cwd=ROOT, check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=list[tuple[str, int]])


def test_a_replay_answers_every_request_as_the_bar_says(
    phases: Sequence[tuple[str, int]],
) -> None:
    whole = {name: count for name, count in phases if name and " " not in name}
    assert whole.keys() == {"P1", "P2", "P4", "E"}
    assert whole["P4"] == whole["E"] == REQUESTS
    assert 0 < whole["P1"] <= whole["P2"] <= REQUESTS


def test_a_replay_walks_through_every_stage(phases: Sequence[tuple[str, int]]) -> None:
    stages = {name.removeprefix("P2 ") for name, _ in phases if name.startswith("P2 ")}
    assert stages == {
        NOTHING, "decode", "permission", "inbound", "profile", "moment", "eligibility", "frequency", "seeing",
        "fitting", "demands", "shortlist", "valuation", "selection", "answer",
    }  # fmt: skip


def test_a_stage_is_counted_without_what_watching_it_costs() -> None:
    sums = {"P1": 1_000, f"P1 {NOTHING}": 20, "P1 decode": 220, "P1 fitting": 440}
    times = {"P1": 10, f"P1 {NOTHING}": 10, "P1 decode": 10, "P1 fitting": 20}
    found = instructions.by_stage("P1", sums, times)
    assert found == {"decode": 20.0, "fitting": 40.0, "rest (HTTP, metrics)": 40.0}
    assert instructions.by_stage("E", sums, times) == {}


def test_narrowing_agrees_with_the_loop_and_a_wrong_set_is_noticed() -> None:
    auctions = narrowing.auctions_of(traffic.requests(REQUESTS, 1))
    made = catalog(300, wishes=wishes(auctions))
    snapshot = compile_snapshot(made)
    cases = narrowing.cases(snapshot, auctions)
    assert any(any(narrowing.narrow(snapshot, *case)) for case in cases)
    assert narrowing.disagreements(made, snapshot, cases) == []
    wrong = compile_snapshot(catalog(300, seed=2, wishes=wishes(auctions)))
    assert narrowing.disagreements(made, wrong, Random(1).sample(cases, 5))


def measured(cpu_us: float, **statuses: int) -> Measured:
    named = {name.removeprefix("status_"): count for name, count in statuses.items()}
    return Measured(cpu_us, named, 1.0, 0.0, {})


def test_a_ratio_is_the_median_of_the_rounds_and_each_has_its_own_yardstick() -> None:
    rounds = [
        {"E": measured(e), "P1": measured(ours, status_200=10)}
        for e, ours in ((20, 60), (40, 80), (10, 100))
    ]
    figure = speed.figure("P1", speed.BARS["P1"], rounds)
    assert (figure.value, figure.unit, figure.missed) == (3.0, "E", True)
    assert "2.00 to 10.00 in 3 rounds" in figure.note


def test_a_round_in_which_requests_were_shed_does_not_count() -> None:
    assert speed.alike(measured(1, status_200=99, status_204=1), "200")
    assert not speed.alike(measured(1, status_200=98, status_204=2), "200")


def test_people_are_loaded_looked_up_and_counted_in_bytes(tmp_path: Path) -> None:
    find, size, load = lookups.measured(tmp_path, 20_000, 500, lambda _: None)
    assert (find.unit, size.unit, load.unit) == ("us", "B", "us")
    assert 0 < size.value < lookups.BAR_BYTES
    assert min(find.value, load.value) > 0
    assert "LMDB" in find.note


def test_every_bar_can_be_asked_for() -> None:
    assert set(BARS) >= {*speed.BARS, *SLOW}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "P99"], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == 2
    assert b"no such bar: P99" in done.stderr
