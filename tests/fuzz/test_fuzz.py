"""What was once found stays found, and a moment of blind mutation of every target; coverage is `make fuzz`'s."""

import base64
import json
import os
import time
from functools import partial
from importlib import import_module, util
from pathlib import Path
from random import Random
from timeit import timeit

import pytest

from tests.fuzz.__main__ import TARGETS, fuzz
from tests.fuzz.target import ROOT, Target

CASES = ROOT / "tests/cases/fuzz"
MOMENT_S = 0.4
SLOW_S = 0.25
"""No input may take longer, by the processor's time."""


def _target(name: str) -> Target:
    target: Target = import_module(f"tests.fuzz.targets.{name}").TARGET
    return target


@pytest.mark.parametrize("file", sorted(CASES.rglob("*.json")), ids=lambda file: file.stem)
def test_what_was_found_once_is_mended(file: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    assert next(iter(case)) == "why"
    _target(file.parent.name).check(base64.b64decode(case["base64"]))


@pytest.mark.parametrize("name", TARGETS)
def test_parsers_keep_their_word_whatever_comes(name: str) -> None:
    target, dice = _target(name), Random(7)
    seeds = [seed[: target.max_bytes] for seed in target.seeds()]
    assert seeds
    for seed in seeds:
        target.check(seed)
    ends = time.monotonic() + MOMENT_S
    while time.monotonic() < ends:
        data = _mutated(dice.choice(seeds), seeds, dice)[: target.max_bytes]
        if _seconds(target, data) > SLOW_S:  # what is so by itself is so again
            assert min(_seconds(target, data) for _ in range(3)) < SLOW_S, data


def _seconds(target: Target, data: bytes) -> float:
    return timeit(partial(target.check, data), number=1, timer=time.process_time)


def test_a_run_with_coverage_executes_and_sees_branches(tmp_path: Path) -> None:
    if util.find_spec("atheris") is None and os.environ.get("CI") != "true":
        pytest.skip("atheris has no wheel for this machine: no coverage to fuzz with")
    run = fuzz("price", tmp_path, 1)
    assert (run.failed, run.found) == ("", ())
    assert run.executions > 1_000
    assert run.branches > 10


def _mutated(seed: bytes, seeds: list[bytes], dice: Random) -> bytes:
    data = bytearray(seed)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(7):
            case 0 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 1 if at < len(data):
                data[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, dice.randrange(256)))
            case 2:
                del data[at : at + dice.randint(1, 30)]
            case 3:
                data[at:at] = dice.randbytes(dice.randint(1, 8))
            case 4:
                other = dice.choice(seeds)
                data[at:] = other[dice.randrange(len(other) + 1) :]
            case 5:
                data[at:at] = data[max(0, at - dice.randint(1, 40)) : at] * dice.choice((1, 2, 50))
            case _:
                del data[at:]
    return bytes(data)
