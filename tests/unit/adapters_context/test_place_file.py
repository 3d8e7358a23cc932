"""Places from MaxMind's test databases, whole and damaged."""

import os
from pathlib import Path

import pytest

from adapters.context.place_file import Config, PlaceFile
from adserver.domain.place import Place
from adserver.errors import InvalidConfig

ROOT = os.environ.get("ADSERVER_CORPUS")
if not ROOT and os.environ.get("CI") != "true":
    pytest.skip("ADSERVER_CORPUS is not set", allow_module_level=True)
FOLDER = Path(str(ROOT), "device", "mmdb")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("81.2.69.160", Place("GBR", "ENG", "London")),
        ("::ffff:81.2.69.160", Place("GBR", "ENG", "London")),
        ("2001:218::1", Place("JPN")),
        ("10.0.0.1", None),
        ("1.2.3", None),
        ("81.2.69.160 ", None),
        ("", None),
        ("\ud800", None),
        ("x" * 10_000, None),
    ],
)
def test_addresses_are_where_the_database_says(address: str, place: Place | None) -> None:
    assert PlaceFile(FOLDER / "GeoIP2-City-Test.mmdb").place(address) == place


def test_a_country_database_knows_countries() -> None:
    assert Config("GeoIP2-Country-Test.mmdb").build(FOLDER).place("81.2.69.160") == Place("GBR")


@pytest.mark.parametrize(
    "name",
    [
        "GeoIP2-Connection-Type-Test.mmdb", "missing.mmdb", "source-data/GeoIP2-City-Test.json",
        "bad-data/libmaxminddb-metadata-marker-only.mmdb",
    ],
)  # fmt: skip
def test_what_is_no_file_of_places_is_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidConfig, match=r"MaxMind database|says nothing of places"):
        Config(name).build(FOLDER)


@pytest.mark.parametrize(
    "name", ["GeoIP2-City-Test-Broken-Double-Format.mmdb", "GeoIP2-City-Shield-Test.mmdb"]
)
def test_damage_says_nothing_and_stops_nobody(name: str) -> None:
    places = PlaceFile(FOLDER / name)
    for first in range(1, 224):
        found = places.place(f"{first}.2.69.160")
        assert found is None or len(found.country) == 3
