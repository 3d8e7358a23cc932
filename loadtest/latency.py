"""Percentiles of durations in constant memory: a histogram of buckets that grow by one per cent."""

import math

_SHORTEST_S = 1e-6
_GROWTH = math.log(1.01)


class Latencies:
    """Durations seen so far; percentiles are right within one per cent, the maximum is exact."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.longest_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        bucket = int(math.log(max(seconds, _SHORTEST_S) / _SHORTEST_S) / _GROWTH)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self.longest_s = max(self.longest_s, seconds)

    def add_all(self, others: "Latencies") -> None:
        """Count what others counted."""
        for bucket, count in others._counts.items():  # noqa: SLF001 - of our own kind
            self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.count += others.count
        self.longest_s = max(self.longest_s, others.longest_s)

    def percentile_ms(self, share: float) -> float:
        """Return the duration in ms that this share (0 to 1) does not exceed; 0 without any."""
        wanted, seen = math.ceil(share * self.count), 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                upper = _SHORTEST_S * math.exp((bucket + 1) * _GROWTH)
                return 1_000 * min(upper, self.longest_s)
        return 0.0

    def table(self) -> dict[str, float]:
        """Return the usual percentiles in milliseconds."""
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
        found = {name: round(self.percentile_ms(share), 3) for name, share in shares.items()}
        return {**found, "max": round(1_000 * self.longest_s, 3)}
