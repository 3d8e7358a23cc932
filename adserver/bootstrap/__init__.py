"""The only package that knows every other: builds what a process is made of and hands it to the edge."""

from adserver.bootstrap.learning import learn, recalibrate
from adserver.bootstrap.live_models import check_models
from adserver.bootstrap.owner import owner_parts
from adserver.bootstrap.state import (
    SnapshotSource,
    SystemClock,
    ceilings,
    load_snapshot,
    people_writer,
    places,
    profiles_config,
    pseudonym,
)
from adserver.bootstrap.worker import Worker, build_worker

__all__ = [
    "SnapshotSource", "SystemClock", "Worker", "build_worker", "ceilings", "check_models", "learn", "load_snapshot",
    "owner_parts", "people_writer", "places", "profiles_config", "pseudonym", "recalibrate",
]  # fmt: skip
