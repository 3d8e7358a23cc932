"""A model text that kills its reader kills a child, not the server."""

import pytest

from models.ctr.artifact import Artifact
from models.ctr.verify import survive


def test_a_whole_model_survives(artifact: Artifact) -> None:
    survive(artifact.model)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"num_leaves=", b"num_leaves=9999"),
        (b"tree_sizes=", b"tree_sizes=99999999999 "),
        (b"max_feature_idx=", b"max_feature_idx=9"),
    ],
)
def test_damage_is_a_message(artifact: Artifact, old: bytes, new: bytes) -> None:
    """Whether LightGBM aborts, crashes or reads something else: it does all three on these."""
    with pytest.raises(ValueError, match="LightGBM failed on it"):
        survive(artifact.model.replace(old, new, 1))
