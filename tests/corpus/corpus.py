"""Where the corpus of real requests lies: in the folder that `ADSERVER_CORPUS` names."""

import os
from pathlib import Path

import pytest


def corpus(*parts: str) -> Path:
    """Return a path inside the corpus; without one the test skips, but on CI it fails."""
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        return Path(root, *parts)
    if os.environ.get("CI") == "true":
        pytest.fail("ADSERVER_CORPUS is not set, and CI insists on the corpus")
    pytest.skip("ADSERVER_CORPUS is not set: no corpus to test with")
