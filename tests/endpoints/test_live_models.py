"""Models change while requests come in, and nobody notices but the log; hostile ones change nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.registry import roles
from models.registry.state import FILE_NAME, change, now_text, read_state
from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.test_reload import Traffic
from tests.endpoints.wire import request
from tests.unit.models_registry.conftest import trained
from tests.unit.models_registry.hostile import HOSTILE, strike
from tests.unit.models_registry.hostile_parts import Hostile, prepare

__all__ = ["trained"]  # the model of the tests there

SOON_S = 20.0
"""Workers look twice a second, and a child process tries the model first; the machine may be busy."""
PAUSE_S = 0.05
SOME = (
    "model flipped",
    "signature of a stranger",
    "a loop",
    "leaves beyond reason",
    "registry cut",
    "champion outside",
)


def deciding(server: Server) -> str:
    """The model that each worker would decide by, if they agree."""
    body = json.dumps(request()).encode()
    names = {
        server.private("POST", "/explain", body, worker=worker).json()["model"]
        for worker in range(server.workers)
    }
    return names.pop().rpartition("/")[2] if len(names) == 1 else ""


def events(server: Server, kind: str) -> list[dict[str, Any]]:
    """The events of a kind in the log so far."""
    texts = [file.read_text("utf-8") for file in (server.state / "events").iterdir()]
    lines = [
        json.loads(line)
        for text in texts
        for line in text.splitlines(keepends=False)
        if line.endswith("}")
    ]
    return [line for line in lines if line["event"] == kind]


def decided_by(server: Server, name: str) -> int:
    """How many bids a model has decided."""
    return sum(each["model"] == f"lightgbm/{name}" for each in events(server, "bid"))


def refused(server: Server) -> float:
    """How many workers have refused a model and not taken a better one since."""
    return server.total("adserver_model_refused", kind="click")


def test_models_change_without_a_lost_request_and_hostile_ones_change_nothing(
    make: Make, trained: Path
) -> None:
    server = make(one_banner("tents"))
    models = server.state / "models"
    shutil.copytree(trained, models)
    first = read_state(models).roles("click").champion
    second = prepare(models, "2030-01-01T00:00:00Z")
    server.start()
    assert deciding(server) == first
    pids = [server.worker_pid(worker) for worker in range(server.workers)]
    good = Path(shutil.copytree(models, server.folder / "good"))
    with Traffic(server, PAUSE_S).flowing() as traffic:
        wait(lambda: traffic.seen.total() > 5, SOON_S)
        done = server.command("models", "promote", "challenger", "--why", "it is newer")
        assert done.returncode == 0, done.stderr
        wait(lambda: deciding(server) == second, SOON_S, server.text)
        change(models, "click", lambda before: roles.rolled_back(before, now_text(), "it is worse"))
        wait(lambda: deciding(server) == first, SOON_S, server.text)
        change(models, "click", lambda before: roles.shadowed(before, second, 50))
        wait(lambda: len(events(server, "shadow")) > 5, SOON_S, server.text)
        change(models, "click", lambda before: roles.canaried(before, second, 40))
        before = decided_by(server, second)
        wait(lambda: decided_by(server, second) > before + 5, SOON_S, server.text)
    assert traffic.seen.keys() == {"200"}, traffic.seen
    assert [server.worker_pid(worker) for worker in range(server.workers)] == pids
    assert refused(server) == 0
    assert server.total("adserver_model_swaps_total", kind="click") >= 6
    told = {each["model"] for each in events(server, "bid")}
    assert told == {f"lightgbm/{first}", f"lightgbm/{second}"}
    shadows = {each["bid"]: each["p_click"] for each in events(server, "shadow")}
    decided = [each for each in events(server, "bid") if each["bid"] in shadows]
    assert decided
    assert all(each["p_click"] == pytest.approx(shadows[each["bid"]]) for each in decided), (
        "the two models are equal, but for their names"
    )
    history = [each.why for each in read_state(models).roles("click").history]
    assert history == ["the first of its kind", "it is newer", "it is worse"]

    _restore(good, models, server)  # no canary decides any more
    wait(lambda: all(deciding(server) == first for _ in range(12)), SOON_S, server.text)
    for case in (each for each in HOSTILE if each.name in SOME):
        _strike(server, case, good, first)
    server.stop("model_refused")


def _strike(server: Server, case: Hostile, good: Path, before: str) -> None:
    """Have a hostile model serve: it is refused, and the one before goes on bidding."""
    models = server.state / "models"
    strike(models, case)
    wait(lambda: refused(server) == server.workers, SOON_S, server.text)
    said = server.events("model_refused")[-1]["problem"]
    assert case.says in said, case.name
    assert "goes on" in said
    assert deciding(server) == before, case.name
    with server.client() as client:
        assert client.bid(request()).status == 200
    _restore(good, models, server)


def _restore(good: Path, models: Path, server: Server) -> None:
    """Put everything back, and wait until the workers have seen it."""
    shutil.rmtree(models / "click")
    shutil.copytree(good / "click", models / "click")
    for name in ("trusted.keys", FILE_NAME):
        shutil.copy(good / name, models / f".{name}")
        (models / f".{name}").replace(models / name)
    wait(lambda: refused(server) == 0, SOON_S, server.text)
