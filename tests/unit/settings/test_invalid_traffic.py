"""The section `invalid_traffic`: sensible by itself, exact about what is wrong."""

from pathlib import Path

import pytest

from adserver.config import Loaded, load_settings
from adserver.errors import InvalidConfig
from adserver.settings.invalid_traffic import InvalidTraffic


def load(folder: Path, section: str) -> Loaded:
    file = folder / "server.yaml"
    file.write_text(f"campaigns: {{kind: yaml, path: campaigns}}\ninvalid_traffic: {section}\n")
    return load_settings(file)


def test_by_itself_only_rules_that_hurt_nobody_are_on(tmp_path: Path) -> None:
    found = load(tmp_path, "{}").settings.invalid_traffic
    assert found == InvalidTraffic()
    judges = found.judges((), lambda: 0.0, b"salt")
    assert judges.of_contacts is not None
    assert judges.of_contacts.rules == ("crawlers", "fast_clicks", "clicks_per_person")
    assert judges.of_requests is not None
    assert not judges.of_requests.asks_id
    assert not judges.of_requests.asks_address


def test_with_every_rule_off_nobody_judges(tmp_path: Path) -> None:
    off = "{crawlers: false, fastest_click_ms: 0, clicks_per_person: null}"
    judges = load(tmp_path, off).settings.invalid_traffic.judges((), lambda: 0.0, b"salt")
    assert judges.of_requests is None
    assert judges.of_contacts is None


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        ("{crawler: true}", "$.invalid_traffic", "did you mean 'crawlers'"),
        ("{fastest_click_ms: -1}", "$.invalid_traffic.fastest_click_ms", ">= 0"),
        ("{requests_per_id: {limit: 0}}", "$.invalid_traffic.requests_per_id.limit", ">= 1"),
        ("{requests_per_id: {limit: 5, window_s: 0}}", "$.invalid_traffic.requests_per_id.window_s", ">= 1"),
        ("{networks: [{kind: cidr, name: Big, paths: [a]}]}", "$.invalid_traffic", "lower-case"),
        ("{networks: [{kind: list, name: a, paths: [a]}]}", "$.invalid_traffic.networks[0].kind", "'list'"),
        ("{networks: [{kind: cidr, name: a, paths: [a]}, {kind: maxmind, name: a, path: b}]}", "$.invalid_traffic", "same name"),
        ("{networks: [{kind: maxmind, name: a, path: b, traits: [is_bad]}]}", "$.invalid_traffic.networks[0].traits[0]", "is_bad"),
        ("{believed_proxies: [10.0.0.1/8]}", "$.invalid_traffic", "write 10.0.0.0/8"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, section: str, path: str, message: str
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, section)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert message in fault.message
