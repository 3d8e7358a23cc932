"""R7, models: damaged and hostile ones are refused by name, and the server goes on bidding by the one before.

The list is `tests/unit/models_registry/hostile.py`; beside it, damage at places that nobody chose.
"""

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from random import Random

from adserver.errors import InvalidConfig
from models.ctr.artifact import load
from models.ctr.train import train
from models.registry import artifacts
from models.registry.state import FILE_NAME, read_state
from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import Server, wait
from tests.endpoints.test_reload import Traffic
from tests.endpoints.wire import request
from tests.torture.breakage import model
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.running import serving
from tests.unit.models_ctr.world import shown, write_log
from tests.unit.models_registry.hostile import HOSTILE, strike
from tests.unit.models_registry.hostile_parts import Hostile, enthrone, prepare

IMPRESSIONS = 3_000
PAUSE_S = 0.02
SOON_S = 20.0
MOST_GROWN_BYTES = 16 * 1024 * 1024
"""By so much a worker may have grown after all of it: allocators keep some of what is freed."""


def run(folder: Path, dice: Random, scale: Scale) -> list[Figure]:
    """Have everything on the list refused, alone and by a server under traffic."""
    log, good = folder / "log", folder / "good"
    write_log(log, list(shown(IMPRESSIONS)))
    train(log, good)
    cases = dice.sample(HOSTILE, scale.count(len(HOSTILE), 4))
    count = scale.count(50, 2)
    return [
        _refused(good, cases),
        _broken_anywhere(good, dice, count),
        *_under_traffic(good, cases, scale),
    ]


def _refused(good: Path, cases: list[Hostile]) -> Figure:
    wrong = []
    for case in cases:
        broken = good.with_name("broken")
        shutil.copytree(good, broken)
        strike(broken, case)
        try:
            wrong.append(f"taken: {load(broken).name}, {case.name}")
        except InvalidConfig as error:
            if case.says not in str(error):
                wrong.append(f"{case.name} is told as {error}")
        shutil.rmtree(broken)
    return none_of("R7", "hostile models not refused by their name", len(cases), wrong)


def _broken_anywhere(good: Path, dice: Random, count: int) -> Figure:
    wrong = []
    for _ in range(count):
        broken = good.with_name("broken")
        shutil.copytree(good, broken)
        name = prepare(broken)
        how = model(dice, broken / "click" / name)
        enthrone(broken, name)
        with suppress(InvalidConfig):  # as it must be
            wrong.append(f"taken: {load(broken).name}, {how}")
        shutil.rmtree(broken)
    return none_of("R7", "models broken anywhere not refused", count, wrong)


def _under_traffic(good: Path, cases: list[Hostile], scale: Scale) -> list[Figure]:
    """Have a server take up each while it bids; ask which model decides afterwards, and reload now and then."""
    wrong: list[str] = []
    done = 0
    box = scale.time(3.0)
    with serving(one_banner("tents"), "model_refused") as server:
        models = server.state / "models"
        shutil.copytree(good, models, dirs_exist_ok=True)
        before = read_state(models).roles("click").champion
        wait(lambda: _deciding(server) == {before}, SOON_S, server.text)
        wait((models / "kept" / "click" / before).exists, SOON_S, server.text)
        began = _memory_bytes(server)
        with Traffic(server, PAUSE_S).flowing() as traffic:
            for number, case in enumerate(cases):
                if box.over():
                    break
                strike(models, case)
                wait(lambda: _refusing(server) == server.workers, SOON_S, server.text)
                said = server.events("model_refused")[-1]["problem"]
                if case.says not in said:
                    wrong.append(f"{case.name} is told as {said}")
                if number == 0 and (told := server.command("reload")).returncode != 1:
                    wrong.append(f"reload ended with {told.returncode} in spite of {case.name}")
                if number == 0:  # and workers that begin now serve the copy that was kept
                    _hang_up(server)
                    began = _memory_bytes(server)
                if (after := _deciding(server)) != {before}:
                    wrong.append(f"{after} decides after {case.name}")
                _restore(good, models)
                wait(lambda: _refusing(server) == 0, SOON_S, server.text)
                done += 1
            grown = max(now - then for now, then in zip(_memory_bytes(server), began, strict=True))
    failed = [f"{n} of {what}" for what, n in traffic.seen.items() if what != "200"]
    return [
        none_of("R7", "hostile models that changed what a server does", done, wrong),
        none_of("R7", "requests that failed meanwhile", traffic.seen.total(), failed),
        Figure("R7", "memory that a worker grew by, hostile models and the good one again after each",
               f"{grown / 2**20:.1f} MiB", f"{MOST_GROWN_BYTES >> 20} MiB", met=grown <= MOST_GROWN_BYTES),
    ]  # fmt: skip


def _restore(good: Path, models: Path) -> None:
    """Put everything back; last of all the registry's own file, which workers look at."""
    shutil.rmtree(models / "click")
    shutil.copytree(good / "click", models / "click")
    for name in ("trusted.keys", FILE_NAME):
        fresh = models / f".{name}"
        shutil.copy(good / name, fresh)
        if (models / name).is_dir():
            (models / name).rmdir()
        fresh.replace(models / name)
    assert artifacts.names(models, "click")


def _hang_up(server: Server) -> None:
    """Replace the workers, and wait until they have been."""
    before = len(server.events("reloaded"))
    os.kill(server.pid(), signal.SIGHUP)
    wait(lambda: len(server.events("reloaded")) > before, 2 * SOON_S, server.text)


def _deciding(server: Server) -> set[str]:
    """Return which models decide in the workers."""
    body = json.dumps(request()).encode()
    replies = [
        server.private("POST", "/explain", body, worker=each) for each in range(server.workers)
    ]
    return {reply.json()["model"].rpartition("/")[2] for reply in replies}


def _refusing(server: Server) -> float:
    return server.total("adserver_model_refused", kind="click")


def _memory_bytes(server: Server) -> list[int]:
    """Return what each worker holds in memory of its own."""
    found = []
    for worker in range(server.workers):
        lines = Path(f"/proc/{server.worker_pid(worker)}/status").read_text("ascii").splitlines()
        (size,) = (line.split()[1] for line in lines if line.startswith("RssAnon:"))
        found.append(int(size) * 1024)
    return found
