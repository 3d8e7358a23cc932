"""A landscape in the registry: whole, or refused."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from models.landscape.artifact import CURVES, check, load, parsed, read
from models.landscape.train import train
from models.registry import artifacts
from models.registry.artifacts import Artifact
from tests.unit.models_landscape.market import auctions, log


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("landscape")
    train(log(folder / "events.jsonl", list(auctions(400))), folder / "models")
    return artifacts.read(folder / "models", "landscape")


def test_a_whole_one_is_loaded_after_a_child_process_tried_it(artifact: Artifact) -> None:
    check(artifact)
    loaded = load(artifact)
    assert [curve.bids for curve in loaded.curves(["ssp", "", "USA"])] == [398, 398, 398]
    assert loaded.curves(["elsewhere"]) == []
    assert read(artifact.folder.parents[1]).paid == loaded.paid == {"ssp": 1.0}


def _key(place: int, field: int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(curves: dict[str, Any]) -> None:
        curves["keys"][place][field] = value

    return change


def _put(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda curves: curves.__setitem__(name, value)


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "no prices": _put("prices", []),
    "prices that fall": lambda curves: curves["prices"].reverse(),
    "a price of nothing": lambda curves: curves["prices"].__setitem__(0, 0),
    "a negative price": lambda curves: curves["prices"].__setitem__(0, -5),
    "a price without measure": lambda curves: curves["prices"].__setitem__(-1, 10**16),
    "a price that is a text": lambda curves: curves["prices"].__setitem__(0, "1"),
    "prices without number": _put("prices", list(range(1, 10_000))),
    "keys without number": lambda curves: curves.__setitem__("keys", curves["keys"] * 9_000),
    "a key below itself": _key(1, 0, 1),
    "a key below a later one": _key(0, 0, 3),
    "a parent that is not there": _key(1, 0, -7),
    "a parent beyond all": _key(1, 0, 10**9),
    "a parent that is a fraction": _key(1, 0, 0.5),
    "an exchange without prices": lambda curves: curves["keys"].__setitem__(0, [-1, "ssp", 9, [], []]),
    "a word that is a list": _key(0, 1, ["ssp"]),
    "a word that is too long": _key(0, 1, "s" * 2_000),
    "a negative count": _key(0, 2, -1),
    "a chance above 1": lambda curves: curves["keys"][0][4].__setitem__(-1, 1.5),
    "a chance below 0": lambda curves: curves["keys"][0][4].__setitem__(0, -0.5),
    "chances that fall": lambda curves: curves["keys"][0][4].__setitem__(0, 1.0),
    "a chance too few": lambda curves: curves["keys"][0][4].pop(),
    "places that fall": lambda curves: curves["keys"][0][3].reverse(),
    "a place that is not there": lambda curves: curves["keys"][0][3].__setitem__(-1, 10**6),
    "a share paid of nothing": _put("paid", {"ssp": 0}),
    "a share paid above all": _put("paid", {"ssp": 1.5}),
    "a field too many": _put("code", "import os"),
    "a key too short": lambda curves: curves["keys"][0].pop(),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_damaged_is_refused(artifact: Artifact, what: str) -> None:
    curves = msgspec.json.decode(artifact.files[CURVES])
    HOSTILE[what](curves)
    with pytest.raises(ValueError, match=r"."):
        parsed(artifact._replace(files={CURVES: msgspec.json.encode(curves)}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\x80\x04pickle",
        b"\xff\xfe",
        b'{"prices":[1e999],"keys":[]}',
    ],
    ids=["empty", "null", "list", "torn", "deep", "pickle", "binary", "infinite"],
)
def test_what_is_no_such_file_is_refused(artifact: Artifact, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(artifact._replace(files={CURVES: content}))


def test_one_for_other_words_is_refused(artifact: Artifact) -> None:
    other = msgspec.structs.replace(artifact.manifest, columns=("exchange",))
    with pytest.raises(ValueError, match="other words"):
        parsed(artifact._replace(manifest=other))
    with pytest.raises(ValueError, match="other words"):
        parsed(artifact._replace(files={**artifact.files, "more.json": b"{}"}))
