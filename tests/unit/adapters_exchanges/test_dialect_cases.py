"""Requests as exchanges write them, and what each must get: the files of `tests/cases/dialects`."""

import asyncio
import inspect
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.exchanges import DIALECTS
from adserver.catalog.review import Bars
from adserver.domain.creative import Restriction
from adserver.domain.restricted import Where
from adserver.endpoints.messages import Reply, Request
from adserver.settings.exchanges import Exchange, exchange_problems
from tests.endpoints.catalogs import advertiser, line_item
from tests.fakes.worker import FakeWorker, Parts
from tests.unit.adapters_exchanges.sealing import KEY_FILE

CASES = Path(__file__).parents[2] / "cases" / "dialects"
NOW_S = 1_790_000_000.0
ANYWHERE = Bars(rules={subject: Where(refused_in=()) for subject in Restriction})
"""No country restricts anything: only exchanges do."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{60,}")
_FILES = sorted(CASES.glob("*/*/*.json"))


def exchange(dialect: str, folder: Path, **settings: Any) -> Exchange:
    """Return the settings of an exchange named `one`, with keys where its prices are encrypted."""
    if DIALECTS[dialect].sealed:
        (folder / "keys").write_text(KEY_FILE)
        (folder / "keys").chmod(0o600)
        settings = {"price_keys": "keys", **settings}
    said = msgspec.convert(
        {"name": "one", "dialect": dialect, **settings}, Exchange, strict=False
    )  # JSON has no whole numbers for keys
    assert exchange_problems([said], {"USD"}) == []
    return said


def answer(case: dict[str, Any], dialect: str, folder: Path) -> Reply:
    """Return the answer of a worker that serves one exchange."""
    said = exchange(dialect, folder, explain_no_bids=True, **case.get("settings", {}))
    creatives = case["creatives"]
    items = [line_item("item", [each["id"] for each in creatives])]
    targets = case.get("deal")
    if targets:
        items = [
            line_item("item", [each["id"] for each in creatives], targeting={"deal": [targets]})
        ]
    files = advertiser("shop", creatives, items)
    if targets:
        files |= {"deals": {"deals": [{"id": targets, "exchange": "one"}]}}
    parts = Parts(files, dialect=said.speak(folder, "$"), bars=ANYWHERE)
    worker = FakeWorker(folder, said.terms(), parts, monotonic=lambda: 0.0, wall=lambda: NOW_S)
    body = json.dumps(case["request"]).encode()
    reply = worker.bid(Request("POST", "/openrtb2/one", {}, body, 0.0), ["openrtb2", "one"])
    return asyncio.run(_awaited(reply)) if inspect.isawaitable(reply) else reply


async def _awaited(reply: Any) -> Reply:
    found: Reply = await reply
    return found


@pytest.mark.parametrize("file", _FILES, ids=lambda file: "/".join(file.parts[-3:])[:-5])
def test_each_case_gets_what_it_says(file: Path, tmp_path: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    assert next(iter(case)) == "why"
    reply = answer(case, file.parts[-3], tmp_path)
    response = json.loads(reply.body)
    if "no_bid" in case:
        assert response["ext"]["reasons"] == case["no_bid"]
        return
    seat = response["seatbid"][0]
    bids = json.loads(_TOKEN.sub("TOKEN", json.dumps(seat["bid"])))
    expected = case["bid"]
    for bid in bids:
        assert {name: bid.get(name) for name in expected} == expected
        for part in case.get("markup", ()):
            assert part in bid["adm"]
        for part in case.get("not_in_markup", ()):
            assert part not in bid["adm"]
    assert seat["seat"] == case.get("seat", "adserver")
    if case.get("missed"):
        assert response["ext"]["reasons"] == case["missed"]


def test_each_dialect_has_exemplary_and_supplemental_cases() -> None:
    assert {(file.parts[-3], file.parts[-2]) for file in _FILES} == {
        (name, kind) for name in DIALECTS for kind in ("exemplary", "supplemental")
    }
