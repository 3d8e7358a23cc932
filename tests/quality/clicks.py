"""M1: a click model of real impressions, learned on earlier days, judged on the next, against linear and factorised models.

Everything below that could be chosen was chosen on `EARLY` days alone (learned before the 22nd, judged on the 22nd to the 24th) and then
frozen: ours by about 150 random trials, the others by 40 (linear: every combination) and 47 (factorised). `LATE` was opened afterwards, once.
"""

from functools import lru_cache
from typing import NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Dataset, Floats
from models.ctr.encoding import Smoothing, encode
from models.ctr.evaluate import auc, log_loss
from models.ctr.features import rate_of
from models.evaluation import fm, linear
from models.evaluation.baselines import Coded, chances, coded
from models.evaluation.bootstrap import ROUNDS, Paired, paired
from tests.quality.avazu import PLAIN, RATED, Fold, folds, load
from tests.torture.figures import Figure, Scale

EARLY, LATE = range(22, 25), range(25, 31)
LEVEL = 0.05
LINEAR_COLUMNS = (*PLAIN, "pub", "hour")
MACHINE_COLUMNS = tuple(name for name in LINEAR_COLUMNS if name not in {"device_id", "device_ip"})
LINEAR_L2, LEAST = 7.0, 2
MACHINE = fm.Settings(dimensions=2, rate=0.05, l2=5.0, l2_factors=30.0, rounds=10, spread=0.03)
MACHINES = 4
"""Factorised models are averaged over so many seeds, ours too."""
SEEDS = 4
OUT_OF = 5
"""A row's linear log odds come from a model that has not seen its fifth of the past."""
BLOCKS, MAX_WORDS = 40, 20_000
CATEGORIES = ("pub", "C14", "C17", "device_model")


class Member(NamedTuple):
    """One kind of forest in the blend."""

    strength: float
    """Of smoothing."""
    trees: int
    parameters: dict[str, float | int | bool]
    linear: str = ""
    """`begin`: trees learn what the linear model leaves over; `column`: they see its log odds."""
    categories: tuple[str, ...] = ()


_SMALL = {
    "learning_rate": 0.03, "num_leaves": 7, "min_data_in_leaf": 50, "lambda_l2": 1.0,
    "feature_fraction": 0.1, "bagging_fraction": 0.7, "bagging_freq": 1, "extra_trees": True,
}  # fmt: skip
_LARGER = {
    "learning_rate": 0.03, "num_leaves": 20, "min_data_in_leaf": 20, "lambda_l2": 5.0,
    "feature_fraction": 0.6, "extra_trees": True,
}  # fmt: skip
MEMBERS = {
    "upon linear": Member(3.0, 300, _SMALL, linear="begin"),
    "beside linear": Member(5.0, 133, _LARGER, linear="column"),
    "trees alone": Member(5.0, 200, _LARGER, categories=CATEGORIES),
}


@lru_cache(maxsize=2)
def judged(days: range) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Return what `predictions` does, once for all bars that ask. Raises `Missing` without the log."""
    return predictions(load(), days)


def predictions(data: Dataset, days: range) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Return log odds by model for these days, each learned from all days before it, and what was clicked."""
    found: dict[str, list[Floats]] = {}
    clicked = []
    for fold in folds(data, days):
        for name, log_odds in _of_fold(fold).items():
            found.setdefault(name, []).append(log_odds)
        clicked.append(fold.data.clicked[fold.until :])
    return {name: np.concatenate(parts) for name, parts in found.items()}, np.concatenate(clicked)


def _of_fold(fold: Fold) -> dict[str, Floats]:
    table, narrow = _coded(fold, LINEAR_COLUMNS), _coded(fold, MACHINE_COLUMNS)
    clicked, until = fold.data.clicked, fold.until
    line = linear.fit(table.codes[:until], clicked[:until], table.sizes, LINEAR_L2)
    ahead = line.log_odds(table.codes[until:])
    beneath = np.concatenate([_left_out(table, clicked[:until]), ahead])
    machine = np.mean(
        [
            fm.fit(narrow.codes[:until], clicked[:until], narrow.sizes, MACHINE, seed).log_odds(
                narrow.codes[until:]
            )
            for seed in range(MACHINES)
        ],
        axis=0,
    )
    found = {name: _forest(fold, member, beneath) for name, member in MEMBERS.items()}
    blend = np.mean([*found.values(), machine], axis=0)
    return {"linear": ahead, "factorised": machine, **found, "ours": blend}


def _coded(fold: Fold, columns: tuple[str, ...]) -> Coded:
    schema = fold.data.schema
    names = (*schema.words, *schema.numbers)
    table = coded(fold.data, fold.until, LEAST)
    places = [names.index(name) for name in columns]
    return Coded(table.codes[:, places], [table.sizes[place] for place in places])


