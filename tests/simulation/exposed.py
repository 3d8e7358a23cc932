"""What bids that hold nothing may still cost, added up from what was bid, and whether it is what is printed."""

from collections import Counter

from tests.simulation.judge import Judge


def check_exposed(judge: Judge) -> None:
    """Complain where more may still be billed than a server prints, or than the log tells."""
    exposed = _exposed(judge)
    for key in {key for _, key in exposed}:
        amount = sum(n for (_, each), n in exposed.items() if each == key)
        told = sum(n for (_, each), n in judge.books.exposed.items() if each == key)
        if told < amount:
            judge.complain("I15", f"line item {key}: {amount} is exposed, the log tells of {told}")
    for (name, key), amount in exposed.items():
        owner = next(host.owner for host in judge.hosts if host.name == name)
        if owner is None or owner.process.frozen or owner.service.commits.failing:
            continue
        printed = owner.service._exposure.of(key)  # others' with it, as far as it has read of them
        if printed < amount:
            judge.complain("I15", f"line item {key}: {amount} is exposed, {name} prints {printed}")


def _exposed(judge: Judge) -> Counter[tuple[str, int]]:
    """Return it by server and line item, nanos at full price."""
    found: Counter[tuple[str, int]] = Counter()
    for bid, sale in judge.sales.items():
        ticket = sale.ticket
        if (
            ticket.lease in judge.books.leases
            and ticket.held_until_s <= judge.books.released[ticket.lease]
            and judge.now() - sale.bid_at <= ticket.bill_until_s - ticket.at_s
            and bid not in judge.books.charged
            and sale.lost_at is None
        ):
            found[sale.worker.host.name, ticket.line_item] += ticket.reserved
    return found
