"""`customers load` and `identities link`: what goes in, what is told, and how it ends."""

import json
from pathlib import Path

import pytest

from adapters.identity.hashing import sha256_of
from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adserver import bootstrap
from adserver.__main__ import main
from adserver.config import Loaded, load_settings
from adserver.domain.person import Found, PersonKey
from tests.unit.commands import shop

ROWS = """email,phone,segments,opt_in,opt_in_date
jane@shop.example,+49301234567,crm-gold,yes,2026-01-31
john@shop.example,,crm-gold,no,
secret@shop.example,,crm-gold,perhaps,
"""
POLICY = """
sources:
  - {segments: "crm-*", source: crm, basis: opt_in, uses: [select]}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return shop.write(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def look_up(loaded: Loaded, person: PersonKey) -> Found:
    profiles = bootstrap.profiles_config(loaded).build()
    assert isinstance(profiles, LmdbProfiles)
    return profiles.find([person], 1_790_000_000)


def test_customers_are_loaded_and_counted(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings.parent / "list.csv"
    file.write_text(ROWS)
    code, told = run(capsys, "customers", "load", str(file), "-c", str(settings))
    assert code == 0
    assert told == {
        "ok": True, "customers": 2, "consents": 1, "withdrawals": 2, "linked": 1, "withheld": 1, "rows_skipped": 1,
    }  # fmt: skip
    loaded = load_settings(settings)
    jane = bootstrap.pseudonym(loaded)("email", sha256_of("jane@shop.example"))
    assert look_up(loaded, jane).choices.consented


def test_people_are_told_what_was_skipped_but_never_whose_address(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings.parent / "list.csv"
    file.write_text(ROWS)
    assert main(["customers", "load", str(file), "-c", str(settings)]) == 0
    told = capsys.readouterr()
    assert "1 new opt-ins" in told.out
    assert "opt_in must be yes, no, or nothing" in told.err
    assert "@" not in told.out + told.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--source", "nobody"], "no source 'nobody'"),
        (["--calling-code", "de"], "must be digits"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    settings: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    file = settings.parent / "list.csv"
    file.write_text(ROWS)
    code, told = run(capsys, "customers", "load", str(file), "-c", str(settings), *more)
    assert code == 2
    assert said in str(told["faults"])


def test_a_missing_list_is_named(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["customers", "load"], ["identities", "link"]):
        code, told = run(capsys, *command, str(settings.parent / "none.csv"), "-c", str(settings))
        assert code == 2
        assert "none.csv" in str(told["faults"])


def test_a_list_speaks_for_a_source_of_the_rules(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.write_text(settings.read_text() + "privacy: privacy.yaml\n")
    (settings.parent / "privacy.yaml").write_text(POLICY)
    file = settings.parent / "list.csv"
    file.write_text(ROWS)
    code, _ = run(capsys, "customers", "load", str(file), "-c", str(settings), "--source", "crm")
    assert code == 0


def test_ids_are_linked_and_found_as_one_person(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings.parent / "links.csv"
    file.write_text(
        "person_kind,person_id,id_kind,id\nbuyeruid,b,ifa,AB-1\nbuyeruid,b,user,u\nbad\n"
    )
    arguments = ("identities", "link", str(file), "-c", str(settings))
    assert run(capsys, *arguments) == (
        0, {"ok": True, "pairs": 2, "linked": 2, "rows_skipped": 1},
    )  # fmt: skip
    assert run(capsys, *arguments)[1]["linked"] == 0
    assert main(list(arguments)) == 0
    assert "0 of 2 ids newly linked, 1 rows skipped" in " ".join(capsys.readouterr().out.split())
    loaded = load_settings(settings)
    pseudonym = bootstrap.pseudonym(loaded)
    found = look_up(loaded, pseudonym("ifa", "ab-1"))
    assert found.person == pseudonym("buyeruid", "b")
