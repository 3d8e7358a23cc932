"""Fixtures of the endpoint tests."""

import pytest

from tests.unit.endpoints.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
