"""Trees for orders per click: unbiased where orders are late, refused where nothing can be learned."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from adserver.errors import InvalidConfig
from models.cvr.artifact import KIND, OUTCOMES, check
from models.cvr.baseline import decoded
from models.cvr.contest import judge, retrain
from models.cvr.delays import Delays
from models.cvr.learner import Learned, coming, learn
from models.cvr.report import Report
from models.cvr.train import Trained, learn_from, train
from models.progress import silent
from models.registry import artifacts
from tests.unit.models_cvr.made import Event, click, order, written
from tests.unit.models_cvr.world import Bought


def test_each_click_is_a_row_with_its_order_its_age_and_its_worth(
    trained: Trained, clicks: list[Bought]
) -> None:
    clicked = trained.clicked
    assert clicked.data.at.tolist() == [each.seen.now_s for each in clicks]
    ages = trained.found.ends - np.array([each.clicked_at for each in clicks])
    assert clicked.ages_s.tolist() == ages.tolist()
    seen = [
        each.waits_s is not None and each.waits_s <= age
        for each, age in zip(clicks, ages, strict=True)
    ]
    assert clicked.data.clicked.sum() == pytest.approx(sum(seen), abs=1)
    assert np.isfinite(clicked.worth).tolist() == clicked.data.clicked.tolist()


def learned_by(trained: Trained) -> Learned:
    assert trained.learned is not None
    return trained.learned


def predicted(trained: Trained) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    learned = learned_by(trained)
    return np.array(
        learned.calibration.probabilities(learned.log_odds[learned.parts.second :].tolist())
    )


def test_the_latest_clicks_are_predicted_as_they_will_have_been_ordered(
    trained: Trained, clicks: list[Bought]
) -> None:
    """Of whose orders a third has come; whoever takes the others for no orders is far too low."""
    second = learned_by(trained).parts.second
    truth = np.array([each.probability for each in clicks[second:]])
    assert trained.clicked.data.clicked[second:].sum() < 0.5 * truth.sum()
    assert predicted(trained).mean() == pytest.approx(truth.mean(), rel=0.12)
    naive = learn(trained.clicked, Delays(), seed=1, on_progress=silent)
    served = naive.calibration.probabilities(naive.log_odds[second:].tolist())
    assert np.mean(served) < 0.9 * truth.mean()


def test_clicks_are_ranked_by_the_truth(trained: Trained, clicks: list[Bought]) -> None:
    truth = np.array([each.probability for each in clicks[learned_by(trained).parts.second :]])
    assert np.corrcoef(np.log(predicted(trained)), np.log(truth))[0, 1] > 0.8
    metrics = learned_by(trained).metrics
    assert metrics.log_loss < min(metrics.rates_log_loss, metrics.constant_log_loss)
    assert learned_by(trained).better


def test_what_is_still_to_come_is_bayes() -> None:
    """Of 1,000 clicks a tenth is ordered, half of that has come: of the 950 others 50 are."""
    ordered = np.array([False, True])
    assert coming(np.full(2, 0.1), np.full(2, 0.5), ordered).tolist() == [
        pytest.approx(50 / 950),
        0.0,
    ]


def test_the_report_tells_what_was_found(told: Report) -> None:
    for part in (
        "half of the orders come within",
        "AUC",
        "predicted / actual",
        " trees\n",
        "worth",
    ):
        assert part in str(told)
    assert 0.4 * 86_400 < told.half_s < 86_400
    assert told.left.unjoined == 0
    assert told.name.startswith("conversion/")


def _clicks(count: int, ordered: int) -> list[Event]:
    events: list[Event] = []
    with_order = set(Random(4).sample(range(count), ordered))
    for place in range(count):
        name, at = f"{place:032x}", 1_790_000_000.0 + 60.0 * place
        events.append({
            "event": "bid", "at": at, "bid": name, "media": "banner", "line_item": "line-1", "creative": "one",
            "hour_of_week": int(at // 3_600 + 72) % 168, "advertiser": "a", "measured": True, "trainable": True,
        })  # fmt: skip
        events.append(click(name, at + 5.0))
        if place in with_order:
            events.append(order(name, name, at + 9.0, value=7))
    return events


@pytest.mark.parametrize(
    ("count", "ordered", "why"),
    [
        (50, 5, "at least 1000 and 50 are needed"),
        (1_200, 0, "0 of them with an order"),
        (1_200, 1_200, "all led to an order"),
    ],
)
def test_too_little_for_trees_is_said_and_counts_serve(
    tmp_path: Path, count: int, ordered: int, why: str
) -> None:
    log = written(tmp_path, _clicks(count, ordered), torn="no event\n")
    found = train(log, tmp_path / "models")
    assert why in str(found)
    assert "1 unreadable" in str(found)
    assert found.metrics is None
    version = artifacts.read(tmp_path / "models", KIND)
    assert set(version.files) == {OUTCOMES}
    check(version)
    ((outcome,)) = decoded(version.files[OUTCOMES]).values()
    assert (outcome.clicks, outcome.orders) == (count, ordered)


def test_orders_that_all_came_early_cannot_be_judged(tmp_path: Path) -> None:
    events = [
        each
        for each in _clicks(1_200, 100)
        if each["event"] != "conversion" or float(str(each["at"])) < 1_790_000_000 + 800 * 60
    ]
    found = train(written(tmp_path, events), tmp_path / "models")
    assert "in its two latest parts" in str(found)


def test_one_advertiser_of_one_creative_is_served_by_rates_and_goes_on_so(tmp_path: Path) -> None:
    """Nothing tells clicks apart but the time: trees prove nothing. A later round has fresher counts."""
    log = written(tmp_path, _clicks(2_000, 150))
    one, two = learn_from(log).learned, learn_from(log).learned
    assert one is not None
    assert two is not None
    assert one.model == two.model, "the same log and seed, the same trees"
    first = retrain(log, tmp_path / "models", silent)
    assert "the first of its kind" in first.why
    version = artifacts.read(tmp_path / "models", KIND)
    assert set(version.files) == {OUTCOMES}
    more = retrain(written(tmp_path, _clicks(2_000, 140)), tmp_path / "models", silent)
    assert more.better
    assert more.model != first.model


def test_a_log_without_a_click_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="holds no click to learn from"):
        train(written(tmp_path, [order()], torn="no event\n"), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_the_same_trees_are_no_worse_and_worse_ones_are_not_taken(trained: Trained) -> None:
    learned = learned_by(trained)
    same = np.array(learned.calibration.probabilities(learned.log_odds.tolist()))
    assert judge(trained, "new", same).better
    truth = judge(trained, "new", np.minimum(same * 4, 0.9))
    assert truth.better, "four times too high is worse"
    assert "orders so far" in truth.why
    ordered = trained.clicked.data.clicked
    assert not judge(trained, "new", np.where(ordered, 0.9, 0.001)).better


def test_logs_that_do_not_tell_an_orders_click_teach_rates_alone(tmp_path: Path) -> None:
    events = [
        each | {"bid": ""} if each["event"] == "conversion" else each
        for each in _clicks(1_200, 100)
    ]
    found = train(written(tmp_path, events), tmp_path / "models")
    assert "orders without their click 100" in str(found)
    assert (found.orders, found.metrics) == (100, None)
