"""A loaded feed as one immutable LMDB file: written whole, put in place in one step, mapped by every worker.

Keys: `g` + segment number -> what the segment says of products; `m` -> about the feed; `o` + position -> product
number; `p` + product number -> position and product; `s` + hash of a facet -> the positions that have it, as a set of
bits or, where it is small, as a list. Products that can be shown have positions, by falling discount; what is sold
out or has no price has none, and is kept for clicks on what was shown before.
"""

import re
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import lmdb
import msgspec

from adserver.domain.identity import segment_number
from adserver.domain.product import Product, product_number
from adserver.durable import draft_of, sync_folder
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.ports.products import Feed, Listed

VERSION = 1
MAP_BYTES = 1 << 36
"""Address space, not memory."""
STEP = 5_000
LIKED, BOUGHT, CATEGORY = b"L", b"B", b"C"
BITS, LIST = b"\1", b"\0"
_WORD = re.compile(r"[^\W_]{3,40}")
MAX_WORDS = 40
_encode = msgspec.msgpack.Encoder().encode


class About(msgspec.Struct, frozen=True):
    """What a shelf file says of itself."""

    version: int
    feed: str
    generation: int
    """Nanoseconds since the epoch when it was written; grows from file to file."""
    products: int
    shown: int
    """In stock, and with a price."""
    sold_out: int
    without_price: int
    skipped: int
    languages: dict[str, int]
    categories: dict[str, int]
    """The largest ones."""
    brands: dict[str, int]


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A product and where it stands; -1: it is not shown."""

    position: int
    product: Product


class _Row(NamedTuple):
    rank: tuple[int, int]
    number: int
    record: bytes
    """The product, encoded: a tenth of the memory."""
    arrived: int
    """How many came before it."""


def term(name: str, value: str) -> bytes:
    """Return the key of the products that have a facet; case does not matter."""
    return b"s" + blake2b(f"{name}\0{value.casefold()}".encode(), digest_size=12).digest()


def words(text: str) -> list[str]:
    """Return the words that products are found by: three letters and more, folded, each once."""
    return list(dict.fromkeys(_WORD.findall(text.casefold())))[:MAX_WORDS]


def write(
    feed: Feed, path: Path, on_progress: Callable[[int, int], None] = lambda *_: None
) -> About:
    """Read a feed and put it in the place of the one before, at once and durably; blocks.

    `on_progress(rows, 0)` is called while reading. Raises `InvalidConfig` if the feed cannot be used and `Unavailable` if the
    disk fails; what was there stays.
    """
    about, pairs = _compile(feed, on_progress)
    draft = draft_of(path)
    try:
        draft.unlink(missing_ok=True)  # of a process of this number that died
        with lmdb.open(
            str(draft), subdir=False, map_size=MAP_BYTES, lock=False, max_dbs=0, mode=0o600
        ) as environment:
            with environment.begin(write=True) as writing:
                for key, value in pairs:
                    writing.put(key, value, append=True)
            environment.sync(True)  # noqa: FBT003 - LMDB's own signature
        draft.replace(path)
        sync_folder(path.parent)
    except (OSError, lmdb.Error) as error:
        raise Unavailable(f"{path} cannot be written: {error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return about


def read_all(feed: Feed, on_progress: Callable[[int, int], None] = lambda *_: None) -> About:
    """Read a feed without keeping it, and tell about it. Raises `InvalidConfig`."""
    return _compile(feed, on_progress)[0]


def refused(path: Path, message: str) -> InvalidConfig:
    """Return the error of a file that is no shelf of ours."""
    return InvalidConfig(
        [Fault(str(path), "$", f"{message}; run `adserver feeds load` to write it anew")]
    )


def _compile(
    feed: Feed, on_progress: Callable[[int, int], None]
) -> tuple[About, Iterator[tuple[bytes, bytes]]]:
    shown: list[_Row] = []
    hidden: list[tuple[int, bytes]] = []
    languages: Counter[str] = Counter()
    counts = {"category": Counter[str](), "brand": Counter[str]()}
    sold_out = without_price = 0
    liked: dict[int, tuple[bytes, bytes]] = {}
    members: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    for count, each in enumerate(feed.products(), 1):
        if count % STEP == 0:
            on_progress(count, 0)
        number = product_number(feed.name, each.product.id)
        encoded = msgspec.msgpack.encode(each.product)
        if not each.in_stock or each.price is None:
            sold_out += not each.in_stock
            without_price += each.in_stock
            hidden.append((number, encoded))
            continue
        languages[each.language] += 1
        for name, value in each.facets:
            if name in counts:
                counts[name][value] += 1
                if name == "category" and counts[name][value] == 1:
                    liked[_segment(f"category:{value}")] = (CATEGORY, term("category", value))
        raw = number.to_bytes(8, "big")
        liked[_segment(f"product:{each.product.id}")] = (LIKED, raw)
        liked[_segment(f"bought:{each.product.id}")] = (BOUGHT, raw)
        for facet in _terms(each):
            members[facet].append(len(shown))
        shown.append(_Row((-each.discount_percent, number), number, encoded, len(shown)))
    shown.sort(key=lambda row: row.rank)
    about = About(
        VERSION, feed.name, time.time_ns(), len(shown) + len(hidden), len(shown), sold_out, without_price,
        feed.skipped, dict(languages), dict(counts["category"].most_common(20)),
        dict(counts["brand"].most_common(20)),
    )  # fmt: skip
    return about, _pairs(about, shown, hidden, liked, members)


def _pairs(
    about: About,
    shown: list[_Row],
    hidden: list[tuple[int, bytes]],
    liked: dict[int, tuple[bytes, bytes]],
    members: dict[tuple[str, str], "array[int]"],
) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values in the order of the keys: LMDB then fills each page once."""
    for segment in sorted(liked):
        yield b"g" + segment.to_bytes(4, "big"), b"".join(liked[segment])
    yield b"m", _encode(about)
    places = array("I", bytes(4 * len(shown)))
    for position, row in enumerate(shown):
        yield b"o" + position.to_bytes(4, "big"), row.number.to_bytes(8, "big")
        places[row.arrived] = position
    records = [(row.number, position, row.record) for position, row in enumerate(shown)]
    records += [(number, -1, record) for number, record in hidden]
    for number, position, record in sorted(records):
        # A record is its position and the product, as `Record` reads them: an array of two.
        yield b"p" + number.to_bytes(8, "big"), b"\x92" + _encode(position) + record
    by_key = {term(*each): arrived for each, arrived in members.items()}
    for key in sorted(by_key):
        yield key, _packed([places[row] for row in by_key[key]], len(shown))


def _packed(positions: list[int], size: int) -> bytes:
    """Return a set in the shorter of its two forms."""
    if len(positions) * 4 < (size >> 3) + 1:
        return LIST + array("I", sorted(positions)).tobytes()
    buffer = bytearray((size >> 3) + 1)
    for position in positions:
        buffer[position >> 3] |= 1 << (position & 7)
    return BITS + bytes(buffer)


def _terms(each: Listed) -> frozenset[tuple[str, str]]:
    found = {(name, value.casefold()) for name, value in each.facets}
    found.add(("language", each.language))
    spoken = f"{each.product.title} {each.product.brand} " + " ".join(
        value for name, value in each.facets if name == "category"
    )
    found.update(("word", word) for word in words(spoken))
    return frozenset(found)


def _segment(name: str) -> int:
    return segment_number.__wrapped__(name)  # 100,000 of them would flush the cache
