"""How a line item's creatives take turns, as people write it: `even`, `learned`, or `weighted` by numbers."""

from collections.abc import Collection

from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.values import choice, whole
from adserver.domain.bandit import MAX_ARMS
from adserver.domain.campaign import Rotation

MAX_WEIGHT = 1_000


def rotation(cursor: Cursor, creatives: Collection[str]) -> tuple[Rotation, dict[str, int]]:
    """Read a rotation over these creatives, and their weights where it is by weights."""
    if cursor.is_group():
        found = cursor.fields(("weighted",), required=("weighted",))
        weights = found["weighted"].entries() if "weighted" in found else {}
        for name in [name for name in weights if name not in creatives]:
            weights.pop(name).fault(
                f"the line item has no creative {shown(name)}{did_you_mean(name, creatives)}"
            )
        return "weighted", {name: whole(each, 1, MAX_WEIGHT) for name, each in weights.items()}
    if choice(cursor, ("even", "learned")) == "even":
        return "even", {}
    if len(creatives) > MAX_ARMS:
        cursor.fault(f"can tell {MAX_ARMS} creatives apart, and here are {len(creatives)}")
    return "learned", {}
