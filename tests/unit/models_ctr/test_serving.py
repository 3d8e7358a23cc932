"""Both ways of walking the trees give LightGBM's own answer."""

import math

import lightgbm
import numpy as np
import pytest

from models.ctr.artifact import Artifact
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.compiled import BATCH, SLOTS, CompiledModel
from models.ctr.features import COLUMNS, CONTEXT, Encoder
from models.ctr.forest import Forest
from models.ctr.trees import Tree, read_trees
from tests.unit.models_ctr.world import Shown, candidate

EQUAL = 1e-12


@pytest.fixture(scope="module")
def compiled(artifact: Artifact) -> CompiledModel:
    return _compiled(artifact)


@pytest.fixture(scope="module")
def native(artifact: Artifact) -> NativeTrees:
    return NativeTrees(artifact.model)


def _compiled(artifact: Artifact) -> CompiledModel:
    forest = Forest(read_trees(artifact.model.decode(), COLUMNS), len(COLUMNS))
    manifest = artifact.manifest
    return CompiledModel("compiled", forest, Encoder(manifest.tables), manifest.calibration)


@pytest.mark.parametrize("engine", ["compiled", "native"])
def test_probabilities_equal_those_of_the_package(
    engine: str,
    compiled: CompiledModel,
    native: NativeTrees,
    oracle: lightgbm.Booster,
    rows: list[list[float]],
) -> None:
    """On random rows with missing values, unknown and negative codes, huge numbers."""
    trees = compiled if engine == "compiled" else native
    expected = np.asarray(oracle.predict(np.array(rows)))
    for row, probability in zip(rows, expected.tolist(), strict=True):
        (log_odds,) = trees.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])
        assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(probability, abs=EQUAL)


def test_thresholds_themselves_go_left(
    artifact: Artifact, compiled: CompiledModel, oracle: lightgbm.Booster
) -> None:
    """Rows made of the very numbers that the trees compare with, and their neighbours."""
    dice = np.random.default_rng(8)
    values: list[list[float]] = [[0.0] for _ in COLUMNS]
    for tree in read_trees(artifact.model.decode(), COLUMNS):
        for column, threshold, codes in zip(
            tree.column, tree.threshold, tree.left_codes, strict=True
        ):
            values[column] += (
                [threshold, math.nextafter(threshold, math.inf)] if codes is None else list(codes)
            )
    edge_rows = [[float(dice.choice(known)) for known in values] for _ in range(200)]
    expected = np.asarray(oracle.predict(np.array(edge_rows), raw_score=True)).tolist()
    for row, log_odds in zip(edge_rows, expected, strict=True):
        served = compiled.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])
        assert served == pytest.approx([log_odds], abs=EQUAL)


def test_both_engines_agree_on_auctions_of_any_size(
    artifact: Artifact, compiled: CompiledModel, native: NativeTrees, impressions: list[Shown]
) -> None:
    manifest = artifact.manifest
    walked = BoosterModel("native", native, Encoder(manifest.tables), manifest.calibration)
    pool = [candidate(index) for index in range(2 * BATCH + 3)]
    for count in (1, 8, BATCH, BATCH + 1, len(pool)):
        seen = impressions[count]
        asked = (seen.auction, seen.opportunity, pool[:count], seen.now_s)
        assert compiled.click_probabilities(*asked) == pytest.approx(
            walked.click_probabilities(*asked), abs=EQUAL
        )


def test_forgetting_candidates_changes_no_answer(
    artifact: Artifact, impressions: list[Shown]
) -> None:
    """More candidates than are remembered, twice over."""
    model = _compiled(artifact)
    seen = impressions[0]
    pool = [candidate(index % 16) for index in range(SLOTS + 100)]
    first = model.click_probabilities(seen.auction, seen.opportunity, pool, seen.now_s)
    again = model.click_probabilities(seen.auction, seen.opportunity, pool[::-1], seen.now_s)
    assert first == again[::-1]
    assert first[:16] == first[16:32]


def test_a_tree_with_one_leaf_is_a_constant() -> None:
    stump = Tree([], [], [], [], [], [], [], [-2.5])
    forest = Forest([stump], len(COLUMNS))
    assert forest.rows([0.0] * len(COLUMNS), 0) == [0]
    assert forest.table.tolist() == [[1]]


def test_more_leaves_than_bits_are_refused() -> None:
    wide = Tree([], [], [], [], [], [], [], [0.0] * 64)
    with pytest.raises(ValueError, match="63 leaves"):
        Forest([wide], 1)


def test_a_column_of_two_kinds_is_refused() -> None:
    mixed = Tree(
        [0, 0], [1.0, 0.0], [False] * 2, [False] * 2, [None, frozenset({1})], [1, -1], [-2, -3],
        [0.0, 1.0, 2.0],
    )  # fmt: skip
    with pytest.raises(ValueError, match="both"):
        Forest([mixed], 1)
