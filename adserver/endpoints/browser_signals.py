"""What a browser's call says about privacy: the query that a page filled in, and the browser's own headers.

Said twice and differently, not filled in (`${GDPR}`), or out of measure is unreadable, and counts as the
restriction that it may have been.
"""

from urllib.parse import parse_qs

from adserver.domain.consent import Signals
from adserver.endpoints.messages import MAX_FIELDS, Request
from adserver.openrtb.signals import CONTRADICTION

MAX_LIST_CHARS = 200
"""Of section numbers; there are some thirty."""
UNREADABLE = Signals(gdpr=1, limited=True)
"""Stands for a query that nobody can read."""


def browser_signals(request: Request) -> Signals:
    """Return the signals of `gdpr`, `gdpr_consent`, `us_privacy`, `gpp`, `gpp_sid`, `coppa`, `Sec-GPC` and `DNT`."""
    query = request.target.partition("?")[2].partition("#")[0]
    try:
        fields = parse_qs(query, max_num_fields=MAX_FIELDS) if query else {}
    except ValueError:
        return UNREADABLE

    def said(name: str) -> str | None:
        values = set(fields.get(name, ()))
        if len(values) > 1:
            return CONTRADICTION
        return values.pop().strip() or None if values else None

    gdpr, coppa = said("gdpr"), said("coppa")
    listed = said("gpp_sid")
    sections = None if listed is None else _numbers(listed)
    return Signals(
        gdpr=None if gdpr is None else int(gdpr != "0"),
        tcf=said("gdpr_consent"),
        us_privacy=said("us_privacy"),
        gpp=said("gpp"),
        gpp_sections=sections,
        coppa=coppa not in {None, "0"},
        limited=(listed is not None and sections is None) or request.header(b"dnt").strip() == "1",
        gpc=request.header(b"sec-gpc").strip() == "1",
    )


def says_nothing(signals: Signals) -> bool:
    """Tell whether there is no signal at all, neither for nor against."""
    return signals == Signals()


def _numbers(text: str) -> tuple[int, ...] | None:
    """Return section numbers, parted by commas or underscores; `None` if they are none."""
    if len(text) > MAX_LIST_CHARS:
        return None
    try:
        return tuple(int(word) for word in text.replace("_", ",").split(","))
    except ValueError:
        return None
