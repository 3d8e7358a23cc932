"""How many candidates a model is asked about."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from models.ctr.dataset import dataset
from models.ctr.encoding import learn
from models.ctr.features import COLUMNS, CONTEXT
from models.ctr.rows import Rows
from models.ctr.spread import LEAST, MOST, breadth, spread, upward
from models.ctr.weights import Affinity
from models.events import Tally

PAGE, CREATIVE = COLUMNS.index("publication"), COLUMNS.index("creative") - len(CONTEXT)


def of(table: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> float:
    """Return the spread of a model that looks log odds up by the codes of page and creative."""
    rows = Rows()
    pages, creatives = table.shape
    for number in range(40 * max(pages, creatives)):
        line = (
            f'{{"at":{number},"media":"banner","line_item":"l","creative":"c{number // 7 % creatives}",'
            f'"hour_of_week":1,"publication":"p{number % pages}"}}'
        )
        rows.add(line.encode(), math.inf)
    data = dataset(rows, Tally())

    def log_odds(context: list[float], candidates: list[list[float]]) -> list[float]:
        page = int(context[PAGE])
        return [float(table[page - 1, int(each[CREATIVE]) - 1]) for each in candidates]

    return spread(log_odds, data, learn(data, len(data.at) - 1))  # type: ignore[arg-type]  # lists are enough here


def test_what_context_and_candidate_explain_each_for_itself_is_no_spread() -> None:
    dice = np.random.default_rng(1)
    table = dice.normal(0, 1, (50, 1)) + dice.normal(0, 1, (1, 20))
    assert of(table) == pytest.approx(0, abs=1e-12)


def test_noise_between_both_is_found_at_its_size() -> None:
    dice = np.random.default_rng(1)
    assert of(dice.normal(0, 0.5, (100, 20))) == pytest.approx(0.5, rel=0.15)


def test_rare_large_effects_count_for_more_than_their_deviation() -> None:
    rare = np.where(np.random.default_rng(1).random((300, 300)) < 0.05, 1.5, 0.0)
    assert upward(rare) > 1.5 * rare.std()


def test_what_the_linear_stage_says_of_pairs_counts() -> None:
    """Trees that say nothing, upon a stage where two creatives in ten are liked on one page in ten."""
    liked = {f"p{page}": 2.0 for page in range(5)}
    stage = Affinity(
        -4.0, {}, {}, {"line_item": {f"l{each}": {"publication": liked} for each in range(2)}}
    )
    rows = Rows()
    for number in range(2_000):
        line = (
            f'{{"at":{number},"media":"banner","line_item":"l{number // 7 % 10}","creative":"c{number // 7 % 10}",'
            f'"hour_of_week":1,"publication":"p{number % 50}"}}'
        )
        rows.add(line.encode(), math.inf)
    data = dataset(rows, Tally())
    tables = learn(data, len(data.at) - 1)

    def none(_: list[float], candidates: list[list[float]]) -> list[float]:
        return [0.0] * len(candidates)

    assert spread(none, data, tables) == 0  # type: ignore[arg-type]  # lists are enough here
    assert spread(none, data, replace(tables, affinity=stage)) > 0.3  # type: ignore[arg-type]  # likewise


def test_few_candidates_tell_nothing() -> None:
    assert of(np.random.default_rng(1).normal(0, 1, (50, 3))) == 0


def test_a_calm_model_is_asked_about_eight_and_a_wild_one_about_more() -> None:
    assert [breadth(each) for each in (0.0, 0.4, 0.5, 0.8, 1.0, 9.0)] == [
        LEAST, 8, 12, 32, MOST, MOST,
    ]  # fmt: skip
