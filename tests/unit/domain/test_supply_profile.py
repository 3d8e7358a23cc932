"""Supply is learned by hour of the week; what is not known is taken for even."""

import pytest

from adserver.domain.supply_profile import EVEN, SupplyProfile
from adserver.domain.week import HOUR_S, HOURS_PER_WEEK


def test_without_evidence_all_hours_are_alike() -> None:
    assert SupplyProfile().rates() == EVEN
    seen_nothing = SupplyProfile()
    seen_nothing.observe(5, 0.0, HOUR_S)
    assert seen_nothing.rates() == EVEN


def test_a_week_seen_is_known_and_the_next_weeks_change_it_slowly() -> None:
    profile = SupplyProfile()
    for hour in range(HOURS_PER_WEEK):
        profile.observe(hour, 7_200.0 if hour % 24 >= 12 else 3_600.0, HOUR_S)
    rates = profile.rates()
    assert rates[20] / rates[8] == pytest.approx(2.0, rel=0.1)
    profile.observe(20, 0.0, HOUR_S)
    assert 0.4 < profile.rates()[20] / rates[20] < 0.9


def test_an_hour_of_the_week_leans_on_the_same_hour_of_other_days() -> None:
    profile = SupplyProfile()
    for day in range(5):
        for hour in range(24):
            profile.observe(day * 24 + hour, 100.0 if hour == 20 else 1.0, HOUR_S)
    rates = profile.rates()
    assert rates[6 * 24 + 20] > 20 * rates[6 * 24 + 8], "nobody has seen a Sunday yet"


def test_an_outage_is_no_lack_of_supply() -> None:
    """Seconds that were not observed say nothing."""
    profile = SupplyProfile()
    for hour in range(24):
        profile.observe(hour, 50.0 if hour == 3 else 100.0, HOUR_S / 2 if hour == 3 else HOUR_S)
    rates = profile.rates()
    assert rates[3] == pytest.approx(rates[4])


def test_it_is_kept_and_damage_is_noticed() -> None:
    profile = SupplyProfile()
    profile.observe(7, 12.0, 900.0)
    assert SupplyProfile(profile.packed()).rates() == profile.rates()
    for damaged in (b"\0" * 7, profile.packed()[:-4], b"\xff" * len(profile.packed())):
        with pytest.raises(ValueError, match=r"profile|multiple"):
            SupplyProfile(damaged)
