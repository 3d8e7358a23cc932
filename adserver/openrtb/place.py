"""Where the advertisement would appear and on what, in the forms that targeting compares with."""

from functools import lru_cache

from adserver.domain.opportunity import OUT_OF_HOME
from adserver.domain.store_ids import app_id
from adserver.openrtb.countries import alpha_3
from adserver.openrtb.lists import DEVICE_TYPES
from adserver.openrtb.request import BidRequest, Device, Geo

MAX_NAME = 100
"""Longer names of cities, systems or publications are nobody's; they are cut."""

_SYSTEMS = (  # a prefix of the lower-case name -> ours; the first that fits
    (("ios", "ipados", "iphone", "ipad", "tvos"), "ios"),
    (("android", "fire os", "fireos"), "android"),
    (("windows", "win"), "windows"),
    (("macos", "mac os", "os x", "osx", "mac"), "macos"),
    (("chrome os", "chromeos", "chromium os", "cros"), "chromeos"),
    (("linux", "ubuntu", "debian", "fedora"), "linux"),
    (("webos", "web os"), "webos"),
    (("tizen",), "tizen"),
    (("roku",), "roku"),
    (("kaios",), "kaios"),
)


def geography(geo: Geo | None) -> tuple[str, str, str]:
    """Return country (`USA`), region (`USA-WI`) and city (`USA/milwaukee`); what is unknown is empty.

    Without a country a region or a city says nothing.
    """
    if geo is None:
        return "", "", ""
    country = alpha_3(geo.country)
    if not country:
        return "", "", ""
    region, city = geo.region, geo.city
    if region:
        # Some send the whole ISO 3166-2 code, `US-WI`; we keep its second part.
        region = f"{country}-{str(region)[:MAX_NAME].rpartition('-')[2].upper()}"
    if city:
        city = f"{country}/{city[:MAX_NAME].strip().lower()}"
    return country, str(region or ""), city or ""


def device_type(device: Device) -> str:
    """Return our name of AdCOM's device type, or nothing."""
    return DEVICE_TYPES.get(device.devicetype, "") if device.devicetype else ""


def system(device: Device) -> str:
    """Return the operating system's lower-case name; `sua` where `os` is absent."""
    name = device.os
    if not name and device.sua and device.sua.platform:
        name = device.sua.platform.brand
    return _system(name[:MAX_NAME]) if name else ""


def publication(request: BidRequest) -> tuple[str, str]:
    """Return inventory type and publication: the app's bundle, or the site's or screen's domain.

    At most one of `site`, `app` and `dooh` is allowed; where several are sent, the first of app,
    dooh and site counts: an app's `site` is usually a left-over of its web view.
    """
    if request.app is not None:
        return "app", app_id(str(request.app.bundle or ""))
    if request.dooh is not None:
        return OUT_OF_HOME, bare_domain(request.dooh.domain or "")
    if request.site is not None:
        return "site", bare_domain(request.site.domain or request.site.page or "")
    return "", ""


def bare_domain(text: str) -> str:
    """Return the lower-case host of a domain or URL, without user, port and a leading `www.`."""
    if "/" in text or ":" in text or "?" in text or "#" in text or "@" in text:
        text = text.partition("://")[2] or text
        for delimiter in "/?#":
            text = text.partition(delimiter)[0]
        text = text.rpartition("@")[2].partition(":")[0]
    return text[:MAX_NAME].strip().lower().removeprefix("www.")


@lru_cache(maxsize=1_024)
def _system(name: str) -> str:
    name = name.strip().lower()
    for prefixes, ours in _SYSTEMS:
        if name.startswith(prefixes):
            return ours
    return name
