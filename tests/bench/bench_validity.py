"""Print what telling people from machines costs, and remembers: `python -m tests.bench.bench_validity`.

With `ADSERVER_CORPUS` it also compares our matching of crawlers with the package's on 18,000 real user agents.
"""

import ipaddress
import os
import random
import time
import timeit
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import yaml
from crawlerdetect import CrawlerDetect

from adapters.context.crawlers import MAX_CHARS, KnownCrawlers
from adapters.context.maxmind import Config
from adserver.domain.marks import Mark, Marks
from adserver.domain.networks import Networks, network, packed
from adserver.domain.week import DAY_S
from adserver.endpoints.suspicion import suspect
from adserver.openrtb.codec import decode
from adserver.validity.judge import Lists, RequestJudge
from adserver.validity.rates import MOST, RateTable

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
HOSTILE = "a" * MAX_CHARS
HOME = "203.0.113.9"
LISTED = 50_000
REQUEST = (
    b'{"id":"1","imp":[{"id":"1","banner":{"w":300,"h":250}}],"user":{"buyeruid":"somebody"},'
    b'"device":{"ua":"' + BROWSER.encode() + b'","ip":"203.0.113.9"}}'
)


def nanoseconds(call: Callable[[], object], number: int = 50_000) -> float:
    """Return the best of five rounds, nanoseconds a call."""
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e9


def crawlers() -> None:
    """Print what a user agent costs, known and unknown, ours and the package's."""
    ours, package = KnownCrawlers(), CrawlerDetect()
    ours.is_crawler(BROWSER)
    package._check_crawler(BROWSER)
    print(f"a known user agent {nanoseconds(lambda: ours.is_crawler(BROWSER)):.0f} ns")
    for name, text in (("an ordinary browser", BROWSER), ("512 hostile letters", HOSTILE)):
        mine = nanoseconds(lambda text=text: ours.judge(text), 200) / 1e3  # type: ignore[misc]  # bound now
        began = time.perf_counter()
        package._check_crawler(text)
        theirs = (time.perf_counter() - began) * 1e6
        print(f"{name}, not seen before: {mine:.0f} us, by the package {theirs:,.0f} us")


def real_user_agents(corpus: Path) -> None:
    """Print how often we disagree with the package."""
    ours, package = KnownCrawlers(), CrawlerDetect()
    agents = {
        case["user_agent_string"] or ""
        for file in sorted(corpus.glob("device/uap-core/*.yaml"))
        for case in yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)["test_cases"]
    }
    wrong = [
        each for each in agents if ours.judge(each) != bool(package._check_crawler(each.strip())[0])
    ]
    print(f"judged otherwise than by the package: {len(wrong)} of {len(agents):,} real user agents")


def networks(corpus: Path | None) -> RequestJudge:
    """Print what an address costs, and return a judge with every rule on."""
    dice = random.Random(7)
    texts = {
        f"{ipaddress.IPv4Address(dice.getrandbits(32) & 0xFFFFFF00)}/{dice.choice((24, 26, 28))}"
        for _ in range(LISTED)
    }
    listed = Networks(map(network, texts))
    address = packed(HOME)
    assert address is not None
    print(f"reading an address {nanoseconds(lambda: packed(HOME)):.0f} ns")
    print(
        f"looking it up among {len(texts):,} networks {nanoseconds(lambda: address in listed):.0f} ns"
    )
    if corpus is not None:
        anonymous = Config(name="m", path="GeoIP2-Anonymous-IP-Test.mmdb").build(
            corpus / "device/mmdb"
        )
        print(
            f"looking it up in a MaxMind database {nanoseconds(lambda: address in anonymous):.0f} ns"
        )
    return RequestJudge(
        crawlers=KnownCrawlers(),
        lists=[Lists("clouds", listed)],
        per_id=RateTable(10**6, 60, b"s"),
        per_address=RateTable(10**6, 60, b"s"),
        monotonic=time.monotonic,
    )


def rates() -> None:
    """Print what counting one more costs, and what a full table takes."""
    table = RateTable(10**6, 60, b"s" * 16)
    who = b"somebody"
    print(f"counting somebody {nanoseconds(lambda: table.exceeds(who, time.monotonic())):.0f} ns")
    tracemalloc.start()
    full = RateTable(10, 60, b"s" * 16)
    for number in range(2 * MOST):
        full.exceeds(number.to_bytes(8), 1.0)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"a full table: {len(full):,} remembered in {taken / 1e6:.0f} MB, {taken / len(full):.0f} B each"
    )


def books() -> None:
    """Print what the owner keeps of one line item, kind, rule and day."""
    tracemalloc.start()
    marks, count = Marks(), 100_000
    for line_item in range(count):
        marks.count(Mark((1 << 62) + line_item, "crawlers", 20_000 * DAY_S), "impression", 1)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"the books: {taken / count:.0f} B for each line item, kind, rule and day")


def requests(everything: RequestJudge) -> None:
    """Print the whole cost on the request path, by what is switched on."""
    request = decode(REQUEST).request
    usual = RequestJudge(crawlers=KnownCrawlers(), monotonic=time.monotonic)
    for name, judge in (("as delivered (crawlers)", usual), ("every rule on", everything)):
        cost = nanoseconds(lambda judge=judge: suspect(judge, request, identified=True))  # type: ignore[misc]  # bound now
        print(f"a request, {name}: {cost:.0f} ns")


if __name__ == "__main__":
    root = os.environ.get("ADSERVER_CORPUS")
    folder = Path(root) if root else None
    crawlers()
    judge_of_all = networks(folder)
    rates()
    books()
    requests(judge_of_all)
    if folder is not None:
        real_user_agents(folder)
