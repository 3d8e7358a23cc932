"""One question to the owner from the command line: no lease, no money."""

import asyncio
from contextlib import suppress
from pathlib import Path

from adserver.background.protocol import (
    Broken,
    Failed,
    Query,
    Reload,
    Report,
    frame,
    from_owner,
    messages,
)
from adserver.errors import Unavailable

ANSWER_S = 20.0


async def ask_owner(socket: Path, *, reload: bool = False) -> Report:
    """Return the state of all line items, or make the owner load the catalog again (an empty report).

    Raises `Unavailable` if no owner answers, or with what is wrong with the catalog.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                writer.write(frame(Reload(1) if reload else Query(1)))
                async for message in messages(reader, from_owner):
                    if isinstance(message, Failed):
                        raise Unavailable(message.message)
                    if isinstance(message, Report):
                        return message
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, Broken) as error:
        raise Unavailable(f"no owner answers at {socket}: {error}") from error
    raise Unavailable(f"no owner answers at {socket}: it hung up")
