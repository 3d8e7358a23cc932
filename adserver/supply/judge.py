"""Whether whoever offers a space may sell it, before anything is decided on."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from adserver.domain.hosts import host_name, parents
from adserver.domain.reasons import Reason
from adserver.supply.index import ABSENT, DIRECT, PRESENT, RESELLER, Table
from adserver.supply.rules import Policy

MOST_REMEMBERED = 10_000
"""Verdicts that a worker remembers. Then it begins anew: requests repeat what was asked in the last seconds."""
MOST_REMEMBERED_CHARS = 2_000
"""A verdict on more text than this is not remembered: a stranger chooses how long names are."""
MOST_NAMED = 10
"""Hops of a path that are told."""
Nodes = tuple[tuple[str, str], ...]
"""Pairs of asi and sid, as sent."""


class Asked(NamedTuple):
    """What a request says of who sells it: nothing of the person, so that many requests ask the same."""

    exchange: str
    inventory_type: str
    publication: str
    """Domain of a site, bundle of an application."""
    developer: str
    """`app.domain`, a claim."""
    partner: str
    """`inventorypartnerdomain`, a claim."""
    publisher: str
    """`publisher.id`: the seller's account at the exchange."""
    nodes: Nodes | None
    """The chain; nothing, if there is none."""
    complete: bool
    """Whether the chain says that it is whole and of version 1, and is well-formed."""


class Verdict(msgspec.Struct, frozen=True):
    """What we think of a path."""

    reason: Reason | None
    """Why we do not bid, if we do not."""
    findings: tuple[Reason, ...]
    """All faults, those that are only reported, too."""
    path: str
    """The systems in order, the owner's first: `ssp.example>exchange.example`; empty without a chain."""
    relation: str
    """What the publisher's file says of the seller: `direct`, `reseller`, `both`, or nothing."""


_RELATIONS = {DIRECT: "direct", RESELLER: "reseller", DIRECT | RESELLER: "both"}
_FILES = {"site": "ads.txt", "app": "app-ads.txt"}
"""Screens out of home have neither."""
_UNKNOWN = Reason.SUPPLY_UNKNOWN


class PathJudge:
    """Remembers its verdicts until another table comes."""

    def __init__(self, policies: Mapping[str, Policy], table: Table) -> None:
        """`policies` by exchange."""
        self._policies = policies
        self._table = table
        self._remembered: dict[Asked, Verdict] = {}

    def use(self, table: Table) -> None:
        """Judge by another table from now on."""
        self._table = table
        self._remembered = {}

    def judge(self, asked: Asked) -> Verdict:
        """Return the verdict: a look into memory, or some twenty microseconds."""
        found = self._remembered.get(asked)
        if found is None:
            found = self._judged(asked)
            if _length(asked) <= MOST_REMEMBERED_CHARS:
                if len(self._remembered) >= MOST_REMEMBERED:
                    self._remembered = {}
                self._remembered[asked] = found
        return found

    def _judged(self, asked: Asked) -> Verdict:
        policy = self._policies[asked.exchange]
        nodes = tuple([(host_name(asi), sid.strip()) for asi, sid in asked.nodes or ()])
        relation, of_seller = self._seller(asked, policy, nodes)
        chain = _of_chain(asked, policy, nodes)
        findings = [*chain, *self._unresolved(nodes), *of_seller]
        told = dict.fromkeys(each for each in findings if policy.actions[each] != "allow")
        refusals = [each for each in told if policy.actions[each] == "refuse"]
        return Verdict(
            refusals[0] if refusals else None,
            tuple(told),
            ">".join(asi or "?" for asi, _ in nodes[:MOST_NAMED]),
            _RELATIONS.get(relation, ""),
        )

    def _unresolved(self, nodes: Nodes) -> Iterator[Reason]:
        """Yield the faults of accounts that their systems do not list."""
        for asi, sid in nodes:
            state = self._table.said("sellers.json", asi)
            if not state:
                yield _UNKNOWN
            elif state == ABSENT or not self._table.said("seller", asi, sid):
                yield Reason.CHAIN_UNRESOLVED

    def _seller(self, asked: Asked, policy: Policy, nodes: Nodes) -> tuple[int, list[Reason]]:
        """Return what the publisher says of whom we would pay, and what is wrong with that."""
        kind = _FILES.get(asked.inventory_type, "")
        if not kind:
            return 0, []
        claimed = asked.publication
        if kind == "app-ads.txt":
            claimed = self._table.developer(asked.publication) or asked.developer
        domain = self._file_of(kind, host_name(claimed))
        state = self._table.said(kind, domain)
        if state == PRESENT and asked.partner:
            partner = host_name(asked.partner)
            if not self._table.said("partner", kind, domain, partner):
                return 0, [Reason.SELLER_UNAUTHORISED]
            # The partner's is an ads.txt even where the reference stands in an app-ads.txt.
            kind, domain = "ads.txt", partner
            state = self._table.said(kind, domain)
        if state != PRESENT:
            return 0, [Reason.ADS_TXT_MISSING if state == ABSENT else _UNKNOWN]
        systems = policy.domains or ({nodes[-1][0]} if nodes else ())
        if not systems:
            return 0, [_UNKNOWN]
        account = asked.publisher.strip() or (nodes[-1][1] if nodes else "")
        relation = 0
        for system in systems:
            relation |= self._table.said("account", kind, domain, system, account)
        return relation, [] if relation else [Reason.SELLER_UNAUTHORISED]

    def _file_of(self, kind: str, name: str) -> str:
        """Return whose file counts for a name: that of the domain above, unless that leaves it to the name."""
        above = [each for each in parents(name) if self._table.said(kind, each)]
        for each in reversed(above):  # the highest that we know of is the root
            if self._table.said("subdomain", kind, each, name):
                return name
        return above[-1] if above else name


def _of_chain(asked: Asked, policy: Policy, nodes: Nodes) -> Iterator[Reason]:
    """Yield the faults that a chain has by itself."""
    if asked.nodes is None:
        yield Reason.CHAIN_MISSING
        return
    if not asked.complete or not nodes or not all(asi and sid for asi, sid in nodes):
        yield Reason.CHAIN_INCOMPLETE
    if len(nodes) > policy.max_hops:
        yield Reason.CHAIN_TOO_LONG
    for asi, sid in nodes:
        if asi in policy.blocked or f"{asi}/{sid}" in policy.blocked:
            yield Reason.CHAIN_BLOCKED_NODE
            break
    if nodes:
        asi, sid = nodes[-1]
        account = asked.publisher.strip()
        if (policy.domains and asi not in policy.domains) or (account and account != sid):
            yield Reason.CHAIN_MISMATCH


def _length(asked: Asked) -> int:
    """Return how many characters a question has."""
    names = asked.publication, asked.developer, asked.partner, asked.publisher
    return sum(map(len, names)) + sum(len(asi) + len(sid) for asi, sid in asked.nodes or ())
