"""What processes take of the machine, by the kernel; see proc(5)."""

import re
from pathlib import Path

import msgspec

_PSS = re.compile(r"^Pss_Anon:\s+(\d+) kB", re.MULTILINE)


class Footprint(msgspec.Struct, frozen=True):
    """One process at one moment."""

    pss_kb: int
    """Proportional set size, without files: what is shared by forking counts by its share.

    Libraries are left out: whoever else maps them, in whatever program, changes their share.
    """
    files: int
    """Open descriptors."""
    cpu_s: float
    """User and system time so far."""


def footprint(pid: int) -> Footprint:
    """Return what a process takes. Raises `OSError` if it is gone."""
    process = Path(f"/proc/{pid}")
    found = _PSS.search((process / "smaps_rollup").read_text("ascii"))
    assert found is not None
    return Footprint(int(found.group(1)), len(list((process / "fd").iterdir())), cpu_s(pid))


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, in seconds, all its threads included."""
    tasks = Path(f"/proc/{pid}/task")
    ran = [(task / "schedstat").read_text("ascii").split()[0] for task in tasks.iterdir()]
    return sum(map(int, ran)) / 1e9
