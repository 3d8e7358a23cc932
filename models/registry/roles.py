"""Who serves, who is tried, and who served when: values, and what may become of them.

One champion per kind decides. A challenger waits for a judgement; a canary decides a share of requests; a shadow is
asked on a share of bids and decides nothing.
"""

from typing import Annotated

import msgspec
from msgspec.structs import replace

MOST_PAST, MOST_HISTORY = 20, 200
MOST_PERCENT = 50.0
"""Above it the canary would be the champion."""


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model with the share of requests, or of bids, that it sees."""

    model: str
    percent: Annotated[float, msgspec.Meta(gt=0, le=100)]


class Served(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when on a model was champion, and why."""

    at: str
    """RFC 3339, UTC."""
    model: str
    why: str


class Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The roles of one kind."""

    champion: str = ""
    challenger: str = ""
    canary: Share | None = None
    shadow: Share | None = None
    past: tuple[str, ...] = ()
    """Champions before this one, the last one last, without those rolled back from."""
    history: tuple[Served, ...] = ()
    """The last one last."""

    def named(self) -> dict[str, str]:
        """Return what each model that has a role is, by its name."""
        roles = {self.champion: "champion", self.challenger: "challenger"}
        for share, role in ((self.canary, "canary"), (self.shadow, "shadow")):
            if share is not None:
                roles[share.model] = " and ".join(filter(None, (roles.get(share.model), role)))
        return {model: role for model, role in roles.items() if model}


class Refused(Exception):
    """A change of roles that makes no sense; the message says why, and what would."""


def enlisted(roles: Roles, model: str, at: str) -> Roles:
    """Return the roles with a model that was just trained: the first one serves, others challenge."""
    if model == roles.champion:
        return roles
    if not roles.champion:
        return promoted(roles, model, at, "the first of its kind")
    return replace(roles, challenger=model)


def promoted(roles: Roles, model: str, at: str, why: str) -> Roles:
    """Return the roles with a new champion. Raises `Refused` if it is that already."""
    if model == roles.champion:
        raise Refused(f"{model} is the champion already")
    past = (*roles.past, roles.champion) if roles.champion else roles.past
    return replace(
        without(roles, model),
        champion=model,
        past=tuple(each for each in past if each != model)[-MOST_PAST:],
        history=(*roles.history, Served(at, model, why))[-MOST_HISTORY:],
    )


def rolled_back(roles: Roles, at: str, why: str) -> Roles:
    """Return the roles with the champion before this one. Raises `Refused` if there was none."""
    if not roles.past:
        raise Refused("no champion is known from before this one; `models promote` another")
    model = roles.past[-1]
    return replace(
        without(roles, model),
        champion=model,
        past=roles.past[:-1],
        history=(*roles.history, Served(at, model, why))[-MOST_HISTORY:],
    )


def canaried(roles: Roles, model: str, percent: float) -> Roles:
    """Return the roles with a canary. Raises `Refused`."""
    _other(roles, model)
    if not 0 < percent <= MOST_PERCENT:
        raise Refused(f"a canary decides more than 0 and at most {MOST_PERCENT:g} percent")
    return replace(roles, canary=Share(model, float(percent)))


def shadowed(roles: Roles, model: str, percent: float) -> Roles:
    """Return the roles with a shadow. Raises `Refused`."""
    _other(roles, model)
    if not 0 < percent <= 100:  # noqa: PLR2004 - percent
        raise Refused("a shadow sees more than 0 and at most 100 percent")
    return replace(roles, shadow=Share(model, float(percent)))


def retired(roles: Roles, model: str) -> Roles:
    """Return the roles without a model. Raises `Refused` if it is the champion or has no role."""
    if model == roles.champion:
        raise Refused(f"{model} is the champion; promote another, or roll back")
    if model not in roles.named():
        raise Refused(f"{model} has no role")
    return without(roles, model)


def without(roles: Roles, model: str) -> Roles:
    """Return the roles in which a model is nothing but perhaps champion."""
    return replace(
        roles,
        challenger="" if roles.challenger == model else roles.challenger,
        canary=None if roles.canary and roles.canary.model == model else roles.canary,
        shadow=None if roles.shadow and roles.shadow.model == model else roles.shadow,
    )


def _other(roles: Roles, model: str) -> None:
    if not roles.champion:
        raise Refused("there is no champion to compare with; promote one first")
    if model == roles.champion:
        raise Refused(f"{model} is the champion: it decides already")
