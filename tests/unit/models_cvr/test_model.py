"""What serves: trees where there is evidence, estimates where there is none, and never anything damaged."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.domain.identity import number
from adserver.domain.opportunity import Auction, Opportunity
from adserver.errors import InvalidConfig
from models.cvr import artifact
from models.cvr.artifact import FACTORS, MODEL, OUTCOMES, TABLES, WORTH, check, load, parsed
from models.cvr.baseline import Outcome, SmoothedOrders
from models.cvr.model import ConversionModel
from models.cvr.train import Trained
from models.cvr.worth import MOST_TIMES, Factors
from models.registry import artifacts
from tests.unit.models_ctr.world import candidate, shown
from tests.unit.models_cvr.world import UNIT, Bought

DECLARED = 0.02


class Told:
    """A model of the same number for everybody."""

    name = "told"
    breadth = 8

    def __init__(self, number_told: float) -> None:
        self._told = number_told

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return it."""
        return [self._told] * len(candidates)


def wanting(chosen: Candidate) -> Candidate:
    """The same with a return on spend for its goal, and the number that its id has."""
    return msgspec.structs.replace(
        chosen,
        goal=Goal("roas", 40 * UNIT, UNIT, DECLARED, 1_000_000),
        line_item_number=number("line_item", chosen.line_item),
    )


@pytest.mark.parametrize(
    ("outcome", "rate", "worth"),
    [
        (Outcome(), 0.02, 40 * UNIT),  # never seen: as declared
        (Outcome(250, 5, valued=5, worth=5 * 40 * UNIT), 0.06, 60 * UNIT),  # half way
        (Outcome(10**6, 20_000, valued=20_000, worth=20_000 * 40 * UNIT), 0.1, 80 * UNIT),
    ],
)
def test_trees_have_a_say_as_far_as_there_is_evidence(
    outcome: Outcome, rate: float, worth: int
) -> None:
    chosen = wanting(candidate(3))
    smoothed = SmoothedOrders({chosen.line_item_number: outcome})
    model = ConversionModel("m", smoothed, Told(0.1), Told(2.0))
    seen = next(shown(1))
    (found,) = model.orders(seen.auction, seen.opportunity, [chosen], seen.now_s)
    assert found.per_click == pytest.approx(rate, rel=1e-3)
    assert found.worth == pytest.approx(worth, rel=1e-3)
    assert isinstance(found.worth, int)


def test_without_trees_it_is_what_was_counted() -> None:
    chosen = wanting(candidate(3))
    smoothed = SmoothedOrders({chosen.line_item_number: Outcome(900, 50)})
    seen = next(shown(1))
    found = ConversionModel("m", smoothed, None).orders(
        seen.auction, seen.opportunity, [chosen, wanting(candidate(4))], seen.now_s
    )
    assert found == smoothed.orders(
        seen.auction, seen.opportunity, [chosen, wanting(candidate(4))], seen.now_s
    )


def test_factors_are_bounded() -> None:
    assert Factors(1.0, 0.0).probabilities([-1e9, 0.0, 1e9]) == [
        pytest.approx(1 / MOST_TIMES), 1.0, pytest.approx(MOST_TIMES),
    ]  # fmt: skip


def test_the_published_model_tells_rates_and_worth_near_the_truth(
    version: artifacts.Artifact, clicks: list[Bought]
) -> None:
    model = load(version)
    assert model.name == f"conversion/{version.name}"
    rates, truths, worths, true_worths = [], [], [], []
    for each in clicks[-1_000:]:
        seen = each.seen
        (found,) = model.orders(
            seen.auction, seen.opportunity, [wanting(seen.candidate)], seen.now_s
        )
        assert 0 < found.per_click <= 1
        rates.append(found.per_click)
        truths.append(each.probability)
        worths.append(found.worth)
        true_worths.append(each.worth)
    assert np.mean(rates) == pytest.approx(np.mean(truths), rel=0.15)
    assert np.corrcoef(np.log(rates), np.log(truths))[0, 1] > 0.75
    assert np.mean(worths) == pytest.approx(np.mean(true_worths), rel=0.15)
    assert np.corrcoef(np.log(worths), np.log(true_worths))[0, 1] > 0.9
    returned = np.dot(truths, true_worths) / np.dot(rates, worths)
    assert returned == pytest.approx(1.0, rel=0.15), "what a click brings, for what is bid on it"


def test_served_rows_are_those_that_were_learned_from(
    version: artifacts.Artifact, trained: Trained, clicks: list[Bought]
) -> None:
    """From the auction and the candidate the trees say what they said from the log."""
    rates, learned = parsed(version).rates, trained.learned
    assert rates is not None
    assert learned is not None
    start = len(clicks) - 300
    from_log = learned.calibration.probabilities(learned.log_odds[start:].tolist())
    for each, expected in zip(clicks[start:], from_log, strict=True):
        seen = each.seen
        (found,) = rates.click_probabilities(
            seen.auction, seen.opportunity, [seen.candidate], seen.now_s
        )
        assert found == pytest.approx(expected, rel=1e-9)


def test_a_new_line_item_is_what_its_advertiser_says(version: artifacts.Artifact) -> None:
    seen = next(shown(1))
    new = msgspec.structs.replace(
        wanting(candidate(3)), line_item="new", line_item_number=77, advertiser="newcomer"
    )
    (found,) = load(version).orders(seen.auction, seen.opportunity, [new], seen.now_s)
    assert found.per_click == pytest.approx(DECLARED)
    assert found.worth == 40 * UNIT


def damaged(found: artifacts.Artifact, **files: bytes | None) -> artifacts.Artifact:
    names = {
        "model": MODEL,
        "outcomes": OUTCOMES,
        "tables": TABLES,
        "worth": WORTH,
        "factors": FACTORS,
    }
    changed = dict(found.files)
    for key, content in files.items():
        if content is None:
            del changed[names[key]]
        else:
            changed[names[key]] = content
    return found._replace(files=changed)


@pytest.mark.parametrize(
    "files",
    [
        {"model": b""},
        {"model": b"\xff\xfe"},
        {"model": None},
        {"worth": b"tree\nversion=v3\n"},
        {"factors": b'{"slope": -1.0, "intercept": 0.0}'},
        {"factors": b'{"slope": 1.0}'},
        {"outcomes": b'{"7": [1, 2, 3'},
        {"outcomes": b'{"7": [-1, 2]}'},
        {"outcomes": None},
        {"tables": b"{}"},
        {"tables": b"[" * 100_000},
    ],
)
def test_what_is_damaged_is_refused(
    version: artifacts.Artifact, files: dict[str, bytes | None]
) -> None:
    """`load` has a child process try it first; the same check here names what is wrong."""
    with pytest.raises((ValueError, InvalidConfig)) as caught:
        check(damaged(version, **files))
    assert str(caught.value)


def test_trees_of_the_other_kind_are_refused(version: artifacts.Artifact) -> None:
    """Orders per click read as factors, or the other way round, would bid anything."""
    assert WORTH in version.files
    with pytest.raises(ValueError, match="objective"):
        check(damaged(version, model=version.files[WORTH]))
    with pytest.raises(ValueError, match="objective"):
        check(damaged(version, worth=version.files[MODEL]))


def test_a_damaged_version_is_refused_whole(version: artifacts.Artifact) -> None:
    with pytest.raises(InvalidConfig, match="roll-back"):
        load(damaged(version, outcomes=b"[]"))


def test_a_good_version_passes(version: artifacts.Artifact) -> None:
    check(version)
    assert version.manifest.kind == artifact.KIND
