"""The tutorial is typed as it stands, in an empty folder, and prints what it says."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote

import pytest

from tests.docs.pages import DOCS, ROOT, Block, blocks

PAGE = DOCS / "tutorials" / "first-campaign.md"
PATIENCE_S = 60
NEXT = "--- next block ---"
ASKED = "first/exchange.py"
KEEP = """
import sys, urllib.request
body = open("first/request.json", "rb").read()
with urllib.request.urlopen(sys.argv[1] + "/openrtb2/first-exchange", body) as response:
    open("answer.json", "wb").write(response.read())
"""
"""Asks once more, where the tutorial asks, so that the README's answer can be compared."""
_TOKEN = re.compile(r"(?<=/)[\w-]{100,}")
_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder; a server that was started in it is ended."""
    yield tmp_path
    with suppress(OSError, ValueError):
        os.kill(int((tmp_path / "first/state/supervisor.pid").read_text("ascii")), signal.SIGTERM)


def test_the_tutorial_works_as_written(folder: Path) -> None:
    ports = {"8080": _free_port(), "9464": _free_port()}
    steps = [block for block in blocks(PAGE) if {"run", "file"} & block.marks.keys()]
    script = folder / "tutorial.sh"
    lines = ["set -eu -o pipefail", *(_step(block, ports) for block in steps)]
    script.write_text("\n".join(lines), "utf-8")
    shell = subprocess.Popen(  # noqa: S603 - what our own page says
        ["/bin/bash", str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)  # the session that we began, and nobody else
        said, _ = shell.communicate()
        pytest.fail(f"the tutorial hangs:\n{said}")
    log = folder / "first" / "server.log"
    assert shell.returncode == 0, f"{said}\n{log.read_text('utf-8') if log.exists() else ''}"
    for block, printed in zip(steps, said.split(NEXT)[1:], strict=True):
        for promise in _promised(block):
            assert promise in _plain(printed), printed
    answer = (folder / "answer.json").read_text("utf-8").replace(ports["8080"], "8080")
    assert _nameless(_TOKEN.sub("TOKEN", answer)) == _nameless(_readme_answer())


def _step(block: Block, ports: dict[str, str]) -> str:
    """Return the shell lines that do what a block says."""
    text = block.text
    for usual, free in ports.items():
        text = text.replace(usual, free)
    begin = f"echo '{NEXT}'"
    if "file" in block.marks:
        return f"{begin}\nprintf %s {quote(text)} > {block.marks['file']}"
    commands = [
        line.removeprefix("$ ").replace(".venv/bin/python", quote(sys.executable))
        for line in text.splitlines()
        if line.startswith("$ ")
    ]
    if "fails" in block.marks:
        last = commands.pop()
        commands.append(f"if {last}; then echo 'this should have failed'; exit 1; fi")
    if ASKED in text:
        site = f"http://127.0.0.1:{ports['8080']}"
        commands.append(f"{quote(sys.executable)} -c {quote(KEEP)} {site}")
    return "\n".join([begin, *commands])


def _readme_answer() -> str:
    request, answer = (b for b in blocks(ROOT / "README.md") if b.language == "json")
    (sent,) = (b for b in blocks(PAGE) if "bid-request" in b.marks)
    assert request.text == sent.text
    return answer.text


def _nameless(answer: str) -> object:
    """Return an answer without the ids that are drawn anew each time."""
    return json.loads(_ID.sub("", answer))


def _promised(block: Block) -> list[str]:
    """Return what a block shows as output, in pieces: `...` stands for anything."""
    if "run" not in block.marks:
        return []
    shown = [line for line in block.text.splitlines() if not line.startswith("$ ")]
    return [_plain(piece) for line in shown for piece in line.split("...") if piece.strip()]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
