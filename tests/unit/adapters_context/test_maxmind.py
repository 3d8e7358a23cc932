"""MaxMind's databases of anonymous addresses, on their synthetic test files."""

import json
import shutil
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.context.maxmind import Config, MaxMindNetworks
from adserver.domain.networks import packed
from adserver.errors import InvalidConfig
from adserver.metrics import NETWORK_FAILURES
from tests.corpus.corpus import corpus

ANONYMOUS = "GeoIP2-Anonymous-IP-Test.mmdb"


def database(name: str = ANONYMOUS, **fields: object) -> MaxMindNetworks:
    return Config(name="m", path=name, **fields).build(corpus("device/mmdb"))  # type: ignore[arg-type]  # a test's shorthand


def listed(networks: MaxMindNetworks, text: str) -> bool:
    address = packed(text)
    assert address is not None
    return address in networks


def test_every_record_is_listed_by_its_traits() -> None:
    """The source of the test file says which network has which traits."""
    networks, with_vpn = database(), database(traits=("is_anonymous_vpn",))
    source = json.loads(
        corpus("device/mmdb/source-data/GeoIP2-Anonymous-IP-Test.json").read_bytes()
    )
    told = 0
    for record in source:
        for text, traits in record.items():
            network = ip_network(text)
            first = str(network[1] if network.num_addresses > 1 else network[0])
            machines = {"is_hosting_provider", "is_public_proxy", "is_tor_exit_node"}
            assert listed(networks, first) == any(traits.get(each) for each in machines), text
            assert listed(with_vpn, first) == bool(traits.get("is_anonymous_vpn")), text
            told += 1
    assert told > 10


def test_who_is_not_in_the_database_is_not_listed() -> None:
    assert not listed(database(), "203.0.113.9")
    assert not listed(database(), "2001:db8::9")


@pytest.mark.parametrize("name", ["GeoIP2-City-Test.mmdb", "GeoLite2-ASN-Test.mmdb"])
def test_a_database_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidConfig, match="says nothing of is_hosting_provider"):
        database(name)


def test_a_missing_a_cut_and_a_damaged_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"gone\.mmdb.*cannot be read"):
        Config(name="m", path="gone.mmdb").build(tmp_path)
    whole = corpus("device/mmdb", ANONYMOUS).read_bytes()
    (tmp_path / "cut.mmdb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidConfig, match=r"cut\.mmdb.*download it again"):
        Config(name="m", path="cut.mmdb").build(tmp_path)
    for bad in sorted(corpus("device/mmdb/bad-data").glob("*.mmdb")):
        shutil.copy(bad, tmp_path / "bad.mmdb")
        with pytest.raises(InvalidConfig):
            Config(name="m", path="bad.mmdb").build(tmp_path)


def test_no_trait_at_all_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="at least one trait"):
        database(traits=())


def test_damage_that_shows_later_is_counted_and_says_nothing(tmp_path: Path) -> None:
    """The records are garbage, the tree is whole: whoever is looked up is not listed."""
    whole = bytearray(corpus("device/mmdb", ANONYMOUS).read_bytes())
    end = whole.rindex(b"\xab\xcd\xefMaxMind.com")
    records = whole.rindex(b"\x00" * 16, 0, end) + 16
    whole[records:end] = b"\xff" * (end - records)
    (tmp_path / "worn.mmdb").write_bytes(whole)
    networks = Config(name="m", path="worn.mmdb").build(tmp_path)
    before = NETWORK_FAILURES._value.get()
    assert not listed(networks, "1.2.0.1")
    assert NETWORK_FAILURES._value.get() == before + 1
