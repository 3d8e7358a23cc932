"""Counters for the request path: prometheus_client's take a lock each time, these are plain numbers that are added to.

Each process has one thread that counts and collects, so nothing needs a lock.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

T = TypeVar("T")


class Tally:
    """A number that only grows: `tally.value += 1`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Spread:
    """How often which sizes came: one count per bucket, and their sum."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Count up to each bound, and beyond the last."""
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, size: float) -> None:
        """Count one."""
        self.counts[bisect_left(self._bounds, size)] += 1
        self.sum += size


class _Family(Collector, Generic[T]):
    """Children by the values of their labels, made when first asked for."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str], make: Callable[[], T]
    ) -> None:
        self.name = name
        self.documentation = documentation
        self.label_names = tuple(labels)
        self._make = make
        self._children: dict[tuple[str, ...], T] = {}

    def labels(self, *values: str) -> T:
        """Return the child of these label values; ask when building, not per request."""
        return self._children.setdefault(values, self._make())


class Tallies(_Family[Tally]):
    """A Prometheus counter made of tallies."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str], registry: CollectorRegistry
    ) -> None:
        """Declare the metric `<name>_total`."""
        super().__init__(name, documentation, labels, Tally)
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Return the family without samples."""
        return [CounterMetricFamily(self.name, self.documentation, labels=self.label_names)]

    def collect(self) -> Iterable[Metric]:
        """Return the samples."""
        family = CounterMetricFamily(self.name, self.documentation, labels=self.label_names)
        for values, tally in self._children.items():
            family.add_metric(values, tally.value)
        return [family]


class Spreads(_Family[Spread]):
    """A Prometheus histogram made of spreads."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        bounds: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        """Declare the metric; `bounds` are the upper ends of its buckets."""
        super().__init__(name, documentation, labels, lambda: Spread(bounds))
        self._bounds = [*map(str, bounds), "+Inf"]
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Return the family without samples."""
        return [HistogramMetricFamily(self.name, self.documentation, labels=self.label_names)]

    def collect(self) -> Iterable[Metric]:
        """Return the samples; Prometheus wants buckets that contain the smaller ones."""
        family = HistogramMetricFamily(self.name, self.documentation, labels=self.label_names)
        for values, spread in self._children.items():
            total = 0
            buckets = []
            for bound, count in zip(self._bounds, spread.counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            family.add_metric(values, buckets, spread.sum)
        return [family]
