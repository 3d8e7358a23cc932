"""A browser's call for cookie matching: its query and its cookies."""

from urllib.parse import urlsplit

from adserver.endpoints.browser_signals import browser_signals
from adserver.endpoints.cookies import IdCookie
from adserver.endpoints.messages import Request
from adserver.endpoints.sync_url import SyncUrl
from tests.fuzz.target import Target

_COOKIE = IdCookie("__Host-adserver", 180)
_SYNC = SyncUrl(
    "https://sync.example/m?u={id}&g={gdpr}&c={gdpr_consent}&p={gpp}&s={gpp_sid}&us={us_privacy}"
)
_OURS = "A" * 22


def check(data: bytes) -> None:
    """An id of ours or none; the address that a browser is led to keeps its host, and ends no header line."""
    query, _, cookie = data.decode("latin-1").partition("\n")
    request = Request("GET", f"/m/north?{query}", {b"cookie": cookie.encode("latin-1")}, b"", 0.0)
    ours = _COOKIE.read(request.header(b"cookie"))
    assert ours is None or (len(ours) == len(_OURS) and _COOKIE.arrived(cookie))
    there = _SYNC.filled(ours or _OURS, browser_signals(request))
    assert there.isascii()
    assert there.isprintable()
    assert urlsplit(there).netloc == "sync.example"


def seeds() -> list[bytes]:
    """Return calls with and without consent, with our cookie and with others."""
    return [
        b"gdpr=1&gdpr_consent=CQp3NcAQp3NcAEsABBENCxFgAP_gAEPgAAYgEVwAQEVgRXABARWAAA.IEVwAQEVgA\n__Host-adserver=" + _OURS.encode(),
        b"gdpr=0&gpp=DBAA&gpp_sid=7,8&us_privacy=1YNN&coppa=0\na=b; __Host-adserver=x; c",
        b"gdpr=%24%7BGDPR%7D&gdpr=0&uid=\r\n",
    ]  # fmt: skip


TARGET = Target(check, seeds, 1_000)
