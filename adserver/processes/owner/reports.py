"""The state of every line item, for people to read."""

from adserver.background.protocol import LineReport
from adserver.domain.budget import day_of
from adserver.domain.ledger import LIFETIME, NO_FEES, Ledger
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.paces import Paces


def report(ledger: Ledger, lines: Lines, paces: Paces, now_s: float) -> tuple[LineReport, ...]:
    """Return one row per line item of the catalog, whether it ever spent or not."""
    rows = []
    for key, chain in lines.chains.items():
        item = chain.line_item
        name = f"line_item/{item.id}"
        whole = ledger.account(f"{name}{LIFETIME}")
        today = ledger.account(f"{name}/{day_of(chain.zone, now_s).label}")
        media, data, tech, margin = ledger.entries.get(key, NO_FEES)
        payer = lines.payer(key, now_s)
        plans = [payer.plan(bound, now_s) for bound in payer.bounds] if payer else []
        rows.append(
            LineReport(
                line_item=item.id,
                advertiser=chain.advertiser,
                budget_lifetime=item.budget.lifetime,
                budget_daily=item.budget.daily,
                settled=whole.settled,
                settled_today=today.settled,
                outstanding=whole.outstanding,
                late=whole.late,
                media=media,
                data=data,
                tech=tech,
                margin=margin,
                pace=paces.value(key),
                planned=min(plans, default=None),
                impressions=ledger.counts.get((key, "impression"), 0),
                clicks=ledger.counts.get((key, "click"), 0),
                orders=ledger.counts.get((key, "order"), 0),
            )
        )
    return tuple(rows)
