"""The short form of `python -m tests.quality parity`."""

from tests.parity import compared
from tests.torture.figures import Scale


def test_models_learn_from_exactly_what_they_served_by() -> None:
    assert [each for each in compared.run(Scale()) if not each.met] == []
