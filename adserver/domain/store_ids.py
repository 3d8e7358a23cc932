"""Applications by the ids of their stores, in one spelling.

Of connected TV, too, the store's own id is to be sent as `app.bundle` (IAB Tech Lab, "Guidelines for CTV/OTT Device and
App Identification", 2020, and "CTV/OTT Store Assigned App Identification Guidelines"): a number at Roku, Apple (tvOS), LG
and Vizio, an ASIN or a package at Amazon, `G` and digits or a number at Samsung, twelve letters and digits at
Microsoft. Many write the page in the store instead, or Apple's `id` before the number.
"""

import re

MAX_LENGTH = 100
"""Longer ids are nobody's; they are cut."""
_MAX_ADDRESS = 500
_APPLE = re.compile(r"id([0-9]{5,})")
_PAGES = (  # what follows the host and path up to the id, of pages in stores
    re.compile(r"(?:apps|itunes)\.apple\.com/(?:[^?#]*/)?id([0-9]+)"),
    re.compile(r"play\.google\.com/store/apps/details\?(?:[^#]*&)?id=([a-z0-9._]+)"),
    re.compile(r"channelstore\.roku\.com/(?:[a-z-]+/)?details/([a-z0-9]+)"),
    re.compile(r"amazon\.[a-z.]{2,6}/(?:[^?#]*/)?(?:dp|gp/product)/([a-z0-9]{10})"),
    re.compile(r"(?:apps|www)\.microsoft\.com/(?:[^?#]*/)?([a-z0-9]{12})"),
    re.compile(r"lgappstv\.com/[^#]*[?&]appid=([0-9]+)"),
)


def app_id(bundle: str) -> str:
    """Return an application's id in lower case, whichever way it was written; nothing for nothing."""
    found = bundle[:_MAX_ADDRESS].strip().lower()
    if "/" in found:
        for page in _PAGES:
            match = page.search(found)
            if match is not None:
                return match[1][:MAX_LENGTH]
    elif found.startswith("id"):
        match = _APPLE.fullmatch(found)
        if match is not None:
            return match[1][:MAX_LENGTH]
    return found[:MAX_LENGTH]
