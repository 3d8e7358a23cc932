"""Who was in which segment, against plain sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.ctr.audiences import Audiences

people = st.lists(st.none() | st.sets(st.sampled_from("abcdef")), max_size=20)


def audiences(rows: list[set[str] | None]) -> Audiences:
    names = list("fedcba")
    members = [names.index(each) for row in rows for each in sorted(row or ())]
    lengths = [len(row or ()) for row in rows]
    return Audiences(
        np.array([row is not None for row in rows], bool),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(members, np.int32),
        names,
    )


@given(people)
def test_columns_say_who_is_in_what(rows: list[set[str] | None]) -> None:
    order = np.random.default_rng(1).permutation(len(rows))
    taken = audiences(rows).take(order)
    segments = ("b", "never", "f")
    found = taken.columns(segments, 4)
    expected = [
        [np.nan] * 4
        if rows[place] is None
        else [*(float(each in (rows[place] or ())) for each in segments), np.nan]
        for place in order.tolist()
    ]
    assert np.array_equal(found, np.array(expected).reshape(-1, 4), equal_nan=True)


@given(people)
def test_the_most_frequent_come_first(rows: list[set[str] | None]) -> None:
    counted = {name: sum(name in (row or ()) for row in rows) for name in "abcdef"}
    wanted = sorted(
        (name for name in counted if counted[name] >= 2), key=lambda n: (-counted[n], n)
    )
    assert audiences(rows).frequent(len(rows), 3, 2) == tuple(wanted[:3])


def test_nobody_is_known_nowhere() -> None:
    nobody = Audiences.nobody(3)
    assert np.isnan(nobody.columns(("a",), 2)).all()
    assert nobody.frequent(3, 5, 1) == ()
