"""Parsed files become what a table says; the words are those that `judge` asks with."""

from adserver.supply.ads_txt import AdsTxt
from adserver.supply.index import ABSENT, DIRECT, PRESENT, RESELLER, TableWriter
from adserver.supply.sellers import TYPES, Sellers

SELLER_TYPES = {name: number for number, name in enumerate(TYPES, 2)}
"""What a sellers.json says of an account: 1 that there is one, else its type, too."""


def add_ads_txt(writer: TableWriter, kind: str, domain: str, found: AdsTxt) -> None:
    """Say what an ads.txt or app-ads.txt says."""
    writer.say(PRESENT, kind, domain)
    for record in found.records:
        relation = DIRECT if record.direct else RESELLER
        writer.say(relation, "account", kind, domain, record.domain, record.account)
    for partner in found.partners:
        writer.say(PRESENT, "partner", kind, domain, partner)
    for name in found.subdomains:
        writer.say(PRESENT, "subdomain", kind, domain, name)


def add_sellers(writer: TableWriter, domain: str, found: Sellers) -> None:
    """Say what a sellers.json says."""
    writer.say(PRESENT, "sellers.json", domain)
    for name, seller in found.sellers.items():
        writer.say(SELLER_TYPES.get(seller.type, 1), "seller", domain, name)


def add_missing(writer: TableWriter, kind: str, domain: str) -> None:
    """Say that there is no such file."""
    writer.say(ABSENT, kind, domain)
