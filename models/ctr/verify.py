"""Try a model text in a child process, because LightGBM's reader may crash on a damaged one.

`python -m models.ctr.verify < model.txt` is that child.
"""

import resource
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from models.ctr.booster import NativeTrees
from models.ctr.features import COLUMNS, CONTEXT

_SECONDS = 30
_MEMORY_BYTES = 4 * 1024**3
_SAMPLES = (0.0, 1.0, -1.0, 7.5, 1e9, float("nan"))


@lru_cache(maxsize=8)
def survive(text: bytes) -> None:
    """Return if a child process reads the text and predicts with it; raise `ValueError` if not."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "models.ctr.verify"],
            input=text,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"LightGBM did not come back from it within {_SECONDS} s") from None
    if child.returncode != 0:
        said = child.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(f"LightGBM failed on it ({child.returncode}): {said[-1] if said else ''}")


def main() -> None:
    """Read the text from standard input; succeed, fail with a message, or crash."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        trees = NativeTrees(sys.stdin.buffer.read())
        for sample in _SAMPLES:
            row = [sample] * len(COLUMNS)
            trees.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
