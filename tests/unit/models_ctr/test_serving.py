"""All ways of walking the trees give LightGBM's own answer."""

import math
from collections.abc import Callable, Sequence

import lightgbm
import numpy as np
import pytest
from msgspec.structs import replace

from adserver.domain.seen import Seen
from models.ctr.artifact import Artifact
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.compiled import CompiledModel, Trees
from models.ctr.counters import Counters
from models.ctr.encoder import Encoder
from models.ctr.features import AFFINITY, COLUMNS, CONTEXT, RATED, SERVED, WORDS, Tables
from models.ctr.forest import Forest
from models.ctr.linear import BATCH
from models.ctr.probability import Calibration
from models.ctr.trees import Tree, read_trees
from tests.unit.models_ctr.world import Shown, candidate

EQUAL = 1e-12


ENGINES: dict[str, Callable[[Sequence[Tree], int], Trees]] = {
    "counting": Counters,
    "compiled": Forest,
}


@pytest.fixture(scope="module", params=ENGINES)
def compiled(request: pytest.FixtureRequest, artifact: Artifact) -> CompiledModel:
    return _compiled(artifact, request.param)


@pytest.fixture(scope="module")
def native(artifact: Artifact) -> NativeTrees:
    return NativeTrees(artifact.model)


def _compiled(artifact: Artifact, engine: str) -> CompiledModel:
    trees = ENGINES[engine](read_trees(artifact.model.decode(), COLUMNS), len(COLUMNS))
    return CompiledModel(engine, trees, Encoder(artifact.tables), artifact.calibration)


def _log_odds(trees: CompiledModel | NativeTrees, rows: list[list[float]]) -> list[float]:
    return [trees.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])[0] for row in rows]


def test_compiled_trees_equal_those_of_the_package(
    compiled: CompiledModel, oracle: lightgbm.Booster, rows: list[list[float]]
) -> None:
    """On random rows with missing values, unknown and negative codes, huge numbers."""
    expected = np.asarray(oracle.predict(np.array(rows)))
    found = 1 / (1 + np.exp(-np.array(_log_odds(compiled, rows))))
    assert found == pytest.approx(expected, abs=EQUAL)


def test_walked_trees_equal_those_of_the_package(
    native: NativeTrees, oracle: lightgbm.Booster, rows: list[list[float]]
) -> None:
    expected = np.asarray(oracle.predict(np.array(rows)))
    found = 1 / (1 + np.exp(-np.array(_log_odds(native, rows))))
    assert found == pytest.approx(expected, abs=EQUAL)


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
    assert _log_odds(compiled, edge_rows) == pytest.approx(expected, abs=EQUAL)


@pytest.mark.parametrize("engine", ENGINES)
def test_trees_over_everything_equal_those_of_the_package(engine: str) -> None:
    """Trees that ask every column, segments and what a person has seen included; a third of the values missing."""
    dice = np.random.default_rng(5)
    words = [COLUMNS.index(word) for word in WORDS]
    matrix = dice.normal(0, 1, (4_000, len(COLUMNS)))
    matrix[:, words] = dice.integers(0, 30, (len(matrix), len(words)))
    for name in SERVED.segments:
        matrix[:, COLUMNS.index(name)] = dice.integers(0, 2, len(matrix))
    plain = [place for place in range(len(COLUMNS)) if place not in words]
    matrix[:, plain] = np.where(
        dice.random((len(matrix), len(plain))) < 1 / 3, np.nan, matrix[:, plain]
    )
    matrix[:, COLUMNS.index(AFFINITY)] = np.nan  # where they begin, trees never split
    effects = dice.normal(0, 0.7, len(COLUMNS))
    labels = dice.random(len(matrix)) < 1 / (1 + np.exp(-np.nansum(matrix % 3 * effects, 1) / 4))
    rows = lightgbm.Dataset(matrix, labels, feature_name=list(COLUMNS), categorical_feature=words)
    parameters = {"objective": "binary", "num_leaves": 63, "min_data_in_leaf": 5, "verbosity": -1,
                  "feature_fraction": 0.3, "num_threads": 1, "max_bin": 63}  # fmt: skip
    booster = lightgbm.train(parameters, rows, 60)
    trees = ENGINES[engine](read_trees(booster.model_to_string(), COLUMNS), len(COLUMNS))
    assert all(column is not None for column in trees.columns[len(CONTEXT) - SERVED.slots : -1])
    tables = Tables({word: {} for word in WORDS}, {word: [0.1] for word in RATED}, 0.1)
    model = CompiledModel(engine, trees, Encoder(tables), Calibration(1.0, 0.0))
    expected = np.asarray(booster.predict(matrix[:1_500], raw_score=True))
    assert _log_odds(model, matrix[:1_500].tolist()) == pytest.approx(expected, abs=EQUAL)


