"""CPU time of reading privacy strings: `python -m tests.bench.bench_consent`. The bar is 10 us.

Prints microseconds per string: the best of several rounds, so that a noisy machine flatters nobody; and those of
decoding a bid request, to compare machines by. With the corpus (`ADSERVER_CORPUS`) also the means over all strings of
the official encoders.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from adserver.openrtb.codec import decode
from adserver.privacy.gpp import read_gpp, read_gpp_anew
from adserver.privacy.gpp_canada import read_canada, read_canada_anew
from adserver.privacy.gpp_header import sections
from adserver.privacy.legal_bases import Registration, allowed
from adserver.privacy.rules import Rules
from adserver.privacy.tcf import read_consent
from tests.bench.bench_openrtb import REQUEST
from tests.oracles.gpp_writing import canada, gpp, us_section
from tests.unit.privacy import vectors

NOW_S = 1_795_000_000
ROUNDS, CALLS = 9, 4_000
US = 755
Call = Callable[[], object]


def kinds() -> Mapping[str, Sequence[tuple[Call, Call]]]:
    """Return by kind of string how it is read anew and again, one pair for each string."""
    section = vectors.vendor_bits(range(1, 1_000, 2))
    disclosing = vectors.core(
        created=vectors.today(), policy=5, consents=section, interests=section
    )
    ranges = [(first, first + 2) for first in range(1, 1_000, 20)]
    ranged = vectors.core(
        consents=vectors.vendor_ranges(ranges[:25]), restrictions=[(4, 0, [(3, 9)])]
    )
    national, california = us_section(7, {}, 2), us_section(8, {})
    found = {
        "TCF, 1,000 vendors, bit fields, disclosed": [
            _tcf(f"{disclosing}.{vectors.disclosed(section)}")
        ],
        "TCF, 25 ranges and a restriction": [_tcf(ranged)],
        "TCF, 50 ranges": [_tcf(vectors.core(consents=vectors.vendor_ranges(ranges)))],
        "TCF, unreadable": [_tcf("CPxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")],
        "GPP, national section": [_gpp(gpp({7: national}), (7,))],
        "GPP, national and Californian section": [_gpp(gpp({7: national, 8: california}), (7, 8))],
        "GPP, Canadian section, 40 vendors": [_canada(canada(express=[(3, 40)], implied=[(2, 9)]))],
    }
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        found["TCF, the corpus"] = [
            _tcf(each["tcString"])
            for each in _corpus(root, "tcf_generated_with_iabtcf-core-encoder.json")
        ]
        found["GPP, the corpus"] = [
            _gpp(each["gppString"], sections(each["gppString"].split("~")[0]))
            for each in _corpus(root, "gpp_generated_with_iabgpp-cmpapi-encoder.json")
        ]
    return found


def _corpus(root: str, name: str) -> Iterator[dict[str, str]]:
    yield from json.loads(Path(root, "privacy", name).read_text("utf-8"))


def _tcf(text: str) -> tuple[Call, Call]:
    rules = Rules(US)
    return partial(read_consent, text, US), partial(rules.by_tcf, text, NOW_S)


def _gpp(text: str, wanted: tuple[int, ...]) -> tuple[Call, Call]:
    return partial(read_gpp_anew, text, wanted), partial(read_gpp, text, wanted)


def _canada(text: str) -> tuple[Call, Call]:
    return partial(read_canada_anew, text, US), partial(read_canada, text, US)


def main() -> None:
    """Print one line per kind of string."""
    for name, calls in kinds().items():
        anew, again = best_us([call for call, _ in calls]), best_us([call for _, call in calls])
        print(f"{name:45} {anew:6.2f} us, the same again {again:5.2f} us")
    consent = read_consent(vectors.core(restrictions=[(2, 2, [(1, 900)])]), US)
    numbers = frozenset(range(1, 12))
    registration = Registration(consent=numbers, flexible=numbers)
    print(
        f"{'what it allows, with a restriction':45} {best_us([lambda: allowed(consent, registration)]):6.2f} us"
    )
    body = json.dumps(REQUEST).encode()
    print(f"{'decoding a bid request, to compare':45} {best_us([lambda: decode(body)]):6.2f} us")


def best_us(calls: Sequence[Call]) -> float:
    """Return microseconds a call, all of these in turns, in the best of several rounds."""
    best = float("inf")
    rounds = max(1, CALLS // len(calls))
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(rounds):
            for call in calls:
                with suppress(ValueError):
                    call()
        best = min(best, time.process_time() - started)
    return best / rounds / len(calls) * 1e6


if __name__ == "__main__":
    main()
