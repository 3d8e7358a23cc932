"""Every authored catalog in tests/cases/catalogs: the good ones mean what they say, the bad ones name each fault."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.campaigns.authoring import advertisers
from adapters.campaigns.authoring.cursor import did_you_mean
from adapters.campaigns.yaml_folder import Config, YamlFolder
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.placed import active_line_items
from adserver.domain.campaign import Catalog
from adserver.errors import InvalidConfig
from loadtest.market.provider import SEGMENTS
from loadtest.market.publishers import PUBLISHERS

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests/cases/catalogs"
DEMO = ROOT / "examples/demo/campaigns"
EXCHANGES = {"demo", "other"}
HOURS_A_WEEK = 168


def folders(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.name) for path in sorted((CASES / kind).iterdir())]


def at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step) if step.isdecimal() else step]
    return value


def refusal(folder: Path, **options: Any) -> list[tuple[str, str, str]]:
    """Return (file:line, path, message) of each fault, file names as the folder's own."""
    with pytest.raises(InvalidConfig) as refused:
        YamlFolder(folder, **options).load()
    prefix = f"{folder}/"
    return [
        (fault.file.removeprefix(prefix), fault.path, fault.message.replace(prefix, ""))
        for fault in refused.value.faults
    ]


@pytest.mark.parametrize("folder", folders("good"))
def test_a_good_catalog_means_what_its_case_says(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    catalog = Config(str(folder)).build(EXCHANGES).load()
    values = json.loads(msgspec.json.encode(catalog))
    found = {path: at(values, path) for path in expected["holds"]}
    assert _as_far_as(expected["holds"], found) == expected["holds"]
    compile_snapshot(catalog)


def _as_far_as(said: object, found: object) -> object:
    """Return what was found without the fields that the case says nothing of."""
    if isinstance(said, dict) and isinstance(found, dict):
        return {key: _as_far_as(said.get(key), found[key]) for key in found if key in said}
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [_as_far_as(*pair) for pair in zip(said, found, strict=True)]
    return found


@pytest.mark.parametrize("folder", folders("bad"))
def test_a_bad_catalog_names_every_fault_with_its_place(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert next(iter(expected)) == "why"
    found = refusal(folder, exchanges=EXCHANGES)
    assert [(place, path) for place, path, _ in found] == [
        (place, path) for place, path, _ in expected["faults"]
    ]
    for (_, _, message), (_, _, words) in zip(found, expected["faults"], strict=True):
        assert words in message


def test_the_demo_bids_at_every_hour_with_every_goal_pacing_and_media_type() -> None:
    catalog = YamlFolder(DEMO, exchanges={"demo"}).load()
    items = [placed.line_item for placed in active_line_items(catalog)]
    kinds = {
        type(creative).__name__
        for advertiser in catalog.advertisers
        for creative in advertiser.creatives
    }
    hours = {hour for item in items for hour in item.hours_of_week or range(HOURS_A_WEEK)}
    assert len(catalog.advertisers) == 4
    assert {item.goal.kind for item in items} == {"cpm", "cpc", "cpa"}
    assert {item.pacing for item in items} == {"even", "ahead", "asap"}
    assert kinds == {"Banner", "Dynamic", "Video", "Native"}
    assert hours == set(range(HOURS_A_WEEK))
    used = {name for item in items for name in item.creatives}
    assert used == {c.id for advertiser in catalog.advertisers for c in advertiser.creatives}


def test_the_demo_knows_the_segments_and_deals_of_the_simulated_world() -> None:
    segments = yaml.safe_load((DEMO / "segments.yaml").read_text("utf-8"))["segments"]
    deals = {deal.id for deal in YamlFolder(DEMO).load().deals}
    assert set(segments) == set(SEGMENTS)
    assert deals == {
        deal.id
        for publisher in PUBLISHERS
        for placement in publisher.placements
        for deal in placement.deals
    }


def test_a_folder_that_is_missing_empty_or_a_file_says_so(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nowhere")[0][2]
    assert "holds no advertiser" in refusal(tmp_path)[0][2]
    (tmp_path / "shop.yaml").mkdir()
    assert "Is a directory" in refusal(tmp_path)[0][2]
    (tmp_path / "file").write_text("")
    assert "Not a directory" in refusal(tmp_path / "file")[0][2]


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"advertiser: {id: " + b"[" * 100_000, "shop.yaml:1", "nested deeper than 24"),
        (b"- " * 100_000, "shop.yaml:1", "nested deeper than 24"),
        (b"advertiser:\n  name: Caf\xe9\n", "shop.yaml:2", "not UTF-8"),
        (b"advertiser: \x00", "shop.yaml", "not YAML"),
        (b"\xef\xbb\xbf", "shop.yaml", "is empty"),
    ],
)
def test_hostile_or_broken_bytes_are_a_fault_and_nothing_worse(
    tmp_path: Path, content: bytes, place: str, words: str
) -> None:
    (tmp_path / "shop.yaml").write_bytes(content)
    assert [(where, words in message) for where, _, message in refusal(tmp_path)] == [(place, True)]


