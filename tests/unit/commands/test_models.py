"""`models`: who serves, changed and told; exit codes that are true."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from models.registry import artifacts, signing, state
from models.registry.checking import survive
from models.registry.corrections import Corrections, Evidence, write_corrections
from tests.unit.commands import shop
from tests.unit.models_registry.test_artifacts import FILES, MANIFEST


class Models:
    """The commands on a state of its own, with three click models that nobody needs to predict with."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = shop.write(folder)
        self.root = folder / "state" / "models"
        self._capsys = capsys
        self.names = [self.publish(number) for number in range(3)]

    def publish(self, number: int) -> str:
        """Publish one more."""
        created = f"2026-01-01T00:00:{number:02}Z"
        manifest = msgspec.structs.replace(MANIFEST, kind="click", created=created, metrics={"auc": 0.7, "log_loss": 0.05})  # fmt: skip
        return artifacts.publish(self.root, manifest, FILES).name

    def __call__(self, *words: str) -> tuple[int, Any]:
        """Run with `--json`."""
        code = main(["models", *words, "-c", str(self.settings), "--json"])
        return code, json.loads(self._capsys.readouterr().out)

    def told(self, *words: str) -> tuple[int, str]:
        """Run as a person does."""
        code = main(["models", *words, "-c", str(self.settings)])
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err


@pytest.fixture
def models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Models:
    monkeypatch.setattr("models.registry.checking.survive", lambda _: None)
    return Models(tmp_path, capsys)


def test_all_are_listed_the_newest_first_with_their_roles(models: Models) -> None:
    code, told = models("list")
    assert code == OK
    rows = told["kinds"]["click"]
    assert [row["name"] for row in rows] == models.names[::-1]
    assert [row["role"] for row in rows] == ["challenger", "", "champion"]
    assert told["kinds"]["landscape"] == []
    _, text = models.told("list")
    assert all(name in text for name in models.names)
    assert "0.7000" in text
    assert "No landscape model yet" in text


def test_a_damaged_model_with_a_role_makes_the_list_fail(models: Models) -> None:
    (models.root / "click" / models.names[1] / "notes.txt").write_text("x")
    assert models("list")[0] == OK, "nobody needs it"
    (models.root / "click" / models.names[0] / "notes.txt").write_text("x")
    code, told = models("list")
    assert (code, told["ok"]) == (FAILED, False)
    assert "wrong SHA-256" in models.told("list")[1]


def test_a_model_is_promoted_by_its_role_its_name_or_a_part_of_it(models: Models) -> None:
    code, told = models("promote", "challenger", "--why", "it is newer")
    assert code == OK
    assert told["roles"] == {models.names[2]: "champion"}
    code, told = models("promote", models.names[1][-8:])
    assert told["roles"] == {models.names[1]: "champion"}
    code, told = models("roll-back")
    assert told["roles"] == {models.names[2]: "champion"}
    code, told = models("promote", f"lightgbm/{models.names[0]}")
    assert told["roles"] == {models.names[0]: "champion"}
    history = models("list")[1]["history"]["click"]
    assert [each["why"] for each in history][1:3] == ["it is newer", "promoted by hand"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("promote", "champion"), "champion already"),
        (("promote", "2026"), "more than one"),
        (("promote", "nobody"), "means none"),
        (("promote", ""), "the click models here"),
        (("promote", "../.."), "means none"),
        (("promote", "canary"), "no click model is canary now"),
        (("promote", "challenger", "--kind", "landscape"), "no landscape model is challenger"),
        (("roll-back",), "no champion is known from before"),
        (("canary", "champion"), "decides already"),
        (("canary", "challenger", "--percent", "60"), "at most 50 percent"),
        (("canary", "challenger", "--percent", "0"), "more than 0"),
        (("shadow", "challenger", "--percent", "nan"), "percent"),
        (("retire", "champion"), "promote another, or roll back"),
        (("trust", "x"), "is no public key"),
        (("distrust", "0" * 64), "not accepted here"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    models: Models, words: tuple[str, ...], why: str
) -> None:
    before = (models.root / state.FILE_NAME).read_bytes()
    code, told = models(*words)
    assert code == UNUSABLE
    assert why in told["faults"][0]["message"]
    assert (models.root / state.FILE_NAME).read_bytes() == before


