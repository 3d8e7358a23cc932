"""Our matching says what the public patterns say, in a time that nobody can stretch."""

import re
import time
from collections.abc import Iterator
from timeit import repeat

import pytest
import yaml
from crawlerdetect import CrawlerDetect
from crawlerdetect.providers.crawlers import data as patterns
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.context.crawlers import MAX_CHARS, KnownCrawlers
from tests.corpus.corpus import corpus

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Mobile Safari/537.36",
    "Roku/DVP-12.0 (12.0.0.4182-88)",
    "MyApp/3.1 CFNetwork/1408.0.4 Darwin/22.5.0",
)
CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
    "curl/8.5.0", "python-requests/2.31", "Java/17.0.1", "facebookexternalhit/1.1", "HeadlessChrome Not-A.Brand",
)  # fmt: skip
known = KnownCrawlers()
reference = CrawlerDetect()


def judged_by_the_package(user_agent: str) -> bool:
    return bool(reference._check_crawler(user_agent.strip())[0])


@pytest.mark.parametrize("user_agent", BROWSERS)
def test_people_are_no_crawlers(user_agent: str) -> None:
    assert not known.is_crawler(user_agent)


@pytest.mark.parametrize("user_agent", CRAWLERS)
def test_crawlers_are_found(user_agent: str) -> None:
    assert known.is_crawler(user_agent)


def _real() -> Iterator[str]:
    for name in ("test_ua.yaml", "test_os.yaml", "podcasting_user_agent_strings.yaml"):
        text = corpus("device/uap-core", name).read_text("utf-8")
        cases = yaml.load(text, yaml.CSafeLoader)["test_cases"]
        yield from (case["user_agent_string"] or "" for case in cases)


def test_real_user_agents_are_judged_as_the_package_judges_them() -> None:
    """Some of them: the package takes most of a millisecond for each. The bench compares all 18,000."""
    real = sorted(set(_real()))[::5]
    assert len(real) > 250
    wrong = [each for each in real if known.judge(each) != judged_by_the_package(each)]
    assert wrong == []


def test_every_public_pattern_is_found() -> None:
    """A text made from each pattern; those that are more than letters have one of their own among `CRAWLERS`."""
    plain = [each for each in patterns if re.fullmatch(r"\^?(?:[\w -]|\\/)+", each)]
    assert len(plain) > 1_000
    texts = [each.removeprefix("^").replace("\\/", "/") for each in plain]
    wrong = [text for text in texts if known.judge(text) != judged_by_the_package(text)]
    assert wrong == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*(each.split("/")[0] for each in CRAWLERS), "Chrome/1.0", "Safari", "bot"]),
            st.text(st.characters(codec="ascii"), max_size=6),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_any_text_is_judged_as_the_package_judges_it(parts: list[str]) -> None:
    """Joined by spaces: where the package cuts a browser's name out of a word, it may join others."""
    text = " ".join(parts)
    assert known.judge(text) == judged_by_the_package(text)


def test_a_text_of_our_own_makes_nobody_a_crawler() -> None:
    assert known.is_crawler("okhttp/4.9.2")
    assert not KnownCrawlers(["OkHttp"]).is_crawler("okhttp/4.9.2")
    assert KnownCrawlers(["", " "]).is_crawler("okhttp/4.9.2")


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert known.is_crawler("x" * (MAX_CHARS - 20) + " Googlebot")
    assert not known.is_crawler("x" * MAX_CHARS + " Googlebot")


@pytest.mark.parametrize(
    "text", ["a" * 512, "a-" * 256, "bot " * 128, "java" * 128, "Opera Mini/1" * 42, "\ud800" * 512]
)
def test_hostile_texts_take_no_longer_than_a_request(text: str) -> None:
    """The package takes longer for the first, and more so the longer it is."""
    took = repeat(lambda: known.judge(text), number=1, timer=time.process_time)
    assert min(took) < 0.02
