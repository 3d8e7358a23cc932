"""The compiled catalog: a file whose hash is right, and whatever stands behind it."""

from hashlib import sha256

import msgspec

from adapters.campaigns import snapshot_file
from adapters.campaigns.snapshot_file import MAGIC, VERSION
from adapters.campaigns.yaml_folder import YamlFolder
from adserver.domain.campaign import Catalog
from adserver.errors import InvalidConfig
from tests.fuzz.target import ROOT, Target, scratch

_RAW = b"\x00"
_file = scratch() / "catalog"
_other = scratch() / "catalog"


def check(data: bytes) -> None:
    """It is a catalog, the same when written again, or `InvalidConfig`."""
    body = data[1:]
    if not data.startswith(_RAW):
        body = MAGIC + VERSION.to_bytes(2, "little") + sha256(data).digest() + data
    _file.write_bytes(body)
    try:
        catalog = snapshot_file.read(_file)
    except InvalidConfig:
        return
    assert isinstance(catalog, Catalog)
    encoded = msgspec.msgpack.encode(catalog)
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(encoded, type=Catalog)) == encoded


def seeds() -> list[bytes]:
    """Return catalogs."""
    catalog = YamlFolder(ROOT / "examples/demo/campaigns").load()
    snapshot_file.write(_other, catalog)
    small = msgspec.msgpack.encode(Catalog())
    return [msgspec.msgpack.encode(catalog), small, _RAW + _other.read_bytes(), _RAW + MAGIC]


TARGET = Target(check, seeds, 65_536)
