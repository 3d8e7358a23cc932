"""Where an exchange wants our id of a browser: an address from the settings, with gaps."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from adserver.domain.consent import Signals
from adserver.domain.web_address import web_address

GAPS = ("id", "gdpr", "gdpr_consent", "us_privacy", "gpp", "gpp_sid")
MAX_PASSED_CHARS = 4_000
_GAP = re.compile(r"\{([^{}]*)\}")
_CONSENT = re.compile(r"[A-Za-z0-9_.~+=-]*")


class SyncUrl:
    """The address, checked once. What fills its gaps cannot lead anywhere else."""

    def __init__(self, template: str) -> None:
        """Raise `ValueError` with what is wrong: another gap than `GAPS`, no `{id}`, a gap in the host, no https."""
        names = _GAP.findall(template)
        unknown = [name for name in names if name not in GAPS]
        if unknown:
            raise ValueError(f"has no gap '{{{unknown[0][:40]}}}'; there are: {', '.join(GAPS)}")
        if names.count("id") != 1:
            raise ValueError("must have one gap {id}, where our id of the browser goes")
        blank = web_address(_GAP.sub("x", template), secure=False)
        if "{" in blank or "}" in blank:
            raise ValueError("has a brace that belongs to no gap")
        parts = urlsplit(blank)
        if parts.scheme != "https":
            raise ValueError("must begin with https://: an id does not travel in the open")
        if "{" in template.partition("://")[2].partition("/")[0].partition("?")[0]:
            raise ValueError("has a gap in the host")
        self._template = template
        self.host = parts.hostname or ""

    def filled(self, identifier: str, signals: Signals) -> str:
        """Return the address for a browser. Signals go on as they came; what is no consent string is left out."""
        values: Mapping[str, str] = {
            "id": identifier,
            "gdpr": "" if signals.gdpr is None else str(signals.gdpr),
            "gdpr_consent": _passed(signals.tcf),
            "us_privacy": _passed(signals.us_privacy),
            "gpp": _passed(signals.gpp),
            "gpp_sid": ",".join(map(str, signals.gpp_sections or ())),
        }
        return _GAP.sub(lambda gap: quote(values[gap[1]], safe=""), self._template)


def _passed(text: str | None) -> str:
    if text is None or len(text) > MAX_PASSED_CHARS or not _CONSENT.fullmatch(text):
        return ""
    return text
