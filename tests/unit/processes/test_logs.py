"""One JSON object a line, whatever strangers put into the values."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from adserver.processes.logs import Ration

CHILD = """
import logging, structlog
from adserver.processes import logs
logs.configure("worker")
log = structlog.get_logger()
log.info("hostile", text="a\\nb\\x00\\u2028{}\\"", long="x" * 9000, number=3, raw=b"\\xff", inner=["y" * 9000])
log.debug("quiet")
def fail():
    try:
        {}["somebody's id"]
    except KeyError:
        raise ValueError("somebody's address")
for event in ("failed", "process_failed"):
    try:
        fail()
    except ValueError:
        log.exception(event)
logs.configure("owner")
log.warning("renamed")
logging.getLogger("library").info("quiet")
logging.getLogger("library").warning("from a library\\nwith two lines")
"""


def lines() -> list[str]:
    """Run in a process of its own: logging is one for the whole process."""
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_lines_are_json_objects_named_by_process() -> None:
    told = [json.loads(line) for line in lines()]
    assert [line["event"] for line in told[:4]] == [
        "hostile",
        "failed",
        "process_failed",
        "renamed",
    ]
    hostile, failed, beginning, renamed = told[:4]
    assert hostile["process"] == "worker"
    assert renamed["process"] == "owner"
    assert hostile["level"] == "info"
    assert hostile["timestamp"].endswith("Z")
    assert hostile["text"] == 'a\nb\x00\u2028{}"'
    assert len(hostile["long"]) < 2_010
    kinds = [line for line in failed["exception"].splitlines() if not line.startswith(" ")]
    assert kinds == ["KeyError", "ValueError"]
    assert "in fail" in failed["exception"]
    assert "somebody's" not in failed["exception"]
    assert "ValueError: somebody's address" in beginning["exception"]
    (library,) = told[4:]
    assert library["event"] == "from a library\nwith two lines"
    assert (library["library"], library["level"]) == ("library", "warning")


CROWDED = """
import resource, structlog
from adserver.processes import logs
logs.configure("worker")
log = structlog.get_logger()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
for number in range(20):
    log.info("counted", number=number)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.info("roomy")
"""


def test_a_full_disk_loses_log_lines_and_says_how_many_and_nothing_else_ends(
    tmp_path: Path,
) -> None:
    log = tmp_path / "server.log"
    with log.open("ab") as file:
        subprocess.run([sys.executable, "-c", CROWDED], stderr=file, check=True)  # noqa: S603 - our own text
    whole, torn = [], 0
    for line in log.read_text("utf-8").splitlines():
        try:
            whole.append(json.loads(line))
        except ValueError:
            torn += 1
    assert torn == 1
    *counted, lost, roomy = whole
    assert (lost["event"], lost["level"], lost["process"]) == ("log_lines_lost", "error", "worker")
    assert len(counted) + lost["count"] == 20
    assert roomy["event"] == "roomy"


def test_lines_of_one_kind_are_rationed_and_what_is_left_out_is_counted() -> None:
    now = [0.0]
    ration = Ration(3, lambda: now[0])

    def passed(**event: str) -> dict[str, object] | None:
        try:
            return dict(ration(None, "info", dict(event)))
        except structlog.DropEvent:
            return None

    assert [passed(event="refused") is not None for _ in range(5)] == [True] * 3 + [False] * 2
    assert passed(event="another kind") == {"event": "another kind"}
    now[0] = 1.5
    assert passed(event="refused") == {"event": "refused", "left_out": 2}
    assert passed(event="refused") == {"event": "refused"}


def test_a_library_s_texts_are_one_kind() -> None:
    """They may be strangers': remembering each would fill the memory."""
    ration = Ration(3, lambda: 0.0)
    for number in range(3):
        ration(None, "warning", {"event": f"text {number}", "library": "lib"})
    with pytest.raises(structlog.DropEvent):
        ration(None, "warning", {"event": "text 4", "library": "lib"})
    assert len(ration._kinds) == 1
