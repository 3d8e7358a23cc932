"""Bid requests as an exchange writes them."""

import re
from itertools import count
from typing import Any

_numbers = count()


def request(**fields: Any) -> dict[str, Any]:
    """Return a request for one banner of 300x250, with an id of its own."""
    number = next(_numbers)
    return {
        "id": f"request-{number}",
        "at": 1,
        "tmax": 2_000,
        "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 0.5}],
        "site": {"domain": "news.example"},
        **fields,
    }


def person(name: str) -> dict[str, Any]:
    """Return the part of a request that names somebody whom no privacy law restricts."""
    return {"device": {"ifa": f"{name}-ifa", "geo": {"country": "USA"}}, "user": {"id": name}}


def links(bid: dict[str, Any]) -> tuple[str, str]:
    """Return pixel and click address of a banner's markup."""
    pixel = re.search(r'https://ads\.example/t/impression/[^"\']+', bid["adm"])
    click = re.search(r'https://ads\.example/t/click/[^"\']+', bid["adm"])
    assert pixel
    assert click
    return pixel[0].replace("&amp;", "&"), click[0].replace("&amp;", "&")
