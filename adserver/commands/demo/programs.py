"""The demo's programs: each a process of its own, ended by us and nobody else."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from adserver.errors import Unavailable

ROOT = Path(__file__).parents[3]
STOP_S = 30.0


class Program:
    """A running `python -m ...`; its output goes into a file."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            # A session of its own: Ctrl-C reaches us alone, and we end it in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *arguments],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def end(self) -> int:
        """Ask it to end, wait, and return its exit code; it is killed if it does not."""
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return -signal.SIGKILL


def run_quietly(arguments: Sequence[str]) -> None:
    """Run `python -m ...` to its end. Raises `Unavailable` with what it printed if it fails."""
    done = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"{' '.join(arguments[:2])} failed:\n{done.stderr or done.stdout}")


def wait_until(ready: Callable[[], bool], program: Program, seconds: float) -> None:
    """Wait until `ready` is true. Raises `Unavailable` with the log's end if the program dies first."""
    until = time.monotonic() + seconds
    while not ready():
        if not program.alive or time.monotonic() > until:
            tail = "\n".join(program.log.read_text("utf-8", "replace").splitlines()[-8:])
            raise Unavailable(f"the server did not start; its log {program.log} ends with:\n{tail}")
        time.sleep(0.05)
