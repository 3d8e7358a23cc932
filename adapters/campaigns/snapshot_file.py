"""A checked catalog as one file that servers load: YAML is for people, and takes seconds to read.

Layout: 8 bytes that name the format, its version (2 bytes, little-endian), the SHA-256 of the rest (32),
then the catalog in MessagePack. A reader sees the old file or the new one, never half of either.
"""

from hashlib import sha256
from pathlib import Path

import msgspec

from adserver.domain.campaign import Catalog
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig

MAGIC = b"adsrvcat"
VERSION = 1
"""Grows with every change of the catalog's structs that old files would misread."""
HEADER_BYTES = len(MAGIC) + 2 + 32
_MEND = "run `adserver check` to write it anew"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Catalog)


def write(path: Path, catalog: Catalog) -> None:
    """Replace the file by this catalog, at once and durably. Raises `InvalidConfig` if it cannot."""
    body = _encoder.encode(catalog)
    header = MAGIC + VERSION.to_bytes(2, "little") + sha256(body).digest()
    try:
        with replacing(path) as file:
            file.write(header)
            file.write(body)
    except OSError as error:
        raise _refused(path, f"cannot be written: {error.strerror or error}") from None


def read(path: Path) -> Catalog:
    """Return the catalog. Raises `InvalidConfig` when the file is missing, damaged or of another version."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}; {_MEND}") from None
    if data[: len(MAGIC)] != MAGIC:
        raise _refused(path, f"is no catalog snapshot; {_MEND}")
    version = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "little")
    if version != VERSION:
        raise _refused(path, f"has version {version}, this server reads {VERSION}; {_MEND}")
    body = memoryview(data)[HEADER_BYTES:]
    if sha256(body).digest() != data[len(MAGIC) + 2 : HEADER_BYTES]:
        raise _refused(path, f"is damaged or cut short; {_MEND}")
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Whole, but written by a build with other structs: somebody forgot to raise VERSION.
        raise _refused(path, f"does not hold a catalog of this build ({error}); {_MEND}") from None


def _refused(path: Path, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(path), "$", message)])
