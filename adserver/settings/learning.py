"""Whether the server trains its models by itself."""

from decimal import Decimal

from adserver.settings.ranges import Section


class Learning(Section, frozen=True, kw_only=True):
    """Training while the server runs; [what that does](../how-to/manage-models.md#train-while-it-runs)."""

    retrain_every_minutes: Decimal = Decimal(0)
    """So long after a round of training has ended the next begins, in a process of low priority; 0: never."""
