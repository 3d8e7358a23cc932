"""The privacy signals of a request: the places of 2.5 and 2.6 merged, the stricter wins."""

import re
from collections.abc import Sequence

from adserver.domain.consent import ConsentMacros, Signals
from adserver.openrtb.countries import alpha_3
from adserver.openrtb.request import BidRequest, Device, Dsa, Regs, RegsExt, User

_PLAIN = re.compile(r"[A-Za-z0-9._~-]{1,8192}")
MAX_SECTIONS = 32

CONTRADICTION = "-"
"""Stands for two different strings in the two places: no decoder reads it, and unreadable means no."""

_NO_REGS, _NO_REGS_EXT, _NO_USER, _NO_DEVICE = Regs(), RegsExt(), User(), Device()
DSA_REQUIRED = 3
TRACKING_ALLOWED = 3
_DSA_CARRIERS = frozenset(
    [
        "regs",
        "regs.ext",
        *("regs.ext.dsa" + part for part in ("", ".dsarequired", ".required", ".dsainfo")),
    ]
)
_CARRIERS = ("regs", "user.consent", "user.ext", "device.lmt", "device.dnt", "device.ext")


def signals(request: BidRequest) -> Signals:
    """Merge what the request says about privacy (see `restrict` for what it said unreadably)."""
    regs = request.regs or _NO_REGS
    old = regs.ext or _NO_REGS_EXT
    user = request.user or _NO_USER
    device = request.device or _NO_DEVICE
    country = alpha_3(device.geo.country) if device.geo else ""
    if not country and user.geo:
        country = alpha_3(user.geo.country)
    sections = None if regs.gpp_sid is None else tuple(regs.gpp_sid)
    if old.gpp_sid is not None:
        sections = (*(sections or ()), *old.gpp_sid)
    gdpr = regs.gdpr if old.gdpr is None else max(old.gdpr, regs.gdpr or 0)
    return Signals(
        None if gdpr is None else int(gdpr != 0),
        _one(user.consent, user.ext.consent if user.ext else None),
        _one(regs.us_privacy, old.us_privacy),
        _one(regs.gpp, old.gpp),
        sections,
        bool(regs.coppa),
        bool(device.lmt or device.dnt),
        bool(old.gpc),
        country or None,
    )


def macros(request: BidRequest) -> ConsentMacros:
    """Return the signals for third parties' markup; what is no plain string of the kind is left out."""
    found = signals(request)
    return ConsentMacros(
        "" if found.gdpr is None else str(found.gdpr),
        _plain(found.tcf),
        _plain(found.us_privacy),
        _plain(found.gpp),
        ",".join(map(str, (found.gpp_sections or ())[:MAX_SECTIONS])),
    )


def _plain(text: str | None) -> str:
    return text if text and _PLAIN.fullmatch(text) else ""


def _one(new: str | None, old: str | None) -> str | None:
    if not old:
        return new or None
    return old if not new or new == old else CONTRADICTION


def heed_tracking(device: Device) -> None:
    """Write into the request what `ext.atts` means: all but 3 limits tracking, also what is on no list."""
    if device.ext is not None and device.ext.atts not in {None, TRACKING_ALLOWED}:
        device.lmt = 1


def restrict(request: BidRequest, dropped: Sequence[str]) -> None:
    """Write into the request what a dropped field of these paths may have said.

    A signal that arrived but cannot be read counts as a restriction (GDPR applies, a child, limited),
    never as silence. What must be told of an advertisement is no restriction; it is then required.
    """
    if not _DSA_CARRIERS.isdisjoint(dropped):
        request.regs = request.regs or Regs()
        request.regs.ext = request.regs.ext or RegsExt()
        request.regs.ext.dsa = request.regs.ext.dsa or Dsa()
        request.regs.ext.dsa.dsarequired = DSA_REQUIRED
    lost = {
        path
        for path in dropped
        if (path.startswith(_CARRIERS) and not path.startswith("regs.ext.dsa"))
        or path in {"user", "device"}
    }
    if not lost:
        return
    request.device = request.device or Device()
    request.device.lmt = 1
    request.regs = request.regs or Regs()
    if not lost.isdisjoint({"regs", "regs.ext", "regs.gdpr", "regs.ext.gdpr"}):
        request.regs.gdpr = 1
    if not lost.isdisjoint({"regs", "regs.coppa"}):
        request.regs.coppa = 1
