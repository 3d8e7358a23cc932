"""Small logs of clicks and orders, said in few words."""

import json
from collections.abc import Iterable
from pathlib import Path

Event = dict[str, object]


def click(bid: str = "00", at: float = 0.0, line_item: str = "line-1", **changes: object) -> Event:
    """One click to learn from."""
    return {
        "event": "click", "bid": bid, "line_item": line_item, "at": at,
        "measured": True, "trainable": True,
    } | changes  # fmt: skip


def order(
    number: str = "x", bid: str = "", at: float = 0.0, line_item: str = "line-1", **changes: object
) -> Event:
    """One order that is credited to a click."""
    return {
        "event": "conversion", "advertiser": "a", "order_hash": number, "line_item": line_item,
        "credit": "click", "trainable": True, "bid": bid, "at": at,
    } | changes  # fmt: skip


def written(folder: Path, events: Iterable[Event], torn: str = "") -> Path:
    """One segment with these events, and something more at the end."""
    log = folder / "0.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events) + torn)
    return log
