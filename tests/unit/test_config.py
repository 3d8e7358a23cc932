"""Settings: defaults, and every kind of fault names its path."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from adserver.config import load_settings
from adserver.domain.opportunity import MediaType
from adserver.errors import InvalidConfig

LEAST: dict[str, Any] = {"campaigns": {"kind": "yaml", "path": "campaigns"}}


def write(folder: Path, text: str) -> Path:
    file = folder / "server.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(folder: Path, text: str) -> dict[str, str]:
    """Return path and message of all that is wrong."""
    with pytest.raises(InvalidConfig) as caught:
        load_settings(write(folder, text))
    assert {fault.file for fault in caught.value.faults} == {str(folder / "server.yaml")}
    return {fault.path: fault.message for fault in caught.value.faults}


def with_changes(**changes: Any) -> str:
    return yaml.safe_dump(LEAST | changes)


def test_the_least_settings_have_sensible_defaults(tmp_path: Path) -> None:
    loaded = load_settings(write(tmp_path, with_changes(exchanges=[{"name": "north"}])))
    settings = loaded.settings
    assert (settings.http.port, settings.http.private_port, settings.workers) == (8080, 9464, 2)
    assert settings.vendor_id == 0
    assert settings.guard.max_cpm is None
    assert settings.profiles is None
    assert loaded.state == tmp_path / "state"
    assert loaded.path("campaigns") == tmp_path / "campaigns"
    assert loaded.rates.knows("USD")
    terms = loaded.terms["north"]
    assert (terms.keep_ppm, terms.max_cpm, terms.hourly_ceiling) == (700_000, None, None)
    assert terms.billable(MediaType.VIDEO) == "impression"
    assert terms.billable(MediaType.BANNER) == terms.billable(MediaType.NATIVE) == "billing"
    assert not terms.contextual_without_consent


def test_amounts_become_whole_nanos(tmp_path: Path) -> None:
    exchange = {"name": "north", "max_cpm": 12.34, "hourly_ceiling": "0.5", "keep_percent": 62.5}
    loaded = load_settings(
        write(tmp_path, with_changes(exchanges=[exchange], rates={"EUR": 0.925925925}))
    )
    terms = loaded.terms["north"]
    assert (terms.max_cpm, terms.hourly_ceiling, terms.keep_ppm) == (
        12_340_000, 500_000_000, 625_000,
    )  # fmt: skip
    assert loaded.settings.rates["EUR"] == Decimal("0.925925925")
    assert loaded.rates.bid_from_house(1_000_000, "EUR") == 925_926


EXCHANGES = "$.exchanges[0]"


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"workers": 0}, "$.workers", "between 1 and 64"),
        ({"workers": 65}, "$.workers", "between 1 and 64"),
        ({"workers": "two"}, "$.workers", "Expected `int`"),
        ({"workers": True}, "$.workers", "Expected `int`"),
        ({"workers": None}, "$.workers", "Expected `int`"),
        ({"vendor_id": -1}, "$.vendor_id", "between 0 and 65535"),
        ({"explore_percent": 101}, "$.explore_percent", "between 0 and 100"),
        ({"explore_percent": -0.1}, "$.explore_percent", "between 0 and 100"),
        ({"explore_percent": float("nan")}, "$.explore_percent", "between 0 and 100"),
        ({"click_days": 0}, "$.click_days", "between 1 and 365"),
        ({"click_engine": "magic"}, "$.click_engine", "Invalid enum value 'magic'"),
        ({"state_folder": ""}, "$.state_folder", "must name a folder"),
        ({"state_folder": 3}, "$.state_folder", "Expected `str`"),
        ({"currency": "usd"}, "$.currency", "no currency code"),
        ({"rates": {"EUR": 0}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"EUR": -1}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"EUR": 1e-9}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"EUR": float("inf")}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"EUR": float("nan")}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"EUR": 1e30}}, "$.rates.EUR", "between 0.001"),
        ({"rates": {"GBP": 0.8, "EUR": "1,000"}}, "$.rates.EUR", "Invalid decimal"),
        ({"rates": {"EUR": None}}, "$.rates.EUR", "Expected `decimal`"),
        ({"rates": {"euro": 1}}, "$.rates", "no currency code"),
        ({"currency": "US$"}, "$.currency", "no currency code"),
        ({"guard": {"hourly_ceiling": 1e30}}, "$.guard.hourly_ceiling", "between 0"),
        ({"guard": {"hourly_ceiling": "1,000"}}, "$.guard.hourly_ceiling", "Invalid decimal"),
        ({"exchanges": [{"name": "a", "hourly_ceiling": -1}]}, f"{EXCHANGES}.hourly_ceiling", "between 0"),
        ({"rates": {"USD": 2}}, "$.rates.USD", "own rate is 1"),
        ({"http": {"port": 0}}, "$.http.port", "between 1 and 65535"),
        ({"http": {"port": 70_000}}, "$.http.port", "between 1 and 65535"),
        ({"http": {"port": 9465}}, "$.http.port", "private ports"),
        ({"http": {"private_port": 65_535}}, "$.http.private_port", "each worker"),
        ({"http": {"base_url": "ads.example"}}, "$.http.base_url", "begin with http"),
        ({"http": {"base_url": "ftp://ads.example"}}, "$.http.base_url", "begin with http"),
        ({"http": {"base_url": "https://"}}, "$.http.base_url", "no host"),
        ({"http": {"prot": 80}}, "$.http", "unknown key 'prot'; did you mean 'port'?"),
        ({"guard": {"max_cpm": -1}}, "$.guard.max_cpm", "between 0"),
        ({"guard": {"hourly_ceiling": float("nan")}}, "$.guard.hourly_ceiling", "between 0"),
        ({"guard": {"max_cpm": "much"}}, "$.guard.max_cpm", "Invalid decimal"),
        ({"guard": 5}, "$.guard", "Expected `object`"),
        ({"campaigns": {"kind": "xml", "path": "x"}}, "$.campaigns.kind", "'xml'"),
        ({"campaigns": {"kind": "yaml"}}, "$.campaigns", "missing required field `path`"),
        ({"exchanges": [{}]}, EXCHANGES, "missing required field `name`"),
        ({"exchanges": [{"name": "North"}]}, f"{EXCHANGES}.name", "lower-case"),
        ({"exchanges": [{"name": ""}]}, f"{EXCHANGES}.name", "lower-case"),
        ({"exchanges": [{"name": "a", "seats": []}]}, f"{EXCHANGES}.seats", "at least one"),
        ({"exchanges": [{"name": "a", "seats": [""]}]}, f"{EXCHANGES}.seats", "at least one"),
        ({"exchanges": [{"name": "a", "currencies": []}]}, f"{EXCHANGES}.currencies", "at least"),
        ({"exchanges": [{"name": "a", "currencies": ["EUR"]}]}, f"{EXCHANGES}.currencies", "EUR"),
        ({"exchanges": [{"name": "a", "keep_percent": 101}]}, f"{EXCHANGES}.keep_percent", "100"),
        ({"exchanges": [{"name": "a", "max_cpm": -1}]}, f"{EXCHANGES}.max_cpm", "between 0"),
        ({"exchanges": [{"name": "a", "max_cpm": 1e30}]}, f"{EXCHANGES}.max_cpm", "between 0"),
        ({"exchanges": [{"name": "a", "expiry_s": 0}]}, f"{EXCHANGES}.expiry_s", "between 1"),
        ({"exchanges": [{"name": "a", "default_tmax_ms": 0}]}, f"{EXCHANGES}.default_tmax_ms", "1"),
        (
            {"exchanges": [{"name": "a", "network_margin_ms": -5}]},
            f"{EXCHANGES}.network_margin_ms",
            "between 0",
        ),
        ({"exchanges": [{"name": "a", "billable_banner": "click"}]}, f"{EXCHANGES}.billable_banner", "click"),
        ({"exchanges": [{"name": "a"}, {"name": "a"}]}, "$.exchanges", "same name"),
        ({"exchange": []}, "$", "unknown key 'exchange'; did you mean 'exchanges'?"),
        ({"zzz": 1}, "$", "unknown key 'zzz'"),
    ],
)  # fmt: skip
def test_every_fault_names_its_path(
    tmp_path: Path, changes: dict[str, Any], path: str, message: str
) -> None:
    found = faults(tmp_path, with_changes(**changes))
    assert list(found) == [path]
    assert message in found[path]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("", "$", "Expected `object`, got `null`"),
        ("[]", "$", "Expected `object`, got `array`"),
        ("workers: 3", "$", "missing required field `campaigns`"),
        ("a: [", "$", "cannot be read"),
        ("a: \x07", "$", "cannot be read"),
        ("workers: !!python/name:os.system x", "$", "cannot be read"),
    ],
)
def test_files_that_are_no_settings_are_refused(
    tmp_path: Path, text: str, path: str, message: str
) -> None:
    found = faults(tmp_path, text)
    assert list(found) == [path]
    assert message in found[path]


def test_several_faults_are_told_at_once(tmp_path: Path) -> None:
    text = with_changes(
        workers=0,
        http={"port": 0, "base_url": "x"},
        rates={"EUR": -1},
        exchanges=[{"name": "A", "keep_percent": -1}],
    )
    assert set(faults(tmp_path, text)) == {
        "$.workers", "$.http.port", "$.http.base_url", "$.rates.EUR",
        f"{EXCHANGES}.name", f"{EXCHANGES}.keep_percent",
    }  # fmt: skip


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="does not exist; name another with --config"):
        load_settings(tmp_path / "server.yaml")


def test_a_folder_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_settings(tmp_path)
    file = tmp_path / "server.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_settings(file)


def test_the_demos_settings_are_good() -> None:
    for file in Path(__file__).parents[2].glob("examples/*/server.yaml"):
        assert load_settings(file).terms
