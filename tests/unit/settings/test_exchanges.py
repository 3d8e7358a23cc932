"""What an operator says of an exchange, and what its dialect says where they say nothing."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.exchanges import DIALECTS
from adserver.domain.exchange import ExchangeTerms, Macros
from adserver.errors import InvalidConfig
from adserver.settings.exchanges import Exchange, exchange_problems

KEYS = {"price_keys": "keys"}


def exchange(**fields: Any) -> Exchange:
    """Return an exchange's settings as the file says them."""
    return msgspec.convert({"name": "one", **fields}, Exchange, strict=True)


def problems(**fields: Any) -> dict[str, str]:
    """Return what is wrong, by path."""
    return dict(exchange_problems([exchange(**fields)], {"USD"}))


def test_without_a_dialect_the_standard_s_terms_hold() -> None:
    assert exchange().terms() == ExchangeTerms(name="one")


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_fills_what_the_operator_did_not_say(name: str) -> None:
    terms = exchange(dialect=name).terms()
    for field, value in DIALECTS[name].defaults.items():
        assert getattr(terms, field) == value, field
    assert terms.dialect == name


def test_what_the_operator_says_goes_before_the_dialect() -> None:
    said = exchange(
        dialect="openx", billable_video="win", notices=[], default_tmax_ms=80, macros={"click": "{clickurl}"}, **KEYS
    )  # fmt: skip
    terms = said.terms()
    assert (terms.billable_video, terms.billable_banner, terms.notices, terms.default_tmax_ms) == (
        "win", "impression", (), 80,
    )  # fmt: skip
    price = "${AUCTION_PRICE:OXCRYPT}"
    assert terms.macros == Macros(
        price=price, markup_price=price, vast_price=price, click="{clickurl}"
    )


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ({"dialect": "klingon"}, "dialect", "there are openrtb, google, openx, prebid"),
        ({"dialect": "google"}, "price_keys", "nothing would ever settle"),
        ({"dialect": "openx"}, "price_keys", "nothing would ever settle"),
        ({"price_keys": "keys"}, "price_keys", "openrtb does not send"),
        ({"price_scale": "mille"}, "price_scale", "openrtb does not send"),
        ({"dialect": "prebid", "price_skew_s": 5}, "price_skew_s", "prebid does not send"),
        ({"dialect": "google", "price_skew_s": -1, **KEYS}, "price_skew_s", "between 0"),
        ({"dialect": "google", "billable_video": "impression", **KEYS}, "macros.vast_price", "has to be told"),
        ({"macros": {"markup_price": ""}, "billable_native": "impression"}, "macros.markup_price", "has to be told"),
        ({"macros": {"price": "<script>"}}, "macros.price", "is no macro"),
        ({"macros": {"click": 'x" onload="'}}, "macros.click", "is no macro"),
        ({"macros": {"loss": "é"}}, "macros.loss", "is no macro"),
        ({"macros": {"loss": "x" * 201}}, "macros.loss", "is no macro"),
        ({"currencies": ["EUR"]}, "currencies", "no rate"),
    ],
)  # fmt: skip
def test_every_fault_names_its_path(fields: dict[str, Any], path: str, message: str) -> None:
    found = problems(**fields)
    assert list(found) == [f"$.exchanges[0].{path}"]
    assert message in found[f"$.exchanges[0].{path}"]


def test_sums_of_money_may_be_nonsense_and_every_fault_is_told_all_the_same() -> None:
    nan = float("nan")
    found = problems(max_cpm=nan, keep_percent=nan, hourly_ceiling=nan, dialect="google")
    assert set(found) == {
        f"$.exchanges[0].{each}" for each in ("max_cpm", "keep_percent", "hourly_ceiling", "price_keys")
    }  # fmt: skip


def test_an_exchange_s_words_for_third_parties_and_subjects_are_whole_numbers() -> None:
    said = exchange(vendor_numbers={755: 152}, restricted_numbers={"alcohol": 34})
    assert said.vendor_numbers == {755: 152}
    with pytest.raises(msgspec.ValidationError):
        exchange(restricted_numbers={"boredom": 1})
    with pytest.raises(msgspec.ValidationError):
        exchange(macros={"prize": "x"})


def test_a_missing_file_of_keys_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="price_keys") as caught:
        exchange(dialect="google", **KEYS).speak(tmp_path, "$.exchanges[3]")
    assert [fault.path for fault in caught.value.faults] == ["$.exchanges[3].price_keys"]
