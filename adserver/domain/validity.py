"""The rules that call an impression or a click invalid, and corrections of what a rule said."""

from collections.abc import Iterable

import msgspec

from adserver.domain.week import DAY_S

CRAWLERS = "crawlers"
FAST_CLICKS = "fast_clicks"
CLICKS_PER_PERSON = "clicks_per_person"
CLICKS_PER_ADDRESS = "clicks_per_address"
RULES = (CRAWLERS, FAST_CLICKS, CLICKS_PER_PERSON, CLICKS_PER_ADDRESS)
"""Beside these, each list of networks is a rule."""


def network_rule(name: str) -> str:
    """Return the rule of a list of networks: `networks/clouds`."""
    return f"networks/{name}"


def day_of(at_s: float) -> int:
    """Return the beginning of a moment's day, seconds since the epoch; days are those of UTC."""
    return int(at_s // DAY_S) * DAY_S


class Correction(msgspec.Struct, frozen=True, array_like=True):
    """What a rule marked in a period, up to now, is valid after all; or invalid again."""

    rule: str
    start_s: int
    """Beginning of the first day, seconds since the epoch."""
    end_s: int
    """End of the last day."""
    valid: bool
    at_s: int
    """When it was made: what is marked later is not touched."""

    def names(self, rule: str, at_s: float) -> bool:
        """Tell whether it is about this rule and moment."""
        return rule == self.rule and self.start_s <= at_s < self.end_s


class Corrections:
    """All corrections, in the order in which they were made; the last one that touches a mark holds."""

    def __init__(self, made: Iterable[Correction] = ()) -> None:
        self._by_rule: dict[str, list[Correction]] = {}
        for correction in sorted(made, key=lambda each: each.at_s):
            self._by_rule.setdefault(correction.rule, []).append(correction)

    def stands(self, rule: str, at_s: float) -> bool:
        """Tell whether a mark of this rule from this moment still makes its event invalid; no rule never does."""
        if not rule:
            return False
        for each in reversed(self._by_rule.get(rule, ())):
            if each.names(rule, at_s) and at_s <= each.at_s:
                return not each.valid
        return True
