"""GPP strings (IAB Global Privacy Platform): the sections that apply, taken out or read, and no other.

A string is a header and its sections, joined by "~". The exchange says which of them apply to this request.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.gpp_header import sections
from adserver.privacy.gpp_us import read_us

EU, HEADER, INTEGRITY, CANADA, US_PRIVACY = 2, 3, 4, 5, 6
REMEMBERED_LENGTH = 2_048


class Gpp(msgspec.Struct, frozen=True):
    """What the applicable sections say, the US ones merged into the strictest of all."""

    sections: tuple[int, ...] = ()
    """All that the string holds, whether they apply or not."""
    tcf: str | None = None
    """The EU's section, for `read_consent`."""
    canada: str | None = None
    """Canada's section, for `read_canada`."""
    us_privacy: str | None = None
    """The US privacy string, for `read_us_privacy`."""
    us: tuple[int, ...] = ()
    """The US sections, 7 to 27, that the following comes from."""
    sale_opt_out: bool = False
    sharing_opt_out: bool = False
    targeting_opt_out: bool = False
    sensitive_refused: bool = False
    """Consent to processing some kind of sensitive data was not given, or was withdrawn."""
    known_child: bool = False
    """The person is known to be a child, whatever was consented to on its behalf."""
    gpc: bool = False
    """Global Privacy Control was on."""
    notice_missing: bool = False
    """The person was not told of something that they could have opted out of."""
    service_provider: bool = False
    """The publisher engages all others as its service providers only (MSPA), who may not combine data."""


NOTHING_APPLIES = Gpp()


def read_gpp(text: str, applicable: Sequence[int]) -> Gpp:
    """Read what applies; raises `ValueError` if any of it is missing or cannot be read: nothing is allowed then.

    `applicable` is the request's `gpp_sid`: ids of sections, of which those that are not positive name none and
    3 and 4 (the header, the signature) say nothing. The sections of the EU, Canada and `uspv1` are only taken
    out: who reads them has to refuse what cannot be read.
    """
    wanted = tuple(sorted({section for section in applicable if section > 0} - {HEADER, INTEGRITY}))
    if not wanted:
        return NOTHING_APPLIES
    if len(text) > REMEMBERED_LENGTH:
        return read_gpp_anew(text, wanted)
    return _remembered(text, wanted)


def read_gpp_anew(text: str, wanted: tuple[int, ...]) -> Gpp:
    """Read the sections of these ids without remembering them; otherwise as `read_gpp`."""
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    header, *texts = text.split("~")
    held = sections(header)
    if len(held) != len(texts):
        raise ValueError("not as many sections as its header says")
    tcf = canada = us_privacy = None
    us = []
    verdicts = []
    for section in wanted:
        if section not in held:
            raise ValueError("a section that applies is missing")
        content = texts[held.index(section)]
        if not content:
            raise ValueError("a section that applies is empty")
        if section == EU:
            tcf = content
        elif section == CANADA:
            canada = content
        elif section == US_PRIVACY:
            us_privacy = content
        else:
            us.append(section)
            verdicts.append(read_us(section, content))
    if not verdicts:
        return Gpp(held, tcf, canada, us_privacy)
    merged = verdicts[0] if len(verdicts) == 1 else map(any, zip(*verdicts, strict=True))
    sale, sharing, targeting, sensitive, child, unnoticed, service_provider, gpc = merged
    return Gpp(
        held, tcf, canada, us_privacy, tuple(us),
        sale, sharing, targeting, sensitive, child, gpc, unnoticed, service_provider,
    )  # fmt: skip


_remembered = lru_cache(maxsize=2_048)(read_gpp_anew)
