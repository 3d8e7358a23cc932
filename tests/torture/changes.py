"""R7: campaigns change and workers are replaced under traffic; what is broken is refused.

No bid request may fail meanwhile, and no notice that was acknowledged may be lost: the ledger is compared with the books
of an exchange that goes on trading.
"""

import json
import os
import signal
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import yaml

from adserver.config import load_settings
from adserver.errors import InvalidConfig
from adserver.processes import builder
from tests.endpoints.catalogs import BUDGET, one_banner
from tests.endpoints.server import Server, wait
from tests.endpoints.test_reload import Traffic, advertisers
from tests.torture import hostile_models
from tests.torture.agreement import judge, own_ledger
from tests.torture.breakage import CATALOGS, SETTINGS
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.running import serving
from tests.torture.trading import Habits, Trading

FIRST, SECOND = "tents", "boots"
RELOAD_S = 30.0
DRAIN_S = 10.0
HABITS = Habits(rate=30, repeated=0.3)
LIMITS = {f"line_item/{name}/life": BUDGET * 10**9 for name in (FIRST, SECOND)}


def run(scale: Scale) -> list[Figure]:
    """Reload and replace under traffic, then try to load what is broken."""
    figures = _changed(scale)
    dice = Random(scale.seed)
    count = scale.count(50, 4)
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        server = Server(Path(name, "server"), one_banner(FIRST))
        figures.append(_catalogs(server, dice, count))
        figures.append(_settings(server, dice, count))
        figures += hostile_models.run(Path(name), dice, scale)
    return figures


def _changed(scale: Scale) -> list[Figure]:
    """Count what went wrong for requests while campaigns changed, workers were replaced, catalogs were broken."""
    reloads, replacements, refused = scale.count(30, 1), scale.count(20, 1), scale.count(10, 1)
    box = scale.time(0.8)
    wrong: Counter[str] = Counter()
    complaints: list[str] = []
    done: Counter[str] = Counter()
    dice = Random(scale.seed)
    with serving(one_banner(FIRST), "reload_refused", "process_refused") as server:
        file = server.folder / "campaigns" / f"{FIRST}.yaml"
        trading = Trading([server.port], [HABITS], scale.seed)
        with trading.open(DRAIN_S) as books, Traffic(server).flowing() as traffic:
            wait(lambda: traffic.seen.total() > 20, RELOAD_S)
            for number in range(reloads + replacements + refused):
                if box.over():
                    break
                kind = "reload" if number < reloads else "replacement"
                if number >= reloads + replacements:
                    kind = "refusal"
                    good = file.read_text("utf-8")
                    file.write_text(dice.choice(CATALOGS)(dice, good), "utf-8")
                    _hang_up(server, "reload_refused")
                    file.write_text(good, "utf-8")
                else:
                    if kind == "reload":  # another campaign comes, or goes
                        added = one_banner(SECOND, size="728x90")
                        added[SECOND]["advertiser"]["name"] = f"number {number}"
                        server.write_campaigns(added)
                    before = [server.worker_pid(worker) for worker in range(server.workers)]
                    _hang_up(server, "reloaded")
                    after = [server.worker_pid(worker) for worker in range(server.workers)]
                    if set(before) & set(after):
                        complaints.append(f"{kind} {number} left a worker in place")
                done[kind] += 1
            count = traffic.seen.total()
            wait(lambda: traffic.seen.total() > count + 100, RELOAD_S)
        wrong += traffic.seen
        if advertisers(server) != {f"{FIRST}.example", f"{SECOND}.example"}:
            complaints.append(f"bids of {advertisers(server)}")
        complaints += [str(event) for event in server.log() if event["event"].endswith("_died")]
        money, _ = judge("R7", "changes under trade", books, [server], own_ledger(server), LIMITS)
    failed = [f"{n} of {what}" for what, n in wrong.items() if what not in {"200", "204"}]
    what = f"failed requests during {done['reload']} reloads, {done['replacement']} replacements"
    what += f", {done['refusal']} refusals ({wrong['204']:,} no-bids)"
    return [
        none_of("R7", what, wrong.total(), failed),
        none_of("R7", "changes that did not happen as they should", done.total(), complaints),
        *money,
        Figure("R7", "changes under trade: notices that had to be sent again", f"{len(books.refused)} of {books.answers.total():,}",
               "reported", met=True),
    ]  # fmt: skip


def _hang_up(server: Server, event: str) -> None:
    """Send SIGHUP, past the command's own check, and wait for what comes of it."""
    before = len(server.events(event))
    os.kill(server.pid(), signal.SIGHUP)
    wait(lambda: len(server.events(event)) > before, RELOAD_S, server.text)


def _catalogs(server: Server, dice: Random, count: int) -> Figure:
    loaded = load_settings(server.settings_file)
    builder.prepare_state(loaded)
    builder.build(loaded)
    snapshot = server.state / "snapshot.bin"
    kept = snapshot.read_bytes()
    file = server.folder / "campaigns" / f"{FIRST}.yaml"
    good = file.read_text("utf-8")
    wrong = []
    for _ in range(count):
        broken = dice.choice(CATALOGS)(dice, good)
        file.write_bytes(broken.encode("utf-8", "surrogatepass"))
        try:
            builder.build(loaded)
            wrong.append(f"taken: {broken[:500]!r}")
        except InvalidConfig:
            pass  # as it must be
        if snapshot.read_bytes() != kept:
            wrong.append(f"replaced the old one: {broken[:200]!r}")
    file.write_text(good, "utf-8")
    builder.build(loaded)
    return none_of("R7", "broken catalogs not refused, or the old one not kept", count, wrong)


def _settings(server: Server, dice: Random, count: int) -> Figure:
    good = json.dumps(yaml.safe_load(server.settings_file.read_text("utf-8")))
    wrong = []
    for _ in range(count):
        broken = dice.choice(SETTINGS)(dice, good)
        server.settings_file.write_bytes(broken.encode("utf-8", "surrogatepass"))
        try:
            load_settings(server.settings_file)
            wrong.append(f"taken: {broken[:500]!r}")
        except InvalidConfig:
            pass  # as it must be
    return none_of("R7", "broken settings not refused", count, wrong)
