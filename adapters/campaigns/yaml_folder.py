"""Campaigns from a folder of YAML files: one per advertiser, `deals.yaml` and `segments.yaml` beside them."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec

from adapters.campaigns.authoring.advertisers import advertiser
from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.tree import read_tree
from adserver.domain.campaign import Catalog, Deal
from adserver.errors import Fault, InvalidConfig

MAX_FILE_BYTES = 64 << 20
"""Some 100,000 line items; what is larger is not written by people."""
Review = Callable[[Catalog], Iterable[tuple[str, str]]]
"""Looks at all campaigns together: yields ids of line items, each with what is wrong with it."""
DEALS, SEGMENTS = "deals.yaml", "segments.yaml"


class YamlFolder:
    """`ports.CampaignSource` over a folder. A tree of files is read anew by every `load`."""

    def __init__(
        self,
        path: str | Path,
        *,
        currency: str = "USD",
        exchanges: Collection[str] | None = None,
        review: Review = lambda _: (),
    ) -> None:
        """`exchanges` are the names that may be targeted; `None` leaves them unchecked."""
        self._path = Path(path)
        self._review = review
        self._currency = currency
        self._exchanges = exchanges

    def load(self) -> Catalog:
        """Return every campaign, checked. Raises `InvalidConfig` with all faults of all files."""
        faults: list[Fault] = []
        names = Names(self._exchanges)
        files = self._files(faults)
        deals: tuple[Deal, ...] = ()
        # What is referred to comes first.
        if SEGMENTS in files and (root := _root(files.pop(SEGMENTS), faults)):
            names.declare_segments(root)
        if DEALS in files and (root := _root(files.pop(DEALS), faults)):
            deals = names.declare_deals(root)
        roots = filter(None, [_root(file, faults) for file in files.values()])
        advertisers = tuple(filter(None, [advertiser(root, names) for root in roots]))
        catalog = Catalog(advertisers, deals, self._currency, names.publication_lists.texts)
        for line_item, message in self._review(catalog):
            if place := names.place(
                "line_item", line_item
            ):  # without an id there is a fault already
                faults.append(Fault(place.place, place.path.removesuffix(".id"), message))
        if faults:
            raise InvalidConfig(sorted(faults, key=_reading_order))
        return catalog

    def _files(self, faults: list[Fault]) -> dict[str, Path]:
        try:
            files = {
                path.name: path
                for path in sorted(self._path.iterdir())
                if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")
            }
        except OSError as error:
            raise InvalidConfig([Fault(str(self._path), "$", _why(error))]) from None
        if not files.keys() - {DEALS, SEGMENTS}:
            faults.append(Fault(str(self._path), "$", "holds no advertiser: add a file NAME.yaml"))
        return files


class Config(msgspec.Struct, tag="yaml", tag_field="kind", frozen=True, forbid_unknown_fields=True):
    """Where campaigns are written."""

    path: str

    def build(
        self,
        exchanges: Collection[str] | None = None,
        currency: str = "USD",
        review: Review = lambda _: (),
    ) -> YamlFolder:
        """Return the source; `exchanges` are the configured ones, `currency` that of every amount."""
        return YamlFolder(self.path, currency=currency, exchanges=exchanges, review=review)


def _root(path: Path, faults: list[Fault]) -> Cursor | None:
    file = str(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            faults.append(Fault(file, "$", f"is larger than {MAX_FILE_BYTES >> 20} MB; split it"))
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.append(Fault(file, "$", _why(error)))
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        faults.append(Fault(f"{file}:{line}", "$", "is not UTF-8 text; save it as UTF-8"))
        return None
    node = read_tree(text, file, faults)
    return None if node is None else Cursor(node, file, "$", faults)


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _reading_order(fault: Fault) -> tuple[str, int]:
    file, _, line = fault.file.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (fault.file, 0)
