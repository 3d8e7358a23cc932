"""One target in a process of its own, under atheris: `python -m tests.fuzz.child NAME FOLDER SECONDS`."""

import logging
import sys
from importlib import import_module
from pathlib import Path

import atheris
import structlog

from tests.fuzz.target import Target

OURS = ["adserver", "adapters", "models"]
"""Whose branches lead the search; nothing of them may be loaded before."""
MAX_MB = 2_048
MAX_S = 5
"""An input that takes longer is a finding, though the code is several times slower than usual here."""


def main() -> None:
    """Fuzz until the time is over or something is found; atheris leaves the process by itself."""
    name, folder, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with atheris.instrument_imports(include=OURS, enable_loader_override=False):
        target: Target = import_module(f"tests.fuzz.targets.{name}").TARGET
    inputs, found = folder / "inputs", folder / "found"
    for each in (inputs, found):
        each.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (inputs / f"seed-{number:04}").write_bytes(seed[: target.max_bytes])
    options = [
        f"-max_total_time={seconds}", f"-max_len={target.max_bytes}", f"-artifact_prefix={found}/",
        f"-rss_limit_mb={MAX_MB}", f"-timeout={MAX_S}", "-print_final_stats=1", "-use_value_profile=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(inputs)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
