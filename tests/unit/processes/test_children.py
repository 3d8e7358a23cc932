"""Children by fork. The parent here is a fresh process: forking needs one without threads."""

import os
import signal
import subprocess
import sys
import time

PREFIX = """
import os, signal, sys, time
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.processes.children import fork
def wait(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", PREFIX + text],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_child_ends_with_its_body_and_says_how() -> None:
    done = run(
        """
def refuse(): raise InvalidConfig([Fault("settings", "$", "not so")])
def wait_for_it(): raise Unavailable("no store")
def fail(): raise KeyError("a bug")
def leave(): sys.exit(3)
print(*[wait(fork("x", body)) for body in (lambda: None, refuse, wait_for_it, fail, leave)])
print("only once")
"""
    )
    assert done.stdout.splitlines() == ["0 2 75 70 70", "only once"]
    assert '"process_refused"' in done.stderr
    assert "no store" in done.stderr
    assert "KeyError" in done.stderr


def test_a_child_starts_with_fresh_signals_and_leaves_ctrl_c_to_its_parent() -> None:
    done = run(
        """
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, lambda *_: print("the parent's"))
def body():
    os.kill(os.getpid(), signal.SIGINT)
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
child = fork("x", body)
while True:
    try:
        print(wait(child)); break
    except InterruptedError: pass
"""
    )
    assert "True" in done.stdout.splitlines()
    assert str(-signal.SIGTERM) in done.stdout.splitlines()


def test_descriptors_that_are_the_parents_are_closed() -> None:
    done = run(
        """
reading, writing = os.pipe()
def body():
    try: os.fstat(reading)
    except OSError: print("closed", flush=True)
    os.fstat(writing)
print(wait(fork("x", body, close=(reading,))))
"""
    )
    assert done.stdout.splitlines() == ["closed", "0"]


def test_a_child_does_not_outlive_a_killed_parent() -> None:
    done = run(
        """
def body(): time.sleep(30)
print(fork("x", body), flush=True)
time.sleep(0.3)
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    child = int(done.stdout)
    for _ in range(100):
        if not _runs(child):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the child lives on")


def _runs(process: int) -> bool:
    """Tell whether there is such a process, other than as a zombie that nobody has waited for."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as status:  # noqa: PTH123 - one line
            return status.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
