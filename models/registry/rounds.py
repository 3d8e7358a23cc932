"""A round of learning: what was trained, whether it is better, and how far the round has come.

`<root>/round.json` tells whoever watches; it decides nothing.
"""

import time
from contextlib import suppress
from pathlib import Path

import msgspec

from adserver.durable import replacing

FILE_NAME = "round.json"
_EVERY_S = 0.5


class Verdict(msgspec.Struct, frozen=True):
    """Whether a challenger should take the champion's place, judged on the same rows, which neither learned from."""

    model: str
    better: bool
    why: str
    """`log loss lower by 0.002 (0.001 to 0.003) on 1,234 impressions with 56 clicks`"""

    @classmethod
    def first(cls, model: str) -> "Verdict":
        """Return that on a model which is the champion already: nobody was before."""
        return cls(model, better=False, why="the first of its kind: it serves")

    @classmethod
    def unopposed(cls, model: str, error: Exception) -> "Verdict":
        """Return that on a model whose champion is damaged."""
        return cls(model, better=True, why=f"the champion cannot be used: {error}")


class Judged(msgspec.Struct, frozen=True):
    """What came of a kind in a round."""

    kind: str
    model: str
    """Empty if none could be trained."""
    promoted: bool
    why: str
    """Of a kind that could not be trained: what is missing."""


class Round(msgspec.Struct, frozen=True):
    """The round under way, or the last one."""

    number: int = 0
    """Rounds so far, since the file was made."""
    promotions: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    """0 while it is under way."""
    stage: str = ""
    done: float = 0.0
    """Of the stage, 0 to 1."""
    judged: tuple[Judged, ...] = ()
    uncorrected: str = ""
    """Why the models that decide could not be corrected, if so."""


def read_round(root: Path) -> Round:
    """Return how far learning has come; nothing readable: not at all."""
    try:
        return msgspec.json.decode((root / FILE_NAME).read_bytes(), type=Round)
    except (OSError, ValueError):
        return Round()


class Teller:
    """Writes down how a round goes."""

    def __init__(self, root: Path) -> None:
        """Begin a round."""
        before = read_round(root)
        self._root = root
        self._told = 0.0
        self.now = Round(before.number + 1, before.promotions, began_s=time.time())
        self._write()

    def stage(self, stage: str, done: float) -> None:
        """Tell what is being done, and how much of it is; not more than twice a second."""
        changed = stage != self.now.stage
        self.now = msgspec.structs.replace(self.now, stage=stage, done=done)
        if changed or time.monotonic() - self._told > _EVERY_S:
            self._write()

    def end(self, judged: tuple[Judged, ...], uncorrected: str) -> Round:
        """Tell how it ended, and return that."""
        promotions = self.now.promotions + sum(each.promoted for each in judged)
        self.now = msgspec.structs.replace(
            self.now, stage="", done=1.0, ended_s=time.time(), judged=judged,
            promotions=promotions, uncorrected=uncorrected,
        )  # fmt: skip
        self._write()
        return self.now

    def _write(self) -> None:
        self._told = time.monotonic()
        # A full disk keeps nobody from learning; publishing will say so.
        with suppress(OSError), replacing(self._root / FILE_NAME) as file:
            file.write(msgspec.json.encode(self.now))
