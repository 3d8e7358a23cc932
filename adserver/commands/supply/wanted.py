"""Whose files are needed: of everybody seen in bids, named in settings or lists, or kept from before."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.events.segment_files import read_events
from adapters.supply.copies import Copies
from adapters.supply.refreshing import Wanted
from adserver import bootstrap
from adserver.config import Loaded
from adserver.domain.hosts import host_name
from adserver.errors import Fault, InvalidConfig
from adserver.settings.supply import Supply
from adserver.supply import ads_txt
from adserver.supply.index import KINDS
from adserver.supply.suffixes import Suffixes

GIVEN_UP = 12
"""After so many failures in a row a file that nobody names any more is left alone."""
MOST_FOLLOWED = 50
"""Partners and subdomains of one ads.txt that are followed."""
_PUBLISHERS = ("ads.txt", "app-ads.txt")


class Needed:
    """Collects files, each once."""

    def __init__(self, suffixes: Suffixes) -> None:
        self._suffixes = suffixes
        self._found: dict[Wanted, None] = {}

    def __iter__(self) -> Iterator[Wanted]:
        """Yield what was added."""
        return iter(self._found)

    def add(self, kind: str, name: str, *, itself: bool = False) -> None:
        """Add a file of the name's root domain, or of the name `itself`; what is no domain is left out."""
        root = self._suffixes.root(name)
        if root:
            self._found[Wanted(kind, host_name(name) if itself else root, root)] = None


def first_round(
    loaded: Loaded,
    settings: Supply,
    developers: Mapping[str, str],
    copies: Copies,
    listed: Path | None,
) -> Needed:
    """Return what is needed at first. Raises `InvalidConfig`."""
    needed = Needed(settings.suffixes(loaded.file.parent))
    for seat in settings.exchanges:
        for domain in seat.domains:
            needed.add("sellers.json", domain, itself=True)
    for name in sorted(set(developers.values())):
        needed.add("app-ads.txt", name)
    for kind, name in _seen(loaded, developers):
        needed.add(kind, name, itself=kind == "sellers.json")
    if listed is not None:
        for kind, name in _listed(listed):
            needed.add(kind, name, itself=kind == "sellers.json")
    for copy in copies:
        if copy.failures < GIVEN_UP:
            needed.add(copy.kind, copy.domain, itself=True)
    return needed


def second_round(settings: Supply, folder: Path, copies: Copies, first: Needed) -> Needed:
    """Return what the files of the first round lead to: partners' ads.txt, and those of subdomains."""
    needed = Needed(settings.suffixes(folder))
    for wanted in first:
        content = copies.content(wanted.kind, wanted.domain) if wanted.kind in _PUBLISHERS else None
        if content is not None:
            found = ads_txt.parse(content)
            for name in found.subdomains[:MOST_FOLLOWED]:
                needed.add(wanted.kind, name, itself=True)
            for name in found.partners[:MOST_FOLLOWED]:
                needed.add("ads.txt", name, itself=True)
    return needed


def _seen(loaded: Loaded, developers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield kinds and names from the bids in the event log. Raises `InvalidConfig` if it is damaged."""
    found: dict[tuple[str, str], None] = {}
    try:
        for event in read_events(bootstrap.places(loaded).events):
            if event.get("event") != "bid":
                continue
            published_in = str(event.get("publication", ""))
            if event.get("inventory_type") == "site":
                found["ads.txt", published_in] = None
            elif published_in in developers:
                found["app-ads.txt", developers[published_in]] = None
            for name in str(event.get("path", "")).split(">"):
                found["sellers.json", name] = None
    except ValueError as error:
        raise InvalidConfig(
            [Fault(str(bootstrap.places(loaded).events), "$", str(error))]
        ) from None
    yield from found


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    """Yield kinds and names from a list. Raises `InvalidConfig` naming the lines that are none."""
    try:
        rows = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {why}")]) from None
    found: list[tuple[str, str]] = []
    faults = []
    for number, row in enumerate(rows, 1):
        name, _, kind = (part.strip() for part in row.partition("#")[0].partition(","))
        if not name and not kind:
            continue
        if not host_name(name) or kind not in {"", *KINDS}:
            message = f"must be a domain, alone or with `,` and one of {', '.join(KINDS)}"
            faults.append(Fault(f"{path}:{number}", "$", message))
        found += [(each, name) for each in ([kind] if kind else _PUBLISHERS)]
    if faults:
        raise InvalidConfig(faults[:20])
    yield from found
