"""What processes take of the machine, by the kernel; see proc(5)."""

import os
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


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
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Footprint(memory_kb(pid, "Pss_Anon"), files, cpu_s(pid))


def memory_kb(pid: int, kind: str) -> int:
    """Return how much memory of a kind, as `smaps_rollup` names them, a process has. Raises `OSError` if it is gone.

    `Anonymous` is all that a process could write to, what it shares since a fork included. `Pss_Anon` counts that by
    its share, so it moves when such a page is written to. `Pss` counts files by their share, too, so it moves when
    any other process that maps the same libraries comes or goes.
    """
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    (found,) = [line for line in text.splitlines() if line.startswith(f"{kind}:")]
    return int(found.split()[1])


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, in seconds, all its threads included.

    By the scheduler's own count if it can be read, else by clock ticks.
    """
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    try:
        ran = [int((each / "schedstat").read_text("ascii").split()[0]) for each in threads]
    except FileNotFoundError:  # no scheduler statistics here, or a thread ended just now
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return sum(ran) / 1e9


def children(pid: int) -> list[int]:
    """Return the processes that one has started and that are still there."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text("ascii").split()]
