"""Mutate a copy of the project: nothing of the project itself is changed, nothing of the copy is kept."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.fuzz.target import ROOT, memory
from tests.mutation.modules import MODULES
from tests.mutation.outcome import Mutant, Order

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
FOLDERS = ("adserver", "adapters", "models", "loadtest", "tests")
_TURN = re.compile(r"(\d+)/(\d+) ")
_SETTINGS = """
[tool.mutmut]
source_paths = ["adserver", "adapters"]
only_mutate = {modules}
do_not_mutate_patterns = ["_log[.]"]
also_copy = ["models", "loadtest"]
pytest_add_cli_args = ["-p", "tests.mutation.found", "--hypothesis-profile=found", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
timeout_constant = 5.0
timeout_multiplier = 2.0
use_git_change_detection = false
"""


class Equivalent(NamedTuple):
    """A mutant that changes nothing that anybody could see, and why."""

    module: str
    function: str
    before: str
    after: str
    why: str

    def is_of(self, mutant: Mutant) -> bool:
        """Tell whether this is what was changed."""
        return self[:4] == (mutant.module, mutant.function, mutant.before, mutant.after)


class Broken(Exception):
    """The run did not come to its end: what it said last."""


def equivalents() -> list[Equivalent]:
    """Read the list of equivalent mutants."""
    listed = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("mutant", [])
    return [Equivalent(**{key: text.strip() for key, text in each.items()}) for each in listed]


def mutate(
    modules: Sequence[str], order: Order, told: Callable[[int, int], None], root: Path = ROOT
) -> list[Mutant]:
    """Return every mutant of these modules and what became of it. Raises `Broken`.

    `told` is called with how many were tried and how many there are.
    """
    with tempfile.TemporaryDirectory(prefix="mutation-", dir=memory()) as folder:
        copy = Path(folder)
        for name in FOLDERS:
            (copy / name).symlink_to(root / name)  # mutmut copies what is in them
        tests = sorted({file for module in modules for file in MODULES[module]})
        settings = _SETTINGS.format(
            modules=msgspec.json.encode(list(modules)).decode(),
            tests=msgspec.json.encode(tests).decode(),
        )
        (copy / "pyproject.toml").write_text(
            (root / "pyproject.toml").read_text("utf-8") + settings, "utf-8"
        )
        _run(copy, order, told)
        mutants = msgspec.json.decode((copy / "outcome.json").read_bytes(), type=list[Mutant])
    known = equivalents()
    return [
        msgspec.structs.replace(mutant, status="equivalent")
        if mutant.status == "survived" and any(each.is_of(mutant) for each in known)
        else mutant
        for mutant in mutants
    ]


def _run(copy: Path, order: Order, told: Callable[[int, int], None]) -> None:
    said = ""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.child"], cwd=copy, text=True, errors="replace",
        env={**os.environ, "PYTHONHASHSEED": "0", "TMPDIR": str(copy)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        with child.stdin as ordering:
            ordering.write(msgspec.json.encode(order).decode())
        for line in child.stdout:
            said = (said + line)[-4_000:]
            for tried, of in _TURN.findall(line):
                told(int(tried), int(of))
    if child.returncode or not (copy / "outcome.json").exists():
        raise Broken(said)
