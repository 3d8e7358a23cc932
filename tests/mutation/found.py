"""A plugin for pytest: against a mutant one counterexample is enough, and the same each time."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "found", phases=(Phase.explicit, Phase.generate), derandomize=True, database=None, deadline=None,
    max_examples=50, suppress_health_check=list(HealthCheck),
)  # fmt: skip
