"""Tasks that never end by themselves."""

import asyncio


def loud(task: asyncio.Task[None]) -> None:
    """Report what ended one as the bug that it is; to be called when it is done."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler(
            {"message": "the line to the owner is dead", "exception": error, "task": task}
        )
