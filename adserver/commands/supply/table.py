"""All copies that count become the table that workers map."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from adapters.supply.copies import Copies, Copy
from adserver import bootstrap
from adserver.bootstrap.supply import TABLE
from adserver.config import Loaded
from adserver.domain.week import DAY_S
from adserver.durable import replacing
from adserver.settings.supply import Supply
from adserver.supply import ads_txt, sellers
from adserver.supply.compiling import add_ads_txt, add_missing, add_sellers
from adserver.supply.index import SALT_BYTES, TableWriter

STORE = "copies.sqlite"
SELLERS = "sellers.json"


class Made(NamedTuple):
    """What went into the table."""

    files: int
    missing: int
    """Files of which we know that there are none."""
    expired: int
    applications: int


def open_copies(loaded: Loaded) -> Copies:
    """Open the copies. Raises `Unavailable`."""
    return Copies(bootstrap.places(loaded).supply / STORE)


def wrong_with(kind: str, content: bytes) -> str:
    """Return why content is no file of this kind, or nothing."""
    try:
        sellers.parse(content) if kind == SELLERS else ads_txt.parse(content)
    except ValueError as error:
        return str(error)
    return ""


def make_table(
    loaded: Loaded, settings: Supply, copies: Copies, developers: Mapping[str, str], now_s: float
) -> Made:
    """Write the table; running workers follow within a second. Raises `OSError`."""
    writer = TableWriter(os.urandom(SALT_BYTES))
    files = missing = expired = 0
    for copy in copies:
        if copy.state == "unknown":
            continue
        if is_expired(copy, settings, now_s):
            expired += 1
        elif copy.state == "absent":
            missing += 1
            add_missing(writer, copy.kind, copy.domain)
        else:
            files += 1
            _add(writer, copy, copies.content(copy.kind, copy.domain) or b"")
    for bundle, domain in developers.items():
        writer.application(bundle, domain)
    with replacing(bootstrap.places(loaded).supply / TABLE) as file:
        writer.write(file, now_s)
    return Made(files, missing, expired, len(developers))


def is_expired(copy: Copy, settings: Supply, now_s: float) -> bool:
    """Tell whether nobody saw for too long that a copy is right."""
    return now_s - copy.seen_s > settings.expiry_days * DAY_S


def _add(writer: TableWriter, copy: Copy, content: bytes) -> None:
    if copy.kind == SELLERS:
        add_sellers(writer, copy.domain, sellers.parse(content))
    else:
        add_ads_txt(writer, copy.kind, copy.domain, ads_txt.parse(content))
