"""Where the corpus of real requests lies: in the folder that `ADSERVER_CORPUS` names."""

import os
from pathlib import Path

from tests.lacking import missing


def corpus(*parts: str) -> Path:
    """Return a path inside the corpus; without one the test skips, but on CI it fails."""
    root = os.environ.get("ADSERVER_CORPUS")
    if not root:
        missing("ADSERVER_CORPUS is not set: no corpus to test with")
    return Path(root, *parts)
