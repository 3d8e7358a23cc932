"""What a request wants to be told of an advertisement (`regs.ext.dsa`), and the answer (`bid.ext.dsa`).

Community extension "DSA Transparency" of IAB Tech Lab, text of January 2024; drafts called `dsarequired` otherwise.
"""

from functools import lru_cache

import msgspec

from adserver.domain.dsa import Disclosure, Label, Parameter, Transparency
from adserver.openrtb.codec import encode
from adserver.openrtb.request import Regs

NOT_REQUIRED, SUPPORTED = 0, 1
"""2 and 3 are required; so is what is on no list."""
DO_NOT_SEND = 0
REMEMBERED = 4_096
_LABELS = frozenset(Label)


def transparency(regs: Regs | None) -> Transparency | None:
    """Return what is asked, or `None`; of several names and of what is on no list the stricter holds.

    A publisher that does not say whether it shows anything is taken for one that cannot.
    """
    dsa = regs.ext.dsa if regs is not None and regs.ext is not None else None
    if dsa is None:
        return None
    said = {each for each in (dsa.dsarequired, dsa.required, dsa.dsainfo) if each is not None}
    if said <= {NOT_REQUIRED}:
        return None
    return Transparency(
        required=not said <= {NOT_REQUIRED, SUPPORTED},
        publisher=Label(dsa.pubrender) if dsa.pubrender in _LABELS else Label.CANNOT,
        parameters=dsa.datatopub != DO_NOT_SEND,
    )


class UsedParameters(msgspec.Struct, gc=False):
    """What an entity chose the advertisement by."""

    domain: str
    dsaparams: tuple[Parameter, ...]


class Told(msgspec.Struct, omit_defaults=True, gc=False):
    """The answer."""

    behalf: str
    paid: str
    adrender: int
    transparency: tuple[UsedParameters, ...] = ()


@lru_cache(maxsize=REMEMBERED)
def told(
    asked: Transparency,
    disclosure: Disclosure,
    host: str,
    *,
    labelled: bool,
    profiled: bool,
    placed: bool = False,
) -> str:
    """Return the member of `bid.ext`, or nothing where an answer would be refused and none is needed.

    `host` is where people reach us, `labelled` whether our markup has the link for them; `profiled` and `placed` whether
    what is known of the person, and where exactly they are, had a part in choosing. Somebody must tell them: so where
    the publisher does, it is given the parameters even if it wants none for itself.
    """
    if asked.publisher is Label.CANNOT and not labelled:
        return ""
    used: tuple[UsedParameters, ...] = ()
    if asked.parameters or not labelled:
        chosen_by = [Parameter.PROFILE, Parameter.CONTEXT] if profiled else [Parameter.CONTEXT]
        if placed:
            chosen_by.append(Parameter.PRECISE_PLACE)
        used = (UsedParameters(disclosure.domain or host, tuple(chosen_by)),)
    answer = Told(disclosure.behalf, disclosure.paid, int(labelled), used)
    return f'"dsa":{encode(answer).decode()}'
