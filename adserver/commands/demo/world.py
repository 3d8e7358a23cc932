"""The demo world: settings, campaigns, people, a past, and a model trained on it, in one folder."""

import re
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

from adserver import bootstrap
from adserver.catalog.placed import active_line_items
from adserver.config import Loaded, load_settings
from adserver.domain.campaign import Catalog
from adserver.domain.creative import Banner, Dynamic, Video
from adserver.domain.moment import rfc3339
from adserver.errors import Fault, InvalidConfig

EXAMPLE = Path(__file__).parents[3] / "examples" / "demo"
_MARKED = re.compile(r"flight: \[[^\]]*\] # the demo: one hour from its start")
FLIGHT_S = 3_600
RETRAIN_EVERY_MINUTES = 0.25
"""From the end of a round of learning to the next."""
MARK = ".adserver-demo"
"""Only a folder with this file in it is ever cleared."""


def make_folder(folder: Path) -> None:
    """Make the folder empty. Raises `InvalidConfig` if something else than a demo lives there."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        message = "is not empty and no demo of ours; choose another folder with --folder"
        raise InvalidConfig([Fault(str(folder), "$", message)])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def write_settings(folder: Path, port: int | None) -> Loaded:
    """Write the settings beside a copy of the campaigns; ports that are taken are replaced by free ones."""
    shutil.copytree(EXAMPLE / "campaigns", folder / "campaigns")
    for name in ("privacy.yaml", "outdoor-products.csv"):
        shutil.copy(EXAMPLE / name, folder)
    for file in (folder / "campaigns").glob("*.yaml"):
        file.write_text(_with_demo_flights(file.read_text("utf-8"), time.time()), encoding="utf-8")
    settings: dict[str, Any] = yaml.safe_load((EXAMPLE / "server.yaml").read_text("utf-8"))
    http = settings["http"]
    if port is not None:
        http["port"] = port
    elif not _free(http["port"], 1):
        http["port"] = free_ports(1)
    if not _free(http["private_port"], settings["workers"]):
        http["private_port"] = free_ports(settings["workers"])
    http["base_url"] = f"http://{http['host']}:{http['port']}"
    settings["learning"] = {"retrain_every_minutes": RETRAIN_EVERY_MINUTES}
    file = folder / "server.yaml"
    file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return load_settings(file)


def write_creatives(catalog: Catalog, path: Path) -> None:
    """Write who may have been shown in the past: every active line item with each of its creatives."""
    shown = []
    for placed in active_line_items(catalog):
        creatives = {creative.id: creative for creative in placed.advertiser.creatives}
        for name in placed.line_item.creatives:
            creative = creatives[name]
            banner = isinstance(creative, Banner | Dynamic)
            shown.append(
                {
                    "advertiser": placed.advertiser.id,
                    "line_item": placed.line_item.id,
                    "creative": name,
                    "media": "banner"
                    if banner
                    else "video"
                    if isinstance(creative, Video)
                    else "native",
                    "size": f"{creative.width}x{creative.height}"
                    if isinstance(creative, Banner | Dynamic)
                    else "",
                }
            )
    path.write_bytes(msgspec.json.encode(shown))


def past_events(loaded: Loaded) -> Path:
    """Return the file that the made-up past goes into: a segment older than any real one."""
    return bootstrap.places(loaded).events / "events-20000101T000000Z-0.jsonl"


def _with_demo_flights(campaigns: str, now_s: float) -> str:
    """Let the flights that are marked for it begin now and end in an hour, so that pacing shows."""
    start, end = rfc3339(now_s), rfc3339(now_s + FLIGHT_S)
    return _MARKED.sub(f'flight: ["{start}", "{end}"]', campaigns)


def _free(first: int, count: int) -> bool:
    for port in range(first, first + count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_ports(count: int) -> int:
    """Return the first of so many free ports in a row."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        if _free(first, count):
            return first
