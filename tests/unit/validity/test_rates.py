"""Who comes too often is told, whoever comes as often as allowed is not, and the table stays small."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from adserver.validity.rates import MOST, RateTable

SALT = b"s" * 16


def test_the_limit_is_allowed_at_once_and_one_more_is_not() -> None:
    table = RateTable(3, 60, SALT)
    assert [table.exceeds(b"ada", 10.0) for _ in range(5)] == [False, False, False, True, True]
    assert not table.exceeds(b"grace", 10.0)


@given(
    st.integers(1, 20),
    st.integers(1, 100),
    st.lists(st.integers(0, 30_000), min_size=1, max_size=100),
)
def test_the_table_is_a_bucket_that_leaks(limit: int, window_s: int, pauses_ms: list[int]) -> None:
    """The oracle reckons in fractions: a bucket of `limit`, leaking as much per window; each comer adds one."""
    table = RateTable(limit, window_s, SALT)
    level, now = Fraction(0), Fraction(1_000)
    for pause_ms in pauses_ms:
        pause = Fraction(pause_ms, 1_000)
        now += pause
        level = max(Fraction(0), min(level - pause * limit / window_s, Fraction(2 * limit))) + 1
        exceeds = table.exceeds(b"ada", float(now))
        if abs(level - limit) > 1e-6:
            assert exceeds == (level > limit)


def test_who_goes_on_too_fast_stays_refused_and_is_free_a_window_after_slowing_down() -> None:
    table = RateTable(6, 60, SALT)
    verdicts = [table.exceeds(b"robot", float(second)) for second in range(300)]
    assert not any(verdicts[:6])
    assert all(verdicts[10:])
    assert table.exceeds(b"robot", 300.0)
    assert not table.exceeds(b"robot", 300.0 + 2 * 60)


def test_at_just_the_allowed_pace_one_goes_on_for_ever() -> None:
    table = RateTable(6, 60, SALT)
    assert not any(table.exceeds(b"ada", turn * 10.0) for turn in range(10_000))


def test_looking_counts_nothing() -> None:
    table = RateTable(1, 60, SALT)
    assert not any(table.exceeds(b"ada", 0.0, counts=False) for _ in range(10))
    assert not table.exceeds(b"ada", 0.0)
    assert table.exceeds(b"ada", 0.0, counts=False)
    assert len(table) == 1


def test_a_flood_of_strangers_leaves_the_table_bounded() -> None:
    table = RateTable(2, 60, SALT, most=1_000)
    for number in range(20_000):
        table.exceeds(number.to_bytes(8), 5.0)
    assert len(table) <= 2_000
    assert MOST == 50_000


def test_who_is_busy_is_not_forgotten_in_a_flood() -> None:
    table = RateTable(5, 60, SALT, most=1_000)
    refused = 0
    for number in range(10_000):
        table.exceeds(number.to_bytes(8), 5.0)
        if number % 100 == 0:
            refused += table.exceeds(b"robot", 5.0)
    assert refused == 95


def test_keys_hang_on_the_salt() -> None:
    """Nobody who does not know it can choose ids that collide."""
    one, other = RateTable(1, 60, b"a" * 16), RateTable(1, 60, b"b" * 16)
    one.exceeds(b"ada", 0.0)
    other.exceeds(b"ada", 0.0)
    assert one._young.keys().isdisjoint(other._young)
    assert b"ada" not in str(one._young).encode()
