"""What a person decided with us, beside the signals of a request: it stays until they decide otherwise."""

from typing import Literal, NamedTuple

import msgspec

ChangeKind = Literal["opt_out", "opt_in", "object", "agree", "consent", "withdraw"]
CHANGES: tuple[ChangeKind, ...] = ChangeKind.__args__  # type: ignore[attr-defined]


class Choices(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that one person decided."""

    opted_out: bool = False
    """No personal advertising: nothing known of them may choose an ad, and nothing is added to it."""
    erased: bool = False
    """The tombstone: they were forgotten, so that no file and no backup may bring them back."""
    consented: bool = False
    """An opt-in of our own (a customer's, say): allows training, and one to one on the advertiser's own channels."""
    objections: tuple[int, ...] = ()
    """Numbers of segments that may not be used, in ascending order."""
    at_s: int = 0
    """When they last decided something, seconds since the epoch."""

    @property
    def refuses(self) -> bool:
        """Whether they are to be a stranger to us: opted out, or erased."""
        return self.opted_out or self.erased


NO_CHOICES = Choices()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One decision of a person."""

    kind: ChangeKind
    """`opt_in` lifts an opt-out and a tombstone, `agree` an objection, `withdraw` a consent."""
    segment: int = 0
    """For `object` and `agree`: the segment's number."""


def changed(choices: Choices, change: Change, at_s: int) -> Choices:
    """Return the choices after a change; pure, and the same change twice is as good as once."""
    objections = set(choices.objections)
    opted_out, erased, consented = choices.opted_out, choices.erased, choices.consented
    match change.kind:
        case "opt_out":
            opted_out, consented = True, False
        case "opt_in":
            opted_out = erased = False
        case "object":
            objections.add(change.segment)
        case "agree":
            objections.discard(change.segment)
        case "consent":
            consented = True
        case "withdraw":
            consented = False
    return Choices(opted_out, erased, consented, tuple(sorted(objections)), at_s)


class Dated(NamedTuple):
    """A decision as somebody else wrote it down, so that it may be older than what we know."""

    kind: Literal["consent", "withdraw"]
    at_s: int


def is_news(dated: Dated, known: Choices) -> bool:
    """Tell whether a decision changes what holds: it is the later one, or, at the same time, the stricter."""
    if dated.kind == "consent":
        return dated.at_s > known.at_s and not known.consented and not known.erased
    return dated.at_s >= known.at_s and (known.consented or dated.at_s > known.at_s)


def erased(choices: Choices, at_s: int) -> Choices:
    """Return the choices of somebody who was just forgotten: objections would tell what we knew."""
    return Choices(opted_out=choices.opted_out, erased=True, at_s=at_s)


def strictest(several: tuple[Choices, ...]) -> Choices:
    """Return what holds for somebody whose ids made different choices: every restriction, and no consent
    that not all of them gave.
    """
    if len(several) == 1:
        return several[0]
    if not several:
        return NO_CHOICES
    return Choices(
        opted_out=any(each.opted_out for each in several),
        erased=any(each.erased for each in several),
        consented=all(each.consented for each in several),
        objections=tuple(sorted({number for each in several for number in each.objections})),
        at_s=max(each.at_s for each in several),
    )
