"""The section `matching`: which browser of ours is which of an exchange's, consent first."""

import re
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from adserver.endpoints.cookies import MAX_LIFE_DAYS, IdCookie
from adserver.endpoints.sync_url import SyncUrl

_COOKIE = re.compile(r"__Host-[A-Za-z0-9_-]{1,40}")


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How browsers are matched with one exchange."""

    exchange: str
    """Its name in `exchanges`."""
    sync_url: str = ""
    """Where to lead a browser so that the exchange learns our id of it; https, with one gap `{id}` and, as the
    exchange wants them, `{gdpr}`, `{gdpr_consent}`, `{us_privacy}`, `{gpp}`, `{gpp_sid}`. Nothing: the exchange only
    tells us its own."""

    @property
    def address(self) -> SyncUrl | None:
        """Where to lead browsers, if anywhere."""
        return SyncUrl(self.sync_url) if self.sync_url else None


class Matching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cookie matching at `/m/{exchange}`. [How it works](../how-to/cookie-matching.md)."""

    exchanges: tuple[Match, ...] = ()
    """With whom browsers are matched; nobody, as long as nobody is named."""
    cookie: str = "__Host-adserver"
    """What our cookie is called; it must begin with `__Host-`, which binds it to our host."""
    life_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIFE_DAYS)] = 180
    """So long a browser keeps it; no visit prolongs it."""
    without_signals: bool = False
    """Does a browser count that sends no privacy signal at all (neither `gdpr` nor `gpp` nor `us_privacy`)?"""

    def __post_init__(self) -> None:
        """Raise `ValueError` for what types cannot say."""
        if not _COOKIE.fullmatch(self.cookie):
            raise ValueError("cookie: must be `__Host-` and up to 40 letters, digits, - and _")
        names = [each.exchange for each in self.exchanges]
        if len(set(names)) != len(names):
            raise ValueError("exchanges: the same exchange stands there twice")
        for each in self.exchanges:
            try:
                _ = each.address
            except ValueError as error:
                raise ValueError(f"exchanges: sync_url of '{each.exchange}' {error}") from None

    @property
    def id_cookie(self) -> IdCookie:
        """The cookie's terms."""
        return IdCookie(self.cookie, self.life_days)

    @property
    def addresses(self) -> dict[str, SyncUrl | None]:
        """Where to lead browsers, by exchange."""
        return {each.exchange: each.address for each in self.exchanges}

    def problems(self, exchanges: Iterable[str], base_url: str) -> list[tuple[str, str]]:
        """Return paths and what is wrong there, given the rest of the settings."""
        known = set(exchanges)
        ours = urlsplit(base_url).hostname
        found = []
        for index, each in enumerate(self.exchanges):
            at = f"$.matching.exchanges[{index}]"
            if each.exchange not in known:
                found.append((f"{at}.exchange", f"there is no exchange '{each.exchange}'"))
            if each.address is not None and each.address.host == ours:
                found.append((f"{at}.sync_url", "leads to ourselves: browsers would go in circles"))
        return found
