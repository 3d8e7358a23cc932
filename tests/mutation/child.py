"""The process in which mutmut works: `python -m tests.mutation.child`, in a copy of the project with settings for mutmut.

Reads an order (`Order`) from standard input; leaves `outcome.json`.
"""

import ast
import resource
import sys
from pathlib import Path
from random import Random

import msgspec
from mutmut.__main__ import _run, collect_source_file_mutation_data, create_mutants
from mutmut.mutation.diff_apply import get_diff_for_mutant, read_functions_from_index
from mutmut.mutation.mutators import mutation_operators
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from tests.mutation.operators import OPERATORS
from tests.mutation.outcome import Mutant, Order, Status

OUTCOME = "outcome.json"
MOST_BYTES = 3 << 30
"""A mutant may loop for ever and remember it; its tests fail before the machine does."""
_STATUS: dict[str, Status] = {
    "killed": "killed",
    "check was interrupted by user": "killed",  # pytest could not even collect its tests
    "timeout": "timed out",
    "segfault": "timed out",  # ended by the kernel
}


def main() -> None:
    """Make the mutants, choose among them, try them, and tell."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    assert isinstance(mutation_operators, list)
    mutation_operators.extend(OPERATORS)
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(order.processes)
    names = [name for _, name, _ in collect_source_file_mutation_data(mutant_names=())[0]]
    if order.sample and order.sample < len(names):
        names = Random(order.seed).sample(sorted(names), order.sample)
        _run(names, order.processes)
    else:
        _run([], order.processes)
    Path(OUTCOME).write_bytes(msgspec.json.encode(_told(set(names))))


def _told(names: set[str]) -> list[Mutant]:
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    return [
        _mutant(name, str(data.path), _STATUS.get(status_by_exit_code[code], "survived"))
        for data, name, code in mutants
        if name in names
    ]


def _mutant(name: str, path: str, status: Status) -> Mutant:
    function, owner = orig_function_and_class_names_from_key(name)
    lines = get_diff_for_mutant(name, path=path).splitlines()
    body = [line for line in lines[2:] if not line.startswith("@@")]
    return Mutant(
        module=path,
        line=_line(name, path, function, owner, lines),
        function=f"{owner}.{function}" if owner else function,
        before="\n".join(line[1:].strip() for line in body if line.startswith("-")),
        after="\n".join(line[1:].strip() for line in body if line.startswith("+")),
        status=status,
    )


def _line(name: str, path: str, function: str, owner: str | None, diff: list[str]) -> int:
    """Return where in the file the mutant differs; mutmut knows where in the function."""
    place: ast.AST = ast.parse(Path(path).read_text("utf-8"))
    for wanted in (owner, function) if owner else (function,):
        place = next(
            node for node in ast.iter_child_nodes(place) if getattr(node, "name", "") == wanted
        )
    assert isinstance(place, ast.FunctionDef | ast.AsyncFunctionDef)
    functions = read_functions_from_index(name, path)
    assert functions is not None
    comments = sum(1 for line in functions[0].leading_lines if line.comment)
    begins = int(diff[2].split()[1].lstrip("-").split(",")[0])
    unchanged = next(at for at, line in enumerate(diff[3:]) if line[0] != " ")
    return place.lineno - comments + begins - 1 + unchanged


if __name__ == "__main__":
    main()
