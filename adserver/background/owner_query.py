"""One question to the owner from the command line: no lease."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from adserver.background.money_messages import Amend, Amended, Amendment, Booked
from adserver.background.protocol import (
    Broken,
    Correct,
    Corrected,
    Failed,
    FromOwner,
    FromWorker,
    Query,
    Reload,
    Report,
    frame,
    from_owner,
    messages,
)
from adserver.background.report_rows import InvalidRow
from adserver.errors import Unavailable

ANSWER_S = 20.0


async def ask_owner(socket: Path, *, reload: bool = False) -> Report:
    """Return the state of all line items, or make the owner load the catalog again (an empty report).

    Raises `Unavailable` if no owner answers, or with what is wrong with the catalog.
    """
    answer = await _ask(socket, Reload(1) if reload else Query(1), Report)
    assert isinstance(answer, Report)  # noqa: S101 - for the type checker: it was asked for
    return answer


async def correct(
    socket: Path, rule: str, start_s: int, end_s: int, *, valid: bool
) -> tuple[InvalidRow, ...]:
    """Correct what a rule said of a period of whole days; return how it stands with that now, once it is durable.

    Raises `Unavailable` if no owner answers, or cannot promise it.
    """
    answer = await _ask(socket, Correct(1, rule, start_s, end_s, valid), Corrected)
    assert isinstance(answer, Corrected)  # noqa: S101 - ditto
    return answer.rows


async def amend(socket: Path, amendments: Sequence[Amendment]) -> tuple[Booked, ...]:
    """Book corrections of money; return what became of each, once it is durable.

    Raises `Unavailable` if no owner answers, or cannot promise it.
    """
    answer = await _ask(socket, Amend(1, tuple(amendments)), Amended)
    assert isinstance(answer, Amended)  # noqa: S101 - ditto
    return answer.outcomes


async def _ask(socket: Path, question: FromWorker, wanted: type[FromOwner]) -> FromOwner:
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                writer.write(frame(question))
                async for message in messages(reader, from_owner):
                    if isinstance(message, Failed):
                        raise Unavailable(message.message)
                    if isinstance(message, wanted):
                        return message
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, Broken) as error:
        raise Unavailable(f"no owner answers at {socket}: {error}") from error
    raise Unavailable(f"no owner answers at {socket}: it hung up")