def test_a_damaged_model_gets_no_role_and_can_lose_one(models: Models) -> None:
    name = models.names[2]
    (models.root / "click" / name / "notes.txt").write_text("x")
    for action in ("promote", "canary", "shadow"):
        assert models(action, name)[0] == UNUSABLE
    assert models("retire", name) == (
        OK, {"ok": True, "kind": "click", "roles": {models.names[0]: "champion"}, "canary": None, "shadow": None},
    )  # fmt: skip


def test_what_a_child_process_cannot_use_gets_no_role(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.registry.checking.survive", survive)
    code, told = models("promote", "challenger")
    assert code == UNUSABLE
    assert "not those of a click model" in told["faults"][0]["message"]


def test_canary_and_shadow_have_their_shares(models: Models) -> None:
    models("canary", "challenger")
    code, told = models("shadow", models.names[1], "--percent", "25")
    assert code == OK
    assert told["canary"] == {"model": models.names[2], "percent": 5.0}
    assert told["shadow"] == {"model": models.names[1], "percent": 25.0}
    text = models.told("list")[1]
    assert "canary 5 %" in text
    assert "shadow 25 %" in text


def test_one_is_shown_with_all_that_is_known_of_it(models: Models) -> None:
    name = models.names[0]
    evidence = {f"lightgbm/{name}": {"north": {"banner": Evidence(1.25, 10.0, 14.0, 900.0)}}}
    write_corrections(models.root, Corrections("2026-01-01T00:00:00Z", evidence))
    code, told = models("show", "champion")
    assert (code, told["name"], told["role"], told["signed_by"]) == (OK, name, "champion", "trained here")  # fmt: skip
    assert told["manifest"]["files"].keys() == FILES.keys()
    text = models.told("show", "champion")[1]
    for said in (
        "trained here",
        "the first of its kind",
        "north, banner: odds x 1.250",
        "10 rows with 3 positive",
    ):
        assert said in text


def test_keys_are_shown_trusted_and_distrusted(models: Models) -> None:
    own = models("keys")[1]["own"]
    assert own == signing.public(signing.signing_key(models.root))
    stranger = signing.public(Ed25519PrivateKey.generate())
    code, told = models("trust", stranger, "--name", "the trainer")
    assert (code, told["accepted"]) == (OK, {own: "trained here", stranger: "the trainer"})
    assert "the trainer" in models.told("keys")[1]
    assert models("distrust", stranger)[1]["accepted"] == {own: "trained here"}
    secret = (models.root / signing.SIGNING_KEY).read_text().strip()
    assert secret not in models.told("keys")[1]


def test_without_events_nothing_is_compared_corrected_or_trained(models: Models) -> None:
    assert models("recalibrate")[0] == UNUSABLE
    assert models("compare")[0] == UNUSABLE
    (models.root.parent / "events").mkdir()
    code, told = models("compare")
    assert (code, told["ok"]) == (FAILED, False)
    assert "no impressions" in told["error"]
    assert models("recalibrate") == (OK, {"ok": True, "models": {}})
    code, told = models("retrain")
    assert code == FAILED
    assert "no event segments" in told["round"]["judged"][0]["why"]


def test_models_are_compared_by_what_came_of_their_bids(models: Models) -> None:
    events = models.root.parent / "events"
    events.mkdir()
    name = f"lightgbm/{models.names[0]}"
    with (events / "events-1.jsonl").open("w") as file:
        for number in range(200):
            base = {"bid": str(number), "at": 4e9, "measured": True, "trainable": True}
            file.write(json.dumps(base | {"event": "bid", "model": name, "p_click": 0.1}) + "\n")
            file.write(json.dumps(base | {"event": "impression"}) + "\n")
            if number % 10 == 0:
                file.write(json.dumps(base | {"event": "click"}) + "\n")
    code, told = models("compare")
    assert code == OK
    (arm,) = told["arms"]
    assert (arm["model"], arm["role"], arm["impressions"], arm["clicks"]) == (name, "champion", 200, 20)  # fmt: skip
    assert arm["calibration"]["value"] == pytest.approx(1.0)
    text = models.told("compare")[1]
    assert "1.000" in text
    assert "champion" in text


def test_help_can_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["models", "--help"])
    assert "roll-back" in capsys.readouterr().out
    for each in ("compare", "canary", "promote", "trust"):
        with pytest.raises(SystemExit):
            main(["models", each, "--help"])
        assert "--json" in capsys.readouterr().out
