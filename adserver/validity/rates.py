"""Who comes too often: a bounded table of how far ahead of its pace each one is."""

MOST = 50_000
"""So many are remembered in each of two generations: at most 100,000 by one rule, some 110 bytes each."""
CAP = 2.0
"""However many come at once, a window after the last of them it is over."""


class RateTable:
    """`limit` within `window_s` seconds each, and no more; one worker's view, by its monotonic clock.

    Of each one a single number is kept: when it would be back at nothing if it went on at exactly the limit's
    pace. Who is more than a window ahead comes too often, and goes on doing so until it slows down: what is
    refused counts, too. Keys are salted hashes of what comes from outside, so that nobody can choose them to
    collide, and no id or address is kept. When the table is full, those that came least recently are forgotten.
    """

    def __init__(self, limit: int, window_s: float, salt: bytes, most: int = MOST) -> None:
        """Allow `limit` per window, both above 0."""
        self._window_s = window_s
        self._step_s = window_s / limit
        self._salt = salt
        self._most = most
        self._young: dict[int, float] = {}
        self._old: dict[int, float] = {}
        self._turned_s = 0.0

    def exceeds(self, who: bytes, now: float, *, counts: bool = True) -> bool:
        """Count one more of this one, at `now` (monotonic seconds), and tell whether that is too many.

        Without `counts` only tell whether it would be.
        """
        key = hash(self._salt + who)
        before = self._young.get(key)
        if before is None:
            before = self._old.get(key, 0.0)
        # A clock that was set back forgives: nobody is further ahead than the cap.
        ahead_s = max(0.0, min(before - now, CAP * self._window_s)) + self._step_s
        if counts:
            if len(self._young) >= self._most or now - self._turned_s > CAP * self._window_s:
                self._old, self._young, self._turned_s = self._young, {}, now
            self._young[key] = now + ahead_s
        return ahead_s > self._window_s * (1 + 1e-9)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._young) + len(self._old)
