"""Print what 100,000 products cost: `python -m tests.bench.bench_feeds`."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from adapters.channels import prepare
from adapters.channels.dynamic import DynamicMarkup
from adapters.feeds.feed_files import Config
from adapters.feeds.shelf_file import write
from adapters.feeds.storefront import Storefront
from adserver.domain.bandit import Arm, shares
from adserver.domain.creative import Banner, Dynamic
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import Opportunity
from adserver.ports import Links
from adserver.ports.products import Wish

PRODUCTS = 100_000
COLOURS = ("red", "blue", "green", "black")
CONFIG = Config(name="shop", path="shop.jsonl", format="json_lines", domains=("shop.example",))
TEMPLATE = (
    '{{products}}<a href="{{click_url}}"><img src="{{image_url}}" alt="{{title|60}}"><b>{{title|30}}</b>'
    " <s>{{old_price}}</s> {{price|14}}</a>{{end}}"
)
CLICK = "https://ads.example/t/click/token"
LINKS = Links(
    "https://ads.example/t/impression/token", CLICK, "", "5e", "https://ads.example/r/why/token"
)


def main() -> None:
    """Print load time and memory, then look-ups, in CPU time."""
    if len(sys.argv) > 1:  # the process that loads, so that its memory is its own
        _load(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_feed(folder)
        environment = {**os.environ, "PYTHONPATH": "."}
        subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.bench.bench_feeds", name], check=True, env=environment
        )
        _look_up(folder)
    for count in (2, 4, 20):
        arms = [Arm(1_000.0 * (each + 1), 10.0 + each) for each in range(count)]
        took = _microseconds(partial(shares, arms), 50)
        print(f"{took:10.1f} us  chances of {count} arms, once per change")


def _write_feed(folder: Path) -> None:
    dice = Random(1)
    with (folder / CONFIG.path).open("w", encoding="utf-8") as file:
        for number in range(PRODUCTS):
            row = {
                "id": f"sku-{number}",
                "title": f"Trail shoe number {number} {dice.choice(COLOURS)}",
                "description": "A shoe for running in the woods and elsewhere, whatever the weather",
                "link": f"https://shop.example/p/{number}",
                "image_link": f"https://cdn.example/{number}.jpg",
                "price": f"{dice.randint(1_000, 20_000) / 100:.2f} EUR",
                "availability": "in_stock" if dice.random() < 0.9 else "out_of_stock",
                "brand": f"Brand {dice.randint(0, 300)}",
                "product_type": f"Sport > Shoes > Kind {dice.randint(0, 50)}",
            }
            if dice.random() < 0.2:
                row["sale_price"] = "9.90 EUR"
            file.write(json.dumps(row) + "\n")


def _load(folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    began = time.process_time()
    about = write(CONFIG.build(folder), folder / "shop.feed")
    took = time.process_time() - began
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10) - before
    size = (folder / "shop.feed").stat().st_size >> 20
    print(
        f"{took:10.1f} s   loading {about.products:,} products, {peak} MB at most beside the program, file {size} MB"
    )


def _look_up(folder: Path) -> None:
    fallback = Banner(
        id="f", landing_url="https://shop.example/", width=300, height=250, image_url="https://cdn.example/f.png"
    )  # fmt: skip
    creative = Dynamic(
        id="tile", landing_url="https://shop.example/", width=300, height=250, feed="shop", template="t.html",
        markup=TEMPLATE, products=2, only={"brand": ("Brand 7", "Brand 8")}, fallback=fallback,
    )  # fmt: skip
    markup = prepare(creative)
    assert isinstance(markup, DynamicMarkup)
    before = _own_memory()
    front = Storefront(folder, ["shop"], {"tile": markup.misfit})
    wish = Wish(("en",), ("red", "kind 7"))
    numbers = front.relevant(creative, wish).first[:2]
    person = wish._replace(
        segments=(
            *tuple(segment_number(f"s{n}") for n in range(28)),
            segment_number("product:sku-77"),
        )
    )
    pages = iter(range(1_000_000))
    products = [found for number in numbers if (found := front.product("shop", number))]
    for what, call, times in (
        ("what is relevant on a page of a context that was met", lambda: front.relevant(creative, wish), 20_000),
        ("... on one that was not", lambda: front.relevant(creative, Wish(("en",), ("red", f"kind {next(pages) % 50}", f"x{next(pages)}"))), 500),
        ("... for a person of 29 segments who looked at a product", lambda: front.relevant(creative, person), 500),
        ("a product by its number", lambda: front.product("shop", numbers[0]), 5_000),
        ("writing two products into a template, once per choice", lambda: markup.showing(products).render(LINKS, Opportunity(id="1")), 500),
    ):  # fmt: skip
        print(f"{_microseconds(call, times):10.1f} us  {what}")
    print(
        f"{_own_memory() - before:10.1f} MB  of its own a worker needs for that; the file's pages are shared"
    )


def _microseconds(call: Callable[[], object], times: int) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            call()
        best = min(best, (time.process_time() - began) / times)
    return best * 1e6


def _own_memory() -> float:
    """Return the pages that no other process could share, in MB."""
    rows = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("Private_Dirty")) / 1_024


if __name__ == "__main__":
    main()
