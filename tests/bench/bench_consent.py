"""CPU time of reading consent strings: `python -m tests.bench.bench_consent`. The bar is 10 us.

Prints microseconds per string: the best of several rounds, so that a noisy machine flatters nobody.
With the corpus (`ADSERVER_CORPUS`) also the mean over all strings of the official encoder.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from adserver.privacy.tcf import read_anew, read_consent
from tests.unit.privacy import vectors

ROUNDS, CALLS = 9, 4_000
US = 755


def main() -> None:
    """Print one line per kind of string."""
    section = vectors.vendor_bits(range(1, 1_000, 2))
    ranges = [(first, first + 2) for first in range(1, 1_000, 20)]
    kinds = {
        "1,000 vendors, bit fields, disclosed": [
            vectors.core(created=vectors.today(), policy=5, consents=section, interests=section)
            + "."
            + vectors.disclosed(section)
        ],
        "50 ranges and a restriction": [
            vectors.core(consents=vectors.vendor_ranges(ranges), restrictions=[(4, 0, [(3, 9)])])
        ],
        "unreadable": ["CPxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    }
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        file = Path(root, "privacy", "tcf_generated_with_iabtcf-core-encoder.json")
        kinds["the corpus"] = [vector["tcString"] for vector in json.loads(file.read_text())]
    for name, texts in kinds.items():
        anew, again = _best_us(read_anew, texts), _best_us(read_consent, texts)
        print(f"{name:40} {anew:6.2f} us, the same again {again:5.2f} us")


def _best_us(read: Callable[[str, int], object], texts: list[str]) -> float:
    best = float("inf")
    rounds = max(1, CALLS // len(texts))
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(rounds):
            for text in texts:
                with suppress(ValueError):
                    read(text, US)
        best = min(best, time.process_time() - started)
    return best / rounds / len(texts) * 1e6


if __name__ == "__main__":
    main()
