"""Walking over everybody in the LMDB, for counting."""

from collections import Counter
from pathlib import Path

import pytest

from adapters.profiles.lmdb_profiles import Config
from adapters.profiles.lmdb_store import census
from adserver.domain.choices import Change
from adserver.domain.grant import Basis, Grant, Use
from adserver.domain.person import Touch
from adserver.errors import Unavailable

DAY_S = 86_400
TODAY = 20_000
CRM = Grant("crm", Basis.OPT_IN, (Use.SELECT,), 30)
PANEL = Grant("panel", Basis.OPT_IN, (Use.MEASURE,), 30)


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def walked(path: Path, day: int = TODAY) -> Counter[tuple[int, ...]]:
    reader = Config(str(path / "profiles")).build()
    found = Counter(tuple(sorted(each)) for each in reader.everybody(day * DAY_S))
    reader.close()
    return found


def test_everybody_comes_once_with_what_may_choose_an_advertisement(tmp_path: Path) -> None:
    """Of nobody who opted out, nothing that was objected to, and of several ids one person."""
    writer = Config(str(tmp_path / "profiles")).build_writer()
    writer.put_segments([(key(number), [1, 2]) for number in range(1, 7)], CRM, TODAY)
    writer.put_segments([(key(1), [9])], PANEL, TODAY)
    writer.put_names({1: "one"})
    writer.add_touches([(key(50), Touch("click", TODAY * DAY_S, 1, 2, b"b" * 16))])
    writer.choose([key(2)], Change("opt_out"), TODAY * DAY_S)
    writer.choose([key(3)], Change("object", 2), TODAY * DAY_S)
    writer.link([(key(4), key(5))])
    writer.close()
    assert walked(tmp_path) == {(1, 2): 3, (1,): 1}
    assert walked(tmp_path, TODAY + 30) == {}, "what has expired counts for nothing"


def test_people_are_walked_over_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "BATCH", 7)
    writer = Config(str(tmp_path / "profiles")).build_writer()
    writer.put_segments([(key(number), [number]) for number in range(1, 51)], CRM, TODAY)
    writer.close()
    assert walked(tmp_path) == {(number,): 1 for number in range(1, 51)}


def test_a_store_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="profiles"):
        list(Config(str(tmp_path / "profiles")).build().everybody(0.0))
