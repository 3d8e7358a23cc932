"""Narrowing by groups of dimensions: at once, and one by one only for whoever asks who fell where."""

from collections.abc import Sequence

from adserver.catalog.groups import RuleGroup
from adserver.decision.tracing import Trace
from adserver.domain.targeting import Dimension

UNTOLD = frozenset({Dimension.POSTCODE, Dimension.KEYWORD, Dimension.KEY_VALUE})
"""Of these a trace notes only what some line item names: not a stranger's words, nor places as small as a few houses."""


def narrow(groups: Sequence[RuleGroup], said: object, alive: int, trace: Trace) -> int:
    """Return who accepts all of it; the reason is looked for only if nobody does, or somebody listens."""
    for group in groups:
        if not alive:
            break
        survivors = 0 if trace.wanted else alive & group.accepting(said)
        alive = survivors or _one_by_one(group, said, alive, trace)
    return alive


def _one_by_one(group: RuleGroup, said: object, alive: int, trace: Trace) -> int:
    for (reason, dimension, index), value in zip(group.steps, group.read(said), strict=False):
        got = value
        if dimension in UNTOLD:
            said_values = (value,) if isinstance(value, str) else value
            got = tuple([each for each in said_values if each in index.names])
        alive = trace.narrow(reason, alive, index.of(value), got)
    return alive
