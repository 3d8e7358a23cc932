"""LightGBM's text, whole and damaged."""

import math
import random
import re

import lightgbm
import numpy as np
import pytest

from models.ctr.artifact import Artifact
from models.ctr.compiled import Trees
from models.ctr.counters import Counters
from models.ctr.features import COLUMNS
from models.ctr.forest import Forest
from models.ctr.trees import read_trees


def _damaged(text: str, pattern: str, replacement: str) -> str:
    """Change the first match, and the size of the tree with it, as a careful hand would."""
    changed, times = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert times == 1
    sizes = re.search(r"^tree_sizes=(\d+)", changed, re.MULTILINE)
    assert sizes
    first = changed[changed.index("\nTree=0") + 1 : changed.index("\nTree=1")]
    return changed.replace(sizes[0], f"tree_sizes={len(first) + 1}", 1)


def test_every_tree_is_read(artifact: Artifact, oracle: lightgbm.Booster) -> None:
    trees = read_trees(artifact.model.decode(), COLUMNS)
    leaves = [[oracle.get_leaf_output(t, leaf) for leaf in range(2)] for t in range(len(trees))]
    assert [tree.leaf[:2] for tree in trees] == leaves


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^num_class=1", "num_class=2", "num_class"),
        (r"^objective=binary", "objective=poisson", "objective"),
        (r"exchange country", "country exchange", "feature_names"),
        (r"^version=v4", "version=v4\nversion=v4", "twice"),
        (r"^version=v4", "version=v4\naverage_output", "averaging"),
        (r"^num_leaves=\d+", "num_leaves=9999999999", "entries"),
        (r"^num_leaves=\d+", "num_leaves=many", "invalid literal"),
        (r"^split_feature=\d+", "split_feature=99", "column that does not exist"),
        (r"^split_feature=\d+", "split_feature=-1", "column that does not exist"),
        (r"^left_child=\S+", "left_child=0", "do not make a tree"),
        (r"^right_child=\S+", "right_child=-1", "do not make a tree"),
        (r"^leaf_value=\S+", "leaf_value=nan", "not finite"),
        (r"^leaf_value=\S+", "leaf_value=1 2", "entries"),
        (r"^decision_type=\d+", "decision_type=4", "takes zero"),
        (r"^num_cat=[1-9]\d*", "num_cat=-1", "sets of categories are damaged"),
        (r"^is_linear=0", "is_linear=1", "linear"),
    ],
)
def test_a_damaged_text_is_refused_with_what_is_wrong(
    artifact: Artifact, pattern: str, replacement: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_trees(_damaged(artifact.model.decode(), pattern, replacement), COLUMNS)


def test_a_loop_is_refused(artifact: Artifact) -> None:
    """Two nodes that are each other's child satisfy the count of parents, and would never end."""
    text = artifact.model.decode()
    tree = (
        "Tree=0\nnum_leaves=4\nnum_cat=0\nsplit_feature=8 8 8\nthreshold=1 2 3\n"
        "decision_type=2 2 2\nleft_child=-1 2 1\nright_child=-2 -3 -4\n"
        "leaf_value=1 2 3 4\nis_linear=0\nshrinkage=1\n\n\n"
    )
    start, end = text.index("Tree=0"), text.index("Tree=1")
    looped = text[:start] + tree + text[end:]
    with pytest.raises(ValueError, match="leads back"):
        read_trees(_damaged(looped, r"^shrinkage=1", "shrinkage=1"), COLUMNS)


def test_a_text_cut_anywhere_is_refused(artifact: Artifact) -> None:
    text = artifact.model.decode()
    body = text.index("end of trees")
    for cut in range(0, body, body // 50):
        with pytest.raises(ValueError, match=r"header|tree"):
            read_trees(text[:cut], COLUMNS)


def test_random_damage_is_refused_or_harmless(artifact: Artifact) -> None:
    """Either a `ValueError`, or trees whose every row still reaches exactly one leaf each."""
    dice = random.Random(7)
    text = artifact.model.decode()
    text = text[: text.index("\nTree=2")] + text[text.index("\nend of trees") :]
    text = re.sub(r"^(tree_sizes=\d+ \d+) .*$", r"\1", text, flags=re.MULTILINE)
    survivors = 0
    for _ in range(300):
        spot = dice.randrange(text.index("Tree=0"), text.index("end of trees"))
        damaged = text[:spot] + dice.choice("0123456789-. \n=e") + text[spot + 1 :]
        try:
            trees = read_trees(damaged, COLUMNS)
            made = [make(trees, len(COLUMNS)) for make in (Forest, Counters)]
        except ValueError:
            continue
        survivors += 1
        row = [dice.choice((0.0, 3.0, 0.05, math.nan)) for _ in COLUMNS]
        left = [_reached(each, row) for each in made]
        assert left[0] == left[1]
        assert all(leaves.bit_count() == 1 for leaves in left[0])
    assert survivors  # most digits are leaf values, which may be anything


def test_what_only_parts_missing_values_from_the_rest_is_read(artifact: Artifact) -> None:
    """LightGBM writes an infinite threshold then; anything else that is no number is damage."""
    text = artifact.model.decode()
    odd = _damaged(text, r"^(threshold=.*? )\d+\.\d{3,}\S*", r"\1inf")
    assert math.inf in read_trees(odd, COLUMNS)[0].threshold
    for wrong in ("-inf", "nan"):
        with pytest.raises(ValueError, match="nothing can be compared"):
            read_trees(_damaged(odd, r"^(threshold=.*? )inf", rf"\1{wrong}"), COLUMNS)


def _reached(trees: Trees, row: list[float]) -> list[int]:
    """Return the sets of leaves that a row leaves open."""
    asked = zip(trees.columns, row, strict=True)
    rows = [column.row(value) for column, value in asked if column is not None]
    joined = trees.room(len(rows) or 1)
    for place, out in enumerate(joined):  # more of them than half a byte can count
        trees.join(rows[place : place + 1], out)
    found = np.empty(len(trees.leaves), np.int64)
    trees.reached(list(joined), found)
    whole: list[int] = found.tolist()
    return whole
