"""How a training tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of it is, 0 to 1."""


def silent(stage: str, done: float) -> None:
    """Tell nobody."""
