"""Who may sell in the strict catalog's world, and chains that break each rule."""

from io import BytesIO
from typing import Any

from adserver.domain.reasons import Reason
from adserver.endpoints.supply_gate import SupplyGate
from adserver.supply import ads_txt, sellers
from adserver.supply.compiling import add_ads_txt, add_missing, add_sellers
from adserver.supply.index import SALT_BYTES, Table, TableWriter
from adserver.supply.judge import PathJudge
from adserver.supply.rules import RULES, Policy
from tests.torture.kinds import KINDS

Json = dict[str, Any]
PUBLISHERS = (*(f"{kind}.example" for kind in KINDS), "rival.example", "x.y")
HIDDEN = "hidden.example"
"""It has neither ads.txt nor app-ads.txt."""
BLOCKED = "bad.example"
"""A system with whom there is no bid."""
THIEF = "thief"
"""An account that no publisher lists."""
ADS_TXT = b"exchange.example,1,DIRECT\nexchange.example,2,DIRECT\n"
SELLERS = {
    "ssp.example": "1",
    "third.example": "1",
    BLOCKED: "1",
    "exchange.example": f"1 2 {THIEF}",
}


def chain(*nodes: tuple[str, str], complete: int = 1) -> Json:
    """Return the `source` of a request."""
    said = [{"asi": asi, "sid": sid, "hp": 1} for asi, sid in nodes]
    return {"schain": {"ver": "1.0", "complete": complete, "nodes": said}}


_SSP, _END = ("ssp.example", "1"), ("exchange.example", "1")
GOOD = chain(_SSP, _END)
DIRECT = chain(_END)
LONGER = chain(_SSP, _SSP, _END)
THIRD = chain(("third.example", "1"), _END)
"""Nothing is wrong with these three, but that not everybody wants to buy so."""
UNAUTHORISED = chain(_SSP, ("exchange.example", THIEF))
BAD = {
    Reason.CHAIN_MISSING: ({}, None, {"ext": {}}),
    Reason.CHAIN_INCOMPLETE: (chain(_SSP, _END, complete=0), {"schain": 7}, chain(("", "1"), _END)),
    Reason.CHAIN_TOO_LONG: (chain(*[_SSP] * 4, _END),),
    Reason.CHAIN_BLOCKED_NODE: (chain((BLOCKED, "1"), _END),),
    Reason.CHAIN_UNRESOLVED: (chain(("ssp.example", "x"), _END),),
    Reason.SUPPLY_UNKNOWN: (chain(("new.example", "1"), _END),),
}
"""What a request may say in `source` to break each rule that is about the chain."""


def gate(*exchanges: str) -> SupplyGate:
    """Return who refuses all that can be refused."""
    policy = Policy(actions=dict.fromkeys(RULES, "refuse"), blocked=frozenset({BLOCKED}))
    return SupplyGate(
        PathJudge(dict.fromkeys(exchanges, policy), Table(table())), exchanges
    ).looking()


def table() -> bytes:
    """Return what has been fetched of publishers and systems, as the server keeps it."""
    writer = TableWriter(bytes(SALT_BYTES))
    for domain in PUBLISHERS:
        for kind in ("ads.txt", "app-ads.txt"):
            add_ads_txt(writer, kind, domain, ads_txt.parse(ADS_TXT))
        for bundle in (domain, f"blocked.{domain}"):
            writer.application(bundle, domain)
    writer.application(HIDDEN, HIDDEN)
    for kind in ("ads.txt", "app-ads.txt"):
        add_missing(writer, kind, HIDDEN)
    for domain, accounts in SELLERS.items():
        listed = {name: sellers.Seller(name, "BOTH") for name in accounts.split()}
        add_sellers(writer, domain, sellers.Sellers(listed))
    file = BytesIO()
    writer.write(file, 0.0)
    return file.getvalue()
