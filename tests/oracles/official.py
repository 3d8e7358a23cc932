"""Other people's libraries, asked through Node.js: IAB Tech Lab's for consent, a player's for VAST.

They come from npm, in pinned versions with their hashes, into the virtual environment; nothing of them is kept here.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.torture.figures import Missing

HERE = Path(__file__).parent
PLACE = Path(__file__).parents[2] / ".venv" / "oracles"
INSTALLING_S = 180
_PIPE_BYTES = 32_768


class Official:
    """A Node.js process with the libraries, as a context manager; raises `Missing` where there is none to be had."""

    def __init__(self, libraries: str = "consent") -> None:
        """`libraries`: the folder beside this file that names them, and that has their `driver.mjs`."""
        self._home = HERE / libraries

    def __enter__(self) -> Self:
        folder = _installed(self._home)
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [_program("node"), "--max-old-space-size=2000", str(folder / "driver.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def ask(self, questions: Iterable[dict[str, Any]]) -> Iterator[Any]:
        """Yield one answer for each question, as `driver.mjs` describes them.

        Some questions are under way while the caller looks at an answer: as many as the pipe holds for certain.
        """
        assert self._process.stdin
        sent: deque[int] = deque()
        for question in questions:
            line = json.dumps(question) + "\n"
            while sent and sum(sent) + len(line) > _PIPE_BYTES:
                sent.popleft()
                yield self._answer()
            self._process.stdin.write(line)
            self._process.stdin.flush()
            sent.append(len(line))
        for _ in sent:
            yield self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed: these libraries need Node.js and npm")
    return found


def _installed(home: Path) -> Path:
    """Return a folder with the libraries and our script; the first time they are fetched."""
    parts = [home / name for name in ("package.json", "package-lock.json", "driver.mjs")]
    digest = sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]
    folder = PLACE / digest
    if folder.is_dir():
        return folder
    PLACE.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=PLACE))
    for part in parts:
        shutil.copy(part, fresh)
    done = subprocess.run(  # noqa: S603 - a program of the system
        [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=fresh, capture_output=True, text=True, timeout=INSTALLING_S, check=False,
        env=os.environ | {"npm_config_update_notifier": "false"},
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(fresh)
        raise Missing(f"npm could not fetch the libraries: {done.stderr.strip()[-400:]}")
    try:
        fresh.rename(folder)
    except OSError:  # somebody else was faster
        shutil.rmtree(fresh)
    return folder
