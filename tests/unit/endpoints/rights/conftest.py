"""Fixtures of the tests of people's rights."""

import pytest

from tests.unit.endpoints.rights.counter import Counter


@pytest.fixture
def counter() -> Counter:
    return Counter()
