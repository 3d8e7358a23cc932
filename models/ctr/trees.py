"""LightGBM's text format, read with distrust: a tree that passes here cannot lead a reader astray."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import NamedTuple

MAX_TREES = 10_000
_MAX_CATEGORY_WORDS = 1_024  # of 32 categories each
_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of a node's decision type; above them, what is missing
_MISSING_SHIFT, _MISSING_NONE, _MISSING_NAN = 2, 0, 2


class Tree(NamedTuple):
    """Inner nodes 0 to n-2 and leaves 0 to n-1; a child below 0 is the leaf `-1 - child`."""

    column: list[int]
    threshold: list[float]
    """Left if the value is not above it; for categories see `left_codes`."""
    default_left: list[bool]
    """Where a missing value goes; elsewhere it counts as 0."""
    missing: list[bool]
    """Does the node know missing values?"""
    left_codes: list[frozenset[int] | None]
    """For a categorical node, the codes that go left."""
    left: list[int]
    right: list[int]
    leaf: list[float]


BINARY = "binary sigmoid:1"


def read_trees(text: str, columns: Sequence[str], objective: str = BINARY) -> list[Tree]:
    """Read every tree of a model over these columns. Raises `ValueError`, saying where."""
    blocks = text.split("\nend of trees", 1)[0].split("\nTree=")
    header = _fields(blocks[0], "the header")
    expected = {
        "version": "v4",
        "num_class": "1",
        "num_tree_per_iteration": "1",
        "max_feature_idx": str(len(columns) - 1),
        "objective": objective,
        "feature_names": " ".join(columns),
    }
    for name, value in expected.items():
        if header.get(name) != value:
            raise ValueError(
                f"the header's {name} is {str(header.get(name))[:80]!r}, not {value!r}"
            )
    if "average_output" in header:
        raise ValueError("the header asks for averaging, which boosted trees never do")
    sizes = header.get("tree_sizes", "").split()
    if not 1 <= len(sizes) == len(blocks) - 1 <= MAX_TREES:
        raise ValueError(f"the header counts {len(sizes)} trees, {len(blocks) - 1} are there")
    trees = []
    for number, block in enumerate(blocks[1:]):
        try:
            trees.append(_tree(number, block, int(sizes[number]), len(columns)))
        except ValueError as error:
            raise ValueError(f"tree {number}: {error}") from None
    return trees


def _fields(block: str, where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in block.splitlines():
        name, _, value = line.partition("=")
        if name in fields and name:
            raise ValueError(f"{where} has {name[:40]!r} twice")
        fields[name] = value
    return fields


def _tree(number: int, block: str, size: int, columns: int) -> Tree:
    if size != len(f"Tree={block}\n".encode()):  # splitting took these six characters away
        raise ValueError("its size is not as the header says")
    first, _, rest = block.partition("\n")
    if first != str(number):
        raise ValueError(f"is called {first[:40]!r}")
    fields = _fields(rest, "it")
    leaves = int(fields.get("num_leaves", ""))
    if leaves < 1 or fields.get("is_linear") != "0":
        raise ValueError("has no leaves, or linear ones")
    leaf = _finite(fields, "leaf_value", leaves)
    if leaves == 1:
        return Tree([], [], [], [], [], [], [], leaf)
    nodes = leaves - 1
    column = _whole(fields, "split_feature", nodes)
    if not all(0 <= index < columns for index in column):
        raise ValueError("splits on a column that does not exist")
    kinds = _whole(fields, "decision_type", nodes)
    missing = [kind >> _MISSING_SHIFT for kind in kinds]
    if any(how not in {_MISSING_NONE, _MISSING_NAN} for how in missing):
        raise ValueError("takes zero for a missing value, which our training never asks for")
    threshold = _numbers(fields, "threshold", nodes)
    if not all(each > -inf for each in threshold):  # infinity: only what is missing goes right
        raise ValueError("threshold has a number that nothing can be compared with")
    left, right = _whole(fields, "left_child", nodes), _whole(fields, "right_child", nodes)
    _check_shape(left, right, leaves)
    return Tree(
        column,
        threshold,
        [bool(kind & _DEFAULT_LEFT) for kind in kinds],
        [how == _MISSING_NAN for how in missing],
        _left_codes(fields, kinds, threshold),
        left,
        right,
        leaf,
    )


def _check_shape(left: list[int], right: list[int], leaves: int) -> None:
    """Every node but the root and every leaf has one parent, made before it: no loops, no strays."""
    if sorted(left + right) != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ValueError("its nodes do not make a tree")
    for node, children in enumerate(zip(left, right, strict=True)):
        if any(0 <= child <= node for child in children):
            raise ValueError(f"node {node} leads back to itself")


def _left_codes(
    fields: Mapping[str, str], kinds: list[int], threshold: list[float]
) -> list[frozenset[int] | None]:
    sets = int(fields.get("num_cat", ""))
    edges = _whole(fields, "cat_boundaries", sets + 1) if sets > 0 else [0]
    bits = _whole(fields, "cat_threshold", edges[-1]) if sets > 0 else []
    if (
        sets < 0
        or edges != sorted(edges)
        or edges[0] != 0
        or not all(0 <= word < 1 << 32 for word in bits)
    ):
        raise ValueError("its sets of categories are damaged")
    found: list[frozenset[int] | None] = []
    for kind, which in zip(kinds, threshold, strict=True):
        if not kind & _CATEGORICAL:
            found.append(None)
            continue
        if which not in range(sets):
            raise ValueError("asks for a set of categories that does not exist")
        words = bits[edges[int(which)] : edges[int(which) + 1]]
        if len(words) > _MAX_CATEGORY_WORDS:
            raise ValueError("has more categories than any model of ours")
        found.append(
            frozenset(
                32 * position + bit
                for position, word in enumerate(words)
                for bit in range(32)
                if word >> bit & 1
            )
        )
    return found


def _whole(fields: Mapping[str, str], name: str, count: int) -> list[int]:
    return [int(word) for word in _words(fields, name, count)]


def _finite(fields: Mapping[str, str], name: str, count: int) -> list[float]:
    numbers = _numbers(fields, name, count)
    if not all(isfinite(number) for number in numbers):
        raise ValueError(f"{name} has a number that is not finite")
    return numbers


def _numbers(fields: Mapping[str, str], name: str, count: int) -> list[float]:
    return [float(word) for word in _words(fields, name, count)]


def _words(fields: Mapping[str, str], name: str, count: int) -> list[str]:
    words = fields.get(name, "").split()
    if len(words) != count:
        raise ValueError(f"{name} has {len(words)} entries, not {count}")
    return words
