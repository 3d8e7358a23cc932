"""What people left behind: the demo looks for ids where none may be, and for contacts of those who refused."""

import mmap
import re
import time
from pathlib import Path
from typing import NamedTuple

from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adserver import bootstrap
from adserver.config import Loaded

REFUSERS = "refusers.txt"
"""In the demo's folder: the ids of people who refuse from the start, one a line."""
_ID = re.compile(rb"person-[0-9]+")
"""Ids as the simulated exchange and its data provider know people."""


class Traces(NamedTuple):
    """What was found."""

    files: int
    """Files of the state folder and the log that were searched."""
    ids: int
    """Ids that stood in them."""
    refusers: int
    contacts: int
    """Contacts that are kept of people who refused."""


def traces(loaded: Loaded) -> Traces:
    """Search everything that the server wrote, but for the file that the demo's data provider delivers."""
    folder = loaded.file.parent
    files = [
        path
        for path in (*loaded.state.rglob("*"), folder / "server.log")
        if path.is_file() and path.stat().st_size
    ]
    refusers = (folder / REFUSERS).read_text("utf-8").split()
    pseudonym = bootstrap.pseudonym(loaded)
    profiles = bootstrap.profiles_config(loaded).build()
    assert isinstance(profiles, LmdbProfiles)  # noqa: S101 - the demo's settings name no other store
    now_s = time.time()
    found = [profiles.find([pseudonym("buyeruid", each)], now_s).profile for each in refusers]
    profiles.close()
    return Traces(
        len(files),
        sum(map(_ids, files)),
        len(refusers),
        sum(len(profile.touches) + len(profile.interests) for profile in found),
    )


def _ids(path: Path) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(1 for _ in _ID.finditer(content))