def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "shop.yaml").open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert "larger than 64 MB" in refusal(tmp_path)[0][2]


def test_two_segments_that_share_a_number_are_refused(tmp_path: Path) -> None:
    """These two names do: a birthday among 32-bit numbers."""
    (tmp_path / "segments.yaml").write_text("segments: {segment-63763: a, segment-137318: b}")
    (tmp_path / "shop.yaml").write_text("advertiser: {id: a, domain: a.example, timezone: UTC}")
    assert refusal(tmp_path) == [
        (
            "segments.yaml:1",
            "$.segments.segment-137318",
            "'segment-137318' and 'segment-63763' share a number by chance; rename one",
        )
    ]


def test_without_a_list_of_exchanges_or_segments_any_name_will_do(tmp_path: Path) -> None:
    text = (CASES / "good/smallest/shop.yaml").read_text("utf-8")
    text = text.replace("goal:", "targeting: {exchange: any, audience: a or b}, goal:")
    (tmp_path / "shop.yaml").write_text(text)
    assert isinstance(YamlFolder(tmp_path).load(), Catalog)


def test_a_machine_without_time_zones_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advertisers, "_zones", frozenset)
    (tmp_path / "shop.yaml").write_text("advertiser: {id: a, domain: a.example, timezone: UTC}")
    assert "install the package tzdata" in refusal(tmp_path)[0][2]


def test_the_currency_is_the_house_currency() -> None:
    assert Config(str(CASES / "good/smallest")).build(currency="EUR").load().currency == "EUR"


def test_likeness_stays_cheap_among_many_names() -> None:
    names = [f"creative-{number}" for number in range(20_000)]
    assert did_you_mean("kreative-7", names) == ""
    assert did_you_mean("Creative_77", names[:100]) == "; did you mean 'creative-77'?"


def _leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path, *(leaf for key, child in children for leaf in _leaves(child, (*path, key)))]


_GOOD = yaml.load(
    (CASES / "good/one-of-everything/shop.yaml").read_text("utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - texts only
)
_PLACES = [path for path in _leaves(_GOOD) if path]
_STRANGE: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["9" * 400, "1e999", "-0", "\u0664\u0662", "0x10", "NaN", "2026-11-01T25:00", "99:00-1:00"]
    ),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.sampled_from(_PLACES), min_size=1, max_size=3), strange=_STRANGE)
def test_whatever_is_written_loads_or_is_refused(
    tmp_path: Path, places: list[tuple[Any, ...]], strange: Any
) -> None:
    authored = json.loads(json.dumps(_GOOD))
    for *parents, last in places:
        node = authored
        try:
            for step in parents:
                node = node[step]
            node[last] = strange
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change removed this place
    text = yaml.safe_dump(authored, allow_unicode=False)
    (tmp_path / "shop.yaml").write_text(text, "utf-8")
    _loads_or_is_refused(tmp_path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cut=st.integers(0, 3_000),
    length=st.integers(0, 40),
    noise=st.binary(max_size=12)
    | st.sampled_from([b"{", b"[", b"*a", b"&a ", b"!!set ", b"\t", b"? "]),
)
def test_whatever_bytes_are_damaged_it_loads_or_is_refused(
    tmp_path: Path, cut: int, length: int, noise: bytes
) -> None:
    good = (CASES / "good/one-of-everything/shop.yaml").read_bytes()
    (tmp_path / "shop.yaml").write_bytes(good[:cut] + noise + good[cut + length :])
    _loads_or_is_refused(tmp_path)


def _loads_or_is_refused(folder: Path) -> None:
    try:
        catalog = YamlFolder(folder).load()
    except InvalidConfig:
        return
    compile_snapshot(catalog)
