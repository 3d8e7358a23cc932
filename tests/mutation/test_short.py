"""A sample of the mutants, and that a survivor would be seen and a list of reasons be true."""

import os
import shutil
from importlib import util
from pathlib import Path

import pytest

from tests.fuzz.target import ROOT
from tests.mutation.__main__ import BAR_PERCENT, tally
from tests.mutation.modules import MODULES
from tests.mutation.outcome import Mutant, Order, Status
from tests.mutation.running import FOLDERS, equivalents, mutate

SAMPLE = 60
FEES = "adserver/domain/fees.py"

pytestmark = pytest.mark.skipif(
    util.find_spec("mutmut") is None and os.environ.get("CI") != "true",
    reason="mutmut is not installed",
)


def test_of_a_sample_of_faults_the_tests_notice_as_many_as_of_all() -> None:
    mutants = mutate(tuple(MODULES), Order(processes=2, sample=SAMPLE), lambda _tried, _of: None)
    assert len(mutants) == SAMPLE
    survived = [mutant for mutant in mutants if mutant.status == "survived"]
    assert tally("all", mutants).percent >= BAR_PERCENT, survived


def test_a_fault_that_no_test_notices_is_told_with_its_place(tmp_path: Path) -> None:
    """Fees without their tests: another module's are too kind to them."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "cases"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for test in MODULES[FEES]:
        (tmp_path / test).write_text(
            "from adserver.domain.campaign import Fees\n"
            "from adserver.domain.fees import media_value\n\n"
            "def test_nothing() -> None:\n    assert media_value(0, Fees()) == 0\n"
        )
    mutants = mutate((FEES,), Order(processes=2), lambda _tried, _of: None, tmp_path)
    whole = tally("all", mutants)
    assert whole.survived > whole.killed > 0
    assert not whole.met
    lines = (ROOT / FEES).read_text("utf-8").splitlines()
    (mutant,) = [each for each in mutants if each.before == "return 0"]
    assert mutant.function == "media_value"
    assert lines[mutant.line - 1].strip() == mutant.before
    assert mutant.after == "return 1"
    assert mutant.status == "killed"


def test_mutants_that_change_nothing_are_few_and_of_lines_that_exist() -> None:
    for each in equivalents():
        assert each.module in MODULES
        assert each.why.endswith(".")
        lines = {line.strip() for line in (ROOT / each.module).read_text("utf-8").splitlines()}
        assert set(each.before.splitlines()) <= lines, f"{each.module}: {each.before} is gone"
    assert len(equivalents()) <= 5 * len(MODULES)


def test_a_module_meets_its_bar_with_nineteen_of_twenty() -> None:
    def some(killed: int, survived: int, equivalent: int = 0) -> list[Mutant]:
        counts: dict[Status, int] = {"killed": killed, "survived": survived, "equivalent": equivalent}  # fmt: skip
        return [
            Mutant("a.py", 1, "f", "x", "y", status)
            for status, count in counts.items()
            for _ in range(count)
        ]

    assert tally("a.py", some(19, 1)).met
    assert not tally("a.py", some(18, 1)).met
    assert tally("a.py", some(19, 1, 9)).percent == 95
    assert tally("a.py", []).met
