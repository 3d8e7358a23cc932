"""Large blocks that come and go leave nothing behind, though small ones that stay lie between them."""

import subprocess
import sys

import pytest

from adserver.processes.allocation import keep_flat

PROGRAM = """
import sys
from adserver.processes.allocation import keep_flat

def own_kb():
    lines = open("/proc/self/smaps_rollup")
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous"))

if sys.argv[1] == "flat":
    keep_flat()
bytes(200_000)  # by itself the library now takes this for an everyday size
before = own_kb()
stays = []
for _ in range(200):
    large = [b"x" * 100_000 for _ in range(3)]
    stays.append([bytes(3_000), large.pop()])
for pair in stays:
    pair.pop()
del large
print(own_kb() - before)
"""


def grown_kb(how: str) -> int:
    """Return what a process has grown by."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not keep_flat(), reason="this C library has no mallopt")
def test_large_blocks_go_back_to_the_system() -> None:
    assert grown_kb("flat") < 2_000 < grown_kb("by itself")
