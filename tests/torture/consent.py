"""R11: privacy strings, whole and damaged, read as the official libraries read them, and quickly.

Half of the strings are damaged. Each TCF string is asked for several vendors. Where ours may refuse what a library
reads, and why, is said in `tests/oracles/*_agreement.py`.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from statistics import median
from typing import Any, NamedTuple

from adserver.openrtb.codec import decode
from adserver.privacy.gpp import CANADA, read_gpp_anew
from adserver.privacy.gpp_canada import read_canada_anew
from adserver.privacy.gpp_header import sections
from adserver.privacy.tcf import read_consent
from tests.bench.bench_openrtb import REQUEST
from tests.oracles import gpp_agreement, strings, tcf_agreement
from tests.oracles.gpp_writing import gpp, us_section
from tests.oracles.official import Official
from tests.torture.figures import Box, Figure, Scale, none_of
from tests.unit.privacy import truth_table, vectors

DECODE_US = 10.0
DECODE_TIMES = 3.0
"""The same bar in decodings of a bid request, which took 3.4 us where it was set: it holds on any machine."""
HOSTILE_MS = 50.0
DAMAGED = 0.5
TCF_SHARE = 0.6
US = 755


class Asked(NamedTuple):
    """A string, and what was asked of it."""

    text: str
    vendors: tuple[int, ...]
    tcf: bool

    def question(self) -> dict[str, Any]:
        """Return it as `consent/driver.mjs` wants it."""
        return {"tcf": self.text, "vendors": self.vendors} if self.tcf else {"gpp": self.text}


class Compared(NamedTuple):
    """What came of it."""

    strings: int
    read: int
    """Of them, read by the library, whole or in parts."""
    exhausted: int
    """The library did not come to an end: some strings list numbers by the million."""
    slowest_ms: float
    """What the slowest of those took us, process time."""
    wrong: list[str]


def run(scale: Scale) -> list[Figure]:
    """Compare strings, then the truth table, then measure; raises `Missing` without Node.js."""
    wanted = scale.count(100_000, 1_500)
    compared = compare(Random(scale.seed), wanted, scale.time(0.9))
    table = truth_table.disagreements()
    return [
        none_of("R11", f"strings read otherwise than by the official libraries, which read {compared.read:,}",
                compared.strings, compared.wrong),
        Figure("R11", f"slowest of {compared.exhausted:,} strings on which the library did not come to an end",
               f"{compared.slowest_ms:.1f} ms", f"<= {HOSTILE_MS:.0f} ms", compared.slowest_ms <= HOSTILE_MS),
        none_of("R11", "rows of the truth table decided otherwise", truth_table.rows(), table),
        *_speed_figures(scale),
    ]  # fmt: skip


def _speed_figures(scale: Scale) -> Iterator[Figure]:
    took_us, request_us = speed()
    times = took_us / request_us
    what = f"reading a string of the slowest kind, beside decoding a bid request ({took_us:.1f} and {request_us:.1f} us)"
    yield Figure(
        "R11", what, f"{times:.2f} times", f"<= {DECODE_TIMES} times", times <= DECODE_TIMES
    )
    if scale.full:  # what an ordinary machine takes, which that of a test need not be
        yield Figure(
            "R11", "reading a string of the slowest kind, process time",
            f"{took_us:.1f} us", f"<= {DECODE_US:.0f} us", took_us <= DECODE_US,
        )  # fmt: skip


def compare(dice: Random, wanted: int, box: Box) -> Compared:
    """Ask the libraries and ourselves about so many strings, or as many as there is time for."""
    asked: list[Asked] = []
    count = read = exhausted = 0
    slowest_s = 0.0
    wrong: list[str] = []

    def questions() -> Iterator[dict[str, Any]]:
        for one in _strings(dice):
            if len(asked) == wanted or box.over():
                return
            asked.append(one)
            yield one.question()

    with Official() as official:
        for answer in official.ask(questions()):
            one = asked[count]
            count += 1
            if answer == "exhausted":
                exhausted += 1
                slowest_s = max(slowest_s, _alone_s(one))
                continue
            read += _was_read(one, answer)
            wrong += [f"{found}: {one.text!r}" for found in _wrong(one, answer)]
    return Compared(count, read, exhausted, slowest_s * 1e3, wrong)


def _strings(dice: Random) -> Iterator[Asked]:
    """Yield for ever; damaged ones take parts from those before."""
    before = {True: strings.tcf(dice), False: strings.gpp(dice)}
    while True:
        tcf = dice.random() < TCF_SHARE
        whole = strings.tcf(dice) if tcf else strings.gpp(dice)
        damaged = dice.random() < DAMAGED
        text = strings.damaged(dice, whole, before[tcf]) if damaged else whole
        before[tcf] = whole
        vendors = (1, dice.randint(1, strings.HIGHEST_VENDOR), dice.randint(1, 90), 65_535)
        yield Asked(text, vendors, tcf)


def _alone_s(one: Asked) -> float:
    """Return how long we take over a string."""
    began = time.process_time()
    with suppress(ValueError):
        if one.tcf:
            read_consent(one.text, one.vendors[0])
        else:
            header, *texts = one.text.split("~")
            held = sections(header)
            read_gpp_anew(one.text, tuple(section for section in held if section != CANADA))
            read_canada_anew(texts[held.index(CANADA)], one.vendors[0])
    return time.process_time() - began


def _was_read(one: Asked, answer: Any) -> bool:
    return answer is not None if one.tcf else any(answer["sections"].values())


def _wrong(one: Asked, answer: Any) -> list[str]:
    if not one.tcf:
        return [
            found
            for vendor in one.vendors[1:3]
            for found in gpp_agreement.disagreements(one.text, vendor, answer)
        ]
    of_vendors = answer["vendors"] if answer else [None] * len(one.vendors)
    found = (
        tcf_agreement.disagreement(one.text, vendor, answer, of_vendor)
        for vendor, of_vendor in zip(one.vendors, of_vendors, strict=True)
    )
    return [each for each in found if each]


def speed() -> tuple[float, float]:
    """Return microseconds of the slowest kind of string, read anew, and of decoding a bid request, in turns."""
    odd = list(range(1, 1_000, 2))
    recent = vectors.core(
        created=vectors.today(),
        policy=5,
        consents=vectors.vendor_bits(odd),
        interests=vectors.vendor_bits(odd),
    )
    disclosing = f"{recent}.{vectors.disclosed(vectors.vendor_bits([*odd, US]))}"
    ranges = [(first, first + 2) for first in range(1, 500, 20)]
    ranged = vectors.core(consents=vectors.vendor_ranges(ranges), restrictions=[(4, 0, [(3, 9)])])
    states = gpp({7: us_section(7, {}, 2), 8: us_section(8, {})})
    kinds: tuple[Callable[[], object], ...] = (
        lambda: read_consent(disclosing, US), lambda: read_consent(ranged, US), lambda: read_gpp_anew(states, (7,)),
    )  # fmt: skip
    body = json.dumps(REQUEST).encode()
    rounds = [[_us(kind) for kind in (*kinds, lambda: decode(body))] for _ in range(9)]
    best = [min(times) for times in zip(*rounds, strict=True)]
    return max(best[:-1]), best[-1]


def _us(call: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(300):
            call()
        times.append(time.process_time() - began)
    return median(times) / 300 * 1e6
