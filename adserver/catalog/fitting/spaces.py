"""Answers to what players and publishers ask, worked out once per distinct space."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from adserver.domain.opportunity import AudioSpace, NativeSpace, VideoSpace
from adserver.domain.reasons import Reason

Space = TypeVar("Space", VideoSpace, AudioSpace, NativeSpace)
Step = tuple[Reason, int]
"""A reason and the candidates that fall for it."""
REMEMBERED_SPACES = 512
REMEMBERED_LENGTH = 2_048
"""Spaces that are longer than this when written out are judged anew each time."""


class Remembered(Generic[Space]):
    """Answers per distinct space, remembered in a bounded table: publishers ask the same again."""

    def __init__(self, shapes: Sequence[tuple[Callable[[Space], Reason | None], int]]) -> None:
        self._shapes: Sequence[tuple[Callable[[Space], Reason | None], int]] = shapes
        self._answers: dict[Space, tuple[Step, ...]] = {}

    def misfits(self, space: Space) -> tuple[Step, ...]:
        """Return who does not fit this space, by reason."""
        known = self._answers.get(space)
        if known is not None:
            return known
        failing: dict[Reason, int] = {}
        for misfit, members in self._shapes:
            reason = misfit(space)
            if reason is not None:
                failing[reason] = failing.get(reason, 0) | members
        answer = tuple(failing.items())
        # Hostile variety must not fill the memory, neither by number nor by lists of a hundred thousand codes.
        if len(repr(space)) <= REMEMBERED_LENGTH:
            if len(self._answers) >= REMEMBERED_SPACES:
                self._answers.clear()
            self._answers[space] = answer
        return answer