def _left_out(table: Coded, clicked: NDArray[np.bool_]) -> Floats:
    """Return the linear log odds of each row of the past, by a model that was fitted without it."""
    part = np.random.default_rng(len(clicked)).integers(0, OUT_OF, len(clicked))
    found = np.empty(len(clicked))
    for number in range(OUT_OF):
        out = part == number
        codes = table.codes[: len(clicked)]
        model = linear.fit(codes[~out], clicked[~out], table.sizes, LINEAR_L2)
        found[out] = model.log_odds(codes[out])
    return found


def _forest(fold: Fold, member: Member, beneath: Floats) -> Floats:
    """Return the log odds of the fold's last day, averaged over seeds."""
    data, until = fold.data, fold.until
    smoothing = Smoothing(1, member.strength, float(data.clicked[:until].mean()), BLOCKS, MAX_WORDS)
    tables, encoded = encode(data, until, smoothing)
    columns = tables.schema.columns
    chosen = [*map(rate_of, RATED), *tables.schema.numbers, *member.categories]
    matrix = encoded[:, [columns.index(name) for name in chosen]]
    categorical = list(range(len(chosen) - len(member.categories), len(chosen)))
    if member.linear == "column":
        matrix = np.column_stack([matrix, beneath])
    begins = beneath if member.linear == "begin" else np.zeros(len(matrix))
    total = np.zeros(len(matrix) - until)
    for seed in range(SEEDS):
        rows = lightgbm.Dataset(
            matrix[:until],
            data.clicked[:until],
            init_score=begins[:until] if member.linear == "begin" else None,
            categorical_feature=categorical,
        )
        told = {
            "objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True,
            "force_row_wise": True, "seed": seed, **member.parameters,
        }  # fmt: skip
        trees = lightgbm.train(told, rows, member.trees)
        total += np.asarray(trees.predict(matrix[until:], raw_score=True)) + begins[until:]
    return total / SEEDS


def run(scale: Scale) -> list[Figure]:
    """Judge on the late days what the early ones chose. Raises `Missing` without the log."""
    found, clicked = judged(LATE if scale.full else range(25, 26))
    return compare({name: chances(each) for name, each in found.items()}, clicked, scale.seed)


def compare(
    found: dict[str, Floats], clicked: NDArray[np.bool_], seed: int, rounds: int = ROUNDS
) -> list[Figure]:
    """Return ours beside each rival, and what the parts of the blend do alone."""
    figures = []
    for rival in ("linear", "factorised"):
        better = paired(found["ours"], found[rival], clicked, seed, rounds)
        area, entropy = better
        figures.append(
            Figure(
                "M1",
                f"avazu, next days, ours against {rival}: AUC",
                f"{auc(found['ours'], clicked):.4f} to {auc(found[rival], clicked):.4f}: {area.value:+.4f} "
                f"({area.low:+.4f} to {area.high:+.4f}), p {_small(area.p)}; {len(clicked):,} impressions, {clicked.sum():,} clicks",
                f"more, p < {LEVEL}",
                area.value > 0 and area.p < LEVEL,
            )
        )
        figures.append(
            Figure(
                "M1",
                f"avazu, next days, ours against {rival}: normalised entropy",
                f"{entropy_of(found['ours'], clicked):.4f} to {entropy_of(found[rival], clicked):.4f}: {entropy.value:+.4f} "
                f"({entropy.low:+.4f} to {entropy.high:+.4f}), p {_small(entropy.p)}",
                f"less, p < {LEVEL}",
                entropy.value < 0 and entropy.p < LEVEL,
            )
        )
    figures.append(_parts(found, clicked, seed, rounds))
    return figures


def _parts(found: dict[str, Floats], clicked: NDArray[np.bool_], seed: int, rounds: int) -> Figure:
    told = []
    for name in MEMBERS:
        better: Paired = paired(found[name], found["linear"], clicked, seed, rounds)
        told.append(
            f"{name} {auc(found[name], clicked):.4f}, {entropy_of(found[name], clicked):.4f} "
            f"(against linear p {_small(better.auc.p)}, {_small(better.entropy.p)})"
        )
    return Figure(
        "M1",
        "parts of the blend: AUC, normalised entropy",
        "; ".join(told),
        "told, no bar",
        met=True,
    )


def _small(p: float) -> str:
    """Return a p as exact as so many resamplings can tell it."""
    return f"{p:.3f}" if p >= 1 / ROUNDS else f"< {1 / ROUNDS:g}"


def entropy_of(predicted: Floats, clicked: NDArray[np.bool_]) -> float:
    """Return the log loss over that of the rows' own click rate as a constant."""
    return log_loss(predicted, clicked) / log_loss(np.full(len(clicked), clicked.mean()), clicked)
