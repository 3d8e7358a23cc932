"""What may still be billed of bids that hold nothing any more: at most what the log has, exactly what a running owner says."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from adserver import bootstrap
from adserver.background.owner_query import ask_owner
from adserver.config import Loaded
from adserver.domain.ledger import Ledger
from adserver.errors import Unavailable


def exposed(loaded: Loaded, ledger: Ledger, names: Mapping[int, str]) -> Counter[str]:
    """Return nanos by line item, as its accounts begin; `names` are these by number, whoever has none goes by the number."""
    found: Counter[str] = Counter()
    for of_lease in ledger.exposed.values():
        for number, amount in of_lease.items():
            found[names.get(number, f"line_item/{number}")] += amount
    try:
        answer = asyncio.run(ask_owner(bootstrap.places(loaded).socket))
    except Unavailable:  # none runs: the log's bound it is
        return found
    for line in answer.lines:
        found[f"line_item/{line.line_item}"] = line.exposed
    return found
