"""Frames arrive whole, however the socket cuts them."""

import asyncio

import pytest

from adserver.background.protocol import (
    MAX_MESSAGE_BYTES,
    Broken,
    Events,
    FromWorker,
    Hello,
    Record,
    Return,
    frame,
    from_worker,
    messages,
)
from adserver.domain.notice import Conversion

SAID: list[FromWorker] = [
    Hello(1, 2, 3, ((4, 5),), (b"b" * 16,)),
    Return(((1, 2),)),
    Record(7, Conversion(advertiser="shop", order="A-1", at_s=5)),
    Events(b"x" * 1_000_000),
]


async def heard(data: bytes, cut: int) -> list[FromWorker]:
    reader = asyncio.StreamReader(limit=1 << 24)
    for start in range(0, len(data), cut):
        reader.feed_data(data[start : start + cut])
    reader.feed_eof()
    return [message async for message in messages(reader, from_worker)]


@pytest.mark.parametrize("cut", [7, 100_000, 1 << 23])
async def test_messages_come_out_as_they_went_in(cut: int) -> None:
    data = b"".join(frame(message) for message in SAID)
    assert await heard(data, cut) == SAID


async def test_message_cut_short_by_the_end_is_dropped() -> None:
    data = frame(SAID[0]) + frame(SAID[1])[:-1]
    assert await heard(data, 1_000) == SAID[:1]


@pytest.mark.parametrize(
    "data", [(MAX_MESSAGE_BYTES + 1).to_bytes(4), b"\0\0\0\x01\xc1", b"\0\0\0\x02\x91\x05"]
)
async def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(Broken):
        await heard(data, 1_000)
