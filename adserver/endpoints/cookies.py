"""The one cookie that we set: an id out of dice, for a bounded time, in agreement with the person.

`__Host-` binds it to our host alone. It is not `Partitioned`: that would give the same person another id on every
site, which matches nothing; a browser that keeps no cookies of others says no for its person, and we do not go
around it. It is never prolonged: a visit does not buy it more time.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import NamedTuple

from adserver.domain.week import DAY_S

ID_BYTES = 16
MAX_LIFE_DAYS = 390
"""Browsers keep no cookie longer than 400 days; data protection authorities say 13 months."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def new_id(dice: Callable[[int], bytes]) -> str:
    """Return a fresh id of 22 letters, out of 16 random bytes."""
    return urlsafe_b64encode(dice(ID_BYTES)).rstrip(b"=").decode("ascii")


class IdCookie(NamedTuple):
    """The cookie's terms."""

    name: str
    life_days: int

    def arrived(self, header: str) -> bool:
        """Tell whether a `Cookie` header has ours, without reading it."""
        return any(True for _ in self._values(header))

    def read(self, header: str) -> str | None:
        """Return the id in a `Cookie` header; none, if it is not one of ours, or if there are two."""
        found = set(self._values(header))
        if len(found) != 1:
            return None
        (value,) = found
        return value if _ID.fullmatch(value) else None

    def set(self, identifier: str) -> bytes:
        """Return the header line that sets it."""
        return self._line(identifier, self.life_days * DAY_S)

    def delete(self) -> bytes:
        """Return the header line that takes it away."""
        return self._line("", 0)

    def _values(self, header: str) -> list[str]:
        pairs = (each.partition("=") for each in header.split(";"))
        return [value.strip() for name, _, value in pairs if name.strip() == self.name]

    def _line(self, value: str, max_age_s: int) -> bytes:
        line = (
            f"Set-Cookie: {self.name}={value}; Max-Age={max_age_s}; Path=/; "
            "Secure; HttpOnly; SameSite=None\r\n"
        )
        return line.encode("ascii")
