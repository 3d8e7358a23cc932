"""A server's clock, which can be set."""

from tests.simulation.loop import VirtualLoop


class HostClock:
    """A server's clock, which can be set."""

    def __init__(self, loop: VirtualLoop, start_s: int) -> None:
        self.set_by_s = 0.0
        self.moves: list[tuple[float, float]] = []
        """When, and by how many seconds."""
        self._loop = loop
        self._start_s = start_s

    def true_s(self) -> float:
        """Return what a good clock says."""
        return self._start_s + self._loop.time()

    def set(self, by_s: float) -> None:
        """Set it to what a good clock says and so many seconds more."""
        self.moves.append((self._loop.time(), abs(by_s - self.set_by_s)))
        self.set_by_s = by_s

    def moved_s(self, since: float) -> float:
        """Return by how much it was set since then, forward and back together."""
        return sum(by_s for at, by_s in self.moves if at >= since)

    def now(self) -> float:
        """Return what this clock says."""
        return self.true_s() + self.set_by_s
