"""Campaigns as people write them: YAML, its tree, its values, and the snapshot compiled from it."""

from adapters.campaigns.authoring.advertisers import advertiser
from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.tree import read_tree
from adserver.catalog.compiler import compile_snapshot
from adserver.domain.campaign import Catalog
from adserver.errors import Fault
from tests.fuzz.target import ROOT, Target


def check(data: bytes) -> None:
    """There are faults, each with its place, or an advertiser that compiles."""
    text = data.decode("utf-8", "replace")
    faults: list[Fault] = []
    node = read_tree(text, "file", faults)
    if node is None:
        assert faults
        return
    found = advertiser(Cursor(node, "file", "$", faults), Names(None))
    for fault in faults:
        assert fault.message.isprintable() and len(fault.message) < 1_000, fault  # noqa: PT018 - one thing: readable
    if faults:
        return
    assert found is not None
    compile_snapshot(Catalog((found,), (), "USD"))


def seeds() -> list[bytes]:
    """Return examples, good and bad."""
    files = [
        *(ROOT / "examples/demo/campaigns").glob("*.yaml"),
        *(ROOT / "tests/cases/catalogs").rglob("*.yaml"),
    ]
    return [file.read_bytes() for file in sorted(files)]


TARGET = Target(check, seeds, 8_192)
