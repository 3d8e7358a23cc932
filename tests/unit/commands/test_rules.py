"""`check` explains the rules about people's data, and refuses, counts and holds back by them."""

from pathlib import Path
from typing import Any

import pytest

from adserver import bootstrap
from adserver.__main__ import main
from adserver.commands.terminal import OK, UNUSABLE
from adserver.config import load_settings
from adserver.domain.bits import ascending
from adserver.errors import InvalidConfig
from adserver.processes import builder
from tests.unit.commands import shop
from tests.unit.commands.test_command_line import run

RULES = """
minimum_people: 3
undeclared: refuse
countries: {default: consent, BRA: contextual}
sources:
  - {segments: "crm-*", source: crm, basis: opt_in, uses: [select, measure]}
  - {segments: "call-*", source: hotline, basis: contract, uses: [service]}
  - {segments: "acme:*", source: acme}
  - {segments: "health-*", sensitive: true}
"""
PEOPLE = """id_kind,id,segments
user,1,crm-a|crm-b
user,2,crm-a
user,3,crm-a|crm-b
user,4,crm-b|health-back
user,5,crm-vip
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A shop with four line items."""
    file = shop.write(tmp_path)
    file.write_text(file.read_text("utf-8") + "privacy: privacy.yaml\n", encoding="utf-8")
    (tmp_path / "privacy.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    write(file, wide="crm-a or crm-b", narrow="crm-a and crm-b", vip="crm-vip", sent="acme:5")
    return file


def write(settings: Path, **audiences: str) -> None:
    """Write a line item per audience, and one without."""
    items = "".join(
        f"          - {{id: {name}, flight: [2026-01-01, 2027-01-01], goal: {{cpm: 2}}, creatives: tile,"
        f' targeting: {{audience: "{audience}"}}}}\n'
        for name, audience in audiences.items()
    )
    campaigns = settings.parent / "campaigns" / "shop.yaml"
    campaigns.write_text(shop.CAMPAIGNS + items, encoding="utf-8")


def bidding(settings: Path) -> set[str]:
    """Return the line items that a server would let bid."""
    snapshot = bootstrap.load_snapshot(load_settings(settings))
    alive = snapshot.everyone & ~snapshot.too_small
    return {snapshot.candidates[index].line_item for index in ascending(alive)}


def sentences(told: Any) -> str:
    return "\n".join(told["privacy"]["says"])


def test_the_rules_are_explained_with_who_uses_what(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["segments", "-c", str(settings)])
    capsys.readouterr()
    code, told = run(capsys, "check", "-c", settings)
    assert code == OK
    assert told["privacy"]["line_items"] == {
        "segments": ["narrow", "sent", "vip", "wide"], "contacts": [], "nothing": ["on"],
    }  # fmt: skip
    said = sentences(told)
    assert "In the EEA, the United Kingdom and Switzerland nobody's data is used before" in said
    assert "In BRA nobody's data is used, whatever a request says" in said
    assert "Everywhere else nobody's data is used before they consent." in said
    assert (
        "'crm-*' (3 segments in 3 line items): from crm, with people's opt-in, to choose advertisements and measure "
        "what advertising did, kept 180 days."
    ) in said
    assert "'health-*' (0 segments in 0 line items): sensitive" in said
    assert "A segment or an audience of fewer than 3 people is never used." in said
    assert "nobody counts as being in them, nor is left out by them: 'crm-vip' (1)." in said
    assert "too few people are in their audience: narrow (2) and vip (0)." in said
    assert "Nobody can count who is in 'acme:5'" in said


def test_people_read_the_same_as_machines(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = run(capsys, "check", "-c", settings)
    assert main(["check", "-c", str(settings)]) == OK
    shown = capsys.readouterr().out
    assert "People's data, by privacy.yaml:" in shown
    assert [line[2:] for line in shown.splitlines() if line.startswith("- ")] == told["privacy"][
        "says"
    ]


def test_what_has_too_few_people_does_not_bid(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted when audiences are loaded, so that a newcomer need not know of counting."""
    assert main(["check", "-c", str(settings), "--json"]) == OK
    assert bidding(settings) == {"on", "sent"}, "nobody was loaded yet"
    assert main(["segments", "-c", str(settings), "--json"]) == OK
    assert bidding(settings) == {"on", "sent", "wide"}
    capsys.readouterr()
    code, told = run(capsys, "audiences", "count", "-c", settings)
    assert code == OK
    assert told["segments"] == {"crm-a": 3, "crm-b": 3, "crm-vip": 1}
    assert told["audiences"] == {"crm-a and crm-b": 2}
    assert told["small_segments"] == {"crm-vip": 1}
    assert told["small_audiences"] == {"narrow": 2, "vip": 0}


def test_check_counts_the_audience_of_a_new_line_item(settings: Path) -> None:
    main(["segments", "-c", str(settings), "--json"])
    write(settings, fresh="crm-a and (crm-b or crm-a)")
    loaded = load_settings(settings)
    builder.prepare_state(loaded)
    builder.build(loaded)
    assert bidding(settings) == {"on"}, "a reload alone counts nobody"
    assert main(["check", "-c", str(settings), "--json"]) == OK
    assert bidding(settings) == {"on", "fresh"}


def test_damaged_counts_hold_back_what_must_be_counted(settings: Path) -> None:
    main(["check", "-c", str(settings), "--json"])
    main(["segments", "-c", str(settings), "--json"])
    bootstrap.places(load_settings(settings)).sizes.write_bytes(b'{"segments": {"crm-a"')
    assert bidding(settings) == {"on", "sent"}


def test_sensitive_segments_are_not_loaded_and_each_is_told(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segments", "-c", str(settings)]) == OK
    told = " ".join(capsys.readouterr().err.split())
    assert "the segment 'health-back' is sensitive" in told
    assert "it was not loaded for 1 people" in told


@pytest.mark.parametrize(
    ("audience", "message"),
    [
        ("crm-a and not health-back", "call sensitive"),
        (
            "crm-a or call-week",
            "collected by 'hotline' under a contract with people, to serve customers",
        ),
        ("travel", "do not say where it comes from"),
    ],
)
def test_a_line_item_beyond_the_rules_is_refused_where_it_stands(
    settings: Path, capsys: pytest.CaptureFixture[str], audience: str, message: str
) -> None:
    write(settings, bad=audience)
    code, told = run(capsys, "check", "-c", settings)
    assert code == UNUSABLE
    (fault,) = told["faults"]
    campaigns = settings.parent / "campaigns" / "shop.yaml"
    lines = campaigns.read_text("utf-8").splitlines()
    assert fault["file"] == f"{campaigns}:{len(lines)}"
    assert "id: bad" in lines[-1]
    assert fault["path"] == "$.campaigns[0].insertion_orders[0].line_items[2]"
    assert fault["message"].startswith("line item 'bad' asks for the segment '")
    assert message in fault["message"]


def test_a_server_does_not_start_from_a_snapshot_that_the_rules_forbid(settings: Path) -> None:
    """Rules that became stricter after the snapshot was written hold for it, too."""
    main(["check", "-c", str(settings), "--json"])
    stricter = RULES.replace('"crm-*", source: crm, basis: opt_in, uses: [select, measure]',
                             '"crm-*", sensitive: true')  # fmt: skip
    (settings.parent / "privacy.yaml").write_text(stricter, encoding="utf-8")
    with pytest.raises(InvalidConfig, match="line item 'vip' asks for the segment 'crm-vip'"):
        bootstrap.load_snapshot(load_settings(settings))
