"""User agents of crawlers, by the public patterns of CrawlerDetect (MIT), matched our own way.

The package joins its 1,462 patterns into one regular expression, which takes some 0.2 ms for an ordinary browser,
and some 30 ms for 512 letters that a stranger chose (`python -m tests.bench.bench_validity` prints both). Here each
pattern is found by three letters in a row that all of its matches have: a user agent is cut into its triples, and only
patterns whose triple is among them are tried.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from crawlerdetect.providers.crawlers import data as patterns
from crawlerdetect.providers.exclusions import data as exclusions

MAX_CHARS = 512
"""No more of a user agent is looked at; those of people are shorter."""
REMEMBERED = 8_192
"""So many user agents are remembered with their verdicts: some 3 MB of usual ones, never more than 20 MB."""
TRIPLE = 3

_RUN_BEFORE_WORDS = re.compile(r"\[[^]]*\]\*(?=\([\w|]+\)$)")
"""`[a-z]*(bot|spider)` finds what `(bot|spider)` finds, and takes the square of the time."""
_WORDS = re.compile(r"\(([\w|]+)\)")
_TOKEN = re.compile(
    r"\\(?P<escaped>[^\w\s])|\\.|\[[^]]*\]|\([^()]*\)|(?P<letter>[^\\\[\](){}?*+.|^$])|."
)

Test = Callable[[str], object]


class KnownCrawlers:
    """A `Crawlers`; verdicts are remembered, in this process's memory only."""

    def __init__(self, but: Iterable[str] = ()) -> None:
        """`but` are texts that make a user agent nobody's crawler, whatever else it says."""
        self._but = tuple(each.lower() for each in but if each.strip())
        self._by_triple, self._others = _index(patterns)
        self._triples = self._by_triple.keys()
        self._exclusions = re.compile("|".join(exclusions), re.IGNORECASE)
        self._remembered = lru_cache(REMEMBERED)(self.judge)

    def is_crawler(self, user_agent: str) -> bool:
        """Tell whether this is a crawler's."""
        if len(user_agent) > MAX_CHARS:
            user_agent = user_agent[:MAX_CHARS]
        return self._remembered(user_agent)

    def judge(self, user_agent: str) -> bool:
        """Tell the same, without remembering it and without a bound."""
        text = user_agent.strip()
        low = text.lower()
        found = {low[at : at + TRIPLE] for at in range(len(low) - TRIPLE + 1)} & self._triples
        tests = [test for triple in found for test in self._by_triple[triple] if test(low)]
        tests += [test for test in self._others if test(low)]
        if not tests or any(each in low for each in self._but):
            return False
        # Names of browsers and devices look like a crawler's in places: is it one without those, too?
        rest = self._exclusions.sub("", text).lower()
        return any(test(rest) for test in tests)


def _index(listed: Iterable[str]) -> tuple[dict[str, list[Test]], list[Test]]:
    """Return tests of lower-case texts by a triple that all their matches have, and those without one."""
    by_triple: dict[str, list[Test]] = {}
    others: list[Test] = []
    for pattern in (alternative for each in listed for alternative in _alternatives(each)):
        runs, plain = _runs(pattern)
        run = max(runs, key=len)
        test = _contains(run) if plain else re.compile(pattern, re.IGNORECASE).search
        triples = [run[at : at + TRIPLE] for at in range(len(run) - TRIPLE + 1)]
        if triples:
            # The emptiest shelf: hundreds would stand on `bot`.
            best = min(triples, key=lambda triple: len(by_triple.get(triple, ())))
            by_triple.setdefault(best, []).append(test)
        else:
            others.append(test)
    return by_triple, others


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield patterns that together find what this one finds."""
    pattern = _RUN_BEFORE_WORDS.sub("", pattern)
    words = _WORDS.fullmatch(pattern)
    if words:
        yield from words[1].split("|")
    elif "(" in pattern or "[" in pattern.partition("|")[0]:
        yield pattern
    else:
        yield from pattern.split("|")


def _runs(pattern: str) -> tuple[list[str], bool]:
    """Return the runs of letters that every match has in it, in lower case; and whether that is all there is."""
    runs, plain = [""], True
    for token in _TOKEN.finditer(pattern):
        letter = token["letter"] or token["escaped"]
        if letter:
            runs[-1] += letter.lower()
            continue
        plain = False
        if token[0] in {"?", "*", "{"}:  # what stands before it may be missing
            runs[-1] = runs[-1][:-1]
        elif token[0] == "|":  # a choice of which we know no side
            return [""], False
        runs.append("")
    return runs, plain


def _contains(run: str) -> Test:
    return lambda text: run in text
