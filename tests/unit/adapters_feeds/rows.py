"""Rows of a shop's feed, and the feed they make."""

import json
from pathlib import Path
from typing import Any

from adapters.feeds.feed_files import Config, FeedFile, Format

Row = dict[str, str]


def row(name: str = "boot", **changes: str) -> Row:
    """Return a good row."""
    return {
        "id": name,
        "title": f"The {name}",
        "description": "Dry feet all day",
        "link": f"https://shop.example/p/{name}",
        "image_link": f"https://cdn.example/{name}.jpg",
        "price": "49.90 EUR",
        "availability": "in_stock",
        "brand": "Fjell",
        "product_type": "Outdoor > Shoes",
        **changes,
    }


def feed(folder: Path, *rows: Row, name: str = "shop", **changes: Any) -> FeedFile:
    """Return a feed of these rows, as JSON lines."""
    (folder / "feed.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return written(folder, "feed.jsonl", "json_lines", name=name, **changes)


def written(folder: Path, path: str, form: Format, name: str = "shop", **changes: Any) -> FeedFile:
    """Return a feed over a file that is there."""
    fields: dict[str, Any] = {"domains": ("shop.example",)}
    return Config(name=name, path=path, format=form, **(fields | changes)).build(folder)
