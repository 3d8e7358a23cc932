"""The short form of `make quality`: what takes seconds."""

from tests.corpus.corpus import corpus
from tests.quality import exploring, pacing, shading, world
from tests.torture.figures import Scale


def test_an_hour_is_spent_evenly_and_a_spike_is_stopped() -> None:
    corpus()  # the logged traffic and prices are in it
    figures = pacing.run(Scale())
    assert len(figures) == 3
    assert [each for each in figures if not each.met] == []


def test_first_price_bids_leave_more_than_by_one_curve_or_fraction() -> None:
    corpus()
    figures = shading.run(Scale())
    assert [each for each in figures if not each.met] == []


def test_trying_is_measured_by_what_the_shown_creatives_truly_bring() -> None:
    """Of one world alone luck decides; what is gained and lost in the mean only the long form can say."""
    greedy, again, tried = (
        exploring.play(7, differ=True, learn_ppm=ppm) for ppm in (0, 0, exploring.LEARN_PPM)
    )
    assert greedy == again
    assert greedy != tried
    least, most = (exploring.DAYS * exploring.VIEWS_A_DAY * rate for rate in (0.0005, 0.05))
    assert least < tried.brought < most


def test_a_model_learns_from_the_market_and_is_judged_by_its_truth() -> None:
    figures = world.run(Scale())
    assert len(figures) == 2
    assert [each for each in figures if not each.met] == []
