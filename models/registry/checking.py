"""Try a version in a child process before anything serves it: what was read may still crash, or fill, its reader.

`python -m models.registry.checking` is that child. It gets the very bytes that are to be loaded, so that no file can
change in between.
"""

import os
import resource
import subprocess
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import msgspec

from adserver.errors import AdserverError
from models.registry.artifacts import Artifact
from models.registry.manifest import Kind, Manifest, written

SECONDS = 30
MEMORY_BYTES = 2 * 1024**3
_NICE = 5
_CHECKS: dict[Kind, str] = {
    "click": "models.ctr.artifact",
    "conversion": "models.cvr.artifact",
    "landscape": "models.landscape.artifact",
}
"""Where each kind has its `check(artifact)`, which raises `ValueError` or `AdserverError`."""
_MOST_SAID = 300
_survived: set[bytes] = set()
_MOST_REMEMBERED = 64


class _Handed(msgspec.Struct):
    name: str
    manifest: Manifest
    files: dict[str, bytes]


def survive(artifact: Artifact) -> None:
    """Return if a child process reads the version and predicts with it; raise `ValueError` if not.

    Takes some tenths of a second, the first time for each version.
    """
    seal = sha256(written(artifact.manifest)).digest()  # it has the hashes of all files
    if seal in _survived:
        return
    handed = msgspec.msgpack.encode(_Handed(artifact.name, artifact.manifest, artifact.files))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "models.registry.checking"],
            input=handed,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"nobody came back from reading it within {SECONDS} s") from None
    if child.returncode != 0:
        said = child.stderr.decode("utf-8", "replace").strip().splitlines()
        last = said[-1][:_MOST_SAID] if said else "killed" if child.returncode < 0 else ""
        raise ValueError(f"a child process failed on it ({child.returncode}): {last}")
    if len(_survived) >= _MOST_REMEMBERED:
        _survived.clear()
    _survived.add(seal)


def main() -> None:
    """Read a version from standard input; succeed, fail with a message, or crash."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    handed = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Handed)
    artifact = Artifact(handed.name, handed.manifest, handed.files, Path())
    try:
        import_module(_CHECKS[artifact.manifest.kind]).check(artifact)
    except MemoryError:
        sys.exit(f"it takes more than {MEMORY_BYTES} bytes of memory")
    except (ValueError, ArithmeticError, LookupError, TypeError, AdserverError) as error:
        sys.exit(f"{type(error).__name__}: {error}" if not str(error) else str(error))


if __name__ == "__main__":
    main()
