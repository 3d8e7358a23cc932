"""Requests, impressions and clicks that come from no person are told apart, and by which rule."""

from typing import Any

import msgspec
import pytest

from adapters.context.crawlers import KnownCrawlers
from adserver.domain.networks import Networks, network
from adserver.domain.notice import Kind
from adserver.domain.reasons import Reason
from adserver.validity.judge import ContactJudge, Lists, RequestJudge
from adserver.validity.rates import RateTable
from tests.unit.endpoints.desk import NOW_S, TICKET

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CLOUD, HOME = "198.51.100.9", "203.0.113.9"
KNOWN = KnownCrawlers()
LISTS = [
    Lists("clouds", Networks([network("198.51.100.0/24"), network("2001:db8:c::/48")])),
    Lists("proxies", Networks([network("192.0.2.0/24")])),
]


def rates(limit: int) -> RateTable:
    return RateTable(limit, 60, b"salt")


def still() -> float:
    return 100.0


def requests(**rules: Any) -> RequestJudge:
    return RequestJudge(**rules, monotonic=still)


def test_a_crawler_is_known_by_its_user_agent() -> None:
    judge = requests(crawlers=KNOWN)
    assert judge.judge(CRAWLER, [], "") is Reason.CRAWLER
    assert judge.judge(BROWSER, [], "") is None
    assert judge.judge("", [], "") is None


@pytest.mark.parametrize("address", [CLOUD, "2001:db8:c::7", "192.0.2.255", "::ffff:198.51.100.1"])
def test_a_listed_network_is_refused(address: str) -> None:
    judge = requests(lists=LISTS)
    assert judge.judge(BROWSER, [address], "") is Reason.NETWORK
    assert judge.judge(BROWSER, [HOME, address], "") is Reason.NETWORK
    assert judge.judge(BROWSER, [HOME, "2001:db8::1", "nonsense"], "") is None


def test_an_id_that_asks_too_often_is_no_person() -> None:
    judge = requests(per_id=rates(3))
    assert [judge.judge("", [], "ifa\0x") for _ in range(4)] == [None] * 3 + [Reason.NON_HUMAN]
    assert judge.judge("", [], "ifa\0y") is None
    assert judge.judge("", [], "") is None


def test_a_household_is_one_address_or_half_of_a_long_one() -> None:
    judge = requests(per_address=rates(2))
    for last in range(2):
        assert judge.judge("", [f"2001:db8:1:2::{last}"], "") is None
    assert judge.judge("", ["2001:db8:1:2:ffff::1"], "") is Reason.NON_HUMAN
    assert judge.judge("", ["2001:db8:1:3::1"], "") is None
    for _ in range(2):
        assert judge.judge("", [HOME], "") is None
    assert judge.judge("", [HOME], "") is Reason.NON_HUMAN


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.1", "100.64.9.9", "127.0.0.1", "fd00::1", "::1"])  # fmt: skip
def test_addresses_that_many_share_have_no_rate(address: str) -> None:
    judge = requests(per_address=rates(1))
    assert [judge.judge("", [address], "") for _ in range(5)] == [None] * 5


def test_explaining_counts_nothing_and_sees_what_was_counted() -> None:
    judge = requests(per_id=rates(2))
    looking = judge.looking()
    assert [looking.judge("", [], "x") for _ in range(5)] == [None] * 5
    assert [judge.judge("", [], "x") for _ in range(2)] == [None] * 2
    assert looking.judge("", [], "x") is Reason.NON_HUMAN


def test_nothing_is_looked_at_that_no_rule_asks_for() -> None:
    judge = requests(crawlers=KNOWN)
    assert not judge.asks_id
    assert not judge.asks_address
    assert requests(lists=LISTS).asks_address
    assert requests(per_id=rates(1)).asks_id


def contact(judge: ContactJudge, kind: Kind = "impression", **given: Any) -> str:
    usual = {"ticket": TICKET, "now_s": NOW_S, "user_agent": BROWSER, "address": HOME}
    return judge.judge(kind, **{**usual, **given})


def test_a_contact_names_the_rule_that_it_breaks() -> None:
    judge = ContactJudge(crawlers=KNOWN, lists=LISTS, fastest_click_ms=300, monotonic=still)
    assert contact(judge) == ""
    assert contact(judge, user_agent=CRAWLER) == "crawlers"
    assert contact(judge, address=CLOUD) == "networks/clouds"
    assert contact(judge, address="192.0.2.1") == "networks/proxies"
    assert contact(judge, address="unknown", user_agent="") == ""
    assert judge.rules == ("crawlers", "networks/clouds", "networks/proxies", "fast_clicks")


def test_a_click_sooner_than_a_person_can_is_marked_to_the_millisecond() -> None:
    judge = ContactJudge(fastest_click_ms=300, monotonic=still)
    ticket = msgspec.structs.replace(TICKET, at_s=NOW_S, at_ms=500)
    for after_ms, rule in ((0, "fast_clicks"), (299, "fast_clicks"), (301, ""), (60_000, "")):
        now_s = NOW_S + (500 + after_ms) / 1_000
        assert contact(judge, "click", ticket=ticket, now_s=now_s) == rule
        assert contact(judge, "impression", ticket=ticket, now_s=now_s) == ""
    assert contact(judge, "click", ticket=ticket, now_s=NOW_S) == "", "the clock was set back"


def test_repeated_clicks_are_counted_per_person_and_per_address() -> None:
    judge = ContactJudge(per_person=rates(2), per_address=rates(4), monotonic=still)
    assert [contact(judge, "click") for _ in range(3)] == ["", "", "clicks_per_person"]
    nobody = msgspec.structs.replace(TICKET, person=b"")
    assert contact(judge, "click", ticket=nobody) == ""
    assert contact(judge, "click", ticket=nobody) == "clicks_per_address"
    assert contact(judge, "click", ticket=nobody, address="127.0.0.1") == ""
    assert contact(judge, "impression") == ""


def test_a_machines_clicks_count_for_its_rate_too() -> None:
    judge = ContactJudge(crawlers=KNOWN, per_person=rates(2), monotonic=still)
    assert [contact(judge, "click", user_agent=CRAWLER) for _ in range(2)] == ["crawlers"] * 2
    assert contact(judge, "click") == "clicks_per_person"
