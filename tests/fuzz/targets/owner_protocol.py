"""The socket between workers and owner."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec

from adserver.background import protocol
from adserver.background.protocol import Broken, frame, from_owner, from_worker, messages
from adserver.domain.notice import Notice
from tests.fuzz.target import Target
from tests.unit.endpoints.desk import TICKET


def check(data: bytes) -> None:
    """Messages, which are read the same again, or `Broken`."""
    for decoder in (from_worker, from_owner):
        asyncio.run(_read(data, decoder))


async def _read(data: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    try:
        async for message in messages(reader, decoder):
            again = asyncio.StreamReader()
            again.feed_data(frame(message))
            again.feed_eof()
            assert [frame(each) async for each in messages(again, decoder)] == [frame(message)]
    except Broken:
        return


def seeds() -> Iterator[bytes]:
    """Yield messages of most kinds, one by one and one behind the other."""
    notice = Notice(
        kind="billing", ticket=TICKET, at_s=1, settles=True, wire_price=5, loss_code=None
    )
    said = (
        protocol.Hello(1, 2, 3, ((4, 5),), (b"b" * 16,)), protocol.Ask(((1, 2),)),
        protocol.Record(1, notice), protocol.Events(b"{}\n"), protocol.Query(1), protocol.Welcome(1, 2.0, 30.0, 1.0),
        protocol.Grant(((1, 2, 3, 4),)), protocol.Recorded(1, first=True), protocol.Paces({1: 0.5}),
        protocol.Report(1), protocol.Trouble("full"),
    )  # fmt: skip
    frames = [frame(each) for each in said]
    yield from frames
    yield b"".join(frames[:5])
    yield b"\xff\xff\xff\xff" + frames[0]


TARGET = Target(check, seeds)
