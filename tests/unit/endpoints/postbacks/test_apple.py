"""Apple's postbacks: its published ones verify, and whatever is altered in one is refused."""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence

import pytest

from adserver.domain.app_install import VERSIONS
from adserver.domain.notice import Install
from adserver.endpoints.postbacks.apple import (
    APPLES_KEY,
    APPLES_OLD_KEY,
    InvalidPostback,
    Verifier,
    apples_keys,
)
from tests.oracles import elliptic
from tests.unit.endpoints.postbacks.apples import (
    NETWORK,
    ORDER,
    PUBLIC_KEYS,
    PUBLISHED,
    UNSIGNED,
    Json,
    combined,
    postback,
)

NOW_S = 1_790_000_000


def apples(network: str) -> Verifier:
    return Verifier(network, lambda: True, apples_keys())


def ours(allow: Callable[[], bool] = lambda: True) -> Verifier:
    return Verifier(NETWORK, allow, PUBLIC_KEYS)


def read(verifier: Verifier, said: Json) -> Install | str:
    """Return what is read, or why it is refused."""
    try:
        return verifier.read(json.dumps(said).encode(), NOW_S)
    except InvalidPostback as refused:
        return refused.reason.value


@pytest.mark.parametrize(
    "said", PUBLISHED, ids=lambda said: f"{said['version']}-{said['transaction-id'][-2:]}"
)
def test_what_apple_published_is_apples(said: Json) -> None:
    found = read(apples(said["ad-network-id"]), said)
    assert isinstance(found, Install)
    assert (found.version, found.store_id) == (said["version"], "525463029")
    assert found.won is said.get("did-win", True)
    assert found.redownload is said["redownload"]
    assert found.fine_value == said.get("conversion-value")
    assert found.coarse_value == said.get("coarse-conversion-value", "")


def test_another_arithmetic_agrees_about_apples_signatures() -> None:
    public = elliptic.point(b64decode(APPLES_KEY)[-65:])
    for said in PUBLISHED:
        assert elliptic.verifies(public, combined(said), said["attribution-signature"])
    assert (
        len(b64decode(APPLES_OLD_KEY)) == 75
    )  # P-192: a point of 49 bytes behind 26 that name the curve


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shown_in", ["application", "site", "unsaid"])
def test_each_version_verifies_and_each_altered_value_fails(version: str, shown_in: str) -> None:
    if shown_in == "site":
        said = postback(version, source_app_id=None, source_domain="news.example")
    else:
        said = postback(version, source_app_id=7 if shown_in == "application" else None)
    assert isinstance(read(ours(), said), Install)
    for name in ORDER:
        if name not in said:
            continue
        for value in other_values(name, said[name]):
            refused = read(ours(), said | {name: value})
            assert refused in {"forged", "malformed", "other_network", "other_version"}, (
                name,
                value,
            )
        without = {other: value for other, value in said.items() if other != name}
        assert isinstance(read(ours(), without), str), name
    for character in range(0, len(said["attribution-signature"]), 7):
        signature = said["attribution-signature"]
        other = "A" if signature[character] != "A" else "B"
        altered = signature[:character] + other + signature[character + 1 :]
        assert read(ours(), said | {"attribution-signature": altered}) in {"forged", "malformed"}


def other_values(name: str, value: object) -> Sequence[object]:
    if name == "version":
        return [version for version in VERSIONS if version != value] + ["5.0", "", "4.0 "]
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, -1, 10**30, None]
    return [f"{value}0", str(value).upper() if value != str(value).upper() else "7", "\u2063", None]


def test_values_cannot_be_moved_across_the_separator() -> None:
    said = postback(source_app_id=None, source_domain="example.com")
    moved = said | {"source-domain": "example.com\u20631", "fidelity-type": None}
    assert read(ours(), moved) == "malformed"
    moved = said | {"transaction-id": f"{said['transaction-id']}\u2063false"}
    assert read(ours(), moved) == "malformed"


def test_conversion_values_are_not_signed_and_are_bounded() -> None:
    said = postback()
    assert {*UNSIGNED}.isdisjoint(ORDER)
    found = read(ours(), said | {"conversion-value": 63})
    assert isinstance(found, Install)
    assert found.fine_value == 63
    for bad in (
        {"conversion-value": 64},
        {"conversion-value": -1},
        {"coarse-conversion-value": "huge"},
    ):
        assert read(ours(), said | bad) == "malformed"


def test_the_identifier_keeps_its_digits_and_older_campaigns_become_two() -> None:
    def source(said: Json) -> str:
        found = read(ours(), said)
        assert isinstance(found, Install)
        return found.source

    assert source(postback()) == "5239"
    assert source(postback(source_identifier="07")) == "07"
    assert source(postback("3.0", campaign_id=7)) == "07"
    assert source(postback("2.0", campaign_id=100)) == "00"


def test_losers_tests_and_later_windows_say_so() -> None:
    lost = read(ours(), postback(did_win=False, source_app_id=None))
    assert isinstance(lost, Install)
    assert not lost.won
    test = read(ours(), postback(source_app_id=0))
    assert isinstance(test, Install)
    assert test.test
    later = read(ours(), postback(postback_sequence_index=2))
    assert isinstance(later, Install)
    assert later.window == 2


def test_one_transaction_is_one_whatever_else_and_however_written() -> None:
    one = read(ours(), postback())
    again = read(ours(), postback(postback_sequence_index=1))
    upper = read(ours(), postback(transaction_id=postback()["transaction-id"].upper()))
    other = read(ours(), postback(transaction_id="another"))
    assert all(isinstance(each, Install) for each in (one, again, upper, other))
    found = [each.transaction for each in (one, again, upper, other) if isinstance(each, Install)]
    assert found[0] == found[1] == found[2] != found[3]


def test_no_more_are_verified_than_allowed_and_cheap_refusals_cost_nothing() -> None:
    asked = 0

    def allow() -> bool:
        nonlocal asked
        asked += 1
        return False

    assert read(ours(allow), postback()) == "busy"
    for cheap in (
        {"version": "9"},
        {"ad-network-id": "x"},
        {"app-id": "x"},
        {"attribution-signature": "?"},
    ):
        assert read(ours(allow), postback() | cheap) != "busy"
    assert asked == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"[]", b"\xff", b"[" * 100_000, b'{"version":"4.0"}', b'{"version":4}'],
)
def test_what_is_no_postback_is_malformed(body: bytes) -> None:
    with pytest.raises(InvalidPostback, match="malformed"):
        ours().read(body, NOW_S)