def test_what_a_person_saw_of_a_candidate_counts(impressions: list[Shown]) -> None:
    """A tree of one question: three contacts or more, fewer, or nothing known."""
    last = COLUMNS.index("line_item_contacts")
    once = Tree([last], [2.5], [True], [True], [None], [-1], [-2], [-1.0, -3.0])
    tables = Tables({word: {} for word in WORDS}, {word: [0.1] for word in RATED}, 0.1)
    seen, pool = impressions[0], [candidate(index) for index in range(3)]
    auction = replace(seen.auction, seen=Seen(4, {pool[1].line_item_number: 4}, ()))
    for make in ENGINES.values():
        model = CompiledModel(
            "one", make([once], len(COLUMNS)), Encoder(tables), Calibration(1.0, 0.0)
        )
        for told, expected in ((auction, [-1.0, -3.0, -1.0]), (seen.auction, [-1.0] * 3)) * 2:
            clicks = model.click_probabilities(told, seen.opportunity, pool, seen.now_s)
            assert clicks == pytest.approx([1 / (1 + math.exp(-each)) for each in expected])


def test_all_engines_agree_on_auctions_of_any_size(
    artifact: Artifact, compiled: CompiledModel, native: NativeTrees, impressions: list[Shown]
) -> None:
    walked = BoosterModel("native", native, Encoder(artifact.tables), artifact.calibration)
    pool = [candidate(index) for index in range(2 * BATCH + 3)]
    for count in (1, 8, BATCH, BATCH + 1, len(pool)):
        seen = impressions[count]
        asked = (seen.auction, seen.opportunity, pool[:count], seen.now_s)
        assert compiled.click_probabilities(*asked) == pytest.approx(
            walked.click_probabilities(*asked), abs=EQUAL
        )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limit", ["SLOTS", "CANDIDATES"])
def test_forgetting_candidates_changes_no_answer(
    limit: str,
    engine: str,
    artifact: Artifact,
    impressions: list[Shown],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More candidates than are remembered, twice over."""
    monkeypatch.setattr(f"models.ctr.compiled.{limit}", BATCH + 8)
    model = _compiled(artifact, engine)
    seen = impressions[0]
    pool = [candidate(index % 16) for index in range(300)]
    first = model.click_probabilities(seen.auction, seen.opportunity, pool, seen.now_s)
    again = model.click_probabilities(seen.auction, seen.opportunity, pool[::-1], seen.now_s)
    assert first == again[::-1]
    assert first[:16] == first[16:32]


@pytest.mark.parametrize("engine", ENGINES)
def test_forgetting_contexts_changes_no_answer(
    engine: str, artifact: Artifact, impressions: list[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.ctr.compiled.ROOM", 24)
    forgetful = _compiled(artifact, engine)
    monkeypatch.undo()
    whole = _compiled(artifact, engine)
    pool = [candidate(index) for index in range(8)]
    for seen in impressions[:300]:
        asked = (seen.auction, seen.opportunity, pool, seen.now_s)
        assert forgetful.click_probabilities(*asked) == whole.click_probabilities(*asked)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tree_with_one_leaf_is_a_constant(engine: str, artifact: Artifact) -> None:
    stump = Tree([], [], [], [], [], [], [], [-2.5])
    trees = ENGINES[engine]([stump, stump], len(COLUMNS))
    model = CompiledModel(engine, trees, Encoder(artifact.tables), Calibration(1.0, 0.0))
    assert _log_odds(model, [[0.0] * len(COLUMNS)]) == [-5.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_trees_that_split_where_they_begin_are_refused(engine: str, artifact: Artifact) -> None:
    """They would count it twice."""
    split = Tree([COLUMNS.index(AFFINITY)], [0.5], [True], [True], [None], [-1], [-2], [-1.0, 1.0])
    trees = ENGINES[engine]([split], len(COLUMNS))
    with pytest.raises(ValueError, match="where they begin"):
        CompiledModel(engine, trees, Encoder(artifact.tables), Calibration(1.0, 0.0))


@pytest.mark.parametrize("engine", ENGINES.values())
def test_more_leaves_than_bits_are_refused(engine: Callable[..., Trees]) -> None:
    wide = Tree([], [], [], [], [], [], [], [0.0] * 64)
    with pytest.raises(ValueError, match="63 leaves"):
        engine([wide], 1)


@pytest.mark.parametrize("engine", ENGINES.values())
def test_a_column_of_two_kinds_is_refused(engine: Callable[..., Trees]) -> None:
    mixed = Tree(
        [0, 0], [1.0, 0.0], [False] * 2, [False] * 2, [None, frozenset({1})], [1, -1], [-2, -3],
        [0.0, 1.0, 2.0],
    )  # fmt: skip
    with pytest.raises(ValueError, match="both"):
        engine([mixed], 1)
