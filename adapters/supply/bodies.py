"""Bodies of answers, plain or packed, that never take more memory than was agreed."""

import zlib

import aiohttp

_CHUNK = 65_536
_EITHER = 47  # zlib's code for: gzip or zlib, as the head says


class TooLong(Exception):
    """More than was agreed."""


async def read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return a body of at most `most` bytes, unpacked. Raises `TooLong`, and `ValueError` for what cannot be unpacked."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing in {"", "identity"}:
        return await _plain(response, most)
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError(f"is packed as {packing[:20]!r}, which nobody asked for")
    inflater = zlib.decompressobj(_EITHER)
    found = bytearray()
    try:
        async for chunk in response.content.iter_chunked(_CHUNK):
            while chunk:
                found += inflater.decompress(chunk, most + 1 - len(found))
                if len(found) > most:
                    raise TooLong
                chunk = inflater.unconsumed_tail
    except zlib.error:
        raise ValueError("is packed, and damaged") from None
    if not inflater.eof:
        raise ValueError("is packed, and cut off")
    return bytes(found)


async def _plain(response: aiohttp.ClientResponse, most: int) -> bytes:
    if response.content_length is not None and response.content_length > most:
        raise TooLong
    found = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        found += chunk
        if len(found) > most:
            raise TooLong
    return bytes(found)
