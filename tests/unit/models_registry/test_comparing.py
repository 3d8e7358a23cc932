"""Models compared by what became of their bids, against figures found the slow way."""

import json
import random
from math import log
from pathlib import Path

import numpy as np
import pytest

from models.registry.comparing import Arm, compare, difference
from models.registry.outcomes import Outcomes, read_outcomes

CHAMPION, CANARY, SHADOW = "lightgbm/a", "lightgbm/b", "lightgbm/c"
ROLES = {CHAMPION: "champion", CANARY: "canary", SHADOW: "shadow"}


def write(
    folder: Path, count: int, *, canary: float = 1.0, shadow: float = 1.0
) -> list[tuple[float, bool]]:
    """Write a log of bids whose true probabilities the champion knows; others multiply them. Return what it said and what came."""
    dice = random.Random(5)
    told = []
    with (folder / "events.jsonl").open("w") as file:
        for number in range(count):
            truth = dice.choice((0.02, 0.05, 0.2))
            model, said = (CANARY, truth * canary) if number % 4 == 0 else (CHAMPION, truth)
            base: dict[str, object] = {
                "bid": str(number),
                "at": number,
                "measured": True,
                "trainable": True,
            }
            clicked = dice.random() < truth
            bid = {
                "event": "bid",
                "exchange": "north",
                "media": "banner",
                "model": model,
                "p_click": said,
                "value": 10,
                "price": 7,
            }
            events: list[dict[str, object]] = [
                {"event": "shadow", "model": SHADOW, "p_click": min(truth * shadow, 0.99)},
                bid,
                {"event": "impression"},
            ]
            events += [{"event": "click"}] * clicked
            dice.shuffle(events)  # the order of lines is not the order of time
            for event in events:
                file.write(json.dumps(base | event) + "\n")
            if model == CHAMPION:
                told.append((said, clicked))
    return told


def arms(folder: Path) -> dict[str, Arm]:
    """The arms by model."""
    return {arm.model: arm for arm in compare(read_outcomes(folder, 0.0), ROLES, CHAMPION)}


def test_figures_are_those_found_the_slow_way(tmp_path: Path) -> None:
    told = write(tmp_path, 1_500)
    champion = arms(tmp_path)[CHAMPION]
    clicks = [p for p, clicked in told if clicked]
    others = [p for p, clicked in told if not clicked]
    assert (champion.impressions, champion.clicks, champion.bids) == (
        len(told),
        len(clicks),
        len(told),
    )
    assert champion.predicted == pytest.approx(sum(p for p, _ in told))
    assert champion.calibration is not None
    assert champion.log_loss is not None
    assert champion.auc is not None
    assert champion.calibration.value == pytest.approx(sum(p for p, _ in told) / len(clicks))
    loss = -sum(log(p if clicked else 1 - p) for p, clicked in told) / len(told)
    assert champion.log_loss.value == pytest.approx(loss)
    wins = sum((c > o) + (c == o) / 2 for c in clicks for o in others)
    assert champion.auc.value == pytest.approx(wins / len(clicks) / len(others))
    for each in (champion.calibration, champion.log_loss, champion.auc):
        assert each.low < each.value < each.high
    assert (champion.value, champion.price) == (10 * len(told), 7 * len(told))
    assert champion.worse_by is None


def test_who_is_as_good_is_not_called_worse_and_who_is_off_is(tmp_path: Path) -> None:
    write(tmp_path, 8_000)
    as_good = arms(tmp_path)
    assert not as_good[CANARY].worse
    assert not as_good[SHADOW].worse
    paired = as_good[SHADOW].worse_by
    assert paired is not None
    assert paired.value == pytest.approx(0.0)
    write(tmp_path, 8_000, canary=3.0, shadow=3.0)
    off = arms(tmp_path)
    assert off[CANARY].worse
    assert off[SHADOW].worse
    calibration = off[SHADOW].calibration
    assert calibration is not None
    assert calibration.low > 2.0


def test_the_shadow_is_compared_on_the_same_impressions_as_who_decided(tmp_path: Path) -> None:
    """Paired, a small difference shows that two unpaired intervals would hide."""
    write(tmp_path, 4_000, shadow=1.6)
    shadow = arms(tmp_path)[SHADOW]
    assert shadow.worse
    assert shadow.log_loss is not None
    assert shadow.worse_by is not None
    assert (
        shadow.worse_by.high - shadow.worse_by.low
        < (shadow.log_loss.high - shadow.log_loss.low) / 2
    )


def test_of_too_few_clicks_nothing_is_said(tmp_path: Path) -> None:
    write(tmp_path, 20)
    champion = arms(tmp_path)[CHAMPION]
    assert (champion.calibration, champion.log_loss, champion.auc) == (None, None, None)
    assert champion.impressions == 15


def test_an_interval_of_the_bootstrap_is_as_wide_as_theory_says() -> None:
    dice = np.random.default_rng(3)
    first, second = dice.uniform(0.1, 0.2, 5_000), dice.uniform(0.1, 0.2, 5_000)
    clicked = dice.random(5_000) < 0.15
    losses = -np.log(np.where(clicked, first, 1 - first)) + np.log(
        np.where(clicked, second, 1 - second)
    )
    found = difference(first, second, clicked)
    assert found.value == pytest.approx(losses.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * losses.std() / 5_000**0.5, rel=0.25)


def test_only_what_may_be_learned_from_counts_and_only_once(tmp_path: Path) -> None:
    base = {"bid": "1", "at": 5.0, "measured": True, "trainable": True}
    bid = base | {"event": "bid", "model": CHAMPION, "p_click": 0.1}
    lines = [
        bid, bid, base | {"event": "impression"}, base | {"event": "impression"},
        bid | {"bid": "2", "trainable": False}, base | {"event": "impression", "bid": "2", "trainable": False},
        bid | {"bid": "3", "measured": False}, base | {"event": "impression", "bid": "3", "measured": False},
        bid | {"bid": "4"}, base | {"event": "impression", "bid": "4", "invalid": "crawler"},
        bid | {"bid": "5"}, bid | {"bid": "6", "p_click": 0.0}, base | {"event": "impression", "bid": "6"},
        bid | {"bid": "7", "at": 1.0}, base | {"event": "impression", "bid": "7", "at": 1.0},
    ]  # fmt: skip
    text = "\n".join(json.dumps(line) for line in lines) + "\n{broken\n[1]\n\xff\n"
    (tmp_path / "events.jsonl").write_text(text, "utf-8")
    found: Outcomes = read_outcomes(tmp_path, 2.0)
    assert len(found.at) == 1
    assert found.models == [CHAMPION]


def test_an_empty_log_is_one_without_arms(tmp_path: Path) -> None:
    assert compare(read_outcomes(tmp_path, 0.0), ROLES, CHAMPION) == []
